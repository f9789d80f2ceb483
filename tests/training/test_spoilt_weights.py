"""A batch that would spoil the weights is passed over; weights that are spoiled are taken back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from torch import Tensor

from medpress.schema import SEEN
from medpress.store import read_dataset, read_json
from training import cpt
from training.batch import Batch
from training.config import CptConfig
from training.cpt import run_cpt, silent
from training.guard import IN_A_ROW, RETURNS, USUAL, Guard
from training.log import read_metrics
from training.trace import trace

SMALL = CptConfig(
    steps=12,
    width=16,
    layers=1,
    heads=2,
    sequence_length=32,
    batch_size=2,
    checkpoint_every=4,
    held_out=0.0,
    vocabulary=300,
)


def run(config: CptConfig, poisoned: set[int], monkeypatch: pytest.MonkeyPatch) -> list[dict[str, object]]:
    """Train with an objective that is no number at some of its calls, from 1."""
    calls = iter(range(1, 1000))

    def objective(losses: Tensor, part: Batch, whole: Batch) -> tuple[Tensor, Mapping[str, Tensor]]:
        loss, metrics = plain(losses, part, whole)
        return loss * (math.nan if next(calls) in poisoned else 1.0), metrics

    plain = cpt.language_modelling
    monkeypatch.setattr(cpt, "language_modelling", objective)
    run_cpt(config, lambda *_: silent())
    monkeypatch.setattr(cpt, "language_modelling", plain)
    return [line for line in read_metrics(config.out) if "loss" in line]


def test_a_bad_batch_is_passed_over(shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = run(replace(SMALL, shards=shards, out=tmp_path), {6}, monkeypatch)
    assert [line["step"] for line in lines if "not_taken" in line] == [6]
    assert all(math.isfinite(line["loss"]) for line in lines if line["step"] != 6)  # type: ignore[arg-type]
    assert not list(trace(tmp_path, step=6)) and list(trace(tmp_path, step=7))
    recorded = sum(read_dataset(tmp_path / "seen", SEEN)["tokens"].to_pylist())
    taken = sum(line["tokens"] for line in lines if line["step"] != 6)  # type: ignore[misc]
    assert recorded == taken == sum(read_json(tmp_path / "result.json")["tokens"].values())


def test_spoiled_weights_are_taken_back(shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps 6, 7 and 8 are refused and the weights of step 4 taken back: step 9 sees what a run sees that had taken 4 steps."""
    lines = run(replace(SMALL, shards=shards, out=tmp_path / "one"), {6, 7, 8}, monkeypatch)
    assert [line.get("not_taken") for line in lines[5:8]] == ["skip", "skip", "go back"]
    other = run(replace(SMALL, shards=shards, out=tmp_path / "other"), {5, 6, 7, 8}, monkeypatch)
    assert [line.get("not_taken") for line in other[4:8]] == ["skip", "skip", "go back", "skip"]
    assert [line["loss"] for line in lines[8:]] == [line["loss"] for line in other[8:]]


def test_without_end_it_gives_up(shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FloatingPointError, match="there is no checkpoint yet"):
        run(replace(SMALL, shards=shards, out=tmp_path), set(range(1000)), monkeypatch)


def test_what_is_a_spike() -> None:
    guard = Guard()
    assert [guard.judge(3.0 - step / 100, 1.0) for step in range(USUAL)] == ["take"] * USUAL
    assert guard.judge(2.0, 50.0) == "take"  # a large gradient of a usual loss is clipped
    assert guard.judge(9.0, 2.0) == "take"  # a hard batch
    again = Guard()
    again.restore(guard.state())
    for each in (guard, again):
        assert [each.judge(10.0, 50.0) for _ in range(IN_A_ROW)] == ["skip"] * (IN_A_ROW - 1) + ["go back"]
    assert guard.judge(math.inf, 1.0) == "skip" and guard.judge(2.0, 1.0) == "take"
    found = [guard.judge(math.nan, 1.0) for _ in range(IN_A_ROW * RETURNS)]
    assert found.count("go back") == RETURNS - 1 and found[-1] == "give up"
