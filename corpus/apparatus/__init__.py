"""What serves the printed page and teaches nothing: citations of a list that is dropped, back matter, prompts, stubs.

    texts of one document ── stretches ──> (start, end, reason) in each

Words that name such parts stand in files by language beside this one: `headings` of back matter, `notices` that a paragraph
begins with or holds, `prompts` to look at something that is not here, `stubs` that are left in brackets without their link.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

WORDS = Path(__file__).with_name("words")
"""A folder a language."""
Stretch = tuple[int, int, str]
"""Start, end and reason."""
LARGEST_BACK_MATTER = 300
"""Words under a heading of back matter from which on something else must have slipped under it: it stays."""
_LEAST_CITATIONS = 4
"""Different numbers from which on they can be told to be citations by going up without gaps."""
_GAPLESS = 0.7
"""Share of the numbers up to the greatest that must occur; lists are cited whole, values are not."""


def stretches(texts: Sequence[str], references: bool) -> list[list[Stretch]]:
    """What is left out of the texts of one document, in order; `references`: it has a list of references, which is dropped."""
    cited = _citations(texts, references)
    found = []
    for text, marks in zip(texts, cited, strict=True):
        its = [*marks, *_back_matter(text), *_prompts(text), *_stubs(text)]
        found.append(_apart(text, sorted(its, key=lambda stretch: (stretch[0], -stretch[1]))))
    return found


def holds_text(text: str) -> bool:
    """Whether a text is more than headings."""
    return any(line.strip() and not line.startswith("#") for line in text.splitlines())


def _apart(text: str, ordered: Sequence[Stretch]) -> list[Stretch]:
    """Stretches that neither overlap nor touch; the last takes the space before it along when nothing follows."""
    apart: list[Stretch] = []
    for start, end, reason in ordered:
        if apart and start <= apart[-1][1]:
            start, end, reason = apart[-1][0], max(end, apart.pop()[1]), reason
        apart.append((start, end, reason))
    if apart and apart[-1][1] == len(text):
        apart[-1] = (len(text[: apart[-1][0]].rstrip()), len(text), apart[-1][2])
    return apart


@cache
def _words(kind: str) -> tuple[str, ...]:
    """The entries of all languages."""
    files = sorted(WORDS.glob(f"*/{kind}.txt"))
    return tuple(line for file in files for line in file.read_text("utf-8").split("\n") if line)


@cache
def _any_of(kind: str) -> str:
    return "|".join(re.escape(word) for word in sorted(_words(kind), key=len, reverse=True))


# Citations.

_NUMBERS = r"\d{1,3}(?:\s?[,，;–—-]\s?\d{1,3})*"
_RUN = re.compile(rf"\s?\[{_NUMBERS}\s?(?:\]+|(?=\[))(?:\s?\[{_NUMBERS}\s?(?:\]+|(?=\[)))*")
_NO_CITATION_AFTER = re.compile(r"(?:[\d%=<>≤≥±(]|\b(?:CI|IQR|range|interval|区间|范围))\s?$", re.IGNORECASE)
_LAST_WORD = re.compile(r"([^\W\d_]+)\W?$")
_RANGE = re.compile(r"(\d+)\s?[–—-]\s?(\d+)")
_NUMBER = re.compile(r"\d+")


def _citations(texts: Sequence[str], references: bool) -> list[list[Stretch]]:
    """The citations of each text: numbers in brackets, if the document has a list of references, or if its numbers, all
    taken together, begin at 1 and leave few out."""
    found: list[list[Stretch]] = []
    numbers: set[int] = set()
    for text in texts:
        its: list[Stretch] = []
        for match in _RUN.finditer(text):
            mark = match[0]
            cited = [int(number) for number in _NUMBER.findall(mark)]
            if 0 in cited or _has_a_part_in(text, match):
                continue
            numbers.update(cited)
            for first, last in _RANGE.findall(mark):
                numbers.update(range(int(first), min(int(last), int(first) + 20) + 1))
            its.append((match.start(), match.end(), "citation"))
        found.append(its)
    gapless = len(numbers) >= _LEAST_CITATIONS and 1 in numbers and len(numbers) >= _GAPLESS * max(numbers)
    return found if references or gapless else [[] for _ in texts]


def _has_a_part_in(text: str, match: re.Match[str]) -> bool:
    """Whether brackets are a value's, or their sentence needs them: `as shown in [5]`."""
    before = text[max(0, match.start() - 24) : match.start()]
    if _NO_CITATION_AFTER.search(before) or not before.strip() or before.endswith("\n"):
        return True
    last = _LAST_WORD.search(before)
    return match[0][0].isspace() and last is not None and last[1].lower() in _words("before")


# Back matter.

_BLOCK = re.compile(r"\S(?:[^\n]|\n(?![ \t]*\n))*")
_DATE = re.compile(
    r"\b\d{1,2}[ ./-](?:\d{1,2}|[A-Z][a-z]+)[ ,./-]+\d{4}\b|\b[A-Z][a-z]+ \d{1,2}, \d{4}\b|\d{4}[-/年.]\d{1,2}"
)
_HEADING = re.compile(r"#+\s*(?:[\dIVX]+(?:\.\d+)*[.)、]?\s+)?(.*?)[\s:：.]*")
_LONGEST_NOTICE = 260
"""Words of a paragraph that a notice may be; licences are long."""
_SOON = 240
"""Characters within which the words of a notice stand in a paragraph that is one; later ones begin it there."""
_SENTENCE_END = re.compile(r"[.!?]\s+|[。！？]\s*")
_LONGEST_LABELLED = 60
"""Words of a paragraph that only its label tells."""


def _back_matter(text: str) -> Iterator[Stretch]:
    """Headings of back matter with what is under them, and paragraphs that are notices."""
    blocks = [(match.start(), match.end()) for match in _BLOCK.finditer(text)]
    place = 0
    while place < len(blocks):
        start, end = blocks[place]
        block = text[start:end]
        last = place + 1
        if block.startswith("#"):
            if _is_back_heading(block):
                while last < len(blocks) and not text.startswith("#", blocks[last][0]):
                    last += 1
                if len(text[start : blocks[last - 1][1]].split()) <= LARGEST_BACK_MATTER:
                    yield _with_space(text, start, blocks[last - 1][1], "back matter")
                else:
                    last = place + 1
        elif not block.startswith("|") and (begin := notice_in(block)) is not None:
            yield _with_space(text, start + begin, end, "back matter")
        place = last


def _is_back_heading(line: str) -> bool:
    heading = _HEADING.fullmatch(line.split("\n")[0])
    return heading is not None and "\n" not in line.strip() and _plain(heading[1]) in _words("headings")


def _plain(text: str) -> str:
    return text.casefold().replace("’", "'").strip("*_ ")


def notice_in(paragraph: str) -> int | None:
    """Where the publisher's or the authors' word on the article begins in a paragraph (licence, dates, interests): 0 where it
    is all of it; None where there is none."""
    words = len(paragraph.split())
    if (held := _holds().search(paragraph)) and words <= _LONGEST_NOTICE:
        if held.start() <= _SOON:
            return 0
        return max((end.end() for end in _SENTENCE_END.finditer(paragraph, 0, held.start())), default=0)
    if words > _LONGEST_LABELLED:
        return None
    dated = len(_DATE.findall(paragraph)) >= 2 and len(_dated().findall(paragraph)) >= 2
    return 0 if dated or _labelled().match(paragraph) else None


@cache
def _holds() -> re.Pattern[str]:
    return re.compile(_any_of("notices"), re.IGNORECASE)


@cache
def _labelled() -> re.Pattern[str]:
    return re.compile(rf"[*_]*(?:{_any_of('headings')})[*_]*\s*[:：]", re.IGNORECASE)


@cache
def _dated() -> re.Pattern[str]:
    return re.compile(_any_of("dated"), re.IGNORECASE)


def _with_space(text: str, start: int, end: int, reason: str) -> Stretch:
    """A stretch with the space after it."""
    return start, len(text) - len(text[end:].lstrip()), reason


# Prompts and stubs.


@cache
def _prompt() -> re.Pattern[str]:
    english = (
        rf"(?:(?:{_any_of('prompts')}) (?:this|these|the following|our) (?:[\w-]+ ){{0,3}}?(?:{_any_of('media')})\b)"
    )
    chinese = rf"(?:(?:{_any_of('prompts')})[^。！？\n]{{0,12}}(?:{_any_of('media')}))"
    return re.compile(rf"(?:(?<=[.!?] )|(?<=[。！？])|(?<=\n)|^)(?:{english}|{chinese})[^.!?。！？\n]*[.!?。！？]?\s*")


def _prompts(text: str) -> Iterator[Stretch]:
    """Sentences that send the reader to something that is not in the text."""
    for match in _prompt().finditer(text):
        yield match.start(), match.end(), "prompt"


@cache
def _stub() -> re.Pattern[str]:
    words = rf"(?:{_any_of('stubs')})"
    return re.compile(rf" (?:\(\)|\[\]|[(\[]{words}(?:[\s,;.]+{words})*[\s,;.]*[)\]])(?=[\s.,;:]|$)", re.IGNORECASE)


def _stubs(text: str) -> Iterator[Stretch]:
    """Brackets that a link has been taken out of."""
    for match in _stub().finditer(text):
        yield match.start(), match.end(), "empty brackets"
