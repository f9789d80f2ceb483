"""Which identifier of a document gets which number, so that the same person is [NAME-1] everywhere in it."""

from __future__ import annotations

import re
from collections import Counter

from nlp.phi.checks import digits_of
from nlp.phi.engine import PLACEHOLDER

_TOKEN = re.compile(r"[^\s,.]+")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH_NUMBERS = {month: number for number, month in enumerate(_MONTHS, 1)}
_CHINESE_NUMBERS = str.maketrans("〇零○一二三四五六七八九", "000123456789")
_DATE_PART = re.compile(r"\d+|[A-Za-z]+")


class Surrogates:
    """The numbers given so far in one document, kept while the document is worked on and never stored.

    It holds the raw values, because it must recognise them again: make one per document, throw it away after. It
    refuses to be pickled and does not show its content.
    """

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, str], int] = {}
        self._last: Counter[str] = Counter()
        self._names: set[str] = set()

    def reserve(self, text: str) -> None:
        """Take the numbers of the placeholders that already stand in a text, so that none is given twice."""
        for match in PLACEHOLDER.finditer(text):
            self._last[match["type"]] = max(self._last[match["type"]], int(match["number"]))

    def number(self, kind: str, value: str) -> int:
        """The number of an identifier: the old one if it was met before in this or another form, else the next."""
        keys = list(_keys(kind, value))
        known = next((self._numbers[kind, key] for key in keys if (kind, key) in self._numbers), 0)
        if not known:
            self._last[kind] += 1
            known = self._last[kind]
        for key in keys:
            self._numbers.setdefault((kind, key), known)
        if kind == "NAME":
            self._names.add(value)
        return known

    @property
    def names(self) -> frozenset[str]:
        """The names met so far, so that they are found again where they stand without context."""
        return frozenset(self._names)

    def learn(self, names: set[str]) -> None:
        """Names that were found in another part of the document."""
        self._names.update(names)

    def __repr__(self) -> str:
        return f"Surrogates({sum(self._last.values())} identifiers)"

    def __reduce__(self) -> str:
        raise TypeError("surrogates hold raw identifiers and are never written or sent to another process")


def _keys(kind: str, value: str) -> list[str]:
    """The forms under which a value is known again, the most telling first."""
    folded = " ".join(value.lower().split())
    if kind == "NAME":
        tokens = [token for token in _TOKEN.findall(folded) if len(token) > 1]
        # "Smith, John" is "John Smith"; "Smith" alone is the last Smith met.
        return [" ".join(sorted(tokens)) or folded, *(token for token in tokens if len(token) > 2)]
    if kind == "DATE":
        return [_date_key(folded)]
    if kind in ("PHONE", "FAX", "ID_CARD", "BANK_CARD", "SSN"):
        digits = digits_of(folded)
        return [digits[-11:] if len(digits) >= 7 else folded]
    return [folded]


def _date_key(value: str) -> str:
    parts: list[int] = []
    worded = False
    for part in _DATE_PART.findall(value.translate(_CHINESE_NUMBERS)):
        if part.isdecimal():
            parts.append(int(part))
        elif part[:3] in _MONTH_NUMBERS:
            worded = True
            parts.append(_MONTH_NUMBERS[part[:3]])
    year = [part for part in parts if part > 31]
    rest = [part for part in parts if part <= 31]
    if len(year) == 1 and len(rest) == 2:
        # Day and month are told apart by the order only when the text says which is which.
        month_first = "年" in value or (parts[0] == year[0]) or (not worded and rest[1] > 12)
        if worded:
            named = next(_MONTH_NUMBERS[p[:3]] for p in _DATE_PART.findall(value) if p[:3] in _MONTH_NUMBERS)
            other = list(rest)
            other.remove(named)
            return f"{year[0]}-{named}-{other[0]}"
        month, day = (rest[0], rest[1]) if month_first or rest[0] <= 12 else (rest[1], rest[0])
        return f"{year[0]}-{month}-{day}"
    return value
