"""What a page of HTML may cost, whatever is in it: bounds on attributes, elements, and the cells that spans invent.

The time and memory that libraries take for a page grow with its elements, and faster than these with the attributes of one
element and with the cells of a table. The bounds lie far above what pages have, so none is reached by one that was written
to be read.
"""

from __future__ import annotations

import re

from lxml import etree

from ingest.document import UnreadableError
from ingest.page.markdown_table import MAX_CELLS, span

MAX_ELEMENTS = 500_000
"""A page with more elements is refused: its tree would take a gigabyte."""
MOST_NESTED = 1_000_000
"""A page of more elements, each counted as often as it is deep, is read without what looks at all around each of them: 50,000
at the depth of 20 that is usual; a long textbook chapter has 5,000."""
_DEEPEST = 256
"""No tree that libxml2 makes is deeper."""
MAX_ATTRIBUTES = 250
"""The rest of an element's attributes is left out: parsing takes time with the square of their number."""

_ATTRIBUTE = r"[\s/]*+[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s>\"'][^\s>]*+)?+)?+"
_TAG = re.compile(rf"<[a-zA-Z][^\s/>]*+(?:{_ATTRIBUTE}){{0,{MAX_ATTRIBUTES}}}+((?:{_ATTRIBUTE})*+)")
"""A tag up to its end, as HTML's tokenizer reads it (13.2.5.6 to 13.2.5.40), and what is too much of it."""


def bounded_markup(text: str) -> str:
    """The source of a page, without attributes beyond `MAX_ATTRIBUTES` of an element.

    Raises `UnreadableError` (too-large) for a page of more than `MAX_ELEMENTS`.
    """
    kept: list[str] = []
    end = 0
    for count, tag in enumerate(_TAG.finditer(text)):
        if count == MAX_ELEMENTS:
            raise UnreadableError("too-large", f"The page has more than {MAX_ELEMENTS:,} elements.")
        if tag[1]:
            kept.append(text[end : tag.start(1)])
            end = tag.end(1)
    return "".join([*kept, text[end:]]) if kept else text


def is_vast(tree: etree._Element) -> bool:
    """Whether a page has more than `MOST_NESTED` elements, each counted as often as it is deep."""
    if tree.xpath("count(.//*)") * _DEEPEST <= MOST_NESTED:
        return False
    depth = nested = 0
    for event, _ in etree.iterwalk(tree, events=("start", "end")):
        depth += 1 if event == "start" else -1
        nested += depth
        if nested > 2 * MOST_NESTED:  # each was counted when it began and when it ended
            return True
    return False


def bound_tables(tree: etree._Element) -> None:
    """Bound the cells that a page's tables have only by spans and by rows of unequal length, in place.

    No cell spans more columns than its table has cells, nor more rows than follow. What all tables of a page have beyond
    their real cells is at most `MAX_CELLS`: in a table that has more, no cell spans more columns than its longest row has
    cells; if that is not enough none spans anything, and after that its rows become lines.
    """
    rows_of: dict[etree._Element, list[list[etree._Element]]] = {}
    for row in tree.iter("tr"):
        table = next(row.iterancestors("table"), None)
        if table is not None:
            rows_of.setdefault(table, []).append(list(row.iterchildren("td", "th")))
    spare = MAX_CELLS
    for table, rows in rows_of.items():
        cells, longest = sum(map(len, rows)), max(map(len, rows))
        for most_columns, most_rows in ((cells, len(rows)), (longest, len(rows)), (1, 1)):
            invented = _grid_cells(rows, most_columns, most_rows, spare + cells) - cells
            if invented <= spare:
                spare -= invented
                break
        else:
            _as_lines(table, rows)


def _grid_cells(rows: list[list[etree._Element]], most_columns: int, most_rows: int, enough: int) -> int:
    """Cells of the grid that rows of spanning cells make; more than `enough` are not counted on.

    A cell that spans more than `most_columns` or `most_rows`, or goes beyond the last row, is told to span no more.
    """
    hanging: list[tuple[int, int]] = []  # of cells that span downwards: the row before which they end, their columns
    width = total = 0
    for index, row in enumerate(rows):
        hanging = [(end, columns) for end, columns in hanging if end > index]
        here = sum(columns for _, columns in hanging)
        for cell in row:
            columns = _bounded(cell, "colspan", most_columns)
            down = _bounded(cell, "rowspan", min(most_rows, len(rows) - index))
            here += columns
            if down > 1:
                hanging.append((index + down, columns))
        total += here
        width = max(width, here)
        if max(total, width * len(rows)) > enough:
            return enough + 1
    return width * len(rows)


def _bounded(cell: etree._Element, name: str, most: int) -> int:
    stated = cell.get(name)
    if stated is None:
        return 1
    number = span(stated)
    if number > most:
        cell.set(name, str(most))
    return min(number, most)


def _as_lines(table: etree._Element, rows: list[list[etree._Element]]) -> None:
    """A table that is none: each row a paragraph, its cells with spaces between them."""
    for row in rows:
        for cell in row:
            cell.tag = "span"
            cell.tail = f" {cell.tail or ''}"
            row_element = cell.getparent()
            if row_element is not None:
                row_element.tag = "p"
    for part in table.iterchildren("thead", "tbody", "tfoot", "caption"):
        part.tag = "div"
    table.tag = "div"
