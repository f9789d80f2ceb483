"""What the pages on adding things tell is done: each is followed, in a copy of the packages, to the output that it shows."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs/adding").glob("*.md"))
ROOMS = ("medpress", "nlp", "ingest", "corpus", "training")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"# (\S+\.py)\n")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the packages."""
    for room in ROOMS:
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def apply(difference: str, tree: Path) -> None:
    """Change a file as a difference says whose lines stand in it once."""
    before, after, *lines = difference.splitlines()
    path = tree / before.removeprefix("--- a/")
    assert path == tree / after.removeprefix("+++ b/")
    old = "".join(f"{line[1:]}\n" for line in lines if line[:1] != "+")
    new = "".join(f"{line[1:]}\n" for line in lines if line[:1] != "-")
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{path.name} does not hold, exactly once:\n{old}"
    path.write_text(text.replace(old, new), encoding="utf-8")


def said(script: str, tree: Path) -> str:
    """What a script prints."""
    environment = os.environ | {"PYTHONPATH": str(tree)}
    done = subprocess.run(
        [sys.executable, "-"], input=script, cwd=tree, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_whoever_follows_the_page_gets_what_it_shows(page: Path, tree: Path) -> None:
    printed, shown, files = [], [], []
    for language, text in BLOCK.findall(page.read_text(encoding="utf-8")):
        if language == "python" and (named := FILE.match(text)):
            files.append(tree / named[1])
            assert not files[-1].exists(), f"{named[1]} is there already"
            files[-1].write_text(text[named.end() :], encoding="utf-8")
        elif language == "diff":
            apply(text, tree)
        elif language == "python":
            printed.append(said(text, tree))
        elif language == "text":
            shown.append(text)
    assert files and shown and printed == shown
    for command in (["check"], ["format", "--check"]):
        checked = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--config", str(ROOT / "pyproject.toml"), *map(str, files)],
            capture_output=True,
            text=True,
        )
        assert checked.returncode == 0, checked.stdout + checked.stderr


def test_there_is_a_page_for_everything_that_is_added() -> None:
    assert {page.stem for page in PAGES} == {"reader", "step", "filter", "tagger", "mixer"}
    contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert all(f"(docs/adding/{page.name})" in contributing for page in PAGES)
