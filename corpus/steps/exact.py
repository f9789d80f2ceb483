"""Exact duplicates, a range of content hashes at a time."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow.compute as pc

from corpus.duplicates import exact
from corpus.duplicates.index import Index, known_rows
from medpress.location import location
from medpress.run.step import Step
from medpress.run.task import Mark, Task
from medpress.store import dataset, write_table

RECORDS_PER_RANGE = 250_000
"""Records of a range, about."""


def digests(indexes: Sequence[str]) -> str:
    """Changes whenever anything in one of these indexes does."""
    return " ".join(Index(location(folder)).digest for folder in indexes)


def find_copies(task: Task, mark: Mark) -> None:
    """Which records of a range have the same text, and which one of each stays; records of the indexes stay before any.

    Arguments: `passed` (files), `low`, `high` (hash prefixes, the high one excluded), `indexes` (folders). Writes
    `exact.EXACT` rows.
    """
    low, high = task.arguments["low"], task.arguments["high"]
    in_range = (pc.field("content_hash") >= low) & (pc.field("content_hash") < high)
    columns = ["id", "content_hash", "quality", "priority"]
    table = dataset(task.arguments["passed"]).to_table(columns, filter=in_range)
    known = [Index(location(folder)).hashes(table["content_hash"]) for folder in task.arguments["indexes"]]
    write_table(task.output, exact.decide_exact(known_rows(known, table)))


FIND_COPIES = Step(
    find_copies, inputs=("passed",), settings=("low", "high"), models={"indexes": digests}, per="range of hashes"
)
