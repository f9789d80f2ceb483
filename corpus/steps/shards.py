"""Write the shards and the dropped records, and put them where they are found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pyarrow as pa

from corpus.steps.annotate import ANNOTATED
from corpus.steps.merge import merged
from medpress.location import is_remote, location
from medpress.run.task import Mark, Task
from medpress.schema import DROPPED, RECORD
from medpress.store import file_sha256, make_folder, parts, place_file, read_manifest, remove_folder, write_tables

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


def forget_damaged(tasks: Mapping[str, Task], folder: Path) -> None:
    """Remove the work file of a published one whose bytes are no longer those of the manifest, so that it is made anew.

    `tasks` are by relative name. Both are one file with two names, so that damage to one is damage to the other.
    """
    try:
        described = {entry["path"]: entry["sha256"] for entry in read_manifest(folder)["files"]}
    except (OSError, ValueError):  # nothing was published, or nobody knows what
        return
    for name, task in tasks.items():
        published, source = folder / name, location(task.output)
        if is_remote(source) or name not in described or not (published.exists() and source.exists()):
            continue
        if published.samefile(source) and file_sha256(source) != described[name]:
            source.unlink()


def place(files: Mapping[str, str], folder: Path) -> None:
    """Make `folder` hold exactly `files` (relative name to work file), without copying their bytes through this machine."""
    make_folder(folder)
    for path in parts(folder):
        if path.relative_to(folder).as_posix() not in files:
            path.unlink()
    for name, source in files.items():
        place_file(source, folder / name)
