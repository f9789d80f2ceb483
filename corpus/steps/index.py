"""Write the index of a build: what later builds compare their documents with."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from corpus.dedup import index
from corpus.dedup.passes import band_name, key_ranges
from corpus.steps.merge import merged
from medpress.run.task import Mark, Task
from medpress.store import dataset, write_table, write_tables

VERSION = "3"


def write_hashes(task: Task, mark: Mark) -> None:
    """Content hashes of the kept records of a shard. Arguments: `annotated` (files sorted by `place`), `place`."""
    tables = [index.HASHES.empty_table(), *_rows(task, index.HASHES, mark)]
    write_table(task.output, pa.concat_tables(tables).sort_by([("content_hash", "ascending"), ("id", "ascending")]))


def write_records(task: Task, mark: Mark) -> None:
    """Texts of the kept records of a shard, by id. Arguments: `annotated` (files sorted by `place`), `place`."""
    write_tables(task.output, _rows(task, index.TEXTS, mark), index.TEXTS)


def _rows(task: Task, schema: pa.Schema, mark: Mark) -> Iterator[pa.Table]:
    """Some columns of the records that go into a shard, by id."""
    arguments = task.arguments
    for table in merged(arguments["annotated"], "place", arguments["place"], ["place", *schema.names]):
        mark("merge")
        yield table.select(schema.names).cast(schema)


def write_band(task: Task, mark: Mark) -> None:
    """Keys of one band of the kept records, range by range.

    Arguments: `kept` (files that `write_hashes` wrote), `signed` (files), `band`, `ranges` (how many).
    """
    arguments = task.arguments
    kept = dataset(arguments["kept"], schema=index.HASHES).to_table(["id"])["id"].combine_chunks()
    name = band_name(arguments["band"])
    signed = dataset(arguments["signed"])

    def keys() -> Iterator[pa.Table]:
        for low, high in key_ranges(arguments["ranges"]):
            mark("keys")
            in_range = (pc.field(name) >= pa.scalar(low, pa.uint64())) & (
                pc.field(name) <= pa.scalar(high, pa.uint64())
            )
            rows = signed.to_table(["id", "numbers", name], filter=in_range & (pc.field("n_shingles") > 0))
            rows = rows.filter(pc.is_in(rows["id"], kept)).rename_columns(["id", "numbers", "key"])
            rows = rows.select(index.KEYS.names).cast(index.KEYS)
            yield rows.sort_by([("key", "ascending"), ("id", "ascending")])

    write_tables(task.output, keys(), index.KEYS)
