"""The default way to find identifiers: the learned finder first, the rules as a net beneath, the document's names above.

The model reads wording that no rule has seen; the rules hold what has a check digit, a label or a shape, and say which number
it is. What either takes for a name is then looked for everywhere in the text, in each of its forms. Where authors and
places of publication are to stay (the precise policy), the rules work alone; so they do where nothing at all speaks of a
person, because the model is some twenty times slower.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, Final

from medpress import units
from medpress.writing_systems import HAN, HAN_CHARACTER, count_han, has_han
from nlp.phi.engine import PLACEHOLDER, find_with_patterns, names_again, without_overlaps
from nlp.phi.gazetteer import GIVEN_NAMES, NOT_CHINESE_NAMES, NOT_NAMES, SURNAMES
from nlp.phi.kinds import PhiSpan, Policy
from nlp.phi.names_chinese import TITLES
from nlp.phi.tagger import ABBREVIATIONS, shipped_tagger

RECORD_WORDS: Final[Path] = Path(__file__).parent / "words" / "record.txt"
COUNTRIES: Final[Path] = Path(__file__).parent / "words" / "countries.txt"


def find_learned(text: str, lang: str, policy: Policy, known_names: Iterable[str] = ()) -> list[PhiSpan]:
    """All findings in order of position, without overlaps; the arguments are those of `find_with_patterns`."""
    known = set(known_names)
    found = find_with_patterns(text, lang, policy, known)
    if policy == "precise" or not (known or may_be_record(text, bool(found))):
        return found
    learned = [span for span in (_cut(text, span) for span in shipped_tagger().find(text)) if is_possible(text, span)]
    if not learned:
        return found
    names = {text[span.start : span.end] for span in (*found, *learned) if span.type == "NAME"}
    names = {name for name in names if not PLACEHOLDER.search(name)}
    return without_overlaps(text, [*found, *learned, *names_again(text, names | known, policy)])


def _cut(text: str, span: PhiSpan) -> PhiSpan:
    """A name up to the end of its sentence, or of its column, and without a title behind it; a number up to the end of its sentence."""
    if span.type == "OTHER_ID":
        stop = text.find(". ", span.start, span.end)
        return PhiSpan(span.start, stop, span.type) if stop > span.start else span
    if span.type != "NAME":
        return span
    end = _END_OF_NAME.search(text, span.start, span.end)
    value = text[span.start : end.start() if end else span.end]
    if any(c.isupper() for c in value):
        value = _SMALL_WORDS.sub("", value)
    value = _TITLE_BEHIND.sub("", value)
    return PhiSpan(span.start, span.start + len(value), span.type) if value else span


def is_possible(text: str, span: PhiSpan) -> bool:
    """Whether what the model took for an identifier can be one: a day in a calendar, a number that is no quantity, a name.

    A year, a day of the week, or a country alone says less than the safe-harbour rule lets stand.
    """
    value = text[span.start : span.end]
    if _CROSSED_OUT.issuperset(value):
        return False
    if span.type in ("ADDRESS", "NAME") and value in _countries() and value.lower() not in GIVEN_NAMES:
        return False
    if span.type == "DATE":
        numbers = [int(number) for number in _NUMBER.findall(value)]
        if not numbers and value.isascii() and not _DAY_IN_WORDS.search(value):
            return False
        if (
            value == "May"
            and _BEGINS.search(text, max(0, span.start - 3), span.start)
            and _GOES_ON.match(text, span.end)
        ):
            return False  # a sentence that allows something
        if _MARKER.search(text, max(0, span.start - 4), span.start):
            return False
        if not any(c.isalpha() for c in value):
            if _is_quantity(text, span) or (_DECIMAL.fullmatch(value) and not has_han(text)):
                return False
            return _is_date(numbers, padded=re.search(r"\b0\d", value) is not None)
        if _ONLY_YEAR_OR_WEEKDAY.fullmatch(value):
            return False
        latin = any(c.isascii() and c.isalpha() for c in value)
        return not (latin and any(c.isdigit() for c in value)) or _MONTH.search(value) is not None
    if span.type == "OTHER_ID":
        counts = _ROUND.fullmatch(value) is not None
        return sum(c.isdigit() for c in value) > 1 and not counts and not _is_quantity(text, span)
    if span.type == "PHONE":
        # A plus stands before the number of a country, which begins a telephone number.
        is_sum = _PLUS_INSIDE.search(value) is not None
        return (sum(c.isdigit() for c in value) > 2 or len(value) > 8) and not is_sum and not _is_quantity(text, span)
    if span.type == "NAME":
        return _is_name(text, span, value)
    if span.type == "ADDRESS":
        if _DOSE.search(text, span.start, span.end + _LONGEST_DOSE):
            return False
        return 5 <= len(value) <= 6 if value.isdigit() else len(value) > 1  # digits alone are a postal code
    return True


def _is_name(text: str, span: PhiSpan, value: str) -> bool:
    after = text[span.end : span.end + 2]
    if _DOSE.match(text, span.end):  # what has a dose is a drug
        return False
    if _MARKER.search(value) and after[1:].isdigit():
        return False
    if has_han(value):
        if value in NOT_CHINESE_NAMES or _MIXED.search(value) or any(c.isdigit() for c in value):
            return False
        if len(value) > 1:
            return True
        # One character is a surname, and a title or the end of the words follows it; behind a number it is its unit.
        if text[max(0, span.start - 1) : span.start] in _DETERMINERS:
            return False
        if _COUNTED.search(text, max(0, span.start - 1), span.start) and not (after and after[0] in _TITLE_BEGINS):
            return False
        known = value in SURNAMES or value in shipped_tagger().surnames
        return known and (
            not after or after[0] in _TITLE_BEGINS or not (HAN_CHARACTER.match(after) or after[0].isalnum())
        )
    if len(value) < 2 or any(c.isdigit() for c in value) or (after[:1] == "-" and after[1:].isdigit()):
        return False
    before = text[max(0, span.start - 2) : span.start]
    if before[1:] == "-" and (before[0].islower() or before[0].isdigit()):  # the end of 11-cis-RAL, anti-CD
        return False
    if " " not in value and value.islower() and len(value) > 3 and not text.islower():
        return False
    if value.lower() in shipped_tagger().eponyms and value.lower() not in shipped_tagger().names:
        return False
    if value.endswith("-") or _is_unknown_abbreviation(text, span, value):
        return False
    if sum(c.isalpha() for c in value) < 2 or (value in _abbreviations() and before[1:] not in ("-", "/", "—", "–")):
        return False
    words = re.findall(r"[^\W\d_]+", value.lower())
    return bool(words) and not NOT_NAMES.issuperset(words) and not _is_defined_abbreviation(text, value)


@cache
def _countries() -> frozenset[str]:
    return frozenset(COUNTRIES.read_text(encoding="utf-8").split("\n"))


@cache
def _abbreviations() -> frozenset[str]:
    return frozenset(ABBREVIATIONS.read_text(encoding="utf-8").split())


def _is_date(numbers: list[int], padded: bool) -> bool:
    if len(numbers) == 1:  # 20210304, 040321
        return len(str(numbers[0])) in (5, 6, 7, 8)
    if len(numbers) > 3:  # two dates, or a date and a time
        return len(numbers) > 4 or max(numbers) > 12
    of_year = [number for number in numbers if 1900 <= number <= 2100]
    rest = [number for number in numbers if number not in of_year]
    if len(numbers) == 3 and not of_year:
        if max(numbers[0], numbers[2]) < 10 and not padded:
            return False  # the year has two digits
        return any(1 <= number <= 12 for number in numbers) and sum(number <= 31 for number in numbers) >= 2
    return len(of_year) <= 1 and all(1 <= number <= 31 for number in rest) and any(number <= 12 for number in rest)


def _is_quantity(text: str, span: PhiSpan) -> bool:
    """Whether a number in the span, or at its end, has its unit right behind it."""
    return _QUANTITY.search(text, span.start, min(len(text), span.end + _LONGEST_UNIT)) is not None


def _is_unknown_abbreviation(text: str, span: PhiSpan, value: str) -> bool:
    """Whether a short word in capitals, which no list of names has, stands by itself in a line that is not in capitals."""
    if not (value.isupper() and value.isalpha() and 2 < len(value) <= _LONGEST_ABBREVIATION):
        return False
    line = text[text.rfind("\n", 0, span.start) + 1 : span.start] + text[span.end :].partition("\n")[0]
    return any(c.islower() for c in line) and value.lower() not in shipped_tagger().names


def _is_defined_abbreviation(text: str, value: str) -> bool:
    """Whether a word in capitals stands in parentheses behind the words that it abbreviates."""
    if not (value.isascii() and value.isupper() and value.isalpha() and 1 < len(value) < 7):
        return False
    at = text.find(f"({value})")
    if at < 0:
        return False
    words = re.findall(r"[A-Za-z]+", text[max(0, at - 120) : at])[-len(value) :]
    return [word[0].lower() for word in words] == list(value.lower())


_END_OF_NAME: Final = re.compile(r"(?<=[^\W\d_]{3})\.\s|[ \t\u3000]{3}")
_TITLE_BEHIND: Final = re.compile(f"(?<=[{HAN}])(?:{TITLES})$")
_SMALL_WORDS: Final = re.compile(r"(?:\s+[a-z]+)+$")
_COUNTED: Final = re.compile("[\\d年月日号時时]\\Z")
_PLUS_INSIDE: Final = re.compile(r"\d\s*\+")
_MIXED: Final = re.compile(f"^[A-Za-z]{{1,2}}[{HAN}]|[{HAN}][A-WYZa-wyz][{HAN}]")
_TITLE_BEGINS: Final = "主医醫大护護教先女小太老师師院总總阿同技药科奶爷叔博某副处所警经"
_DECIMAL: Final = re.compile(r"\d{1,2}\.\d{1,2}")
_MONTH: Final = re.compile(r"(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mai)")
_DAY_IN_WORDS: Final = re.compile(
    r"(?i:jan|feb|mar(?:ch)?\b|apr|may|jun|jul|aug|sep|oct|nov|dec|mai|day|eve\b|christmas|easter|whitsun|thanksgiving|ramadan|eid\b|diwali"
    r"|passover|hanukkah|lent\b|first|second|third|th\b|twent|teen|noel|xmas)"
)
_MARKER: Final = re.compile(r"\b[Cc][Aa][ -]?\Z")
"""CA 19-9, CA 15-3 and their like are tumour markers."""
_DOSE: Final = re.compile(
    rf"\s?\d+(?:[.,]\d+)?\s?(?:{units.pattern(name.spelling for name in units.names('dose') if name.language != 'zh')})(?![A-Za-z])"
)
_BEGINS: Final = re.compile(r"(?:\A|[.!?:;)\n])\s{0,2}\Z")
_GOES_ON: Final = re.compile(r" [a-z]")
_DETERMINERS: Final = ("我", "贵", "貴", "本", "该", "該", "各")
"""Behind these stands what belongs to somebody, 我科 or 贵院, and no surname."""
_CROSSED_OUT: Final = frozenset("Xx×*＊_.-")
_LONGEST_UNIT: Final = 10
_LONGEST_DOSE: Final = 12
_LONGEST_ABBREVIATION: Final = 6
_NUMBER: Final = re.compile(r"\d+")
_ONLY_YEAR_OR_WEEKDAY: Final = re.compile(
    r"(?:1[89]|20)\d\d年?|(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?s?|(?:周|星期)[一二三四五六日天]",
    re.IGNORECASE,
)
_QUANTITY: Final = re.compile(
    r"\d ?(?:(?:%|mg|mcg|ug|ml|mL|kg|mmHg|mmol|cm|mm|bpm|units?|[kKmM]?I?U|g|L|tab(?:let)?s?|cap(?:sule)?s?|puffs?|pills?|drops?|cop(?:y|ies)|cells?|cfu|platelets)(?![A-Za-z\d])|拷贝|个|单位)"
)
_ROUND: Final = re.compile(r"\d+000")


def may_be_record(text: str, identifies: bool) -> bool:
    """Whether a text can be of a person's record: it holds a word that nearly every record holds, or identifies somebody.

    A long one holds many. Of whole records that the model was not made from none has fewer than 19 such words in a thousand,
    of chapters of textbooks one in eight has ten or more.
    """
    latin, chinese = _record_words()
    words = _LATIN.findall(text.lower())
    of_records = sum(word in latin for word in words)
    if not text.isascii():
        of_records += len(chinese.find_matches_as_indexes(text))
    n_words = len(words) + (0 if text.isascii() else count_han(text) / _HAN_A_WORD)
    if n_words < LONG:
        return identifies or of_records > 0
    return of_records >= LEAST_SHARE * n_words


LONG: Final = 300
"""Words from which on a text must be as rich in words of records as records are."""
LEAST_SHARE: Final = 0.01
_HAN_A_WORD: Final = 1.5
"""Chinese characters a word, roughly."""
_LATIN: Final = re.compile(r"[a-z/]+")


@cache
def _record_words() -> tuple[frozenset[str], Any]:
    from ahocorasick_rs import AhoCorasick

    words = RECORD_WORDS.read_text(encoding="utf-8").split()
    return frozenset(filter(str.isascii, words)), AhoCorasick([word for word in words if not word.isascii()])
