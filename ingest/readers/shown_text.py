"""The text that a tree of markup holds, as a walk over it finds it: what the blocks of a page are compared with.

The walk knows what a format's elements are and nothing of how its reader makes blocks, so that the conservation check
(`ingest/conservation.py`) has another witness than the reader.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from lxml import etree

from ingest.conservation import Conservation, compare
from ingest.document import Block
from ingest.formula.latex import characters
from ingest.left_out import LeftOut
from ingest.safe_xml import entity_text, local_name

METADATA = "metadata"
"""What a document says of itself: journal, authors, dates, licence; the datasets have fields for it."""
IDENTIFIER = "identifier"
"""A number under which something is catalogued."""
DESCRIPTION = "description of a picture"
"""What is read aloud in the place of a picture or table."""

_SIGN_BEFORE_NUMBER = re.compile(r"(?m)^ *- (?=[({]{0,2}\d)")
"""The sign of an item that begins with a number, which reads like a minus."""
_INLINE, _APART, _SILENT, _CHOICE, _TEX, _ONLY = range(6)


@dataclass(frozen=True, kw_only=True, slots=True)
class Markup:
    """What the elements of a format are, by their local names."""

    inline: frozenset[str]
    """Elements in a line of text, whose edges end no word; every other one ends the word before it."""
    links: frozenset[str] = frozenset()
    """Of these, those that point elsewhere, whose edges end a number."""
    cells: frozenset[str] = frozenset({"td", "th", "entry"})
    """Elements side by side, of which a dash in one has nothing to do with a number in the next."""
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Elements that nobody who reads the text sees, to the reason."""
    only: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Elements that hold metadata, to those of their parts that are text."""
    silent: frozenset[str] = frozenset()
    """Elements whose content is no text: scripts, pictures, the source of a formula that stands beside it."""
    choices: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Elements that hold the same several times, to the names of what is shown of them, the best first; else it is the first."""
    tex: frozenset[str] = frozenset()
    """Elements that hold a formula as TeX."""


class _Walk:
    """One pass over a tree."""

    def __init__(self, markup: Markup) -> None:
        self.markup = markup
        self.parts: list[str] = []
        self.left_out: LeftOut = {}
        self.kinds: dict[str, int | str] = {}

    def element(self, element: etree._Element) -> None:
        """Gather the text of an element, not what follows it."""
        tag = element.tag
        if not isinstance(tag, str):
            self.parts.append(entity_text(element))
            return
        kind = self.kinds.get(tag)
        if kind is None:
            kind = self.kinds[tag] = self._kind(tag.rpartition("}")[2])
        if kind == _SILENT:
            return
        if kind == _INLINE or kind == _APART:
            self._inside(element, apart=kind == _APART)
        elif kind == _CHOICE:
            chosen = self._chosen(element)
            if chosen is not None:
                self.parts.append(" ")
                self.element(chosen)
                self.parts.append(" ")
        elif kind == _ONLY:
            texts = self.markup.only[local_name(element)]
            for child in element:
                if local_name(child) in texts:
                    self.element(child)
                else:
                    self._leave_out(child, METADATA)
        elif kind == _TEX:
            body = "".join(element.itertext())
            body = body.partition(r"\begin{document}")[2] or body
            self.parts.append(f" {characters(body.partition(chr(92) + 'end{document}')[0])} ")
        else:
            self._leave_out(element, str(kind))

    def _inside(self, element: etree._Element, *, apart: bool) -> None:
        parts, links = self.parts, self.markup.links
        if apart:
            parts.append(" | " if local_name(element) in self.markup.cells else " ")
        if element.text:
            parts.append(element.text)
        for child in element:
            linked = bool(links) and local_name(child) in links
            if linked and parts and parts[-1][-1:].isdigit():
                parts.append(" ")
            self.element(child)
            if linked and child.tail and child.tail[0].isdigit():
                parts.append(" ")
            if child.tail:
                parts.append(child.tail)
        if apart:
            parts.append(" ")

    def _leave_out(self, element: etree._Element, reason: str) -> None:
        before, self.parts = self.parts, []
        self._inside(element, apart=True)
        self.left_out.setdefault(reason, []).append("".join(self.parts))
        self.parts = before

    def _kind(self, name: str) -> int | str:
        markup = self.markup
        if name in markup.silent:
            return _SILENT
        if name in markup.left_out:
            return markup.left_out[name]
        if name in markup.only:
            return _ONLY
        if name in markup.tex:
            return _TEX
        if name in markup.choices:
            return _CHOICE
        return _INLINE if name in markup.inline else _APART

    def _chosen(self, element: etree._Element) -> etree._Element | None:
        held = {local_name(child): child for child in reversed(element) if local_name(child)}
        for name in self.markup.choices[local_name(element)]:
            if name in held:
                return held[name]
        return next((child for child in element if local_name(child)), None)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a tree of markup holds."""

    text: str
    """The text that it shows, in its order."""
    left_out: LeftOut
    """What nobody who reads it sees, by reason."""

    def compared(self, blocks: Sequence[Block], left_out: LeftOut, made: Iterable[str] = ()) -> Conservation:
        """What became of it in blocks, and in what their reader left out; `made` is what they show beyond it."""
        gone = {reason: [*self.left_out.get(reason, ()), *left_out.get(reason, ())] for reason in {*self.left_out, *left_out}}
        source = [self.text, *(text for texts in self.left_out.values() for text in texts)]
        return compare("\n".join(source), [characters(block.text) for block in blocks], gone, [*made, *made_in(blocks)])


def made_in(blocks: Iterable[Block]) -> Iterator[str]:
    """What blocks show beyond the text of their source."""
    for block in blocks:
        yield from block.repeated
        yield from block.made
        if block.kind == "list":
            yield from ("-" for _ in _SIGN_BEFORE_NUMBER.findall(block.text))


def shown_text(root: etree._Element, markup: Markup) -> Shown:
    """The text of a tree as its file has it: called before a reader changes the tree.

    Raises `RecursionError` for no tree that `ingest.safe_xml` gives: libxml2's limit on depth is on.
    """
    walk = _Walk(markup)
    walk.element(root)
    return Shown("".join(walk.parts), walk.left_out)
