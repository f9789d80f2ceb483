"""Where each row of a dataset of training texts stands, by source: one Arrow file beside the manifest.

The build writes it, and the first run on shards that have none; every process of a machine maps the same pages of it, and
reads no shard before the first batch. One record batch a source, one row a row group that holds rows of it (`STRETCH`);
the numbers of all rows of a source lie one after the other, to be used as plain arrays.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from medpress.errors import CorruptError
from medpress.location import is_remote, storage_fault
from medpress.store import identity, open_parquet, parts, read_manifest, write_atomic

INDEX_FILE = "training_index.arrow"
"""Its name in the dataset folder."""

STRETCH = pa.schema(
    [
        pa.field("source", pa.string()),
        pa.field("file", pa.int32()),
        pa.field("row_group", pa.int32()),
        pa.field("rows", pa.large_list(pa.int32())),
        pa.field("shares", pa.large_list(pa.float64())),
        pa.field("tokens", pa.large_list(pa.int32())),
    ]
)
"""The rows of one source in one row group: the number of the file among the sorted parts, the numbers of the rows in the
group, the hash of each (`share_of` its parent, or itself), and its tokens."""
_FOR = b"shards"
_UNNAMED = "unnamed"


@dataclass(frozen=True, slots=True)
class SourceRows:
    """The rows of one source: those of row group `i` are `starts[i]` to `starts[i + 1]` of the long arrays."""

    name: str
    """The source."""
    files: np.ndarray
    """Of each row group: the number of its file (int32)."""
    row_groups: np.ndarray
    """Of each row group: its number in the file (int32)."""
    starts: np.ndarray
    """Where the rows of each row group begin, and where the last ones end (int64)."""
    rows: np.ndarray
    """Number of each row in its row group (int32)."""
    shares: np.ndarray
    """`share_of` its parent, or of itself (float64)."""
    tokens: np.ndarray
    """By the tokenizer that the manifest names (int32)."""


def share_of(key: str) -> float:
    """A number in [0, 1) from a record's id: the same for ever."""
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), "big") / 2**64


def content_of(folder: Path) -> str:
    """A name of what a dataset folder holds: equal for equal files."""
    try:
        files: Any = [[entry["path"], entry["sha256"]] for entry in read_manifest(folder)["files"]]
    except FileNotFoundError:
        files = [[path.relative_to(folder).as_posix(), path.stat().st_size] for path in parts(folder)]
    return identity(files)


def training_index(folder: Path) -> list[SourceRows]:
    """The rows of a dataset folder by source, the sources by name; the index is written when none is there for its files.

    Where nothing can be written it is made in memory. Raises `CorruptError` for shards that cannot be read, or that lack
    the columns `id`, `source` or `n_tokens`.
    """
    file = folder / INDEX_FILE
    content = content_of(folder)
    if (batches := _read(file, content)) is None:
        try:
            write_training_index(folder)
            batches = _read(file, content)
        except OSError as error:
            if not storage_fault(error):
                raise
        if batches is None:
            batches = list(_batches(folder))
    return [_source_rows(batch) for batch in batches]


def is_of(folder: Path) -> bool:
    """Whether a dataset folder has an index, and of what its manifest says now."""
    return (folder / INDEX_FILE).exists() and _read(folder / INDEX_FILE, content_of(folder)) is not None


def write_training_index(folder: Path) -> None:
    """Write the index of a dataset folder whose manifest is up to date. It takes about 40 bytes of memory a row."""
    schema = STRETCH.with_metadata({_FOR: content_of(folder).encode()})

    def write(temporary: Path) -> None:
        with pa.OSFile(str(temporary), "wb") as sink, pa.ipc.new_file(sink, schema) as writer:
            for batch in _batches(folder):
                writer.write_batch(batch)

    write_atomic(folder / INDEX_FILE, write)


def _read(file: Path, content: str) -> list[pa.RecordBatch] | None:
    """The batches of an index, mapped where it lies on a disk; None when there is none, or one of other shards."""
    try:
        source = pa.BufferReader(file.read_bytes()) if is_remote(file) else pa.memory_map(str(file))
        index = pa.ipc.open_file(source)
    except (FileNotFoundError, pa.ArrowInvalid):
        return None
    if (index.schema.metadata or {}).get(_FOR) != content.encode():
        return None
    return [index.get_batch(number) for number in range(index.num_record_batches)]


def _batches(folder: Path) -> Iterator[pa.RecordBatch]:
    """One a source, sorted by its name; their stretches in the order of files and row groups."""
    groups: list[tuple[int, int]] = []
    codes: dict[str, int] = {}
    read: list[tuple[np.ndarray, ...]] = []
    for number, path in enumerate(parts(folder)):
        for row_group, table in enumerate(_row_groups(path)):
            read.append((np.full(table.num_rows, len(groups), dtype=np.int32), *_numbers(table, codes)))
            groups.append((number, row_group))
    if not read:
        return
    group, code, rows, shares, tokens = (np.concatenate(column) for column in zip(*read, strict=True))
    read.clear()
    order = np.argsort(code, kind="stable")
    ends = np.searchsorted(code, np.arange(len(codes)), side="right", sorter=order)
    places = np.array(groups, dtype=np.int32)
    for source in sorted(codes):
        chosen = order[ends[codes[source] - 1] if codes[source] else 0 : ends[codes[source]]]
        begins = np.flatnonzero(np.diff(group[chosen], prepend=-1))
        starts = pa.array(np.append(begins, len(chosen)))
        lists = [pa.LargeListArray.from_arrays(starts, column[chosen]) for column in (rows, shares, tokens)]
        columns = [pa.array([source] * len(begins)), *map(pa.array, places[group[chosen[begins]]].T)]
        yield pa.record_batch([*columns, *lists], schema=STRETCH)


def _row_groups(path: Path) -> Iterator[pa.Table]:
    """What the index needs of each row group."""
    try:
        parquet = open_parquet(path)
        names = parquet.schema_arrow.names
        if missing := {"id", "source", "n_tokens"} - set(names):
            raise CorruptError(f"{path} is not a shard of this program: it has no column {min(missing)!r}.")
        columns = [name for name in ("id", "parent_id", "source", "n_tokens") if name in names]
        for number in range(parquet.num_row_groups):
            yield parquet.read_row_group(number, columns=columns)
    except pa.ArrowInvalid as error:
        raise CorruptError(f"{path} is not a readable Parquet file: build the shards again.") from error


def _numbers(table: pa.Table, codes: dict[str, int]) -> tuple[np.ndarray, ...]:
    """Code of the source, number, share and tokens of each row of a row group; a new source gets the next code."""
    sources = table["source"].combine_chunks().fill_null("").dictionary_encode()
    code = [codes.setdefault(name or _UNNAMED, len(codes)) for name in sources.dictionary.to_pylist()]
    keys = pc.coalesce(table["parent_id"], table["id"]) if "parent_id" in table.column_names else table["id"]
    return (
        np.array(code, dtype=np.int32)[sources.indices.to_numpy()],
        np.arange(table.num_rows, dtype=np.int32),
        np.fromiter(map(share_of, keys.to_pylist()), np.float64, table.num_rows),
        table["n_tokens"].fill_null(0).to_numpy().astype(np.int32),
    )


def _source_rows(batch: pa.RecordBatch) -> SourceRows:
    rows, shares, tokens = (batch[name] for name in ("rows", "shares", "tokens"))
    return SourceRows(
        name=batch["source"][0].as_py(),
        files=batch["file"].to_numpy(),
        row_groups=batch["row_group"].to_numpy(),
        starts=rows.offsets.to_numpy(),
        rows=rows.values.to_numpy(),
        shares=shares.values.to_numpy(),
        tokens=tokens.values.to_numpy(),
    )
