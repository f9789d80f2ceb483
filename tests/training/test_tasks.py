"""Tasks by rule: two rules agree, the test is new, and spoilt answers to them earn nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from small_corpus import run_train

from training.config import InputError
from training.evaluation.questions import Question, read_questions
from training.rewards.quantities import numbers
from training.rewards.reward import verify
from training.tasks.families import FAMILIES
from training.tasks.run import TasksConfig, make_tasks

WORDS = re.compile(r"[A-Za-z]{5,}|[\u4e00-\u9fff]{3}(?=参考范围|每次|与|瘤|等于|：)")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("tasks")
    make_tasks(TasksConfig(out=out, train=60))
    return out


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_thousand_and_more_are_asked_of_every_family_and_language(folder: Path) -> None:
    questions, left_out = read_questions(folder / "test.jsonl")
    assert len(questions) == 2 * 90 * len(FAMILIES) >= 1000 and not left_out
    assert len({question.question for question in questions}) == len(questions)
    assert {row["source"] for row in rows(folder / "test.jsonl")} == {
        f"{family.name} {lang}" for family in FAMILIES for lang in ("en", "zh")
    }


def test_no_number_and_no_name_of_the_test_is_seen_in_training(folder: Path) -> None:
    train, test = (rows(folder / f"{part}.jsonl") for part in ("train", "test"))
    given = [{number for row in part for number in numbers(row["question"])} for part in (train, test)]
    assert given[0] and given[1] and not given[0] & given[1]
    words = [{word for row in part for word in WORDS.findall(row["question"])} for part in (train, test)]
    invented = [{word for word in part if not any(word in other for other in _frame())} for part in words]
    assert len(invented[1]) > 100 and not invented[0] & invented[1]


def _frame() -> list[str]:
    """The words that all questions of a family share."""
    import inspect

    return [inspect.getsource(inspect.getmodule(family.make)) for family in FAMILIES]  # type: ignore[arg-type]


def test_letters_are_balanced_and_no_letter_wins(folder: Path) -> None:
    answers = [row["answer"] for row in rows(folder / "test.jsonl")]
    assert max(answers.count(letter) for letter in "ABCD") < 0.4 * len(answers)


def test_the_reasoning_earns_and_what_is_spoilt_does_not(folder: Path) -> None:
    """Every answer with another letter, without reasoning, with its conclusion denied or another's reasoning."""
    kept = rows(folder / "train.jsonl")
    for row, other in zip(kept, [*kept[1:], kept[0]], strict=True):
        question = Question(**{name: row[name] for name in ("id", "question", "options", "answer", "lang")})
        reply = row["messages"][1]["content"]
        think = reply.split("</think>")[0].removeprefix("<think>")
        right = question.options[question.answer]
        wrong = next(letter for letter in question.options if letter != question.answer)
        denied = think[: think.rfind(right)] + ("不是" if row["lang"] == "zh" else "not ") + think[think.rfind(right) :]
        assert verify(reply, question).reward == 1
        spoilt = [
            f"<think>{think}</think><answer>{wrong}</answer>",
            f"<think>{denied}</think><answer>{question.answer}</answer>",
            f"<think>{right}</think><answer>{question.answer}</answer>",
            f"<think></think><answer>{question.answer}</answer>",
            f"<answer>{question.answer}</answer>",
            f"<think>{think}</think><answer>{question.answer}{wrong}</answer>",
            other["messages"][1]["content"],
        ]
        assert [text for text in spoilt if verify(text, question).reward] == []


def test_the_command_writes_the_same_files_again(tmp_path: Path) -> None:
    for name in ("a", "b"):
        done = run_train("tasks", "--out", str(tmp_path / name), "--train", "3", "--test", "2")
        assert done.returncode == 0, done.stderr
    assert "reference range en" in done.stdout
    for part in ("train", "test"):
        assert (tmp_path / "a" / f"{part}.jsonl").read_bytes() == (tmp_path / "b" / f"{part}.jsonl").read_bytes()


def test_kinds_and_languages_are_chosen(tmp_path: Path) -> None:
    made = make_tasks(TasksConfig(out=tmp_path, train=2, test=3, kinds=("staging", "dose"), langs=("zh",)))
    assert made == {"train": {"staging zh": 2, "dose zh": 2}, "test": {"staging zh": 3, "dose zh": 3}}
    with pytest.raises(InputError, match="reference range"):
        make_tasks(TasksConfig(out=tmp_path, kinds=("dosing",)))
