"""What users ask the filters: why a record is in or out, and what other thresholds would take.

Both answers come from the scores that stand with each record, so nothing is built or scored again. What comes after the
filters (duplicates, benchmarks) is not decided anew: a record that would pass may still be dropped there.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from corpus import filters
from corpus.trace import records_of
from medpress.errors import UserError, to_run
from medpress.schema import by_name
from medpress.store import open_parquet, parts, read_manifest

STAGES = ("filter", filters.SET_ASIDE)
"""The stages of what the filters drop or set aside."""


@dataclass(frozen=True, slots=True)
class Held:
    """A score of a record beside the bound that it is held against."""

    family: str
    score: str
    value: float
    bound: float
    is_minimum: bool
    breaks: bool
    """Whether it would be dropped for it."""
    decides: bool
    """Whether the build lets this family decide."""


@dataclass(frozen=True, slots=True)
class Explained:
    """A record with all that its filters looked at."""

    row: Mapping[str, Any]
    """As it stands in the shards or among the dropped."""
    held: tuple[Held, ...]
    """Every bound of which the record has the score, in the order in which they are looked at."""


def explain(data: Path, query: str) -> list[Explained]:
    """The records that are meant (ids, names and sentences as in `corpus trace`) with each score and threshold.

    Raises `UserError` when the query means nothing in `data`, or nothing was built there.
    """
    config = built_with(data)
    return [
        Explained(row, tuple(_held(by_name(row["quality"]), config)))
        for _, rows in records_of(data, query)
        for row in rows
    ]


def built_with(data: Path) -> filters.FilterConfig:
    """The thresholds of the last build. Raises `UserError` when there was none."""
    try:
        values = read_manifest(data / "shards")["config"]["filters"]
    except FileNotFoundError:
        raise UserError(f"there are no shards in {data}; run {to_run('corpus build', data)} first.") from None
    named: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    return filters.FilterConfig(**named)


def _held(scores: Mapping[str, float], config: filters.FilterConfig) -> Iterator[Held]:
    for family in filters.FAMILIES:
        for name, score, is_minimum in filters.bounds(family):
            if score in scores:
                value, bound = scores[score], getattr(config, name)
                breaks = value < bound if is_minimum else value > bound
                yield Held(family, score, value, bound, is_minimum, breaks, family in config.use)


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What other thresholds would take."""

    changed: Mapping[str, tuple[Any, Any]]
    """Threshold to what it was in the build, and is now."""
    taken: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Kept records that would be dropped, by source and reason."""
    tokens: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Their tokens."""
    given_back: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Dropped records that would pass the filters, by source and the reason for which they are dropped."""
    examples: dict[tuple[str, str], str] = field(default_factory=dict)
    """An id of each."""
    kept: int = 0
    """Records in the shards that were cut from documents."""


def what_if(data: Path, given: filters.FilterConfig) -> WhatIf:
    """What would go and what would come back with the thresholds that `given` has otherwise than by default.

    All others are as in the last build. Raises `UserError` when nothing was built in `data`, or nothing is changed.
    """
    before = built_with(data)
    default = filters.FilterConfig()
    names = [each.name for each in dataclasses.fields(given)]
    chosen = {name: getattr(given, name) for name in names if getattr(given, name) != getattr(default, name)}
    after = dataclasses.replace(before, **chosen)
    changed = {name: (getattr(before, name), value) for name, value in chosen.items()}
    changed = {name: both for name, both in changed.items() if both[0] != both[1]}
    if not changed:
        raise UserError("no threshold differs from those of the build: name one, --filters.min-words 40 for example.")
    result = WhatIf(changed)
    kept = 0
    for row in _rows(data / "shards", ["n_tokens"]):
        kept += 1
        if verdict := filters.decide(by_name(row["quality"]), row["lang"], after):
            key = row["source"], verdict.reason
            result.taken[key] += 1
            result.tokens[key] += row["n_tokens"]
            result.examples.setdefault(key, row["id"])
    for row in _rows(data / "dropped", ["stage", "reason"]):
        scores = by_name(row["quality"])
        by_filters = row["stage"] in STAGES and row["reason"].partition(":")[0] in filters.FAMILIES
        if by_filters and filters.decide(scores, row["lang"], after) is None:
            key = row["source"], row["reason"]
            result.given_back[key] += 1
            result.examples.setdefault(key, row["id"])
    return dataclasses.replace(result, kept=kept)


def _rows(folder: Path, more: list[str]) -> Iterator[dict[str, Any]]:
    """Scores and decisions of the records that were cut from documents, a row group at a time."""
    for path in parts(folder):
        with open_parquet(path) as file:
            for number in range(file.num_row_groups):
                columns = ["id", "source", "lang", "quality", "augmentation", *more]
                table: pa.Table = file.read_row_group(number, columns=columns)
                yield from table.filter(pc.is_null(table["augmentation"])).to_pylist()
