"""Write the pages of a segment, from what was read or from another segment."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from medpress.location import location
from medpress.run.step import Step
from medpress.run.task import Mark, Task
from medpress.schema import PAGE
from medpress.segments import write_part
from medpress.store import open_parquet, read_table, write_json

ROWS = pa.schema([pa.field("doc_id", pa.string()), pa.field("file", pa.string()), pa.field("row", pa.int64())])
"""Where the document of a segment is read from: a file of `READING` and the row in it; null for one that goes."""


def write_pages(task: Task, mark: Mark) -> None:
    """Write a pages file beside the output, named by its content; the output is its manifest entry as JSON.

    Arguments: `rows` (a file of `ROWS`), `base` (a pages file whose other documents stay; or None).
    """
    rows = read_table(task.arguments["rows"])
    tables = []
    if task.arguments["base"]:
        base = read_table(task.arguments["base"]).cast(PAGE)
        tables.append(base.filter(pc.invert(pc.is_in(base["doc_id"], rows["doc_id"].combine_chunks()))))
    for file in rows["file"].drop_null().unique().to_pylist():
        mark(Path(file).name)
        chosen = rows.filter(pc.equal(rows["file"], file))["row"]
        read = open_parquet(file).read(columns=["doc_id", "pages"]).take(chosen)
        tables.append(_flat(read))
    pages = pa.concat_tables(tables)
    order = pc.sort_indices(pages, [("doc_id", "ascending"), ("page", "ascending")])
    part = write_part(location(task.output).parent, pages.take(order))
    write_json(task.output, {name: getattr(part, name) for name in part.__dataclass_fields__})


def _flat(read: pa.Table) -> pa.Table:
    """A row a page out of rows with nested pages."""
    nested = pa.concat_arrays(read["pages"].chunks) if read["pages"].num_chunks else pa.array([], read["pages"].type)
    pages = nested.flatten()
    doc_ids = read["doc_id"].combine_chunks().take(pc.list_parent_indices(nested))
    columns = [doc_ids if field.name == "doc_id" else pages.field(field.name) for field in PAGE]
    return pa.Table.from_arrays(columns, schema=PAGE)


WRITE_PAGES = Step(write_pages, inputs=("base",), contents=("rows",), per="segment", suffix=".json")
