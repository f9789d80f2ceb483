"""What is said of a text: its entities with their context, and the relations between them.

    text ── tagger ── entities ── context (negated, uncertain, history, family) ── extractor ── relations

A tagger alone knows no context: `nlp.tag` gives the whole answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nlp import context
from nlp.relations import RelationExtractor
from nlp.spans import Entity, Relation


@dataclass(frozen=True, slots=True)
class Annotation:
    """A text and what is said of it."""

    text: str
    """The text as it was given."""
    lang: str
    """ISO 639-1, given or detected; `und` when it cannot be told."""
    entities: tuple[Entity, ...]
    """Mentions, sorted by start, without overlaps, with their context."""
    relations: tuple[Relation, ...]
    """Relations between them, which they name by their places in `entities`."""

    def mention(self, entity: Entity) -> str:
        """The stretch of the text that an entity is."""
        return self.text[entity.start : entity.end]


def annotate(text: str, tagged: Sequence[Entity], extractor: RelationExtractor | None, lang: str) -> Annotation:
    """A text with what a tagger found in it, in context, and what an extractor finds between these; none without one."""
    entities = context.annotate(text, tagged, lang)
    relations = extractor.extract(text, entities) if extractor else []
    return Annotation(text, lang, tuple(entities), tuple(relations))
