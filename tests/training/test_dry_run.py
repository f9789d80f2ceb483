"""A look ahead says what the run then is, writes nothing, and refuses what cannot fit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from small_corpus import CPT

from training.cli import cpt
from training.config import CptConfig, InputError
from training.dry_run import dry_run, verdict


def test_it_says_what_the_run_was(trained_run: Path, shards: Path, tmp_path: Path) -> None:
    settings = json.loads((trained_run / "run.json").read_text())["config"]
    found = dry_run(CptConfig(**settings | {"out": tmp_path / "new"}))
    result = json.loads((trained_run / "result.json").read_text())
    assert "--steps" in CPT and found.steps == result["steps"] and found.parameters == result["parameters"]
    assert sum(result["tokens"].values()) <= found.tokens < 1.5 * sum(result["tokens"].values())
    assert set(found.sources) == set(result["tokens"])
    assert found.memory["optimizer"] == 2 * found.memory["weights"] == 8 * found.parameters
    assert found.seconds > 0 and "It fits" in verdict(found)
    assert not (tmp_path / "new").exists()


def test_a_model_that_is_named_is_measured_without_its_weights(trained_run: Path, shards: Path) -> None:
    named = dry_run(CptConfig(shards=shards, model=str(trained_run), steps=1))
    assert named.parameters == json.loads((trained_run / "result.json").read_text())["parameters"]


def test_what_cannot_fit_is_refused(shards: Path, capsys: pytest.CaptureFixture[str]) -> None:
    large = CptConfig(shards=shards, width=2**14, heads=128, layers=200, steps=1)
    with pytest.raises(InputError, match=r"GB a process are needed, of .* smaller --micro-batch"):
        verdict(dry_run(large))
    assert cpt(config=CptConfig(shards=shards, steps=3), dry_run=True) == 0
    shown = capsys.readouterr().out
    for word in ("handbook", "optimizer", "It fits", "epochs"):
        assert word in shown
