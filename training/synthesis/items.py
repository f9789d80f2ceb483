"""The questions that conversations and pairs are made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from medpress.store import identity
from training.config import InputError
from training.evaluation.questions import Question, read_questions


@dataclass(frozen=True, kw_only=True)
class Item:
    """A question and where it comes from."""

    key: str
    question: Question
    source: str


def read_all(paths: Sequence[Path], limit: int, left_out: Counter[str]) -> Iterator[tuple[Question, str]]:
    """The questions of all files, each with its source (the file's name), each question once."""
    seen = set()
    for path in paths:
        questions, reasons = read_questions(path)
        left_out.update(reasons)
        single = [question for question in questions if not question.several]
        left_out.update({"several answers": len(questions) - len(single)} if len(single) < len(questions) else {})
        for question in single[: limit or None]:
            said = identity(question.context, question.question, dict(question.options))
            if said in seen:
                left_out["the same question again"] += 1
                continue
            seen.add(said)
            yield question, path.name.split(".")[0]
    if not seen:
        raise InputError("no question can be asked: none of the rows is a single-choice question.")
