"""What the scores look at: one text, taken apart once for all families."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.filters.words import hash_of, words
from nlp.normalise import HAN

_HAN = re.compile(rf"[{HAN}]")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")
_LIST_LINE = re.compile(r"(?:[-*•·●▪◦‣–]|\(?[0-9a-zA-Z一二三四五六七八九十]{1,3}[.)、）])\s*")
_DIGIT = re.compile(r"\d")
_DATA_LINE = 100
"""A line with a number is data when it is shorter than this."""
_HAN_PER_LETTER = 4
"""A Chinese character says about as much as four Latin letters."""


class View:
    """One record's text. Tables, headings and lists are told from prose, since prose rules would drop them."""

    def __init__(self, row: Mapping[str, Any]) -> None:
        self.text: str = row["text"]
        self.lines = [stripped for line in self.text.split("\n") if (stripped := line.strip())]
        """Lines that are not empty, without white space around them."""
        self.running = [line for line in self.lines if line[0] not in "|#"]
        """Lines outside of tables and headings."""

    @cached_property
    def prose(self) -> list[str]:
        """Running lines that are neither list items nor hold a number: doses stand in lines that look like junk."""
        return [line for line in self.running if not _LIST_LINE.match(line) and not _DIGIT.search(line)]

    @cached_property
    def body(self) -> list[str]:
        """Running lines without data lines (short ones with a number): a list of doses repeats itself by nature."""
        return [line for line in self.running if len(line) >= _DATA_LINE or not _DIGIT.search(line)]

    @cached_property
    def list_lines(self) -> int:
        """How many running lines are list items."""
        return sum(_LIST_LINE.match(line) is not None for line in self.running)

    @cached_property
    def body_text(self) -> str:
        """The lines of the body, joined."""
        return "\n".join(self.body)

    @cached_property
    def han(self) -> int:
        """Chinese characters."""
        return 0 if self.text.isascii() else len(_HAN.findall(self.text))

    @cached_property
    def letters(self) -> int:
        """Latin letters."""
        return len(_LATIN.findall(self.text)) if self.han else int(self.per_word(len, np.int64).sum())

    @cached_property
    def chinese(self) -> bool:
        """Whether character rules apply instead of word rules."""
        return self.han > 0 and self.han * _HAN_PER_LETTER >= self.letters

    @cached_property
    def words(self) -> NDArray[np.int64]:
        """The words of the body, as numbers for `per_word`; a run of Chinese characters counts as one here."""
        self._known = words()
        return self._known.read(self.body_text)

    def per_word(self, function: Callable[[str], Any], dtype: type = np.bool_) -> NDArray[Any]:
        """What a function of one word says of each word of the body. Each word of the corpus is asked about once."""
        numbers = self.words
        return self._known.column(function, dtype)[numbers]

    @cached_property
    def tokens(self) -> NDArray[np.int64]:
        """Numbers that stand for the body's words whatever their case, or for its characters when it is Chinese."""
        if self.chinese:
            text = re.sub(r"\W+", "", self.body_text)
            return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.int64)
        return self.per_word(hash_of, np.int64)

    @cached_property
    def token_lengths(self) -> NDArray[np.int64]:
        """Characters of each token."""
        return np.ones(len(self.tokens), dtype=np.int64) if self.chinese else self.per_word(len, np.int64)
