"""Blocks as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def to_markdown(blocks: Iterable[Mapping[str, Any]]) -> str:
    """The Markdown of some blocks (rows of the page schema, over any number of pages), with continued ones glued."""
    pieces: list[str] = []
    for block in blocks:
        text = block["text"]
        if block["kind"] == "heading":
            text = "#" * max(1, block["level"]) + " " + text
        elif text.startswith("#"):
            text = "\\" + text  # a footnote mark, not a heading
        if block["join"] is not None and pieces:
            pieces[-1] += block["join"] + block["text"]
        else:
            pieces.append(text)
    return "\n\n".join(pieces) + "\n"
