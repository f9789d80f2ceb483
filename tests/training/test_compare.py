"""The table of a recipe's runs."""

from __future__ import annotations

import pytest

from medpress.store import write_json
from training.compare import compare
from training.config import InputError


def test_a_row_a_run_in_the_given_order(tmp_path):
    for name, first in (("cpt", 6.5), ("sft1", 4.0)):
        held_out = {"held_out_start": {"held_out": first + 0.5}, "held_out": {"held_out": first}}
        write_json(tmp_path / name / "result.json", {"steps": 7, "first_loss": first, "last_loss": 3.25, **held_out})
    summary = {"right": 3, "questions": 12, "low": 0.09, "high": 0.53, "chance": 0.25}
    write_json(tmp_path / "eval/sft1/q.likelihood.json", summary)
    rows = compare([tmp_path / "cpt", tmp_path / "sft1"], tmp_path / "eval")
    assert rows[0] == ("cpt", 7, "6.500 → 3.250", "7.000 → 6.500", "-", "-")
    assert rows[1][4] == "0.250 (0.090-0.530; guessing 0.25)"


def test_an_unfinished_run_is_named(tmp_path):
    with pytest.raises(InputError, match=r"no result\.json"):
        compare([tmp_path / "nothing"], None)
