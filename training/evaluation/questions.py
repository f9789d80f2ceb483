"""Multiple-choice questions in the formats in which medical sets are published, read into one form.

A file's format is recognised by its columns. What cannot be asked (no options, several right answers, no answer) is
left out with a reason. A new format is one function here and one line in `FORMATS`.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import ascii_uppercase
from typing import Any

from medpress.store import identity
from training.config import InputError

Row = Mapping[str, Any]


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
    """The letter of the right option."""
    lang: str
    """en or zh."""
    context: str = ""
    """Text that belongs to the question, such as an abstract."""


class UnaskableError(ValueError):
    """A row that is no single-choice question; the message is the reason, for counting."""


@dataclass(frozen=True, kw_only=True)
class Format:
    """How one published format is recognised and read."""

    columns: frozenset[str]
    """Columns that give it away."""
    convert: Callable[[Row], tuple[str, Sequence[str], str]]
    """Row -> question, options in order, the right option's letter."""
    context: Callable[[Row], str] = lambda row: ""
    """Row -> text that belongs to the question."""
    id: str = ""
    """Column with the id; empty numbers the rows."""


def _own(row: Row) -> tuple[str, Sequence[str], str]:
    options = row["options"]
    if not isinstance(options, dict):
        raise UnaskableError("no options")
    return row["question"], _lettered(options), row["answer"]


def _medqa(row: Row) -> tuple[str, Sequence[str], str]:
    return row["question"], _lettered(row["options"]), row["answer_idx"]


def _citrus(row: Row) -> tuple[str, Sequence[str], str]:
    return row["Q"], _lettered({o["op_idx"]: o["op_value"] for o in row["OP"]}), row["A"]


def _care_qa(row: Row) -> tuple[str, Sequence[str], str]:
    options = [row[f"op{i}"] for i in range(1, 5) if row.get(f"op{i}")]
    right = row["cop"]
    if right is None or math.isnan(right):
        raise UnaskableError("no answer")
    return row["question"], options, ascii_uppercase[int(right) - 1]


def _medbullets(row: Row) -> tuple[str, Sequence[str], str]:
    return row["question"], [row[f"op{c}"] for c in "abcde" if row.get(f"op{c}")], row["answer_idx"]


def _mmlu_pro(row: Row) -> tuple[str, Sequence[str], str]:
    return row["question"], row["options"], ascii_uppercase[int(row["answer_index"])]


def _pubmedqa(row: Row) -> tuple[str, Sequence[str], str]:
    options = ["yes", "no", "maybe"]
    return row["QUESTION"], options, ascii_uppercase[options.index(row["final_decision"])]


def _cmmlu(row: Row) -> tuple[str, Sequence[str], str]:
    return row["Question"], [row[letter] for letter in "ABCD"], row["Answer"]


def _xmedbench(row: Row) -> tuple[str, Sequence[str], str]:
    found = re.findall(r"\(([A-Z])\) (.*?)(?=\n\([A-Z]\) |\Z)", row["options"], flags=re.DOTALL)
    return row["question"], _lettered({a: b.strip().removesuffix(".") for a, b in found}), row["answer"].strip("()")


FORMATS: dict[str, Format] = {
    "citrus": Format(columns=frozenset({"Q", "OP", "A"}), convert=_citrus, id="id"),
    "medqa": Format(columns=frozenset({"question", "options", "answer_idx"}), convert=_medqa),
    "care_qa": Format(columns=frozenset({"question", "op1", "cop"}), convert=_care_qa, id="unique_id"),
    "medbullets": Format(columns=frozenset({"question", "opa", "answer_idx"}), convert=_medbullets),
    "mmlu_pro": Format(columns=frozenset({"question", "options", "answer_index"}), convert=_mmlu_pro, id="question_id"),
    "pubmedqa": Format(
        columns=frozenset({"QUESTION", "CONTEXTS", "final_decision"}),
        convert=_pubmedqa,
        context=lambda row: "\n".join(row["CONTEXTS"]),
        id="pmid",
    ),
    "cmmlu": Format(columns=frozenset({"Question", "A", "B", "Answer"}), convert=_cmmlu),
    "xmedbench": Format(
        columns=frozenset({"question", "options", "answer", "source"}),
        convert=_xmedbench,
        context=lambda row: row.get("context") or "",
    ),
    "medpress": Format(columns=frozenset({"question", "options", "answer"}), convert=_own, id="id"),
}
"""Name to format; the first whose columns are all there and whose options have its shape is taken."""


def read_questions(path: Path) -> tuple[list[Question], Counter[str]]:
    """The questions of a file (.jsonl, .json, .csv) and, by reason, how many rows were left out.

    Raises `InputError` when the file is missing, unreadable or of no known format.
    """
    rows = list(_rows(path))
    if not rows:
        raise InputError(f"{path} holds no questions.")
    format = _recognise(path, rows[0])
    questions: list[Question] = []
    left_out: Counter[str] = Counter()
    for number, row in enumerate(rows):
        try:
            questions.append(_question(row, format, number))
        except UnaskableError as error:
            left_out[str(error)] += 1
    return questions, left_out


def _question(row: Row, format: Format, number: int) -> Question:
    try:
        text, options, answer = format.convert(row)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, UnaskableError):
            raise
        raise UnaskableError("a row of another shape") from error
    lettered = dict(zip(ascii_uppercase, (str(option).strip() for option in options), strict=False))
    if len(lettered) < 2:
        raise UnaskableError("no options")
    if not isinstance(answer, str) or not answer:
        raise UnaskableError("no answer")
    if answer not in lettered:
        raise UnaskableError("several answers" if len(answer) > 1 else "the answer is not among the options")
    return Question(
        id=str(row.get(format.id) or number) if format.id else str(number),
        question=str(text).strip(),
        options=lettered,
        answer=answer,
        lang="zh" if re.search(r"[\u4e00-\u9fff]", str(text)) else "en",
        context=format.context(row).strip(),
    )


def _lettered(options: Mapping[str, str]) -> list[str]:
    """Option texts in the order of their letters, which must be A, B, C, …"""
    letters = sorted(key for key, value in options.items() if value is not None)
    if letters != list(ascii_uppercase[: len(letters)]):
        raise UnaskableError("options that are not lettered A, B, C")
    return [options[letter] for letter in letters]


def _recognise(path: Path, row: Row) -> Format:
    for name, format in FORMATS.items():
        if format.columns <= row.keys() and not (name == "xmedbench" and not isinstance(row["options"], str)):
            return format
    raise InputError(f"{path} is in no format of questions that is known here ({', '.join(FORMATS)}).")


def _rows(path: Path) -> Iterator[Row]:
    if not path.is_file():
        raise InputError(f"there is no file {path}: name a file with questions.")
    text = path.read_text(encoding="utf-8-sig")
    if path.suffix == ".csv":
        yield from csv.DictReader(io.StringIO(text, newline=""))
        return
    try:
        if path.suffix == ".jsonl":
            yield from (json.loads(line) for line in text.split("\n") if line.strip())
            return
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(f"{path} is not JSON: {error.msg} in line {error.lineno}.") from error
    if isinstance(data, list):
        yield from data
    elif isinstance(data.get("question"), dict):  # a table by columns
        yield from ({name: column.get(key) for name, column in data.items()} for key in data["question"])
    else:  # a table by id
        yield from ({"pmid": key, **row} for key, row in data.items())


def questions_hash(questions: Sequence[Question]) -> str:
    """Names a set of questions."""
    return identity([[q.id, q.question, q.context, dict(q.options), q.answer] for q in questions])
