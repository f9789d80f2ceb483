"""Facts with their wrong alternatives (`_sources/questions.tsv`) -> multiple-choice questions with shuffled options."""

from __future__ import annotations

import csv
import json
import random
from pathlib import Path

LETTERS = "ABCD"


def read_facts(source: Path) -> list[dict[str, str]]:
    """Rows of the table: file, lang, question, answer, wrong1, wrong2, wrong3."""
    with source.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def write_questions(source: Path, target: Path) -> None:
    """Writes one JSON line a fact; the order of the options depends only on the question's own text."""
    out: list[str] = []
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
        out.append(json.dumps(question, ensure_ascii=False))
    target.write_text("\n".join(out) + "\n", encoding="utf-8")
