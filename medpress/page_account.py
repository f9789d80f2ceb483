"""What the conservation check found on the pages of a data folder: sums for a gate, and the pages that are worst."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from medpress.store import open_parquet, parts

COLUMNS = ["doc_id", "page", "source_characters", "coverage", "inflation", "numbers_lost", "numbers_new"]
"""What is read of `PAGE`."""


@dataclass(slots=True)
class PageAccount:
    """Sums over the pages that could be checked."""

    pages: int = 0
    """Pages whose source has a text of its own."""
    characters: int = 0
    """Characters of those texts, white space aside."""
    lost: int = 0
    """Characters that stand in no block and were left out for no reason."""
    new: int = 0
    """Characters that the sources do not have, or have less often."""
    changed: int = 0
    """Pages with a number that their source does not have."""


def account(data: Path) -> PageAccount:
    """Add up what the check found; the pages are read a row group at a time."""
    total = PageAccount()
    for table in _checked(data):
        total.pages += table.num_rows
        total.characters += pc.sum(table["source_characters"]).as_py() or 0
        total.lost += pc.sum(table["lost"]).as_py() or 0
        total.new += pc.sum(table["new"]).as_py() or 0
        total.changed += pc.sum(pc.greater(table["n_new"], 0)).as_py() or 0
    return total


def worst_pages(data: Path, most: int) -> pa.Table:
    """At most so many pages that break the law, the worst first: doc_id, page, lost, new, numbers_lost, numbers_new.

    A number that is new weighs as much as a line of text that is lost.
    """
    worst: pa.Table | None = None
    for table in _checked(data):
        weight = pc.add(pc.add(table["lost"], table["new"]), pc.multiply(table["n_new"], 100))
        table = table.append_column("weight", weight).filter(pc.greater(weight, 0))
        worst = table if worst is None else pa.concat_tables([worst, table])
        order = [("weight", "descending"), ("doc_id", "ascending"), ("page", "ascending")]
        worst = worst.take(pc.sort_indices(worst, order)[:most])
    names = ["doc_id", "page", "lost", "new", "numbers_lost", "numbers_new"]
    return pa.table({name: [] for name in names}) if worst is None else worst.select(names)


def _checked(data: Path) -> Iterator[pa.Table]:
    """The pages that could be checked, with `lost` and `new` in characters and `n_new` in numbers."""
    for path in parts(data / "pages"):
        file = open_parquet(path)
        for number in range(file.num_row_groups):
            table = file.read_row_group(number, columns=COLUMNS)
            table = table.filter(pc.is_valid(table["coverage"]))
            size = pc.cast(table["source_characters"], pa.float64())
            lost = pc.multiply(size, pc.subtract(1.0, table["coverage"]))
            new = pc.multiply(pc.max_element_wise(size, 1.0), pc.subtract(table["inflation"], table["coverage"]))
            for name, values in (("lost", lost), ("new", new)):
                table = table.append_column(name, pc.cast(pc.round(pc.max_element_wise(values, 0.0)), pa.int64()))
            yield table.append_column("n_new", pc.cast(pc.list_value_length(table["numbers_new"]), pa.int64()))
