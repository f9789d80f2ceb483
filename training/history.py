"""What a run's folder says of it, for who reads it afterwards: its card and its report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from medpress.store import parts, read_json, read_table
from training.config import InputError
from training.log import read_metrics
from training.seen import FOLDER

_STAGES = {"shards": "pre-training", "data": "instruction tuning", "pairs": "preference tuning"}
"""A setting that only one kind of run has, and what such a run is."""


@dataclass(frozen=True, kw_only=True)
class History:
    """A run as its files tell it."""

    folder: Path
    """The run."""
    settings: Mapping[str, Any]
    """Its settings, as they were given or left to defaults."""
    begun: Mapping[str, Any]
    """`run.json`: the settings again, and the identities of data and starting model."""
    result: Mapping[str, Any]
    """`result.json`; empty as long as the run has none."""
    lines: Sequence[Mapping[str, Any]]
    """Its log."""

    @property
    def stage(self) -> str:
        """What kind of run it is, in words."""
        if self.settings.get("online"):
            return "tuning on verified answers"
        return next((words for name, words in _STAGES.items() if name in self.settings), "training")

    @property
    def steps(self) -> list[Mapping[str, Any]]:
        """The lines of steps."""
        return [line for line in self.lines if "loss" in line]

    @property
    def measured(self) -> list[Mapping[str, Any]]:
        """The lines of held-out measurements."""
        return [line for line in self.lines if "held_out" in line]


def history(run: Path) -> History:
    """Read a run's folder. Raises `InputError` where it holds none."""
    if not (run / "run.json").exists():
        raise InputError(f"{run} holds no run: there is no run.json in it.")
    begun = read_json(run / "run.json")
    result = read_json(run / "result.json") if (run / "result.json").exists() else {}
    return History(folder=run, settings=begun["config"], begun=begun, result=result, lines=read_metrics(run))


def lineage(run: History) -> list[History]:
    """The runs that led to this one, the first first, as far as their folders are there and hold the weights that the next one
    began with."""
    chain = [run]
    while (before := Path(str(chain[0].settings.get("model") or ""))).name and (before / "run.json").exists():
        earlier = history(before)
        if earlier.result.get("weights") != chain[0].begun["model"] or earlier.folder in {one.folder for one in chain}:
            break
        chain.insert(0, earlier)
    return chain


def stretches(lines: Sequence[Mapping[str, Any]], count: int) -> Iterator[Sequence[Mapping[str, Any]]]:
    """Lines of steps in at most `count` stretches of nearly the same length, in their order."""
    borders = [round(len(lines) * number / count) for number in range(count + 1)]
    for start, stop in pairwise(borders):
        if start < stop:
            yield lines[start:stop]


def drawn(lines: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """The share of each source of what the mixer drew in some steps; empty where nothing mixes."""
    counts: Counter[str] = Counter()
    for line in lines:
        counts.update(line.get("drawn", {}))
    return {name: count / counts.total() for name, count in counts.items()} if counts.total() else {}


def licences(run: Path) -> dict[str, tuple[int, int | None]]:
    """Of each licence how many texts the run was trained on, and tokens of them; None where only the texts are known."""
    texts: dict[str, set[str]] = {}
    tokens: Counter[str] = Counter()
    known = True
    for file in parts(run / FOLDER):
        table = read_table(file, ["id", "license", "tokens"])
        known = known and not table["tokens"].null_count
        for licence in pc.unique(table["license"]).to_pylist():
            rows = table.filter(pc.equal(table["license"], licence))
            texts.setdefault(licence, set()).update(rows["id"].to_pylist())
            tokens[licence] += pc.sum(rows["tokens"]).as_py() or 0
    return {name: (len(ids), tokens[name] if known else None) for name, ids in sorted(texts.items())}
