"""How medical a passage is: the share of its text that medical terms cover."""

from __future__ import annotations

from collections.abc import Sequence

from nlp.spans import Entity


def medical_density(text: str, entities: Sequence[Entity]) -> float:
    """Share of the characters of `text`, white space apart, that lie in an entity: 0.0 to 1.0.

    General prose lies below 0.02, textbooks of medicine around 0.1 to 0.3.
    """
    letters = len(text) - text.count(" ") - text.count("\n")
    if letters <= 0:
        return 0.0
    covered = sum(entity.end - entity.start for entity in entities)
    return min(1.0, covered / letters)
