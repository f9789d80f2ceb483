"""Reads the labelled sentences of tests/nlp/data (their format is described at the top of sentences.en.txt)."""

from __future__ import annotations

import re
from pathlib import Path

from nlp.formats import AnnotatedText
from nlp.spans import Entity, Relation

DATA = Path(__file__).parent / "data"
LABELS = {
    "D": "disease", "S": "symptom", "R": "drug", "P": "procedure", "T": "test", "A": "anatomy", "G": "gene", "N": "dose",
}  # fmt: skip
FLAGS = {"n": "negated", "u": "uncertain", "h": "history", "f": "family"}
POLARITY = {"": "positive", "-": "negative", "?": "uncertain"}


def labelled_sentences(lang: str, name: str = "sentences") -> list[AnnotatedText]:
    """The labelled sentences of one language, "en" or "zh", of the set called "sentences" or "held_out"."""
    lines = (DATA / f"{name}.{lang}.txt").read_text(encoding="utf-8").splitlines()
    return [_parse(f"{lang}:{n}", line) for n, line in enumerate(lines, 1) if line.strip() and not line.startswith("#")]


def _parse(identifier: str, line: str) -> AnnotatedText:
    marked, _, arcs = line.partition(" ## ")
    marked = marked.strip()
    text, entities, position = "", [], 0
    for match in re.finditer(r"\[([^\[\]|]+)\|([A-Z])([a-z]*)\]", marked):
        text += marked[position : match.start()]
        start = len(text)
        text += match[1]
        flags = {FLAGS[flag]: True for flag in match[3]}
        entities.append(Entity(start, len(text), LABELS[match[2]], **flags))
        position = match.end()
    text += marked[position:]
    relations = []
    for arc in filter(None, (a.strip() for a in arcs.split(";"))):
        match = re.fullmatch(r"([a-z_]+)([-?]?) (\d+) (\d+)", arc)
        if not match:
            raise ValueError(f"{identifier}: {arc!r} is not a relation")
        relations.append(Relation(int(match[3]) - 1, int(match[4]) - 1, match[1], POLARITY[match[2]]))
    return AnnotatedText(identifier, text, tuple(entities), tuple(relations))
