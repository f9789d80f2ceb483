"""Stretches that the build leaves out of a record: out of its text, not out of the corpus.

What went stands in the record's `left_out` with its place and the reason, so that it is counted, can be read, and can be
put back: `restored` gives the text as it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from corpus.offsets import Mapper, apply_edits


def leave_out(row: dict[str, Any], stretches: Sequence[tuple[int, int, str]]) -> None:
    """Take stretches (start, end, reason) out of a record in place; spans, redactions and pages move along.

    Stretches are in order and do not overlap. One around a place where something was left out before takes that in.
    """
    if not stretches:
        return
    text = row["text"]
    row["text"], mapper = apply_edits(text, [(start, end, "") for start, end, _ in stretches])
    rows: list[dict[str, Any]] = []
    waiting = list(row["left_out"] or ())
    for start, end, reason in stretches:
        within = [left for left in waiting if start < left["at"] < end]
        waiting = [left for left in waiting if not start < left["at"] < end]
        inside = restored(text[start:end], [left | {"at": left["at"] - start} for left in within])
        rows.append({"at": start, "text": inside, "reason": reason})
    rows = sorted([*waiting, *rows], key=lambda left: left["at"])  # stable: of one place, what went first stands first
    row["left_out"] = [left | {"at": mapper.span(left["at"], left["at"])[0]} for left in rows]
    for name in ("spans", "phi_actions"):
        row[name] = moved(row[name] or (), mapper)
    if row["spans"]:
        row["page_start"] = min(span["page"] for span in row["spans"])
        row["page_end"] = max(span["page"] for span in row["spans"])


def moved(spans: Sequence[Mapping[str, Any]], mapper: Mapper) -> list[dict[str, Any]]:
    """Spans in the new text, without those whose text is gone."""
    found = []
    for span in spans:
        start, end = mapper.span(span["start"], span["end"])
        if start < end:
            found.append({**span, "start": start, "end": end})
    return found


def restored(text: str, left_out: Sequence[Mapping[str, Any]]) -> str:
    """The text of a record with all that was left out of it back in its place."""
    pieces, position = [], 0
    for left in left_out:
        pieces += [text[position : left["at"]], left["text"]]
        position = left["at"]
    return "".join([*pieces, text[position:]])
