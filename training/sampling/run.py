"""Questions to the datasets OUT (pairs), OUT_right (right answers as conversations, for SFT by rejection sampling) and
OUT_samples (every answer, with what became of it)."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from medpress.command import Ticker, UserError, progress, resolved
from medpress.errors import check_sum
from medpress.generation.request import Endpoint
from medpress.run.identity import code_of
from medpress.schema import INSTRUCTION, PAIR
from medpress.store import identity
from medpress.tokenising import count_tokens, load_tokenizer
from medpress.tokenising import fingerprint as tokenizer_fingerprint
from training.evaluation.questions import Question
from training.sampling.config import SamplingConfig
from training.sampling.question import PROMPTS as JUDGING
from training.sampling.question import Sampler, posed
from training.synthesis.answer_format import parts_of
from training.synthesis.experts import Patience, Pause, each, open_clients, open_model_endpoint, spent
from training.synthesis.items import Item, read_all
from training.synthesis.outcomes import Outcomes, beside, held_outcomes, publish
from training.synthesis.prompting import PROMPTS, fingerprint

SAMPLE = pa.schema(
    [
        pa.field("question_id", pa.string(), metadata={"description": "id within its set"}),
        pa.field("source", pa.string(), metadata={"description": "the collection of questions"}),
        pa.field("sample", pa.int32(), metadata={"description": "number of the answer"}),
        pa.field("text", pa.string(), metadata={"description": "the answer as it came; empty when none did"}),
        pa.field("error", pa.string(), metadata={"description": "why it cannot be used; empty when it can"}),
        pa.field("option", pa.string(), metadata={"description": "the option that it chooses; null for none"}),
        pa.field("correct", pa.bool_(), metadata={"description": "agrees with the ground truth; null when unknown"}),
        pa.field("score", pa.int32(), metadata={"description": "the judge's score 0 to 100; null without"}),
    ]
)
"""One sampled answer."""


@dataclass(kw_only=True)
class SamplingResult:
    """What came of it."""

    out: Path
    questions: int
    pairs: int = 0
    paired: int = 0
    """Questions that gave a pair."""
    reasons: Counter[str] = field(default_factory=Counter)
    """Questions without a pair, by reason."""
    samples: int = 0
    right: int = 0
    wrong: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    """Answers that cannot be used, by reason."""
    left_out: Counter[str] = field(default_factory=Counter)
    """Rows of the files that are no questions, by reason."""
    spent: dict[str, dict[str, int]] = field(default_factory=dict)
    """Calls and tokens of each model in this run."""


def sample(paths: Sequence[Path], config: SamplingConfig, *, pause: Pause = asyncio.sleep) -> SamplingResult:
    """Make preference pairs of a model's answers; carries an interrupted run on.

    Raises `UserError` (also when not one pair came of it) and `InputError`.
    """
    if config.samples < 2 or config.pairs < 1:
        raise UserError("--samples must be at least 2 and --pairs at least 1.")
    policy = open_model_endpoint(config.policy)
    judge = open_model_endpoint(config.judge) if config.judge else None
    settings = {
        **{k: v for k, v in resolved(config).items() if k not in ("out", "policy", "judge", "limit")},
        "models": [policy.model, judge.model if judge else None],
        "prompts": fingerprint(PROMPTS, JUDGING),
    }
    code = code_of(Sampler.__module__).digest  # the same replies give the same outcome as long as it is the same
    left_out: Counter[str] = Counter()
    items = [
        Item(key=_key(question, source, code, settings), question=question, source=source)
        for question, source in read_all(paths, config.limit, left_out)
    ]
    result = SamplingResult(out=config.out, questions=len(items), left_out=left_out)
    with held_outcomes(config.out) as outcomes:
        with progress("sampling", len(items), "questions") as tick:
            asyncio.run(_work(items, config, policy, judge, outcomes, result, tick, pause))
        _publish(items, config, code, settings, outcomes, result)
    if not result.pairs:
        reasons = "; ".join(f"{count} x {reason}" for reason, count in result.reasons.most_common())
        raise UserError(
            f"no pair came of {result.questions} questions: {reasons}. Every answer is in {beside(config.out, 'samples')}.",
            1,
        )
    return result


def _key(question: Question, source: str, code: str, settings: Mapping[str, Any]) -> str:
    said = [question.id, question.context, question.question, dict(question.options), question.answer, question.lang]
    return identity(code, said, source, settings)


async def _work(
    items: Sequence[Item],
    config: SamplingConfig,
    policy: Endpoint,
    judge: Endpoint | None,
    outcomes: Outcomes,
    result: SamplingResult,
    tick: Ticker,
    pause: Pause,
) -> None:
    second = (judge, config.judge) if judge and config.judge else None
    async with open_clients((policy, config.policy), second, beside(config.out, "work"), pause) as clients:
        patience = Patience(clients)

        async def one(item: Item) -> None:
            known = outcomes.get(item.key)
            if known is None or known["again"]:
                outcome = await Sampler(item.question, config, clients).run()
                outcomes.put(item.key, outcome)
                for candidate in outcome["candidates"]:
                    patience.note(candidate["error"])
            tick()

        await each(items, one, config.policy.concurrency)
        result.spent = spent(clients)


def _publish(
    items: Sequence[Item],
    config: SamplingConfig,
    code: str,
    settings: Mapping[str, Any],
    outcomes: Outcomes,
    result: SamplingResult,
) -> None:
    order: list[tuple[str, str, int]] = []
    sources = {item.key: item.source for item in items}
    for item in items:
        outcome = outcomes.get(item.key) or {}
        pairs, candidates = outcome["pairs"], outcome["candidates"]
        order += [(pair["id"], item.key, place) for place, pair in enumerate(pairs)]
        result.pairs += len(pairs)
        result.paired += bool(pairs)
        result.samples += len(candidates)
        result.right += sum(c["correct"] is True and not c["error"] for c in candidates)
        result.wrong += sum(c["correct"] is False and not c["error"] for c in candidates)
        result.errors.update(c["error"] for c in candidates if c["error"])
        if not pairs:
            result.reasons[outcome["reason"]] += 1
    check_sum("questions were sampled", result.questions, result.paired, result.reasons.total())
    check_sum("samples were drawn", result.samples, result.right, result.wrong, result.errors.total())

    def pairs_by_id() -> Iterator[dict[str, Any]]:
        for _, key, place in sorted(order):
            yield (outcomes.get(key) or {})["pairs"][place] | {"source": sources[key]}

    def samples() -> Iterator[dict[str, Any]]:
        for item in sorted(items, key=lambda item: item.key):
            for candidate in (outcomes.get(item.key) or {})["candidates"]:
                yield {"question_id": item.question.id, "source": item.source, **candidate}

    def right() -> Iterator[dict[str, Any]]:
        for item in sorted(items, key=lambda item: item.key):
            for number, text in _right(outcomes.get(item.key) or {}, config.pairs):
                messages = [
                    {"role": "user", "content": posed(item.question, config)},
                    {"role": "assistant", "content": text},
                ]
                yield {
                    "id": identity(messages),
                    "messages": messages,
                    "stage": 3,
                    "lang": item.question.lang,
                    "source": item.source,
                    "license": "",
                    "topics": {},
                    "provenance": {
                        "method": "rejection sampling",
                        "question": item.question.id,
                        "model": settings["models"][0],
                        "samples": str(number),
                    },
                }

    tokenizer = load_tokenizer()

    def count(rows: list[dict[str, Any]]) -> None:
        texts = ["\n".join(message["content"] for message in row["messages"]) for row in rows]
        for row, n in zip(rows, count_tokens(tokenizer, texts), strict=True):
            row["n_tokens"] = n

    versions = {"sampling": code}
    publish(
        beside(config.out, "right"),
        right(),
        INSTRUCTION,
        count,
        kind="instructions",
        config=dict(settings),
        versions=versions | {"tokenizer": tokenizer_fingerprint(tokenizer)},
    )
    publish(config.out, pairs_by_id(), PAIR, kind="pairs", config=dict(settings), versions=versions)
    publish(beside(config.out, "samples"), samples(), SAMPLE, kind="samples", config=dict(settings), versions=versions)


def _right(outcome: Mapping[str, Any], most: int) -> list[tuple[int, str]]:
    """Number and text of the right answers to a question that can be used, each text once, the first sampled first."""
    found: dict[str, int] = {}
    for candidate in outcome["candidates"]:
        parts = parts_of(candidate["text"])
        if candidate["correct"] and not candidate["error"] and parts:
            found.setdefault(parts.text, candidate["sample"])
    return [(number, text) for text, number in found.items()][:most]
