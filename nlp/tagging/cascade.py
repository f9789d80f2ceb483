"""The default tagger: the lexicon on every text, a CRF on the sentences where it pays.

The lexicon knows eight labels and costs almost nothing; the CRF knows the labels of its training set better and costs
fifty times as much. A sentence goes to the CRF when the lexicon found something in it, or when one of its words looks
like a medical word (an ending such as -itis, an abbreviation); a text without any medical term never does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from nlp.abbreviations import spread_definitions
from nlp.spans import Entity
from nlp.tagging.crf import BilingualCrf, CrfTagger, load_crf
from nlp.tagging.density import medical_density
from nlp.tagging.lexicon import LexiconTagger
from nlp.vocabulary import built_in_terms

# Mentions of these kinds say that a sentence is worth a model; a body part or a test alone does not.
_WORTH: Final[frozenset[str]] = frozenset({"disease", "symptom", "drug"})
_MIN_DENSITY: Final[float] = 0.02
# Words that the vocabulary may not know and that look medical: chemical names and abbreviations in capitals.
_HINT: Final[re.Pattern[str]] = re.compile(
    r"\b(?:[a-z]+(?:ine|ide|ate|ole|one|ol|in|am|an|ic acid|itis|osis|emia|opathy|oma|uria|toxic\w*|lesions?)|[A-Z][A-Z0-9-]{1,5})\b"
)


class CascadeTagger:
    """Lexicon everywhere, CRF where it pays."""

    name = "cascade"

    def __init__(self, lexicon: LexiconTagger, crf: CrfTagger | BilingualCrf) -> None:
        self._lexicon = lexicon
        self._crf = crf
        self._crf_labels = crf.labels if isinstance(crf, CrfTagger) else None
        self.version = f"{lexicon.version}/{crf.version}"

    def tag(self, texts: Sequence[str]) -> list[list[Entity]]:
        """Entities of each text."""
        return [
            self._tag_one(text, entities) for text, entities in zip(texts, self._lexicon.tag(texts), strict=True)
        ]

    def _tag_one(self, text: str, entities: list[Entity]) -> list[Entity]:
        if medical_density(text, entities) < _MIN_DENSITY:
            return entities
        starts = [entity.start for entity in entities if entity.label in _WORTH]
        worth = _Worth(starts)
        visited: list[tuple[int, int]] = []

        def only(start: int, end: int) -> bool:
            accepted = worth.any_between(start, end)
            if accepted:
                visited.append((start, end))
            return accepted

        found = self._crf.tag_where(text, only)
        merged = merge(text, entities, found, visited, self._lexicon)
        return spread_definitions(text, merged, "own")


class _Worth:
    """Whether a stretch of text holds one of some sorted positions; stretches are asked for in order or at random."""

    def __init__(self, starts: list[int]) -> None:
        self._starts = starts

    def any_between(self, start: int, end: int) -> bool:
        from bisect import bisect_left

        at = bisect_left(self._starts, start)
        return at < len(self._starts) and self._starts[at] < end


def merge(
    text: str,
    lexicon: Sequence[Entity],
    crf: Sequence[Entity],
    visited: Sequence[tuple[int, int]],
    vocabulary: LexiconTagger,
) -> list[Entity]:
    """The model's spans, with the lexicon's finer labels and concepts, and its mentions of labels the model lacks.

    Where both tag exactly the same span the lexicon's label wins (headache is a symptom here, a disease to BC5CDR).
    """
    by_span = {(entity.start, entity.end): entity for entity in lexicon}
    merged: list[Entity] = []
    for entity in crf:
        same = by_span.get((entity.start, entity.end))
        if same is not None:
            merged.append(replace(same, score=entity.score))
        else:
            merged.append(replace(entity, concept_id=vocabulary.concept_of(text[entity.start : entity.end])))
    taken = sorted((entity.start, entity.end) for entity in merged)
    position = 0
    for entity in lexicon:
        while position < len(taken) and taken[position][1] <= entity.start:
            position += 1
        if position < len(taken) and taken[position][0] < entity.end:
            continue
        merged.append(entity)
    return sorted(merged, key=lambda e: e.start)


def load_cascade(folder: str | None) -> CascadeTagger:
    """The cascade with the shipped CRF models, or with the one in `folder`."""
    return CascadeTagger(LexiconTagger(built_in_terms()), load_crf(folder))


