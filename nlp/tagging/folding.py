"""Folding a text for matching without changing its length, so that every offset stays true."""

from __future__ import annotations

import re

# Full-width letters and digits, typographic hyphens and apostrophes, and the white space that line breaks leave.
_FOLDED = {
    **{0xFF10 + i: ord("0") + i for i in range(10)},
    **{0xFF21 + i: ord("a") + i for i in range(26)},
    **{0xFF41 + i: ord("a") + i for i in range(26)},
    0x2010: ord("-"), 0x2011: ord("-"), 0x2012: ord("-"), 0x2013: ord("-"), 0x2014: ord("-"), 0x2212: ord("-"),
    0xFF0D: ord("-"), 0x2018: ord("'"), 0x2019: ord("'"), 0x00A0: ord(" "), 0x202F: ord(" "), 0x3000: ord(" "),
    0xFF0E: ord("."), 0xFF05: ord("%"), 0x00B5: 0x03BC,
}  # fmt: skip
_UNIFIED = {chr(variant): chr(plain) for variant, plain in _FOLDED.items()}
# Lone surrogates are no characters and cannot be matched: they count as U+FFFD.
_NEEDS_FOLDING = re.compile("[\ud800-\udfff" + "".join(map(chr, _FOLDED)) + "]")


def fold(text: str) -> str:
    """Lower-cased text of the same length, in which full-width, dash, quote and space variants are unified.

    ``len(fold(text)) == len(text)`` and position i of one is position i of the other. Characters whose
    lower case is longer (U+0130 is the only one) stay as they are.
    """
    folded = text.lower()
    if len(folded) != len(text):
        folded = "".join([c if len(c.lower()) != 1 else c.lower() for c in text])
    if not folded.isascii():
        # Variants are few in a text: replacing those that a search finds is ten times as fast as translating every letter.
        folded = _NEEDS_FOLDING.sub(lambda variant: _UNIFIED.get(variant[0], "\ufffd"), folded)
    if "\n" in folded:
        folded = folded.replace("\n", " ")
    if "\t" in folded:
        folded = folded.replace("\t", " ")
    return folded.replace("\r", " ") if "\r" in folded else folded
