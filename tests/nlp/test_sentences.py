"""Sentence splitting: offsets are exact, nothing is lost, abbreviations and units do not cut."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.sentences import split


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in split(text)]


@pytest.mark.parametrize(
    "text",
    [
        "Pt. was seen in clinic.",
        "Give 5 mg. of morphine at night.",
        "Give 5 mg. 3 times a day.",
        "Some drugs, e.g. aspirin, thin the blood.",
        "Beta blockers (i.e. Atenolol) slow the heart.",
        "Dr. Smith saw Mr. Jones on the ward.",
        "Cultures grew E. coli and S. aureus.",
        "The pH was 7.35 and the INR 2.5.",
        "See Fig. 3 and Ref. 12 for details.",
        "As shown by Smith et al. Figure legends were kept.",
        "Take 1 tab p.o. b.i.d. with food.",
        "Approx. 40 patients vs. 38 controls took part.",
        "患者体温38.5℃，血压120/80 mmHg。",
        "给予阿司匹林100 mg. po. qd治疗。",
        "Bed No. 12 was empty.",
    ],
)
def test_one_sentence_stays_one(text: str) -> None:
    assert sentences(text) == [text]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("He has a fever. He coughs.", ["He has a fever.", "He coughs."]),
        ("He took 5 mg. The pain went.", ["He took 5 mg.", "The pain went."]),
        ("Is it cancer? No. It is benign!", ["Is it cancer?", "No.", "It is benign!"]),
        ("患者发热。咳嗽3天！无胸痛？", ["患者发热。", "咳嗽3天！", "无胸痛？"]),
        ("医生说：“多喝水。”他走了。", ["医生说：“多喝水。”", "他走了。"]),
        ("血压正常。BP was 120/80. 继续观察。", ["血压正常。", "BP was 120/80.", "继续观察。"]),
        ("# Heading\nA line of text.", ["# Heading", "A line of text."]),
        ("- one\n- two\n\nThree.", ["- one", "- two", "Three."]),
        ("1. Take aspirin.\n2. Rest.", ["1. Take aspirin.", "2. Rest."]),
        ("He was seen by Smith et al. The wound healed.", ["He was seen by Smith et al.", "The wound healed."]),
        ("CRP rose to 25. WBC fell.", ["CRP rose to 25.", "WBC fell."]),
        ('He said "stop." She stopped.', ['He said "stop."', "She stopped."]),
        ("Really...? Yes… Maybe.", ["Really...?", "Yes…", "Maybe."]),
    ],
)
def test_splits(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


def test_wrapped_line_goes_on() -> None:
    text = "This is a long line of a paragraph that was wrapped in the middle of\na sentence. It ends here."
    assert len(sentences(text)) == 2
    text = "The patient was first described in detail by the German physician called\nGraves and others in 1840."
    assert len(sentences(text)) == 1


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.sampled_from("ab Z.。!?！？\n\t1)”\"'|#-…é𝒳患\u202e\x00mg,"), max_size=80))
def test_every_visible_character_is_in_exactly_one_sentence(text: str) -> None:
    spans = split(text)
    previous = 0
    for start, end in spans:
        assert previous <= start < end <= len(text)
        assert text[previous:start].strip() == ""
        assert text[start:end] == text[start:end].strip()
        previous = end
    assert text[previous:].strip() == ""


@pytest.mark.parametrize("unit", ["a", ". ", "\n", "\n \n", " \t", "。", "Pt. ", "\u202e\u0645.", ". a", "1."])
def test_degenerate_texts_cost_linear_time(unit: str) -> None:
    text = unit * (2_000_000 // len(unit))
    began = time.process_time()
    split(text)
    assert time.process_time() - began < 15


def test_empty() -> None:
    assert split("") == []
    assert split(" \n\t ") == []
