"""The default tagger: the lexicon on every text, a CRF on the words where it pays.

The lexicon knows eight labels and costs almost nothing; the CRF knows the labels of its training set better and costs
fifty times as much. A passage without enough medical terms never sees the CRF; in the others it reads only the
neighbourhoods of words that may belong to a mention (`nlp.tagging.crf.cold_words` are those that do not).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from nlp.abbreviations import spread_definitions
from nlp.spans import Entity
from nlp.tagging.crf import BilingualCrf, CrfTagger, load_crf
from nlp.tagging.lexicon import LexiconTagger
from nlp.vocabulary import built_in_terms

# Mentions of these kinds say that a passage is worth a model; parts of the body and amounts alone do not.
_WORTH: Final[frozenset[str]] = frozenset({"disease", "symptom", "drug", "procedure", "test", "gene"})
_MIN_SHARE: Final[float] = 0.04
"""Share of a passage's characters that such mentions must cover."""


_DECIDED_ENGLISH: Final[frozenset[str]] = frozenset({"drug", "disease"})
_DECIDED_CHINESE: Final[frozenset[str]] = frozenset({"drug", "disease", "symptom", "anatomy", "procedure", "test"})
_ADDED: Final[frozenset[str]] = frozenset({"disease", "symptom", "drug"})
# How people write when they ask about themselves or their children.
_COLLOQUIAL = re.compile(
    r"我|吗|呢|吧|怎么|请问|什么原因|为什么|多少钱|哪里|哪家|咋|会不会|能不能|是不是|有没有|宝宝|孩子|老公|妈妈|爸爸|谢谢|你好|您好|大夫|怎样"
)
_CJK = re.compile(r"[\u3400-\u9fff]")


class CascadeTagger:
    """Lexicon everywhere, CRF where it pays."""

    name = "cascade"

    def __init__(self, lexicon: LexiconTagger, crf: CrfTagger | BilingualCrf) -> None:
        self._lexicon = lexicon
        self._crf = crf
        self.version = f"{lexicon.version}/{crf.version}"

    def tag(self, texts: Sequence[str]) -> list[list[Entity]]:
        """Entities of each text."""
        return [self._tag_one(text, entities) for text, entities in zip(texts, self._lexicon.tag(texts), strict=True)]

    def _tag_one(self, text: str, entities: list[Entity]) -> list[Entity]:
        covered = sum(entity.end - entity.start for entity in entities if entity.label in _WORTH)
        if covered < _MIN_SHARE * len(text):
            return entities
        found = self._crf.tag_one(text, thrifty=True)
        if not _CJK.search(text):
            merged = merge_decided(text, entities, found, self._lexicon, _DECIDED_ENGLISH)
        elif _COLLOQUIAL.search(text):
            merged = merge_decided(text, entities, found, self._lexicon, _DECIDED_CHINESE)
        else:
            merged = merge_added(text, entities, found, self._lexicon)
        return spread_definitions(text, merged, "own")


def merge_decided(
    text: str, lexicon: Sequence[Entity], crf: Sequence[Entity], vocabulary: LexiconTagger, decided: frozenset[str]
) -> list[Entity]:
    """The model's spans with the lexicon's concepts, and the lexicon's mentions of labels that are not `decided`.

    For text of the kind that the model is trained on: a drug or disease that it leaves out is left out. Where both
    tag the same span as disease and as symptom it is a symptom: BC5CDR does not tell them apart.
    """
    by_span = {(entity.start, entity.end): entity for entity in lexicon}
    merged: list[Entity] = []
    for entity in crf:
        same = by_span.get((entity.start, entity.end))
        if same is None:
            merged.append(replace(entity, concept_id=vocabulary.concept_of(text[entity.start : entity.end])))
        elif entity.label == "disease" and same.label == "symptom" and "symptom" not in decided:
            merged.append(same)
        else:
            merged.append(replace(entity, concept_id=same.concept_id))
    kept = [entity for entity in lexicon if entity.label not in decided and not _overlaps(entity, merged)]
    return sorted([*merged, *kept], key=lambda e: e.start)


def merge_added(text: str, lexicon: Sequence[Entity], crf: Sequence[Entity], vocabulary: LexiconTagger) -> list[Entity]:
    """The lexicon's mentions, and the model's where it says more.

    For text unlike the model's training set (Chinese clinical prose; the model knows patients' questions): it adds
    a span that holds a lexicon mention of the same label, or one that touches none.
    """
    longer = []
    for entity in crf:
        size = entity.end - entity.start
        held = [e for e in lexicon if e.start < entity.end and entity.start < e.end]
        if held:
            inside = all(entity.start <= e.start and e.end <= entity.end for e in held)
            if inside and size > held[0].end - held[0].start and held[-1].label == entity.label:
                longer.append(replace(entity, concept_id=vocabulary.concept_of(text[entity.start : entity.end])))
        elif size > 1 and entity.label in _ADDED:
            longer.append(entity)
    kept = [entity for entity in lexicon if not _overlaps(entity, longer)]
    return sorted([*longer, *kept], key=lambda e: e.start)


def _overlaps(entity: Entity, others: Sequence[Entity]) -> bool:
    """Whether a mention overlaps one of some sorted, disjoint mentions."""
    at = bisect_left(others, entity.end, key=lambda other: other.start)
    return at > 0 and others[at - 1].end > entity.start


def load_cascade(folder: str | None) -> CascadeTagger:
    """The cascade with the shipped CRF models, or with the one in `folder`."""
    return CascadeTagger(LexiconTagger(built_in_terms()), load_crf(folder))
