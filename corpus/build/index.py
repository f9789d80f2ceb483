"""Write the index of a build: what later builds compare their documents with."""

from __future__ import annotations

import pyarrow.compute as pc
import pyarrow.dataset as ds

from corpus.build.annotate import ANNOTATED
from corpus.dedup import index
from corpus.dedup.passes import band_name
from corpus.runner import Mark, Task
from corpus.store import dataset, write_table

VERSION = "2"

KEPT = pc.field("stage").is_null()
"""Of annotated rows, those that go into the shards."""


def write_hashes(task: Task, mark: Mark) -> None:
    """Content hashes of the kept records. Arguments: `annotated` (files), `low`, `high` (hash prefixes)."""
    in_range = (pc.field("content_hash") >= task.arguments["low"]) & (pc.field("content_hash") < task.arguments["high"])
    table = _annotated(task).to_table(index.HASHES.names, filter=KEPT & in_range)
    write_table(task.output, table.sort_by([("content_hash", "ascending"), ("id", "ascending")]))


def write_records(task: Task, mark: Mark) -> None:
    """Texts of the kept records. Arguments: `annotated` (files), `low`, `high` (id prefixes)."""
    in_range = (pc.field("id") >= task.arguments["low"]) & (pc.field("id") < task.arguments["high"])
    table = _annotated(task).to_table(index.TEXTS.names, filter=KEPT & in_range)
    write_table(task.output, table.sort_by("id"))


def write_band(task: Task, mark: Mark) -> None:
    """Keys of one band of the kept records. Arguments: `kept` (files that `write_hashes` wrote), `signed` (files), `band`."""
    kept = dataset(task.arguments["kept"], schema=index.HASHES).to_table(["id"])["id"].combine_chunks()
    key = band_name(task.arguments["band"])
    long_enough = pc.field("n_shingles") > 0
    rows = dataset(task.arguments["signed"]).to_table(["id", "numbers", key], filter=long_enough)
    rows = rows.filter(pc.is_in(rows["id"], kept)).rename_columns(["id", "numbers", "key"]).select(index.KEYS.names)
    write_table(task.output, rows.cast(index.KEYS).sort_by([("key", "ascending"), ("id", "ascending")]))


def _annotated(task: Task) -> ds.Dataset:
    return dataset(task.arguments["annotated"], schema=ANNOTATED)
