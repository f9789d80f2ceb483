"""What the names of folders, files and addresses, and the fields of a file about itself, tell about a person.

A clinic files by patient: `notes/Okonkwo_Nnamdi_00123456_555-010-0199/letter.pdf`. No context says that these words are a
name, and no list holds all names; but the words that are *nobody's* are known. So a place is read the other way round: a
word of the language or of medicine tells nobody, whatever is left may tell somebody, and a long number beside it says that
it does. Nothing here looks at a text; `redact_sections` takes what was found out of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

from medpress.writing_systems import HAN, KANA
from nlp.phi.gazetteer import COMPOUND_SURNAMES, GIVEN_CHARACTERS, GIVEN_NAMES, NOT_CHINESE_NAMES, SURNAMES
from nlp.phi.kinds import PhiSpan, Policy, policy_for

WORDS = Path(__file__).with_name("words")
"""Words that are nobody's name, one a line: see its README."""
FEWEST_DIGITS = 6
"""A shorter number is a chapter, a year, a ward."""
MOST_DIGITS = 20
"""A longer one is a digest or a time stamp."""
LONGEST_PART = 300
"""Characters of a title or a name of a folder that are looked at."""

_ENDING = re.compile(r"(?:\.[A-Za-z][A-Za-z0-9]{1,4}){1,2}$")
_DIGEST = re.compile(
    r"(?<![^\W_])(?=[0-9a-f-]*\d)(?=[0-9a-f-]*[a-f])(?:[0-9a-f]{12,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?![^\W_])"
)
_SEPARATOR = re.compile(r"[/\\!#?&=;|]+")
_DIGITS = re.compile(r"\d+(?:[ .-]\d+)*")
_LONG_NUMBER = re.compile(r"\d(?:[ .-]?\d){5}|%")
_LATIN = re.compile(rf"[^\W\d_{HAN}{KANA}]+(?:['’][^\W\d_{HAN}{KANA}]+)*")
_CAMEL = re.compile(r"[^\W\d_a-zà-ÿ]?[a-zß-ÿ]+|[^\W\d_a-zß-ÿ]+(?![a-zß-ÿ])")
_HAN = re.compile(f"[{HAN}{KANA}·]+")
_OF_LITERATURE = re.compile(r"(?:pmc|pmid|nct|doi|isbn|issn|gse|chictr|isrctn|arxiv|nbk|nihms)[ _:.-]*$", re.IGNORECASE)
_DATE = re.compile(r"(?:1[89]|20)\d\d[ .-]?(?:0?[1-9]|1[0-2])[ .-]?(?:0?[1-9]|[12]\d|3[01])")


_ANY_LONG_NUMBER = re.compile(
    r"(?<![\d.,])(?:\+?\(?\d{1,4}\)?[ -]){0,2}\d{7,20}(?!\d|[.,]\d)"
    r"(?! ?(?:[/%×x]|(?:cop(?:y|ies)|cells?|cfu|units?|[kKmM]?I?U|m?[lL]|platelets)\b|拷贝|个|单位))"
)


class Told(NamedTuple):
    """Something that tells who somebody is."""

    kind: str
    """`NAME` or `OTHER_ID`, as in `nlp.phi.kinds`."""
    value: str
    """A word or words of a name; the digits of a number."""


@dataclass(frozen=True, slots=True)
class _Part:
    """What one folder, file name or field is made of."""

    words: tuple[str, ...]
    """Words that are not known to be nobody's, as written."""
    runs: tuple[tuple[str, ...], ...]
    """Two to four words in capitals that stand side by side, known or not."""
    numbers: tuple[str, ...]
    """Digits of numbers that may identify."""
    has_whole_name: bool
    """Whether a Chinese word, or two words in capitals side by side of which one is not known, stands in it."""
    looks_like_name: bool
    """Whether it is made like a name: a usual given name beside a word that is nobody's, or a surname before its characters."""


def told_by(
    places: Sequence[str], fields: Sequence[str], people: Sequence[str], policy: Policy, is_note: bool
) -> list[Told]:
    """What a document's surroundings tell about the person in it, sorted; nothing where they speak of nobody.

    `places` are uris and addresses, `fields` what the file says of itself (its title), `people` whom it names as its
    authors. They speak of somebody when a number of `FEWEST_DIGITS` stands beside a word that may be a name, or when the
    document is a note; where `policy` is thorough, also when something is made like a name. Where it is precise one word
    beside a number is not enough: so publishers call their articles (`pone.0123456`).
    """
    if policy == "precise" and not is_note and not _LONG_NUMBER.search("\n".join((*places, *fields))):
        return []  # spares what is filed by subject the closer look
    parts = [_part(text) for place in places for text in components(place)]
    parts += [_part(field[:LONGEST_PART]) for field in fields if field]
    names = [word for part in parts for word in part.words]
    numbers = [number for part in parts for number in part.numbers]
    if is_note or (names and numbers and (policy == "thorough" or any(part.has_whole_name for part in parts))):
        named = [_part(person[:LONGEST_PART]) for person in people]
        every = [*parts, *(named if policy == "thorough" else ())]
        values = {Told("NAME", word) for part in every for word in part.words}
        values |= {Told("NAME", " ".join(run)) for part in every for run in part.runs}
        return sorted(values | {Told("OTHER_ID", number) for number in numbers})
    if policy == "thorough":
        alike = [part for part in parts if part.looks_like_name]
        return sorted({Told("NAME", word) for part in alike for word in (*part.words, *map(" ".join, part.runs))})
    return []


def collection_name(name: str) -> str | None:
    """A folder's, file's or host's name where it is sure to be nobody's, as the name of a collection; else None.

    All its words are known, none is a given name, no number in it is long. Of a host name the registered domain counts,
    because boilerplate is that of a site; what stands before it may be a person's.
    """
    if _HOST.fullmatch(name):
        return _domain(name.lower())
    part = _part(name)
    words = [word.lower() for word in _LATIN.findall(name)]
    if part.words or part.numbers or any(word in GIVEN_NAMES for word in words):
        return None
    return name if sum(c.isdigit() for c in name) <= FEWEST_DIGITS and name.isprintable() else None


_HOST = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.(?:com|org|net|edu|gov|int|info|io|eu|[a-z]{2})(?:[:_]\d+)?")
_SECOND = frozenset(["ac", "co", "com", "edu", "gov", "net", "nhs", "org"])


def _domain(host: str) -> str | None:
    """`nice.org.uk` of `www.nice.org.uk`; None for one that is made like a person's name or holds a long number."""
    labels = re.sub(r"[:_]\d+$", "", host).split(".")
    own = -3 if len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND else -2
    words = [word for word in re.split(r"[-\d]+", labels[own]) if word] if len(labels) >= -own else []
    numbers = _part(labels[own]).numbers if words else ()
    named = any(word in GIVEN_NAMES for word in words) and len(words) > 1
    return None if not words or numbers or named else ".".join(labels[own:])


def components(place: str) -> list[str]:
    """The folders, members, file and queries of a uri or an address, each without its ending."""
    text = unquote(place.partition("://")[2] or place)
    return [_DIGEST.sub(" ", _ENDING.sub("", part))[:LONGEST_PART] for part in _SEPARATOR.split(text) if part.strip()]


@lru_cache(maxsize=65_536)
def _part(text: str) -> _Part:
    latin = _LATIN.findall(text)
    words: list[str] = []
    for whole in latin:
        if whole.islower() or whole.istitle() or whole.isupper():
            words += [] if _is_nobodys(whole) else [whole]
            continue
        unknown = [piece for piece in _CAMEL.findall(whole) if not _is_nobodys(piece)]
        words += [*unknown, whole] if unknown and not _is_nobodys(whole) else unknown
    chinese = [] if text.isascii() else [name for run in _HAN.findall(text) for name in _unknown_chinese(run)]
    runs = tuple(_capital_runs(text)) if words else ()
    whole = bool(chinese) or any(word in words for run in runs for word in run)
    like = any(_is_like_a_name(run) for run in runs) or any(_is_chinese_name(name) for name in chinese)
    return _Part(tuple(dict.fromkeys(words + chinese)), runs, tuple(_numbers(text)), whole, like)


@lru_cache(maxsize=65_536)
def _is_nobodys(word: str) -> bool:
    lower = word.lower()
    if lower in GIVEN_NAMES:
        return False
    return len(word) < 2 or (len(word) == 2 and word != word.capitalize()) or lower in _known("en") or _is_term(lower)


def _capital_runs(text: str) -> Iterator[tuple[str, ...]]:
    """Two to four capitalised words side by side, separated as file names and titles do, as long as the row goes."""
    row: list[str] = []
    end = 0
    for match in _LATIN.finditer(text):
        beside = row and len(text[end : match.start()]) <= 2 and not re.search(r"[\d/]", text[end : match.start()])
        if not match.group()[0].isupper() or not beside:
            if 2 <= len(row) <= 4:
                yield tuple(row)
            row = []
        if match.group()[0].isupper():
            row.append(match.group())
        end = match.end()
    if 2 <= len(row) <= 4:
        yield tuple(row)


def _is_like_a_name(run: Sequence[str]) -> bool:
    """A usual given name beside a word that is nobody's known."""
    pairs = [*pairwise(run), *pairwise(tuple(reversed(run)))]
    return any(one.lower() in GIVEN_NAMES and other.lower() not in _known("en") for one, other in pairs)


def _unknown_chinese(run: str) -> Iterator[str]:
    """What is left of a run of Chinese characters when the longest known words are taken out of it, in pieces of two or more.

    The given name behind a surname may be made of such words (中, 新, 白芷): a short one does not end what may be a name.
    """
    rest, at = "", 0
    while at < len(run):
        size = next((n for n in range(min(8, len(run) - at), 0, -1) if _is_chinese_word(run[at : at + n])), 0)
        may_be_given = size and rest[:1] in SURNAMES and len(rest) + size <= 3
        if size and not (rest and may_be_given):
            yield from _pieces(rest)
            rest, at = "", at + size
        else:
            size = size or 1
            rest, at = rest + run[at : at + size], at + size
    yield from _pieces(rest)


def _pieces(rest: str) -> Iterator[str]:
    """What was left, and without a known character at its end."""
    if len(rest) > 1:
        yield rest
    if len(rest) > 2 and rest[-1] in _known("zh"):
        yield rest[:-1]


def _is_chinese_word(text: str) -> bool:
    return text in _known("zh") or text in NOT_CHINESE_NAMES or (len(text) > 1 and _is_term(text))


def _is_chinese_name(text: str) -> bool:
    if text in NOT_CHINESE_NAMES or not 2 <= len(text) <= 4:
        return False
    given = text[2:] if text[:2] in COMPOUND_SURNAMES else text[1:] if text[0] in SURNAMES else ""
    return 1 <= len(given) <= 2 and all(c in GIVEN_CHARACTERS for c in given)


def _numbers(text: str) -> Iterator[str]:
    """Digits of what may be a record number or a telephone: no date, no book, no article."""
    for match in _DIGITS.finditer(text):
        if _OF_LITERATURE.search(text[: match.start()]):
            continue
        short: list[str] = []
        for group in [*re.findall(r"\d+", match.group()), ""]:
            if 0 < len(group) < FEWEST_DIGITS:
                short.append(group)
                continue
            joined = "".join(short)
            if len(joined) > FEWEST_DIGITS and not _DATE.match("-".join(short)):
                yield joined[:MOST_DIGITS]
            short = []
            if FEWEST_DIGITS <= len(group) <= MOST_DIGITS and not _is_book(group) and not _DATE.fullmatch(group):
                yield group


def _is_book(digits: str) -> bool:
    """Whether digits are an ISBN-13, by its check digit."""
    if len(digits) != 13 or digits[:3] not in ("978", "979"):
        return False
    return sum(int(digit) * (1 + 2 * (place % 2)) for place, digit in enumerate(digits)) % 10 == 0


def told_of(row: Mapping[str, Any]) -> list[Told]:
    """`told_by` of a row of documents: needs `uris`, `title`, `authors`, `identifiers` and `source_type`."""
    stated = {pair["name"]: pair["value"] for pair in row["identifiers"] or ()}
    places = [*row["uris"], *([stated["url"]] if "url" in stated else [])]
    fields = [row["title"] or "", stated.get("note_id", "")]
    kind = row["source_type"]
    return told_by(places, fields, row["authors"] or (), policy_for(kind), kind == "note")


@dataclass(frozen=True, slots=True)
class Finder:
    """Finds in texts what was told of a person: each word and number of it, in any case and with any separators.

    Where somebody is told, any other long number is his too, or his sister's telephone, unless it counts something.
    """

    pattern: re.Pattern[str]
    kinds: Mapping[str, str]
    """Kind by the name of the group that matched."""

    def find(self, text: str) -> list[PhiSpan]:
        """All places; they may overlap."""
        spans = [PhiSpan(m.start(), m.end(), self.kinds[m.lastgroup or ""]) for m in self.pattern.finditer(text)]
        return [*spans, *(PhiSpan(*m.span(), "OTHER_ID") for m in _ANY_LONG_NUMBER.finditer(text))]


def finder_of(told: Sequence[Told]) -> Finder | None:
    """A finder of what was told; None when that is nothing."""
    by_kind: dict[str, list[str]] = {}
    for kind, value in sorted(told, key=lambda each: (-len(each.value), each)):
        by_kind.setdefault(kind, []).append(_as_pattern(kind, value))
    if not by_kind:
        return None
    groups = {f"kind{number}": kind for number, kind in enumerate(by_kind)}
    alternatives = (f"(?P<{name}>{'|'.join(by_kind[kind])})" for name, kind in groups.items())
    return Finder(re.compile("|".join(alternatives)), groups)


def _as_pattern(kind: str, value: str) -> str:
    if kind != "NAME":
        return r"(?<!\d)" + r"[ .-]?".join(value) + r"(?!\d)"
    if _HAN.match(value):
        return re.escape(value)
    words = r"[\s_,.-]{1,3}".join(re.escape(word) for word in value.split())
    # A short word in small letters is one of the language, or a unit.
    return rf"(?<![^\W\d_]){words if len(value) < 3 else f'(?i:{words})'}(?![^\W\d_])"


@cache
def _known(language: str) -> frozenset[str]:
    return frozenset((WORDS / f"{language}.txt").read_text(encoding="utf-8").split())


def _is_term(word: str) -> bool:
    return word in _terms()


@cache
def _terms() -> frozenset[str]:
    """Words of the terms of medicine in small letters, and the Chinese terms whole."""
    from nlp.vocabulary import built_in_terms

    words: set[str] = set()
    for term in built_in_terms():
        if term.text.isascii():
            words.update(re.findall(r"(?<![A-Za-z])[a-z]{4,}", term.text))
        else:
            words.add(term.text.lstrip("~"))
    return frozenset(words)
