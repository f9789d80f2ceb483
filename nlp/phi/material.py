"""Notes to learn identifiers from: invented people and numbers, put into sentences and forms that a grammar makes.

`templates/LANG.txt` is the grammar of a language. A line `= symbol` begins a symbol, each line below is one way to write
it. `<symbol>` stands for a symbol, `<a|b>` for one of the texts, `{KIND:form}` for a value of that kind, `{CARRIER}` for a
sentence of real clinical text in which nobody is named; `{EPONYM}`, `{ABBREVIATION}`, `{MEASURE}`, `{WORD}`, `{PAIR}` and
the other `FILLERS` for what looks like an identifier and is none, `\\n` and `\\t` for themselves, `¦` for an upright stroke. What a
value looks like is code, in `material_values`; the words that values are made of come from the lists that a trainer is given.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

TEMPLATES = Path(__file__).with_name("templates")
_CHOICE = re.compile(r"<([^<>]*)>")
FILLERS = frozenset(
    ["EPONYM", "ABBREVIATION", "MEASURE", "WORD", "PAIR", "CLIPPED", "BRAND", "MODEL", "NUMBER", "TIME"]
)
"""Slots that hold no identifier."""
_SLOT = re.compile(r"\{([A-Z_]+)(?::([a-z]+))?\}")


@dataclass(frozen=True, slots=True)
class LabelledNote:
    """A text and where its identifiers are."""

    text: str
    """The note."""
    spans: tuple[tuple[int, int, str], ...]
    """(start, end, kind) in order, without overlaps."""


_REDACTED = 0.03
"""Share of the notes that are redacted already: a placeholder is no identifier."""

Values = Callable[[str, str | None, random.Random], str]
"""(kind, form or None, source of chance) -> a value."""


def read_grammar(lang: str) -> dict[str, list[str]]:
    """Symbol -> the ways to write it, of one language."""
    grammar: dict[str, list[str]] = {}
    for line in (TEMPLATES / f"{lang}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("= "):
            ways = grammar.setdefault(line[2:].strip(), [])
        elif line and not line.startswith("#"):
            ways.append(line.replace("\\n", "\n").replace("\\t", "\t"))
    return grammar


class NoteMaker:
    """Makes labelled notes of one language."""

    def __init__(self, lang: str, values: Values, carriers: Sequence[str]) -> None:
        self._grammar = read_grammar(lang)
        self._values = values
        self._carriers = carriers

    def make(self, chance: random.Random) -> LabelledNote:
        """One note."""
        return self._fill(self._expand("<note>", chance), chance)

    def _expand(self, text: str, chance: random.Random) -> str:
        grammar: Mapping[str, list[str]] = self._grammar

        def one(match: re.Match[str]) -> str:
            inner = match[1]
            if inner in grammar:
                return chance.choice(grammar[inner])
            return "{CARRIER}" if inner == "carrier" else chance.choice(inner.split("|"))

        while _CHOICE.search(text):
            text = _CHOICE.sub(one, text)
        return text.replace("¦", "|")

    def _fill(self, template: str, chance: random.Random) -> LabelledNote:
        text, spans, position = "", [], 0
        redacted = chance.random() < _REDACTED
        for slot in _SLOT.finditer(template):
            text += template[position : slot.start()]
            position = slot.end()
            if slot[1] == "CARRIER":
                text += chance.choice(self._carriers)
                continue
            value = self._values(slot[1], slot[2], chance)
            if slot[1] in FILLERS:
                text += value
                continue
            if redacted:
                text += f"[{slot[1]}-{chance.randint(1, 9)}]"
                continue
            spans.append((len(text), len(text) + len(value), slot[1]))
            text += value
        return LabelledNote(text + template[position:], tuple(spans))


def with_noise(note: LabelledNote, chance: random.Random) -> LabelledNote:
    """The note as another hand or a reader of scans might have it: capitals, small letters, lines broken, blanks gone."""
    kind = chance.random()
    text = note.text
    if kind < 0.06:
        text = text.upper()
    elif kind < 0.09:
        text = text.lower()
    elif kind < 0.16:
        text = "".join("\n" if c == " " and chance.random() < 0.06 else c for c in text)
    elif kind < 0.20:
        text = "".join(_MISREAD.get(c, c) if chance.random() < 0.05 else c for c in text)
    return LabelledNote(text if len(text) == len(note.text) else note.text, note.spans)


_MISREAD = {
    "l": "1",
    "O": "0",
    "0": "O",
    "1": "l",
    "：": ":",
    "，": ",",
    ":": ";",
    ",": ".",
    "5": "S",
    "a": "o",
    "e": "c",
}
