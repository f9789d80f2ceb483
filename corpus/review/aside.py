"""What the filters only doubt: it stands among the dropped records, is listed here, and is taken in or left out for good by one command."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from corpus.filters import SET_ASIDE
from corpus.review.verdicts import FOLDER, write
from corpus.trace import records_of
from medpress.schema import REVIEW
from medpress.store import parts, read_dataset, read_table

ALL = "all"
"""Stands for every document that is set aside."""
BEGINNING = 60
"""Characters shown of a document."""


@dataclass(slots=True)
class Aside:
    """A document that waits for somebody to decide."""

    doc_id: str
    source: str
    """Its collection."""
    score: float
    """What decided; the threshold is the build's."""
    beginning: str
    """Its first words, without what tells persons."""
    records: dict[str, str] = field(default_factory=dict)
    """Id to content hash of its records that are set aside."""


def set_aside(data: Path) -> list[Aside]:
    """The documents of which records are set aside, those nearest to being kept first."""
    found: dict[str, Aside] = {}
    for path in parts(data / "dropped"):
        table = read_table(path, ["id", "doc_id", "source", "content_hash", "stage", "value", "text"])
        for row in table.filter(pc.equal(table["stage"], SET_ASIDE)).to_pylist():
            beginning = " ".join(row["text"][: 2 * BEGINNING].split())[:BEGINNING]
            one = found.setdefault(row["doc_id"], Aside(row["doc_id"], row["source"], row["value"], beginning))
            one.records[row["id"]] = row["content_hash"]
    return sorted(found.values(), key=lambda one: (-one.score, one.doc_id))


def settle(data: Path, keep: Sequence[str], drop: Sequence[str]) -> tuple[int, int]:
    """Say of documents that are set aside, or were once settled here, whether they are to be kept; returns the records kept and
    dropped.

    A document is named by its collection, by whatever `corpus trace` finds it by, or with all others by "all". Raises `UserError` for a
    name that stands for nothing.
    """
    waiting = set_aside(data)
    before = read_dataset(data / FOLDER, REVIEW).to_pylist()
    today = datetime.now(UTC).date().isoformat()
    said: dict[str, dict[str, Any]] = {}
    for verdict, names in (("keep", keep), ("drop", drop)):
        for name in names:
            for doc_id, id, content in _meant(data, name, waiting, before):
                said[id] = {"id": id, "doc_id": doc_id, "content_hash": content, "verdict": verdict, "date": today}
    write(data, before, [row | {"sample": SET_ASIDE, "stratum": ""} for row in said.values()])
    kept = sum(row["verdict"] == "keep" for row in said.values())
    return kept, len(said) - kept


def _meant(
    data: Path, name: str, waiting: Sequence[Aside], before: Sequence[dict[str, Any]]
) -> Iterator[tuple[str, str, str]]:
    """(document, record, content hash) of what a name stands for."""
    chosen = [one for one in waiting if name in (ALL, one.source)]
    if not chosen and name != ALL:
        of = {one.doc_id: one for one in waiting}
        for doc_id, _ in records_of(data, name):
            settled = [row for row in before if row["doc_id"] == doc_id and row["sample"] == SET_ASIDE]
            yield from ((doc_id, row["id"], row["content_hash"]) for row in settled)
            chosen += [of[doc_id]] if doc_id in of else []
    for one in chosen:
        yield from ((one.doc_id, id, content) for id, content in one.records.items())
