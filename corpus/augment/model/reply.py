"""Replies of models: as rows of a file, and as they come, wrapped in politeness, fences and marks, echoing the prompt, or cut short."""

from __future__ import annotations

import re

import pyarrow as pa

from medpress.generation.request import Reply

REPLIES = pa.schema(
    [
        pa.field("id", pa.string()),
        pa.field("method", pa.string()),
        pa.field("number", pa.int32()),
        pa.field("text", pa.string()),
        pa.field("finish_reason", pa.string()),
        pa.field("prompt_tokens", pa.int32()),
        pa.field("completion_tokens", pa.int32()),
    ]
)
"""One row a reply: to which record, method and call. A call without a reply has no row."""

CUT = "the reply was cut at the token limit"
RESIDUE = "residue of the prompt or of markup"
MALFORMED = "a reply that is not in the form asked for"
ELSEWHERE = "a reply that does not speak of what was asked"

_FENCE = re.compile(r"\A```\w*\n(.*?)\n?```\Z", re.DOTALL)
_THOUGHT = re.compile(r"\A<think>.*?</think>\s*", re.DOTALL)
_PREFACE = re.compile(
    r"\A(?:(?:sure|certainly|of course|okay|ok|yes)\b[^\n]{0,120}|(?:here (?:is|are)|here's|below is|the following)\b[^\n]{0,200}"
    r"|(?:好的|当然|没问题|以下|下面)[^\n]{0,60})[:：!！.。]\s*\n+",
    re.IGNORECASE,
)
_EMPHASIS = re.compile(r"\*\*(.+?)\*\*|__(.+?)__")
_RESIDUE = re.compile(
    r"</?(?:text|system|user|assistant)>|<\||\|>|```|\[/?INST\]|\\n"
    r"|\A\W*(?:sure|certainly|of course|here (?:is|are)|here's)\b|\A\W*(?:好的|当然)[，,!！]"
    r"|\bas an? (?:ai|language model)\b|\b(?:ai|language) model\b|\b(?:given|provided|original|above) (?:text|passage)\b"
    r"|\b(?:the|this) (?:text|passage) (?:states|says|mentions|describes|discusses|does not)\b|\bin other words, the text\b"
    r"|\b(?:medical students|training texts)\b|\brephras|\bi (?:cannot|can't|am unable|hope this)\b"
    r"|作为(?:一个|一名)?(?:AI|人工智能|语言模型|大模型)|原文|(?:上述|给出的|提供的)(?:文本|文字|材料)|改写|医学生|希望(?:这|以上|对你|对您)",
    re.IGNORECASE,
)


def replies_by_record(table: pa.Table) -> dict[str, dict[tuple[str, int], Reply]]:
    """Rows of `REPLIES` by record, then by method and ordinal."""
    found: dict[str, dict[tuple[str, int], Reply]] = {}
    for row in table.to_pylist():
        reply = Reply(row["text"], row["finish_reason"], row["prompt_tokens"], row["completion_tokens"])
        found.setdefault(row["id"], {})[row["method"], row["number"]] = reply
    return found


def clean(reply: Reply) -> str:
    """The text of a reply without thoughts, fence, polite preface and emphasis."""
    text = _THOUGHT.sub("", reply.text.strip())
    if match := _FENCE.match(text):
        text = match[1]
    text = _PREFACE.sub("", text.strip(), count=1)
    return _EMPHASIS.sub(lambda match: match[1] or match[2], text).strip()


def was_cut(reply: Reply) -> bool:
    """Whether the model was not done when its tokens were used up."""
    return reply.finish_reason == "length"


def has_residue(text: str, source: str) -> bool:
    """Whether a text speaks of its prompt, or carries marks; what its source says itself counts for nothing."""
    known = source.lower()
    return any(match[0].lower() not in known for match in _RESIDUE.finditer(text))


def prose_fault(reply: Reply, text: str, source: str) -> str | None:
    """What is wrong with a reply that should be running text, or None."""
    if was_cut(reply):
        return CUT
    return RESIDUE if has_residue(text, source) else None
