"""The default tagger: the lexicon on every text, a CRF on the words where it pays.

The lexicon knows eight labels and costs almost nothing; the CRF knows the labels of its training set better and costs
fifty times as much. A passage without enough medical terms never sees the CRF; in the others it reads only around the
words of which a gate (`nlp.tagging.gate`) does not believe the dictionaries.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from medpress.writing_systems import has_han
from nlp.abbreviations import spread_definitions
from nlp.labels import COARSE
from nlp.spans import Entity
from nlp.tagging.confidence import Confidence, shipped_confidence
from nlp.tagging.crf import BilingualCrf, CrfTagger, load_crf, overlaps
from nlp.tagging.folding import fold
from nlp.tagging.lexicon import LexiconTagger, built_in_lexicon

# Mentions of these kinds say that a passage is worth a model; parts of the body and amounts alone do not.
_WORTH: Final[frozenset[str]] = frozenset({"disease", "symptom", "drug", "procedure", "test", "gene"})
_MIN_SHARE: Final[float] = 0.03
"""Share of a passage's characters that such mentions must cover."""


_DECIDED_ENGLISH: Final[frozenset[str]] = frozenset({"drug", "disease"})
_DECIDED_CHINESE: Final[frozenset[str]] = frozenset({"drug", "disease", "symptom", "anatomy", "procedure", "test"})
_ADDED: Final[frozenset[str]] = frozenset({"disease", "symptom", "drug"})
# How people write when they ask about themselves or their children, and how they are answered.
_QUESTION = re.compile(
    r"我(?![院科国们])|吗|呢|吧|怎么|请问|什么原因|为什么|多少钱|哪里|哪家|咋|会不会|能不能|是不是|有没有|宝宝|孩子|老公|妈妈|爸爸|谢谢|你好|您好|大夫|怎样"
)
_ADVICE = re.compile(
    r"您|你|建议|注意|饮食|平时|这种|这个|这样|价钱|价格|费用|多少|一些|一下|小妙招|的话|医院|正规|及时|积极|配合|放松|心情|休息|食物|清淡|辛辣|多吃|少吃|怎|如何|什么|不要|没有"
)
_SPOKEN = re.compile(r"[就会都很这那你您我吗呢啊吧得要能还个]")
_MIN_SPOKEN: Final[float] = 0.025
"""Share of the characters that words of speech have at least in such a text; in textbooks and records they are rarer."""
_CONJUNCTION = re.compile(r"\b(?:and|or)\b|,")


class CascadeTagger:
    """Lexicon everywhere, CRF where it pays."""

    name = "cascade"

    def __init__(
        self, lexicon: LexiconTagger, crf: CrfTagger | BilingualCrf, confidence: Confidence | None = None
    ) -> None:
        """`confidence` gives the scores; the shipped one when left out."""
        self._lexicon = lexicon
        self._crf = crf
        self._confidence = confidence or shipped_confidence()
        self.version = f"{lexicon.version}/{crf.version}"

    def tag(self, texts: Sequence[str]) -> list[list[Entity]]:
        """Entities of each text."""
        return [self._tag_one(text, entities) for text, entities in zip(texts, self._lexicon.tag(texts), strict=True)]

    def _tag_one(self, text: str, entities: list[Entity]) -> list[Entity]:
        covered = sum(entity.end - entity.start for entity in entities if entity.label in _WORTH)
        if covered < _MIN_SHARE * len(text):
            return self._confidence.scored(text, entities, entities, None)
        found = self._crf.tag_one(text, thrifty=True)
        if not has_han(text):
            merged = merge_exact(text, entities, found, self._lexicon, self._crf.stoplist)
        elif is_conversation(text):
            merged = merge_decided(text, entities, found, self._lexicon, _DECIDED_CHINESE)
        else:
            merged = merge_added(text, entities, found, self._lexicon)
        tagged = spread_definitions(text, merged, "own")
        return self._confidence.scored(text, tagged, entities, found)


def is_conversation(text: str) -> bool:
    """Whether a Chinese text reads like a patient's question or the answer to one, as the CRF's training set does."""
    if _QUESTION.search(text) or len(set(_ADVICE.findall(text))) >= 2:
        return True
    spoken = len(_SPOKEN.findall(text))
    return spoken >= 2 and spoken >= _MIN_SPOKEN * len(text)


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
    kept = [entity for entity in lexicon if entity.label not in decided and not overlaps(entity, merged)]
    return sorted([*merged, *kept], key=lambda e: e.start)


def merge_exact(
    text: str, lexicon: Sequence[Entity], crf: Sequence[Entity], vocabulary: LexiconTagger, stoplist: frozenset[str]
) -> list[Entity]:
    """The model's mentions and, for English text that may be unlike abstracts, what the lexicon names more exactly.

    A term that holds the model's span ("kidney disease" beside "disease") or cuts it at a conjunction ("asthma or kidney
    disease") wins, and a drug or disease that the model leaves out is kept, unless its term is on the `stoplist`: those
    that the model's training set does not annotate.
    """
    starts = [entity.start for entity in lexicon]

    def trusted(entity: Entity) -> bool:
        return fold(text[entity.start : entity.end]) not in stoplist

    def better_named(entity: Entity) -> bool:
        first = max(0, bisect_right(starts, entity.start) - 1)
        held = [e for e in lexicon[first : bisect_left(starts, entity.end)] if e.end > entity.start]
        if not held or any(COARSE.get(e.label, e.label) != entity.label for e in held):
            return False
        if len(held) == 1:
            longer = held[0].end - held[0].start > entity.end - entity.start
            return longer and held[0].start <= entity.start and entity.end <= held[0].end and trusted(held[0])
        inside = all(entity.start <= e.start and e.end <= entity.end for e in held)
        return inside and _CONJUNCTION.search(text, entity.start, entity.end) is not None

    kept = [entity for entity in crf if not better_named(entity)]
    merged = merge_decided(text, lexicon, kept, vocabulary, _DECIDED_ENGLISH)
    added = [e for e in lexicon if e.label in _DECIDED_ENGLISH and trusted(e) and not overlaps(e, merged)]
    return sorted([*merged, *added], key=lambda e: e.start)


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
    kept = [entity for entity in lexicon if not overlaps(entity, longer)]
    return sorted([*longer, *kept], key=lambda e: e.start)


def load_cascade(folder: str | None) -> CascadeTagger:
    """The cascade with the shipped CRF models, or with the one in `folder`."""
    return CascadeTagger(built_in_lexicon(), load_crf(folder))
