"""Put a document together whose pages were read in several tasks."""

from __future__ import annotations

import pyarrow as pa

from ingest.assembly.page_rows import from_tables
from ingest.document import Mark
from ingest.reading import READING, document, probe_of
from medpress.run.step import Step
from medpress.run.task import Task
from medpress.store import read_table, write_table


def assemble_document(task: Task, mark: Mark) -> None:
    """Arguments: `parts` (files of `WORK_PAGE`), `doc_id`, `format`, `probe` (JSON). Writes one row of `READING`."""
    a = task.arguments
    pages = from_tables([read_table(part) for part in a["parts"]])
    row = document(a["doc_id"], a["format"], probe_of(a["probe"]), pages)
    write_table(task.output, pa.Table.from_pylist([{"number": 0, **row}], schema=READING))


ASSEMBLE_DOCUMENT = Step(assemble_document, inputs=("parts",), settings=("doc_id", "format", "probe"), per="document")
