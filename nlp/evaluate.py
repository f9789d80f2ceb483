"""Measuring: strict span and type scores for entities, document-level scores for relations between concepts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from nlp.formats import AnnotatedText
from nlp.spans import Entity, Relation


@dataclass(frozen=True, slots=True)
class Score:
    """Counts of right, given and wanted answers."""

    right: int
    """Answers that are given and wanted."""
    given: int
    """Answers that are given."""
    wanted: int
    """Answers that are wanted."""

    @property
    def precision(self) -> float:
        """right / given; 0 when nothing is given."""
        return self.right / self.given if self.given else 0.0

    @property
    def recall(self) -> float:
        """right / wanted; 0 when nothing is wanted."""
        return self.right / self.wanted if self.wanted else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        both = self.given + self.wanted
        return 2 * self.right / both if both else 0.0


def score_entities(
    documents: Sequence[AnnotatedText],
    predicted: Sequence[Sequence[Entity]],
    merge: Mapping[str, str] | None = None,
    labels: Iterable[str] | None = None,
) -> dict[str, Score]:
    """Strict span and type scores, one a label and ``micro``.

    `merge` maps labels before counting (`nlp.labels.COARSE` for sets that call symptoms diseases); `labels` limits
    the count to those the set annotates (default: those that occur in its gold).
    """
    merge = merge or {}
    wanted_labels = set(labels) if labels is not None else {
        merge.get(entity.label, entity.label) for document in documents for entity in document.entities
    }  # fmt: skip
    right: Counter[str] = Counter()
    given: Counter[str] = Counter()
    wanted: Counter[str] = Counter()
    for document, entities in zip(documents, predicted, strict=True):
        gold = {(e.start, e.end, merge.get(e.label, e.label)) for e in document.entities}
        found = {(e.start, e.end, merge.get(e.label, e.label)) for e in entities}
        gold = {key for key in gold if key[2] in wanted_labels}
        found = {key for key in found if key[2] in wanted_labels}
        wanted.update(key[2] for key in gold)
        given.update(key[2] for key in found)
        right.update(key[2] for key in gold & found)
    scores = {label: Score(right[label], given[label], wanted[label]) for label in sorted(wanted_labels)}
    scores["micro"] = Score(right.total(), given.total(), wanted.total())
    return scores


def score_concept_relations(gold: Sequence[Iterable[object]], predicted: Sequence[Iterable[object]]) -> Score:
    """Micro scores over documents of sets of relations between concepts."""
    right = given = wanted = 0
    for wanted_set, given_set in zip(map(set, gold), map(set, predicted), strict=True):
        right += len(wanted_set & given_set)
        given += len(given_set)
        wanted += len(wanted_set)
    return Score(right, given, wanted)


def concept_pairs(
    text: str, entities: Sequence[Entity], relations: Iterable[Relation], label: str
) -> set[tuple[str, str]]:
    """(head concept, tail concept) of the relations with a label that the text does not deny.

    A mention of several concepts ("A|B") stands for each of them; mentions without a concept give none.
    """
    pairs: set[tuple[str, str]] = set()
    for relation in relations:
        head, tail = entities[relation.head], entities[relation.tail]
        if relation.label == label and relation.polarity != "negative" and head.label == "drug":
            for one in (head.concept_id or "").split("|"):
                pairs.update((one, other) for other in (tail.concept_id or "").split("|") if one and other)
    return pairs
