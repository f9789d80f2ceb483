"""Words and what the scores ask of each, asked once a word: a corpus repeats its words, so most are known already."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

_WORD = re.compile(r"[^\W_]+(?:['’.-][^\W_]+)*")
_MOST_WORDS = 1 << 16
_MOST_CHARACTERS = 1 << 22


class Words:
    """Numbers for words. Which number a word has depends on what was read before, so no score may depend on it."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        """The words, by number."""
        self._numbers: dict[str, int] = {}
        self._pieces = _Pieces(self)
        self._columns: dict[Callable[[str], Any], tuple[int, NDArray[Any]]] = {}

    def read(self, text: str) -> NDArray[np.int64]:
        """The numbers of a text's words, in order; a run of Chinese characters is one word here."""
        pieces = self._pieces
        return np.fromiter(chain.from_iterable(map(pieces.__getitem__, text.split())), dtype=np.int64)

    def number(self, word: str) -> int:
        """The number of a word."""
        number = self._numbers.setdefault(word, len(self.texts))
        if number == len(self.texts):
            self.texts.append(word)
        return number

    def column(self, function: Callable[[str], Any], dtype: type) -> NDArray[Any]:
        """What a function of one word says of each, by number; what lies behind the last number means nothing."""
        known, column = self._columns.get(function, (0, np.zeros(1024, dtype)))
        count = len(self.texts)
        if known < count:
            if count > len(column):
                column = np.concatenate([column, np.zeros(count, dtype)])
            column[known:count] = [function(word) for word in self.texts[known:]]
            self._columns[function] = count, column
        return column

    def is_full(self) -> bool:
        """Whether it is time to forget them all."""
        return len(self._pieces) > _MOST_WORDS or self._pieces.characters > _MOST_CHARACTERS


class _Pieces(dict[str, tuple[int, ...]]):
    """What stands between white space, to the numbers of the words in it."""

    def __init__(self, words: Words) -> None:
        self.words = words
        self.characters = 0

    def __missing__(self, piece: str) -> tuple[int, ...]:
        numbers = tuple(map(self.words.number, _WORD.findall(piece)))
        self[piece] = numbers
        self.characters += len(piece)
        return numbers


_words = Words()


def words() -> Words:
    """The words of this process."""
    global _words
    if _words.is_full():
        _words = Words()
    return _words
