"""From tables with one note a row to the same datasets.

A table of millions of rows never becomes millions of files: its rows are read in ranges, and each row is a place of its
own in the ledger (`ward.csv#row 7`), so that notes are published, copied and taken down like any other document.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ingest.batches import WAVE_FILES
from ingest.config import IngestConfig
from ingest.discover import FOUND, UNREACHABLE, discover_tables
from ingest.known import known
from ingest.ledger import LEDGER
from ingest.note_columns import NoteColumns
from ingest.note_tables import KINDS
from ingest.publish import labelled, publish
from ingest.read_wave import READ, Limits, outline, with_reading
from ingest.run import finish, note, opened, relabel, unread_row, write_config
from ingest.session import Session
from ingest.steps.read_notes import FORMAT, READ_NOTES, halves
from ingest.steps.survey_table import SURVEY_TABLE
from medpress.command import UserError, progress, resolved
from medpress.store import canonical_json, identity, read_json

LOST = pa.schema([pa.field("number", pa.int64()), *(READ.field(name) for name in ("state", "kind", "message", "seconds", "document_seconds", "memory_bytes"))])  # fmt: skip
"""A row of a table that broke its task."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of notes, and how it is read or why it is not."""

    called: str
    """Pseudonym of its place."""
    layout: dict[str, Any] | None = None
    """Its layout, as plain values; None when it cannot be read."""
    failure: dict[str, str] | None = None
    """Kind and message, when it cannot be read."""


@dataclass(slots=True)
class NotesResult:
    """What a run over tables did, for the summary."""

    tables: list[Table] = field(default_factory=list)
    """The tables."""
    rows: int = 0
    """Rows in."""
    notes: int = 0
    """Distinct notes among them."""
    broken: int = 0
    """Rows that were quarantined."""
    tasks: dict[str, int] = field(default_factory=dict)
    """Tasks done, skipped and failed."""


def ingest_notes(paths: Sequence[str], columns: NoteColumns, config: IngestConfig) -> NotesResult:
    """Read tables with one note a row into the data folder, beside what is there already.

    Raises `UserError` when a path is missing or holds no table.
    """
    found = discover_tables(paths)
    if not found.files.num_rows and not found.unreachable:
        raise UserError(f"there is no table ({', '.join(KINDS)}) below {', '.join(paths)}.")
    result = NotesResult()
    with opened(config, []) as session:
        unreachable = [unread_row(path, uri, "unsupported", UNREACHABLE) for path, uri in found.unreachable]
        note(unreachable, session)
        result.tables += [
            Table(session.pseudonyms(row["uri"]), None, {name: row[name] for name in ("kind", "message")})
            for row in unreachable
        ]
        reading = _reading(columns)
        surveyed = list(zip(found.files.to_pylist(), _survey(found.files, columns, session), strict=True))
        result.tables += [table for _, table in surveyed]
        fresh = pc.invert(known(found.files, session, _still(reading, session))).to_pylist()
        unread = [each for each, new in zip(surveyed, fresh, strict=True) if new]
        for ranges in _waves(unread):
            wave = _read(ranges, reading, session)
            publish(labelled(wave, session), session, [])
        _enter_tables(unread, reading, session)
        notes = _of_tables(found.files, session)
        relabel(notes, session)
        finish(session)
        _count(result, notes, session)
        write_config(session, {"columns": resolved(columns)}, paths)
    return result


def _reading(columns: NoteColumns) -> dict[str, Any]:
    """How a table is read, as the ledger says it."""
    code = identity(SURVEY_TABLE.code.digest, READ_NOTES.code.digest)
    return {"format": FORMAT, "asked": [], "options": resolved(columns), "code": code}


def _still(reading: Mapping[str, Any], session: Session) -> dict[str, bool]:
    """Which readings in the ledger would give the same notes now."""
    still = {canonical_json(reading): True}
    if session.config.keep_pages_read_by_older_versions:
        for text in session.ledger.rows["reading"].unique().drop_null().to_pylist():
            still[text] = json.loads(text) | {"code": reading["code"]} == reading
    return still


def _survey(files: pa.Table, columns: NoteColumns, session: Session) -> list[Table]:
    """Look through the tables; each with its layout, or why it cannot be read."""
    tasks = [
        SURVEY_TABLE.task(
            session.work,
            columns=resolved(columns),
            **{name: row[name] for name in ("path", "size", "stamp")},
        )
        for row in files.to_pylist()
    ]
    with progress("look", len(tasks), "tables") as tick:
        outcomes = session.runner.run(SURVEY_TABLE, tasks, split=lambda task, failure: [], tick=tick)
    failures = {outcome.task.id: outcome.failure for outcome in outcomes}
    tables = []
    for task, uri in zip(tasks, files["uri"].to_pylist(), strict=True):
        failure = failures[task.id]
        found = read_json(task.output) if not failure else {"layout": None, "failure": asdict(failure)}
        tables.append(Table(session.pseudonyms(uri), **found))
    return tables


def _waves(tables: Sequence[tuple[dict[str, Any], Table]]) -> Iterator[list[tuple[dict[str, Any], Table, list[int]]]]:
    """Ranges of rows that are read and published together, in order."""
    wave: list[tuple[dict[str, Any], Table, list[int]]] = []
    for row, table in tables:
        for rows in table.layout["ranges"] if table.layout else []:
            wave.append((row, table, rows))
            if sum(each[1] for _, _, each in wave) >= WAVE_FILES:
                yield wave
                wave = []
    if wave:
        yield wave


def _read(
    ranges: Sequence[tuple[dict[str, Any], Table, list[int]]], reading: Mapping[str, Any], session: Session
) -> pa.Table:
    """Read ranges of rows. Returns `FOUND` and `READ` columns, a row a note, in order of the tables and their rows."""
    tasks, of_path = [], {}
    for row, table, rows in ranges:
        first, count = rows[:2]
        of_path[row["path"]] = row
        arguments = {name: row[name] for name in ("path", "size", "stamp")}
        layout = (table.layout or {}) | {"ranges": []}
        label = f"rows {first}-{first + count - 1}"
        tasks.append(READ_NOTES.task(session.work, label, layout=layout, range=rows, **arguments))
    with progress("read", len(tasks), "ranges of rows") as tick:
        outcomes = session.runner.run(READ_NOTES, tasks, split=halves, charge=lambda task, mark: "", tick=tick)
    tables = []
    for outcome in outcomes:
        a = outcome.task.arguments
        if outcome.status in ("done", "skipped"):
            tables.append(_of_table(outline(outcome.task.output), of_path[a["path"]]))
        elif outcome.status == "failed" and outcome.failure:
            limits = Limits()
            limits.note(outcome.failure, session)
            lost = {"state": "failed", "kind": outcome.failure.kind, "message": outcome.failure.message} | asdict(
                limits
            )
            first, count = a["range"][:2]
            rows_lost = [{"number": number, **lost} for number in range(first, first + count)]
            tables.append(_of_table(pa.Table.from_pylist(rows_lost, schema=LOST), of_path[a["path"]]))
    notes = pa.concat_tables(tables)
    notes = notes.take(pc.sort_indices(notes, [("table", "ascending"), ("path", "ascending"), ("number", "ascending")]))
    return with_reading(notes, lambda _: canonical_json(reading), lambda _: f"{FORMAT} {reading['code'][:12]}")


def _of_table(rows: pa.Table, table: Mapping[str, Any]) -> pa.Table:
    """Rows as `READ` with the columns of `FOUND`, each a place of its own in its table, and `table` and `number`."""
    count = rows.num_rows
    columns: dict[str, Any] = {}
    for name in READ.names:
        there = name in rows.column_names
        columns[name] = rows[name].cast(READ.field(name).type) if there else pa.nulls(count, READ.field(name).type)
    numbers = pc.cast(rows["number"], pa.string())
    for name in ("place", "uri"):
        columns[name] = pc.binary_join_element_wise(table[name], numbers, "#row ")
    for name in ("path", "collection", "size", "stamp"):
        columns[name] = pa.array([table[name]] * count, FOUND.field(name).type)
    columns |= {"table": pa.array([table["uri"]] * count, pa.string()), "number": rows["number"]}
    return pa.table(columns)


def _enter_tables(read: Sequence[tuple[dict[str, Any], Table]], reading: Mapping[str, Any], session: Session) -> None:
    """Enter tables into the ledger whose rows stand in it, and leave out rows that a table no longer has."""
    if not read:
        return
    rows = session.ledger.rows
    of_them = rows.filter(pc.is_in(rows["path"], value_set=pa.array([row["path"] for row, _ in read], pa.string())))
    of_them = of_them.filter(pc.not_equal(of_them["state"], "table"))
    limits = of_them.group_by("path").aggregate([("seconds", "min"), ("memory_bytes", "min")]).to_pylist()
    least = {row["path"]: {name: row[f"{name}_min"] for name in ("seconds", "memory_bytes")} for row in limits}
    waiting = set(of_them.filter(of_them["reading"].is_null())["path"].to_pylist())
    entries = []
    for row, table in read:
        entry = {name: row[name] for name in ("place", "path", "uri", "size", "stamp")}
        # What is to be done again of a row is looked for where its table is.
        told = None if row["path"] in waiting else canonical_json(reading)
        entry |= {"reading": told, "state": "table"} | least.get(row["path"], {})
        entries.append(entry | (table.failure or {}))
    now = {row["path"]: sum(each[1] for each in table.layout["ranges"]) if table.layout else 0 for row, table in read}
    gone = []
    for entry in of_them.select(["place", "path", "uri"]).to_pylist():
        number = entry["place"].removeprefix(f"{entry['path']}#row ")
        if number.isdecimal() and int(number) > now[entry["path"]]:
            gone.append(entry | {"state": "gone"})
    session.mark_unreconciled()
    session.ledger.append(pa.Table.from_pylist([*entries, *gone], schema=LEDGER))


def _of_tables(files: pa.Table, session: Session) -> pa.Table:
    """place and collection of every note in the ledger that stands in these tables."""
    rows = session.ledger.rows
    of = pc.index_in(rows["path"], value_set=files["path"].combine_chunks())
    its = pc.and_(pc.is_valid(of), pc.not_equal(rows["state"], "table"))
    collections = files["collection"].combine_chunks().take(of.filter(its).combine_chunks())
    return pa.table({"place": rows["place"].filter(its), "collection": collections})


def _count(result: NotesResult, notes: pa.Table, session: Session) -> None:
    rows = session.ledger.rows
    rows = rows.filter(pc.is_in(rows["place"], value_set=notes["place"].combine_chunks()))
    read = rows.filter(pc.equal(rows["state"], "document"))
    result.rows, result.notes = rows.num_rows, len(read["doc_id"].unique())
    result.broken = rows.num_rows - read.num_rows
    result.tasks = dict(session.counts)
