"""The cells of a spreadsheet as blocks: a table, or one for each stretch of rows between empty ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from ingest.document import Block
from ingest.page.markdown_table import MAX_COLUMNS, Cell, table_block

MAX_CELLS = 2_000_000
"""Filled cells of a sheet; one with more is data, and no document."""
TABLE_CELLS = 50_000
"""A longer table is cut, and each part has the first row again."""
BEYOND = f"beyond {MAX_COLUMNS} columns"
"""Why cells far to the right are left out: no table has so many."""


def sheet_blocks(rows: Sequence[Sequence[Cell]]) -> Iterator[Block]:
    """Blocks of a sheet's rows. What stands alone in a row above a table is its caption, and below it a note to it."""
    for filled, run in groupby(rows, key=lambda row: any(cell.text for cell in row)):
        if filled:
            yield from _stretch(list(run))


def _stretch(rows: list[Sequence[Cell]]) -> Iterator[Block]:
    alone = [_alone(row) for row in rows]
    if all(alone):
        yield from (Block("paragraph", text) for text in alone)
        return
    first = next(number for number, text in enumerate(alone) if not text)
    last = len(alone) - next(number for number, text in enumerate(reversed(alone)) if not text)
    yield from (Block("caption", text) for text in alone[:first])
    yield from _tables(rows[first:last])
    yield from (Block("footnote", text) for text in alone[last:])


def _alone(row: Sequence[Cell]) -> str:
    """The text of a row that has only one; empty for any other."""
    texts = [cell.text for cell in row if cell.text]
    return texts[0] if len(texts) == 1 else ""


def _tables(rows: list[Sequence[Cell]]) -> Iterator[Block]:
    most = max(2, TABLE_CELLS // max(1, max(len(row) for row in rows)))
    yield table_block(rows[:most])
    for start in range(most, len(rows), most - 1):
        block = table_block([rows[0], *rows[start : start + most - 1]])
        again = tuple(cell.text for cell in rows[0] if cell.text)
        yield Block("table", block.text, repeated=(*block.repeated, *again))
