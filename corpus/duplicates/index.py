"""The incremental index: what a build leaves behind so that later ones need not compare with its documents again.

    index/manifest.json        the scheme of the signatures, and the files
    index/data/**.parquet      ENTRIES, a file for each file of the shards, sorted by id

A build against an index takes from it only what meets its own records. Files are read a few row groups at a time, so
memory does not grow with the index. Inside the passes a known record's id begins with `KNOWN`, since the new documents
may hold the very same record.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus.duplicates.exact import CONTENT_HASH
from corpus.duplicates.ids import KNOWN
from corpus.duplicates.minhash import Scheme
from corpus.duplicates.passes import band_name, signatures
from medpress.errors import CorruptError, UserError, to_run
from medpress.location import location
from medpress.store import file_sha256, open_parquet, parts, read_manifest, write_manifest

FORMAT = "2"
"""Raised when the layout changes."""
ROWS_AT_ONCE = 16_384
"""Rows of an index that are looked at together."""

ENTRIES = pa.schema(
    [
        pa.field("id", pa.string()),
        pa.field("content_hash", pa.string()),
        pa.field("numbers", pa.uint64(), metadata={"description": "hash of the numbers in the text"}),
        pa.field(
            "keys", pa.list_(pa.uint64()), metadata={"description": "band keys; none of a text too short for one"}
        ),
        pa.field("text", pa.string(), metadata={"description": "for exact verification and the medical guard"}),
    ]
)
"""One row a kept record that is not augmented."""


def describe(scheme: Scheme) -> dict[str, Any]:
    """All that two indexes must share to be compared."""
    permutations = {"permutations": scheme.permutations, "content_hash": CONTENT_HASH}
    return {"format": FORMAT, **scheme.describe(), **permutations}


KNOWN_KEYS = pa.schema([pa.field("key", pa.uint64()), pa.field("id", pa.string()), pa.field("numbers", pa.uint64())])
"""A band key of a record that an index knows; the id says so."""


def entries(table: pa.Table, scheme: Scheme) -> pa.Table:
    """`ENTRIES` of records (id, content_hash, text), in their order."""
    signed = signatures(table.select(["id", "text"]), scheme)
    bands = [signed[band_name(band)].to_numpy() for band in range(scheme.bands)]
    long_enough = pc.greater(signed["n_shingles"], 0).to_numpy()
    keys = np.stack(bands, axis=1)[long_enough].ravel() if bands else np.empty(0, np.uint64)
    offsets = np.concatenate([[0], np.cumsum(long_enough * scheme.bands)]).astype(np.int32)
    lists = pa.ListArray.from_arrays(offsets, pa.array(keys, pa.uint64()))
    return pa.table([table["id"], table["content_hash"], signed["numbers"], lists, table["text"]], schema=ENTRIES)


def known_keys(table: pa.Table) -> pa.Table:
    """`KNOWN_KEYS` of entries (id, numbers, keys), a row a key, sorted by key."""
    lists = table["keys"].combine_chunks()
    rows = pc.list_parent_indices(lists)
    ids = pc.binary_join_element_wise(KNOWN, table["id"].combine_chunks().take(rows), "")
    columns = [pc.list_flatten(lists), ids, table["numbers"].combine_chunks().take(rows)]
    return pa.table(columns, schema=KNOWN_KEYS).sort_by("key")


def finish(folder: Path, scheme: Scheme, unchanged: Mapping[str, Mapping[str, Any]] | None = None) -> None:
    """Describe the files of an index in its manifest; `unchanged` as in `write_manifest`."""
    write_manifest(folder, kind="index", config=describe(scheme), versions={}, unchanged=unchanged)


@dataclass(frozen=True, slots=True)
class Index:
    """An index on disk."""

    folder: Path

    @property
    def digest(self) -> str:
        """Changes whenever anything in the index does."""
        return file_sha256(self.folder / "manifest.json")

    def hashes(self, wanted: pa.Array) -> pa.Table:
        """id and content_hash of known records with one of these content hashes."""
        values = pc.unique(wanted).drop_null()
        tables = [_NO_HASHES]
        for batch in self._batches(["id", "content_hash"]):
            tables.append(batch.filter(pc.is_in(batch["content_hash"], values)))
        return _known(pa.concat_tables(tables))

    def texts(self, ids: pa.Array) -> pa.Table:
        """id and text of known records."""
        wanted = pc.unique(pc.utf8_slice_codeunits(ids, start=len(KNOWN)))
        tables = [_NO_TEXTS]
        for batch in self._batches(["id", "text"]):
            tables.append(batch.filter(pc.is_in(batch["id"], wanted)))
        return _known(pa.concat_tables(tables))

    def _batches(self, columns: list[str]) -> Iterator[pa.Table]:
        for path in parts(self.folder):
            try:
                with open_parquet(path) as file:
                    for batch in file.iter_batches(ROWS_AT_ONCE, columns=columns):
                        yield pa.table(batch).select(columns)
            except (pa.ArrowException, OSError, ValueError, KeyError) as error:
                raise CorruptError(f"{path} is not a readable part of an index; build that corpus again.") from error


_NO_HASHES = pa.schema([ENTRIES.field("id"), ENTRIES.field("content_hash")]).empty_table()
_NO_TEXTS = pa.schema([ENTRIES.field("id"), ENTRIES.field("text")]).empty_table()


def _known(table: pa.Table) -> pa.Table:
    """The rows with their ids marked as known."""
    place = table.column_names.index("id")
    return table.set_column(place, "id", pc.binary_join_element_wise(KNOWN, table["id"], ""))


def open_index(path: str, scheme: Scheme) -> Index:
    """The index at a path: an index folder, or a data folder that holds one.

    Raises `UserError` when there is none, or when its signatures cannot meet those of this scheme.
    """
    for folder in (location(path), location(path) / "index"):
        try:
            manifest = read_manifest(folder)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except CorruptError as error:
            raise CorruptError(f"{folder / 'manifest.json'} is damaged; build that corpus again.") from error
        if manifest.get("kind") == "index":
            check(describe(scheme), manifest["config"], path)
            return Index(folder.absolute())
    raise UserError(f"there is no index in {path}; {to_run('corpus build', path)} writes one.")


def check(here: dict[str, Any], there: dict[str, Any], place: str) -> None:
    """Refuse in one sentence an index whose signatures cannot meet this build's."""
    differing = [f"{name} {there.get(name)} (here {value})" for name, value in here.items() if there.get(name) != value]
    if differing:
        raise UserError(
            f"the index {place} cannot be compared with this build: it has {', '.join(differing)};"
            " build that corpus again, or use its settings under [build.dedup]."
        )


def known_rows(found: Sequence[pa.Table], new: pa.Table) -> pa.Table:
    """`new` rows with the known ones below them, marked in the column `known`; a record in two indexes counts once."""
    tables = [new.append_column("known", pa.array([False] * new.num_rows, pa.bool_()))]
    seen: set[str] = set()
    for table in found:
        fresh = pa.array([id not in seen for id in table["id"].to_pylist()], pa.bool_())
        table = table.filter(fresh)
        seen.update(table["id"].to_pylist())
        tables.append(table.append_column("known", pa.array([True] * table.num_rows, pa.bool_())))
    return pa.concat_tables(tables, promote_options="default")
