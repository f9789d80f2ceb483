"""The client: journal first, then the endpoint, with limits on time, tries, calls in flight and tokens."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path

from medpress.command import UserError
from medpress.generation.config import GenerationConfig
from medpress.generation.journal import Journal
from medpress.generation.local import model_identity
from medpress.generation.request import Endpoint, GenerationError, Reply, Request

LONGEST_PAUSE = 300.0
"""Seconds to wait for a server at most, even when it asks for more."""


def open_endpoint(config: GenerationConfig) -> Endpoint:
    """The endpoint that a configuration names. Raises `UserError` when it names none or the model cannot be loaded."""
    if not config.model:
        raise UserError("no model is named: give --model, and --endpoint unless it is to be loaded here.")
    if config.endpoint:
        import os

        from medpress.generation.openai import OpenAIEndpoint

        key = os.environ.get(config.api_key_env, "")
        return OpenAIEndpoint(config.endpoint, config.model, api_key=key, seconds=config.seconds)
    from medpress.generation.local import LocalEndpoint

    try:
        return LocalEndpoint(config.model, gguf_file=config.gguf_file)
    except (OSError, ValueError) as error:
        raise UserError(f"cannot load the model {config.model}: {str(error).splitlines()[0]}") from error


def model_name(config: GenerationConfig) -> str:
    """The name under which replies of the model are journaled."""
    return config.model if config.endpoint else model_identity(config.model)


class LazyEndpoint:
    """The endpoint that a configuration names, opened by the first call: where all replies are in the journal, no weights
    are loaded."""

    def __init__(self, config: GenerationConfig) -> None:
        self.model = model_name(config)
        self._config = config
        self._opened: Endpoint | None = None

    async def complete(self, request: Request) -> Reply:
        """One reply. Raises `GenerationError`, and `UserError` when the model cannot be loaded."""
        if self._opened is None:
            self._opened = open_endpoint(self._config)
        return await self._opened.complete(request)

    async def close(self) -> None:
        """Close what was opened."""
        if self._opened is not None:
            await self._opened.close()


class Client:
    """Asks an endpoint. The same request is asked once in all runs that share the journal."""

    def __init__(
        self,
        endpoint: Endpoint,
        journal: Path,
        config: GenerationConfig,
        *,
        pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self.endpoint, self.config = endpoint, config
        self.journal = Journal(journal)
        self.counts: Counter[str] = Counter()
        """calls, retries, journaled, prompt_tokens, completion_tokens, and failures by kind."""
        self._slots = asyncio.Semaphore(config.concurrency)
        self._in_flight: dict[str, asyncio.Future[Reply]] = {}
        self._pause = pause
        # a model in this process cannot be interrupted: a time-out would throw away what it goes on to say
        self._seconds = config.seconds if config.endpoint else None

    async def ask(self, request: Request) -> Reply:
        """The reply to a request. Raises `GenerationError` when the tries or the budget are used up."""
        key = request.key(self.endpoint.model)
        known = self.journal.get(key)
        if known is not None:
            self.counts["journaled"] += 1
            return known
        if key not in self._in_flight:
            self._in_flight[key] = asyncio.ensure_future(self._ask(key, request))
            self._in_flight[key].add_done_callback(_take_notice)
        try:
            return await asyncio.shield(self._in_flight[key])
        finally:
            if key in self._in_flight and self._in_flight[key].done():
                del self._in_flight[key]

    async def _ask(self, key: str, request: Request) -> Reply:
        async with self._slots:
            for attempt in range(1, self.config.tries + 1):
                self._check_budget()
                self.counts["calls"] += 1
                try:
                    reply = await asyncio.wait_for(self.endpoint.complete(request), self._seconds)
                except (GenerationError, TimeoutError) as error:
                    failure = _as_failure(error)
                    self.counts[failure.kind] += 1
                    if not failure.transient or attempt == self.config.tries:
                        raise failure from error
                    self.counts["retries"] += 1
                    await self._pause(min(LONGEST_PAUSE, failure.retry_after or backoff(attempt, key)))
                    continue
                self.counts.update(prompt_tokens=reply.prompt_tokens, completion_tokens=reply.completion_tokens)
                self.journal.put(key, reply, request.subject)
                return reply
        raise AssertionError("the loop returns or raises")

    def _check_budget(self) -> None:
        spent = self.counts["prompt_tokens"] + self.counts["completion_tokens"]
        if self.config.token_budget is not None and spent >= self.config.token_budget:
            raise GenerationError("budget", "The token budget is used up.")

    async def close(self) -> None:
        """Give up the calls in flight; close the endpoint and the journal."""
        left = list(self._in_flight.values())
        for future in left:
            future.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await self.endpoint.close()
        self.journal.close()


def _take_notice(future: asyncio.Future[Reply]) -> None:
    """Those who asked may be gone when their call fails; asyncio would complain that nobody looked."""
    if not future.cancelled():
        future.exception()


def _as_failure(error: GenerationError | TimeoutError) -> GenerationError:
    if isinstance(error, GenerationError):
        return error
    return GenerationError("timeout", "The endpoint did not answer in time.", transient=True)


def backoff(attempt: int, key: str) -> float:
    """Seconds to wait after a failed try: 1, 2, 4, … up to 60, spread by up to a half so that clients do not march in step."""
    return min(60.0, 2.0 ** (attempt - 1)) * (1 + random.Random(f"{key}{attempt}").random() / 2)
