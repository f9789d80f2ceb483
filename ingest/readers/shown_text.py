"""The text that a tree of markup holds, as a walk over it finds it: what the blocks of a page are compared with.

The walk knows what a format's elements are and nothing of how its reader makes blocks, so that the conservation check
(`ingest/conservation.py`) has another witness than the reader.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice

from lxml import etree

from ingest.conservation import Conservation, compare, set_apart, tokens_by_word, words
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
_BREAK = "\x00"
"""Between two stretches of a page, each of which an extractor keeps or leaves; no markup may hold it."""
_GRAM = 8
"""Tokens in a row by which a stretch is found among what is written; a shorter one by all of its own."""
_SOUGHT = 64
"""So many short stretches are sought in the text as it is; for more its runs are made, which takes the same time for any number."""
_COMMAND = re.compile(r"\\[A-Za-z]+")
_WALKED, _SILENT, _CHOICE, _TEX, _ONLY, _LEFT_OUT, _ENTITY = range(7)


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
    is_whole: Mapping[str, Callable[[etree._Element], bool]] = field(default_factory=dict)
    """Elements that may be one stretch with all that they hold, to what says so of one: a table of data is."""
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


@dataclass(frozen=True, slots=True)
class _Kind:
    """What a walk does with the elements of one name."""

    way: int
    """Whether their content is walked, or what else."""
    edge: str = ""
    """What stands before and after one; empty in a line of text."""
    is_stretch: bool = False
    """Whether it is a stretch of its own, unless one around it is whole."""
    is_link: bool = False
    """Whether its edges end a number."""
    is_whole: Callable[[etree._Element], bool] | None = None
    """What says whether one is whole."""
    reason: str = ""
    """Why it is left out."""


def _kind_of(tag: object, markup: Markup) -> _Kind:
    """The kind of the elements with a tag; one that is no text is that of entities, comments and instructions."""
    if not isinstance(tag, str):
        return _Kind(_ENTITY)
    name = tag.rpartition("}")[2]
    ways = {
        _SILENT: markup.silent, _LEFT_OUT: markup.left_out, _ONLY: markup.only, _TEX: markup.tex, _CHOICE: markup.choices
    }  # fmt: skip
    return _Kind(
        next((way for way, names in ways.items() if name in names), _WALKED),
        "" if name in markup.inline else " | " if name in markup.cells else " ",
        name in markup.stretches,
        name in markup.links,
        markup.is_whole.get(name),
        markup.left_out.get(name, ""),
    )


class _Walk:
    """One pass over a tree."""

    def __init__(self, markup: Markup) -> None:
        self.markup = markup
        self.parts: list[str] = []
        self.left_out: LeftOut = {}
        self.kinds: dict[object, _Kind] = {}
        self.depth = 0
        self.whole = 0  # elements around this one that are kept or left as a whole

    def element(self, element: etree._Element) -> None:
        """Gather the text of an element, not what follows it."""
        kind = self._kind(element.tag)
        if kind.way == _WALKED:
            self._inside(element, kind)
        else:
            self._special(element, kind)

    def _inside(self, element: etree._Element, kind: _Kind) -> None:
        parts, kinds = self.parts, self.kinds
        if self.depth >= _DEEP:
            parts.append(" ".join(element.itertext()))
            return
        self.depth += 1
        whole = kind.is_whole is not None and kind.is_whole(element)
        self.whole += whole
        if kind.edge:
            parts.append(self._edge(kind))
        if text := element.text:
            parts.append(text)
        for child in element:
            known = kinds.get(child.tag) or self._kind(child.tag)
            tail = child.tail
            if known.is_link and parts and parts[-1][-1:].isdigit():
                parts.append(" ")
            if known.way == _WALKED:
                if len(child):
                    self._inside(child, known)
                elif known.edge:
                    edge = self._edge(known)
                    parts += (edge, child.text or "", edge)
                elif text := child.text:
                    parts.append(text)
            elif known.way != _SILENT:
                self._special(child, known)
            if tail:
                if known.is_link and tail[0].isdigit():
                    parts.append(" ")
                parts.append(tail)
        self.depth -= 1
        self.whole -= whole
        if kind.edge:
            parts.append(self._edge(kind))

    def _edge(self, kind: _Kind) -> str:
        """What stands before and after an element that ends a word."""
        return _BREAK if kind.is_stretch and not self.whole else kind.edge

    def _special(self, element: etree._Element, kind: _Kind) -> None:
        """Gather what an element shows that is more than the text in it."""
        if kind.way == _ENTITY:
            self.parts.append(entity_text(element))
        elif kind.way == _CHOICE:
            chosen = self._chosen(element)
            if chosen is not None:
                self.parts.append(" ")
                self.element(chosen)
                self.parts.append(" ")
        elif kind.way == _ONLY:
            texts = self.markup.only[local_name(element)]
            for child in element:
                if local_name(child) in texts:
                    self.element(child)
                else:
                    self._leave_out(child, METADATA)
        elif kind.way == _TEX:
            body = "".join(element.itertext())
            body = body.partition(r"\begin{document}")[2] or body
            self.parts.append(f" {characters(body.partition(chr(92) + 'end{document}')[0])} ")
        elif kind.way == _LEFT_OUT:
            self._leave_out(element, kind.reason)

    def _leave_out(self, element: etree._Element, reason: str) -> None:
        before, self.parts = self.parts, []
        kind = self._kind(element.tag)
        self._inside(element, replace(kind, edge=kind.edge or " "))
        self.left_out.setdefault(reason, []).append("".join(self.parts))
        self.parts = before

    def _kind(self, tag: object) -> _Kind:
        kind = self.kinds.get(tag)
        if kind is None:
            kind = self.kinds[tag] = _kind_of(tag, self.markup)
        return kind

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
        parts = zip(self.text.split(_BREAK), set_apart(self.text).split(_BREAK), strict=True)
        stretches = [(text, own) for text, apart in parts if (own := apart.split())]
        written = [_COMMAND.sub(" ", characters(block.text)) for block in blocks]
        written += [text for texts in left_out.values() for text in texts]
        known_words = words("\n".join(written))
        own_words = Counter(chain.from_iterable(own for _, own in stretches))
        cut = tokens_by_word(chain(own_words, known_words))
        known = _Known(_cut(known_words, cut))
        missing = _Missing(own_words, Counter(known_words), cut)
        there = {word for word, own in cut.items() if missing.some.isdisjoint(own)}
        outside: list[str] = []
        kept: list[str] = []
        maybe: list[tuple[str, list[str]]] = []
        for text, own_parts in stretches:
            if there.issuperset(own_parts):
                kept.append(text if any(map(cut.__getitem__, own_parts)) else "")
                continue
            own = _cut(own_parts, cut)
            if 2 * missing.count(own) > len(own) and not known.has_some(own):
                outside.append(text)
                missing.take(own)
            else:
                maybe.append((text, own))
        for text, own in maybe:
            if missing.count(own) == len(own):
                outside.append(text)
                missing.take(own)
            else:
                kept.append(text)
        return "\n".join(kept), outside


def _cut(words: Iterable[str], tokens: Mapping[str, Sequence[str]]) -> list[str]:
    """The tokens of some words, in their order."""
    return list(chain.from_iterable(map(tokens.__getitem__, words)))


class _Missing:
    """How many more of each token the stretches of a page have than what is written."""

    def __init__(self, own: Counter[str], written: Counter[str], tokens: Mapping[str, Sequence[str]]) -> None:
        self.surplus: dict[str, int] = {}
        for word, count in own.items() ^ written.items():  # most words stand in both, equally often
            count = count if own.get(word) == count else -count
            for token in tokens[word]:
                self.surplus[token] = self.surplus.get(token, 0) + count
        self.some = {token for token, count in self.surplus.items() if count > 0}

    def count(self, own: Sequence[str]) -> int:
        """How many of a stretch's tokens are missing, less those that are written too often."""
        most = sum(map(self.some.__contains__, own))
        if 2 * most <= len(own):
            return most  # fewer than half, however often each is missing
        return sum(min(self.surplus.get(token, 0), times) for token, times in Counter(own).items())

    def take(self, own: Sequence[str]) -> None:
        """Count a stretch's tokens as missing no longer."""
        for token in own:
            self.surplus[token] = count = self.surplus.get(token, 0) - 1
            if count <= 0:
                self.some.discard(token)


class _Known:
    """The tokens that are written, in their order."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self.tokens = tokens
        self.text = f" {' '.join(tokens)} "
        self.grams: dict[int, set[str]] = {}
        self.sought = 0

    def has_some(self, own: Sequence[str]) -> bool:
        """Whether `_GRAM` tokens in a row of a stretch stand among them in a row; of a shorter one, all."""
        size = min(len(own), _GRAM)
        if not self._may_have(own, size):
            return False
        self.sought += len(own) < _GRAM
        if len(own) < _GRAM and self.sought <= _SOUGHT:
            return f" {' '.join(own)} " in self.text
        return not self._runs(size).isdisjoint(_grams(own, size))

    def _may_have(self, own: Sequence[str], size: int) -> bool:
        """Whether so many in a row stand there two by two: most stretches need no more runs to be made."""
        pairs, row = self._runs(2), 1
        for pair in _grams(own, 2):
            row = row + 1 if pair in pairs else 1
            if row >= size:
                return True
        return size < 2

    def _runs(self, size: int) -> set[str]:
        if size not in self.grams:
            self.grams[size] = set(_grams(self.tokens, size))
        return self.grams[size]


def _grams(sequence: Sequence[str], size: int) -> Iterator[str]:
    """Each run of so many tokens: as text, which the interpreter need not look through for circles."""
    return map(" ".join, zip(*(islice(sequence, start, None) for start in range(size)), strict=False))


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
