"""Cut a document into records along its headings, with every stretch of text traced to its page and block.

A short document stays whole. A long one is cut at headings; a section that is too small joins its neighbour under the
same parent, one that is too long is cut between paragraphs. A heading stays with what follows it, a caption with its
table, a list with the sentence that announces it, a footnote with the text before it. Reference lists stand apart.
Nothing is lost: each character of the blocks, white space aside, stands in exactly one section.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple

from corpus.section_size import SectionConfig
from nlp.normalise import canonical


class Span(NamedTuple):
    """`text[start:end]` of a section stands in this block of this page."""

    start: int
    end: int
    page: int
    block: int


@dataclass(frozen=True, slots=True)
class Section:
    """One record's text, before cleaning across documents."""

    ordinal: int
    """Position in the document, from 0."""
    kind: Literal["text", "reference"]
    """`reference`: a list of references."""
    path: tuple[str, ...]
    """Headings above the text, outermost first; the title of the document is left out."""
    text: str
    """Markdown."""
    spans: tuple[Span, ...]
    """Covers all of the text but heading marks and the white space between blocks; ordered by start."""
    page_start: int
    page_end: int
    confidence: float | None
    """Mean OCR confidence by characters; None when nothing was OCRed."""


class _Piece(NamedTuple):
    glue: str
    text: str
    page: int
    block: int
    confidence: float | None


@dataclass(slots=True)
class _Unit:
    """A paragraph, heading, table, …: blocks that continue one another."""

    kind: str
    level: int
    pieces: list[_Piece]

    @property
    def text(self) -> str:
        return "".join(piece.glue + piece.text for piece in self.pieces)

    @property
    def size(self) -> int:
        return sum(len(piece.text.encode("utf-8", "replace")) + 2 for piece in self.pieces)


@dataclass(slots=True)
class _Node:
    """What stands under one heading, the heading included."""

    position: int
    path: tuple[str, ...]
    reference: bool
    units: list[_Unit] = field(default_factory=list)

    @property
    def size(self) -> int:
        return sum(unit.size for unit in self.units)

    @property
    def only_headings(self) -> bool:
        return all(unit.kind == "heading" for unit in self.units)


_RUNNING_TEXT = frozenset({"paragraph", "list"})
_REFERENCE_HEADING = re.compile(
    r"[\W\d_]*(?:(?:chapter )?references?(?: cited| list|s and notes)?|bibliography|literature(?: cited)?|works cited|"
    r"further reading|参考文献|主要参考文献|参考书目|引用文献|参考资料)[\W\d_]*",
    re.IGNORECASE,
)
_TABLE_SLACK = 4
"""A table is cut between rows only beyond this many times `max_bytes`: its rows mean little without the header."""


def cut(pages: Sequence[Mapping[str, Any]], title: str, config: SectionConfig = SectionConfig()) -> list[Section]:
    """Sections of a document, in reading order.

    `pages` are rows of the page schema (`page`, `blocks` with kind, level, text, confidence, join), in order, block
    texts normalised; `title` is the document's, to leave it out of heading paths.
    """
    nodes = _nodes(pages)
    texts = _merge(_attach_headings([node for node in nodes if not node.reference]), config)
    references = _merge([node for node in nodes if node.reference], config)
    own_title = canonical(title)
    sections: list[Section] = []
    for node in sorted(texts + references, key=lambda node: node.position):
        path = tuple(name for name in node.path if canonical(name) != own_title)
        for units in _split(node.units, config):
            sections.append(_compose(len(sections), node.reference, path, units))
    return sections


def _nodes(pages: Iterable[Mapping[str, Any]]) -> list[_Node]:
    """Blocks as units, glued where one continues another, gathered under their headings."""
    counter = 0
    current = _Node(0, (), False)
    stray = _Node(0, (), True)  # reference blocks that stand under a heading of running text
    nodes = [current, stray]
    open_headings: list[tuple[int, str]] = []
    for page in pages:
        for index, block in enumerate(page["blocks"]):
            text = block["text"].strip()
            if not text:
                continue
            glue = block.get("join")
            piece = _Piece("", text, page["page"], index, block.get("confidence"))
            kind, level = block["kind"], max(1, block.get("level") or 1)
            target = stray if kind == "reference" and not current.reference else current
            continued = _continued(target.units, kind) if glue is not None else None
            if continued is not None:
                continued.pieces.append(piece._replace(glue=glue))
                continue
            if kind == "heading":
                piece = piece._replace(text=" ".join(text.split()))
                while open_headings and open_headings[-1][0] >= level:
                    open_headings.pop()
                open_headings.append((level, piece.text))
                counter += 2
                path = tuple(name for _, name in open_headings)
                target = current = _Node(counter, path, bool(_REFERENCE_HEADING.fullmatch(piece.text)))
                stray = _Node(counter + 1, path, True)
                nodes += [current, stray]
            target.units.append(_Unit(kind, level, [piece]))
    return [node for node in nodes if node.units]


def _continued(units: list[_Unit], kind: str) -> _Unit | None:
    """The unit that a block of this kind carries on: floats between the two are passed over, headings are not."""
    for unit in reversed(units):
        if unit.kind == kind or (unit.kind in _RUNNING_TEXT and kind in _RUNNING_TEXT):
            return unit
        if unit.kind == "heading":
            return None
    return None


def _attach_headings(nodes: list[_Node]) -> list[_Node]:
    """A heading with nothing under it but deeper headings moves to the first of those."""
    attached: list[_Node] = []
    for node in nodes:
        above = attached[-1] if attached else None
        if above is not None and above.only_headings and node.path[: len(above.path)] == above.path:
            attached[-1] = replace(node, position=above.position, units=above.units + node.units)
        else:
            attached.append(node)
    return attached


def _merge(nodes: list[_Node], config: SectionConfig) -> list[_Node]:
    """Join neighbours under one parent while one of the two is small and both fit."""
    if nodes and sum(node.size for node in nodes) <= config.max_bytes:
        return [_join(nodes)]
    merged: list[_Node] = []
    for node in nodes:
        before = merged[-1] if merged else None
        if (
            before is not None
            and min(before.size, node.size) < config.min_bytes
            and before.size + node.size <= config.max_bytes
            and (node.path[: len(before.path)] == before.path or node.path[:-1] == before.path[:-1])
        ):
            merged[-1] = _join([before, node])
        else:
            merged.append(node)
    return merged


def _join(nodes: list[_Node]) -> _Node:
    path = nodes[0].path
    for node in nodes[1:]:
        common = 0
        while common < min(len(path), len(node.path)) and path[common] == node.path[common]:
            common += 1
        path = path[:common]
    return _Node(nodes[0].position, path, nodes[0].reference, [unit for node in nodes for unit in node.units])


def _split(units: list[_Unit], config: SectionConfig) -> list[list[_Unit]]:
    """Cut units into parts of about equal size, at most `max_bytes` where bonds between units allow it."""
    pieces = [part for unit in units for part in _divide(unit, config.max_bytes)]
    total = sum(unit.size for unit in pieces)
    target = total / max(1, math.ceil(total / config.max_bytes))
    parts: list[list[_Unit]] = []
    part: list[_Unit] = []
    size = 0
    for index, unit in enumerate(pieces):
        if part and not _bound(pieces[index - 1], unit) and (size >= target or size + unit.size > config.max_bytes):
            parts.append(part)
            part, size = [], 0
        part.append(unit)
        size += unit.size
    return [*parts, part] if part else parts


def _bound(above: _Unit, below: _Unit) -> bool:
    """Whether two neighbours must stay in one section."""
    return (
        above.kind == "heading"
        or below.kind == "footnote"
        or {above.kind, below.kind} == {"caption", "table"}
        or (below.kind in ("list", "table", "formula") and above.text.endswith((":", "：")))
    )


_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|(?<=[。！？；])|\n")
_SPACE = re.compile(r"\s+")


def _divide(unit: _Unit, max_bytes: int) -> list[_Unit]:
    """Cut one over-long unit at sentence ends, else at spaces, else anywhere; a table between rows."""
    limit = max_bytes * (_TABLE_SLACK if unit.kind == "table" else 1)
    if unit.size <= limit or unit.kind == "heading":
        return [unit]
    text = unit.text
    room = max(1, max_bytes * len(text) // len(text.encode("utf-8", "replace")))
    patterns = (re.compile("\n"),) if unit.kind == "table" else (_SENTENCE_END, re.compile("\n"), _SPACE)
    cuts = [0]
    while len(text) - cuts[-1] > room:
        window = text[cuts[-1] : cuts[-1] + room]
        ends = next((found for p in patterns if (found := [m.end() for m in p.finditer(window) if m.end()])), [room])
        cuts.append(cuts[-1] + ends[-1])
    parts = [_slice(unit, start, end) for start, end in zip(cuts, [*cuts[1:], len(text)], strict=True)]
    return [part for part in parts if part.pieces]


def _slice(unit: _Unit, start: int, end: int) -> _Unit:
    """The part of a unit between two offsets of its text."""
    pieces: list[_Piece] = []
    position = 0
    for piece in unit.pieces:
        begin = position + len(piece.glue)
        position = begin + len(piece.text)
        text = piece.text[max(0, start - begin) : max(0, end - begin)]
        if text.strip():
            pieces.append(piece._replace(glue=piece.glue if pieces else "", text=text))
    if pieces:
        pieces[0] = pieces[0]._replace(text=pieces[0].text.lstrip())
        pieces[-1] = pieces[-1]._replace(text=pieces[-1].text.rstrip())
    return _Unit(unit.kind, unit.level, pieces)


def _compose(ordinal: int, reference: bool, path: tuple[str, ...], units: Sequence[_Unit]) -> Section:
    """Write units as Markdown and note where each block went."""
    out: list[str] = []
    spans: list[Span] = []
    position = 0
    weight = score = 0.0
    for index, unit in enumerate(units):
        gap = "" if index == 0 else "\n" if unit.kind == units[index - 1].kind == "list" else "\n\n"
        mark = "#" * min(unit.level, 6) + " " if unit.kind == "heading" else ""
        out.append(gap + mark)
        position += len(gap) + len(mark)
        for piece in unit.pieces:
            out += [piece.glue, piece.text]
            start = position + len(piece.glue)
            position = start + len(piece.text)
            spans.append(Span(start, position, piece.page, piece.block))
            if piece.confidence is not None:
                weight += len(piece.text)
                score += len(piece.text) * piece.confidence
    return Section(
        ordinal=ordinal,
        kind="reference" if reference else "text",
        path=path,
        text="".join(out),
        spans=tuple(spans),
        page_start=min(span.page for span in spans),
        page_end=max(span.page for span in spans),
        confidence=score / weight if weight else None,
    )
