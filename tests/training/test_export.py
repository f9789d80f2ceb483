"""The model of a checkpoint as a folder of its own."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from medpress.store import read_json, write_json
from training.config import InputError
from training.export import export
from training.model import model_hash


def test_the_last_checkpoint_is_the_finished_model_and_the_best_is_the_best(trained_run: Path, tmp_path: Path) -> None:
    run = tmp_path / "cpt"
    shutil.copytree(trained_run, run)
    assert export(run, "last", tmp_path / "last") == 60
    assert model_hash(str(tmp_path / "last")) == read_json(run / "result.json")["weights"]
    earlier = run / "checkpoints" / "step-00000050"
    shutil.copytree(run / "checkpoints" / "step-00000060", earlier)
    write_json(earlier / "state.json", read_json(earlier / "state.json") | {"step": 50, "held_out": 0.25})
    assert export(run, "best", tmp_path / "best") == 50
    card = (tmp_path / "best" / "README.md").read_text(encoding="utf-8")
    assert "weights of step 50, where the held-out loss was 0.2500" in card
    with pytest.raises(InputError, match="there already"):
        export(run, "best", tmp_path / "best")
    (run / "result.json").unlink()
    with pytest.raises(InputError, match="no finished run"):
        export(run, "best", tmp_path / "more")
