"""Where a text came from and what happened to it."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from medpress.command import UserError
from medpress.location import check_reachable
from medpress.schema import BOILERPLATE, DOCUMENT, DROPPED, PAGE, RECORD, REMOVED, by_name
from medpress.store import read_dataset, refuse_older_layout

FEWEST_DIGITS = 6
"""Digits of an id that are asked for at least."""
SHOWN_CHARACTERS = 100
"""How much is shown of a paragraph that was taken out."""


def trace(data: Path, id: str) -> list[str]:
    """Lines that tell the story of a record or of all records of a document.

    Raises `UserError` when the id is of nothing in `data`.
    """
    if len(id) < FEWEST_DIGITS:
        raise UserError(f"name at least {FEWEST_DIGITS} digits of the id.")
    check_reachable(data)
    refuse_older_layout(data)
    matches = pc.starts_with(pc.field("id"), id) | pc.starts_with(pc.field("doc_id"), id)
    kept = read_dataset(data / "shards", RECORD, filter=matches).to_pylist()
    dropped = read_dataset(data / "dropped", DROPPED, filter=matches).to_pylist()
    of_document = pc.starts_with(pc.field("doc_id"), id) | pc.field("doc_id").isin(
        pa.array([r["doc_id"] for r in kept + dropped], pa.string())
    )
    documents = read_dataset(data / "documents", DOCUMENT, filter=of_document).to_pylist()
    taken_down = read_dataset(data / "removed", REMOVED, filter=pc.starts_with(pc.field("doc_id"), id)).to_pylist()
    if not documents and not kept and not dropped and not taken_down:
        raise UserError(f"{id} is neither a record nor a document of {data}.")
    lines: list[str] = []
    for row in taken_down:
        lines.append(f"document {row['doc_id']}")
        lines.append(f"  taken down, with {len(row['records'])} records: {row['reason'] or 'no reason given'}")
    for document in documents:
        lines += _document(data, document)
        rows = [row for row in kept + dropped if row["doc_id"] == document["doc_id"]]
        for row in sorted(rows, key=lambda row: (row["page_start"], row["id"])):
            lines += _record(row)
            lines += _boilerplate(data, row)
    return lines


def _document(data: Path, row: dict[str, Any]) -> Iterator[str]:
    yield f"document {row['doc_id']}: {', '.join(row['uris'])}"
    yield f"  {row['format']}, {row['source_type']}, source {row['source']}, {row['lang']}, licence {row['license'] or 'unknown'}"
    yield f"  read by {row['extractor']}"
    pages = read_dataset(data / "pages", PAGE, ["route", "reason"], pc.field("doc_id") == row["doc_id"]).to_pylist()
    for (route, reason), count in Counter((page["route"], page["reason"]) for page in pages).most_common():
        yield f"  {count} pages by {route}: {reason}"
    for warning in row["warnings"]:
        yield f"  warning: {warning}"


def _boilerplate(data: Path, row: dict[str, Any]) -> Iterator[str]:
    """The paragraphs that the record lost, since its source repeats them."""
    lost = by_name(row["topics"]).get("boilerplate", "").split()
    for paragraph in read_dataset(
        data / "boilerplate", BOILERPLATE, filter=pc.field("id").isin(pa.array(lost, pa.string()))
    ).to_pylist():
        words = textwrap.shorten(paragraph["text"], SHOWN_CHARACTERS, placeholder=" …")
        yield f"  taken out, as {paragraph['documents']} documents of {paragraph['source']} hold it: {words}"


def _record(row: dict[str, Any]) -> Iterator[str]:
    where = (
        f"page {row['page_start']}"
        if row["page_start"] == row["page_end"]
        else f"pages {row['page_start']}-{row['page_end']}"
    )
    heading = " > ".join(row["section"]) or "(no heading)"
    yield f"record {row['id']}: {where}, {heading}"
    if row["augmentation"]:
        blocks = sorted({(span["page"], span["block"]) for span in row["spans"]})
        places = ", ".join(f"page {page} block {block}" for page, block in blocks)
        yield f"  augmented from record {row['parent_id']} by {row['augmentation']}, resting on {places}"
    redactions = Counter(action["type"] for action in row["phi_actions"])
    if redactions:
        yield "  redacted: " + ", ".join(f"{count} {kind}" for kind, count in redactions.most_common())
    yield "  scores: " + ", ".join(f"{name} {value:.3g}" for name, value in by_name(row["quality"]).items())
    if row["dup_cluster"]:
        yield f"  one of {row['dup_count']} in near-duplicate cluster {row['dup_cluster']}"
    if "stage" in row:
        held = "" if row["threshold"] is None else f" (value {row['value']:.4g}, threshold {row['threshold']:.4g})"
        of = f", duplicate of {row['duplicate_of']}" if row["duplicate_of"] else ""
        yield f"  dropped by {row['stage']}: {row['reason']}{held}{of}"
    else:
        yield f"  kept: {row['n_tokens']} tokens, {len(row['entities'])} entities, {len(row['relations'])} relations"
