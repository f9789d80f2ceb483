"""A trained relation classifier: logistic regression over hashed features of a pair of concepts in a text.

Every pair of a drug and a disease (or symptom) of a text is one example; its features say what stands between and
around their mentions, how far apart and how often they are mentioned, and what the rules make of them. Trained on the
chemical-induced-disease relations of BC5CDR it finds `causes`.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
import xxhash

from nlp.classify.tensors import read_tensors
from nlp.relations.rules import RuleExtractor
from nlp.sentences import split
from nlp.spans import Entity, Relation
from nlp.tagging.folding import fold

SHIPPED: Final[Path] = Path(__file__).parent.parent / "models" / "relations-causes-en"
FEATURES_VERSION: Final[int] = 1
_WORD = re.compile(r"[a-z]+|\d+|[^\w\s]")
_FAR: Final[int] = 25  # words between two mentions that are still read
_MOST_PAIRS: Final[int] = 2000  # of one text; beyond that it is a list, not prose
_MOST_MENTION_PAIRS: Final[int] = 200_000  # of one text; beyond that it is a book, not a section

_RULES = RuleExtractor()
ConceptPair = tuple[str, str]


def candidate_pairs(text: str, entities: Sequence[Entity]) -> dict[ConceptPair, tuple[list[str], tuple[int, int]]]:
    """For each (head concept, tail concept): its features and the nearest pair of mentions (indexes).

    A concept is the concept id, or the folded mention where there is none.
    """
    drugs: dict[str, list[int]] = defaultdict(list)
    diseases: dict[str, list[int]] = defaultdict(list)
    for i, entity in enumerate(entities):
        if entity.label == "drug":
            drugs[_key(text, entity)].append(i)
        elif entity.label in {"disease", "symptom"}:
            diseases[_key(text, entity)].append(i)
    if not drugs or not diseases or len(drugs) * len(diseases) > _MOST_PAIRS:
        return {}
    if sum(map(len, drugs.values())) * sum(map(len, diseases.values())) > _MOST_MENTION_PAIRS:
        return {}
    sentences = split(text)
    of_sentence = []
    position = 0
    for entity in entities:
        while position + 1 < len(sentences) and entity.start >= sentences[position][1]:
            position += 1
        of_sentence.append(position)
    fired: dict[tuple[int, int], list[Relation]] = defaultdict(list)
    for relation in _RULES.extract(text, entities):
        fired[relation.head, relation.tail].append(relation)
    folded = fold(text)
    most_drug = max(len(m) for m in drugs.values())
    most_disease = max(len(m) for m in diseases.values())
    pairs = {}
    for drug, heads in drugs.items():
        for disease, tails in diseases.items():
            features: set[str] = set()
            nearest = min(
                (abs(of_sentence[h] - of_sentence[t]), abs(entities[h].start - entities[t].start), h, t)
                for h in heads
                for t in tails
            )
            apart, _, head, tail = nearest
            together = [(h, t) for h in heads for t in tails if of_sentence[h] == of_sentence[t]]
            said = [r for h in heads for t in tails for r in fired.get((h, t), ())]
            causes = any(r.label == "causes" and r.polarity != "negative" for r in said)
            harmed = any(r.label == "causes" and r.tail in tails for rs in fired.values() for r in rs)
            harms = any(r.label == "causes" and r.head in heads for rs in fired.values() for r in rs)
            treats = any(r.label == "treats" for r in said)
            state = f"{causes:d}{treats:d}{harmed:d}{harms:d}"
            share = f"{len(heads) == most_drug:d}{len(tails) == most_disease:d}"
            drug_rank = min(sum(len(m) > len(heads) for m in drugs.values()), 3)
            disease_rank = min(sum(len(m) > len(tails) for m in diseases.values()), 3)
            titled = f"{of_sentence[heads[0]] == 0:d}{of_sentence[tails[0]] == 0:d}"
            names = {folded[entities[t].start : entities[t].end] for t in tails}
            # A general word beside its own special case ("nephropathy", "membranous nephropathy") is seldom the answer.
            general = any(
                folded[entities[o].start : entities[o].end].endswith(" " + name)
                for other, mentions in diseases.items()
                if other != disease
                for o in mentions
                for name in names
            )
            features.add(f"general={general:d}")
            features.add(f"general={general:d}|{state}")
            features.add(f"say={state}|rank={drug_rank}{disease_rank}")
            features.add(f"say={state}")
            features.add(f"say={state}|{titled}|{min(apart, 2)}")
            features.add(f"rank={drug_rank}{disease_rank}")
            features.add(f"rank={drug_rank}{disease_rank}|{titled}|{min(apart, 2)}")
            features.add(f"share={share}|{titled}|{min(len(together), 3)}")
            features.add(f"only={len(drugs) == 1:d}{len(diseases) == 1:d}|{titled}|{min(apart, 1)}")
            features.add(f"heads={min(len(heads), 5)}|tails={min(len(tails), 5)}")
            features.add(f"heads={min(len(heads), 4)}|together={min(len(together), 4)}|n={min(len(drugs), 4)}")
            features.add(f"apart={min(apart, 4)}")
            features.add(f"together={min(len(together), 4)}")
            features.add(f"heads={min(len(heads), 5)}")
            features.add(f"tails={min(len(tails), 5)}")
            features.add(f"most={len(heads) == most_drug:d}{len(tails) == most_disease:d}{min(apart, 1)}")
            features.add(f"n={min(len(drugs), 6)}|{min(len(diseases), 6)}")
            first_head, first_tail = of_sentence[heads[0]], of_sentence[tails[0]]
            features.add(f"first={min(first_head, 2)}{min(first_tail, 2)}")
            features.add(f"title={first_head == 0:d}{first_tail == 0:d}|{min(len(together), 2)}")
            features.add(
                f"last={of_sentence[heads[-1]] == len(sentences) - 1:d}{of_sentence[tails[-1]] == len(sentences) - 1:d}"
            )
            for t in tails:
                features.add("tail:" + folded[entities[t].start : entities[t].end])
            for h in heads:
                features.add("head:" + folded[entities[h].start : entities[h].end])
            for h, t in together[:12]:
                _mention_features(folded, entities, h, t, sentences[of_sentence[h]], features)
                for relation in fired.get((h, t), ()):
                    features.add(f"rule={relation.label}|{relation.polarity}")
                    features.add(f"rule={relation.rule}")
            if apart:
                for t in tails[:3]:
                    for word in _words(folded, max(0, entities[t].start - 40), entities[t].start)[-3:]:
                        features.add(f"far-t:{word}")
            pairs[drug, disease] = sorted(features), (head, tail)
    return pairs


def _mention_features(
    folded: str, entities: Sequence[Entity], h: int, t: int, sentence: tuple[int, int], features: set[str]
) -> None:
    head, tail = entities[h], entities[t]
    forward = head.start < tail.start
    left, right = (head, tail) if forward else (tail, head)
    side = ">" if forward else "<"
    between = _masked(folded, entities, left.end, right.start, min(h, t) + 1, max(h, t))
    features.add(f"d{side}{min(len(between), 12) // 2}")
    if len(between) <= _FAR:
        for word in between:
            features.add(f"b{side}{word}")
            features.add(f"b{word}")
        for a, b in pairwise(between):
            features.add(f"bb{side}{a}_{b}")
        if len(between) <= 4:
            features.add(f"B{side}{' '.join(between)}")
    before = _words(folded, max(sentence[0], left.start - 50), left.start)[-4:]
    after = _words(folded, right.end, min(sentence[1], right.end + 50))[:4]
    for word in before:
        features.add(f"l{side}{word}")
    for word in after:
        features.add(f"r{side}{word}")
    if before:
        features.add(f"l1{side}{before[-1]}")
    if after:
        features.add(f"r1{side}{after[0]}")


def _masked(folded: str, entities: Sequence[Entity], start: int, end: int, first: int, last: int) -> list[str]:
    """Words between two mentions; other mentions are one word, their label."""
    words: list[str] = []
    for entity in entities[first:last]:
        if entity.start >= start and entity.end <= end:
            words += _words(folded, start, entity.start)
            words.append(f"<{entity.label}>")
            start = entity.end
    return words + _words(folded, start, end)


def _words(folded: str, start: int, end: int) -> list[str]:
    return _WORD.findall(folded, start, end) if end > start else []


def _key(text: str, entity: Entity) -> str:
    return entity.concept_id or fold(text[entity.start : entity.end])


def hash_features(features: Sequence[str], bits: int) -> np.ndarray:
    """Columns of the features: uint32 array in [0, 2**bits)."""
    mask = (1 << bits) - 1
    return np.unique(np.array([xxhash.xxh3_64_intdigest(f.encode()) & mask for f in features], np.uint32))


class LinearExtractor:
    """Scores each pair of concepts; those at or above the threshold are relations between their nearest mentions."""

    name = "linear"

    def __init__(self, folder: Path) -> None:
        try:
            self.config: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise FileNotFoundError(
                f"no relation model in {folder}: train one with `nlp train relations --out {folder}`"
            ) from error
        if self.config["features"] != FEATURES_VERSION:
            raise ValueError(f"{folder} was trained with other features: train it again with `nlp train relations`")
        tensors = read_tensors(folder / "model.safetensors")
        self._weights = tensors["weights"].astype(np.float32)
        self._bias = float(tensors["bias"][0])
        self.threshold = float(self.config["threshold"])
        self.version = str(self.config["version"])

    def concept_scores(self, text: str, entities: Sequence[Entity]) -> dict[ConceptPair, tuple[float, tuple[int, int]]]:
        """Probability and nearest mentions of every candidate pair of concepts."""
        scored = {}
        for pair, (features, mentions) in candidate_pairs(text, entities).items():
            columns = hash_features(features, self.config["bits"])
            margin = float(self._weights[columns].sum()) + self._bias
            scored[pair] = 1.0 / (1.0 + float(np.exp(-np.clip(margin, -30, 30)))), mentions
        return scored

    def extract(self, text: str, entities: Sequence[Entity]) -> list[Relation]:
        """Relations `causes` between the nearest mentions of each pair of concepts that scores high enough."""
        relations = []
        for score, (head, tail) in self.concept_scores(text, entities).values():
            if score >= self.threshold:
                low = min(entities[head].start, entities[tail].start)
                high = max(entities[head].end, entities[tail].end)
                relations.append(
                    Relation(head, tail, "causes", "positive", round(score, 4), low, high, f"linear/{self.version}")
                )
        return sorted(relations, key=lambda r: (r.head, r.tail))


def load_linear(folder: str | None) -> LinearExtractor:
    """The model in `folder`, or the shipped one."""
    return LinearExtractor(Path(folder) if folder else SHIPPED)
