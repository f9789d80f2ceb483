"""Tables: ruled or only aligned, found among the lines of a page and written as Markdown."""

from __future__ import annotations

from dataclasses import dataclass

from ingest.layout import Line


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a page."""

    bbox: tuple[float, float, float, float]
    """Box around its cells."""
    markdown: str
    """Its grid, the first row as header."""
    size: float
    """Dominant font size."""


def find_tables(
    lines: list[Line],
    horizontal: list[tuple[float, float, float]],
    vertical: list[tuple[float, float, float]],
    body_size: float,
) -> tuple[list[Table], list[Line]]:
    return [], lines
