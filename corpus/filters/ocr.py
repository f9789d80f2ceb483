"""Damage of OCR, of broken text layers and of wrong encodings: lost characters, spaced-out letters, words that are none."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from medpress.ranges import Share

if TYPE_CHECKING:
    from corpus.filters.view import View


@dataclass(frozen=True, kw_only=True)
class OcrThresholds:
    """`ocr_confidence` comes from the pages; a text that was not OCRed has none and passes. A text layer breaks too, so the
    others look at every text."""

    min_ocr_confidence: Share = 0.6
    """Mean confidence of the recognised lines."""
    max_lost_share: Share = 0.02
    """Share of characters that are replacement marks, private use or unassigned, or UTF-8 read as something else."""
    max_single_letter_share: Share = 0.35
    """Share of the words that stand in a row of five single letters or more: s p a c e d   o u t."""
    max_broken_word_share: Share = 0.1
    """Share of the words that no language writes: four consonants without a vowel, letters of two scripts, signs and changes
    of case inside a word, specks. The worst of 326 sections of 52 articles has 0.02; pages of rubbish begin at 0.12."""


_LOST = re.compile("[\ufffd\ue000-\uf8ff\U000f0000-\U0010fffd\x00-\x08\x0e-\x1f\x80-\x9f]")
_MISREAD = re.compile(
    # Two replacement marks read as GB18030, and memory that was never written to.
    "锟斤拷|烫烫烫|屯屯屯"
    # The bytes of UTF-8 read as Windows-1252: a lead byte and what continues it.
    "|[ÂÃÐÑ×ØÙ][\x80-¿ŒœŠšŸŽžƒˆ˜–—‘’‚“”„†‡•…‰‹›€™]"
)
# Capitals alone are abbreviations (COPD) and so is a capital inside (mRNA, HbA1c): broken are three changes of case or
# more, lower-case consonants in a row, and Latin letters beside Cyrillic ones.
_BROKEN = re.compile(
    r"(?:[bcdfghjklmnpqrstvwxz]{4,}|[a-z]+[A-Z]+[a-z]+[A-Z]+\w*|\w*[A-Za-z][\u0400-\u04ff]\w*|\w*[\u0400-\u04ff][A-Za-z]\w*)"
    # A capital among small letters, a sign between letters, a digit between small letters, nothing but signs.
    r"|[a-z]{2,}[A-Z]+[a-z]*|\w*[a-z][~|^_\\!;*,][a-zA-Z]\w*|[a-z]+\d[a-z]{2,}|\d[a-z]{3,}|[~|^_\\!;:,.'`]{1,3}"
)
_SPACED = re.compile(r"(?<!\S)[^\W\d_](?:[ \u00a0][^\W\d_](?!\S)){4,}")
_EDGES = ".,;:!?()[]{}\"'“”‘’«»*…%"
_ROW = 5
"""Single letters of a row that is a word spaced out, and no list of options."""
_LEAST_WORDS = 20


class _Broken(dict[str, bool]):
    """Whether what stands between white space is no word of any language, each asked once."""

    def __missing__(self, piece: str) -> bool:
        word = piece.strip(_EDGES)
        self[piece] = broken = (_BROKEN.fullmatch(word) if word else _BROKEN.fullmatch(piece)) is not None
        return broken


_MOST_PIECES = 1 << 16
_broken = _Broken()


def score(view: View) -> dict[str, float]:
    """Scores of the text; those about words from 20 words on, in scripts that part them."""
    text = view.text
    lost = 0 if text.isascii() else len(_LOST.findall(text)) + sum(map(len, _MISREAD.findall(text)))
    scores = {"lost_share": lost / max(1, len(text))}
    if not view.alphabetic:
        return scores
    pieces = view.body_text.split()
    if len(pieces) >= _LEAST_WORDS:
        spaced = list(map(len, pieces)).count(1)
        if spaced >= _ROW:
            spaced = sum(len(found.group().split()) for found in _SPACED.finditer(view.body_text))
        scores["single_letter_share"] = spaced / len(pieces) if spaced >= _ROW else 0.0
        if len(_broken) > _MOST_PIECES:
            _broken.clear()
        scores["broken_word_share"] = sum(map(_broken.__getitem__, pieces)) / len(pieces)
    return scores
