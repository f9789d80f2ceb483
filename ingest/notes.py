"""Notes out of tables: one row, one document. The same note in two tables is one document with two uris.

A table of millions of rows never becomes millions of files: ranges of rows are read into part files that are sorted by
document, and the datasets are written from them by ranges of the documents' ids.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ingest.assembly.page_rows import page_row
from ingest.document import Page, UnreadableError
from ingest.note_tables import Layout, NoteColumns, Row, read_range, survey
from ingest.readers.text import blocks_of
from medpress.location import local_copy, location
from medpress.run.runner import Runner
from medpress.run.task import Failure, Mark, Stage, Task, make_task
from medpress.schema import DOC_ID_DIGITS, DOCUMENT, PAGE
from medpress.store import (
    canonical_json,
    dataset,
    file_sha256,
    make_folder,
    parts,
    place_file,
    write_json,
    write_row_groups,
    write_rows,
    write_table,
)
from nlp.language import detect

VERSION = "2"
NOTES_PER_FILE = 4_096
"""Documents in one file of the datasets, about."""
ROWS_PER_GROUP = 64
"""Small groups, so that a range of ids finds its rows without reading the others."""

NOTE = pa.schema(
    [*PAGE, pa.field("uri", pa.string()), pa.field("document", pa.string()), pa.field("kind", pa.string()),
     pa.field("message", pa.string())]
)  # fmt: skip
"""A row of a table as a page, with what is known of the document as JSON; or, without `doc_id`, why it was not read."""


def survey_table(task: Task, mark: Mark) -> None:
    """Look through a table. Arguments: `path`, `columns`. Writes JSON: `doc_id` (of the table) and `layout` or `failure`."""
    path = local_copy(location(task.arguments["path"]))
    result: dict[str, Any] = {"doc_id": file_sha256(path)[:DOC_ID_DIGITS]}
    try:
        result["layout"] = asdict(survey(path, NoteColumns(**task.arguments["columns"])))
    except UnreadableError as error:
        result["failure"] = {"kind": error.kind, "message": error.message}
    write_json(task.output, result)


def read_task(work: Path, arguments: dict[str, Any], table: str) -> Task:
    """The task that reads a range of a table, whose doc_id is `table`. Arguments as of `read_notes`."""
    first, count = arguments["range"][:2]
    key = [table, *(arguments[name] for name in ("uri", "layout", "range", "document"))]
    label = f"{arguments['uri']}, rows {first}-{first + count - 1}"
    return make_task("read notes", VERSION, work / "note_ranges", label, arguments | {"table": table}, key=key)


def smaller(task: Task, failure: Failure, work: Path) -> list[Task]:
    """Two halves of a range that failed; nothing of a single row."""
    first, count, offset, skip = task.arguments["range"]
    middle = count // 2
    halves = [[first, middle, offset, skip], [first + middle, count - middle, offset, skip + middle]] if middle else []
    return [read_task(work, task.arguments | {"range": half}, task.arguments["table"]) for half in halves]


def read_notes(task: Task, mark: Mark) -> None:
    """Read a range of rows. Arguments: `path`, `uri`, `layout`, `range`, `document` (what is known of each). Writes `NOTE`."""
    a = task.arguments
    rows = []
    for row in read_range(local_copy(location(a["path"])), Layout(**a["layout"]), *a["range"]):
        mark(f"row {row.number}")
        rows.append(_note(row, f"{a['uri']}#row {row.number}", a["layout"], a["document"]))
    rows.sort(key=lambda row: (row["doc_id"] or "", row["uri"], row["document"] or ""))
    groups = (rows[start : start + ROWS_PER_GROUP] for start in range(0, len(rows), ROWS_PER_GROUP))
    write_row_groups(task.output, NOTE, (pa.Table.from_pylist(group, schema=NOTE) for group in groups))


def _note(row: Row, uri: str, layout: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    if row.kind:
        return {"doc_id": None, "uri": uri, "document": None, "kind": row.kind, "message": row.message}
    doc_id = hashlib.sha256(b"note\0" + row.text.encode("utf-8", "surrogatepass")).hexdigest()[:DOC_ID_DIGITS]
    reason = f"a row of a table, {layout['encoding']}"
    page = Page(page=1, route="table", reason=reason, width=0.0, height=0.0, blocks=blocks_of(row.text))
    known = document | {
        "doc_id": doc_id,
        "title": row.title,
        "date": row.date,
        "lang": document["lang"] or detect(row.text),
        "identifiers": {"note_id": row.id} if row.id else {},
    }
    return page_row(doc_id, page) | {"uri": uri, "document": canonical_json(known)}


def write_pages(task: Task, mark: Mark) -> None:
    """Pages of the notes of a range of ids. Arguments: `parts` (files), `low`, `high`, `removed` (ids)."""
    table = _in_range(task, [*PAGE.names, "uri", "document"])
    ids = table["doc_id"].to_pylist()
    firsts = [index for index, doc_id in enumerate(ids) if not index or ids[index - 1] != doc_id]
    write_table(task.output, table.take(pa.array(firsts, pa.int64())).select(PAGE.names).cast(PAGE))


def write_documents(task: Task, mark: Mark) -> None:
    """Documents of the notes of a range of ids. Arguments as of `write_pages`."""
    rows = []
    for _, group in groupby(_in_range(task, ["doc_id", "uri", "document"]).to_pylist(), key=lambda row: row["doc_id"]):
        copies = list(group)
        rows.append(json.loads(copies[0]["document"]) | {"uris": sorted({row["uri"] for row in copies})})
    write_rows(task.output, rows, DOCUMENT)


def _in_range(task: Task, columns: list[str]) -> pa.Table:
    a = task.arguments
    chosen = pc.field("kind").is_null() & (pc.field("doc_id") >= a["low"]) & (pc.field("doc_id") < a["high"])
    if a["removed"]:
        chosen &= ~pc.field("doc_id").isin(pa.array(a["removed"], pa.string()))
    table = dataset(a["parts"], schema=NOTE).to_table(columns=columns, filter=chosen)
    return table.sort_by([("doc_id", "ascending"), ("uri", "ascending"), ("document", "ascending")])


def publish(
    files: Sequence[str], removed: Sequence[str], data: Path, work: Path, run: Callable[[Stage, list[Task]], None]
) -> list[dict[str, Any]]:
    """Write the notes of all part files into `documents/` and `pages/`; returns what is wrong with rows, as quarantine rows."""
    files = sorted(set(files))
    notes = dataset(files, schema=NOTE) if files else None
    total = notes.count_rows() if notes else 0
    slices = min(4096, -(-total // NOTES_PER_FILE))
    borders = [*(f"{4096 * number // slices:03x}" for number in range(slices)), "g"]
    for stage, folder in ((write_documents, "documents"), (write_pages, "pages")):
        tasks = {}
        for number, (low, high) in enumerate(pairwise(borders)):
            arguments = {"parts": files, "low": low, "high": high, "removed": sorted(removed)}
            key = [folder, [Path(file).name for file in files], low, high, sorted(removed)]
            task = make_task("notes", VERSION, work / "notes", f"{folder} of notes", arguments, key=key)
            tasks[f"{folder}-notes-{number:04d}.parquet"] = task
        run(stage, list(tasks.values()))
        make_folder(data / folder)
        for path in parts(data / folder):
            if "-notes-" in path.name and path.name not in tasks:
                path.unlink()
        for name, task in tasks.items():
            place_file(task.output, data / folder / name)
    if notes is None:
        return []
    broken = notes.to_table(columns=["uri", "kind", "message"], filter=pc.field("kind").is_valid()).to_pylist()
    lost = notes.to_table(
        columns=["uri", "doc_id"], filter=pc.field("doc_id").isin(pa.array(sorted(removed), pa.string()))
    )
    broken += [row | {"kind": "removed", "message": "Its document was taken down."} for row in lost.to_pylist()]
    nothing = {"doc_id": None, "page": None, "record_id": None, "stage": "read"}
    return [nothing | row for row in broken]


def counted(files: Sequence[str]) -> tuple[int, int, int]:
    """Rows, distinct notes and rows that could not be read of some part files."""
    table = dataset(list(files), schema=NOTE).to_table(columns=["doc_id"]) if files else NOTE.empty_table()
    ids = table["doc_id"]
    return table.num_rows, len(pc.unique(ids.drop_null())), ids.null_count


def runs(runner: Runner) -> Callable[[Stage, list[Task]], None]:
    """Run tasks all of which must succeed."""
    from medpress.command import UserError

    def run(stage: Stage, tasks: list[Task]) -> None:
        for outcome in runner.run(stage, tasks):
            if outcome.failure:
                raise UserError(f"could not write {outcome.task.label}: {outcome.failure.message}", exit_code=1)

    return run
