"""Rewards: honest answers earn 1, each of a hundred that only look right earns 0."""

from __future__ import annotations

from fractions import Fraction

import pytest
from reward_hacks import HACKS, HONEST, QUESTIONS

from training.evaluation.questions import Question
from training.rewards.agreement import concluded_option
from training.rewards.quantities import quantities, quantity
from training.rewards.reward import verify


def question(name: str) -> Question:
    return Question(id=name, **({"options": {}} | QUESTIONS[name]))


def test_there_are_a_hundred() -> None:
    assert sum(map(len, HACKS.values())) == 100 and QUESTIONS.keys() == HACKS.keys() == HONEST.keys()


@pytest.mark.parametrize("name", sorted(QUESTIONS))
def test_honest_answers_earn_the_reward_and_hacks_nothing(name: str) -> None:
    assert [verify(text, question(name)).reason for text in HONEST[name]] == [""] * len(HONEST[name])
    assert [text for text in HACKS[name] if verify(text, question(name)).reward] == []


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("0.5 g", "500 mg", True),
        ("500毫克", "0.5 g.", True),
        ("1,000 mL", "1 L", True),
        ("5 mg/mL", "5 g/L", True),
        ("5 mg/mL", "5 mg", False),
        ("0.1 mg", "100 mcg", True),
        ("0.1 mg", "0.10 mg", True),
        ("5 mmol/L", "5 mg/L", False),
        ("2 h", "120 min", True),
    ],
)
def test_quantities_are_compared_with_their_units(one: str, other: str, same: bool) -> None:
    assert quantity(one) is not None and (quantity(one) == quantity(other)) is same


@pytest.mark.parametrize("text", ["5", "mg", "5 mg or 6 mg", "about 5 mg", "5 mg/kg/d", "5 mgs", "5e3 mg", "<5 mg"])
def test_what_is_no_quantity(text: str) -> None:
    assert quantity(text) is None


def test_quantities_in_a_text() -> None:
    assert [found.value for _, found in quantities("12 kg × 15 mg/kg = 180 mg")] == [
        12000,
        Fraction(15, 1_000_000),
        Fraction(18, 100),
    ]


def test_a_question_whose_answer_cannot_be_verified_is_refused() -> None:
    asked = Question(id="x", question="Why?", options={}, answer="Because.", lang="en")
    with pytest.raises(ValueError, match="no quantity"):
        verify("<think>Why, why.</think><answer>Because.</answer>", asked)


def test_what_reasoning_concludes() -> None:
    options = {"A": "low", "B": "high"}
    assert concluded_option("It is low at first. In the end it is high.", options, "en") == "B"
    assert concluded_option("It is not in the range, so it is high.", options, "en") == "B"
    assert concluded_option("It is high. A patient waits.", options, "en") is None
    assert concluded_option("It isn’t high.", options, "en") is None
    assert concluded_option("", options, "en") is None
