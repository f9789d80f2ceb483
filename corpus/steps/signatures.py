"""Gather what the duplicate search needs of the candidates that passed, in few files that are sorted for its passes."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from corpus.duplicates.ids import pack
from corpus.duplicates.index import known_keys
from corpus.duplicates.passes import band_rows
from medpress.location import location
from medpress.run.step import Step
from medpress.run.task import Mark, Task
from medpress.store import dataset, read_table, write_keys

PASSED = ["id", "doc_id", "content_hash", "quality", "priority", "n_shingles"]
"""Columns of a record that passed the filters."""
_VERDICT = ("doc_id", "source", "content_hash", "stage", "reason", "value", "threshold", "duplicate_of")


def gather_passed(task: Task, mark: Mark) -> None:
    """The records of some parts that passed the filters, sorted by content hash. Argument: `screened` (files)."""
    tables = []
    for file in task.arguments["screened"]:
        mark("part")
        table = read_table(location(file), [*PASSED, "stage"])
        tables.append(table.filter(pc.is_null(table["stage"])).select(PASSED))
    write_keys(task.output, pa.concat_tables(tables).sort_by([("content_hash", "ascending"), ("id", "ascending")]))


GATHER_PASSED = Step(gather_passed, inputs=("screened",), per="group of parts")


def gather_bands(task: Task, mark: Mark) -> None:
    """Their band keys, but for copies of another record, sorted by key.

    Arguments: `screened` (files), `exact` (files of the exact duplicates). Columns: key, id (packed), numbers, quality,
    priority.
    """
    copies = dataset(task.arguments["exact"]).to_table(["id"], filter=pc.field("duplicate_of").is_valid())["id"]
    copied = copies.combine_chunks()
    tables = []
    for file in task.arguments["screened"]:
        mark("part")
        table = read_table(location(file))
        table = table.filter(pc.is_null(table["stage"])).drop_columns(list(_VERDICT))
        tables.append(band_rows(table.filter(pc.invert(pc.is_in(table["id"], copied)))))
    rows = pa.concat_tables(tables).sort_by("key")
    write_keys(task.output, rows.set_column(rows.column_names.index("id"), "id", pack(rows["id"])))


GATHER_BANDS = Step(gather_bands, inputs=("screened", "exact"), per="group of parts")


def gather_known(task: Task, mark: Mark) -> None:
    """The band keys of a file of an index, sorted (`KNOWN_KEYS`). Arguments: `entries` (the file), `sha256` (its checksum)."""
    write_keys(task.output, known_keys(read_table(location(task.arguments["entries"]), ["id", "numbers", "keys"])))


GATHER_KNOWN = Step(gather_known, settings=("sha256",), aside=("entries",), per="file of an index")
