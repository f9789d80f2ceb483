"""The reward of an answer: 1 when every rule is kept, else 0, with the first rule that is broken."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from training.evaluation.questions import Question
from training.rewards.agreement import concluded_option, concluded_quantity, rests_on
from training.rewards.quantities import quantity, without_units
from training.synthesis.answer_format import Parts, misfit, parts_of


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an answer earns."""

    reward: float
    """1 or 0."""
    reason: str
    """The rule that is broken; empty for 1."""


def verify(text: str, question: Question) -> Verdict:
    """Reward of a completion to a question whose answer is a letter, or, where it has no options, a quantity.

    In this order: reasoning and answer in form; the answer exactly right, a quantity in any unit of its dimension; the
    reasoning rests on the question (`rests_on`); it concludes what is answered. An answer that hedges, denies, names
    several, lacks its unit or comes without reasoning earns nothing. Raises `ValueError` when the question's own answer is
    neither.
    """
    parts = parts_of(text)
    if parts is None:
        return Verdict(0.0, "not in the form of think and answer")
    if broken := misfit(Parts(without_units(parts.think), without_units(parts.answer)), question.lang):
        return Verdict(0.0, broken)
    if question.options:
        return _choice(parts.think, parts.answer, question)
    return _quantity(parts.think, parts.answer, question)


def _choice(think: str, answer: str, question: Question) -> Verdict:
    right = question.options[question.answer]
    if _plain(answer) not in {_plain(question.answer), _plain(right), _plain(f"{question.answer} {right}")}:
        return Verdict(0.0, "wrong answer")
    if not rests_on(think, question.question, question.options):
        return Verdict(0.0, "reasoning does not rest on the question")
    if concluded_option(think, question.options, question.lang) != question.answer:
        return Verdict(0.0, "reasoning and answer disagree")
    return Verdict(1.0, "")


def _quantity(think: str, answer: str, question: Question) -> Verdict:
    right = quantity(question.answer)
    if right is None:
        raise ValueError(f"{question.answer!r} is no quantity, and question {question.id} has no options.")
    if quantity(answer) != right:
        return Verdict(0.0, "wrong answer")
    if not rests_on(think, question.question, question.options):
        return Verdict(0.0, "reasoning does not rest on the question")
    if concluded_quantity(think) != right:
        return Verdict(0.0, "reasoning and answer disagree")
    return Verdict(1.0, "")


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"^[\W_]+|[\W_]+$", "", re.sub(r"[\s.)、:：]+", " ", folded))
