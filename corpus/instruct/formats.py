"""Rows to conversations. A new shape is one function and one line in `FORMATS`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

Messages = list[dict[str, str]]
"""role and content, in order."""

_ROLES = {
    "system": "system", "user": "user", "human": "user", "prompter": "user", "question": "user", "instruction": "user",
    "patient": "user", "患者": "user", "病人": "user",
    "assistant": "assistant", "gpt": "assistant", "bot": "assistant", "chatgpt": "assistant", "model": "assistant",
    "doctor": "assistant", "answer": "assistant", "output": "assistant", "医生": "assistant",
}  # fmt: skip
_INLINE_TURN = re.compile(r"<(user|bot)>\s*[:：]?", re.IGNORECASE)


def openai(row: Mapping[str, Any]) -> Messages | None:
    """`messages: [{role, content}]`."""
    return _turns(row.get("messages"), "role", "content")


def sharegpt(row: Mapping[str, Any]) -> Messages | None:
    """`conversations: [{from, value}]`."""
    turns = row.get("conversations") or row.get("conversation")
    return _turns(turns, "from", "value") or _turns(turns, "role", "content")


def alpaca(row: Mapping[str, Any]) -> Messages | None:
    """`instruction`, `input`, `output`, also with a `history` of pairs or with turns written into the instruction."""
    if not isinstance(row.get("instruction"), str) or not isinstance(row.get("output"), str):
        return None
    system = [{"role": "system", "content": row["system"]}] if row.get("system") else []
    history = [turn for pair in row.get("history") or [] if len(pair) == 2 for turn in _exchange(*map(str, pair))]
    question, given = row["instruction"].strip(), str(row.get("input") or "").strip()
    if _INLINE_TURN.match(question):
        return system + _inline(question) + [{"role": "assistant", "content": row["output"]}]
    return system + history + _exchange(f"{question}\n\n{given}" if given else question, row["output"])


def citrus(row: Mapping[str, Any]) -> Messages | None:
    """`input`, `output`, with the reasoning in `<think>` (the published stage 3 sample)."""
    target = row.get("output") or row.get("target")
    if isinstance(row.get("input"), str) and isinstance(target, str) and "instruction" not in row:
        return _exchange(row["input"], target)
    return None


_QUESTIONS = ("question", "query", "ask", "prompt", "问题", "提问", "model_input")
_ANSWERS = ("answer", "response", "reply", "completion", "回答", "答案", "model_output")


def pair(row: Mapping[str, Any]) -> Messages | None:
    """One question column and one answer column, under any of their usual names; a title stands before the question."""
    question = next((str(row[name]) for name in _QUESTIONS if row.get(name)), "")
    answer = next((str(row[name]) for name in _ANSWERS if isinstance(row.get(name), str)), None)
    if not question or answer is None:
        return None
    title = str(row.get("title") or "").strip()
    if title and title not in question:
        question = f"{title}\n{question}" if question.strip() not in ("无", "") else title
    return _exchange(question, answer)


FORMATS: dict[str, Callable[[Mapping[str, Any]], Messages | None]] = {
    "openai": openai,
    "sharegpt": sharegpt,
    "alpaca": alpaca,
    "citrus": citrus,
    "pair": pair,
}
"""Name to reader, in the order in which they are tried on a row."""


def conversation(row: Mapping[str, Any]) -> tuple[str, Messages] | None:
    """(format, messages) of a row, or None when it has none of the known shapes."""
    for name, read in FORMATS.items():
        messages = read(row)
        if messages:
            return name, messages
    return None


def _exchange(question: str, answer: str) -> Messages:
    return [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]


def _turns(turns: Any, role: str, content: str) -> Messages | None:
    if not isinstance(turns, list) or not turns:
        return None
    messages = []
    for turn in turns:
        if not isinstance(turn, Mapping) or turn.get(role) is None or not isinstance(turn.get(content), str):
            return None
        messages.append({"role": _ROLES.get(str(turn[role]).lower(), str(turn[role])), "content": turn[content]})
    return messages


def _inline(text: str) -> Messages:
    """Turns written into one text as `<user>: … <bot>: …`."""
    pieces = _INLINE_TURN.split(text)[1:]
    return [
        {"role": "user" if name.lower() == "user" else "assistant", "content": words.strip()}
        for name, words in zip(pieces[::2], pieces[1::2], strict=True)
    ]
