"""Where two nearly equal texts differ, and whether a difference can change what they say.

Four words in a row that stand in both texts hold them together; what is left between are the differences. In otherwise
equal sentences any differing content word counts: which organism, which side, whether at all. Harmless are function words
(`harmless/`), inflexion, British and American spelling, hyphens and blanks inside words, and characters of one shape, which
OCR confuses. There is no list of opposites: whatever is not known to be harmless is not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from itertools import compress, zip_longest
from pathlib import Path

HARMLESS = Path(__file__).with_name("harmless")
"""Function words, a file a language, and Chinese characters of one shape."""
_CONTEXT = 3
"""Words before a difference by which it is found in the other text."""
_EDGE = ("",) * _CONTEXT
_SENTENCES = 4
"""Sentences in a row on either side of a difference that may be added with it."""


@dataclass(frozen=True)
class Words:
    """The words of a text, with what holds two texts together."""

    tokens: tuple[str, ...]
    """Lower-case words, single Chinese characters, and values (`5|mg`), which are compared elsewhere."""
    breaks: frozenset[int]
    """Where sentences begin: places in `tokens`, and the one behind the last."""

    @cached_property
    def held(self) -> list[int]:
        """The hashes of all four words in a row, by place; places count from the edge before the text."""
        padded = (*_EDGE, *self.tokens, *_EDGE)
        return list(map(hash, zip(padded, padded[1:], padded[2:], padded[3:], strict=False)))

    @cached_property
    def grams(self) -> frozenset[int]:
        """The same, wherever they stand."""
        return frozenset(self.held)

    def gaps(self, other: Words) -> dict[tuple[str, ...], list[tuple[int, int]]]:
        """Stretches of tokens (start, end) that the other text does not have there, in order, by the three words before; empty
        stretches are places where the other text has something more, or goes on elsewhere."""
        lost = self.grams - other.grams
        if not lost:
            return {}
        missing = list(compress(range(len(self.held)), map(lost.__contains__, self.held)))
        gaps: dict[tuple[str, ...], list[tuple[int, int]]] = {}
        first = last = missing[0]
        for place in [*missing[1:], len(self.held) + _CONTEXT]:
            if place > last + 1:
                # Places count from the edge: the run that begins at `place` ends with the token of that number.
                start, end = first, max(first, last - _CONTEXT + 1)
                gaps.setdefault(self.before(start), []).append((start, end))
                first = place
            last = place
        return gaps

    def before(self, place: int) -> tuple[str, ...]:
        """The three words before a place."""
        return (*_EDGE, *self.tokens[max(0, place - _CONTEXT) : place])[-_CONTEXT:]

    def is_added(self, start: int, end: int, other: Words) -> bool:
        """Whether a stretch lies in whole sentences without which this text goes on as the other does."""
        padded = (*_EDGE, *self.tokens, *_EDGE)
        begins = [place for place in self.starts if place <= start][-_SENTENCES:]
        ends = [place for place in self.starts if place >= max(end, start + 1)][:_SENTENCES]
        seams = (
            hash((*padded[begin + 1 : begin + 3], *padded[stop + 3 : stop + 5])) for begin in begins for stop in ends
        )
        return any(seam in other.grams and seam not in self.grams for seam in seams)

    @cached_property
    def starts(self) -> list[int]:
        """`breaks`, in order."""
        return sorted(self.breaks)


def may_replace(one: Words, other: Words) -> bool:
    """Whether no difference between two texts lies in a word that counts. Whole sentences that only one of them has do not
    count here: what they state is for who asks to compare."""
    ours, theirs = one.gaps(other), other.gaps(one)
    if not ours and not theirs:
        return True
    return all(
        _is_harmless(one, other, a, b)
        for context in {*ours, *theirs}
        for a, b in zip_longest(ours.get(context, ()), theirs.get(context, ()))
    )


def _is_harmless(one: Words, other: Words, ours: tuple[int, int] | None, theirs: tuple[int, int] | None) -> bool:
    """Whether a difference lies in no word that counts, or is made of sentences that only one of two texts has there."""
    a = one.tokens[slice(*ours)] if ours else ()
    b = other.tokens[slice(*theirs)] if theirs else ()
    if not a and not b:  # the texts go on with sentences that stand elsewhere in the other
        return (ours is None or ours[0] in one.breaks) and (theirs is None or theirs[0] in other.breaks)
    if _same(a, b):
        return True
    more, stretch, less = (one, ours, b) if len(a) > len(b) else (other, theirs, a)
    if stretch is None or any(map(_counts, less)):
        return False
    return more.is_added(*stretch, other if more is one else one)


def _same(a: Sequence[str], b: Sequence[str]) -> bool:
    """Whether two stretches say the same."""
    if a == b or (a and b and fold("".join(a)) == fold("".join(b))):
        return True
    if sorted(a) == sorted(b):  # the same words in another order
        return False
    left, right = list(filter(_counts, a)), list(filter(_counts, b))
    if len(left) != len(right):
        return fold("".join(left)) == fold("".join(right)) if left and right else False
    return all(map(is_variant, left, right)) or fold("".join(left)) == fold("".join(right))


@cache
def _function_words() -> frozenset[str]:
    files = sorted(file for file in HARMLESS.glob("*.txt") if file.stem != "shapes")
    return frozenset(word for file in files for word in file.read_text(encoding="utf-8").split())


def _counts(token: str) -> bool:
    """Whether a token is more than a function word. Values are compared as facts."""
    return "|" not in token and token not in _function_words()


@lru_cache(maxsize=1 << 14)
def is_variant(one: str, other: str) -> bool:
    """Whether two words are one: the same, or in another inflexion or spelling, or as OCR may have read it."""
    if one == other:
        return True
    a, b = fold(one), fold(other)
    if a == b:
        return True
    if len(a) > len(b):
        a, b = b, a
    return len(a) >= _STEM and _inflected(a, b)


_STEM = 4
_ENDINGS = frozenset({"", "s", "es", "d", "ed", "ing"})
_INFLECTED = re.compile(r"(?:s|es|d|ed|ing)\Z")


def _inflected(a: str, b: str) -> bool:
    """Whether two folded words differ in an ending that only inflects: results, studies, given."""
    stems = [{word, *(word[: -len(end)] for end in _ENDINGS if end and word.endswith(fold(end)))} for word in (a, b)]
    stems = [
        {stem[:-1] + "l" if stem.endswith("l") else stem.removesuffix("c") for stem in found if len(stem) >= _STEM - 1}
        for found in stems
    ]
    return bool(stems[0] & stems[1])


_SPELLING = (
    (re.compile("[æ]|ae"), "e"),
    (re.compile("[œ]|oe"), "e"),
    (re.compile("our"), "or"),
    (re.compile("tre(?=s?$)"), "ter"),
    (re.compile("(?<=[a-z]{2})ys(?=e|ing)|(?<=[a-z]{2})is(?=e|ing|ation)"), "iz"),
    (re.compile("yz(?=e|ing)"), "iz"),
    (re.compile("ph"), "f"),
    (re.compile("ogue"), "og"),
    (re.compile("mme(?=s?$)"), "m"),
    (re.compile("ll"), "l"),
    (re.compile("^dietician"), "dietitian"),
)
_SHAPE = (
    ("rn", "m"),
    ("vv", "w"),
    ("cl", "d"),
    ("0", "o"),
    ("1", "l"),
    ("|", "l"),
    ("i", "l"),
    ("y", "l"),
    ("e", "c"),
    ("5", "s"),
)
"""What looks alike; `y` stands with `i`, since endings turn one into the other (biopsy, biopsies)."""
_MIXED = re.compile(r"[^\W\d_]")


@cache
def _shapes() -> dict[int, str]:
    groups = (HARMLESS / "shapes.txt").read_text(encoding="utf-8").split()
    return {ord(character): group[0] for group in reversed(groups) for character in group[1:]}


@lru_cache(maxsize=1 << 16)
def fold(word: str) -> str:
    """A word without what spelling and OCR may change. Numbers and words of up to three letters stay as they are."""
    if not word.isascii():
        word = word.translate(_shapes())
    if len(word) < _STEM or not _MIXED.search(word):
        return word
    for pattern, replacement in _SPELLING:
        word = pattern.sub(replacement, word)
    for shape, replacement in _SHAPE:
        word = word.replace(shape, replacement)
    return word
