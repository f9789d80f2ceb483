"""Put what was read into the store: new documents in new segments, those that were read again in the place of the old."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ingest.batches import cut_segments
from ingest.session import Session
from ingest.sources import source_of, source_type_of
from ingest.steps.write_pages import ROWS, WRITE_PAGES
from medpress.location import location
from medpress.run.task import Task
from medpress.schema import DOCUMENT
from medpress.segments import Part, Segment, write_part, write_segments
from medpress.store import DATA, make_folder, names_in, place_file, read_json, read_table, remove_folder

SEGMENT_DOCUMENTS = 1_000
"""Documents of one segment."""
SEGMENT_CHARACTERS = 64 * 2**20
"""A segment of long documents is closed earlier."""
LABELS = ("source", "source_type", "license", "lang")
"""Columns in which the user's word goes before the file's own."""
PASSING = ("read_files", "read_notes", "assemble_document", "write_pages", "rows")
"""Folders of the work files that nobody needs once a wave is published."""


def labelled(files: pa.Table, session: Session) -> pa.Table:
    """Rows with `collection` and `found_…` columns, and with source, source_type, license and lang as they will be said:
    the user's word, else the folder's (`guidelines/`), else the file's own; the source as `ingest.sources` has it."""
    config = session.config
    count = files.num_rows

    def given(value: str | None, otherwise: pa.ChunkedArray | pa.Array) -> pa.ChunkedArray | pa.Array:
        return otherwise if value is None else pa.array([value] * count, pa.string())

    collections = files["collection"].unique().to_pylist()
    of_folder = pa.array([source_type_of(name or "") for name in collections], pa.string())
    by_folder = of_folder.take(_index_in(files["collection"], pa.array(collections, pa.string())))
    own = pc.fill_null(files["found_source_type"], "")
    own = pc.if_else(pc.equal(own, ""), "other", own)
    source_type = given(config.source_type, pc.if_else(pc.equal(own, "note"), own, pc.coalesce(by_folder, own)))
    # Of a table of notes all are notes, and so is all that the user calls so.
    only_notes = pc.or_(pc.equal(own, "note"), pa.scalar(config.source_type == "note"))
    cases = pa.table([files["collection"], source_type, only_notes], ["folder", "type", "only_notes"])
    distinct = cases.group_by(cases.column_names).aggregate([])
    called = [
        source_of(row["folder"] or "", row["type"], config.source, row["only_notes"]) for row in distinct.to_pylist()
    ]
    columns = {
        "source": pa.array(called, pa.string()).take(_index_in(_joined(cases), _joined(distinct).combine_chunks())),
        "source_type": source_type,
        "license": given(config.license, pc.fill_null(files["found_license"], "")),
        "lang": given(config.lang, pc.fill_null(files["found_lang"], "")),
    }
    for name, column in columns.items():
        files = files.append_column(pa.field(name, pa.string()), column)
    return files


def _joined(cases: pa.Table) -> pa.ChunkedArray:
    """Folder, type and whether only notes are meant, as one word."""
    flag = pc.cast(cases["only_notes"], pa.string())
    return pc.binary_join_element_wise(pc.fill_null(cases["folder"], ""), cases["type"], flag, "\0")


def _index_in(column: pa.ChunkedArray | pa.Array, values: pa.Array) -> pa.Array:
    found = pc.index_in(column, value_set=values)
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found


def publish(wave: pa.Table, session: Session, spent: Sequence[Path]) -> None:
    """Put a wave, `FOUND` and `READ` columns with labels, into the store and into the ledger, and forget its work files.

    First the segments, then the ledger: a run that is killed in between finds its documents in the store.
    """
    session.mark_unreconciled()
    documents = wave.filter(
        pc.and_(pc.equal(wave["state"], "document"), pc.invert(pc.is_in(wave["doc_id"], value_set=session.gone_ids)))
    )
    documents = documents.take(_first_of_each(documents["doc_id"])).combine_chunks()
    there = session.in_store(documents["doc_id"])
    fresh = documents.filter(pc.invert(there))
    again = documents.filter(there)
    if again.num_rows:
        rows = session.ledger.rows
        whole = rows.filter(pc.equal(pc.fill_null(pc.list_value_length(rows["failed_pages"]), 0), 0))
        again = again.filter(pc.invert(pc.is_in(_reading_of(again), value_set=_reading_of(whole))))
    tasks: list[_Writing] = []
    cuts = cut_segments(fresh["characters"].to_pylist(), SEGMENT_DOCUMENTS, SEGMENT_CHARACTERS)
    tasks += [_Writing(None, fresh.slice(start, end - start)) for start, end in cuts]
    tasks += _of_segments(again, session)
    written = _write(tasks, session)
    changed = {task.old: segment for task, segment in zip(tasks, written, strict=True) if task.old}
    new = [segment for task, segment in zip(tasks, written, strict=True) if task.old is None]
    if tasks:
        segments = [changed.get(segment, segment) for segment in session.segments] + new
        write_segments(session.data, segments, None)
        session.changed(segments)
    session.ledger.append(wave)
    forget(session, spent)


@dataclass(frozen=True, slots=True)
class _Writing:
    """A segment to be written."""

    old: Segment | None
    """The one in whose place it comes."""
    documents: pa.Table
    """Rows of the wave that go into it."""


def _first_of_each(doc_ids: pa.ChunkedArray) -> pa.Array:
    """Rows of the first of each document, in order."""
    table = pa.table({"doc_id": doc_ids, "row": pa.array(range(len(doc_ids)), pa.int64())})
    first = table.group_by("doc_id").aggregate([("row", "min")])["row_min"].combine_chunks()
    return first.take(pc.sort_indices(first))


def _reading_of(rows: pa.Table) -> pa.Array:
    joined = pc.binary_join_element_wise(rows["doc_id"], rows["reading"], "\n")
    return joined.combine_chunks() if isinstance(joined, pa.ChunkedArray) else joined


def _of_segments(again: pa.Table, session: Session) -> list[_Writing]:
    """Documents that are in the store, by the segment that they are in."""
    place = pc.index_in(again["doc_id"], value_set=session.stored["doc_id"].combine_chunks())
    numbers = session.stored["segment"].take(place)
    return [
        _Writing(session.segments[number], again.filter(pc.equal(numbers, number)))
        for number in sorted(numbers.unique().to_pylist())
    ]


def _write(writings: Sequence[_Writing], session: Session) -> list[Segment]:
    pages = write_pages([(each.old, each.documents.select(ROWS.names)) for each in writings], session)
    made = []
    for each, part in zip(writings, pages, strict=True):
        table = document_rows(each.documents)
        if each.old is not None:
            before = read_table(each.old.files(session.data)[0]).cast(DOCUMENT)
            table = pa.concat_tables(
                [before.filter(pc.invert(pc.is_in(before["doc_id"], table["doc_id"].combine_chunks()))), table]
            )
        made.append(Segment(write_documents(table, session), part))
    return made


def write_documents(rows: pa.Table, session: Session) -> Part:
    """Write the documents of a segment."""
    folder = session.data / "documents" / DATA
    make_folder(folder)
    return write_part(folder, rows.sort_by("doc_id").combine_chunks())


def write_pages(segments: Sequence[tuple[Segment | None, pa.Table]], session: Session) -> list[Part]:
    """Write the pages of segments: those of an older one, if any, without the documents of `ROWS`, and these where they
    are read from a file."""
    tasks: list[Task] = []
    for old, rows in segments:
        folder = session.work / "rows"
        make_folder(folder)
        listed = write_part(folder, rows.sort_by("doc_id").cast(ROWS).combine_chunks())
        base = str(old.files(session.data)[1]) if old else None
        name = str(folder / Path(listed.path).name)
        tasks.append(WRITE_PAGES.task(session.work, f"segment of {rows.num_rows} documents", rows=name, base=base))
    session.runner.run(WRITE_PAGES, tasks)
    target = session.data / "pages" / DATA
    make_folder(target)
    present = names_in(target)
    parts = []
    for task in tasks:
        part = Part(**read_json(task.output))
        name = Path(part.path).name
        if name not in present:
            place_file(location(task.output).parent / name, target / name)
        parts.append(part)
    return parts


def document_rows(rows: pa.Table) -> pa.Table:
    """`DOCUMENT` rows of a wave."""
    count = rows.num_rows
    offsets = pa.array(range(count + 1), pa.int32())
    uris = rows["uri"].combine_chunks() if isinstance(rows["uri"], pa.ChunkedArray) else rows["uri"]
    columns: dict[str, Any] = {
        "uris": pa.ListArray.from_arrays(offsets, uris),
        "supersedes": pa.nulls(count, pa.string()),
    }
    return pa.Table.from_arrays([columns.get(field.name) if field.name in columns else rows[field.name] for field in DOCUMENT], schema=DOCUMENT)  # fmt: skip


def forget(session: Session, spent: Sequence[Path]) -> None:
    """Remove the work files of a wave that is published."""
    for folder in [*(session.work / name for name in PASSING), *spent]:
        if folder.exists():
            remove_folder(folder)
