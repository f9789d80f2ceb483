"""All claims of claims.toml, measured: claim, command, value and bar, a line each. `make bench`, or

    python benchmarks/bench.py [--data ../shared/data] [--only WORD] [--list]

A command is run once for all its claims. Data that differ from what data.toml describes are said; a claim whose data are
absent is skipped. Ends with 1 where a bar is missed.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


def checksum(folder: Path, files: str) -> str:
    """SHA-256 over the names and the SHA-256 of a folder's files that a pattern finds, in the order of their names."""
    whole = hashlib.sha256()
    for file in sorted(folder.glob(files)):
        if file.is_file():
            whole.update(
                f"{file.relative_to(folder).as_posix()} {hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode()
            )
    return whole.hexdigest()


def differing(data: Path, described: Mapping[str, Any]) -> list[str]:
    """The parts of the data that are there and are not what is described."""
    return [
        name
        for name, part in described.items()
        if (data / name).is_dir() and checksum(data / name, part["files"]) != part["sha256"]
    ]


def printed(command: str, data: Path) -> str:
    """What a benchmark prints, also where it says by its exit status that a target is missed."""
    program, *arguments = (word.replace("{data}", str(data)) for word in command.split())
    done = subprocess.run(
        [sys.executable, str(HERE / program), *arguments],
        capture_output=True, text=True, check=False, env=os.environ | {"PYTHONPATH": str(HERE.parent)},
    )  # fmt: skip
    if done.returncode not in (0, 1) or "Traceback" in done.stderr:
        raise SystemExit(f"{program} ended with {done.returncode}:\n{done.stderr}")
    return done.stdout


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("MEDPRESS_DATA", "../shared/data")))
    parser.add_argument("--only", default="", help="claims with this in their name or command")
    parser.add_argument("--list", action="store_true", help="say what would be run, and where the data come from")
    options = parser.parse_args()
    described = tomllib.loads((HERE / "data.toml").read_text(encoding="utf-8"))
    claims = tomllib.loads((HERE / "claims.toml").read_text(encoding="utf-8"))["claim"]
    claims = [claim for claim in claims if options.only in f"{claim['name']} {claim['command']}"]
    if options.list:
        for claim in claims:
            print(f"{claim['name']}: python benchmarks/{claim['command']}")
        for name, part in described.items():
            for source in part["source"]:
                print(f"{name}: {source['files']} files of {source['address']} ({source['licence']})")
        return 0
    for name in differing(options.data, described):
        print(f"{name}: not the files that data.toml describes; figures may differ")
    outputs: dict[str, str] = {}
    missed = 0
    for claim in claims:
        command, bar = claim["command"], claim["bar"]
        parts = re.findall(r"\{data\}/(\w+)", command) or [""] * ("{data}" in command)
        if any(not (options.data / part).is_dir() for part in parts):
            print(f"{'skipped':8} {claim['name']}: no data")
            continue
        if command not in outputs:
            outputs[command] = printed(command, options.data)
        found = re.search(claim["value"], f"\n{outputs[command]}")
        value = float(found[1]) if found else None
        met = value is not None and (value <= bar if claim.get("below") else value >= bar)
        missed += not met
        bound = "at most" if claim.get("below") else "at least"
        print(
            f"{'met' if met else 'MISSED':8} {claim['name']}: {value}, {bound} {bar}   python benchmarks/{command}",
            flush=True,
        )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
