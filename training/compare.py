"""What each stage of a recipe changed: one row a run, from its `result.json` and from `train eval` of its model, and from run
to run the questions that were gained and lost."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from medpress.store import read_json
from training.config import InputError
from training.evaluation.accuracy import mcnemar, paired_difference, wilson
from training.log import whole_lines

HEADER = ("run", "steps", "loss", "held-out", "likelihood accuracy", "generated accuracy")
"""Columns of the table; `loss` and `held-out` are first and last value, in nats a token (of RL the objective)."""

CHANGES = ("from", "to", "method", "questions", "gained", "lost", "difference", "interval", "p")
"""Columns of the paired comparison: questions that the second run answers right and the first does not, and the other way
round; the difference of the accuracies with its 95 % interval; McNemar's exact p."""


def compare(runs: Sequence[Path], evaluations: Path | None) -> list[tuple[Any, ...]]:
    """A row of `HEADER` for each run folder, in the given order.

    `evaluations` holds a folder for each run, of the run's name, with what `train eval --out` wrote. Raises
    `InputError` for a folder without a finished run.
    """
    return [_row(run, evaluations / run.name if evaluations else None) for run in runs]


def _row(run: Path, evaluation: Path | None) -> tuple[Any, ...]:
    file = run / "result.json"
    if not file.exists():
        raise InputError(f"{run} holds no finished run: there is no result.json in it.")
    result = read_json(file)
    loss = f"{result['first_loss']:.3f} → {result['last_loss']:.3f}"
    before, after = _held_out(result["held_out_start"]), _held_out(result["held_out"])
    held_out = f"{before:.3f} → {after:.3f}" if before is not None and after is not None else "-"
    return (
        run.name,
        result["steps"],
        loss,
        held_out,
        _accuracy(evaluation, "likelihood"),
        _accuracy(evaluation, "generation"),
    )


def _held_out(measures: dict[str, Any]) -> float | None:
    return measures.get("held_out", measures.get("held_out_objective"))


def _accuracy(folder: Path | None, method: str) -> str:
    """Accuracy over all question files of a method together, with its interval and what guessing gives."""
    summaries = [read_json(file) for file in sorted(folder.glob(f"*.{method}.json"))] if folder else []
    if not summaries:
        return "-"
    right, total = (sum(summary[name] for summary in summaries) for name in ("right", "questions"))
    low, high = wilson(right, total)
    chance = sum(summary["chance"] * summary["questions"] for summary in summaries) / total
    return f"{right / total:.3f} ({low:.3f}-{high:.3f}; guessing {chance:.2f})"


def changes(runs: Sequence[Path], evaluations: Path) -> list[tuple[Any, ...]]:
    """A row of `CHANGES` for each run and the one after it, then for the first run and each later one, and each method
    that both were asked by, over the questions that both were asked."""
    rows = []
    following = list(pairwise(runs))
    for before, after in [*following, *((runs[0], run) for run in runs[2:])]:
        first, second = _rights(evaluations / before.name), _rights(evaluations / after.name)
        for method in sorted({name for name, _, _ in first} & {name for name, _, _ in second}):
            both = [key for key in first if key[0] == method and key in second]
            gained = sum(second[key] and not first[key] for key in both)
            lost = sum(first[key] and not second[key] for key in both)
            difference, low, high = paired_difference(gained, lost, len(both))
            interval, p = f"{low:+.3f} to {high:+.3f}", f"{mcnemar(gained, lost):.2g}"
            rows.append((before.name, after.name, method, len(both), gained, lost, f"{difference:+.3f}", interval, p))
    return rows


def _rights(folder: Path) -> dict[tuple[str, str, str], bool]:
    """Whether each question was answered right, by method, set and id."""
    rights = {}
    for file in sorted(folder.glob("*.*.jsonl")):
        name, method = file.name.removesuffix(".jsonl").rsplit(".", 1)
        for row in map(json.loads, whole_lines(file)):
            rights[method, name, row["id"]] = bool(row["right"])
    return rights


def write_page(path: Path, tables: Mapping[str, tuple[Sequence[str], Sequence[Sequence[Any]]]]) -> None:
    """Write tables as one page of Markdown: of each its title, its header and its rows."""
    lines = []
    for title, (header, rows) in tables.items():
        lines += [
            f"## {title}",
            "",
            *(f"| {' | '.join(map(str, row))} |" for row in (header, ["---"] * len(header), *rows)),
            "",
        ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines), encoding="utf-8")
