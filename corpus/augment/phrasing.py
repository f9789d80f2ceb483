"""Which of many wordings a text gets: by the hash of its record, so that it never changes and no wording prevails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import xxhash

from corpus.augment.parent import Parent
from corpus.augment.text import Augmented, Piece, compose


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
