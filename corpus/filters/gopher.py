"""Quality rules of Gopher (Rae et al. 2021, arXiv 2112.11446, table A1), with a Chinese counterpart of the stop words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from medpress.ranges import Amount, Share

if TYPE_CHECKING:
    from corpus.filters.view import View


@dataclass(frozen=True, kw_only=True)
class GopherThresholds:
    """Gentler than Gopher's own, which are made for web pages: lists of symptoms and doses are text too."""

    min_mean_word_length: Amount = 2.5
    """Mean length of the words of a Latin text (Gopher: 3)."""
    max_mean_word_length: Amount = 14
    """Mean length of the words of a Latin text (Gopher: 10; chemistry has long ones)."""
    max_symbol_share: Share = 0.1
    """Hash signs and ellipses a word, headings aside (Gopher: 0.1)."""
    max_bullet_share: Share = 1.0
    """Share of lines that are list items (Gopher: 0.9; off by default)."""
    max_ellipsis_share: Share = 0.3
    """Share of lines that end in an ellipsis (Gopher: 0.3)."""
    min_alphabetic_share: Share = 0.4
    """Share of words with a letter, tables aside (Gopher: 0.8)."""
    min_stop_words: Amount = 1
    """How many of eight stop words a text of 80 words has (Gopher: 2, and for every text)."""
    min_stop_characters: Amount = 1
    """How many of sixteen function characters a Chinese text of 200 characters has."""


_STOP_WORDS = ("the", "be", "to", "of", "and", "that", "have", "with", "is", "in")
# Modern and classical: the classics do without 的.
_STOP_CHARACTERS = frozenset("的了在是和与及或不有为可之者也而")
_WORDS_FOR_STOP_WORDS = 80
_CHARACTERS_FOR_STOP_CHARACTERS = 200
_WORDS_FOR_SHARES = 20


def _stop_word(word: str) -> int:
    """A bit for each stop word."""
    lowered = word.lower()
    return 1 << _STOP_WORDS.index(lowered) if lowered in _STOP_WORDS else 0


def score(view: View) -> dict[str, float]:
    """Scores of the running lines; those that need a longer text, or another script, are left out."""
    scores: dict[str, float] = {}
    running = len(view.running)
    if running:
        scores["bullet_share"] = view.list_lines / running
        scores["ellipsis_share"] = sum(line.endswith(("...", "…")) for line in view.running) / running
    count = len(view.tokens)
    if count >= _WORDS_FOR_SHARES:
        text = view.body_text
        scores["symbol_share"] = (text.count("#") + text.count("...") + text.count("…")) / count
    if view.chinese:
        if count >= _CHARACTERS_FOR_STOP_CHARACTERS:
            scores["stop_characters"] = float(len(_STOP_CHARACTERS.intersection(view.body_text)))
        return scores
    if count >= _WORDS_FOR_SHARES:
        scores["mean_word_length"] = float(view.token_lengths.mean())
        scores["alphabetic_share"] = 1 - int(view.per_word(str.isdecimal).sum()) / count
    if count >= _WORDS_FOR_STOP_WORDS:
        import numpy as np  # here, since the thresholds are known to who scores nothing

        scores["stop_words"] = float(np.bitwise_or.reduce(view.per_word(_stop_word, np.int64)).item().bit_count())
    return scores
