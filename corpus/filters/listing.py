"""Lists that point elsewhere and teach nothing by themselves: keys of answers, contents, indexes, and code."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from medpress.ranges import Share
from medpress.writing_systems import HAN

if TYPE_CHECKING:
    from corpus.filters.view import View


@dataclass(frozen=True, kw_only=True)
class ListingThresholds:
    """Shares; a key with explanations, a list of codes or of values has little of any."""

    max_key_share: Share = 0.8
    """Share of the words that are numbers and answers (a letter of A to J, true or false), where both are frequent."""
    max_page_line_share: Share = 0.6
    """Share of the lines that end in the number of a page: behind leaders, growing unevenly down the page (contents), or after
    a comma (an index). Where lines were run together, the share of the text that such entries make up."""
    max_code_line_share: Share = 0.5
    """Share of the lines that are a programme's, a style sheet's, a log's or markup."""


_WORD = re.compile(r"[^\W_]+")
_GLUED = re.compile(r"(?<![^\W_])(\d{1,3})(?=[A-Ja-j](?![^\W_]))")
"""The number of an answer that stands against it: `12C`."""
_ANSWER = re.compile(r"[A-Ja-j]|[A-E]{2,}|[Tt]rue|[Ff]alse|TRUE|FALSE|对|错|正确|错误|√|×")
_LEAST_WORDS = 16
_LEAST_ANSWERS = 0.25
_LEAST_LINES = 5
_LONG_LINE = 200
"""Characters of a line that is a sentence, or several."""
_RULE = "|-: "
_LEADERS = re.compile(r"(?:\.{4,}|(?:\. ){3,}|…{2,}|·{4,}|-{4,}|_{4,})\s*(?:\d{1,4}|[ivxl]+)$")
_LED = 40
_RUN_ON = 40
"""Characters from which on a line may hold several entries."""
_PAGE = re.compile(r"(?<=[^\d\s|.,，+–/-])[\s|]{1,9}(\d{1,4})\Z")
_INDEXED = re.compile(r"[,，]\s?\d{1,4}(?:[-–]\d{1,4})?\Z")
_NEXT = r"\s+(?:\d{1,2}\.\d{1,2}\.?\s+)?[^\w\s]?[A-Z\u00c0-\u00de\u0391-\uffff]"
_ENTRY_END = re.compile(
    rf"[^\W\d_][)\]'’\"]?\s\d{{1,4}}(?={_NEXT})|[,，]\s?\d{{1,4}}(?:[-–]\d{{1,4}})?(?={_NEXT}|[【{HAN}])"
)
"""A page where a list was run together: the next entry begins with a capital, a Chinese character or the number of a section."""
_TAIL = 24
"""Characters at the end of a line in which a page stands."""
_GROWS = 0.9
_UNEVEN = 3
"""Different distances between the pages of a list of contents; a ladder of doses has one or two."""
_CODE = re.compile(
    r".*[({=][^.。]*;$|.*\{$|^[})\];]+$|^\{\".*\}?,?$|^</?[A-Za-z!?][^>]*>"
    r"|^(?:import|from|def|class|return|function|var|let|const|public|private|static|package|#include|elif|else:|if|for|while|try:)"
    r"\b.*[:;({=.]\S*$"
    r"|^(?:import|from)\s+[\w.]+(?:\s+(?:as|import)\s+[\w.*]+)?$|^return\s[\w.()\[\]\"', ]+$"
    r"|^(?:SELECT|FROM|WHERE|JOIN|LEFT JOIN|INNER JOIN|GROUP BY|ORDER BY|INSERT INTO|UPDATE|DELETE FROM|CREATE TABLE)\b"
    r"|^[\w.\[\]\"']+\s*=\s*[\w.]+[\[(].*$|^[\w.]+\(.*\)$"
    r"|^\"[\w-]+\"\s*:\s*.+$"
    r"|^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S*\s+\W?[A-Z]{4,5}\b|^at [\w$]+(?:\.[\w$<>]+)+\("
    r"|^[.#@]?[\w-]+(?:[\s.:#>,][\w.:#-]+)*\s*\{.*\}$"
)


def score(view: View) -> dict[str, float]:
    """`key_share` from 16 words on, the others from five lines on."""
    scores = {"key_share": _key_share(view.text)}
    lines = [line for line in view.lines if line[0] != "#" and line.strip(_RULE)] or view.lines
    run_on = _run_on_share(view)
    if len(lines) >= _LEAST_LINES:
        short = [line for line in lines if len(line) < _LONG_LINE]
        scores["page_line_share"] = max(len(_page_lines(short)) / len(lines), run_on)
        scores["code_line_share"] = sum(_CODE.match(line) is not None for line in short) / len(lines)
    elif run_on:
        scores["page_line_share"] = run_on
    return scores


def _run_on_share(view: View) -> float:
    """Share of the characters that stand in entries of a list of pages whose lines were run together.

    In one line nothing but their order tells entries from values: pages grow, and an index is in the order of the alphabet.
    """
    entries: list[str] = []
    for line in view.running:
        ends = [0, *(found.end() for found in _ENTRY_END.finditer(line)), len(line)] if len(line) >= _RUN_ON else []
        if len(ends) > _LEAST_LINES:
            entries += [piece for start, end in pairwise(ends) if (piece := line[start:end].strip())]
    found = _page_lines([entry for entry in entries if len(entry) < _LONG_LINE])
    if not found:
        return 0.0
    if _INDEXED.search(found[0][-_TAIL:]):
        first = [entry[:1].casefold() for entry in found]
        if sum(one <= other for one, other in pairwise(first)) < _GROWS * (len(first) - 1):
            return 0.0
    return sum(map(len, found)) / sum(map(len, view.lines))


def _key_share(text: str) -> float:
    """Share of the numbers and answers among the words, or 0 where one of the two is rare."""
    if sum(map(text.count, "0123456789")) < _LEAST_ANSWERS * (text.count(" ") - 2 * text.count("|")):
        return 0.0
    words = _WORD.findall(_GLUED.sub(r"\1 ", text))
    numbers = sum(map(str.isdecimal, words))
    answers = sum(_ANSWER.fullmatch(word) is not None for word in words)
    if len(words) < _LEAST_WORDS or min(numbers, answers) < _LEAST_ANSWERS * len(words):
        return 0.0
    return (numbers + answers) / len(words)


def _page_lines(lines: list[str]) -> list[str]:
    """Lines of contents, or of an index, whichever are more."""
    ends = [line for line in lines if line[-1] in "0123456789|ivxl"]
    if len(ends) < _LEAST_LINES:
        return []
    led = [line for line in ends if _LEADERS.search(line[-_LED:])]
    paged = [(line, int(found.group(1))) for line in ends if (found := _PAGE.search(line.rstrip(_RULE)[-_TAIL:]))]
    steps = [after - before for (_, before), (_, after) in pairwise(paged)]
    grows = len(steps) >= _LEAST_LINES - 1 and sum(step > 0 for step in steps) >= _GROWS * len(steps)
    contents = [line for line, _ in paged] if grows and len(set(steps)) >= _UNEVEN else []
    contents = list(dict.fromkeys([*led, *contents]))
    indexed = [line for line in ends if _INDEXED.search(line[-_TAIL:])]
    return indexed if len(indexed) >= max(_LEAST_LINES, len(contents) + 1) else contents
