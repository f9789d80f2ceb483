"""Which characters belong to which East Asian script: the ranges of Unicode, stated here and nowhere else."""

from __future__ import annotations

import re
from typing import Final

HAN: Final = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003347f"
"""Chinese characters (unified ideographs with their extensions, compatibility ideographs), as the inside of a regex class."""
KANA: Final = "\u3040-\u30ff"
"""Japanese syllables, likewise."""
HANGUL: Final = "\u1100-\u11ff\uac00-\ud7af"
"""Korean letters and syllables, likewise."""
SQUARE: Final = HAN + KANA + HANGUL + "\u2e80-\u2fdf\u3000-\u303f\u3100-\u33ff\uff00-\uffef"
"""What is set in squares, likewise: these scripts with their radicals, phonetic signs, punctuation, full-width forms, and what is put
together in a square (㈠, ㎎)."""

HAN_CHARACTER: Final = re.compile(f"[{HAN}]")
_EAST_ASIAN: Final = re.compile(f"[{HAN}{KANA}{HANGUL}]")


def has_han(text: str) -> bool:
    """Whether a Chinese character stands in a text."""
    return HAN_CHARACTER.search(text) is not None


def count_han(text: str) -> int:
    """How many Chinese characters stand in a text."""
    return 0 if text.isascii() else len(HAN_CHARACTER.findall(text))


def is_east_asian(text: str) -> bool:
    """Whether a text is mostly written in Chinese, Japanese or Korean: lines of it join without spaces."""
    return not text.isascii() and len(_EAST_ASIAN.findall(text)) > 0.25 * len(text)
