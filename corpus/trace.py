"""Where a text came from and what happened to it."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from medpress.errors import to_run
from medpress.lookup import Found, Place, look_up, records, refuse_several
from medpress.page_html import SHOWN, PageView, write_pages
from medpress.removed import removed
from medpress.schema import BOILERPLATE, DOCUMENT, PAGE, RECORD, by_name
from medpress.segments import Segment
from medpress.store import among, read_dataset, read_table, strings

SHOWN_CHARACTERS = 100
"""How much is shown of a paragraph that was taken out."""


@dataclass(frozen=True, slots=True)
class Trace:
    """What is known of a text."""

    lines: list[str]
    """The story of its documents and records."""
    pages: list[Path]
    """HTML files, one a document, in which its blocks are marked."""
    documents: list[str]
    """Ids of the documents that the query stands for."""


def trace(data: Path, query: str, html: bool = False) -> Trace:
    """The story of a record, of all records of a document, or of those that hold a sentence; see `medpress.lookup`.

    With `html` also the pages that they come from, in the work folder as they are raw text. Raises `UserError` when the
    query stands for nothing in `data`, or for several documents without being a sentence, which may stand in several.
    """
    result = Trace([], [], [])
    found = _found(data, query)
    for doc_id, places, rows in _meant(data, found):
        result.documents.append(doc_id)
        result.lines.extend(_document_story(data, places, rows, found.by == "sentence"))
        segment = places[0].segment
        if html and segment is not None:
            spans = {(span["page"], span["block"]) for row in rows for span in row["spans"]}
            meant = {block for place in places for block in place.blocks} or spans
            if meant:
                result.pages.append(_mark(data, segment, doc_id, meant))
    return result


def records_of(data: Path, query: str) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Each document that a query stands for, with the records of it that are meant. Raises as `trace` does."""
    for doc_id, _, rows in _meant(data, _found(data, query)):
        yield doc_id, rows


def _found(data: Path, query: str) -> Found:
    found = look_up(data, query)
    if found.by != "sentence":
        refuse_several(found, query)
    return found


def _meant(data: Path, found: Found) -> Iterator[tuple[str, list[Place], list[dict[str, Any]]]]:
    for doc_id in found.documents:
        places = [place for place in found.places if place.doc_id == doc_id]
        yield doc_id, places, _records(data, places)


def _records(data: Path, places: Sequence[Place]) -> list[dict[str, Any]]:
    """The records that are meant, or all of the document; what an older build did not record is None."""
    wanted = [place.record for place in places if place.record]
    within = {place.part for place in places if place.part}
    found = records(data, "id", wanted, within=within) if wanted else records(data, "doc_id", [places[0].doc_id])
    rows = (dict.fromkeys(RECORD.names) | row for _, table in found for row in table.to_pylist())
    return sorted(rows, key=lambda row: (row["page_start"], row["id"]))


def _document_story(
    data: Path, places: Sequence[Place], rows: Sequence[dict[str, Any]], sentence: bool
) -> Iterator[str]:
    place = places[0]
    if gone := removed(data).get(place.doc_id):
        yield f"document {place.doc_id}: found in {len(gone['places'])} places"
        yield f"  taken down{_by_whom(gone)}, with {len(gone['records'])} records: {gone['reason'] or 'no reason given'}"
    if place.segment is not None:
        file, of_pages = place.segment.files(data)
        documents, pages = read_table(file, schema=DOCUMENT), read_table(of_pages, ["doc_id", "route", "reason"])
        (document,) = documents.filter(among(documents["doc_id"], place.doc_id)).to_pylist()
        yield from _document(document, pages.filter(among(pages["doc_id"], place.doc_id)))
    elif not gone:
        yield f"document {place.doc_id}: {', '.join(place.uris) or 'not in the store any more'}"
    where = {place.record: place for place in places} if sentence else {}
    if None in where:
        yield f"  {_stands(where[None])}; the document is newer than the build: run {to_run('corpus build', data)}"
    for row in rows:
        yield from story(row)
        if row["id"] in where:
            yield f"  {_stands(where[row['id']])}"
        yield from _boilerplate(data, row)


def _by_whom(row: Mapping[str, Any]) -> str:
    return f" on {row['date']}" + (f" at the request of {row['requester']}" if row["requester"] else "")


def _stands(place: Place) -> str:
    """Where a sentence stands."""
    return f"{'the' if place.share == 1 else 'most of the'} sentence stands on {_blocks(place.blocks)}"


def _blocks(blocks: Iterable[tuple[int, int]]) -> str:
    return ", ".join(f"page {page} block {block + 1}" for page, block in blocks)


def _mark(data: Path, segment: Segment, doc_id: str, blocks: Collection[tuple[int, int]]) -> Path:
    """The pages of these blocks with the blocks marked, as an HTML file."""
    table = read_table(segment.files(data)[1], schema=PAGE)
    rows = table.filter(among(table["doc_id"], doc_id)).sort_by("page").to_pylist()
    marked = {row["page"]: frozenset(block for page, block in blocks if page == row["page"]) for row in rows}
    views = [PageView(row=row, marked=marked[row["page"]]) for row in rows if marked[row["page"]]]
    out = data / "work" / SHOWN / f"{doc_id[:12]}-trace.html"
    about = [f"Marked: {_blocks(sorted(blocks))}. `ingest show {doc_id[:12]}` shows the document with its pictures."]
    write_pages(out, f"Document {doc_id}", about, views)
    return out


def _document(row: dict[str, Any], pages: pa.Table) -> Iterator[str]:
    yield f"document {row['doc_id']}: {', '.join(row['uris'])}"
    yield f"  {row['format']}, {row['source_type']}, source {row['source']}, {row['lang']}, licence {row['license'] or 'unknown'}"
    yield f"  read by {row['extractor']}"
    ways = zip(pages["route"].to_pylist(), pages["reason"].to_pylist(), strict=True)
    for (route, reason), count in Counter(ways).most_common():
        yield f"  {count} pages by {route}: {reason}"
    for warning in row["warnings"]:
        yield f"  warning: {warning}"


def _boilerplate(data: Path, row: dict[str, Any]) -> Iterator[str]:
    """The paragraphs that the record lost, since its source repeats them."""
    lost = by_name(row["topics"]).get("boilerplate", "").split()
    if not lost:
        return
    for paragraph in read_dataset(
        data / "boilerplate", BOILERPLATE, filter=pc.field("id").isin(strings(lost))
    ).to_pylist():
        words = textwrap.shorten(paragraph["text"], SHOWN_CHARACTERS, placeholder=" …")
        yield f"  taken out, as {paragraph['documents']} documents of {paragraph['source']} hold it: {words}"


def story(row: Mapping[str, Any]) -> Iterator[str]:
    """A record's pages, what was taken out of it, its scores, its duplicates and what became of it, a line each; `row` is one
    of the shards or of the dropped records."""
    where = (
        f"page {row['page_start']}"
        if row["page_start"] == row["page_end"]
        else f"pages {row['page_start']}-{row['page_end']}"
    )
    heading = " > ".join(row["section"]) or "(no heading)"
    yield f"record {row['id']}: {where}, {heading}"
    if row["augmentation"]:
        blocks = sorted({(span["page"], span["block"]) for span in row["spans"]})
        yield f"  augmented from record {row['parent_id']} by {row['augmentation']}, resting on {_blocks(blocks)}"
    redactions = Counter(action["type"] for action in row["phi_actions"])
    if redactions:
        yield "  redacted: " + ", ".join(f"{count} {kind}" for kind, count in redactions.most_common())
    yield "  scores: " + ", ".join(f"{name} {value:.3g}" for name, value in by_name(row["quality"]).items())
    for reason, count in Counter(left["reason"] for left in row["left_out"] or ()).most_common():
        size = sum(len(left["text"]) for left in row["left_out"] if left["reason"] == reason)
        yield f"  left out of the text: {count} stretches, {size:,} characters: {reason}"
    if row["witnesses"]:
        yield f"  stands for the same work in {', '.join(row['witnesses'])}"
    if row["dup_cluster"]:
        yield f"  one of {row['dup_count']} in near-duplicate cluster {row['dup_cluster']}"
    yield f"  {decision(row)}"


def decision(row: Mapping[str, Any]) -> str:
    """Why a record is dropped, or what there is in it."""
    if "stage" not in row:
        return f"kept: {row['n_tokens']} tokens, {len(row['entities'])} entities, {len(row['relations'])} relations"
    held = "" if row["threshold"] is None else f" (value {row['value']:.4g}, threshold {row['threshold']:.4g})"
    of = f", duplicate of {row['duplicate_of']}" if row["duplicate_of"] else ""
    return f"dropped by {row['stage']}: {row['reason']}{held}{of}"
