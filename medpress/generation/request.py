"""What is asked, what comes back, and what can go wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from medpress.store import identity


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """One completion to ask for."""

    messages: tuple[tuple[str, str], ...]
    """(role, content) pairs."""
    max_tokens: int = 1024
    """Longest reply in tokens."""
    temperature: float = 0.7
    """Sampling temperature; 0 is greedy."""
    top_p: float = 1.0
    """Nucleus sampling."""
    sample: int = 0
    """Which of several replies to the same messages this is; also the sampling seed."""
    subject: str = ""
    """Whose text it holds, by id: stands beside the reply in the journal, so that a takedown finds it. No part of the key."""

    def key(self, model: str) -> str:
        """Identity of the reply: the same question to the same model is asked once."""
        return identity(model, self.messages, self.max_tokens, self.temperature, self.top_p, self.sample)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model answered."""

    text: str
    finish_reason: str
    """`stop`, or `length` when it was cut at `max_tokens`."""
    prompt_tokens: int
    completion_tokens: int


class GenerationError(Exception):
    """A request that got no usable reply. The item that needed it is rejected with this reason; the run goes on."""

    def __init__(self, kind: str, message: str, *, retry_after: float | None = None, transient: bool = False) -> None:
        """`kind`: timeout, rate-limit, server, connection, refused, empty, broken, context, budget.

        `transient` errors are worth another try, after `retry_after` seconds where the server said so.
        """
        super().__init__(message)
        self.kind = kind
        self.retry_after = retry_after
        self.transient = transient


class Endpoint(Protocol):
    """A model that can be asked."""

    model: str
    """Name of the model, part of every reply's identity."""

    async def complete(self, request: Request) -> Reply:
        """One reply. Raises `GenerationError`."""
        ...

    async def close(self) -> None:
        """Let connections or weights go."""
        ...
