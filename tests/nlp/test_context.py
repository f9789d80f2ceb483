"""Context on our own labelled sentences: every flag at F1 >= 0.90 in both languages."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from nlp.context import annotate
from nlp.spans import Entity
from tests.nlp.labelled import labelled_sentences

FLAGS = ("negated", "uncertain", "history", "family")


@pytest.mark.parametrize("name", ["sentences", "held_out"])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_flag_reaches_its_goal(lang: str, name: str) -> None:
    right: Counter[str] = Counter()
    given: Counter[str] = Counter()
    wanted: Counter[str] = Counter()
    for sentence in labelled_sentences(lang, name):
        plain = [replace(e, negated=False, uncertain=False, history=False, family=False) for e in sentence.entities]
        for found, gold in zip(annotate(sentence.text, plain), sentence.entities, strict=True):
            for flag in FLAGS:
                given[flag] += getattr(found, flag)
                wanted[flag] += getattr(gold, flag)
                right[flag] += getattr(found, flag) and getattr(gold, flag)
    for flag in FLAGS:
        assert wanted[flag] >= 7
        assert 2 * right[flag] / (given[flag] + wanted[flag]) >= 0.90, flag


def _flags(text: str, mention: str) -> set[str]:
    start = text.index(mention)
    [entity] = annotate(text, [Entity(start, start + len(mention), "disease")])
    return {flag for flag in FLAGS if getattr(entity, flag)}


def test_a_scope_ends_at_a_conjunction_and_at_the_sentence() -> None:
    assert _flags("No fever, but pneumonia is present.", "pneumonia") == set()
    assert _flags("No fever. Pneumonia is present.", "Pneumonia") == set()
    assert _flags("无发热，肺炎较前加重。", "肺炎") == set()


def test_words_that_only_look_like_negation() -> None:
    assert _flags("There was no change in the pneumonia.", "pneumonia") == set()
    assert _flags("青霉素治疗无效的肺炎", "肺炎") == set()
    assert _flags("无明显诱因出现肺炎", "肺炎") == set()


def test_doubt_is_not_denial() -> None:
    assert _flags("Pneumonia cannot be excluded.", "Pneumonia") == {"uncertain"}
    assert _flags("肺炎不能排除。", "肺炎") == {"uncertain"}


def test_family_history_is_not_the_patients() -> None:
    assert _flags("Family history of asthma.", "asthma") == {"family"}
    assert _flags("否认哮喘家族史。", "哮喘") == {"negated", "family"}


def test_clinical_shorthand() -> None:
    assert _flags("PMH: asthma, gout.", "asthma") == {"history"}
    assert _flags("Dad had gout, mom with asthma.", "asthma") == {"family"}
    assert _flags("Two years ago she had asthma.", "asthma") == {"history"}
    assert _flags("以前得过哮喘。", "哮喘") == {"history"}
    assert _flags("Aspirin may be added in hypertension.", "hypertension") == set()


def test_no_entities() -> None:
    assert annotate("No fever.", []) == []


@pytest.mark.parametrize(
    ("text", "denied", "stated"),
    [
        ("否认高血压，糖尿病，冠心病病史，有哮喘10年。", {"高血压", "糖尿病", "冠心病"}, {"哮喘"}),
        ("患者否认发热，咳嗽，诉腹痛2天。", {"发热", "咳嗽"}, {"腹痛"}),
        ("无发热，咳嗽3天。", {"发热"}, {"咳嗽"}),
        ("无形的肿块伴头痛。", set(), {"肿块", "头痛"}),
        ("无时无刻不在头痛。", set(), {"头痛"}),
        ("结核检测阴性，咳嗽仍重。", {"结核"}, {"咳嗽"}),
    ],
)
def test_what_is_denied_ends_where_something_else_is_said(text: str, denied: set[str], stated: set[str]) -> None:
    mentions = sorted(denied | stated, key=text.index)
    entities = [Entity(text.index(m), text.index(m) + len(m), "symptom") for m in mentions]
    assert {text[e.start : e.end] for e in annotate(text, entities) if e.negated} == denied
