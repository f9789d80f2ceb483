"""What every augmented text must be, whoever made it: true to its source in numbers and names, in its language, of a sane
length, well formed.

The checks err to one side: a text that cannot be shown to keep to its source is dropped, with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from corpus.augment.parent import Parent
from corpus.augment.text import Augmented
from corpus.duplicates.guard import facts
from nlp.language import UNDETERMINED, detect
from nlp.spans import Entity

Tag = Callable[[Sequence[str]], Sequence[Sequence[Entity]]]
"""Finds the entities of texts: a tagger's `tag`."""


class Fault(NamedTuple):
    """Why an augmented text must not be kept. Names the kind of fault, never the words."""

    reason: str
    value: float | None = None
    threshold: float | None = None


LEAST_CHARACTERS = 12
"""A shorter text teaches nothing."""
MOST_TIMES_SOURCE = 2.0
"""A text longer than so many times its source, and than `FREE_CHARACTERS`, says more than the source does."""
FREE_CHARACTERS = 1_000
"""Up to here no text is too long."""

_NUMBER = re.compile(r"\d+(?:[.,·]\d+)*")
_LIST_NUMBER = re.compile(r"^[ \t]*(?:[-*•][ \t]+)?[(（]?\d{1,2}[.)）、:：]", re.MULTILINE)


def check(augmented: Augmented, parent: Parent, tag: Tag) -> Fault | None:
    """The first fault of an augmented text, or None. `tag` finds the entities that must stand in the source."""
    return (
        (Fault(augmented.fault) if augmented.fault else None)
        or _length(augmented.text, parent)
        or _form(augmented.text)
        or _language(augmented.text, parent.lang)
        or _rests(augmented, parent)
        or _numbers(augmented.text, parent.source())
        or _names(augmented.text, parent.source(), tag)
    )


def _length(text: str, parent: Parent) -> Fault | None:
    if len(text) < LEAST_CHARACTERS:
        return Fault("too short", float(len(text)), float(LEAST_CHARACTERS))
    most = max(FREE_CHARACTERS, MOST_TIMES_SOURCE * len(parent.text))
    return Fault("longer than its source allows", float(len(text)), most) if len(text) > most else None


_BROKEN = re.compile(
    "[\ufffd\x00-\x08\x0b-\x1f\x7f]"  # lost or control characters
    r"|<\|\w+\|>|\[/?INST\]|</?s>|</?think>"  # a model's own marks
    r"|(?<![\w{])\{[a-z_]+\}(?![\w}])"  # an empty slot
)
_PAIRS = {")": "(", "）": "（", "]": "[", "】": "【", "」": "「", "』": "『", "》": "《", "”": "“"}
_OPENING = frozenset(_PAIRS.values())
_LIST_MARK = re.compile(r"(?:(?<=\s)|^)\(?[0-9a-zA-Z一二三四五六七八九十]{1,3}[)）]", re.MULTILINE)


def _form(text: str) -> Fault | None:
    if _BROKEN.search(text):
        return Fault("broken characters or marks")
    return None if balanced(text) else Fault("brackets that do not match")


def balanced(text: str) -> bool:
    """Whether every bracket and Chinese quotation mark closes; list marks like `a)` count for nothing."""
    open_marks: list[str] = []
    for character in _LIST_MARK.sub("", text):
        if character in _OPENING:
            open_marks.append(character)
        elif character in _PAIRS and (not open_marks or open_marks.pop() != _PAIRS[character]):
            return False
    return not open_marks


def _language(text: str, lang: str) -> Fault | None:
    found = detect(text)
    return None if lang in (found, UNDETERMINED) or found == UNDETERMINED else Fault("another language")


def _rests(augmented: Augmented, parent: Parent) -> Fault | None:
    """It names passages of its parent, and what it quotes stands there."""
    if not augmented.stretches:
        return Fault("rests on nothing")
    for stretch in augmented.stretches:
        passage = parent.text[stretch.parent_start : stretch.parent_end]
        if not passage or (stretch.verbatim and augmented.text[stretch.start : stretch.end] != passage):
            return Fault("quotes what its source does not say")
    return None


def _numbers(text: str, source: str) -> Fault | None:
    """Every number, and every value with its unit, stands in the source."""
    foreign = numbers(_LIST_NUMBER.sub(" ", text)) - numbers(source)
    return Fault("a number that is not in its source", float(len(foreign)), 0.0) if foreign else None


@lru_cache(maxsize=64)
def numbers(text: str) -> frozenset[str]:
    """Numbers as they are written, and values with their units (`5|mg`), Chinese numerals included."""
    written = (match[0].replace(",", "").rstrip(".·") for match in _NUMBER.finditer(text))
    valued = ("|".join(item[2:].split("|")[:2]) for item in facts(text).items if item.startswith("n:"))
    return frozenset([*written, *(value for value in valued if "|" in value and not value.endswith("|"))])


def _names(text: str, source: str, tag: Tag) -> Fault | None:
    """Every entity stands in the source: by its words, or, drugs and doses apart, by its concept."""
    entities = tag([text])[0]
    if not entities:
        return None
    folded = _folded(source)
    concepts: frozenset[str] | None = None
    for entity in entities:
        if _folded(text[entity.start : entity.end]) in folded:
            continue
        if entity.label not in ("drug", "dose") and entity.concept_id:
            concepts = concepts if concepts is not None else _concepts(tag([source])[0])
            if entity.concept_id in concepts:
                continue
        kind = "drug" if entity.label == "drug" else "medical name"
        return Fault(f"a {kind} that is not in its source")
    return None


def _concepts(entities: Iterable[Entity]) -> frozenset[str]:
    return frozenset(entity.concept_id for entity in entities if entity.concept_id)


@lru_cache(maxsize=64)
def _folded(text: str) -> str:
    """Lower case, white space as one blank: a name that is broken over lines is the same name."""
    return " ".join(text.lower().split())
