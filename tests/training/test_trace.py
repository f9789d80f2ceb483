"""A step of a run again: the records it was trained on, and none other; a changed log is told."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path

import pytest

from medpress.store import read_json
from training import checkpoint
from training.config import InputError
from training.data import Shards
from training.log import read_metrics
from training.trace import trace


def test_a_step_is_found_again(trained_run: Path, shards: Path) -> None:
    lines = {line["step"]: line for line in read_metrics(trained_run) if "loss" in line}
    index = Shards(shards, 0.05)
    held_out = {index.ids(g, [r])[0][0] for source in index.sources for g, r in source.held_out()}
    for step in (1, 37, 60):
        found = list(trace(trained_run, step=step))
        assert sum(each.tokens for each in found) == lines[step]["tokens"]
        by_source = Counter(each.source for each in found)
        assert {name for name, n in lines[step]["drawn"].items() if n} == set(by_source)
        assert not held_out & {each.id for each in found}


def test_a_document_is_found_in_its_steps(trained_run: Path) -> None:
    one = next(iter(trace(trained_run, step=5)))
    met = list(trace(trained_run, document=one.doc_id[:12]))
    assert {each.doc_id for each in met} == {one.doc_id} and 5 in {each.step for each in met}
    assert list(trace(trained_run, document="no such id")) == []


def test_the_checkpoint_holds_the_hash_of_all_steps(trained_run: Path) -> None:
    newest = checkpoint.latest(trained_run / "checkpoints")
    assert newest is not None
    state = read_json(newest / "state.json")
    last = [line for line in read_metrics(trained_run) if "loss" in line][-1]
    assert state["batches"]["place"]["seen"] == last["seen"]


def test_a_changed_log_is_told(trained_run: Path, tmp_path: Path) -> None:
    for name in ("run.json", "tokenizer"):
        (shutil.copytree if (trained_run / name).is_dir() else shutil.copy)(trained_run / name, tmp_path / name)
    lines = read_metrics(trained_run)
    for line in lines:
        if line["step"] == 3 and "drawn" in line:
            a, b, *_ = line["drawn"]
            line["drawn"][a], line["drawn"][b] = line["drawn"][a] + 1, line["drawn"][b] - 1
    (tmp_path / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    with pytest.raises(InputError, match="step 3 was not trained on what its log says"):
        list(trace(tmp_path, step=4))
    with pytest.raises(InputError, match="no step 61"):
        list(trace(trained_run, step=61))
