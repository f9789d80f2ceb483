"""Facts with their wrong alternatives (`_sources/questions.tsv`) -> multiple-choice questions with shuffled options."""

from __future__ import annotations

import csv
import json
import random
from pathlib import Path
from typing import Any

LETTERS = "ABCD"


def read_facts(source: Path) -> list[dict[str, str]]:
    """Rows of the table: file, lang, question, answer, wrong1, wrong2, wrong3."""
    with source.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def questions(source: Path) -> list[dict[str, Any]]:
    """A question a fact; the order of the options depends only on the question's own text."""
    out = []
    for number, fact in enumerate(read_facts(source), start=1):
        texts = [fact["answer"], fact["wrong1"], fact["wrong2"], fact["wrong3"]]
        random.Random(fact["question"]).shuffle(texts)
        question = {
            "id": f"sample-{number:03d}",
            "question": fact["question"],
            "options": dict(zip(LETTERS, texts, strict=True)),
            "answer": LETTERS[texts.index(fact["answer"])],
            "answer_text": fact["answer"],
            "lang": fact["lang"],
            "source_file": fact["file"],
        }
        out.append(question)
    return out


def practice(source: Path) -> list[dict[str, Any]]:
    """Every other question: those that a model may learn from and that answers are sampled for."""
    return questions(source)[::2]


def test(source: Path) -> list[dict[str, Any]]:
    """The other half, which no training sees."""
    return questions(source)[1::2]


_REASON = {
    "en": "<think>The fact to recall: {question} {answer_text}. That is option {answer}.</think><answer>{answer}</answer>",
    "zh": "<think>需要回忆的知识：{question}{answer_text}。对应选项{answer}。</think><answer>{answer}</answer>",
}


def choices(source: Path) -> list[dict[str, Any]]:
    """The practice questions as conversations, asked as `train eval` asks: they teach the form of an answer."""
    from training.evaluation.multiple_choice import ask
    from training.evaluation.questions import Question

    rows = []
    for row in practice(source):
        known = ("id", "question", "options", "answer", "lang")
        question = Question(**{name: row[name] for name in known})
        messages = [
            {"role": "user", "content": ask(question)},
            {"role": "assistant", "content": _REASON[row["lang"]].format(**row)},
        ]
        rows.append({"messages": messages})
    return rows


def write_lines(rows: list[dict[str, Any]], target: Path) -> None:
    """One JSON line a row."""
    target.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
