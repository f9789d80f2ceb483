"""From what a model wrote to the option it means."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from medpress.tokenising import ANSWER, END_ANSWER, END_THINK

_LEAD_IN = r"(?:the|correct|right|best|answer|option|is|答案|选项|选|应该?|为|是|[\s:：*(（])*"
_LETTER_ALONE = re.compile(rf"^{_LEAD_IN}([A-Z])[\s.。)）*]*$", re.IGNORECASE)
_LETTER_FIRST = re.compile(rf"^{_LEAD_IN}([A-Z])[)）*]*\s*[.:：,，、。)）]", re.IGNORECASE)


def conclusion(text: str) -> str:
    """The part of a completion that answers: inside the last `<answer>`, else what follows the reasoning."""
    start = text.rfind(ANSWER)
    if start >= 0:
        return text[start + len(ANSWER) :].split(END_ANSWER)[0].strip()
    return text.rsplit(END_THINK, 1)[-1].strip()


def option_of(text: str, options: Mapping[str, str]) -> str | None:
    """The letter of the option that an answer names, or None when it names none, or several.

    In this order: the answer is an option's text; it is an option's letter and nothing more; exactly one option's text
    stands in it, or it begins with an option's letter. A letter and a text that contradict each other name none. An
    option that is part of a longer option which also stands there does not count as named.
    """
    said = _plain(text)
    plain = {letter: _plain(option) for letter, option in options.items()}
    same = [letter for letter, option in plain.items() if option and option == said]
    if len(same) == 1:
        return same[0]
    alone = _LETTER_ALONE.match(text.strip())
    if alone and alone[1].upper() in options:
        return alone[1].upper()
    named = _texts_in(text, options)
    first = _LETTER_FIRST.match(text.strip())
    letter = first[1].upper() if first and first[1].upper() in options else None
    if len(named) == 1:
        agrees = letter in (None, named[0]) or said.startswith(plain[named[0]])  # "E. coli" begins with no letter
        return named[0] if agrees else None
    return letter


_LETTER_NAMED = re.compile(r"(?<![A-Za-z0-9'’])([A-Z])(?![A-Za-z0-9'’])(?!(?<=[AI])\s+[a-z])")
"""A letter that stands for an option: A and I are also words."""


def options_in(text: str, options: Mapping[str, str]) -> list[str]:
    """The letters of all options that a text names, by letter or by text, in the alphabet's order."""
    letters = {letter for letter in _LETTER_NAMED.findall(text) if letter in options}
    return sorted(letters | set(_texts_in(text, options)))


def _texts_in(text: str, options: Mapping[str, str]) -> list[str]:
    """The letters of the options whose texts stand in a text; one that is part of a longer one there does not count."""
    said = _plain(text)
    plain = {letter: _plain(option) for letter, option in options.items()}
    named = [letter for letter, option in plain.items() if option and _stands_in(option, said)]
    return [a for a in named if not any(a != b and plain[a] != plain[b] and plain[a] in plain[b] for b in named)]


_LETTERS_ALONE = re.compile(rf"^{_LEAD_IN}((?:[A-Z](?:[\s,，、;；/&+.。)）]|and|和|及|与)*)+)$", re.IGNORECASE)


def letters_of(text: str, options: Mapping[str, str], several: bool) -> str | None:
    """The letters of all options that an answer names, in the alphabet's order, or None when it names none.

    `several`: the question has more than one right option, so that more than one may be named.
    """
    if not several:
        return option_of(text, options)
    alone = _LETTERS_ALONE.match(text.strip())
    if alone:
        letters = re.findall(r"(?<![a-z])[A-Z](?![a-z])|[A-Z]", re.sub(r"(?i)and|[和及与]", " ", alone[1]).upper())
        return "".join(sorted(set(letters))) if letters and set(letters) <= options.keys() else None
    named = _texts_in(text, options)
    behind = {letter for letter in options if re.search(rf"(?:^|[\s(（,，、;；]){letter}[.．、)）:：]", text)}
    if behind and named and behind != set(named):
        return None
    return "".join(sorted(behind or named)) or None


def _plain(text: str) -> str:
    """Compatibility forms folded, lower case, single spaces, no punctuation at either end."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"^\W+|[^\w%)]+$", "", re.sub(r"\s+", " ", folded))


def _stands_in(option: str, text: str) -> bool:
    latin = re.escape(option)
    before = r"(?<![a-z0-9.])" if option[0].isascii() else ""
    after = r"(?![a-z0-9])" if option[-1].isascii() else ""
    return re.search(before + latin + after, text) is not None
