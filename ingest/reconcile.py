"""Make the store say what the ledger says: where each document was found, as what, and which edition supersedes which.

Everything here follows from the ledger and the columns of the documents, and only the segments whose rows change are
written anew. A document goes when it was taken down, or when all places where it was found hold other bytes now.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.editions import link_editions
from ingest.identity import models_of, reader_identity
from ingest.known import current_code
from ingest.publish import LABELS, write_documents, write_pages
from ingest.readers import READERS
from ingest.session import Session
from ingest.steps.assemble_document import ASSEMBLE_DOCUMENT
from ingest.steps.read_files import READ_FILES
from ingest.steps.read_notes import READ_NOTES
from ingest.steps.read_pages import READ_PAGES
from ingest.steps.write_pages import ROWS, WRITE_PAGES
from medpress.quarantine import write_quarantine
from medpress.removed import failure as taken_down
from medpress.run.step import identities
from medpress.schema import DOCUMENT
from medpress.segments import Segment, sweep, write_segments
from medpress.store import read_table

CHANGING = ("uris", "source", "source_type", "license", "lang", "supersedes", "warnings")
"""Columns that may change after a document was read."""
READ_FOR_IT = ("doc_id", *CHANGING, "title", "version", "date", "identifiers", "format")


def reconcile(session: Session) -> None:
    """Bring documents, manifests and quarantine up to date, remove what is of no use any more."""
    session.mark_unreconciled()
    before = _documents(session)
    after = link_editions(_from_places(before, session))
    stays = pc.greater(pc.list_value_length(after["uris"]), 0)
    stays = pc.and_(stays, pc.invert(pc.is_in(after["doc_id"], value_set=session.gone_ids)))
    changed = _rewritten(before, after, stays, session)
    segments = [changed.get(segment, segment) for segment in session.segments]
    kept = [segment for segment in segments if segment is not None]
    formats = sorted(set(after.filter(stays)["format"].unique().to_pylist()))
    write_segments(session.data, kept, _about(formats, session))
    sweep(session.data)
    session.changed(kept)
    write_quarantine(session.data, "ingest", _quarantined(session))
    session.ledger.merge()
    session.mark_reconciled()


def _documents(session: Session) -> pa.Table:
    """The columns of all documents that matter here, with the number of their segment."""
    tables = [DOCUMENT.empty_table().select(READ_FOR_IT).append_column("segment", pa.array([], pa.int32()))]
    for number, segment in enumerate(session.segments):
        table = read_table(segment.files(session.data)[0], list(READ_FOR_IT)).select(READ_FOR_IT)
        tables.append(table.append_column("segment", pa.array([number] * table.num_rows, pa.int32())))
    return pa.concat_tables([table.replace_schema_metadata(None) for table in tables]).combine_chunks()


def _from_places(documents: pa.Table, session: Session) -> pa.Table:
    """Documents with the uris and labels that the ledger has for them; one that it does not know stays as it is."""
    ids = documents["doc_id"].combine_chunks()
    rows = session.ledger.rows
    of_these = pc.and_(pc.equal(rows["state"], "document"), pc.is_in(rows["doc_id"], value_set=ids))
    rows = rows.select(["doc_id", "uri", "path", *LABELS]).filter(of_these)
    rows = rows.sort_by([("uri", "ascending"), ("path", "ascending")])
    replaced = session.ledger.replaced
    of_row = pc.index_in(rows["doc_id"], value_set=ids)
    documents = _set(documents, "uris", _uris(documents, ids, rows, of_row, replaced))
    # The first place of a document says what it is.
    firsts = pa.table({"document": of_row, "row": pa.array(range(rows.num_rows), pa.int64())})
    firsts = firsts.group_by("document").aggregate([("row", "min")])
    place = pc.index_in(pa.array(range(documents.num_rows), pa.int32()), value_set=firsts["document"].combine_chunks())
    chosen = firsts["row_min"].combine_chunks().take(place)
    for name in LABELS:
        documents = _set(documents, name, pc.coalesce(rows[name].combine_chunks().take(chosen), documents[name]))
    return documents


def _uris(documents: pa.Table, ids: pa.Array, rows: pa.Table, of_row: pa.Array, replaced: pa.Table) -> pa.ListArray:
    """All places of each document: those that are stored, without those that hold something else now, and the ledger's."""
    lists = documents["uris"].combine_chunks()
    stored = pa.table({"document": pc.cast(pc.list_parent_indices(lists), pa.int32()), "uri": lists.flatten()})
    old = pa.table({"document": pc.index_in(replaced["doc_id"], value_set=ids), "uri": replaced["uri"]})
    old = old.filter(old["document"].is_valid())
    if old.num_rows:
        stored = stored.join(old, keys=["document", "uri"], join_type="left anti")
    now = pa.table({"document": of_row, "uri": rows["uri"]})
    pairs = pa.concat_tables([stored, now]).group_by(["document", "uri"]).aggregate([])
    pairs = pairs.sort_by([("document", "ascending"), ("uri", "ascending")])
    counts = np.bincount(pairs["document"].to_numpy(), minlength=documents.num_rows)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), pairs["uri"].combine_chunks())


def _set(table: pa.Table, name: str, column: Any) -> pa.Table:
    return table.set_column(table.schema.get_field_index(name), name, column)


def _rewritten(before: pa.Table, after: pa.Table, stays: pa.Array, session: Session) -> dict[Segment, Segment | None]:
    """The segments with a row that changes or goes, and what comes in their place."""
    differs = pc.invert(stays)
    for name in CHANGING:
        differs = pc.or_(differs, pc.not_equal(_text(before[name]), _text(after[name])))
    changed: dict[Segment, Segment | None] = {}
    numbers = sorted(before["segment"].filter(differs).unique().to_pylist())
    losing: list[tuple[int, pa.Table]] = []
    for number in numbers:
        its = pc.equal(before["segment"], number)
        goes = after.filter(pc.and_(its, pc.invert(stays)))["doc_id"]
        if len(goes) == session.segments[number].documents.rows:
            changed[session.segments[number]] = None
        elif len(goes):
            nothing = [pa.nulls(len(goes), field.type) for field in ROWS][1:]
            losing.append((number, pa.Table.from_arrays([goes, *nothing], schema=ROWS)))
    pages = dict(
        zip(
            [number for number, _ in losing],
            write_pages([(session.segments[number], rows) for number, rows in losing], session) if losing else [],
            strict=True,
        )
    )
    for number in numbers:
        segment = session.segments[number]
        if segment in changed:
            continue
        its = after.filter(pc.and_(pc.equal(before["segment"], number), stays))
        whole = read_table(segment.files(session.data)[0]).cast(DOCUMENT)
        whole = whole.filter(pc.is_in(whole["doc_id"], value_set=its["doc_id"].combine_chunks()))
        its = its.take(pc.index_in(whole["doc_id"], value_set=its["doc_id"].combine_chunks()))
        for name in CHANGING:
            whole = whole.set_column(DOCUMENT.get_field_index(name), DOCUMENT.field(name), its[name].cast(DOCUMENT.field(name).type))  # fmt: skip
        changed[segment] = Segment(write_documents(whole, session), pages.get(number, segment.pages))
    return changed


def _text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column as text that can be compared."""
    if pa.types.is_list(column.type):
        return pc.binary_join(column.combine_chunks(), "\n")
    return pc.fill_null(column, "")


def _about(formats: list[str], session: Session) -> dict[str, Any]:
    """What the manifests say of how documents are read: steps, readers, models, libraries."""
    readers = [name for name in READERS if name in formats]
    steps = identities([READ_FILES, READ_PAGES, ASSEMBLE_DOCUMENT, WRITE_PAGES, READ_NOTES])
    about: dict[str, Any] = {
        **steps,
        "readers": {name: reader_identity(name) for name in readers},
        "models": models_of(readers, session.options),
        "config": {"read": session.options},
    }
    kept = _kept_from_older_versions(session)
    return about | {"kept_from_older_versions": kept}


def _kept_from_older_versions(session: Session) -> int:
    """How many documents stand in the store as an older version of the code read them."""
    rows = session.ledger.rows
    rows = rows.filter(pc.and_(pc.equal(rows["state"], "document"), rows["reading"].is_valid()))
    readings = {text: json.loads(text) for text in rows["reading"].unique().to_pylist()}
    older = [text for text, reading in readings.items() if reading["format"] in READERS and current_code(reading) != reading["code"]]  # fmt: skip
    its = rows.filter(pc.is_in(rows["reading"], value_set=pa.array(older, pa.string())))
    return len(its["doc_id"].unique())


def _quarantined(session: Session) -> Iterator[dict[str, Any]]:
    """`QUARANTINE` rows of all places in the ledger; lost pages are told of the first place of a document."""
    nothing = {"page": None, "record_id": None}
    columns = ["uri", "doc_id", "state", "kind", "message", "failed_pages"]
    rows = session.ledger.rows.select([*columns, "path"]).sort_by([("uri", "ascending"), ("path", "ascending")])
    for row in rows.filter(rows["kind"].is_valid()).to_pylist():
        told = {name: row[name] for name in ("doc_id", "kind", "message")}
        yield nothing | told | {"place": None if row["doc_id"] else session.pseudonyms(row["uri"]), "stage": "examine"}
    documents = rows.filter(pc.equal(rows["state"], "document"))
    gone = pc.is_in(documents["doc_id"], value_set=session.gone_ids)
    lost = pc.greater(pc.fill_null(pc.list_value_length(documents["failed_pages"]), 0), 0)
    there = pc.or_(session.in_store(documents["doc_id"]), gone)
    for row in documents.filter(pc.invert(there)).to_pylist():
        place = {"place": None, "doc_id": row["doc_id"], "stage": "read", "kind": "lost"}
        yield (
            nothing | place | {"message": "What was read of it was lost with a damaged file; run `ingest` on it again."}
        )
    told_of: set[str] = set()
    for row in documents.filter(pc.and_(lost, pc.invert(gone))).to_pylist():
        if row["doc_id"] not in told_of:
            told_of.add(row["doc_id"])
            whole = {"place": None, "doc_id": row["doc_id"], "stage": "read"}
            yield from (nothing | whole | page for page in row["failed_pages"])
    for row in documents.filter(gone).to_pylist():
        takedown = session.gone[row["doc_id"]]
        called = session.pseudonyms(row["uri"])
        if called not in takedown["places"]:  # those that were known have their rows from the takedown
            yield nothing | {"place": called, "doc_id": row["doc_id"], "stage": "examine"} | taken_down(takedown)
