"""A rule that is taken out of the code and put back again reaches the corpus, without anything being deleted."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from medpress.schema import RECORD
from medpress.store import read_dataset

ROOT = Path(__file__).parent.parent
RULES = "_RULES = (*ENGLISH_NAMES, *ENGLISH_RULES, *CHINESE_NAMES, *CHINESE_RULES)"
WITHOUT_NAMES = "_RULES = (*ENGLISH_RULES, *CHINESE_RULES)"


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the packages."""
    folder = tmp_path_factory.mktemp("tree")
    for room in ("medpress", "nlp", "ingest", "corpus", "training"):
        shutil.copytree(ROOT / room, folder / room, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def run(tree: Path, *words: object) -> str:
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    program, *rest = map(str, words)
    command = [sys.executable, "-c", f"from {program}.cli import *; from medpress.command import run; run(app)", *rest]
    done = subprocess.run(command, env=environment, cwd=tree, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def change(tree: Path, file: str, old: str, new: str) -> None:
    text = (tree / file).read_text(encoding="utf-8")
    assert old in text
    (tree / file).write_text(text.replace(old, new), encoding="utf-8")


def names(data: Path) -> int:
    texts = read_dataset(data / "shards", RECORD, ["text"])["text"].to_pylist()
    return sum(len(re.findall(r"\[NAME-\d+\]", text)) for text in texts)


def test_a_rule_put_back_gives_the_names_again_and_a_comment_does_nothing(tree: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    run(tree, "ingest", "auto", ROOT / "sample_docs" / "notes", "--source-type", "note", "--data", data)
    build = ("corpus", "build", "--data", data, "--tagger", "lexicon", "--relations", "none")
    build = (*build, "--phi.engine", "patterns")  # the learned finder would find most of the names again
    run(tree, *build)
    with_rules = names(data)
    assert with_rules >= 10
    change(tree, "nlp/phi/engine.py", RULES, WITHOUT_NAMES)
    run(tree, *build)
    assert names(data) < with_rules
    change(tree, "nlp/phi/engine.py", WITHOUT_NAMES, RULES)
    run(tree, *build)
    assert names(data) == with_rules
    change(tree, "nlp/phi/engine.py", RULES, f"# Rules of both languages.\n{RULES}")
    change(tree, "corpus/sections.py", '"""Cut a document into records', '"""Cut each document into records')
    assert "Nothing to do" in run(tree, *build)


def test_a_changed_reader_reads_again_what_it_reads_and_nothing_else(tree: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    command = ("ingest", "auto", ROOT / "sample_docs" / "notes", ROOT / "sample_docs" / "web", "--data", data)
    run(tree, *command)

    def read_again() -> set[str]:
        log = data / "log" / "ingest.jsonl"
        log.write_text("")
        run(tree, *command)
        return {line for line in log.read_text().splitlines() if '"read' in line}

    assert not read_again()
    change(
        tree,
        "ingest/readers/text.py",
        "from __future__ import annotations\n",
        "from __future__ import annotations\n\n# Why.\n",
    )
    assert not read_again()
    change(
        tree,
        "ingest/readers/jats.py",
        "from __future__ import annotations\n",
        "from __future__ import annotations\n\nADDED = 1\n",
    )
    assert not read_again()
    change(tree, "ingest/readers/text.py", "# Why.\n", "ADDED = 1\n")
    assert read_again()
