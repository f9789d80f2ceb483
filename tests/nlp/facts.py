"""Sentences that state a fact or deny one: wordings of notes, articles and textbooks, each filled four times.

The halves `dev` and `look` may be looked at; of `test` and `unseen` no error was printed. `look` and `unseen` were written
after the first rules and before the second, by one hand with these: they are no independent estimate.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nlp.annotation import Annotation

FILLINGS = {
    "en": (
        ("hypertension", "asthma", "aspirin", "metformin"),
        ("diabetes", "pneumonia", "prednisone", "warfarin"),
        ("migraine", "heart failure", "amoxicillin", "digoxin"),
        ("epilepsy", "anemia", "ibuprofen", "morphine"),
    ),
    "zh": (
        ("糖尿病", "高血压", "阿司匹林", "二甲双胍"),
        ("哮喘", "肺炎", "泼尼松", "华法林"),
        ("偏头痛", "心力衰竭", "阿莫西林", "地高辛"),
        ("癫痫", "贫血", "布洛芬", "吗啡"),
    ),
}
"""By language: a disease, another one, a drug, another one."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence and the fact that it states."""

    text: str
    """The wording, filled."""
    lang: str
    """`en` or `zh`."""
    fact: tuple[str, frozenset[str]] | None
    """Label and the two mentions; None where the sentence states no positive relation."""


def sentences(half: str) -> Iterator[Sentence]:
    """The sentences of one half: `dev`, `test`, `look` or `unseen`."""
    for line in (Path(__file__).parent / "data" / "facts.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        of, lang, right, wording = line.split("\t")
        if of != half:
            continue
        for filling in FILLINGS[lang]:
            names = dict(zip("DETU", filling, strict=True))
            text = wording.format(**names)
            label, *arguments = right.split()
            fact = (label, frozenset(names[name] for name in arguments)) if arguments else None
            yield Sentence(text[0].upper() + text[1:], lang, fact)


def positive(annotation: Annotation) -> set[tuple[str, frozenset[str]]]:
    """Label and mentions, in small letters, of the positive relations of treatment and cause."""
    return {
        (r.label, frozenset(annotation.mention(annotation.entities[i]).lower() for i in (r.head, r.tail)))
        for r in annotation.relations
        if r.polarity == "positive" and r.label in ("treats", "causes")
    }
