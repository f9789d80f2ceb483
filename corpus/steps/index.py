"""The index of a build: what later builds compare their documents with."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from corpus.duplicates import index
from corpus.duplicates.minhash import Scheme
from medpress.run.step import Step
from medpress.run.task import Mark, Task
from medpress.store import open_parquet, write_tables

_READ = ["id", "content_hash", "augmentation", "text"]


def index_shard(task: Task, mark: Mark) -> None:
    """`ENTRIES` of the records of a shard that are not augmented. Arguments: `shard` (file), `sha256` (its checksum),
    `scheme` (of the signatures)."""

    def tables() -> Iterator[pa.Table]:
        with open_parquet(task.arguments["shard"]) as file:
            for number in range(file.num_row_groups):
                mark(f"row group {number}")
                rows = file.read_row_group(number, columns=_READ)
                yield index.entries(rows.filter(pc.is_null(rows["augmentation"])), Scheme(**task.arguments["scheme"]))

    write_tables(task.output, tables(), index.ENTRIES)


INDEX_SHARD = Step(index_shard, settings=("sha256", "scheme"), aside=("shard",), per="shard")
