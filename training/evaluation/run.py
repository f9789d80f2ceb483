"""`train eval`: sets of questions through a model, accuracy with its interval, every answer kept."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from medpress.generation.client import Client, open_endpoint
from medpress.store import identity, read_json, write_json
from training.config import EvalConfig, InputError
from training.evaluation.accuracy import wilson
from training.evaluation.contamination import contamination
from training.evaluation.multiple_choice import Answerer, ByEndpoint, ByGeneration, ByLikelihood
from training.evaluation.questions import SUFFIXES, Question, questions_hash, read_questions
from training.generate import Generator, Sampling, open_generator
from training.log import whole_lines
from training.model import model_hash
from training.synthesis.answer_format import parts_of
from training.tuning import reasons


@dataclass(frozen=True, kw_only=True)
class QuestionSet:
    """The questions of one file."""

    path: Path
    """The file."""
    questions: Sequence[Question]
    """Those that are asked."""
    left_out: Counter[str]
    """Rows that are not, by reason."""

    def for_(self, several: bool) -> QuestionSet:
        """The part that a way of asking can ask: several right options, or one."""
        if several:
            return self
        single = [question for question in self.questions if not question.several]
        lost = len(self.questions) - len(single)
        left_out = self.left_out + Counter({"several answers, asked by generation alone": lost})
        return QuestionSet(path=self.path, questions=single, left_out=left_out)


def evaluate(paths: Sequence[Path], config: EvalConfig, progress: Callable[..., Any]) -> list[dict[str, Any]]:
    """Ask all questions of all files (of a folder, those that can be read) and return a summary a file and method.

    `out` gets, for each file and method, the answers (`NAME.METHOD.jsonl`, one line a question) and the summary
    (`NAME.METHOD.json`). Questions are asked in fixed batches, and a batch that is already answered by the same model
    under the same settings is not asked again; an endpoint's replies are journaled in `work/`. Raises `InputError`.
    """
    sets = _sets(paths, config)
    examples = _examples(config)
    if config.policy.endpoint and config.method != "generation":
        raise InputError("an endpoint tells no likelihoods: ask it with --method generation.")
    methods = ("likelihood", "generation") if config.method == "both" else (config.method,)
    sampling = Sampling(max_new_tokens=config.max_new_tokens, temperature=config.temperature, top_p=config.top_p)
    model = str(Path(config.policy.model, config.policy.gguf_file or ""))
    generator = cache(lambda: open_generator(model))
    weights = config.policy.endpoint or model_hash(model)
    summaries = []
    names = Counter(found.path.stem for found in sets)
    for whole in sets:
        name = whole.path.stem if names[whole.path.stem] == 1 else f"{whole.path.parent.name}_{whole.path.stem}"
        for method in methods:
            found = whole.for_(method == "generation")
            if not found.questions:
                continue
            settings = {
                "model": config.policy.model,
                "weights": weights,
                "method": method,
                "questions": questions_hash(found.questions),
                "examples": questions_hash(examples),
                "batch_size": config.batch_size,
                **(
                    {"sampling": vars(sampling), "seed": config.seed}
                    if method == "generation"
                    else {"preamble": config.preamble}
                ),
            }
            target = config.out / f"{name}.{method}"
            with progress(f"{name} by {method}", len(found.questions), "questions") as tick:
                answers = _answers(
                    found.questions,
                    _answerer(method, generator, sampling, examples, config, tick),
                    target,
                    settings,
                    config,
                    tick,
                )
            summary = summarise(found.questions, answers) | {
                "name": name,
                "file": str(found.path),
                "method": method,
                "model": config.policy.model,
                "left_out": dict(found.left_out),
            }
            if config.corpus:
                summary["contamination"] = _by_status(contamination(found.questions, config.corpus), answers)
            write_json(target.with_name(target.name + ".json"), summary | {"settings": settings})
            summaries.append(summary)
    return summaries


def _answerer(
    method: str,
    generator: Callable[[], Generator],
    sampling: Sampling,
    examples: Sequence[Question],
    config: EvalConfig,
    tick: Callable[..., object],
) -> Answerer:
    if method == "letters":
        return ByLikelihood(generator(), "letters", examples, config.preamble)
    if method == "likelihood":
        return ByLikelihood(generator(), "text", examples, config.preamble)
    if not config.policy.endpoint:
        return ByGeneration(generator(), sampling, examples)
    journal = config.out / "work" / "replies.jsonl"
    return ByEndpoint(lambda: Client(open_endpoint(config.policy), journal, config.policy), sampling, examples, tick)


def _sets(paths: Sequence[Path], config: EvalConfig) -> list[QuestionSet]:
    """The questions of each file named, and of each file in the folders named that holds some."""
    found: list[QuestionSet] = []
    for path in paths:
        files = sorted(file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES) if path.is_dir() else [path]
        before = len(found)
        for file in files:
            try:
                questions, left_out = read_questions(file, config.options)
            except InputError:
                if path.is_dir():
                    continue
                raise
            if questions:
                found.append(QuestionSet(path=file, questions=questions[: config.limit or None], left_out=left_out))
            elif not path.is_dir():
                raise InputError(f"{file} holds no question that can be asked: {reasons(left_out)}.")
        if len(found) == before:
            raise InputError(f"{path} holds no file with questions that can be asked.")
    return found


def _examples(config: EvalConfig) -> list[Question]:
    if not config.shots:
        return []
    if config.examples is None:
        raise InputError("--shots needs --examples: a file of questions that are not among those asked.")
    single = [question for question in read_questions(config.examples)[0] if not question.several]
    if len(single) < config.shots:
        raise InputError(
            f"{config.examples} holds {len(single)} examples with one right option; --shots asks for more."
        )
    return single[: config.shots]


def _answers(
    questions: Sequence[Question],
    answerer: Answerer,
    target: Path,
    settings: dict[str, Any],
    config: EvalConfig,
    tick: Any,
) -> list[dict[str, Any]]:
    lines = target.with_name(target.name + ".jsonl")
    claim = target.with_name(target.name + ".run.json")
    done: list[dict[str, Any]] = []
    size = len(questions) if config.policy.endpoint else config.batch_size  # its journal knows what is answered
    if not config.policy.endpoint:
        if claim.exists() and read_json(claim) == settings:
            done = [json.loads(line) for line in whole_lines(lines)]
            done = done[: len(done) // size * size] if len(done) < len(questions) else done
        tick(len(done))
    write_json(claim, settings)
    with open(lines, "w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in done)
        for start in range(len(done), len(questions), size):
            batch = questions[start : start + size]
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
            if not config.policy.endpoint:
                tick(len(batch))
    return done


def summarise(questions: Sequence[Question], answers: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Accuracy with a 95 % interval, what two ways of not knowing would give, and how many answers named no option.

    `chance` is guessing; `one_letter` is always answering the letter that is right most often, without reading. By
    likelihood, `accuracy` compares options by character of text (lm-eval's `acc_norm`) and `accuracy_sum` whole (`acc`);
    by generation, `in_form` is the share of answers that end by themselves and are reasoning and conclusion, nothing else.
    """
    right, total = sum(row["right"] for row in answers), len(answers)
    low, high = wilson(right, total)
    summary = {
        "questions": total,
        "right": right,
        "accuracy": right / total,
        "low": low,
        "high": high,
        "chance": sum(_chance(question) for question in questions) / total,
        "one_letter": max(Counter(question.answer for question in questions).values()) / total,
        "unanswered": sum(row["chosen"] is None for row in answers),
    }
    if "chosen_sum" in answers[0]:
        summary["accuracy_sum"] = sum(row["chosen_sum"] == row["answer"] for row in answers) / total
    if "output" in answers[0]:
        summary["in_form"] = sum(_in_form(row) for row in answers) / total
    if errors := Counter(row["error"] for row in answers if "error" in row):
        summary["errors"] = dict(errors)
    return summary


def _in_form(row: dict[str, Any]) -> bool:
    parts = parts_of(row["output"]) if row["finished"] else None
    return parts is not None and bool(parts.think)


def _chance(question: Question) -> float:
    """Of guessing right: one of the options, or any set of two or more where several are right."""
    count = len(question.options)
    return 1 / (2**count - count - 1) if question.several else 1 / count


def _by_status(found: Sequence[str], answers: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Questions, right answers, accuracy and interval of each status of contamination."""
    groups = {}
    for status in sorted(set(found)):
        rights = [row["right"] for row, one in zip(answers, found, strict=True) if one == status]
        low, high = wilson(sum(rights), len(rights))
        groups[status] = {
            "questions": len(rights),
            "right": sum(rights),
            "accuracy": sum(rights) / len(rights),
            "low": low,
            "high": high,
        }
    return groups
