"""Write the files of the shards and of the dropped records.

A full build writes each shard whole. An incremental one writes only what is different: rows that are new stand in an
added file beside the shards, and a file that holds rows which are gone is written again without them.
"""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from corpus.steps.annotated import ANNOTATED
from corpus.steps.merge import merged
from medpress.run.step import Step
from medpress.run.task import Mark, Task
from medpress.schema import DROPPED, RECORD
from medpress.store import (
    open_parquet,
    read_table,
    write_table,
    write_tables,
)

SCHEMA_OF = {"shards": RECORD, "dropped": DROPPED}
"""Schema of each of the two datasets."""


def gather(task: Task, mark: Mark) -> None:
    """Merge some files of annotated records into one. Argument: `annotated` (files sorted by `place`)."""
    write_tables(task.output, _marked(merged(task.arguments["annotated"], "place"), mark), ANNOTATED)


GATHER = Step(gather, inputs=("annotated",), per="group of parts")


def write_shard(task: Task, mark: Mark) -> None:
    """One file of the shards or of the dropped records, sorted by id, without holding it in memory.

    Arguments: `annotated` (files sorted by `place`), `place` (`shards/<source type>/<shard>/`, or `dropped/…`).
    """
    files, prefix = task.arguments["annotated"], task.arguments["place"]
    schema = SCHEMA_OF[prefix.partition("/")[0]]
    rows = (table.select(schema.names).cast(schema) for table in _marked(merged(files, "place", prefix), mark))
    write_tables(task.output, rows, schema)


WRITE_SHARD = Step(write_shard, inputs=("annotated",), settings=("place",), per="shard")


def _marked(tables: Iterator[pa.Table], mark: Mark) -> Iterator[pa.Table]:
    """The tables; each is a step with a limit of its own."""
    for table in tables:
        mark("merge")
        yield table


DIFFERENCES = pa.schema([*ANNOTATED, pa.field("gone", pa.bool_())])
"""What changed in a part: rows that are gone (by `id` and `place`; the rest is as it was), and rows that are new."""


def compare_parts(task: Task, mark: Mark) -> None:
    """What changed between two states of a part. Arguments: `annotated`, `before` (lists of files; either may be empty).

    Writes `DIFFERENCES`. A row that is not the same in every column is gone and new.
    """
    before, after = (
        pa.concat_tables([ANNOTATED.empty_table(), *map(read_table, task.arguments[name])])
        for name in ("before", "annotated")
    )
    before, after = before.sort_by("id").combine_chunks(), after.sort_by("id").combine_chunks()
    in_both = after.filter(pc.is_in(after["id"], before["id"].combine_chunks())).combine_chunks()
    then = before.filter(pc.is_in(before["id"], in_both["id"].combine_chunks())).combine_chunks()
    changed = pa.array([in_both["id"][row].as_py() for row in unequal(then, in_both)], pa.string())
    same = in_both["id"].combine_chunks().filter(pc.invert(pc.is_in(in_both["id"], changed)).combine_chunks())
    tables = []
    for table, gone in ((before, True), (after, False)):
        rows = table.filter(pc.invert(pc.is_in(table["id"], same)))
        tables.append(rows.append_column("gone", pa.array([gone] * rows.num_rows, pa.bool_())))
    write_table(task.output, pa.concat_tables(tables).cast(DIFFERENCES))


COMPARE_PARTS = Step(compare_parts, inputs=("annotated", "before"))


def unequal(one: pa.Table, other: pa.Table, start: int = 0) -> Iterator[int]:
    """Row numbers in which two tables of equal length differ: by halves, so equal stretches cost one comparison."""
    if one.equals(other):
        return
    if one.num_rows == 1:
        yield start
        return
    middle = one.num_rows // 2
    yield from unequal(one.slice(0, middle), other.slice(0, middle), start)
    yield from unequal(one.slice(middle), other.slice(middle), start + middle)


def write_added(task: Task, mark: Mark) -> None:
    """The new rows of one source type, sorted by id. Arguments: `differences` (files), `place` (`shards/<source type>/`, or
    `dropped/…`)."""
    prefix = task.arguments["place"]
    schema = SCHEMA_OF[prefix.partition("/")[0]]
    tables = []
    for file in task.arguments["differences"]:
        mark("part")
        table = read_table(file)
        chosen = pc.and_(pc.invert(table["gone"]), pc.starts_with(table["place"], prefix))
        tables.append(table.filter(chosen).select(schema.names))
    write_table(task.output, pa.concat_tables(tables).sort_by("id").cast(schema))


WRITE_ADDED = Step(write_added, inputs=("differences",), settings=("place",), per="source type")


def leave_out(task: Task, mark: Mark) -> None:
    """A published file without some rows. Arguments: `shard` (file), `sha256` (its checksum), `gone` (ids)."""
    gone = pa.array(task.arguments["gone"], pa.string())

    def left() -> Iterator[pa.Table]:
        with open_parquet(task.arguments["shard"]) as file:
            for number in range(file.num_row_groups):
                mark(f"row group {number}")
                table = file.read_row_group(number)
                yield table.filter(pc.invert(pc.is_in(table["id"], gone)))

    with open_parquet(task.arguments["shard"]) as file:
        schema = file.schema_arrow
    write_tables(task.output, left(), schema)


LEAVE_OUT = Step(leave_out, settings=("sha256", "gone"), aside=("shard",), per="shard")
