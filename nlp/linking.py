"""Linking mentions to concepts of a vocabulary: the exact term first, then the most similar one by character n-grams.

Similarity is the cosine of TF-IDF weighted character trigrams, as in scispaCy's candidate generator, over the terms
that carry a concept; an inverted index keeps it small enough to search without an approximate index.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np

from nlp.spans import Entity
from nlp.tagging.folding import fold
from nlp.vocabulary import Term, built_in_terms


class Linker:
    """Finds the concept of a mention among the terms of a vocabulary."""

    def __init__(self, terms: Iterable[Term], *, threshold: float = 0.75) -> None:
        """Indexes the terms that have a concept; `threshold` is the least cosine of a link (0 to 1)."""
        self.threshold = threshold
        self._exact: dict[tuple[str, str], str] = {}
        names: dict[str, tuple[str, str]] = {}
        for term in terms:
            if term.concept_id:
                folded = fold(term.text)
                self._exact.setdefault((folded, term.label), term.concept_id)
                if not term.exact and len(folded) > 3:
                    names.setdefault(folded, (term.concept_id, term.label))
        self._concepts = list(names.values())
        grams = [_grams(name) for name in names]
        frequency: dict[str, int] = defaultdict(int)
        for row in grams:
            for gram in set(row):
                frequency[gram] += 1
        self._idf = {gram: math.log((1 + len(grams)) / (1 + n)) + 1 for gram, n in frequency.items()}
        postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for i, row in enumerate(grams):
            weights = self._weights(row)
            for gram, weight in weights.items():
                postings[gram].append((i, weight))
        self._postings = {
            gram: (np.array([i for i, _ in rows], np.int32), np.array([w for _, w in rows], np.float32))
            for gram, rows in postings.items()
        }
        self._link = lru_cache(maxsize=100_000)(self._search)

    def _weights(self, grams: Sequence[str]) -> dict[str, float]:
        counts: dict[str, float] = defaultdict(float)
        for gram in grams:
            if gram in self._idf:
                counts[gram] += self._idf[gram]
        norm = math.sqrt(sum(weight * weight for weight in counts.values()))
        return {gram: weight / norm for gram, weight in counts.items()} if norm else {}

    def concept(self, mention: str, label: str) -> tuple[str, float] | None:
        """(concept id, similarity) of a mention with a label of `nlp.labels`, or None when nothing is near enough."""
        return self._link(fold(mention), label)

    def _search(self, mention: str, label: str) -> tuple[str, float] | None:
        exact = self._exact.get((mention, label))
        if exact:
            return exact, 1.0
        scores = np.zeros(len(self._concepts), np.float32)
        grams = _grams(mention)
        total = len(grams)
        weights = self._weights(grams)
        # Unknown n-grams make a mention less like everything.
        known = sum(gram in self._idf for gram in grams) / total if total else 0.0
        for gram, weight in weights.items():
            rows, values = self._postings[gram]
            scores[rows] += weight * values
        scores *= known
        for i in np.argsort(-scores, kind="stable")[:8]:
            if scores[i] < self.threshold:
                return None
            concept, of_label = self._concepts[i]
            if of_label == label or {of_label, label} == {"disease", "symptom"}:
                return concept, float(scores[i])
        return None

    def link(self, text: str, entities: Sequence[Entity]) -> list[Entity]:
        """The entities, those without a concept linked where the vocabulary has one."""
        linked = []
        for entity in entities:
            if entity.concept_id is None and entity.label != "dose":
                found = self.concept(text[entity.start : entity.end], entity.label)
                if found:
                    entity = replace(entity, concept_id=found[0])
            linked.append(entity)
        return linked


def _grams(name: str) -> list[str]:
    padded = f"\u2402{name}\u2403"
    return [padded[i : i + 3] for i in range(len(padded) - 2)] if len(padded) > 3 else [padded]


@lru_cache(maxsize=1)
def built_in_linker() -> Linker:
    """The linker over the built-in vocabulary, built once a process."""
    return Linker(built_in_terms())
