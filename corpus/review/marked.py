"""A record's text in pieces, each with what it was found to be: what a page colours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LONGEST = 2_000
"""Characters shown of a record."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a text."""

    text: str
    """Its characters."""
    label: str = ""
    """The entity's label, or `phi`; empty between mentions."""
    about: str = ""
    """What else is known of it: concept, denied, uncertain, what it is related to."""


def pieces(row: Mapping[str, Any], longest: int = LONGEST) -> list[Piece]:
    """The pieces of a record of the shards; of mentions that overlap the first counts, and of these the longest."""
    text = row["text"]
    spans = [(e["start"], e["end"], e["label"], _about(row, n)) for n, e in enumerate(row["entities"] or ())]
    spans += [(a["start"], a["end"], "phi", a["type"]) for a in row["phi_actions"] or ()]
    found: list[Piece] = []
    end = 0
    for start, stop, label, about in sorted(spans, key=lambda span: (span[0], -span[1])):
        if start < end or stop > min(len(text), longest) or stop <= start:
            continue
        if start > end:
            found.append(Piece(text[end:start]))
        found.append(Piece(text[start:stop], label, about))
        end = stop
    if rest := text[end:longest]:
        found.append(Piece(rest + ("…" if len(text) > longest else "")))
    return found


def _about(row: Mapping[str, Any], number: int) -> str:
    entity = row["entities"][number]
    told = [entity["concept_id"] or ""]
    told += [name for name in ("negated", "uncertain", "history", "family") if entity[name]]
    for fact in row["relations"] or ():
        if fact["head"] == number:
            other = row["entities"][fact["tail"]]
            said = row["text"][other["start"] : other["end"]]
            told.append(f"{'not ' if fact['polarity'] == 'negative' else ''}{fact['label']} {said}")
    return ", ".join(filter(None, told))
