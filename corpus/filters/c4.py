"""What C4 removed (Raffel et al. 2020, arXiv 1910.10683, section 2.2), as scores: code, placeholders, notices."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from medpress.ranges import Amount, Share

if TYPE_CHECKING:
    from ahocorasick_rs import AhoCorasick

    from corpus.filters.view import View


@dataclass(frozen=True, kw_only=True)
class C4Thresholds:
    """C4 drops a page for one brace; formulas have them too, so density decides here."""

    max_braces: Amount = 20.0
    """Curly braces in 1,000 characters, formulas between dollar signs aside."""
    max_lorem_ipsum: Amount = 0.0
    """Times that the placeholder text begins."""
    max_notice_share: Share = 0.5
    """Share of lines that are menu entries or notices about scripts, cookies, privacy, terms, logging in, buying (C4 removes
    such lines)."""
    min_terminal_share: Share = 0.0
    """Share of prose lines that end in a full stop, question or exclamation mark or a quote (C4: all; off by default)."""


INTERFACE = Path(__file__).with_name("interface")
"""Words of menus and notices, a file a language."""
_FORMULA = re.compile(r"\$[^$\n]{1,400}\$")
_LINK = re.compile(r"\[([^\[\]\n]*)\]\([^()\n]*\)")
_BETWEEN = re.compile(r"\s*[|>»·›\t]\s*|:\s+|：")
_BULLET = re.compile(r"[-*•]\s+")
_TERMINAL = (".", "!", "?", '"', "”", "。", "！", "？", "」", "』")
_LEAST_LINES = 4
_LONG_LINE = 200
"""A longer line is a paragraph that mentions cookies, not a notice."""


@cache
def _interface() -> tuple[frozenset[str], tuple[str, ...], AhoCorasick]:
    """Whole menu entries, and the phrases that make a line a notice, with what finds them."""
    from ahocorasick_rs import AhoCorasick  # help does without

    files = sorted(INTERFACE.glob("*.txt"))
    lines = [line for file in files for line in file.read_text(encoding="utf-8").lower().splitlines()]
    phrases = tuple(sorted({line[1:] for line in lines if line.startswith("~")}))
    return frozenset(line for line in lines if line and line[0] not in "~#"), phrases, AhoCorasick(phrases)


def _notices(text: str) -> set[int]:
    """Where the lines begin that a phrase of a notice stands in, as whole words, in a text in lower case."""
    _, phrases, finder = _interface()
    starts = set()
    for number, start, end in finder.find_matches_as_indexes(text, overlapping=True):
        word = phrases[number].isascii() and phrases[number][0].isalpha()
        inside = word and (text[start - 1 : start].isalnum() or text[end : end + 1].isalnum())
        if not inside:
            starts.add(text.rfind("\n", 0, start) + 1)
    return starts


def _entries(line: str) -> tuple[int, int]:
    """How many entries a line in lower case has, and how many of them are known from menus."""
    known = _interface()[0]
    line = _LINK.sub(r"\1", line) if "](" in line else line
    line = _BULLET.sub("", line, count=1)
    parts = [part for part in _BETWEEN.split(line) if part]
    hits = sum(part.strip(" .:") in known for part in parts)
    return (len(parts), hits) if hits > 1 else (1, hits)


def _notice_share(view: View) -> float | None:
    """Share of the entries that are known from menus or are notices; None below four."""
    text = "\n".join(view.running).lower()
    notices = _notices(text)
    start = total = hits = 0
    for line in text.split("\n"):
        count, known = 1, 0
        if len(line) < _LONG_LINE:
            count, known = (1, 1) if start in notices else _entries(line)
        start += len(line) + 1
        total, hits = total + count, hits + known
    return hits / total if total >= _LEAST_LINES else None


def score(view: View) -> dict[str, float]:
    """Scores of the text; those by line only from four lines, or entries of a line, on."""
    text = view.text
    scores = {"lorem_ipsum": float(text.lower().count("lorem ipsum")) if "psum" in text else 0.0}
    braces = 0
    if "{" in text or "}" in text:
        plain = _FORMULA.sub("", text)
        braces = plain.count("{") + plain.count("}")
    scores["braces"] = 1000 * braces / max(1, len(text))
    if (notices := _notice_share(view)) is not None:
        scores["notice_share"] = notices
    if len(view.prose) >= _LEAST_LINES:
        scores["terminal_share"] = sum(line.endswith(_TERMINAL) for line in view.prose) / len(view.prose)
    return scores
