"""Records that were taken for the same as another one, beside it, with what differs marked: the doses first.

The medical guard lets a record go only for one that has all of its clinical facts, so a pair with a number of its own on the
dropped side is the first that somebody has to see.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

from corpus.audit.database import Database
from corpus.audit.figure import Pair, Stretch
from corpus.duplicates.guard import facts
from medpress.writing_systems import HAN, KANA

PAIRS = 20
"""Pairs that are shown."""
CANDIDATES = 200
"""Pairs that are looked at for numbers, the least alike first."""
BEFORE = 200
"""Characters that are shown before the first difference."""
SHOWN = 1_500
"""Characters that are compared of each text: the comparison grows with their square."""

_WORD = re.compile(rf"[{HAN}{KANA}]|[^\s{HAN}{KANA}]+\s*|\s+")
_CANDIDATES = """
with gone as (
    select id, stage, value, duplicate_of, text from dropped
    where duplicate_of is not null order by value nulls last, id limit $candidates
)
select duplicate_of as kept, gone.id as dropped, stage, value as alike, shards.text as kept_text, gone.text as dropped_text
from gone join shards on shards.id = duplicate_of
order by value nulls last, gone.id
"""


def pairs(db: Database) -> list[Pair]:
    """At most `PAIRS` of them: those with doses that only the dropped text has, those with other numbers, the least alike."""
    found = []
    for row in db.ask(_CANDIDATES, {"candidates": CANDIDATES}).to_pylist():
        texts = row.pop("kept_text"), row.pop("dropped_text")
        found.append((_numbers(*texts), texts, row))
    found.sort(key=lambda one: (not any(" " in number for number in one[0]), not one[0]))
    return [Pair(**row, numbers=numbers, sides=sides(*texts)) for numbers, texts, row in found[:PAIRS]]


def _numbers(kept: str, dropped: str) -> list[str]:
    """Numbers that only the dropped text has, with their units; those with a unit first."""
    ours, theirs = (set(_values(facts(text).items)) for text in (kept, dropped))
    return sorted(theirs - ours, key=lambda number: (" " not in number, number))


def _values(items: Iterable[str]) -> Iterable[str]:
    for item in items:
        if item.startswith("n:"):
            number, _, unit = item[2:].partition("|")
            yield f"{number} {unit.replace('|', ' of ')}".strip()


def sides(kept: str, dropped: str) -> tuple[Sequence[Stretch], Sequence[Stretch]]:
    """Two texts in stretches that both have and stretches that one has alone, from a little before they first differ."""
    texts = (kept, dropped)
    start = max(0, _same(kept, dropped) - BEFORE)
    words = [_words(text[start : start + SHOWN], start > 0, len(text) > start + SHOWN) for text in texts]
    first, second = ([word.strip() for word in side] for side in words)
    alike = SequenceMatcher(None, first, second, autojunk=False)
    out: tuple[list[Stretch], list[Stretch]] = ([], [])
    for kind, a, b, c, d in alike.get_opcodes():
        for side, said in zip(out, (words[0][a:b], words[1][c:d]), strict=True):
            if said:
                side.append(Stretch("".join(said), kind != "equal"))
    for side, text in zip(out, texts, strict=True):
        if start:
            side.insert(0, Stretch("… ", False))
        if len(text) > start + SHOWN:
            side.append(Stretch("…", False))
    return out


def _same(one: str, other: str) -> int:
    """Characters that two texts begin with alike."""
    different = (place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
    return next(different, min(len(one), len(other)))


def _words(text: str, cut_before: bool, cut_behind: bool) -> list[str]:
    """The words of a stretch of a text, without those that its ends cut in two."""
    return _WORD.findall(text)[1 if cut_before else 0 : -1 if cut_behind else None]
