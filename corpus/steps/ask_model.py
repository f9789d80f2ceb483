"""Ask the model of an augmentation, and set down what it answered, a file for each part of the kept records.

The only step of a build that talks to anything outside. It works in the main process, holds many calls in flight, and
writes nothing but the journal and what follows from it: a build that is killed asks again only for the calls that were in
flight, and the same journal gives the same files.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from corpus.augment.config import AugmentConfig
from corpus.augment.model import requests
from corpus.augment.model.reply import REPLIES
from corpus.augment.parent import Parent
from corpus.steps.annotated import ANNOTATED
from medpress.command import Ticker
from medpress.generation.client import Client, LazyEndpoint
from medpress.generation.request import GenerationError, Reply, Request
from medpress.store import dataset, write_table

_Call = tuple[str, str, int, Request]

FAILURES_IN_A_ROW = 64
"""After so many calls without any reply the model is not asked further: its server is down, or refuses."""


@dataclass(kw_only=True)
class Asked:
    """What asking came to."""

    model: str
    """Name of the model in the journal."""
    calls: int = 0
    """Calls that the kept records are worth."""
    replies: int = 0
    """Calls that have a reply, from this run or an earlier one."""
    failures: Counter[str] = field(default_factory=Counter)
    """Calls without one, by kind of failure in this run."""
    spent: Counter[str] = field(default_factory=Counter)
    """The client's counts of this run: calls with all tries, journaled, prompt_tokens, completion_tokens, …"""


def ask_model(
    annotated: Sequence[str], config: AugmentConfig, journal: Path, outputs: Sequence[Path], tick: Ticker
) -> Asked:
    """Write the replies to all calls on the kept records of `annotated` to `outputs`, file for file (`REPLIES`).

    A call without a usable reply costs its texts and nothing else, and is asked again by the next run.
    """
    return asyncio.run(_ask(annotated, config, journal, outputs, tick))


async def _ask(
    annotated: Sequence[str], config: AugmentConfig, journal: Path, outputs: Sequence[Path], tick: Ticker
) -> Asked:
    client = Client(LazyEndpoint(config.generation), journal, config.generation)
    asked = Asked(model=client.endpoint.model, spent=client.counts)
    in_vain = 0
    try:
        for file, output in zip(annotated, outputs, strict=True):
            calls = list(_calls(file, config))
            answer = _from_journal if in_vain >= FAILURES_IN_A_ROW else _from_model
            answers = await asyncio.gather(*(answer(client, call[3]) for call in calls))
            rows = [_row(call, reply) for call, reply in zip(calls, answers, strict=True) if isinstance(reply, Reply)]
            failures = [kind for kind in answers if isinstance(kind, str)]
            in_vain = 0 if rows else in_vain + len(failures)
            write_table(output, pa.Table.from_pylist(rows, schema=REPLIES))
            asked.calls += len(calls)
            asked.replies += len(rows)
            asked.failures.update(failures)
            tick(note=output.stem)
    finally:
        await client.close()
    return asked


async def _from_model(client: Client, request: Request) -> Reply | str:
    """The reply, or the kind of failure."""
    try:
        return await client.ask(request)
    except GenerationError as error:
        return error.kind


async def _from_journal(client: Client, request: Request) -> Reply | str:
    return client.journal.get(request.key(client.endpoint.model)) or "not asked"


def _calls(file: str, config: AugmentConfig) -> Iterator[_Call]:
    """(record, method, ordinal of the call, request) for the kept records of a part."""
    chosen = pc.field("stage").is_null() & pc.field("source_type").isin(config.source_types)
    for row in dataset([file], schema=ANNOTATED).to_table(filter=chosen).sort_by("id").to_pylist():
        for method, number, request in requests(Parent.of(row), config.model_methods, config.per_record):
            yield row["id"], method, number, request


def _row(call: _Call, reply: Reply) -> dict[str, Any]:
    return {"id": call[0], "method": call[1], "number": call[2], **asdict(reply)}
