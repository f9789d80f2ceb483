"""Quality rules of Gopher (Rae et al. 2021, arXiv 2112.11446, table A1), each only where it is true: words have a mean length
in scripts that part them, and function words are counted in prose of a language whose function words are known.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from medpress.ranges import Amount, Share

if TYPE_CHECKING:
    from corpus.filters.view import View


@dataclass(frozen=True, kw_only=True)
class GopherThresholds:
    """Gentler than Gopher's own, which are made for web pages: lists of symptoms and doses are text too."""

    min_mean_word_length: Amount = 2.5
    """Mean length of the words of a Latin, Greek or Cyrillic text (Gopher: 3)."""
    max_mean_word_length: Amount = 14
    """Mean length of the words of such a text (Gopher: 10; chemistry has long ones)."""
    max_symbol_share: Share = 0.1
    """Hash signs and ellipses a word, headings aside (Gopher: 0.1)."""
    max_bullet_share: Share = 1.0
    """Share of lines that are list items (Gopher: 0.9; off by default)."""
    max_ellipsis_share: Share = 0.3
    """Share of lines that end in an ellipsis (Gopher: 0.3)."""
    min_alphabetic_share: Share = 0.4
    """Share of words with a letter, tables aside (Gopher: 0.8)."""
    min_stop_words: Amount = 1
    """How many of ten stop words 80 words of English prose have (Gopher: 2, for every text)."""
    min_stop_characters: Amount = 1
    """How many of sixteen function characters 200 characters of Chinese prose have."""


_STOP_WORDS = frozenset(("the", "be", "to", "of", "and", "that", "have", "with", "is", "in"))
# Modern and classical: the classics do without 的.
_STOP_CHARACTERS = frozenset("的了在是和与及或不有为可之者也而")
_WORDS_FOR_STOP_WORDS = 80
_CHARACTERS_FOR_STOP_CHARACTERS = 200
_WORDS_FOR_SHARES = 20
_SENTENCE, _SENTENCE_CHINESE = 60, 20
"""Characters of a line that is prose: names and options are shorter."""


def score(view: View) -> dict[str, float]:
    """Scores of the running lines; those that need a longer text, or another script, are left out."""
    scores: dict[str, float] = {}
    running = len(view.running)
    if running:
        scores["bullet_share"] = view.list_lines / running
        scores["ellipsis_share"] = sum(line.endswith(("...", "…")) for line in view.running) / running
    count = view.count
    if count >= _WORDS_FOR_SHARES:
        text = view.body_text
        scores["symbol_share"] = (text.count("#") + text.count("...") + text.count("…")) / count
    if view.chinese:
        if view.lang in ("zh", "") and _prose(view, _SENTENCE_CHINESE, len) >= _CHARACTERS_FOR_STOP_CHARACTERS:
            scores["stop_characters"] = float(len(_STOP_CHARACTERS.intersection("".join(view.running))))
        return scores
    if count >= _WORDS_FOR_SHARES and view.alphabetic:
        scores["mean_word_length"] = float(view.per_word(len, int).mean())
        scores["alphabetic_share"] = 1 - int(view.per_word(str.isdecimal).sum()) / count
    if view.lang == "en" and _prose(view, _SENTENCE, _words) >= _WORDS_FOR_STOP_WORDS:
        scores["stop_words"] = float(len(_STOP_WORDS.intersection(" ".join(view.running).lower().split())))
    return scores


def _prose(view: View, least: int, size: Callable[[str], int]) -> int:
    """How much there is in running lines that are long enough to be sentences."""
    return sum(size(line) for line in view.running if len(line) >= least)


def _words(line: str) -> int:
    return line.count(" ") + 1
