"""What the wheel holds: every file that the packages open, and nothing else."""

from __future__ import annotations

import subprocess
import tomllib
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROOMS = ("medpress", "nlp", "ingest", "corpus", "training")


def test_every_data_file_of_the_packages_is_declared() -> None:
    setuptools = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    declared = setuptools["package-data"]
    listed = subprocess.run(["git", "ls-files", *ROOMS], cwd=ROOT, capture_output=True, text=True, check=True)
    data = [Path(name) for name in listed.stdout.splitlines() if not name.endswith(".py")]
    missing = []
    for path in data:
        room, inside = path.parts[0], path.relative_to(path.parts[0]).as_posix()
        patterns = [*declared.get("*", ()), *declared.get(room, ())]
        if not any(fnmatch(inside, pattern.replace("**/", "*")) for pattern in patterns):
            missing.append(str(path))
    assert data and not missing


def test_only_the_packages_are_in_it() -> None:
    found = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["packages"][
        "find"
    ]
    folders = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")}
    taken = {name for name in folders for pattern in found["include"] if fnmatch(name, pattern)}
    assert taken - {name for name in taken if name.endswith(".egg-info")} == set(ROOMS)
