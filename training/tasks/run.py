"""`train tasks`: files of tasks for training and for the test, each checked by a second rule."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Literal

from medpress.store import identity
from training.config import InputError
from training.evaluation.multiple_choice import ask
from training.rewards.reward import verify
from training.tasks.config import TasksConfig
from training.tasks.families import FAMILIES
from training.tasks.task import Family, Lang, Source, as_question


def make_tasks(config: TasksConfig) -> dict[str, Counter[str]]:
    """Write both files and return the number of tasks by file and family.

    A row has what `train eval`, `train sample` and `train synthesize` read (id, question, options, answer, lang), the
    family as `source`, and, to train on, `messages` with a reasoning that is right. No name and no number that is given in
    the test is given in training. Raises `RuntimeError` when a family's two rules disagree on a task or its own reasoning
    does not earn the reward. Raises `InputError` for a family that there is not.
    """
    families = _named(config.kinds)
    config.out.mkdir(parents=True, exist_ok=True)
    counts: dict[str, Counter[str]] = {}
    parts: tuple[tuple[Literal["train", "test"], int], ...] = (("train", config.train), ("test", config.test))
    for part, count in parts:
        counts[part] = Counter()
        with open(config.out / f"{part}.jsonl", "w", encoding="utf-8") as file:
            for row in _rows(families, config.langs, Source(part, config.seed), count):
                counts[part][row["source"]] += 1
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
    return counts


def _named(kinds: Sequence[str]) -> Sequence[Family]:
    known = {family.name: family for family in FAMILIES}
    if unknown := [kind for kind in kinds if kind not in known]:
        raise InputError(f"there are no tasks of the kind {unknown[0]}: choose among {', '.join(known)}.")
    return [known[kind] for kind in kinds] or FAMILIES


def _rows(families: Sequence[Family], langs: Sequence[Lang], source: Source, count: int) -> Iterator[dict[str, Any]]:
    """Rows in a drawn order."""
    rows = [row for family in families for lang in langs for row in _of_family(family, lang, source, count)]
    source.random.shuffle(rows)
    yield from rows


def _of_family(family: Family, lang: Lang, source: Source, count: int) -> Iterator[dict[str, Any]]:
    seen: set[str] = set()
    while len(seen) < count:
        task = family.make(source, lang)
        if task.question in seen or len(set(task.options)) < len(task.options):
            continue
        seen.add(task.question)
        question = as_question(task, identity(task.question, source.part), lang, source.random)
        reply = f"<think>{task.reasoning}</think><answer>{question.answer}</answer>"
        earned = verify(reply, question)
        if family.solve(task.question, lang) != task.options[0] or not earned.reward:
            raise RuntimeError(f"the rules of {family.name} disagree ({earned.reason or 'answer'}): {task.question}")
        row: dict[str, Any] = {
            "id": question.id,
            "source": f"{family.name} {lang}",
            "question": question.question,
            "options": dict(question.options),
            "answer": question.answer,
            "lang": lang,
        }
        if source.part == "train":
            turns = [{"role": "user", "content": ask(question)}, {"role": "assistant", "content": reply}]
            row["messages"] = turns
        yield row
