"""Write the shards and the dropped records, and put them where they are found."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pyarrow.compute as pc

from corpus.build.annotate import ANNOTATED
from corpus.runner import Mark, Task
from corpus.schema import DROPPED, RECORD
from corpus.store import dataset, make_folder, parts, place_file, remove_folder, write_table

VERSION = "1"


def write_shard(task: Task, mark: Mark) -> None:
    """One file of the shards or of the dropped records, sorted by id.

    Arguments: `annotated` (files), `source_type`, `shard`, `dropped` (bool).
    """
    a = task.arguments
    chosen = (pc.field("source_type") == a["source_type"]) & (pc.field("shard") == a["shard"])
    chosen &= pc.field("stage").is_valid() if a["dropped"] else pc.field("stage").is_null()
    schema = DROPPED if a["dropped"] else RECORD
    table = dataset(a["annotated"], schema=ANNOTATED).to_table(columns=schema.names, filter=chosen)
    write_table(task.output, table.cast(schema).sort_by("id"))


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
