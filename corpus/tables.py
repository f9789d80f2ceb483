"""The datasets of a data folder as lazy tables: what `corpus.open` gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds

from medpress.errors import UserError, to_run
from medpress.location import location
from medpress.schema import SCHEMAS
from medpress.store import dataset, open_parquet, parts, read_manifest, refuse_older_layout


@dataclass(frozen=True, slots=True)
class Corpus:
    """A data folder. A table reads nothing before it is asked for rows, and then only the columns and groups it needs."""

    data: Path
    """The folder."""

    def table(self, kind: str) -> ds.Dataset:
        """A dataset by its name (`medpress.schema.SCHEMAS`), with the schema that is declared for it; without rows where
        there is none. Raises `KeyError` for a name that no dataset has."""
        schema = SCHEMAS[kind]
        files = parts(self.data / kind)
        return dataset(files, schema) if files else ds.dataset(pa.table(schema.empty_table()))

    @property
    def documents(self) -> ds.Dataset:
        """A row a source file. Raw text: real names may stand in it."""
        return self.table("documents")

    @property
    def pages(self) -> ds.Dataset:
        """A row a page, with its blocks. Raw text: real names may stand in it."""
        return self.table("pages")

    @property
    def shards(self) -> ds.Dataset:
        """The training texts."""
        return self.table("shards")

    @property
    def dropped(self) -> ds.Dataset:
        """The records that were left out, whole, with stage and reason."""
        return self.table("dropped")

    @property
    def quarantine(self) -> ds.Dataset:
        """Files, pages and records that could not be processed."""
        return self.table("quarantine")

    @property
    def instructions(self) -> ds.Dataset:
        """Conversations."""
        return self.table("instructions")

    def manifest(self, kind: str = "shards") -> Mapping[str, Any]:
        """What a dataset holds and what made it: files, rows, checksums, configuration, steps, models. Raises
        `FileNotFoundError` when it was never finished."""
        return read_manifest(self.data / kind)


def open(data: str | Path = "data") -> Corpus:
    """The datasets of a data folder; nothing is read yet.

    Raises `UserError` for a folder that holds no dataset, or that another version wrote.
    """
    folder = location(str(data))
    if not any((folder / kind / "manifest.json").exists() for kind in SCHEMAS):
        raise UserError(
            f"{data} is no data folder: {to_run('ingest auto PATH', data)} and {to_run('corpus build', data)} write one."
        )
    refuse_older_layout(folder)
    return Corpus(folder)


def row_groups(folder: Path, columns: list[str]) -> Iterator[pa.Table]:
    """The row groups of a dataset, one after the other."""
    for file in parts(folder):
        parquet = open_parquet(file)
        for group in range(parquet.num_row_groups):
            yield parquet.read_row_group(group, columns=columns)
