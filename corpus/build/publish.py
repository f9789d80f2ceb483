"""Write the shards and the dropped records, and put them where they are found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pyarrow as pa

from corpus.build.annotate import ANNOTATED
from corpus.build.merge import merged
from corpus.runner import Mark, Task
from corpus.schema import DROPPED, RECORD
from corpus.store import make_folder, parts, place_file, remove_folder, write_tables

VERSION = "2"


def gather(task: Task, mark: Mark) -> None:
    """Merge some files of annotated records into one. Argument: `annotated` (files sorted by `place`)."""
    write_tables(task.output, _marked(merged(task.arguments["annotated"], "place"), mark), ANNOTATED)


def write_shard(task: Task, mark: Mark) -> None:
    """One file of the shards or of the dropped records, sorted by id, without holding it in memory.

    Arguments: `annotated` (files sorted by `place`), `place` (`shards/<source type>/<shard>/`, or `dropped/…`).
    """
    files, prefix = task.arguments["annotated"], task.arguments["place"]
    schema = DROPPED if prefix.startswith("dropped/") else RECORD
    rows = (table.select(schema.names).cast(schema) for table in _marked(merged(files, "place", prefix), mark))
    write_tables(task.output, rows, schema)


def _marked(tables: Iterator[pa.Table], mark: Mark) -> Iterator[pa.Table]:
    """The tables; each is a step with a time limit of its own."""
    for table in tables:
        mark("merge")
        yield table


def withdraw(folder: Path) -> None:
    """Remove a dataset that this build does not write, so that nobody takes that of an earlier build for its own."""
    if folder.exists():
        remove_folder(folder)


def place(files: Mapping[str, str], folder: Path) -> None:
    """Make `folder` hold exactly `files` (relative name to work file), without copying their bytes through this machine."""
    make_folder(folder)
    for path in parts(folder):
        if path.relative_to(folder).as_posix() not in files:
            path.unlink()
    for name, source in files.items():
        place_file(source, folder / name)
