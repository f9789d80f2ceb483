"""The incremental index: what a build leaves behind so that later ones need not compare with its documents again.

    index/manifest.json               the scheme of the signatures, and the files
    index/hashes/*.parquet            HASHES, sorted by content hash
    index/bands/band-00.parquet …     KEYS of one band, sorted by key
    index/records/*.parquet           TEXTS, sorted by id: for exact verification and the medical guard

A build against an index takes from it only what meets its own records. Files are read a row group at a time, and those
whose key range holds nothing wanted are skipped, so memory does not grow with the index. Inside the passes a known
record's id begins with `KNOWN`, since the new documents may hold the very same record.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus.dedup.exact import CONTENT_HASH
from corpus.dedup.minhash import Scheme
from corpus.dedup.passes import band_name
from corpus.dedup.shingles import U64
from medpress.errors import CorruptError, UserError
from medpress.location import location
from medpress.store import file_sha256, open_parquet, read_manifest, write_manifest

FORMAT = "1"
"""Raised when the layout changes."""
KNOWN = "~"
"""Before the id of a known record; sorts behind all hex digits."""

HASHES = pa.schema([pa.field("content_hash", pa.string()), pa.field("id", pa.string())])
"""One row a record."""
KEYS = pa.schema([pa.field("key", pa.uint64()), pa.field("id", pa.string()), pa.field("numbers", pa.uint64())])
"""One row a record that is long enough for banding."""
TEXTS = pa.schema([pa.field("id", pa.string()), pa.field("text", pa.string())])
"""One row a record."""


def describe(scheme: Scheme) -> dict[str, Any]:
    """All that two indexes must share to be compared."""
    permutations = {"permutations": scheme.permutations, "content_hash": CONTENT_HASH}
    return {"format": FORMAT, **scheme.describe(), **permutations}


def band_file(band: int) -> str:
    """Name of a band's file in the index."""
    return f"bands/{band_name(band).replace('_', '-')}.parquet"


def finish(folder: Path, scheme: Scheme) -> None:
    """Describe the files of an index in its manifest."""
    write_manifest(folder, kind="index", config=describe(scheme), versions={})


@dataclass(frozen=True, slots=True)
class Index:
    """An index on disk."""

    folder: Path

    @property
    def digest(self) -> str:
        """Changes whenever anything in the index does."""
        return file_sha256(self.folder / "manifest.json")

    def hashes(self, wanted: pa.Array) -> pa.Table:
        """`HASHES` rows of known records with one of these content hashes."""
        return self._matching("hashes/*.parquet", HASHES, "content_hash", pc.unique(wanted).drop_null().sort())

    def keys(self, band: int, wanted: U64) -> pa.Table:
        """`KEYS` rows of known records with one of these keys in a band."""
        return self._matching(band_file(band), KEYS, "key", pa.array(np.unique(wanted)))

    def texts(self, ids: pa.Array) -> pa.Table:
        """`TEXTS` rows of known records."""
        plain = pc.utf8_slice_codeunits(ids, start=len(KNOWN))
        return self._matching("records/*.parquet", TEXTS, "id", pc.unique(plain).sort())

    def _matching(self, pattern: str, schema: pa.Schema, column: str, wanted: pa.Array) -> pa.Table:
        """Rows whose `column` is among the sorted values `wanted`, ids marked as known."""
        found = [schema.empty_table()]
        for group in self._groups(pattern, schema, column, wanted):
            found.append(group.filter(pc.is_in(group[column], wanted)))
        table = pa.concat_tables(found)
        place = table.column_names.index("id")
        return table.set_column(place, "id", pc.binary_join_element_wise(KNOWN, table["id"], ""))

    def _groups(self, pattern: str, schema: pa.Schema, column: str, wanted: pa.Array) -> Iterator[pa.Table]:
        values = wanted.to_numpy(zero_copy_only=False)
        for path in sorted(self.folder.glob(pattern)):
            try:
                file = open_parquet(path)
                place = file.schema_arrow.names.index(column)
                for number in range(file.num_row_groups):
                    bounds = file.metadata.row_group(number).column(place).statistics
                    low = int(np.searchsorted(values, bounds.min)) if bounds and bounds.has_min_max else 0
                    if low < len(values) and not (bounds and bounds.has_min_max and values[low] > bounds.max):
                        yield file.read_row_group(number, columns=schema.names).cast(schema)
            except (pa.ArrowException, OSError, ValueError) as error:
                raise CorruptError(f"{path} is not a readable part of an index; build that corpus again.") from error


def open_index(path: str, scheme: Scheme) -> Index:
    """The index at a path: an index folder, or a data folder that holds one.

    Raises `UserError` when there is none, or when its signatures cannot meet those of this scheme.
    """
    for folder in (location(path), location(path) / "index"):
        try:
            manifest = read_manifest(folder)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise CorruptError(f"{folder / 'manifest.json'} is damaged; build that corpus again.") from error
        if manifest.get("kind") == "index":
            check(describe(scheme), manifest["config"], path)
            return Index(folder.absolute())
    raise UserError(f"there is no index in {path}; `corpus build` writes one into its data folder.")


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
