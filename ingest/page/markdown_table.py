"""A grid of cells as a Markdown table, with spans written out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MAX_COLUMNS = 200
MAX_CELLS = 100_000
"""A table larger than this is damaged or hostile: the rest is left out."""
MAX_SPAN = 1000
"""A cell spans no more columns or rows."""
LABEL = 80
"""A longer text is no label: it is written once, however many columns or rows it spans."""
REPEATED_CHARACTERS = 100_000
"""So much may spanning cells add to any table by being repeated, and to a long one its own length again."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell as its source has it."""

    text: str
    """Its text; line breaks become spaces."""
    columns: int = 1
    """Columns it spans."""
    rows: int = 1
    """Rows it spans."""


def span(text: str | None) -> int:
    """What a `colspan` or `rowspan` says, from 1 to 1,000 (HTML Living Standard, 4.9.11); what is no number says 1."""
    text = (text or "").strip()
    return max(1, min(int(text), MAX_SPAN)) if text.isdecimal() and len(text) < 6 else 1


def spread(rows: Iterable[Sequence[Cell]]) -> list[list[str]]:
    """Rows of spanning cells as a full grid of strings: a spanning cell's text is repeated in each row and column.

    Repeating it keeps every data row readable by itself, which is what a text of a table is for; what is longer than a
    label stands only where the cell begins. The grid is as wide as its widest row, at most `MAX_COLUMNS`. No cell spans
    more columns than the table has cells, and what repeating adds is bounded by the text that is there: beyond it,
    repeated cells stay empty.
    """
    rows = [list(row) for row in rows]
    most_columns = sum(len(row) for row in rows)
    spare = REPEATED_CHARACTERS + sum(len(cell.text) for row in rows for cell in row)
    grid: list[list[str]] = []
    hanging: dict[int, tuple[str, int]] = {}  # column -> (text, rows left) of cells that span downwards
    cells = 0
    for row in rows:
        line: list[str] = []
        below: dict[int, tuple[str, int]] = {}
        waiting = list(row)
        while len(line) < MAX_COLUMNS and (waiting or any(column >= len(line) for column in hanging)):
            column = len(line)
            if column in hanging:
                text, left = hanging.pop(column)
                spare -= len(text)
                line.append(text if spare >= 0 else "")
                if left > 1:
                    below[column] = (text, left - 1)
                continue
            if not waiting:
                line.append("")
                continue
            cell = waiting.pop(0)
            text = " ".join(cell.text.split())
            line.append(text)
            text = text if len(text) <= LABEL else ""
            for _ in range(min(cell.columns, MAX_COLUMNS - column, most_columns) - 1):
                spare -= len(text)
                line.append(text if spare >= 0 else "")
            if cell.rows > 1:
                below |= dict.fromkeys(range(column, len(line)), (text, min(cell.rows, MAX_SPAN) - 1))
        hanging = below
        grid.append(line)
        cells += len(line)
        if cells > MAX_CELLS:
            break
    return _even(grid)


def markdown_table(grid: Sequence[Sequence[str]]) -> str:
    """A full grid as a Markdown table whose first row is the header; empty rows and columns are left out.

    Returns the empty string for a grid without text.
    """
    rows = [[" ".join(cell.split()) for cell in row] for row in grid]
    rows = [row for row in rows if any(row)]
    if not rows:
        return ""
    rows = _even(rows)
    keep = sorted({column for row in rows for column, cell in enumerate(row) if cell})
    lines = ["| " + " | ".join(_escaped(row[column]) for column in keep if column < len(row)) + " |" for row in rows]
    lines.insert(1, "| " + " | ".join("---" for _ in keep) + " |")
    return "\n".join(lines)


def _even(rows: list[list[str]]) -> list[list[str]]:
    """Rows of one length. Where that would make far more cells than there are, all but the first stay as they are (GFM 4.10)."""
    width = max((len(row) for row in rows), default=0)
    if width * len(rows) > max(MAX_CELLS, 2 * sum(map(len, rows))):
        return [rows[0] + [""] * (width - len(rows[0])), *rows[1:]]
    return [row + [""] * (width - len(row)) for row in rows]


_BAR = re.compile(r"(?<!\\)\|")


def _escaped(text: str) -> str:
    return _BAR.sub(r"\\|", text)
