"""Replies to values, strictly: a reply has exactly the asked form, or it is broken and says how."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

_REASONING = re.compile(r"\A\s*(?:<think>)?(?:(?!<think>).)*?</think>", re.DOTALL)
_FENCE = re.compile(r"\A```(?:json)?[ \t]*\n(.*)\n```\Z", re.DOTALL)


class BrokenReplyError(ValueError):
    """A reply that does not have the asked form; the message says how, in words that the model can act on."""


def without_reasoning(reply: str) -> str:
    """A reply without the reasoning that some models put before it."""
    return _REASONING.sub("", reply, count=1).strip()


def parse_object(reply: str, fields: Mapping[str, Callable[[Any], Any]]) -> dict[str, Any]:
    """The values of a JSON object that has exactly `fields`; each is checked by its function.

    Reasoning before it and a code fence around it are allowed, nothing else. Raises `BrokenReplyError`.
    """
    text = without_reasoning(reply)
    if fence := _FENCE.match(text):
        text = fence[1]
    try:
        value = json.loads(text, object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        if isinstance(error, BrokenReplyError):
            raise
        raise BrokenReplyError("the reply is not one JSON object and nothing else") from error
    if not isinstance(value, dict):
        raise BrokenReplyError("the reply is not one JSON object and nothing else")
    if value.keys() != fields.keys():
        raise BrokenReplyError(f"the object must have exactly the keys {', '.join(fields)}")
    checked = {}
    for name, check in fields.items():
        try:
            checked[name] = check(value[name])
        except ValueError as error:
            raise BrokenReplyError(f"the value of {name} must be {error}") from error
    return checked


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise BrokenReplyError("a key of the object occurs twice")
    return value


def boolean(value: Any) -> bool:
    """True or false, as JSON has them."""
    if not isinstance(value, bool):
        raise ValueError("true or false")
    return value


def whole(low: int, high: int) -> Callable[[Any], int]:
    """A check for whole numbers from `low` to `high`."""

    def check(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError(f"a whole number from {low} to {high}")
        return value

    return check


def words(value: Any) -> str:
    """A text, stripped; it may be empty."""
    if not isinstance(value, str):
        raise ValueError("a text")
    return value.strip()


def one_of(*allowed: str | None) -> Callable[[Any], str | None]:
    """A check for one of some texts (None stands for null)."""

    def check(value: Any) -> str | None:
        if isinstance(value, str | None) and value in allowed:
            return value
        raise ValueError("one of " + ", ".join("null" if text is None else text for text in allowed))

    return check
