"""Abbreviation and full name, where the text itself gives both."""

from __future__ import annotations

import re
from collections.abc import Iterator

from corpus.augment.checks import balanced
from corpus.augment.parent import Parent
from corpus.augment.statements import POINTS
from corpus.augment.text import Augmented, Quote, phrase
from nlp.abbreviations import Abbreviation, find_abbreviations

PHRASINGS = {
    "en": (
        "What does {short} stand for in “{title}”?\nIt stands for {long}.",
        "Which words does the abbreviation {short} shorten here?\n“{sentence}”\nIt shortens “{long}”.",
        "Write out {short}.\n{sentence}\nSo {short} means {long}.",
        "Q: How is “{long}” abbreviated in the text?\nA: It is abbreviated {short}.",
        "Abbreviations used in “{title}”: {short} = {long}",
        "Short answer: give the full form of “{short}”. Full form: {long}.",
        "Full form: {long}\nShort form, as the text gives it: {short}",
        "{sentence}\n\nQuestion: what is the long form of {short}? Answer: {long}",
        "Spell out the abbreviation {short} as it is introduced in the text: {long}.",
        "In the passage, “{long}” is shortened. To what? To {short}.",
        "Find the abbreviation and its meaning.\n{sentence}\n{short}: {long}",
        "If you meet {short} further on in “{title}”, read it as “{long}”.",
        "What do the letters {short} mean here? {long}, as this sentence says: {sentence}",
        "List of abbreviations\n\n| short | long |\n| --- | --- |\n| {short} | {long} |",
    ),
    "zh": (
        "{short}是什么的缩写？\n是“{long}”的缩写。",
        "文中“{long}”的英文缩写是什么？\n是{short}。",
        "缩写：{short}\n全称：{long}",
        "问：{short}的中文全称？\n答：{long}。",
        "{sentence}\n由此可知，{short}即{long}。",
        "《{title}》用{short}表示什么？表示{long}。",
        "请写出缩写{short}在文中的全称：{long}。",
        "读句子，说明{short}的意思。\n{sentence}\n{short}指{long}。",
        "“{long}”在下文中简写为{short}。",
        "{long}怎样缩写？文中缩写为{short}。",
        "术语对照：{short}——{long}",
        "文中第一次出现{short}时给出的名称是“{long}”。",
    ),
}


def augment(parent: Parent) -> Iterator[Augmented]:
    """One text a definition of an abbreviation."""
    seen: set[str] = set()
    for found in find_abbreviations(parent.text, parent.entities, detector="own"):
        short, long_start = parent.text[found.short_start : found.short_end], _long_start(parent, found)
        long = parent.text[long_start : found.long_end]
        sentence = _sentence(parent, found)
        if sentence is None or short in seen or not _is_pair(short, long, parent.lang):
            continue
        seen.add(short)
        slots = {
            "short": Quote(found.short_start, found.short_end),
            "long": Quote(long_start, found.long_end),
            "sentence": sentence,
        }
        yield phrase(parent, f"abbreviation/{parent.lang}", found.short_start, PHRASINGS[parent.lang], slots)


_SMALL = re.compile(
    r"\b(?:also|called|known|followed|by|see|such|the|that|which|is|are|was|were|these|those)\b", re.IGNORECASE
)


def _is_pair(short: str, long: str, lang: str) -> bool:
    """A short form with capitals and a full name on one line that is a name: no clause, no number."""
    capitals = sum(c.isupper() for c in short) if re.fullmatch(r"[\w-]+", short) else 0
    plain = "\n" not in long and not re.search(r"[\d,;:.()，；。：（）]", long)
    return capitals >= 2 and plain and (lang == "zh" or (long.count(" ") > 0 and not _SMALL.search(long)))


_WORD_BEFORE = re.compile(r"([^\W\d_])[\w’-]*\s\Z")


def _long_start(parent: Parent, found: Abbreviation) -> int:
    """Where the full name starts: one word earlier when its initials then spell the short form (eastern equine
    encephalitis, EEE), which detectors miss when a later word begins with the same letter."""
    letters = parent.text[found.short_start : found.short_end].rstrip("s").lower()
    initials = "".join(re.findall(r"\b[^\W\d_]", parent.text[found.long_start : found.long_end])).lower()
    before = _WORD_BEFORE.search(parent.text, max(0, found.long_start - 40), found.long_start)
    if before and initials != letters and before[1].lower() + initials == letters:
        return before.start()
    return found.long_start


def _sentence(parent: Parent, found: Abbreviation) -> Quote | None:
    for start, end in parent.sentences:
        if start <= found.long_start and found.short_end <= end:
            sentence = parent.text[start:end]
            whole = balanced(sentence) and "\n" not in sentence and not POINTS.search(sentence)
            return Quote(start, end) if whole and end - start <= 400 else None
    return None
