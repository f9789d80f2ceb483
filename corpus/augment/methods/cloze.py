"""Fill the entity: a sentence of the text with one of its terms left out, and the term."""

from __future__ import annotations

from collections.abc import Iterator

from corpus.augment.parent import Parent
from corpus.augment.phrasing import phrase, pick
from corpus.augment.statements import statements
from corpus.augment.text import Augmented, Quote
from nlp.spans import Entity

LABELS = frozenset({"disease", "symptom", "drug", "procedure", "test", "anatomy", "gene"})
"""What may be left out: names, not amounts."""

PHRASINGS = {
    "en": (
        "Fill in the blank: {before}_____{after}\nAnswer: {term}",
        "Complete the sentence.\n{before}_____{after}\n\nMissing term: {term}",
    ),
    "zh": ("填空：{before}____{after}\n答案：{term}",),
}


def augment(parent: Parent) -> Iterator[Augmented]:
    """One text a sentence; the longest term of the sentence that stands in it once."""
    phrasings = PHRASINGS.get(parent.lang)
    if not phrasings:
        return
    for start, end in statements(parent):
        entity = _term(parent, start, end)
        if entity is None:
            continue
        slots = {
            "before": Quote(start, entity.start),
            "after": Quote(entity.end, end),
            "term": Quote(entity.start, entity.end),
        }
        yield phrase(parent, f"cloze/{parent.lang}", start, phrasings, slots)


def _term(parent: Parent, start: int, end: int) -> Entity | None:
    sentence = parent.text[start:end].lower()
    fitting = [
        entity
        for entity in parent.entities_in(start, end)
        if entity.label in LABELS and sentence.count(parent.text[entity.start : entity.end].lower()) == 1
    ]
    return fitting[pick(len(fitting), parent.id, start)] if fitting else None
