"""What the scores look at: one text, taken apart once for all families."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.filters.words import words
from medpress.writing_systems import HAN

_HAN = re.compile(rf"[{HAN}]")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")
_OTHER_LETTER = re.compile(r"[^\W\d_A-Za-z\u00aa-\u024f\u0370-\u052f\u1e00-\u1fff]")
"""Letters of scripts that do not part words by spaces, or do not write vowels as letters: not Latin, Greek or Cyrillic."""
_WORD_CHARACTER = re.compile(r"\w")
_LIST_LINE = re.compile(r"(?:[-*•·●▪◦‣–]|\(?[0-9a-zA-Z一二三四五六七八九十]{1,3}[.)、．:：）])\s*")
_NUMBERED = re.compile(r"[（(\[]?(?:\d{1,4}|[一二三四五六七八九十]{1,3})[.)、．:：）\]]\s*|\d{1,4}\s")
_OPTION = re.compile(r"[（(\[]?[A-Ja-j①-⑩][.)、．:：）\]]|[-*•·●▪◦‣–]\s|[【\[]")
_SENTENCE = re.compile(r"(?<=[.!?;])\s+|(?<=[。！？；])")
_DIGIT = re.compile(r"\d")
_DATA_LINE = 100
"""A line with a number is data when it is shorter than this."""
_LABELLED = 40
"""An answer or an explanation begins with a label ("Answer:") of fewer characters than this."""
_OTHERS = 4
"""A text with a fourth of such letters is written in them: blanks and vowel signs are the rest."""
_HAN_PER_LETTER = 4
"""A Chinese character says about as much as four Latin letters."""


class View:
    """One record's text. Tables, headings and lists are told from prose, since prose rules would drop them.

    `row` holds `text`; `lang` (ISO 639-1) where it is known; `mentions`, the (start, end) of medical terms in the text, in
    order, where they were looked for.
    """

    def __init__(self, row: Mapping[str, Any]) -> None:
        self.text: str = row["text"]
        self.lang: str = row.get("lang") or ""
        self.mentions: Sequence[tuple[int, int]] = row.get("mentions") or ()
        self.lines = [stripped for line in self.text.split("\n") if (stripped := line.strip())]
        """Lines that are not empty, without white space around them."""
        self.running = [line for line in self.lines if line[0] not in "|#"]
        """Lines outside of tables and headings."""

    @cached_property
    def prose(self) -> list[str]:
        """Running lines that are neither list items nor hold a number: doses stand in lines that look like junk."""
        return [line for line in self.running if not _LIST_LINE.match(line) and not _DIGIT.search(line)]

    @cached_property
    def untaught(self) -> list[str]:
        """Prose lines that name nothing medical."""
        named = self.named
        return [line for line in self.prose if line not in named]

    @cached_property
    def named(self) -> frozenset[str]:
        """Lines that hold a medical term."""
        named, start, end, text = set(), 0, -1, self.text
        for mention, _ in self.mentions:
            if mention > end:
                start = text.rfind("\n", 0, mention) + 1
                end = text.find("\n", mention)
                end = len(text) if end < 0 else end
                named.add(text[start:end].strip())
        return frozenset(named)

    @cached_property
    def items(self) -> list[str]:
        """What says one thing: a sentence of prose; a numbered item with what stands under it, without its number.

        Options, answers and bullets belong to the item before them: a bank of questions may offer the same five tests for
        each of its patients, and what is new is the patient. Tables and headings are left out.
        """
        items: list[list[str]] = []
        numbered = False
        for line in self.running:
            number = _NUMBERED.match(line)
            if number:
                items.append([line[number.end() :]])
                numbered = True
            elif items and (_OPTION.match(line) or (numbered and _is_labelled(line))):
                items[-1].append(line)
            else:
                items += [[sentence] for sentence in _SENTENCE.split(line) if sentence]
                numbered = False
        return ["\n".join(item) for item in items]

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
    def alphabetic(self) -> bool:
        """Whether most letters are of a script whose words stand apart and are made of letters alone (not Thai, not Hindi)."""
        if self.text.isascii():
            return True
        if self.chinese:
            return False
        return _OTHERS * len(_OTHER_LETTER.findall(self.text)) < len(self.text)

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
    def count(self) -> int:
        """The body's words, or its characters when it is Chinese."""
        return len(_WORD_CHARACTER.findall(self.body_text)) if self.chinese else len(self.words)


def _is_labelled(line: str) -> bool:
    """Whether a line under a numbered item is an answer to it, as far as its form tells: `Answer: B`, `答案：B`."""
    label, colon, _ = line.replace("：", ":").partition(":")
    return bool(colon) and len(label) < _LABELLED
