"""An augmented text: words of a phrasing around stretches of its parent.

Which of many phrasings a text gets is drawn by the hash of its record, so that it never changes and none prevails.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import xxhash

from corpus.augment.parent import Parent


class Stretch(NamedTuple):
    """`text[start:end]` of an augmented text rests on `text[parent_start:parent_end]` of its parent.

    A verbatim stretch quotes its passage word for word; another (a rephrased paragraph) only rests on it.
    """

    start: int
    end: int
    parent_start: int
    parent_end: int
    verbatim: bool = True


@dataclass(frozen=True, slots=True)
class Augmented:
    """What a method makes."""

    text: str
    """The training text."""
    stretches: tuple[Stretch, ...]
    """What it rests on, ordered by start; at least one."""
    template: str
    """The phrasing or prompt behind it, `cloze/en/03`: no few of them may stand behind much of the corpus."""
    fault: str | None = None
    """What its method found wrong with it: a reply that was cut. It is dropped with this reason."""


class Quote(NamedTuple):
    """A stretch of the parent to stand in a slot of a phrasing."""

    start: int
    end: int


Piece = Quote | str
"""Fills a slot: a quotation, or words of our own."""

_SLOT = re.compile(r"\{(\w+)\}")


def compose(parent_text: str, phrasing: str, template: str, slots: Mapping[str, Piece | Sequence[Piece]]) -> Augmented:
    """Fill the `{slots}` of a phrasing; quotations are copied from the parent and noted as stretches.

    A slot may hold several pieces, which are set one after the other. Raises `KeyError` for a slot without a piece.
    """
    out: list[str] = []
    stretches: list[Stretch] = []
    length = 0

    def put(words: str) -> None:
        nonlocal length
        out.append(words)
        length += len(words)

    position = 0
    for match in _SLOT.finditer(phrasing):
        put(phrasing[position : match.start()])
        position = match.end()
        for piece in _pieces(slots[match[1]]):
            if isinstance(piece, Quote) and piece.start < piece.end:
                words = parent_text[piece.start : piece.end]
                stretches.append(Stretch(length, length + len(words), piece.start, piece.end))
                put(words)
            elif isinstance(piece, str):
                put(piece)
    put(phrasing[position:])
    return Augmented("".join(out), tuple(stretches), template)


def _pieces(value: Piece | Sequence[Piece]) -> Sequence[Piece]:
    return [value] if isinstance(value, Quote | str) else value


def source_spans(stretches: Iterable[Stretch], spans: Sequence[Mapping[str, Any]]) -> list[dict[str, int]]:
    """`spans` of an augmented record: its stretches, mapped through the parent's spans to page and block.

    A quotation is cut where the source's blocks end; a stretch that only rests on its passage names every block of it.
    """
    mapped: list[dict[str, int]] = []
    for stretch in stretches:
        for span in spans:
            low, high = max(span["start"], stretch.parent_start), min(span["end"], stretch.parent_end)
            if low >= high:
                continue
            shift = stretch.start - stretch.parent_start
            start, end = (low + shift, high + shift) if stretch.verbatim else stretch[:2]
            mapped.append({"start": start, "end": end, "page": span["page"], "block": span["block"]})
    return mapped


def pick(count: int, *parts: object) -> int:
    """One of `count` numbers from 0, evenly, by the hash of the parts."""
    return xxhash.xxh3_64_intdigest("\x1f".join(map(str, parts)).encode()) % count


def phrase(
    parent: Parent, name: str, place: int, phrasings: Sequence[str], slots: Mapping[str, Piece | Sequence[Piece]]
) -> Augmented:
    """The text of one of the phrasings of `name` (`cloze/en`), chosen by the parent and the place in it.

    Every phrasing may speak of the `{title}` of the document or the `{heading}` above the text, where the parent has them.
    """
    context: dict[str, str] = {"title": parent.title, "heading": parent.section[-1] if parent.section else ""}
    missing = [f"{{{name}}}" for name, words in context.items() if not words and name not in slots]
    fitting = [n for n, phrasing in enumerate(phrasings) if not any(slot in phrasing for slot in missing)]
    number = fitting[pick(len(fitting), parent.id, name, place)]
    return compose(parent.text, phrasings[number], f"{name}/{number:02d}", {**context, **slots})
