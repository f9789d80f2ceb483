"""Questions to the datasets OUT (accepted conversations, stage 3) and OUT_rejected (with reason and transcript)."""

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
from medpress.schema import INSTRUCTION
from medpress.store import identity
from medpress.tokenising import count_tokens, load_tokenizer
from medpress.tokenising import fingerprint as tokenizer_fingerprint
from training.synthesis.config import SynthesisConfig
from training.synthesis.dialogue import Clients, Dialogue, RejectedError
from training.synthesis.dual_expert import Synthesis
from training.synthesis.experts import Patience, Pause, each, open_clients, open_model_endpoint, spent
from training.synthesis.items import Item, read_all
from training.synthesis.outcomes import Outcomes, beside, held_outcomes, publish
from training.synthesis.prompting import PROMPTS, fingerprint
from training.synthesis.search import Search

TURN = pa.struct(
    [
        pa.field("step", pa.string(), metadata={"description": "what was asked for"}),
        pa.field("prompt", pa.string(), metadata={"description": "what was asked"}),
        pa.field("reply", pa.string(), metadata={"description": "what came back"}),
        pa.field("error", pa.string(), metadata={"description": "why it could not be used; empty when it could"}),
    ]
)
REJECTED = pa.schema(
    [
        pa.field("id", pa.string(), metadata={"description": "hash of the question and of all settings"}),
        pa.field("question_id", pa.string(), metadata={"description": "id within its set"}),
        pa.field("question", pa.string(), metadata={"description": "the question as it was given"}),
        pa.field("answer", pa.string(), metadata={"description": "text of the right option"}),
        pa.field("lang", pa.string(), metadata={"description": "en or zh"}),
        pa.field("source", pa.string(), metadata={"description": "the collection"}),
        pa.field("reason", pa.string(), metadata={"description": "why it was rejected"}),
        pa.field("transcript", pa.list_(TURN), metadata={"description": "every call, in order"}),
    ]
)
"""A question that gave no conversation."""


@dataclass(kw_only=True)
class SynthesisResult:
    """What came of it."""

    out: Path
    questions: int
    accepted: int = 0
    first_path: int = 0
    """Of a search: items whose first path was accepted."""
    tokens: int = 0
    """Of a search: tokens of all paths."""
    first_tokens: int = 0
    """Of a search: tokens of the first paths."""
    rejected: Counter[str] = field(default_factory=Counter)
    """Items by reason."""
    left_out: Counter[str] = field(default_factory=Counter)
    """Rows of the files that are no questions, by reason."""
    spent: dict[str, dict[str, int]] = field(default_factory=dict)
    """Calls and tokens of each model in this run."""


def synthesize(paths: Sequence[Path], config: SynthesisConfig, *, pause: Pause = asyncio.sleep) -> SynthesisResult:
    """Make reasoning conversations of questions; carries an interrupted run on. Raises `UserError` and `InputError`."""
    if config.rounds < 1 or config.satisfied < 1:
        raise UserError("--rounds and --satisfied must be at least 1.")
    expert = open_model_endpoint(config.expert)
    judge = open_model_endpoint(config.judge) if config.judge else None
    settings = {
        **{
            k: v
            for k, v in resolved(config).items()
            if k not in ("out", "expert", "judge", "limit", "license", "tokenizer")
        },
        "models": [expert.model, judge.model if judge else expert.model],
        "prompts": fingerprint(PROMPTS),
    }
    code = code_of(
        (Search if config.paths else Synthesis).__module__
    ).digest  # the same replies give the same outcome as long as it is the same
    left_out: Counter[str] = Counter()
    items = list(_items(paths, config, code, settings, left_out))
    result = SynthesisResult(out=config.out, questions=len(items), left_out=left_out)
    with held_outcomes(config.out) as outcomes:
        with progress("synthesis", len(items), "questions") as tick:
            asyncio.run(_work(items, config, expert, judge, outcomes, result, tick, pause))
        _publish(items, config, code, settings, outcomes, result)
    return result


def _items(
    paths: Sequence[Path], config: SynthesisConfig, code: str, settings: Mapping[str, Any], left_out: Counter[str]
) -> Iterator[Item]:
    for question, source in read_all(paths, config.limit, left_out):
        said = [
            question.id,
            question.context,
            question.question,
            dict(question.options),
            question.answer,
            question.lang,
        ]
        yield Item(key=identity(code, said, source, settings), question=question, source=source)


async def _work(
    items: Sequence[Item],
    config: SynthesisConfig,
    expert: Endpoint,
    judge: Endpoint | None,
    outcomes: Outcomes,
    result: SynthesisResult,
    tick: Ticker,
    pause: Pause,
) -> None:
    second = (judge, config.judge) if judge and config.judge else None
    async with open_clients((expert, config.expert), second, beside(config.out, "work"), pause) as clients:
        patience = Patience(clients)

        async def one(item: Item) -> None:
            known = outcomes.get(item.key)
            if known is None or known["again"]:
                outcome = await _synthesize(item, config, clients)
                outcomes.put(item.key, outcome)
                patience.note(outcome["reason"])
            tick()

        width = max(config.expert.concurrency, config.judge.concurrency if config.judge else 1)
        await each(items, one, width)
        result.spent = spent(clients)


async def _synthesize(item: Item, config: SynthesisConfig, clients: Clients) -> dict[str, Any]:
    """The outcome of one item, for the file of outcomes."""
    if config.paths:
        return await _searched(item, config, clients)
    dialogue = Dialogue(clients, item.question.lang, config.max_tokens)
    synthesis = Synthesis(question=item.question, config=config, dialogue=dialogue)
    try:
        parts = await synthesis.run()
    except RejectedError as error:
        return {"accepted": False, "reason": str(error), "again": error.again, "transcript": dialogue.turns}
    messages = [{"role": "user", "content": synthesis.open_question}, {"role": "assistant", "content": parts.text}]
    provenance = {
        "method": "dual-expert",
        "question": item.question.id,
        "expert": clients["expert"].endpoint.model,
        "judge": clients["judge"].endpoint.model,
        "rounds": str(synthesis.rounds),
        "steps": str(len(synthesis.steps)),
        "satisfied": str(synthesis.satisfied),
        "withheld": str(synthesis.withheld),
        "verified": synthesis.verified,
        **{f"{kind}_share": f"{share:g}" for kind, share in synthesis.shares.items()},
    }
    return {"accepted": True, "reason": "", "again": False, "messages": messages, "provenance": provenance}


async def _searched(item: Item, config: SynthesisConfig, clients: Clients) -> dict[str, Any]:
    """The outcome of one item by search."""
    search = Search(question=item.question, config=config, clients=clients)
    try:
        parts = await search.run()
    except RejectedError as error:
        rejected = {"accepted": False, "reason": str(error), "again": error.again, "transcript": search.turns}
        return rejected | {"tokens": search.tokens}
    messages = [{"role": "user", "content": search.asked}, {"role": "assistant", "content": parts.text}]
    provenance = {
        "method": "search",
        "question": item.question.id,
        "expert": clients["expert"].endpoint.model,
        "paths": str(len(search.turns)),
        "verified": "code",
    }
    accepted = {"accepted": True, "reason": "", "again": False, "messages": messages, "provenance": provenance}
    return accepted | {"tokens": search.tokens}


def _publish(
    items: Sequence[Item],
    config: SynthesisConfig,
    code: str,
    settings: Mapping[str, Any],
    outcomes: Outcomes,
    result: SynthesisResult,
) -> None:
    tokenizer = load_tokenizer(config.tokenizer)
    kept = []
    failed = []
    for item in items:
        outcome = outcomes.get(item.key) or {}
        if outcome["accepted"]:
            kept.append((identity(outcome["messages"]), item))
        else:
            failed.append(item)
            result.rejected[outcome["reason"]] += 1
        tokens = outcome.get("tokens") or []
        result.first_path += outcome["accepted"] and len(tokens) == 1
        result.tokens += sum(tokens)
        result.first_tokens += sum(tokens[:1])
    result.accepted = len(kept)
    check_sum("questions were asked", result.questions, result.accepted, result.rejected.total())

    def accepted() -> Iterator[dict[str, Any]]:
        for name, item in sorted(kept, key=lambda pair: (pair[0], pair[1].key)):
            outcome = outcomes.get(item.key) or {}
            yield {
                "id": name,
                "messages": outcome["messages"],
                "stage": 3,
                "lang": item.question.lang,
                "source": item.source,
                "license": config.license,
                "topics": {},
                "provenance": outcome["provenance"],
            }

    def rejected() -> Iterator[dict[str, Any]]:
        for item in sorted(failed, key=lambda item: item.key):
            outcome = outcomes.get(item.key) or {}
            yield {
                "id": item.key,
                "question_id": item.question.id,
                "question": item.question.question,
                "answer": item.question.options[item.question.answer],
                "lang": item.question.lang,
                "source": item.source,
                "reason": outcome["reason"],
                "transcript": outcome["transcript"],
            }

    def count(rows: list[dict[str, Any]]) -> None:
        texts = ["\n".join(message["content"] for message in row["messages"]) for row in rows]
        for row, n in zip(rows, count_tokens(tokenizer, texts), strict=True):
            row["n_tokens"] = n

    versions = {"synthesis": code, "tokenizer": tokenizer_fingerprint(tokenizer)}
    publish(config.out, accepted(), INSTRUCTION, count, kind="instructions", config=dict(settings), versions=versions)
    publish(
        beside(config.out, "rejected"), rejected(), REJECTED, kind="rejected", config=dict(settings), versions=versions
    )
