"""The first web extractor: trafilatura's article text as blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import trafilatura
from lxml import etree

from ingest.document import Block
from ingest.page.markdown_table import Cell, span, table_block
from ingest.readers.html_blocks import BLOCK_TAGS, data_tables, is_formula, item_labels, letters, spaced_text

_APART = "\u2063"
"""The invisible separator of Unicode, which is no white space; it shows nothing where a page has it itself."""
_INLINE = frozenset({"hi", "ref", "del", "lb", "graphic", "span"})


def article_blocks(tree: etree._Element, *, precise: bool, thorough: bool) -> list[Block]:
    """The main text of a parsed HTML page as trafilatura sees it; empty when it finds none.

    `precise` prefers to drop what is in doubt; `thorough` compares with what readability and jusText find, which takes
    nearly twice the time. The tree is not changed.
    """
    with _numbers_apart(tree):
        document = trafilatura.bare_extraction(
            tree,
            fast=not thorough,
            favor_precision=precise,
            include_comments=False,
            include_tables=True,
            output_format="xml",
        )
    if document is None or isinstance(document, dict):
        return []
    labels = _labels(tree)
    blocks = [block for block in _blocks(document.body, labels) if block.text]
    blocks = _with_own_tables(blocks, tree)
    while blocks and blocks[-1].kind == "heading":  # with nothing under it: the title of another page
        blocks.pop()
    return blocks


@contextmanager
def _numbers_apart(tree: etree._Element) -> Iterator[None]:
    """A sign before each number that begins a block or follows one, for as long as the tree is read.

    trafilatura takes the blocks of some lists for one line and the white space off their edges: `12` and `3` would be `123`.
    """
    changed: list[tuple[etree._Element, bool, str]] = []
    for text in tree.xpath(".//text()[contains('0123456789', substring(., 1, 1))]"):
        element = text.getparent()
        if element.tag in BLOCK_TAGS if text.is_tail else _begins_a_block(element):
            changed.append((element, text.is_tail, str(text)))
    for element, is_tail, text in changed:
        _set(element, is_tail, f"{_APART}{text}")
    yield
    for element, is_tail, text in changed:
        _set(element, is_tail, text)


def _set(element: etree._Element, is_tail: bool, text: str) -> None:
    if is_tail:
        element.tail = text
    else:
        element.text = text


def _begins_a_block(element: etree._Element) -> bool:
    """Whether an element's text is the first of a block, or of a line behind one."""
    while element.tag not in BLOCK_TAGS:
        before, parent = element.getprevious(), element.getparent()
        if before is not None:
            return before.tag in BLOCK_TAGS and not before.tail
        if parent is None or parent.text:
            return parent is None
        element = parent
    return True


def _blocks(element: etree._Element, labels: Mapping[str, str]) -> Iterator[Block]:
    """Blocks of a container; text that stands in it loose becomes paragraphs."""
    loose = [element.text or ""]
    for child in element:
        if not isinstance(child.tag, str):
            loose.append(child.tail or "")
            continue
        if child.tag in _INLINE:
            loose.append(_inline(child) + (child.tail or ""))
            continue
        if text := _clean("".join(loose)):
            yield Block("paragraph", text)
        loose = [child.tail or ""]
        yield from _block(child, labels)
    if text := _clean("".join(loose)):
        yield Block("paragraph", text)


def _block(element: etree._Element, labels: Mapping[str, str]) -> Iterator[Block]:
    tag = element.tag
    if tag in ("head", "fw") or re.fullmatch(r"h[1-6]", tag):
        rend = element.get("rend") or tag
        yield Block("heading", _clean(_inline(element)), level=int(rend[1]) if re.fullmatch(r"h[1-6]", rend) else 2)
    elif tag == "list" and _is_layout(element):
        for item in element.iterchildren("item"):
            yield from _blocks(item, labels)
    elif tag == "list":
        signs: list[str] = []
        lines = list(_list_lines(element, 0, labels, signs))
        if lines:
            yield Block("list", "\n".join(lines), made=tuple(signs))
    elif tag == "table":
        rows = [
            [Cell(_clean(_inline(cell)), span(cell.get("span"))) for cell in row.iterchildren("cell")]
            for row in element.iter("row")
        ]
        yield table_block(rows)
    elif tag == "code":
        yield Block("paragraph", "".join(element.itertext()).replace(_APART, "").strip("\n"))
    elif any(child.tag in ("p", "list", "table", "head", "quote", "code") for child in element):
        yield from _blocks(element, labels)
    else:
        text = _clean(_inline(element))
        yield Block("formula" if is_formula(text) else "paragraph", text)


def _labels(tree: etree._Element) -> dict[str, str]:
    """The letters of an item to its label, where a list is numbered otherwise than 1, 2, 3: trafilatura does not keep that."""
    found: dict[str, str] = {}
    for items in tree.iter("ol"):
        own = list(items.iterchildren("li"))
        counted = items.get("type") or items.get("start") or items.get("reversed") is not None
        if counted or any(item.get("value") for item in own):
            for item, label in zip(own, item_labels(items), strict=True):
                nested = set(item.iterdescendants("ul", "ol"))
                text = (
                    spaced_text(item)
                    if not nested
                    else (item.text or "")
                    + "".join(spaced_text(child) + (child.tail or "") for child in item if child not in nested)
                )
                found[letters(text)] = label
    return found


def _with_own_tables(blocks: list[Block], tree: etree._Element) -> list[Block]:
    """Tables as the page has them, with their merged cells, in the place of trafilatura's."""
    if not any(block.kind == "table" for block in blocks):
        return blocks
    own = [(letters("".join(table.itertext())), found) for table, found in data_tables(tree)]
    result = []
    for block in blocks:
        if block.kind == "table":
            cells = [letters(cell) for cell in block.text.replace("| --- ", "").split("|")]
            cells = [cell for cell in cells if cell]
            for index, (known, table) in enumerate(own):
                held = sum(cell in known for cell in cells)
                if cells and held >= 0.9 * len(cells) and len("".join(cells)) >= 0.5 * len(known):
                    block = table
                    own.pop(index)
                    break
        result.append(block)
    return result


def _is_layout(element: etree._Element) -> bool:
    """A list that lays out the page: an item of it holds a whole article."""
    return any(
        sum(1 for child in item if child.tag in ("p", "head")) >= 4 and sum(map(len, item.itertext())) > 600
        for item in element.iterchildren("item")
    )


def _list_lines(element: etree._Element, depth: int, labels: Mapping[str, str], signs: list[str]) -> Iterator[str]:
    """The lines of a list; the numbers that they begin with are put into `signs`."""
    ordered = element.get("rend") == "ol"
    for number, item in enumerate(element.iterchildren("item"), start=1):
        text = _clean(_inline(item, skip="list"))
        if text:
            sign = labels.get(letters(text)) or (f"{number}." if ordered else "-")
            signs += [sign] if sign != "-" else []
            yield f"{'  ' * min(depth, 6)}{sign} {text}"
        for inner in item.iterdescendants("list"):
            if next(inner.iterancestors("item"), None) is item:
                yield from _list_lines(inner, depth + 1, labels, signs)


def _inline(element: etree._Element, skip: str = "") -> str:
    parts = [element.text or ""]
    for child in element:
        if child.tag == "lb":
            parts.append("\n")
        elif child.tag != skip and isinstance(child.tag, str):
            block = child.tag not in _INLINE
            parts.append(f" {_inline(child, skip)} " if block else _inline(child, skip))
        parts.append(child.tail or "")
    return "".join(parts)


def _clean(text: str) -> str:
    return " ".join(text.replace(_APART, " ").split())
