"""What annotation hands on: spans of a text and relations between them, as offsets, never as copies of the text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entity:
    """A mention: ``text[start:end]`` is exactly the mention, in Python (code point) offsets."""

    start: int
    """Offset of the first character."""
    end: int
    """Offset after the last character."""
    label: str
    """One of `nlp.labels.ENTITY_LABELS` (a tagger loaded from elsewhere may bring labels of its own)."""
    concept_id: str | None = None
    """Concept in the vocabulary, for example ``DOID:9352`` or ``MESH:D003000``; None when unknown."""
    negated: bool = False
    """The text says that it is absent ("no fever", 无发热)."""
    uncertain: bool = False
    """The text says that it may be so ("possible pneumonia", 考虑肺炎)."""
    history: bool = False
    """It belongs to the past of the patient ("history of stroke", 既往有高血压)."""
    family: bool = False
    """It is somebody else's in the family ("mother had breast cancer", 父亲患糖尿病)."""
    score: float = 1.0
    """Probability that span and label are right, 0 to 1; 1.0 where the tagger gives none."""


@dataclass(frozen=True, slots=True)
class Relation:
    """A directed relation between two entities of one list, named by their indexes in that list."""

    head: int
    """Index of the first entity."""
    tail: int
    """Index of the second entity."""
    label: str
    """One of `nlp.labels.RELATION_LABELS`."""
    polarity: str = "positive"
    """``positive``, ``negative`` (the text denies it) or ``uncertain`` (the text only suspects it)."""
    score: float = 1.0
    """Probability that the relation and both mentions are right, 0 to 1."""
    evidence_start: int = 0
    """Offset where the evidence (the stretch of text that says it) starts."""
    evidence_end: int = 0
    """Offset after the evidence."""
    rule: str = ""
    """Identifier of the rule or model that found it, for example ``treats/en/indicated-for`` or ``linear/1``."""
