"""Repetition: what is said again word for word, and what goes round in circles.

Gopher (Rae et al. 2021, arXiv 2112.11446, table A1) counts n-grams that recur. Teaching repeats them by nature: each question
of a bank asks "which of the following", each result has its interval. Here a text repeats itself only where nothing new
is said: a sentence or an item (a question with its options) that occurred before, figures included, or one whose pairs of
words are mostly the same few.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from medpress.ranges import Share

if TYPE_CHECKING:
    from corpus.filters.view import View


@dataclass(frozen=True, kw_only=True)
class RepetitionThresholds:
    """Shares of the characters outside of tables and headings."""

    max_repeated_share: Share = 0.4
    """Characters in sentences and items that occurred before, and in loops (Gopher: 0.2 for lines). A text that
    stands there twice has 0.5."""


_LOOP_TOKENS = 30
_LOOP_SHARE = 0.5
"""Share of different pairs among the pairs of words of an item, below which it is a loop. Prose of a page has 0.85."""


def score(view: View) -> dict[str, float]:
    """`repeated_share`, for texts that say anything outside of tables and headings."""
    items = view.items
    total = sum(map(len, items))
    if not total:
        return {}
    once = set(items)
    said = sum(map(len, once))
    loops = sum(_looped(item) for item in once if len(item) >= 2 * _LOOP_TOKENS)
    return {"repeated_share": (total - said + loops) / total}


def _looped(item: str) -> float:
    """Characters of an item that is a loop, less what is new in it; else 0."""
    tokens = item.split()
    if len(tokens) < _LOOP_TOKENS and not item.isascii():
        tokens = [c for c in item if c >= "\u2e80" and c.isalpha()]  # scripts without spaces
    if len(tokens) < _LOOP_TOKENS:
        return 0.0
    share = len(set(pairwise(tokens))) / (len(tokens) - 1)
    return len(item) * (1 - share) if share < _LOOP_SHARE else 0.0
