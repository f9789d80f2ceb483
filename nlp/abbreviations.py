"""Abbreviations: where a text defines one, and their later mentions.

English: Schwartz and Hearst 2003 (own implementation, or scispaCy's `AbbreviationDetector` where it is installed).
Chinese: 全称(ABBR) and 全称(English full name, ABBR): the letters say nothing about the Chinese characters, so the
full name is the mention that ends at the bracket.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.util import find_spec
from typing import Any, Final

from medpress.writing_systems import HAN_CHARACTER, has_han
from nlp.spans import Entity


@dataclass(frozen=True, slots=True)
class Abbreviation:
    """A definition: ``text[long_start:long_end]`` is abbreviated as ``text[short_start:short_end]``."""

    short_start: int
    short_end: int
    long_start: int
    long_end: int


_BRACKET = re.compile(r"[(（]\s*([^()（）\n]{2,80}?)\s*[)）]")
_SHORT = re.compile(r"^(?=[^\W_]*[A-Za-zα-ω])[A-Za-z0-9α-ωβ][A-Za-z0-9α-ω/+.\- ]{0,11}[A-Za-z0-9α-ω+]$")
_WORDS = re.compile(r"\S+")
_LONGEST_TEXT: Final[int] = 1_000_000
# scispaCy's time grows with the cube of brackets that stand together; beyond these sizes our own detector takes over.
_LONGEST_FOR_SCISPACY: Final[int] = 100_000
_MOST_BRACKETS_FOR_SCISPACY: Final[int] = 300


def _own_english(text: str) -> Iterator[Abbreviation]:
    """Long form (SHORT): every letter of SHORT in order within the long form, the first at the start of a word."""
    for bracket in _BRACKET.finditer(text):
        short = re.split(r"[,;，；]", bracket[1])[0].strip()
        start = bracket.start(1)
        if not _SHORT.match(short) or not 2 <= len(short) <= 12 or short.count(" ") > 1:
            continue
        if not any(c.isupper() for c in short) and len(short) > 5:
            continue
        letters = sum(c.isalpha() for c in short)
        window = min(letters + 5, letters * 2)
        before = text[max(0, bracket.start() - 200) : bracket.start()]
        words = list(_WORDS.finditer(before))[-window:]
        if not words or has_han(before[words[-1].start() :]):
            continue
        found = _best_long_form(short, before[words[0].start() :].rstrip())
        if found is None:
            continue
        end = bracket.start() - (len(before) - len(before.rstrip()))
        long_start = end - len(found)
        yield Abbreviation(start, start + len(short), long_start, end)


def _best_long_form(short: str, candidate: str) -> str | None:
    s, c = len(short) - 1, len(candidate) - 1
    while s >= 0:
        wanted = short[s].lower()
        if not wanted.isalnum():
            s -= 1
            continue
        while c >= 0 and (candidate[c].lower() != wanted or (s == 0 and c > 0 and candidate[c - 1].isalnum())):
            c -= 1
        if c < 0:
            return None
        s -= 1
        c -= 1
    start = c + 1
    while start > 0 and not candidate[start - 1].isspace() and candidate[start - 1] not in "([":
        start -= 1
    long_form = candidate[start:]
    if len(long_form) <= len(short) or short.lower() in long_form.lower().split():
        return None
    return long_form


def _chinese(text: str, entities: Sequence[Entity]) -> Iterator[Abbreviation]:
    ends = {entity.end: entity for entity in entities}
    for bracket in _BRACKET.finditer(text):
        entity = ends.get(bracket.start())
        if entity is None or not HAN_CHARACTER.search(text, entity.start, entity.end):
            continue
        # The last part is the abbreviation: (acute coronary syndrome，ACS), (简称ACS).
        part = re.search(
            r"(?:^|[,，;；、:：]|简称|缩写为?|即)\s*([A-Za-z][A-Za-z0-9\-/α-ω]{1,11})$", bracket[1].strip()
        )
        if part and sum(c.isupper() for c in part[1]) >= 2:
            start = bracket.start(1) + part.start(1)
            yield Abbreviation(start, start + len(part[1]), entity.start, entity.end)


@lru_cache(maxsize=1)
def _scispacy_detector() -> Any:
    import scispacy.abbreviation  # noqa: F401  (registers the component)
    import spacy

    pipeline = spacy.blank("en")
    pipeline.add_pipe("abbreviation_detector")
    return pipeline


def _scispacy_english(text: str) -> Iterator[Abbreviation]:
    if len(text) > _LONGEST_FOR_SCISPACY or text.count("(") > _MOST_BRACKETS_FOR_SCISPACY:
        yield from _own_english(text)
        return
    seen: set[tuple[int, int]] = set()
    document = _scispacy_detector()(text)
    for short in document._.abbreviations:
        long_form = short._.long_form
        bracket = text[max(0, short.start_char - 1) : short.start_char]
        if bracket in {"(", "（"} and (long_form.start_char, short.start_char) not in seen:
            seen.add((long_form.start_char, short.start_char))
            yield Abbreviation(short.start_char, short.end_char, long_form.start_char, long_form.end_char)


DETECTORS: Final[dict[str, Callable[[str], Iterator[Abbreviation]]]] = {
    "own": _own_english,
    "scispacy": _scispacy_english,
}


def find_abbreviations(text: str, entities: Sequence[Entity] = (), detector: str = "auto") -> list[Abbreviation]:
    """The abbreviations that `text` defines, in order.

    `detector` finds the English ones: ``own``, ``scispacy``, or ``auto`` (scispaCy where it is installed). Chinese
    definitions need the mentions (`entities`). Text beyond a million characters is not searched.
    """
    if detector == "auto":
        detector = "scispacy" if find_spec("scispacy") else "own"
    if detector not in DETECTORS:
        raise ValueError(f"unknown abbreviation detector {detector!r}: choose auto, {', '.join(DETECTORS)}")
    if len(text) > _LONGEST_TEXT or ("(" not in text and "（" not in text):
        return []
    found = {(a.short_start, a.short_end): a for a in _chinese(text, entities)}
    for abbreviation in DETECTORS[detector](text):
        found.setdefault((abbreviation.short_start, abbreviation.short_end), abbreviation)
    return sorted(found.values(), key=lambda a: a.short_start)


def spread_definitions(text: str, entities: Sequence[Entity], detector: str = "auto") -> list[Entity]:
    """The entities, with every mention of a defined abbreviation labelled like its full name.

    A short form whose full name is an entity becomes an entity with that label and concept, at its definition and
    wherever it stands alone after it; an entity that had other ideas about the same span is overruled. Other
    overlapping entities stay.
    """
    definitions = find_abbreviations(text, entities, detector)
    if not definitions:
        return list(entities)
    by_span = {(entity.start, entity.end): entity for entity in entities}
    meanings: dict[str, tuple[int, Entity]] = {}
    for abbreviation in definitions:
        meaning = by_span.get((abbreviation.long_start, abbreviation.long_end)) or next(
            (e for e in entities if e.end == abbreviation.long_end and e.start >= abbreviation.long_start), None
        )
        if meaning is None or meaning.label == "dose":
            continue
        short = text[abbreviation.short_start : abbreviation.short_end]
        meanings.setdefault(short, (abbreviation.short_start, meaning))
    if not meanings:
        return list(entities)
    pattern = re.compile(
        r"(?<![A-Za-z0-9])(?:" + "|".join(map(re.escape, sorted(meanings, key=len, reverse=True))) + r")(?![A-Za-z0-9])"
    )
    result = sorted(entities, key=lambda e: e.start)
    starts = [entity.start for entity in result]
    added: list[Entity] = []
    overruled: set[int] = set()
    for match in pattern.finditer(text):
        defined_at, meaning = meanings[match[0]]
        if match.start() < defined_at:
            continue
        at = bisect_left(starts, match.start())
        same = at < len(result) and (result[at].start, result[at].end) == match.span()
        overlaps = (at < len(result) and result[at].start < match.end()) or (
            at > 0 and result[at - 1].end > match.start()
        )
        if overlaps and not same:
            continue
        if same:
            overruled.add(at)
        added.append(replace(meaning, start=match.start(), end=match.end()))
    kept = [entity for i, entity in enumerate(result) if i not in overruled]
    return sorted([*kept, *added], key=lambda e: e.start)
