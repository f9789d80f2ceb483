"""The text that a tree of markup holds, as a walk over it finds it: what the blocks of a page are compared with.

The walk knows what a format's elements are and nothing of how its reader makes blocks, so that the conservation check
(`ingest/conservation.py`) has another witness than the reader.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from lxml import etree

from ingest.conservation import Conservation, compare, tokens, words
from ingest.document import Block
from ingest.formula.latex import characters
from ingest.left_out import METADATA, LeftOut
from ingest.safe_xml import entity_text, local_name

IDENTIFIER = "identifier"
"""A number under which something is catalogued."""
OUTSIDE = "outside the main text"
"""Stretches of a web page that its extractor left as a whole: navigation, teasers, comments."""
DESCRIPTION = "description of a picture"
"""What is read aloud in the place of a picture or table."""

_SIGN_BEFORE_NUMBER = re.compile(r"(?m)^ *- (?=[({]{0,2}\d)")
"""The sign of an item that begins with a number, which reads like a minus."""
_DEEP = 250
"""Elements nested deeper than this are taken as one: nobody writes them by hand."""
_BREAK = "\x1e"
"""Between two stretches of a page, each of which an extractor keeps or leaves; no markup may hold it."""
_GRAM = 8
"""Tokens in a row by which a stretch is found among what is written; a shorter one by all of its own."""
_COMMAND = re.compile(r"\\[A-Za-z]+")
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
    stretches: frozenset[str] = frozenset()
    """Elements that an extractor of main text keeps or leaves as they are; none where all text is content."""
    is_whole: Callable[[etree._Element], bool] | None = None
    """Whether an element, a table of data say, is one stretch with all that it holds."""
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
        self.depth = 0
        self.whole = 0  # elements around this one that are kept or left as a whole

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
        if kind in (_INLINE, _APART):
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
        if self.depth >= _DEEP:
            self.parts.append(" ".join(element.itertext()))
            return
        self.depth += 1
        whole = self.markup.is_whole is not None and self.markup.is_whole(element)
        self.whole += whole
        parts, links = self.parts, self.markup.links
        if apart:
            parts.append(self._edge(element))
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
        self.depth -= 1
        self.whole -= whole
        if apart:
            parts.append(self._edge(element))

    def _edge(self, element: etree._Element) -> str:
        """What stands before and after an element that ends a word."""
        name = local_name(element)
        if not self.whole and name in self.markup.stretches:
            return _BREAK
        return " | " if name in self.markup.cells else " "

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
        text, outside = self._main(blocks, left_out)
        gone = {
            reason: [*self.left_out.get(reason, ()), *left_out.get(reason, ())]
            for reason in {*self.left_out, *left_out}
        }
        source = [text, *(text for texts in self.left_out.values() for text in texts)]
        if outside:
            gone[OUTSIDE] = outside
            source += outside
        return compare("\n".join(source), [characters(block.text) for block in blocks], gone, [*made, *made_in(blocks)])

    def _main(self, blocks: Sequence[Block], left_out: LeftOut) -> tuple[str, list[str]]:
        """The stretches of the page that an extractor of main text kept, as one text, and those that it left as a whole.

        A stretch was left when no part of it is written and most of its words are among those that are missing. Of the others those were
        left of which all words are still missing then: what is short, or stands twice, is found in what was kept.
        """
        if _BREAK not in self.text:
            return self.text, []
        written = [_COMMAND.sub(" ", characters(block.text)) for block in blocks]
        written += [text for texts in left_out.values() for text in texts]
        known = tokens(" ".join(words("\n".join(written))))
        stretches = [(text, tokens(" ".join(words(text)))) for text in self.text.split(_BREAK)]
        missing = Counter(token for _, own in stretches for token in own)
        missing.subtract(known)
        grams: dict[int, set[tuple[str, ...]]] = {}
        outside: list[str] = []
        maybe: list[tuple[str, Counter[str]]] = []
        for text, own in stretches:
            counted = Counter(own)
            held = sum(min(missing[token], count) for token, count in counted.items())
            size = min(len(own), _GRAM)
            if size not in grams:
                grams[size] = set(_grams(known, size))
            if 2 * held > len(own) and grams[size].isdisjoint(_grams(own, size)):
                outside.append(text)
                missing.subtract(counted)
            elif own:
                maybe.append((text, counted))
        kept: list[str] = []
        for text, counted in maybe:
            if all(missing[token] >= count for token, count in counted.items()):
                outside.append(text)
                missing.subtract(counted)
            else:
                kept.append(text)
        return "\n".join(kept), outside


def _grams(sequence: Sequence[str], size: int) -> Iterator[tuple[str, ...]]:
    """Each run of so many tokens."""
    return zip(*(sequence[start:] for start in range(size)), strict=False)


def made_in(blocks: Iterable[Block]) -> Iterator[str]:
    """What blocks show beyond the text of their source."""
    for block in blocks:
        yield from block.repeated
        yield from block.made
        if block.kind == "list":
            yield from ("-" for _ in _SIGN_BEFORE_NUMBER.findall(block.text))


def text_within(element: etree._Element, markup: Markup) -> str:
    """All text of an element, the way `shown_text` has it."""
    walk = _Walk(markup)
    walk.element(element)
    return "".join([*walk.parts, *(f" {text}" for texts in walk.left_out.values() for text in texts)])


def shown_text(root: etree._Element, markup: Markup) -> Shown:
    """The text of a tree as its file has it: called before a reader changes the tree.

    Raises `RecursionError` for no tree that `ingest.safe_xml` gives: libxml2's limit on depth is on.
    """
    walk = _Walk(markup)
    walk.element(root)
    return Shown("".join(walk.parts), walk.left_out)
