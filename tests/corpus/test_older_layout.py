"""A data folder of another layout is refused in one sentence by every command of the corpus and of the training."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from corpus.cli import app as corpus
from medpress.errors import UserError
from medpress.schema import INSTRUCTION
from medpress.store import write_json, write_rows
from training.cli import app as train

ID = "0123456789abcdef01234567"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """What layout 1 looks like: Parquet and manifest side by side."""
    folder = tmp_path / "data"
    for kind in ("documents", "shards", "instructions"):
        manifest = {"kind": kind, "schema_version": "1", "files": [], "rows": 0, "config": {}, "versions": {}}
        write_json(folder / kind / "manifest.json", manifest)
    write_rows(folder / "instructions/stage=1/given.parquet", [{"id": "1", "stage": 1}], INSTRUCTION)
    (folder / "questions.jsonl").write_text(json.dumps({"question": "Why?", "answer": "So."}) + "\n")
    return folder


COMMANDS: dict[str, Callable[[Path], list[str]]] = {
    "audit": lambda data: ["audit", "--data", str(data)],
    "trace": lambda data: ["trace", ID, "--data", str(data)],
    "diff": lambda data: ["diff", str(data), str(data)],
    "remove": lambda data: ["remove", ID, "--data", str(data)],
    "restore": lambda data: ["remove", ID, "--undo", "--data", str(data)],
    "retry": lambda data: ["retry", "--data", str(data)],
    "instruct": lambda data: ["instruct", str(data / "questions.jsonl"), "--data", str(data), "--workers", "1"],
}


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize(("layout", "age"), [("1", "an older"), ("99", "a newer"), (None, "an older")])
def test_the_corpus_refuses_it(data: Path, name: str, layout: str | None, age: str) -> None:
    manifest = json.loads((data / "shards/manifest.json").read_text())
    for kind in ("documents", "shards", "instructions"):
        write_json(data / kind / "manifest.json", manifest | {"schema_version": layout})
    with pytest.raises(UserError, match=rf"was written by {age} version .* with another --data"):
        corpus(COMMANDS[name](data), result_action="return_value")


@pytest.mark.parametrize(
    "arguments", [["cpt", "--shards", "shards"], ["sft", "--data", "instructions"], ["rl", "--pairs", "shards"]]
)
def test_training_refuses_it(data: Path, arguments: list[str], tmp_path: Path) -> None:
    command, flag, folder = arguments
    out = ["--out", str(tmp_path / "run"), *([] if command == "cpt" else ["--model", "none"])]
    with pytest.raises(UserError, match="was written by an older version"):
        train([command, flag, str(data / folder), *out], result_action="return_value")


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "instruct"])
@pytest.mark.parametrize("damage", ['{"files": [', "[]", "\x00"])
def test_a_damaged_manifest_is_one_sentence(data: Path, name: str, damage: str) -> None:
    (data / "documents/manifest.json").write_text(damage)
    with pytest.raises(UserError, match=r"documents/manifest\.json is (not readable JSON|no manifest); "):
        corpus(COMMANDS[name](data), result_action="return_value")
