"""How likely a mention is right: a logistic regression over what the cascade knows of it.

It knows who named the mention (the lexicon, the CRF, both, the gate that believes the dictionaries), how sure the CRF is (the
least marginal probability of its tags), the mention itself, its last word, its size and shape, and what stands beside it. The
regression is fitted on labelled text that the taggers were not made from, so that of the mentions with a score of 0.9 nine
in ten are right; a model card beside the weights says on what and how well.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from medpress.writing_systems import has_han
from nlp.spans import Entity

WEIGHTS: Final[Path] = Path(__file__).parent.parent / "models" / "confidence" / "weights.json"
_WORD_BEFORE = re.compile(r"([^\W\d_]+)[\s(]*$")
_WORD_AFTER = re.compile(r"[\s)]*([^\W\d_]+)")
_NEAR: Final = 24
"""Characters beside a mention that are looked at."""
_KNOWN: Final = 200_000
"""Mentions whose weights are remembered at most."""
_SUREST: Final = 0.999


def mention_features(mention: str, label: str, has_concept: bool) -> list[str]:
    """What a mention says by itself."""
    lang = "zh" if has_han(mention) else "en"
    lower = mention.lower()
    words = lower.split() if lang == "en" else [lower[-2:]]
    size = min(len(words), 5) if lang == "en" else min(len(mention), 8)
    letters = [c for c in mention if c.isalpha()]
    shape = "x" if mention.islower() else "X" if mention.isupper() else "Xx"
    return [
        "", f"label={label}", f"lang={lang}", f"kind={lang} {label}", f"mention={label} {lower}", f"last={label} {words[-1]}",
        f"end={label} {lower[-3:]}", f"size={lang} {label} {size}", f"letters={lang} {min(len(letters), 6)} {shape}",
        f"concept={lang} {has_concept:d}", f"digit={any(c.isdigit() for c in mention):d}",
    ]  # fmt: skip


def place_features(text: str, entity: Entity, source: str, lang: str) -> list[str]:
    """What stands beside a mention, and who named it."""
    before = text[max(0, entity.start - _NEAR) : entity.start]
    after = text[entity.end : entity.end + _NEAR]
    features = [f"source={source}", f"source={source} {lang} {entity.label}"]
    features += [
        f"glued={before[-1:].isalnum() or before[-1:] == '-':d}{after[:1].isalnum() or after[:1] == '-':d} {lang}"
    ]
    if lang == "zh":
        return [*features, f"before={before[-1:]}", f"after={after[:1]}", f"after2={after[:2]}"]
    left, right = _WORD_BEFORE.search(before), _WORD_AFTER.match(after)
    return [
        *features,
        f"before={left[1].lower() if left else before[-1:]}",
        f"after={right[1].lower() if right else after[:1]}",
    ]


def certainty(score: float) -> float:
    """The log-odds of a marginal probability, from -2 to 7."""
    score = min(max(score, 1e-6), _SUREST)
    return max(-2.0, math.log(score / (1 - score)))


def sources_of(
    tagged: Iterable[Entity], lexicon: Iterable[Entity], model: Iterable[Entity] | None
) -> list[tuple[str, float]]:
    """(who named it, log-odds of the CRF or 0) of each mention.

    `model` is what the CRF said, with the dictionaries' mentions that its gate believed; None where it did not read.
    """
    names = {(e.start, e.end): e.label for e in lexicon}
    said = {(e.start, e.end): e for e in model or ()}
    found = []
    for entity in tagged:
        span = entity.start, entity.end
        known, read = names.get(span), said.get(span)
        by_lexicon = "" if known is None else "lexicon" if known == entity.label else "other"
        by_model = "unread" if model is None else "" if read is None else "believed" if read.score == 1.0 else "model"
        odds = certainty(read.score) if by_model == "model" and read is not None else 0.0
        found.append((f"{by_lexicon}+{by_model}", odds))
    return found


class Confidence:
    """Fitted weights, feature -> weight; the bias is the weight of the empty feature."""

    def __init__(self, weights: dict[str, float]) -> None:
        self._weight = weights.get
        self._mentions: dict[tuple[str, str, bool], float] = {}

    def scored(
        self, text: str, tagged: Sequence[Entity], lexicon: Sequence[Entity], model: Sequence[Entity] | None
    ) -> list[Entity]:
        """The same mentions with their probabilities of being right; arguments as of `sources_of`."""
        scored = []
        for entity, (source, odds) in zip(tagged, sources_of(tagged, lexicon, model), strict=True):
            mention = text[entity.start : entity.end]
            key = mention, entity.label, entity.concept_id is not None
            own = self._mentions.get(key)
            if own is None:
                own = sum(self._weight(feature, 0.0) for feature in mention_features(*key))
                if len(self._mentions) < _KNOWN:
                    self._mentions[key] = own
            lang = "zh" if has_han(mention) else "en"
            total = own + sum(self._weight(f, 0.0) for f in place_features(text, entity, source, lang))
            if odds:
                total += odds * (self._weight("odds", 0.0) + self._weight(f"odds {lang} {entity.label}", 0.0))
            scored.append(_with_score(entity, round(1 / (1 + math.exp(-total)), 4)))
        return scored


def _with_score(entity: Entity, score: float) -> Entity:
    return Entity(
        entity.start,
        entity.end,
        entity.label,
        entity.concept_id,
        entity.negated,
        entity.uncertain,
        entity.history,
        entity.family,
        score,
    )


@cache
def shipped_confidence() -> Confidence:
    """The weights of the package, read on first use."""
    return Confidence(json.loads(WEIGHTS.read_text(encoding="utf-8")))
