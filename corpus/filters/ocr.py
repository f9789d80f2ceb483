"""Damage of OCR and of broken text layers: lost characters, spaced-out letters, words that are none."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from medpress.ranges import Share

if TYPE_CHECKING:
    from corpus.filters.view import View


@dataclass(frozen=True, kw_only=True)
class OcrThresholds:
    """`ocr_confidence` comes from the pages; a text that was not OCRed has none and passes."""

    min_ocr_confidence: Share = 0.6
    """Mean confidence of the recognised lines."""
    max_lost_share: Share = 0.02
    """Share of characters that are replacement marks, private use or unassigned: a lost encoding."""
    max_single_letter_share: Share = 0.35
    """Share of the words of a Latin text that are one letter: s p a c e d   o u t."""
    max_broken_word_share: Share = 0.25
    """Share of the words of a Latin text that no language writes: four letters without a vowel, case or scripts mixed."""


_LOST = re.compile("[\ufffd\ue000-\uf8ff\U000f0000-\U0010fffd\x00-\x08\x0e-\x1f\x80-\x9f]")
# Capitals alone are abbreviations (COPD) and so is a capital inside (mRNA, HbA1c): broken are three changes of case or
# more, lower-case consonants in a row, and Latin letters beside Cyrillic ones.
_BROKEN = re.compile(
    r"(?:[bcdfghjklmnpqrstvwxz]{4,}|[a-z]+[A-Z]+[a-z]+[A-Z]+\w*|\w*[A-Za-z][\u0400-\u04ff]\w*|\w*[\u0400-\u04ff][A-Za-z]\w*)"
)
_LEAST_WORDS = 20


def _is_broken(word: str) -> bool:
    return _BROKEN.fullmatch(word) is not None


def _is_letter(word: str) -> bool:
    return len(word) == 1 and word.isalpha()


def score(view: View) -> dict[str, float]:
    """Scores of the text; those about words only for Latin text from 20 words on."""
    text = view.text
    scores = {"lost_share": 0.0 if text.isascii() else len(_LOST.findall(text)) / len(text)}
    words = len(view.words)
    if not view.chinese and words >= _LEAST_WORDS:
        scores["single_letter_share"] = int(view.per_word(_is_letter).sum()) / words
        scores["broken_word_share"] = int(view.per_word(_is_broken).sum()) / words
    return scores
