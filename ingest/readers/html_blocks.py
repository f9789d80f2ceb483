"""HTML elements to blocks, in document order: what the web's region extractor and the EPUB reader share.

`BlockWalk` knows what is a block, a heading, a list item, a table or a card; what is left out is its subclasses' word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate, groupby, islice

from lxml import etree

from ingest.document import Block
from ingest.page.markdown_table import Cell, span, table_block
from ingest.readers.written_numbers import written_number

MAX_DEPTH = 250
"""Elements nested deeper than this are flattened: nobody writes them by hand."""


def words_of(text: str, separator: str | None = None) -> frozenset[str]:
    """The words of a text as a set."""
    return frozenset(text.split(separator))


BLOCK_TAGS = words_of(
    "address article aside blockquote body center dd details div dl dt fieldset figcaption figure footer form h1 h2 h3 "
    "h4 h5 h6 header hgroup hr html label legend li main nav ol p pre section summary table tbody td tfoot th thead tr ul"
)
DROPPED_TAGS = words_of(
    "script style noscript template svg canvas iframe object embed applet audio video map area select option "
    "optgroup datalist textarea input button head link meta base param source track img picture progress meter "
    "frameset frame noframes"
)
_HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
_LIST_FORMATS = {"a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}
_NOT_LETTERS = re.compile(r"[\W_]+")
_FORMULA = re.compile(r"\$\$.+\$\$(?: ?\(?[\w.]{1,8}\)?)?")


@dataclass(frozen=True, slots=True)
class LinkedBlock:
    """A block and how much of it is links."""

    block: Block
    linked: int = 0
    """Characters of its text that stand in links."""


class BlockWalk:
    """One pass over a tree. A subclass says what is left out."""

    def __init__(self) -> None:
        """A walk is used for one tree."""
        self.out: list[LinkedBlock] = []
        self._buffer: list[str] = []
        self._linked = 0
        self._kind = "paragraph"
        self._level = 0
        self._sign = "-"
        self._labels: list[Iterator[str]] = []  # per open list: those of its items

    def leaves_out(self, element: etree._Element) -> bool:
        """Whether an element, with all in it, is not content."""
        return False

    def leaves_out_line(self, text: str) -> bool:
        """Whether the text of a whole block is not content."""
        return False

    def kind_of(self, element: etree._Element) -> str:
        """The block kind of the paragraphs in an element, or empty to leave it as it is."""
        return ""

    def walk(self, root: etree._Element) -> list[LinkedBlock]:
        """The blocks below `root`, in document order; every list item is a block of its own."""
        self._children(root, 0, False)
        self._close()
        return self.out

    def _close(self) -> None:
        text = " ".join("".join(self._buffer).split())
        if text and not self.leaves_out_line(text):
            made: tuple[str, ...] = ()
            if self._kind == "list":
                text = f"{'  ' * min(self._level, 6)}{self._sign} {text}"
                made = (self._sign,) if self._sign.strip(" -") else ()
                self._sign = " "  # a second paragraph of the same item
            level = self._level if self._kind == "heading" else 0
            kind = "formula" if self._kind == "paragraph" and is_formula(text) else self._kind
            self.out.append(LinkedBlock(Block(kind, text, level=level, made=made), self._linked))
        self._buffer.clear()
        self._linked = 0

    def _children(self, element: etree._Element, depth: int, in_link: bool) -> None:
        if element.text:
            self._text(element.text, in_link)
        for child in element:
            if isinstance(child.tag, str):
                self._element(child, depth + 1, in_link)
            if child.tail:
                self._text(child.tail, in_link)

    def _text(self, text: str, in_link: bool) -> None:
        self._buffer.append(text)
        if in_link:
            self._linked += len(text.strip())

    def _element(self, element: etree._Element, depth: int, in_link: bool) -> None:
        tag = element.tag
        if tag in DROPPED_TAGS or self.leaves_out(element):
            if tag in BLOCK_TAGS:
                self._close()
        elif depth > MAX_DEPTH:
            self._text(" ".join(element.itertext()), in_link)
        elif tag == "br":
            self._buffer.append("\n")
        elif tag == "a":
            # A link around whole blocks is a card, whose text is content; a link in a line may be navigation.
            card = any(child.tag in BLOCK_TAGS for child in element)
            self._children(element, depth, not card)
        elif tag not in BLOCK_TAGS:
            self._children(element, depth, in_link)
        else:
            self._block(element, depth, in_link)

    def _block(self, element: etree._Element, depth: int, in_link: bool) -> None:
        tag = element.tag
        self._close()
        if tag == "table" and is_data_table(element):
            for caption in element.iterchildren("caption"):
                if text := " ".join(spaced_text(caption).split()):
                    self.out.append(LinkedBlock(Block("caption", text)))
            if (block := table_block(_rows(element))).text:
                self.out.append(LinkedBlock(block))
            return
        if tag == "pre":
            text = "".join(element.itertext()).strip("\n")
            if text.strip():
                self.out.append(LinkedBlock(Block("paragraph", text)))
            return
        before = self._kind, self._level, self._sign
        if tag in _HEADINGS:
            self._kind, self._level = "heading", _HEADINGS[tag]
        elif tag == "li" and not is_layout(element):
            self._kind, self._level, self._sign = "list", max(0, len(self._labels) - 1), self._next_sign()
        elif tag in ("figcaption", "caption"):
            self._kind = "caption"
        elif kind := self.kind_of(element):
            self._kind = kind
        elif tag not in ("div", "section", "p") or self._kind not in ("list", "heading", "footnote"):
            self._kind = "paragraph"
        if tag in ("ul", "ol"):
            self._labels.append(iter(item_labels(element)))
        self._children(element, depth, in_link)
        self._close()
        if tag in ("ul", "ol"):
            self._labels.pop()
        self._kind, self._level, self._sign = before

    def _next_sign(self) -> str:
        return (next(self._labels[-1], "") if self._labels else "") or "-"


def merged_lists(blocks: list[Block]) -> list[Block]:
    """Items that follow each other become one list block, with one item a line."""
    merged: list[Block] = []
    for kind, run in groupby(blocks, key=lambda block: block.kind):
        items = list(run)
        if kind == "list" and len(items) > 1:
            made = tuple(text for item in items for text in item.made)
            items = [Block("list", "\n".join(item.text for item in items), made=made)]
        merged += items
    return merged


def is_formula(text: str) -> bool:
    """Whether a paragraph is nothing but a formula, with the number that it may have."""
    return text.startswith("$$") and _FORMULA.fullmatch(text) is not None


def letters(text: str) -> str:
    """A text's letters and digits in lower case, for comparing texts."""
    return _NOT_LETTERS.sub("", text.lower())


WINDOW = 24
"""Characters that are compared at once."""
_STRIDE = 48


def windows(text: str) -> list[str]:
    """Every second stretch of `WINDOW` characters of a text, as its sample."""
    return [text[start : start + WINDOW] for start in range(0, max(1, len(text) - WINDOW + 1), _STRIDE)]


def found_in(text: str, samples: Iterable[str]) -> set[str]:
    """Those of some windows that stand in a text: in one pass over it, however many they are."""
    wanted = set(samples)
    short = {sample for sample in wanted if len(sample) < WINDOW and sample in text}
    starts = range(max(0, len(text) - WINDOW + 1))
    return short | wanted.intersection(map(text.__getitem__, map(slice, starts, range(WINDOW, len(text) + 1))))


def text_lengths(root: etree._Element) -> dict[etree._Element, int]:
    """Characters of visible text in each element below one, itself included; the text behind an element counts with it."""
    lengths: dict[etree._Element, int] = {}
    for item in reversed(list(root.iter())):
        length = lengths.get(item, 0) + _own_length(item)
        lengths[item] = length
        if item is not root:
            parent = item.getparent()
            assert parent is not None
            lengths[parent] = lengths.get(parent, 0) + length
    return lengths


def _own_length(item: etree._Element) -> int:
    seen = isinstance(item.tag, str) and item.tag not in ("script", "style", "noscript", "template", "svg")
    return (len((item.text or "").strip()) if seen else 0) + len((item.tail or "").strip())


def is_layout(item: etree._Element) -> bool:
    """A list item that holds a whole article: its list lays out the page."""
    if next(islice(item.iterdescendants("p", "h1", "h2", "h3"), 3, None), None) is None:
        return False
    return any(length > 600 for length in accumulate(map(_own_length, item.iter())))


def item_labels(items: etree._Element) -> list[str]:
    """The label of each `li` of a list as a browser shows it: `3.`, `b.`, `IV.`; empty in a list that is not numbered."""
    own = list(items.iterchildren("li"))
    if items.tag != "ol":
        return [""] * len(own)
    reversed_ = items.get("reversed") is not None
    number = _whole(items.get("start"), len(own) if reversed_ else 1)
    labels = []
    for item in own:
        number = _whole(item.get("value"), number)
        labels.append(
            f"{written_number(number, _LIST_FORMATS.get(item.get('type') or items.get('type') or '', 'decimal'))}."
        )
        number += -1 if reversed_ else 1
    return labels


def _whole(text: str | None, default: int) -> int:
    text = (text or "").strip()
    return int(text) if text.removeprefix("-").isdecimal() and len(text) < 6 else default


def spaced_text(element: etree._Element) -> str:
    """The text in an element, with a space where a block or a line ends."""
    parts: list[str] = []
    _gather(element, parts, 0)
    return "".join(parts)


def _gather(element: etree._Element, parts: list[str], depth: int) -> None:
    parts.append(element.text or "")
    for child in element:
        if isinstance(child.tag, str) and child.tag not in DROPPED_TAGS:
            apart = child.tag in BLOCK_TAGS or child.tag == "br"
            parts.append(" " if apart else "")
            if depth < MAX_DEPTH:
                _gather(child, parts, depth + 1)
            else:
                parts.append(" ".join(child.itertext()))
            parts.append(" " if apart else "")
        parts.append(child.tail or "")


def data_tables(tree: etree._Element) -> Iterator[tuple[etree._Element, Block]]:
    """The tables of data below an element, each with its block."""
    for table in tree.iter("table"):
        if is_data_table(table) and (block := table_block(_rows(table))).text:
            yield table, block


def is_data_table(table: etree._Element) -> bool:
    """A table of data, not one that lays out the page: several cells a row, no table or heading within."""
    if next(table.iterdescendants("table", "h1", "h2", "ul", "form"), None) is not None:
        return False
    rows = list(table.iter("tr"))
    return len(rows) >= 2 and any(len(row) >= 2 for row in rows)


def _rows(table: etree._Element) -> list[list[Cell]]:
    rows = []
    for row in table.iter("tr"):
        cells = []
        for cell in row.iterchildren("td", "th"):
            cells.append(Cell(spaced_text(cell), span(cell.get("colspan")), span(cell.get("rowspan"))))
        rows.append(cells)
    return rows
