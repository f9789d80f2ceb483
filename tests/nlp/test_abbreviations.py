"""Abbreviations: definitions found, and carried to later mentions."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from nlp.abbreviations import find_abbreviations, spread_definitions
from nlp.spans import Entity

DETECTORS = [
    "own",
    pytest.param("scispacy", marks=pytest.mark.skipif(not find_spec("scispacy"), reason="scispaCy is not installed")),
]


@pytest.mark.parametrize("detector", DETECTORS)
def test_english_definition(detector: str) -> None:
    text = "Chronic obstructive pulmonary disease (COPD) is common. COPD kills."
    [found] = find_abbreviations(text, detector=detector)
    assert text[found.short_start : found.short_end] == "COPD"
    assert text[found.long_start : found.long_end] == "Chronic obstructive pulmonary disease"


@pytest.mark.parametrize(
    "text", ["The patients (n = 20) recovered.", "Age (years) was noted.", "It was seen (see Fig. 2).", "aspirin (ABC)"]
)
def test_brackets_that_define_nothing(text: str) -> None:
    assert find_abbreviations(text, detector="own") == []


def test_chinese_definition_needs_the_mention() -> None:
    text = "慢性阻塞性肺疾病（chronic obstructive pulmonary disease，COPD）常见，COPD急性加重"
    [found] = find_abbreviations(text, [Entity(0, 8, "disease")], detector="own")
    assert text[found.short_start : found.short_end] == "COPD"
    assert (found.long_start, found.long_end) == (0, 8)


def test_the_definition_reaches_later_mentions_with_label_and_concept() -> None:
    text = "急性冠脉综合征（ACS）患者。ACS与XACS不同，ACS危险。"
    entities = spread_definitions(text, [Entity(0, 7, "disease", "X:1")], "own")
    assert [(text[e.start : e.end], e.label, e.concept_id) for e in entities] == [
        ("急性冠脉综合征", "disease", "X:1"), ("ACS", "disease", "X:1"), ("ACS", "disease", "X:1"), ("ACS", "disease", "X:1"),
    ]  # fmt: skip


def test_a_definition_overrules_the_dictionary() -> None:
    text = "Magnesium sulfate (MS) helps. MS is cheap."
    entities = spread_definitions(
        text, [Entity(0, 17, "drug"), Entity(19, 21, "disease"), Entity(30, 32, "disease")], "own"
    )
    assert [e.label for e in entities] == ["drug", "drug", "drug"]


def test_unknown_detector() -> None:
    with pytest.raises(ValueError, match="own, scispacy"):
        find_abbreviations("x (y)", detector="magic")
