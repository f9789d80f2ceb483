"""Multiple-choice questions of benchmark files, as far as they can be asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from medpress.question_files import read_entries
from medpress.store import identity
from medpress.writing_systems import has_han
from training.config import InputError

SUFFIXES = (".jsonl", ".json", ".csv", ".tsv", ".parquet", ".xlsx")
"""Of files that may hold questions."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question with options."""

    id: str
    """Id within its set."""
    question: str
    """The question, without its options."""
    options: Mapping[str, str]
    """Letter to text, in order."""
    answer: str
    """The letter of the right option, or the letters of several in the alphabet's order."""
    lang: str
    """en or zh."""
    context: str = ""
    """Text that belongs to the question, such as an abstract."""

    @property
    def several(self) -> bool:
        """More than one option is right."""
        return len(self.answer) > 1


def read_questions(path: Path, options: Path | None = None) -> tuple[list[Question], Counter[str]]:
    """The questions of a file and, by reason, how many rows were left out; formats: `medpress.question_files`.

    `options` names the file that holds the options where they stand apart. Raises `InputError` when a file is missing,
    unreadable or has no question.
    """
    for file in (path, options):
        if file is not None and not file.is_file():
            raise InputError(f"there is no file {file}: name a file with questions.")
    try:
        entries = read_entries(path, options=options)
    except ValueError as error:
        raise InputError(str(error)) from error
    questions = [
        Question(
            id=entry.id,
            question=entry.question,
            options=entry.options,
            answer=entry.answer,
            lang="zh" if has_han(entry.question) else "en",
            context="\n".join(entry.contexts),
        )
        for entry in entries
        if not entry.problem
    ]
    return questions, Counter(entry.problem for entry in entries if entry.problem)


def questions_hash(questions: Sequence[Question]) -> str:
    """Names a set of questions."""
    return identity([[q.id, q.question, q.context, dict(q.options), q.answer] for q in questions])
