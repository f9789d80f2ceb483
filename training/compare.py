"""What each stage of a recipe changed: one row a run, from its `result.json` and from `train eval` of its model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from medpress.store import read_json
from training.config import InputError

HEADER = ("run", "steps", "loss", "held-out", "likelihood accuracy", "generated accuracy")
"""Columns of the table; `loss` and `held-out` are first and last value, in nats a token (of RL the objective)."""


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
    """Accuracy over all question files of a method, with the interval where there is only one."""
    summaries = [read_json(file) for file in sorted(folder.glob(f"*.{method}.json"))] if folder else []
    if not summaries:
        return "-"
    right, total = (sum(summary[name] for summary in summaries) for name in ("right", "questions"))
    text = f"{right / total:.3f}"
    if len(summaries) == 1:
        text += f" ({summaries[0]['low']:.3f}-{summaries[0]['high']:.3f}; guessing {summaries[0]['chance']:.2f})"
    return text
