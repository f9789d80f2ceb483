"""Notes out of a table: one row, one document. The same note in two places is one document with two uris."""

from __future__ import annotations

import hashlib
from typing import Any

import pyarrow as pa

from ingest.document import Mark, Probe
from ingest.note_tables import Layout, Row, read_range
from ingest.readers.text import text_page
from ingest.reading import READING, document, failed
from medpress.location import local_copy, location
from medpress.run.step import Step
from medpress.run.task import Failure, Task
from medpress.schema import DOC_ID_DIGITS
from medpress.store import write_table

FORMAT = "table"
"""What `documents.format` says."""


def read_notes(task: Task, mark: Mark) -> None:
    """Read a range of rows of a table. Writes `READING`, a row a note; its `number` is that of the table's row.

    Arguments: `path`, `size`, `stamp`, `layout`, `range` (as in `Layout.ranges`). The mark is the number of the row.
    """
    a = task.arguments
    layout = Layout(**a["layout"])
    rows = []
    for row in read_range(local_copy(location(a["path"])), layout, *a["range"]):
        mark(str(row.number))
        rows.append({"number": row.number, **_note(row, layout)})
    write_table(task.output, pa.Table.from_pylist(rows, schema=READING))


def _note(row: Row, layout: Layout) -> dict[str, Any]:
    if row.kind:
        return failed(row.kind, row.message)
    doc_id = hashlib.sha256(b"note\0" + row.text.encode("utf-8", "surrogatepass")).hexdigest()[:DOC_ID_DIGITS]
    page = text_page(1, "table", f"a row of a table, {layout.encoding}", row.text)
    identifiers = {"note_id": row.id} if row.id else {}
    probe = Probe(n_pages=1, title=row.title, date=row.date, source_type="note", identifiers=identifiers)
    return document(doc_id, FORMAT, probe, [page])


READ_NOTES = Step(read_notes, settings=("path", "size", "stamp", "layout", "range"), per="range of rows")


def halves(task: Task, failure: Failure) -> list[Task]:
    """Two halves of a range that failed; nothing of a single row, nor where the run had no time for it."""
    if failure.kind == "postponed":
        return []
    first, count, offset, skip = task.arguments["range"]
    middle = count // 2
    ranges = [[first, middle, offset, skip], [first + middle, count - middle, offset, skip + middle]] if middle else []
    return [READ_NOTES.again(task, range=half) for half in ranges]
