"""SIGKILL at random moments, then the same bytes: of `ingest` and of `corpus build`, on documents below a path.

    python benchmarks/kills.py sample_docs --out /tmp/kills --kills 10
    python benchmarks/kills.py $MEDPRESS_DATA/textbook $MEDPRESS_DATA/html --out /tmp/kills --engines local ray \
        --build "--tokenize --augment.max-share 0.2"

An unbroken run with one worker gives the reference. Then the whole process group of each command is killed `--kills` times,
at random moments, and the command is finished; where it comes to its end between two kills, what it wrote is compared and it
begins anew, so that every kill meets it at work. Other numbers of workers, the other engine and the paths in reverse order
follow. All files of documents/, pages/, shards/, dropped/, boilerplate/, index/, tokens/ and quarantine/, with manifests and
card, are compared byte for byte.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

BIN = Path(sys.executable).parent
WORK = ("work", "log")
"""Folders that hold work and timings, and are not compared."""
LATEST = 0.8
"""Share of an unbroken run after which a command is killed at the latest: so kills meet all of it, from start to publishing."""


def tree(data: Path) -> dict[str, str]:
    """Relative name to checksum of every file of the datasets."""
    return {
        path.relative_to(data).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in sorted(data.iterdir())
        if folder.is_dir() and folder.name not in WORK
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def finished(command: Sequence[str]) -> float:
    """Run a command to its end; returns the seconds that it took."""
    started = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return time.monotonic() - started


def killed(
    command: Sequence[str], seconds: float, kills: int, moment: random.Random, anew: Callable[[], None]
) -> Iterator[int]:
    """Kill a command's process group so many times on its way; yields how often it was killed each time it comes to its end.

    As long as it was not killed often enough, it begins `anew`.
    """
    left, met = kills, 0
    while True:
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        try:
            code = process.wait(timeout=moment.uniform(0.2, seconds * LATEST) if left else None)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            left, met = left - 1, met + 1
            continue
        if code:
            sys.exit(f"{' '.join(command)} ended with {code}")
        yield met
        if not left:
            return
        anew()
        met = 0


def commands(
    paths: Sequence[Path], data: Path, options: Sequence[str], of_build: Sequence[str]
) -> tuple[list[str], list[str]]:
    """Reading and building."""
    end = ["--data", str(data), *options]
    read = [str(BIN / "ingest"), "auto", *map(str, paths), *end]
    return read, [str(BIN / "corpus"), "build", *end, *of_build]


def copied(source: Path, target: Path) -> None:
    """Put a data folder in the place of another."""
    shutil.rmtree(target, ignore_errors=True)
    if source.exists():
        shutil.copytree(source, target)


def check(name: str, data: Path, reference: dict[str, str]) -> bool:
    """Compare a data folder with the reference and print what came out."""
    found = tree(data)
    differing = sorted(path for path in found.keys() | reference.keys() if found.get(path) != reference.get(path))
    print(f"{name}: {len(found)} files, {len(differing)} differ {differing[:5] if differing else ''}", flush=True)
    return not differing


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--kills", type=int, default=10, help="for each of the two commands")
    parser.add_argument("--workers", type=int, nargs="+", default=[2, 4], help="numbers of workers to compare with one")
    parser.add_argument("--engines", nargs="*", default=["local"], choices=["local", "ray"])
    parser.add_argument("--build", type=shlex.split, default=[], help="options of `corpus build`, in one word")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    shutil.rmtree(arguments.out, ignore_errors=True)
    paths, of_build, moment = arguments.paths, arguments.build, random.Random(arguments.seed)
    unbroken, data, before = (arguments.out / name for name in ("unbroken", "killed", "before"))
    seconds, references = [], []
    for command in commands(paths, unbroken, ["--workers", "1"], of_build):
        seconds.append(finished(command))
        references.append(tree(unbroken))
    print(f"unbroken: {len(references[1])} files, {seconds[0]:.0f} s reading, {seconds[1]:.0f} s building", flush=True)
    same = []
    for command, needed, reference in zip(commands(paths, data, [], of_build), seconds, references, strict=True):
        copied(data, before)
        for met in killed(command, needed, arguments.kills, moment, lambda: copied(before, data)):
            same.append(check(f"{Path(command[0]).name} killed {met} times", data, reference))
    for engine in arguments.engines:
        for workers in arguments.workers:
            data = arguments.out / f"{engine}-{workers}"
            for command in commands(paths[::-1], data, ["--workers", str(workers), "--engine", engine], of_build):
                finished(command)
            same.append(check(f"{engine}, {workers} workers, paths in reverse", data, references[1]))
    sys.exit(0 if all(same) else 1)


if __name__ == "__main__":
    main()
