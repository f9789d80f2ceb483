"""Read the files of a wave: small ones many to a task, large ones in ranges of pages, whatever breaks set apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.batches import batches, label
from ingest.identity import extractor
from ingest.kept_pages import part_of
from ingest.known import how_read
from ingest.ledger import FAILED_PAGE
from ingest.reading import OUTLINE, READING, probe_of
from ingest.session import Session
from ingest.steps.assemble_document import ASSEMBLE_DOCUMENT
from ingest.steps.read_files import READ_FILES, WHOLE
from ingest.steps.read_pages import READ_PAGES, charged, pages_task, smaller
from medpress.command import progress
from medpress.location import location
from medpress.run.task import Failure, Outcome, Task
from medpress.store import open_parquet

PAGES_PER_TASK = 16
"""A book is read in ranges of so many pages: parallel, resumable, small in memory."""

READ = pa.schema(
    [
        *(READING.field(name) for name in OUTLINE if name not in ("number", "probe")),
        pa.field("file", pa.string()),  # of `READING`, with the pages; null when nothing was read
        pa.field("row", pa.int64()),  # in that file
        pa.field("failed_pages", pa.list_(FAILED_PAGE)),
        pa.field("seconds", pa.float64()),  # the limits that something of it ran into, as in the ledger
        pa.field("document_seconds", pa.float64()),
        pa.field("memory_bytes", pa.int64()),
        pa.field("reading", pa.string()),  # how it was read, as JSON
        pa.field("extractor", pa.string()),
    ]
)
"""What reading a file gave, and where its pages are."""


@dataclass(slots=True)
class Limits:
    """Limits that something ran into; None for none."""

    seconds: float | None = None
    document_seconds: float | None = None
    memory_bytes: int | None = None

    def note(self, failure: Failure, session: Session) -> None:
        """Remember the limit behind a failure, if one is: when it is raised, the file is read again."""
        if failure.kind in ("timeout", "stalled"):
            self.seconds = session.config.page_seconds
        elif failure.kind == "budget":
            self.document_seconds = session.config.document_seconds
        elif failure.kind == "memory":
            self.memory_bytes = session.config.memory_bytes


@dataclass(slots=True)
class _Large:
    """A document whose pages are read apart."""

    doc_id: str
    format: str
    probe: str
    path: str
    part: str | None = None
    parts: list[str] = field(default_factory=list)
    failed_pages: list[dict[str, Any]] = field(default_factory=list)
    limits: Limits = field(default_factory=Limits)


def read_wave(files: pa.Table, session: Session) -> tuple[pa.Table, list[Path]]:
    """Read `FOUND` rows. Returns `READ` rows, one for each, and the folders that can go once these are published."""
    work, options = session.work, session.options
    troubled = _troubled(files, session)
    tasks = []
    for rows in batches(files):
        for some, most_pages in _by_trouble(rows, troubled):
            chosen = files.select(["path", "size", "stamp", "sure"]).take(some).to_pylist()
            listed = [[row["path"], row["size"], row["stamp"], row["sure"]] for row in chosen]
            names = [row["path"] for row in chosen]
            tasks.append(
                READ_FILES.task(
                    work,
                    label(names),
                    files=listed,
                    formats=session.formats,
                    options=options,
                    most_pages=most_pages,
                    passwords=session.passwords,
                )
            )
    left: dict[str, str] = {}
    with progress("read", len(tasks), "batches of files") as tick:
        outcomes = session.runner.run(
            READ_FILES, tasks, split=lambda task, failure: _around(task, failure, left), charge=_charged, tick=tick
        )
    read, paths = _outlines(outcomes)
    failed = _failures(outcomes, session)
    large = _large(read, paths, left, session)
    there = _there(list(large.values()), session)
    assembled, spent = _read_large([one for one in large.values() if one.doc_id not in there], session)
    return _joined(files, read, paths, failed, large, there, assembled, session), spent


def _troubled(files: pa.Table, session: Session) -> set[int]:
    """Rows of files some of whose pages could not be read before: their pages are read apart at once."""
    rows = session.ledger.rows
    before = rows.filter(pc.greater(pc.fill_null(pc.list_value_length(rows["failed_pages"]), 0), 0))["place"]
    return set(true_rows(pc.is_in(files["place"], value_set=before.combine_chunks())))


def _by_trouble(rows: Sequence[int], troubled: set[int]) -> list[tuple[list[int], int]]:
    calm = [row for row in rows if row not in troubled]
    apart = [row for row in rows if row in troubled]
    return [(some, most) for some, most in ((calm, PAGES_PER_TASK), (apart, 0)) if some]


def _charged(task: Task, mark: str) -> str:
    """The document that reading files is charged to: one that is a task of its own and has its pages read, or at which one
    of several failed."""
    files, number = task.arguments["files"], mark.partition(" ")[0]
    if len(files) == 1 and task.arguments["most_pages"]:
        return str(files[0][0])
    return str(files[int(number)][0]) if number.isdigit() else ""


def _around(task: Task, failure: Failure, left: dict[str, str]) -> list[Task]:
    """What stands before the file that broke a task, that file alone, and what comes after it.

    A file that broke among its pages, or nobody knows where, is only looked at: its pages are then read apart.
    """
    files, most_pages = task.arguments["files"], task.arguments["most_pages"]
    never_begun = failure.kind == "budget" and not failure.mark and not location(part_of(task.output)).exists()
    if failure.kind == "postponed" or never_begun:
        return []
    number, _, where = failure.mark.partition(" ")
    if len(files) > 1 and not number.isdigit():
        middle = len(files) // 2
        return [READ_FILES.again(task, files=half) for half in (files[:middle], files[middle:])]
    at = int(number) if number.isdigit() else 0
    among_pages = not number.isdigit() or (where != "" and not where.startswith(WHOLE))
    left[files[at][0]] = part_of(task.output)
    pieces = [(files[:at], most_pages), (files[at + 1 :], most_pages)]
    if len(files) > 1 or (among_pages and most_pages):
        pieces.append(([files[at]], 0 if among_pages else most_pages))
    return [READ_FILES.again(task, files=some, most_pages=most) for some, most in pieces if some]


def _outlines(outcomes: Sequence[Outcome]) -> tuple[pa.Table, list[str]]:
    """`OUTLINE` rows of what was read, with file and row, and the path of each."""
    tables = [READING.empty_table().select(OUTLINE).append_column("file", pa.array([], pa.string()))]
    tables[0] = tables[0].append_column("row", pa.array([], pa.int64()))
    paths: list[str] = []
    for outcome in outcomes:
        if outcome.status in ("done", "skipped"):
            table = outline(outcome.task.output)
            tables.append(table)
            paths += [file[0] for file in outcome.task.arguments["files"]]
    return pa.concat_tables(tables), paths


def outline(file: str) -> pa.Table:
    """`OUTLINE` rows of a file of `READING`, with `file` and `row`."""
    table = open_parquet(file).read(columns=OUTLINE).replace_schema_metadata(None)
    table = table.append_column("file", pa.array([file] * table.num_rows, pa.string()))
    return table.append_column("row", pa.array(range(table.num_rows), pa.int64()))


def _failures(outcomes: Sequence[Outcome], session: Session) -> dict[str, tuple[Failure, Limits]]:
    """Files that no task could read, by path."""
    failed: dict[str, tuple[Failure, Limits]] = {}
    for outcome in outcomes:
        if outcome.status == "failed" and outcome.failure:
            limits = Limits()
            limits.note(outcome.failure, session)
            failed |= {file[0]: (outcome.failure, limits) for file in outcome.task.arguments["files"]}
    return failed


def true_rows(column: pa.ChunkedArray) -> list[int]:
    """Where a column is true. (Arrow's own `indices_nonzero` crashes on a column without chunks.)"""
    rows: list[int] = np.flatnonzero(pc.fill_null(column, False).to_numpy()).tolist()
    return rows


def _large(read: pa.Table, paths: Sequence[str], left: dict[str, str], session: Session) -> dict[str, _Large]:
    """Documents whose pages are read apart, by doc_id; what was taken down is not read."""
    rows = true_rows(pc.equal(read["state"], "apart"))
    found: dict[str, _Large] = {}
    chosen = read.select(["doc_id", "format", "probe"]).take(pa.array(rows, pa.int64()))
    for number, row in zip(rows, chosen.to_pylist(), strict=True):
        path = paths[number]
        found.setdefault(row["doc_id"], _Large(row["doc_id"], row["format"], row["probe"], path, left.get(path)))
    return {doc_id: one for doc_id, one in found.items() if doc_id not in session.gone}


def _there(documents: Sequence[_Large], session: Session) -> dict[str, dict[str, Any]]:
    """Ledger rows of those that are in the store, read as they would be read now: copies of what is known."""
    ids = pa.array([one.doc_id for one in documents], pa.string())
    rows = session.ledger.rows
    its = rows.filter(pc.is_in(rows["doc_id"], value_set=ids))
    found = its.filter(session.in_store(its["doc_id"])).to_pylist() if its.num_rows else []
    now = {one.doc_id: how_read(one.format, session.formats, session.options) for one in documents}
    return {row["doc_id"]: row for row in found if row["reading"] == now[row["doc_id"]] and not row["failed_pages"]}


def _folder(one: _Large, session: Session) -> Path:
    """Where what is read of a document waits until it is whole."""
    return session.work / "large" / one.doc_id


def _read_large(documents: Sequence[_Large], session: Session) -> tuple[dict[str, str], list[Path]]:
    """Read the pages of documents and put each together; returns its output by doc_id, and folders that can go."""
    of = {one.doc_id: one for one in documents}
    tasks = [task for one in documents for task in _ranges(one, session)]
    with progress("read", len(tasks), "page ranges") as tick:
        outcomes = session.runner.run(READ_PAGES, tasks, split=smaller, charge=charged, tick=tick)
    for outcome in outcomes:
        one = of[outcome.task.arguments["doc_id"]]
        if outcome.status in ("done", "skipped"):
            one.parts.append(outcome.task.output)
        elif outcome.status == "failed" and outcome.failure:
            one.limits.note(outcome.failure, session)
            failure = {"kind": outcome.failure.kind, "message": outcome.failure.message}
            pages = range(outcome.task.arguments["first"], outcome.task.arguments["last"] + 1)
            one.failed_pages += [{"page": page, **failure} for page in pages]
    putting: dict[str, str] = {}
    tasks = []
    for one in documents:
        one.failed_pages.sort(key=lambda page: page["page"])
        if one.parts:
            tasks.append(
                ASSEMBLE_DOCUMENT.task(
                    session.work, one.doc_id, parts=sorted(one.parts), doc_id=one.doc_id,
                    format=one.format, probe=one.probe,
                )
            )  # fmt: skip
    with progress("assemble", len(tasks), "documents") as tick:
        outcomes = session.runner.run(ASSEMBLE_DOCUMENT, tasks, split=lambda task, failure: [], tick=tick)
    for outcome in outcomes:
        one = of[outcome.task.arguments["doc_id"]]
        if outcome.failure:
            one.limits.note(outcome.failure, session)
            one.failed_pages = [{"page": 1, "kind": outcome.failure.kind, "message": outcome.failure.message}]
        else:
            putting[one.doc_id] = outcome.task.output
    # What was read of a document that lacks pages waits for another try at these.
    return putting, [_folder(one, session) for one in documents if not one.failed_pages]


def _ranges(one: _Large, session: Session) -> list[Task]:
    """The tasks that read its pages; where pages were lost before, what was read of their neighbours is there."""
    rows = session.ledger.rows
    before = rows.filter(pc.equal(rows["doc_id"], one.doc_id))["failed_pages"].to_pylist()
    lost = {page["page"]: page["kind"] for pages in before for page in pages or ()}
    common: dict[str, Any] = {"path": one.path, "doc_id": one.doc_id, "format": one.format, "options": session.options}
    common["passwords"] = session.passwords
    common |= {"first_failure": None, "part": one.part}
    last_page = probe_of(one.probe).n_pages
    tasks = []
    for first in range(1, last_page + 1, PAGES_PER_TASK):
        last = min(first + PAGES_PER_TASK - 1, last_page)
        pages = range(first, last + 1)
        ends = [(first, last)]
        if its := [page for page in pages if page in lost]:
            ends = [(page, page) for page in pages]
            if all(lost[page] in ("budget", "postponed") for page in its) and its[-1] - its[0] + 1 == len(its):
                ends = [
                    (some[0], some[-1]) for some in (pages[: its[0] - first], its, pages[its[-1] + 1 - first :]) if some
                ]
        tasks += [pages_task(_folder(one, session), first=first, last=last, **common) for first, last in ends]
    return tasks


def _joined(
    files: pa.Table,
    read: pa.Table,
    paths: Sequence[str],
    failed: dict[str, tuple[Failure, Limits]],
    large: dict[str, _Large],
    there: dict[str, dict[str, Any]],
    assembled: dict[str, str],
    session: Session,
) -> pa.Table:
    """`READ` rows in the order of the files."""
    rest = [name for name in READ.names if name not in read.column_names]
    for name in rest:
        read = read.append_column(READ.field(name), pa.nulls(read.num_rows, READ.field(name).type))
    extra: list[dict[str, Any]] = []
    places = {path: row for row, path in enumerate(paths)}
    for path, (failure, limits) in failed.items():
        _, _, doc_id = failure.mark.partition(f" {WHOLE} ")
        lost = {"state": "failed", "doc_id": doc_id or None, "kind": failure.kind, "message": failure.message}
        places[path] = read.num_rows + len(extra)
        extra.append(lost | asdict(limits))
    of_document: dict[str, int] = {}
    for one in large.values():
        of_document[one.doc_id] = read.num_rows + len(extra)
        row: dict[str, Any] = {"doc_id": one.doc_id, "format": one.format, "failed_pages": one.failed_pages}
        row |= asdict(one.limits)
        if one.doc_id in there:
            extra.append({name: value for name, value in there[one.doc_id].items() if name in READ.names})
        elif one.doc_id in assembled:
            (whole,) = outline(assembled[one.doc_id]).to_pylist()
            extra.append(whole | row)
        else:
            first = one.failed_pages[0]
            extra.append(row | {"state": "failed", "kind": first["kind"], "message": first["message"]})
    read = pa.concat_tables([read.select(READ.names).cast(READ), pa.Table.from_pylist(extra, schema=READ)])
    states, ids = read["state"].to_pylist(), read["doc_id"].to_pylist()
    rows = [places[path] for path in files["path"].to_pylist()]
    rows = [of_document.get(ids[row], row) if states[row] == "apart" else row for row in rows]
    read = read.take(pa.array(rows, pa.int64()))
    state = pc.if_else(pc.equal(read["state"], "apart"), "document", read["state"])  # what was taken down
    read = read.set_column(read.schema.get_field_index("state"), READ.field("state"), state)
    return with_reading(
        read,
        lambda name: how_read(name, session.formats, session.options),
        lambda name: extractor(name, session.options),
    )


def with_reading(read: pa.Table, how: Callable[[str | None], str], by: Callable[[str], str]) -> pa.Table:
    """`READ` rows with what tells how a file of each format was read, and by what; of what was postponed nothing is told,
    so that the next run reads it."""
    formats = read["format"].unique().to_pylist()
    of = _one(pc.index_in(read["format"], value_set=pa.array(formats, pa.string())))
    told = {"reading": [how(name) for name in formats], "extractor": [name and by(name) for name in formats]}
    for name, values in told.items():
        column = pa.array(values, pa.string()).take(of)
        read = read.set_column(read.schema.get_field_index(name), READ.field(name), column)
    waits = [
        kind == "postponed" or any(page["kind"] == "postponed" for page in pages or ())
        for kind, pages in zip(read["kind"].to_pylist(), read["failed_pages"].to_pylist(), strict=True)
    ]
    reading = pc.if_else(pa.array(waits, pa.bool_()), pa.scalar(None, pa.string()), read["reading"])
    return read.set_column(read.schema.get_field_index("reading"), READ.field("reading"), reading)


def _one(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
