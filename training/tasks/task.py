"""One task, and the source of names and numbers that keeps those of the test apart from those of training."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from string import ascii_uppercase
from typing import Literal

from medpress.store import identity
from medpress.training_index import share_of
from training.evaluation.questions import Question

WORDS = Path(__file__).parent / "words"
"""Syllables of invented names and names of findings, a file a language."""
TEST_SHARE = 0.3
"""Share of the names and numbers that only the test has."""

Lang = Literal["en", "zh"]


@dataclass(frozen=True, kw_only=True)
class Task:
    """A question with a reasoning that is right."""

    question: str
    """All that is needed to answer it."""
    options: Sequence[str]
    """Answers to choose from, the right one first."""
    reasoning: str
    """From what is given to the answer."""


@dataclass(frozen=True, kw_only=True)
class Family:
    """One kind of task."""

    name: str
    """As files and reports have it."""
    make: Callable[[Source, Lang], Task]
    """Make one."""
    solve: Callable[[str, Lang], str]
    """The right option's text, worked out from the question's text alone."""


class Source:
    """Draws names, findings and numbers of one part: those of the test are never drawn for training, nor the other way
    round. What part a text belongs to is in its hash."""

    def __init__(self, part: Literal["train", "test"], seed: int) -> None:
        self.part = part
        self.random = random.Random(f"{seed} {part}")

    def owns(self, text: str) -> bool:
        """Whether a name or number is of this part."""
        return (share_of(identity(text)) < TEST_SHARE) == (self.part == "test")

    def name(self, lang: Lang) -> str:
        """An invented name of a drug or substance."""
        parts = _syllables(lang)
        while True:
            name = "".join(self.random.choice(part) for part in parts)
            if self.owns(name):
                return name

    def names(self, count: int, lang: Lang) -> list[str]:
        """Different names."""
        names: dict[str, None] = {}
        while len(names) < count:
            names[self.name(lang)] = None
        return list(names)

    def findings(self, count: int, lang: Lang) -> list[str]:
        """Different findings."""
        return self.random.sample([finding for finding in _findings(lang) if self.owns(finding)], count)

    def number(self, low: float, high: float, decimals: int = 0) -> Fraction:
        """A number between two bounds, both included."""
        size = 10**decimals
        while True:
            number = Fraction(self.random.randint(round(low * size), round(high * size)), size)
            if self.owns(shown(number)):
                return number


def shown(number: Fraction) -> str:
    """A number as it is written: the shortest decimal. Raises `ValueError` for one that has none of twelve places."""
    for places in range(13):
        if (number * 10**places).denominator == 1:
            return f"{int(number * 10**places) / 10**places:.{places}f}" if places else str(int(number))
    raise ValueError(f"{number} is no short decimal")


@cache
def _syllables(lang: Lang) -> tuple[tuple[str, ...], ...]:
    text = (WORDS / f"syllables.{lang}.txt").read_text(encoding="utf-8")
    return tuple(tuple(line.split()) for line in text.splitlines())


@cache
def _findings(lang: Lang) -> tuple[str, ...]:
    return tuple((WORDS / f"findings.{lang}.txt").read_text(encoding="utf-8").splitlines())


def as_question(task: Task, id: str, lang: Lang, order: random.Random) -> Question:
    """A task with its options in a drawn order."""
    options = list(task.options)
    order.shuffle(options)
    lettered = dict(zip(ascii_uppercase, options, strict=False))
    answer = next(letter for letter, text in lettered.items() if text == task.options[0])
    return Question(id=id, question=task.question, options=lettered, answer=answer, lang=lang)
