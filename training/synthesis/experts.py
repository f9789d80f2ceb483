"""The models that a run talks to, and many items talked about at the same time."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from medpress.command import UserError
from medpress.generation.client import Client, open_endpoint
from medpress.generation.config import GenerationConfig
from medpress.generation.request import Endpoint
from training.synthesis.dialogue import Clients

Item = TypeVar("Item")
Pause = Callable[[float], Awaitable[object]]

COUNTS = ("calls", "retries", "journaled", "prompt_tokens", "completion_tokens")
"""What is counted of a client."""
PATIENCE = 20
"""Items that may fail at the endpoint, before any reply came, until the run is given up."""


def open_model_endpoint(config: GenerationConfig) -> Endpoint:
    """The endpoint of a configuration; a local model may also be the folder of a training run."""
    if not config.endpoint and config.model:
        from training.model import model_folder

        config = replace(config, model=model_folder(config.model))
    return open_endpoint(config)


@asynccontextmanager
async def open_clients(
    expert: tuple[Endpoint, GenerationConfig], judge: tuple[Endpoint, GenerationConfig] | None, work: Path, pause: Pause
) -> AsyncIterator[Clients]:
    """Clients whose journals lie in `work`; without a judge of its own the expert judges too."""
    writing = Client(expert[0], work / "expert.jsonl", expert[1], pause=pause)
    judging = Client(judge[0], work / "judge.jsonl", judge[1], pause=pause) if judge else writing
    try:
        yield {"expert": writing, "judge": judging}
    finally:
        await writing.close()
        if judging is not writing:
            await judging.close()


def spent(clients: Clients) -> dict[str, dict[str, int]]:
    """Calls and tokens of each model of this run."""
    names = ("expert",) if clients["expert"] is clients["judge"] else ("expert", "judge")
    return {
        f"{name} ({clients[name].endpoint.model})": {count: clients[name].counts[count] for count in COUNTS}  # type: ignore[index]
        for name in names
    }


class Patience:
    """Gives a run up when its endpoint never answers at all, instead of rejecting every item one by one."""

    def __init__(self, clients: Clients) -> None:
        self._clients, self._failures = clients, Counter[str]()

    def note(self, reason: str) -> None:
        """An item ended for this reason. Raises `UserError` when there is no sign of a working endpoint."""
        if not reason.startswith("endpoint: "):
            return
        self._failures[reason.removeprefix("endpoint: ")] += 1
        answered = sum(c.counts["completion_tokens"] + c.counts["journaled"] for c in self._clients.values())
        if not answered and self._failures.total() >= PATIENCE:
            kinds = ", ".join(f"{count} x {kind}" for kind, count in self._failures.most_common())
            raise UserError(f"the endpoint gave no reply at all ({kinds}): check --endpoint, --model and the key.", 1)


async def each(items: Iterable[Item], work: Callable[[Item], Awaitable[Any]], width: int) -> None:
    """Do the work for all items, `width` at a time. The first error ends the others and is raised."""
    waiting = iter(items)

    async def worker() -> None:
        for item in waiting:
            await work(item)

    tasks = [asyncio.create_task(worker()) for _ in range(width)]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
