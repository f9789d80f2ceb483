"""Scores are probabilities: on text that they were not fitted on, they say how often a mention is right."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from nlp.formats import read_annotated
from nlp.spans import Entity
from nlp.tagging import load_tagger
from nlp.tagging.confidence import Confidence, certainty, shipped_confidence, sources_of

SET = Path(os.environ.get("MEDPRESS_DATA", "../shared/data")) / "ner_re" / "chineseblue" / "cMedQANER_dev.json"


@pytest.mark.skipif(not SET.is_file(), reason="the public sets of ../shared/data are not here")
def test_scores_say_how_often_a_mention_is_right() -> None:
    documents = list(read_annotated(SET))
    tagged = load_tagger("cascade").tag([document.text for document in documents])
    labels = {entity.label for document in documents for entity in document.entities}
    scored = []
    for document, entities in zip(documents, tagged, strict=True):
        gold = {(e.start, e.end, e.label) for e in document.entities}
        scored += [(e.score, (e.start, e.end, e.label) in gold) for e in entities if e.label in labels]
    scores, right = np.array(sorted(scored)).T
    tenths = np.array_split(np.arange(len(scores)), 10)
    error = sum(abs(scores[tenth].mean() - right[tenth].mean()) * len(tenth) for tenth in tenths) / len(scores)
    assert len(scores) > 500
    assert error <= 0.05
    assert right[scores >= 0.9].mean() >= 0.93 > right.mean()


def test_a_surer_model_gives_a_higher_score() -> None:
    confidence = shipped_confidence()
    text = "Treated with zolmitrax for his complaints."
    scores = []
    for sure in (0.4, 0.8, 0.99):
        entity = Entity(13, 22, "drug", score=sure)
        [scored] = confidence.scored(text, [entity], [], [entity])
        scores.append(scored.score)
    assert scores == sorted(scores) and scores[0] < scores[-1]


def test_who_named_a_mention_is_told() -> None:
    drug, disease = Entity(0, 4, "drug"), Entity(9, 12, "disease")
    read = Entity(9, 12, "disease", score=0.5)
    assert [source for source, _ in sources_of([drug, disease], [drug], None)] == ["lexicon+unread", "+unread"]
    assert sources_of([drug, disease], [drug], [drug, read]) == [("lexicon+believed", 0.0), ("+model", certainty(0.5))]


def test_flags_and_concepts_are_kept() -> None:
    entity = Entity(0, 4, "drug", "R:1", True, True, True, True)
    [scored] = Confidence({}).scored("iron", [entity], [entity], None)
    assert scored == Entity(0, 4, "drug", "R:1", True, True, True, True, 0.5)
