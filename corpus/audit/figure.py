"""What the report is made of: tables with a title, and records with what was found in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

ROWS_KEPT = 300
"""Rows of a figure that the report has; how many there are it says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A table of the report. Columns whose names end in `share` are shares, 0 to 1."""

    name: str
    """What it is called in `audit.json`."""
    title: str
    """What stands above it."""
    rows: Sequence[Mapping[str, Any]]
    """The rows, each with the same columns."""
    total: int
    """Rows that there are; `rows` may be the first of them."""
    note: str = ""
    """What a reader should know, in a sentence."""
    bars: str = ""
    """The column that is drawn as a bar beside its number, if one is."""
    apart: str = ""
    """The column whose values part the rows: the rows of each open for themselves."""
    leads: tuple[str, str] = ("", "")
    """A column whose values lead to the rows of another figure that stand apart by the same values: column, name of the figure."""
    columns: Sequence[str] = ()
    """Names of the columns, in order."""

    @classmethod
    def of(
        cls,
        name: str,
        title: str,
        table: pa.Table,
        note: str = "",
        bars: str = "",
        apart: str = "",
        leads: tuple[str, str] = ("", ""),
        total: int | None = None,
    ) -> Figure:
        """A figure of the first `ROWS_KEPT` rows of a table, which may be the first of `total` rows."""
        rows = table.slice(0, ROWS_KEPT).to_pylist()
        return cls(
            name=name, title=title, rows=rows, total=table.num_rows if total is None else total, columns=table.column_names, note=note, bars=bars, apart=apart,
            leads=leads,
        )  # fmt: skip

    @property
    def parts(self) -> list[tuple[str, list[Mapping[str, Any]]]]:
        """The rows by the values of `apart`, in the order in which these come."""
        found: dict[str, list[Mapping[str, Any]]] = {}
        for row in self.rows:
            found.setdefault(str(row[self.apart]), []).append(row)
        return list(found.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """A histogram."""

    title: str
    """What is counted."""
    counts: Sequence[int]
    """How many stand in each of so many equal steps."""
    least: float
    """Where the first step begins."""
    most: float
    """Where the last step ends."""

    @property
    def greatest(self) -> int:
        """The highest column."""
        return max(self.counts, default=0)

    @property
    def about(self) -> str:
        """The histogram in words, for who does not see it."""
        peak = self.counts.index(self.greatest) if self.counts else 0
        width = (self.most - self.least) / max(1, len(self.counts))
        low = self.least + peak * width
        return (
            f"{self.title}: {sum(self.counts):,} records from {self.least:.4g} to {self.most:.4g},"
            f" most ({self.greatest:,}) from {low:.4g} to {low + width:.4g}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two records that were taken for the same, side by side."""

    kept: str
    """The record that is in the shards."""
    dropped: str
    """The one that it stands for."""
    stage: str
    """The step that dropped it."""
    alike: float | None
    """How alike they are, 0 to 1; None where it was not measured."""
    numbers: Sequence[str]
    """Numbers with what follows them that only the dropped one has, doses first."""
    sides: tuple[Sequence[Stretch], Sequence[Stretch]]
    """Their texts."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of one of two texts."""

    text: str
    """Its characters."""
    alone: bool
    """Whether the other text does not have it there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PagePicture:
    """Where the blocks of a page stand: nothing of what they say, which may be somebody's."""

    doc_id: str
    """The document."""
    page: int
    """The page in it."""
    about: str
    """What is wrong with it, in figures."""
    width: float
    """In points."""
    height: float
    """In points."""
    blocks: Sequence[Mapping[str, Any]]
    """`x`, `y`, `width`, `height` in points, `kind` and number `at` of each block that has a place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The figures for one kind of reader."""

    name: str
    """What it is called in `audit.json` and in links."""
    title: str
    """Whom it is for."""
    question: str
    """What they ask."""
    figures: Sequence[Figure]
    """Its tables."""
    plots: Sequence[Plot] = ()
    """Its histograms."""
    pairs: Sequence[Pair] = ()
    """Records beside those that they stand for."""
    pictures: Sequence[PagePicture] = ()
    """Its pages."""
