"""What makes a conversation fit for training, and how demanding it is."""

from __future__ import annotations

import re
from collections.abc import Sequence

from corpus.instruct.formats import Messages
from medpress.tokenising import CONTROL_TOKENS
from medpress.writing_systems import count_han
from nlp.normalise import normalise

MAX_CHARACTERS = 100_000
"""A longer conversation is a dump of something else."""
_CONSTRAINT = re.compile(
    r"\b(?:step by step|explain|compare|list|table|json|at least|no more than|do not|must|format|words)\b"
    r"|请详细|请说明|比较|列出|表格|不超过|至少|不要|必须|分析|步骤|鉴别",
    re.IGNORECASE,
)
_THINK = re.compile(r"<think>.+?</think>\s*<answer>.+?</answer>", re.DOTALL)


def clean(messages: Messages, lang: str) -> Messages:
    """The messages with each text normalised and stripped; empty system messages are left out."""
    cleaned = [{"role": m["role"], "content": normalise(m["content"], lang).strip()} for m in messages]
    return [m for m in cleaned if m["content"] or m["role"] != "system"]


def fault(messages: Sequence[dict[str, str]]) -> str | None:
    """Why a conversation cannot be trained on, or None."""
    roles = [m["role"] for m in messages]
    turns = roles[1:] if roles[:1] == ["system"] else roles
    if not turns or turns[-1] != "assistant":
        return "no answer at the end"
    if any(role != ("user", "assistant")[i % 2] for i, role in enumerate(turns)):
        return "turns do not alternate"
    if any(not m["content"] for m in messages):
        return "an empty message"
    if any(token in m["content"] for m in messages for token in CONTROL_TOKENS):
        return "control tokens in the text"
    if sum(len(m["content"]) for m in messages) > MAX_CHARACTERS:
        return "too long"
    return None


def suggest_stage(messages: Sequence[dict[str, str]]) -> int:
    """1, 2 or 3 by how demanding a conversation is.

    3: the answer reasons in `<think>` and concludes in `<answer>`. 2: several turns, a system message, a long question
    or answer, or a question with two constraints. 1: everything else.
    """
    if _THINK.search(messages[-1]["content"]):
        return 3
    asked = " ".join(m["content"] for m in messages if m["role"] == "user")
    answered = " ".join(m["content"] for m in messages if m["role"] == "assistant")
    turns = sum(m["role"] == "user" for m in messages)
    constraints = len({match.group().lower() for match in _CONSTRAINT.finditer(asked)})
    demanding = turns > 1 or messages[0]["role"] == "system" or constraints >= 2
    return 2 if demanding or _size(asked) > 250 or _size(answered) > 400 else 1


def _size(text: str) -> float:
    """Words of a Latin text; two Chinese characters count as one word."""
    return count_han(text) / 2 + len(re.findall(r"[A-Za-z0-9]+", text))
