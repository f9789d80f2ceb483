"""`train eval`: sets of questions through a model, accuracy with its interval, every answer kept."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from medpress.store import identity, read_json, write_json
from training.config import EvalConfig, InputError
from training.evaluation.accuracy import wilson
from training.evaluation.multiple_choice import ByGeneration, ByLikelihood
from training.evaluation.questions import Question, questions_hash, read_questions
from training.generate import Sampling, open_generator
from training.log import whole_lines
from training.model import model_hash
from training.tuning import reasons

_SUFFIXES = {".jsonl", ".json", ".csv"}


def evaluate(paths: Sequence[Path], config: EvalConfig, progress: Callable[..., Any]) -> list[dict[str, Any]]:
    """Ask all questions of all files (of a folder, those in a known format) and return a summary a file.

    `out` gets, for each file and method, the answers (`NAME.METHOD.jsonl`, one line a question) and the summary
    (`NAME.METHOD.json`). Questions are asked in fixed batches, and a batch that is already answered by the same model
    under the same settings is not asked again.
    """
    sets = _sets(paths, config.limit)
    methods = ("likelihood", "generation") if config.method == "both" else (config.method,)
    generator = open_generator(config.model)
    sampling = Sampling(max_new_tokens=config.max_new_tokens, temperature=config.temperature, top_p=config.top_p)
    answerers = {
        "likelihood": lambda: ByLikelihood(generator),
        "generation": lambda: ByGeneration(generator, sampling),
    }
    weights = model_hash(config.model)
    summaries = []
    names = Counter(path.stem for path, _, _ in sets)
    for path, questions, left_out in sets:
        name = path.stem if names[path.stem] == 1 else f"{path.parent.name}_{path.stem}"
        for method in methods:
            settings = {
                "model": config.model,
                "weights": weights,
                "method": method,
                "questions": questions_hash(questions),
                "batch_size": config.batch_size,
                **({"sampling": vars(sampling), "seed": config.seed} if method == "generation" else {}),
            }
            target = config.out / f"{name}.{method}"
            with progress(f"{name} by {method}", len(questions), "questions") as tick:
                answers = _answers(questions, answerers[method](), target, settings, config, tick)
            summary = summarise(questions, answers) | {
                "name": name,
                "file": str(path),
                "method": method,
                "model": config.model,
                "left_out": dict(left_out),
            }
            write_json(target.with_name(target.name + ".json"), summary | {"settings": settings})
            summaries.append(summary)
    return summaries


def _sets(paths: Sequence[Path], limit: int) -> list[tuple[Path, list[Question], Counter[str]]]:
    """The questions of each file named, and of each file in the folders named that holds some in a known format."""
    found: list[tuple[Path, list[Question], Counter[str]]] = []
    for path in paths:
        inner = sorted(p for p in path.rglob("*") if p.suffix in _SUFFIXES) if path.is_dir() else [path]
        before = len(found)
        for file in inner:
            try:
                questions, left_out = read_questions(file)
            except InputError:
                if path.is_dir():
                    continue
                raise
            if questions:
                found.append((file, questions[: limit or None], left_out))
            elif not path.is_dir():
                raise InputError(f"{file} holds no question that can be asked: {reasons(left_out)}.")
        if len(found) == before:
            raise InputError(f"{path} holds no file with questions in a format that is known here.")
    return found


def _answers(
    questions: Sequence[Question], answerer: Any, target: Path, settings: dict[str, Any], config: EvalConfig, tick: Any
) -> list[dict[str, Any]]:
    lines = target.with_name(target.name + ".jsonl")
    claim = target.with_name(target.name + ".run.json")
    done: list[dict[str, Any]] = []
    if claim.exists() and read_json(claim) == settings:
        done = [json.loads(line) for line in whole_lines(lines)]
        done = done[: len(done) // config.batch_size * config.batch_size] if len(done) < len(questions) else done
    write_json(claim, settings)
    tick(len(done))
    with open(lines, "w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in done)
        for start in range(len(done), len(questions), config.batch_size):
            batch = questions[start : start + config.batch_size]
            seeds = [int(identity(config.seed, question.id)[:12], 16) for question in batch]
            for question, answer in zip(batch, answerer.answer(batch, seeds), strict=True):
                row = {
                    "id": question.id,
                    "lang": question.lang,
                    "answer": question.answer,
                    "right": answer["chosen"] == question.answer,
                    **answer,
                }
                done.append(row)
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
            file.flush()
            tick(len(batch))
    return done


def summarise(questions: Sequence[Question], answers: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Accuracy with a 95 % interval, what guessing would give, and how many answers named no option."""
    right, total = sum(row["right"] for row in answers), len(answers)
    low, high = wilson(right, total)
    return {
        "questions": total,
        "right": right,
        "accuracy": right / total,
        "low": low,
        "high": high,
        "chance": sum(1 / len(question.options) for question in questions) / total,
        "unanswered": sum(row["chosen"] is None for row in answers),
    }
