"""The table of a recipe's runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from medpress.store import write_json
from training.compare import CHANGES, changes, compare, write_page
from training.config import InputError


def test_a_row_a_run_in_the_given_order(tmp_path):
    for name, first in (("cpt", 6.5), ("sft1", 4.0)):
        held_out = {"held_out_start": {"held_out": first + 0.5}, "held_out": {"held_out": first}}
        write_json(tmp_path / name / "result.json", {"steps": 7, "first_loss": first, "last_loss": 3.25, **held_out})
    summary = {"right": 3, "questions": 12, "low": 0.09, "high": 0.53, "chance": 0.25}
    write_json(tmp_path / "eval/sft1/q.likelihood.json", summary)
    rows = compare([tmp_path / "cpt", tmp_path / "sft1"], tmp_path / "eval")
    assert rows[0] == ("cpt", 7, "6.500 → 3.250", "7.000 → 6.500", "-", "-")
    assert rows[1][4] == "0.250 (0.089-0.532; guessing 0.25)"
    write_json(tmp_path / "eval/sft1/r.likelihood.json", {"right": 9, "questions": 12, "chance": 0.5})  # another seed
    assert compare([tmp_path / "sft1"], tmp_path / "eval")[0][4] == "0.500 (0.314-0.686; guessing 0.38)"


def test_an_unfinished_run_is_named(tmp_path):
    with pytest.raises(InputError, match=r"no result\.json"):
        compare([tmp_path / "nothing"], None)


def test_changes_are_counted_question_by_question(tmp_path: Path) -> None:
    runs = [tmp_path / name for name in ("sft", "rft", "rl")]
    answered = {"sft": [True] * 4 + [False] * 8, "rl": [True] * 3 + [False] + [True] * 7 + [False]}
    answered["rft"] = [True] * 5 + [False] * 7
    for run in runs:
        folder = tmp_path / "eval" / run.name
        folder.mkdir(parents=True)
        rows = [{"id": str(i), "right": right} for i, right in enumerate(answered[run.name])]
        (folder / "exam.generation.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "exam.letters.jsonl").write_text('{"id": "0", "right": true}\n')  # asked of the second alone
    rows = changes(runs, tmp_path / "eval")
    assert [row[:2] for row in rows] == [("sft", "rft"), ("rft", "rl"), ("sft", "rl")]
    assert rows[2][:7] == ("sft", "rl", "generation", 12, 7, 1, "+0.500") and rows[2][8] == "0.07"
    write_page(tmp_path / "page.md", {"Changes": (CHANGES, rows)})
    lines = (tmp_path / "page.md").read_text().splitlines()
    assert lines[0] == "## Changes" and lines[-1].startswith("| sft | rl | generation | 12 | 7 | 1 | +0.500 |")
