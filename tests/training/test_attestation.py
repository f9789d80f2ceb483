"""What a run says of itself: its card, and which texts it was trained on."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from pathlib import Path

import pytest
from small_corpus import run_train

from corpus.models import sights
from medpress.errors import UserError
from medpress.schema import SEEN
from medpress.store import parts, read_dataset, read_json, write_json
from training.card import card
from training.history import history
from training.seen import SeenLog
from training.trace import trace


@pytest.fixture(scope="module")
def tuned(trained_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stage of tuning that began with the run's weights."""
    folder = tmp_path_factory.mktemp("tuned")
    rows = [
        {
            "id": f"c{number}",
            "source": "talks",
            "license": "CC0-1.0" if number % 2 else "",
            "provenance": [{"name": "doc_id", "value": f"file{number % 3}"}],
            "messages": [
                {"role": "user", "content": f"What is question {number}?"},
                {"role": "assistant", "content": f"It is number {number}."},
            ],
        }
        for number in range(12)
    ]
    (folder / "talks.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    out = folder / "runs" / "sft1"
    done = run_train(
        "sft", "--data", str(folder / "talks.jsonl"), "--model", str(trained_run), "--out", str(out), "--steps", "2"
    )
    assert done.returncode == 0, done.stderr
    return out


def test_the_record_of_a_run_is_what_its_steps_show_again(trained_run: Path) -> None:
    """Held against the replay from the shards, step by step."""
    table = read_dataset(trained_run / "seen", SEEN)
    documents = sorted(set(table["doc_id"].to_pylist()))
    again = [each for document in documents for each in trace(trained_run, document=document)]
    tokens: Counter[str] = Counter()
    for each in again:
        tokens[each.id] += each.tokens
    recorded: Counter[str] = Counter()
    for row in table.to_pylist():
        recorded[row["id"]] += row["tokens"]
        steps = [each.step for each in again if each.id == row["id"]]
        assert row["first_step"] in steps and row["last_step"] in steps
    assert recorded == tokens
    assert sum(read_json(trained_run / "result.json")["tokens"].values()) == tokens.total()


def test_what_came_after_the_last_checkpoint_is_forgotten(trained_run: Path, tmp_path: Path) -> None:
    """A run that is killed before its checkpoint has written the record of steps that come again."""
    shutil.copytree(trained_run / "seen", tmp_path / "seen")
    SeenLog(tmp_path, 36)
    assert [file.stem for file in parts(tmp_path / "seen")] == [f"step-{n:08d}" for n in range(6, 37, 6)]


def test_models_that_saw_a_document_are_named(trained_run: Path, tuned: Path) -> None:
    (document, *_) = read_dataset(trained_run / "seen", SEEN)["doc_id"].to_pylist()
    found = sights([trained_run, tuned.parent], [document])
    assert [sight.run for sight in found.found] == [trained_run, tuned]
    first, second = found.found
    steps = {each.step for each in trace(trained_run, document=document)}
    assert (first.first_step, first.last_step) == (min(steps), max(steps)) and first.through is None
    assert first.checkpoints == ["step-00000060"]
    assert second.texts == 0 and second.through == trained_run
    assert [sight.run for sight in sights([trained_run, tuned.parent], ["file1"]).found] == [tuned]
    assert list(sights([trained_run, tuned.parent], ["another"]).lines()) == ["none of 2 known models saw it"]


def test_what_is_not_known_is_said(trained_run: Path, tmp_path: Path) -> None:
    write_json(tmp_path / "old" / "run.json", {"config": {}, "data": "x", "model": ""})
    (line,) = sights([tmp_path], ["a"]).lines()
    assert "old keeps no record" in line
    assert list(sights([Path("runs")], ["a"]).lines()) == []
    with pytest.raises(UserError, match="there is no folder"):
        sights([tmp_path / "nothing"], ["a"])


def test_the_card_tells_the_run_and_what_came_before(trained_run: Path, tuned: Path) -> None:
    text = (tuned / "model" / "README.md").read_text(encoding="utf-8")
    for run in (trained_run, tuned):
        begun, result = read_json(run / "run.json"), read_json(run / "result.json")
        assert begun["data"] in text and f"{result['held_out']['held_out']:.4f}" in text
        assert f"| steps | {result['steps']} |" in text
    assert read_json(tuned / "run.json")["model"] == read_json(trained_run / "result.json")["weights"]
    assert str(tuned.parent) not in text and str(trained_run.parent) not in text
    assert "known stages: 2, from random weights" in text and "CC0-1.0" in text and "not stated" in text
    shares = [float(share) for share in re.findall(r"([\d.]+)%", text.split("## Mixture")[1].split("## ")[0])]
    assert sum(shares) == pytest.approx(500, abs=1)  # five stretches of the run, each whole


def test_licences_are_told_by_their_share_of_the_tokens(trained_run: Path) -> None:
    learned = read_json(trained_run / "result.json")["tokens"]
    text = (trained_run / "model" / "README.md").read_text(encoding="utf-8")
    for licence, source in (("CC-BY-4.0", "handbook"), ("CC0-1.0", "trials"), ("not stated", "指南")):
        share = learned[source] / sum(learned.values())
        assert re.search(rf"\| {licence} \| \d+ \| {share:.1%} \|", text)


def test_no_name_is_markup_in_the_card(trained_run: Path, tmp_path: Path) -> None:
    for name in ("run.json", "metrics.jsonl"):
        shutil.copy(trained_run / name, tmp_path / name)
    result = read_json(trained_run / "result.json")
    hostile = "<img src=x>|a\n# b"
    result["tokens"] = {hostile: 1}
    result["corpus"] = {"name": hostile}
    write_json(tmp_path / "result.json", result)
    text = card(history(tmp_path))
    assert "<img" not in text and "\n# b" not in text
