"""What a page of HTML may cost, whatever is in it: bounds on attributes, elements, depth, and the cells that spans invent.

The time and memory that libraries take for a page grow with its elements, and faster than these with the attributes of one
element and with the cells of a table. The bounds lie far above what pages have, so none is reached by one that was written
to be read.
"""

from __future__ import annotations

import re

from lxml import etree, html

from ingest.document import UnreadableError
from ingest.page.markdown_table import MAX_CELLS, span
from ingest.readers.html_blocks import MAX_DEPTH
from ingest.safe_xml import tell_cut_off

MAX_ELEMENTS = 500_000
"""A page with more elements is refused: its tree would take a gigabyte."""
MOST_NESTED = 1_000_000
"""A page of more elements, each counted as often as it is deep, is read without what looks at all around each of them: 50,000
at the depth of 20 that is usual; a long textbook chapter has 5,000."""
MAX_ATTRIBUTES = 250
"""The rest of an element's attributes is left out: parsing takes time with the square of their number."""

_DEEPEST = etree.XPath("/*" * MAX_DEPTH)

_ATTRIBUTE = r"[\s/]*+[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s>\"'][^\s>]*+)?+)?+"
_TAG = re.compile(rf"<[a-zA-Z][^\s/>]*+(?:{_ATTRIBUTE}){{0,{MAX_ATTRIBUTES}}}+((?:{_ATTRIBUTE})*+)")
"""A tag up to its end, as HTML's tokenizer reads it (13.2.5.6 to 13.2.5.40), and what is too much of it."""


_CONTROLS = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]"
    r"|&#(?:0*(?:[0-8]|1[124-9]|2\d|3[01]|6553[45])(?!\d)|[xX]0*(?:[0-8bcefBCEF]|1[0-9a-fA-F]|[fF]{3}[efEF])(?![0-9a-fA-F]));?"
)
"""What no tree of XML may hold, as it is or written as a reference."""


def bounded_tree(text: str, warnings: list[str] | None = None) -> etree._Element:
    """The tree of an HTML page, without comments and with all of its text.

    What is nested deeper than `MAX_DEPTH` stands side by side there: pages that never close their `<font>` are deep.
    Below a depth of 2,048 libxml2 reads nothing, which is added to `warnings`. Raises `UnreadableError`: no-text where
    there is no element, too-large for more than `MAX_ELEMENTS`, and without `warnings` for what cannot be read whole.
    """
    # Comments go at once: trafilatura loses the text that follows one, and React puts them in the middle of words.
    # Without `huge_tree` all is lost that follows a depth of 256, or a picture of 10 MB in an attribute.
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False, huge_tree=True)
    source = _CONTROLS.sub(" ", bounded_markup(text)).encode("utf-8", "replace")
    try:
        tree: etree._Element = html.document_fromstring(source, parser=parser)
    except (etree.LxmlError, ValueError) as error:
        raise UnreadableError("no-text", "The file holds no HTML element.") from error
    tell_cut_off(parser, warnings)
    for element in _DEEPEST(tree):
        _flatten(element)
    return tree


def _flatten(element: etree._Element) -> None:
    """Let all that an element holds stand in it side by side, in the order of the source."""
    flat: list[etree._Element] = []
    tails: list[list[str]] = [[element.text or ""]]  # what follows each of them, and at first what precedes all
    for event, inner in etree.iterwalk(element, events=("start", "end")):
        if inner is element:
            continue
        if event == "start":
            copy = element.makeelement(inner.tag, inner.attrib)
            copy.text = inner.text
            flat.append(copy)
            tails.append([])
        else:
            tails[-1].append(inner.tail or "")
    del element[:]
    element.extend(flat)
    element.text = tails[0][0]
    for copy, tail in zip(flat, tails[1:], strict=True):
        copy.tail = "".join(tail)


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
    if tree.xpath("count(.//*)") * (MAX_DEPTH + 1) <= MOST_NESTED:
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
