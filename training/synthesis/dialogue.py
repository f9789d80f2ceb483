"""One item's talk with the models: asked, parsed strictly, repaired once, written down."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypedDict, TypeVar

from medpress.generation.client import Client
from medpress.generation.request import GenerationError, Request
from training.synthesis.prompting import prompt
from training.synthesis.verdicts import BrokenReplyError

Value = TypeVar("Value")
Role = Literal["expert", "judge"]
Clients = Mapping[Role, Client]
"""The model that writes and the one that judges; they may be the same."""


class Turn(TypedDict):
    """One call, as the transcript keeps it."""

    step: str
    """What was asked for: open, reason, reflect, …"""
    prompt: str
    """What was asked."""
    reply: str
    """What came back; empty when nothing did."""
    error: str
    """Why the reply could not be used; empty when it could."""


class RejectedError(Exception):
    """The item ends here. The message is the reason, for counting; `again` when a later run may have better luck."""

    def __init__(self, reason: str, *, again: bool = False) -> None:
        super().__init__(reason)
        self.again = again


@dataclass
class Dialogue:
    """Asks for values and keeps every call."""

    clients: Clients
    lang: str
    """Language of the prompts, en or zh."""
    max_tokens: int
    """Longest reply in tokens."""
    turns: list[Turn] = field(default_factory=list)
    """The transcript."""

    async def ask(
        self,
        step: str,
        text: str,
        parse: Callable[[str], Value],
        *,
        role: Role = "judge",
        temperature: float = 0.0,
        top_p: float = 1.0,
        sample: int = 0,
    ) -> Value:
        """The parsed reply to a prompt. A broken one is asked for once more, with a hint.

        Raises `RejectedError` when the second one is broken too, or when the endpoint gave none.
        """
        messages: tuple[tuple[str, str], ...] = (("user", text),)
        for attempt in (1, 2):
            request = Request(
                messages=messages, max_tokens=self.max_tokens, temperature=temperature, top_p=top_p, sample=sample
            )
            try:
                reply = await self.clients[role].ask(request)
            except GenerationError as error:
                self._note(step, messages[-1][1], "", f"endpoint: {error.kind}")
                raise RejectedError(f"endpoint: {error.kind}", again=True) from error
            try:
                if reply.finish_reason == "length":
                    raise BrokenReplyError("the reply was too long and is cut off")
                value = parse(reply.text)
            except BrokenReplyError as error:
                self._note(step, messages[-1][1], reply.text, str(error))
                if attempt == 2:
                    raise RejectedError(f"broken reply: {step}") from error
                hint = prompt("repair", self.lang, error=str(error))
                messages = (*messages, ("assistant", reply.text), ("user", hint))
                continue
            self._note(step, messages[-1][1], reply.text, "")
            return value
        raise AssertionError("the loop returns or raises")

    def _note(self, step: str, text: str, reply: str, error: str) -> None:
        self.turns.append({"step": step, "prompt": text, "reply": reply, "error": error})
