"""Markup of other formats called as HTML calls it, so that one walk over elements makes the blocks of all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from lxml import etree

from ingest.document import Block
from ingest.left_out import LeftOut
from ingest.readers.html_blocks import BlockWalk, merged_lists
from ingest.readers.html_shown import settle
from ingest.readers.inline_text import clean_line
from ingest.safe_xml import local_name

KIND = "data-kind"
"""The attribute that says which kind of block the paragraphs in an element are."""
_LINES = frozenset({"heading", "caption", "footnote", "reference", "paragraph"})
_KEPT = frozenset({KIND, "colspan", "rowspan", "start", "value", "type"})
"""Attributes that mean in HTML what they mean here."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Names:
    """What a format's elements are in HTML, by their local names; any other one stands in a line."""

    tags: Mapping[str, str]
    """Element to tag."""
    sections: frozenset[str]
    """Elements within which headings are one level lower."""
    headings: frozenset[str]
    """Titles of what they stand in."""


def call_as_html(root: etree._Element, names: Names, level: int = 1) -> None:
    """Rename the elements of a tree in place. Headings right in `root` have `level`, those in a section of it one more."""
    depths = {root: level}
    for element in root.iter():
        name = local_name(element)
        if not name:
            continue
        parent = element.getparent()
        depth = depths[element] = level if element is root or parent is None else depths[parent]
        if name in names.sections and element is not root:
            depths[element] = depth = depth + 1
        if name == "math":
            continue
        for key in [key for key in element.attrib if key not in _KEPT]:
            del element.attrib[key]
        element.tag = (
            f"h{min(max(depth, 1), 6)}" if name in names.headings else names.tags.get(name, _own(element, name))
        )


def _own(element: etree._Element, name: str) -> str:
    """Formulas keep their names; what is unknown stands in a line, and was renamed already where it has none."""
    within = next(element.iterancestors("{*}math"), None) is not None
    return str(element.tag) if within else name if name in ("sub", "sup", "s", "br", "ol") else "span"


class _Walk(BlockWalk):
    """All is content."""

    def kind_of(self, element: etree._Element) -> str:
        return element.get(KIND) or ""


def blocks_as_html(root: etree._Element, left_out: LeftOut, made: list[str]) -> tuple[Block, ...]:
    """The blocks of a tree that is called as HTML is. What it shows without being its text is put into `made`."""
    for reason, texts in settle(root, made).items():
        left_out.setdefault(reason, []).extend(texts)
    blocks = merged_lists([each.block for each in _Walk().walk(root)])
    return tuple(replace(each, text=clean_line(each.text)) if each.kind in _LINES else each for each in blocks)
