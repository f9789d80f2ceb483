"""The notebooks run: one for each entry of the Python door, of at most three lines."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "docs/notebooks").glob("*.ipynb"))
MOST_LINES = 3
ENTRIES = {f"{room}.{name}" for room in ("ingest", "nlp", "corpus", "training") for name in import_module(room).__all__
           if name[0].islower()} - {"nlp.phi", "nlp.tag_texts"} | {"nlp.phi.find"}  # fmt: skip

CELL = """
import ast, sys
lines = ast.parse(sys.stdin.read())
names = {}
last = lines.body.pop() if isinstance(lines.body[-1], ast.Expr) else None
exec(compile(lines, "cell", "exec"), names)
if last:
    value = eval(compile(ast.Expression(last.value), "cell", "eval"), names)
    if value is not None:
        print(value)
"""
"""A cell as a notebook runs it: in a fresh interpreter, the value of its last line shown."""


def python(code: str, folder: Path, *arguments: str, given: str = "") -> str:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(
        command, cwd=folder, env=environment, input=given, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a reader works: the sample documents, and a corpus of some of them."""
    place = tmp_path_factory.mktemp("reader")
    (place / "sample_docs").symlink_to(ROOT / "sample_docs")
    for room, *words in (("ingest", "text", "sample_docs/monographs"), ("corpus", "build", "--tagger", "lexicon")):
        python(f"from {room}.cli import main; main()", place, *words)
    return place


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=[path.stem for path in NOTEBOOKS])
def test_a_notebook_runs(notebook: Path, folder: Path) -> None:
    (cell,) = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    source = "".join(cell["source"])
    assert len([line for line in source.splitlines() if line.strip()]) <= MOST_LINES
    assert python(CELL, folder, given=source).strip()


def test_every_entry_of_a_door_has_a_notebook() -> None:
    assert {path.stem for path in NOTEBOOKS} == {entry.replace(".", "_") for entry in ENTRIES}
