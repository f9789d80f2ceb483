"""Relation rules on our own labelled sentences: every label at precision >= 0.90, negated cases included."""

from __future__ import annotations

from collections import Counter

import pytest

from nlp.labels import RELATION_LABELS
from nlp.relations import load_extractor
from nlp.spans import Entity, Relation
from tests.nlp.labelled import labelled_sentences


def _key(relation: Relation) -> tuple[int, int, str, bool]:
    return relation.head, relation.tail, relation.label, relation.polarity == "negative"


@pytest.mark.parametrize("name", ["sentences", "held_out"])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_precision_of_every_relation(lang: str, name: str) -> None:
    rules = load_extractor("rules")
    right: Counter[str] = Counter()
    given: Counter[str] = Counter()
    wanted: Counter[str] = Counter()
    for sentence in labelled_sentences(lang, name):
        gold = {_key(relation) for relation in sentence.relations}
        wanted.update(key[2] for key in gold)
        for relation in rules.extract(sentence.text, sentence.entities):
            given[relation.label] += 1
            right[relation.label] += _key(relation) in gold
            assert relation.rule.startswith(f"{relation.label}/{lang}/")
            for index in (relation.head, relation.tail):
                entity = sentence.entities[index]
                assert relation.evidence_start <= entity.start <= entity.end <= relation.evidence_end
    for label in RELATION_LABELS:
        assert wanted[label] >= 7
        assert right[label] / given[label] >= 0.90, label
        assert right[label] / wanted[label] >= 0.70, label


def _mentions(text: str, *labelled: tuple[str, str]) -> list[Entity]:
    return sorted(
        (Entity(text.index(m), text.index(m) + len(m), label) for m, label in labelled), key=lambda e: e.start
    )


def test_a_pronoun_takes_the_drug_of_the_sentence_before() -> None:
    text = "Metformin is a biguanide. It is used to treat type 2 diabetes."
    entities = _mentions(text, ("Metformin", "drug"), ("type 2 diabetes", "disease"))
    [relation] = load_extractor("rules").extract(text, entities)
    assert (relation.head, relation.tail, relation.label) == (0, 1, "treats")
    assert relation.score < 0.9


def test_what_is_said_before_the_drug_counts() -> None:
    text = "We do not recommend antibiotics for acute bronchitis."
    entities = _mentions(text, ("antibiotics", "drug"), ("acute bronchitis", "disease"))
    [relation] = load_extractor("rules").extract(text, entities)
    assert (relation.label, relation.polarity) == ("treats", "negative")


def test_relief_and_lack_are_no_harm() -> None:
    for text, drug, disease in (
        ("Surgery was followed by remission of diabetes.", "Surgery", "diabetes"),
        ("维生素B1缺乏可引起脚气病。", "维生素B1", "脚气病"),
    ):
        entities = _mentions(text, (drug, "drug"), (disease, "disease"))
        assert load_extractor("rules").extract(text, entities) == []


def test_nothing_is_related_by_standing_together() -> None:
    text = "Aspirin, metformin. Fever and cough were recorded. Diabetes is common."
    entities = _mentions(
        text,
        ("Aspirin", "drug"),
        ("metformin", "drug"),
        ("Fever", "symptom"),
        ("cough", "symptom"),
        ("Diabetes", "disease"),
    )
    assert load_extractor("rules").extract(text, entities) == []


def test_unknown_extractor_says_what_there_is() -> None:
    with pytest.raises(ValueError, match="rules, linear, transformers"):
        load_extractor("magic")


def test_a_relation_is_no_surer_than_its_mentions() -> None:
    text = "Aspirin is used for migraine."
    sure, doubtful = (
        load_extractor("rules").extract(text, [Entity(0, 7, "drug", score=score), Entity(20, 28, "disease")])
        for score in (1.0, 0.5)
    )
    assert doubtful[0].score == pytest.approx(sure[0].score / 2)
