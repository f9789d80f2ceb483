"""Tables that go on overleaf, tied to their first part: the head that is set again there is left out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ingest.assembly.floats import labels
from ingest.document import Block

REPEATED_HEAD = "repeated head"
"""Why the head of a table's further part, and its caption, are left out."""
OWN_WORDS = 3
"""A caption with more words than this that the first one lacks says something of its own: `Table 2 (continued)` does not."""
VALUES = 0.8
"""Share of the rows of a table that have a value in a column of values."""
SHIFT = 1.5
"""The parts of a table begin at the same place, within this, in font sizes."""
_VALUE = re.compile(r"[<>≤≥±~∼+−–-]?\s?\d")
_BAR = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True, slots=True)
class _Open:
    """A table at the end of a page, which may go on."""

    head: str
    """Its first row."""
    values: tuple[bool, ...]
    """For each column, whether its rows have values there and its head has none."""
    left: float | None
    """Where it begins, in points."""


def continue_tables(blocks: Sequence[list[Block]], removed: Sequence[dict[str, list[str]]]) -> None:
    """Tie a table that opens a page to the one that ends the page before.

    It goes on where both have the same head, or where the second has none: its first row has values in the same columns
    as the rows of the first, whose head has none there. Notes may stand below the first part; they go before it.
    Changes the pages' `blocks` in place, and adds to `removed`, by page and reason, the texts that are gone.
    """
    before: _Open | None = None
    for number, kept in enumerate(blocks):
        opening = next((index for index, block in enumerate(kept) if block.kind == "table"), None)
        if before is not None and opening is not None and _only_captions(kept[:opening], blocks[number - 1]):
            first, _, rest = kept[opening].text.partition("\n")
            rule, _, body = rest.partition("\n")
            ruled = not set(rule) - set("|-: ")
            repeats = first == before.head and bool(body)
            if ruled and (repeats or _is_row(kept[opening], before)):
                gone = [block.text for block in kept[:opening]] + ([first] if repeats else [])
                if gone:
                    removed[number].setdefault(REPEATED_HEAD, []).extend(gone)
                text = body if repeats else "\n".join(filter(None, (first, body)))
                _put_last(blocks[number - 1])
                kept[: opening + 1] = [replace(kept[opening], text=text, join="\n")]
                if len(kept) == 1:
                    continue  # the whole page is the table, which may go on once more
        before = _open_table(kept)


def _open_table(kept: Sequence[Block]) -> _Open | None:
    """The table that ends a page, its notes aside; None where there is none, or where its head has no word."""
    last = _last_table(kept)
    if last is None or kept[last].join is not None:
        return None
    head, *rows = kept[last].text.split("\n")
    if not any(character.isalpha() for character in head):
        return None
    names = _cells(head)
    body = [cells for cells in map(_cells, rows[1:]) if len(cells) == len(names)]
    values = tuple(
        bool(body)
        and _VALUE.match(name) is None
        and sum(_VALUE.match(cells[column]) is not None for cells in body) >= VALUES * len(body)
        for column, name in enumerate(names)
    )
    box = kept[last].bbox
    return _Open(head, values, None if box is None else box[0])


def _is_row(table: Block, before: _Open) -> bool:
    """Whether the first row of a table is no head, but one more row of the table before."""
    if not any(before.values) or before.left is None or table.bbox is None:
        return False
    cells = _cells(table.text.partition("\n")[0])
    return (
        len(cells) == len(before.values)
        and abs(table.bbox[0] - before.left) <= SHIFT * table.size
        and all(_VALUE.match(cell) is not None for cell, value in zip(cells, before.values, strict=True) if value)
    )


def _cells(row: str) -> list[str]:
    return [cell.strip() for cell in _BAR.split(row)[1:-1]]


def _last_table(kept: Sequence[Block]) -> int | None:
    """Where the table stands that ends a page, with nothing but its notes below it."""
    for index in reversed(range(len(kept))):
        if kept[index].kind != "footnote":
            return index if kept[index].kind == "table" else None
    return None


def _put_last(kept: list[Block]) -> None:
    """Put the table that ends a page below its notes, so that what goes on overleaf follows it."""
    last = _last_table(kept)
    if last is not None:
        kept.append(kept.pop(last))


def _only_captions(between: Sequence[Block], before: Sequence[Block]) -> bool:
    """Whether nothing stands there but one caption with the label, and at most the words, of the last caption before."""
    if not between:
        return True
    caption = next((block for block in reversed(before) if block.kind == "caption"), None)
    return (
        len(between) == 1
        and between[0].kind == "caption"
        and caption is not None
        and bool(labels(between[0].text))
        and labels(between[0].text)[:1] == labels(caption.text)[:1]
        and len(set(between[0].text.split()) - set(caption.text.split())) <= OWN_WORDS
    )
