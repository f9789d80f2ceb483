"""Repetition rules of Gopher (Rae et al. 2021, table A1): lines and n-grams that recur.

Words count in Latin text, characters in Chinese: its n-grams are twice as long, since a word has about two characters.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from medpress.ranges import Share

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from corpus.filters.view import View


@dataclass(frozen=True, kw_only=True)
class RepetitionThresholds:
    """Shares of lines and characters. Tables, headings and data lines are left out."""

    max_duplicate_line_share: Share = 0.4
    """Lines that occurred before (Gopher: 0.3)."""
    max_duplicate_line_characters: Share = 0.3
    """Characters in them (Gopher: 0.2)."""
    max_top_2gram: Share = 0.25
    """Characters in the most frequent pair of words (Gopher: 0.2)."""
    max_top_3gram: Share = 0.22
    """Characters in the most frequent three words (Gopher: 0.18)."""
    max_top_4gram: Share = 0.2
    """Characters in the most frequent four words (Gopher: 0.16)."""
    max_duplicate_5gram: Share = 0.3
    """Characters in runs of five words that occurred before (Gopher: 0.15)."""
    max_duplicate_10gram: Share = 0.25
    """Characters in runs of ten words that occurred before (Gopher: 0.1)."""


_LEAST_TOKENS = 100
_LEAST_LINES = 5
_TOP = (2, 3, 4)
_DUPLICATE = (5, 10)
_BASE = 0x5851F42D4C957F2D


def score(view: View) -> dict[str, float]:
    """Scores of the body; n-grams only from 100 words or characters, lines from five."""
    scores: dict[str, float] = {}
    if len(view.body) >= _LEAST_LINES:
        share, characters = _repeated(view.body)
        scores["duplicate_line_share"] = share
        scores["duplicate_line_characters"] = characters
    tokens = view.tokens
    if len(tokens) < _LEAST_TOKENS:
        return scores
    factor = 2 if view.chinese else 1
    lengths = view.token_lengths
    total = float(lengths.sum())
    top = covered = 1.0
    for n in _TOP:
        # No pair that recurs: no three words either.
        top = _top(tokens, lengths, n * factor) / total if top else 0.0
        scores[f"top_{n}gram"] = top
    for n in _DUPLICATE:
        # No repeated run of five: none of ten either.
        covered = _duplicated(tokens, lengths, n * factor) / total if covered else 0.0
        scores[f"duplicate_{n}gram"] = covered
    return scores


def _repeated(parts: Sequence[str]) -> tuple[float, float]:
    """Share of the lines, and of their characters, that occurred before."""
    counts = Counter(parts)
    if len(counts) == len(parts):
        return 0.0, 0.0
    repeats = sum(len(part) * (count - 1) for part, count in counts.items())
    return 1 - len(counts) / len(parts), repeats / max(1, sum(map(len, parts)))


def _grams(tokens: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """A number for each run of n tokens."""
    width = len(tokens) - n + 1
    grams = tokens[:width].copy()
    for offset in range(1, n):
        grams *= _BASE
        grams += tokens[offset : offset + width]
    return grams


def _top(tokens: NDArray[np.int64], lengths: NDArray[np.int64], n: int) -> float:
    """Characters in all occurrences of the most frequent n-gram, if it recurs; of several the first."""
    import numpy as np  # here, since the thresholds are known to who scores nothing

    grams = _grams(tokens, n)
    ordered = np.sort(grams)
    if not (ordered[2:] == ordered[:-2]).any():  # fewer than three of each
        return 0.0
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    counts = np.diff(np.append(starts, len(ordered)))
    most = counts.max()
    first = int(np.isin(grams, ordered[starts[counts == most]], kind="sort").argmax())
    return float(lengths[first : first + n].sum() * most)


def _duplicated(tokens: NDArray[np.int64], lengths: NDArray[np.int64], n: int) -> float:
    """Characters covered by n-grams that occurred before."""
    import numpy as np

    grams = _grams(tokens, n)
    ordered = np.sort(grams)  # much faster than the order of the places, and most texts repeat nothing
    if not (ordered[1:] == ordered[:-1]).any():
        return 0.0
    order = np.argsort(grams, kind="stable")
    again = order[1:][grams[order[1:]] == grams[order[:-1]]]
    opened = np.zeros(len(tokens) + 1, dtype=np.int64)
    np.add.at(opened, again, 1)
    np.add.at(opened, again + n, -1)
    return float(lengths[np.cumsum(opened[:-1]) > 0].sum())
