"""Atomic files, Parquet with a fixed layout, and manifests, on a disk or in an object store.

Bytes depend on the rows only: one writer, one compression, one row-group size, no timestamps. A place is a `Path`, or
whatever `medpress.location.location` makes one of: stage functions hand on the strings of their arguments as they are.
"""

from __future__ import annotations

import errno
import hashlib
import itertools
import json
import os
import shutil
import time
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.fs as pafs
import pyarrow.parquet as pq

from medpress import modes
from medpress.errors import CorruptError, UserError
from medpress.location import OBJECT_STORES, filesystem, is_remote, key, location, scratch, storage_fault
from medpress.schema import NAMED_NUMBERS, NAMED_TEXTS, SCHEMA_VERSION, named

if TYPE_CHECKING:
    import pyarrow.dataset as ds

Place = str | Path
"""A local path or an address, as `medpress.location` has it."""
ROW_GROUP_ROWS = 1_000
"""Rows a group: one group reads in 1.7 ms at zstd 3."""
ROW_GROUP_BYTES = 32 * 2**20
"""A group of long texts is cut earlier, so that a reader's memory is bounded."""

KEYS_PER_GROUP = 16_384
"""Rows of a group of keys, pairs of ids and the like, some tens of bytes each."""

FILES_AT_ONCE = 64
"""Files open together: Arrow keeps the metadata of each, which for the many fields of a record is a third of a megabyte."""

FLUSH_SECONDS = 60.0
"""How often a growing file is written to an object store."""


def canonical_json(value: Any) -> str:
    """JSON with sorted keys and no spaces: the form that is hashed."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)


def identity(*parts: Any) -> str:
    """24 hex digits of the sha256 over the parts' canonical JSON: ids of tasks, records, options."""
    return hashlib.sha256("\x1f".join(canonical_json(p) for p in parts).encode(errors="backslashreplace")).hexdigest()[
        :24
    ]


def file_sha256(place: Place) -> str:
    """sha256 of a file's bytes, read in blocks."""
    with location(place).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]


def fingerprint(path: Path) -> list[Any]:
    """What changes when a file does, without reading it: size and time, or the object's own tag."""
    if is_remote(path):
        return [filesystem(path).ukey(key(path))]
    stat = path.stat()
    return [stat.st_size, stat.st_mtime_ns]


def read_head(path: Path, size: int) -> bytes:
    """The first bytes of a file, and of a remote one no more than these."""
    if is_remote(path):
        with filesystem(path).open(key(path), "rb", cache_type="none") as file:
            head: bytes = file.read(size)
            return head
    with open(path, "rb") as file:
        return file.read(size)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, as `medpress.modes` has it. An object store has none, and a missing bucket is not
    made but told."""
    if not is_remote(folder):
        modes.make_folder(folder)


def remove_folder(folder: Path) -> None:
    """Remove a folder and all below it."""
    if is_remote(folder):
        filesystem(folder).rm(key(folder), recursive=True)
    else:
        shutil.rmtree(folder)


def names_in(folder: Path) -> set[str]:
    """The names of what lies in a folder; empty when there is none. One listing, however many files are asked for."""
    try:
        if is_remote(folder):
            return {name.rstrip("/").rpartition("/")[2] for name in filesystem(folder).ls(key(folder), detail=False)}
        return set(os.listdir(folder))
    except FileNotFoundError:
        return set()


def write_atomic(place: Place, write: Callable[[Path], object]) -> None:
    """Let `write` fill a temporary file, then put it in its place at once.

    A reader sees the old file or the new one, never a part: on a disk by renaming it within its folder, in an object
    store because an object appears when its upload is complete. The temporary is removed when `write` raises.
    """
    path = location(place)
    if is_remote(path):
        _upload(path, write)
        return
    modes.make_folder(path.parent)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        modes.make_file(temporary)
        write(temporary)
        with open(temporary, "rb") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _upload(path: Path, write: Callable[[Path], object]) -> None:
    temporary = scratch() / f"{identity(str(path))}{path.suffix}"
    try:
        write(temporary)
        _put(path, lambda target: filesystem(path).put_file(str(temporary), target))
    finally:
        temporary.unlink(missing_ok=True)


def _put(path: Path, put: Callable[[str], object]) -> None:
    """Let `put` write a remote file so that it appears whole: where no object store sees to that, by a move."""
    if path.protocol in OBJECT_STORES:  # type: ignore[attr-defined]
        put(key(path))
        return
    files, beside = filesystem(path), key(path.with_name(f".{path.name}.tmp"))
    files.makedirs(key(path.parent), exist_ok=True)
    put(beside)
    files.mv(beside, key(path))


class LineFile:
    """A text file that grows by lines.

    In an object store, where no file grows, it is written anew every `FLUSH_SECONDS` and by `flush`: after a kill the
    last lines may be missing.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lines: list[str] | None = None
        self._flushed = time.monotonic()

    def lines(self) -> list[str]:
        """All lines so far; empty when there is no file."""
        if self._lines is not None:
            return list(self._lines)
        if not self.path.exists():
            return []
        lines = self.path.read_text(encoding="utf-8", errors="replace").split("\n")
        return lines if lines[-1] else lines[:-1]

    def append(self, line: str) -> None:
        """Add a line."""
        if not is_remote(self.path):
            modes.make_folder(self.path.parent)
            modes.make_file(self.path)
            with open(self.path, "a", encoding="utf-8", errors="backslashreplace") as file:
                file.write(line + "\n")
            return
        if self._lines is None:
            self._lines = self.lines()
        self._lines.append(line)
        if time.monotonic() - self._flushed > FLUSH_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Have all lines stored."""
        if self._lines is not None:
            write_text(self.path, "".join(line + "\n" for line in self._lines))
        self._flushed = time.monotonic()


def write_bytes(place: Place, content: bytes) -> None:
    """Write a small file atomically."""
    write_atomic(place, lambda temporary: temporary.write_bytes(content))


def write_text(place: Place, text: str) -> None:
    """Write a small text file atomically. Half a character pair, as the names of files may have, is written escaped, as JSON has it."""
    write_atomic(place, lambda temporary: temporary.write_text(text, encoding="utf-8", errors="backslashreplace"))


def write_json(place: Place, value: Any) -> None:
    """Write JSON atomically, indented and with sorted keys."""
    write_text(place, json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False, default=str) + "\n")


def read_json(place: Place) -> Any:
    """Read a JSON file. Raises `CorruptError` in one sentence when it is damaged."""
    try:
        return json.loads(location(place).read_bytes())
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise CorruptError(
            f"{place} is not readable JSON; remove it and run the command that wrote it again."
        ) from error


def write_table(place: Place, table: pa.Table) -> None:
    """Write one Parquet file atomically: zstd 3, groups of `ROW_GROUP_ROWS` rows or `ROW_GROUP_BYTES`."""
    write_tables(place, [table], table.schema)


def write_tables(place: Place, tables: Iterable[pa.Table], schema: pa.Schema) -> None:
    """Write tables one after the other as one Parquet file; the bytes are those of `write_table` on all of them.

    Only a row group's worth of rows is held, and what the iterable holds.
    """
    write_row_groups(place, schema, _row_groups(tables, schema))


def write_keys(place: Place, table: pa.Table) -> None:
    """Write a sorted table of narrow rows atomically, in groups of `KEYS_PER_GROUP`: who wants a range of it reads few groups,
    and who opens it few descriptions of groups."""
    table = table.combine_chunks()
    starts = range(0, max(1, table.num_rows), KEYS_PER_GROUP)
    write_row_groups(place, table.schema, (table.slice(start, KEYS_PER_GROUP) for start in starts))


def write_row_groups(place: Place, schema: pa.Schema, groups: Iterable[pa.Table]) -> None:
    """Write one Parquet file atomically, each table as one row group; only one of them is in memory at a time."""

    def write(temporary: Path) -> None:
        with pq.ParquetWriter(temporary, schema, compression="zstd", compression_level=3) as writer:
            for group in groups:
                writer.write_table(group, row_group_size=max(1, group.num_rows))

    write_atomic(place, write)


def _row_groups(tables: Iterable[pa.Table], schema: pa.Schema) -> Iterator[pa.Table]:
    """A thousand rows at a time, cut smaller where they are long; one empty group when there is no row at all."""
    waiting = schema.empty_table()
    written = False
    for table in tables:
        waiting = pa.concat_tables([waiting, table])
        while waiting.num_rows >= ROW_GROUP_ROWS:
            yield from _cut_by_bytes(waiting.slice(0, ROW_GROUP_ROWS))
            waiting, written = waiting.slice(ROW_GROUP_ROWS), True
    if waiting.num_rows or not written:
        yield from _cut_by_bytes(waiting)


def _cut_by_bytes(table: pa.Table) -> Iterator[pa.Table]:
    table = table.combine_chunks()
    rows = max(1, int(ROW_GROUP_BYTES * table.num_rows / max(1, table.nbytes)))
    for start in range(0, max(1, table.num_rows), rows):
        yield table.slice(start, rows)


def write_rows(place: Place, rows: Iterable[Mapping[str, Any]], schema: pa.Schema) -> None:
    """Write rows given as dicts, as one Parquet file; see `table_of`."""
    write_table(place, table_of(rows, schema))


def table_of(rows: Iterable[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    """Rows given as dicts as a table; fields of names and values may be dicts too."""
    return pa.Table.from_pylist([stored(row, schema) for row in rows], schema=schema)


def stored(row: Mapping[str, Any], schema: pa.Schema) -> dict[str, Any]:
    """A row whose fields of names and values are lists, as Arrow has them."""
    return {**row, **{name: named(row[name]) for name in _pairs(schema) if isinstance(row.get(name), Mapping)}}


@cache
def _pairs(schema: pa.Schema) -> list[str]:
    """The fields of names and values."""
    return [field.name for field in schema if field.type in (NAMED_TEXTS, NAMED_NUMBERS)]


def place_file(source: Place, target: Path) -> None:
    """Make `target` the file `source`, atomically and without its bytes passing through this machine.

    On a disk it is a hard link (nothing is done when it is that file already: renaming one hard link over another would
    leave both), or a copy where the file system refuses one; in an object store a copy made by the store.
    """
    source = location(source)
    if is_remote(target):
        _put(target, lambda place: filesystem(target).cp_file(key(source), place))
        return
    if target.exists() and target.samefile(source):
        return
    modes.make_folder(target.parent)
    temporary = target.with_name(f".{target.name}.tmp")
    temporary.unlink(missing_ok=True)
    try:
        os.link(source, temporary)
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        write_atomic(target, lambda copy: shutil.copyfile(source, copy))
    else:
        os.replace(temporary, target)


NO_LINKS = {errno.EPERM, errno.EXDEV, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS, errno.EACCES}
"""How file systems refuse a hard link: they have none (FAT, many network shares), or it would lead to another one."""


def move_file(source: Path, target: Path) -> None:
    """Put a finished file of the same folder in the place of another."""
    if is_remote(target):
        filesystem(target).mv(key(source), key(target))
    else:
        os.replace(source, target)


def open_parquet(place: Place, *, memory_map: bool = False) -> pq.ParquetFile:
    """Open one Parquet file; of a remote one only the ranges that are asked for are fetched.

    Raises `CorruptError` in one sentence when its description is damaged.
    """
    path = location(place)
    with _readable(place):
        if not is_remote(path):
            return pq.ParquetFile(path, memory_map=memory_map)
        return pq.ParquetFile(key(path), filesystem=_arrow(path), pre_buffer=True)


def read_table(place: Place, columns: list[str] | None = None, schema: pa.Schema | None = None) -> pa.Table:
    """Read one Parquet file, as one of a schema when that is given.

    Raises `CorruptError` in one sentence when it is damaged, or lacks one of the columns or what the schema has.
    """
    with _readable(place):
        # Threads read a column each; for one they only cost.
        table = open_parquet(place).read(columns=columns, use_threads=columns is None or len(columns) > 1)
    if missing := set(columns or (schema.names if schema else ())) - set(table.column_names):
        raise _unreadable(place, f"it has no column {min(missing)}")
    with _readable(place):
        return table.select(schema.names).cast(schema) if schema else table


def strings(values: Collection[str]) -> pa.StringArray:
    """Text as Arrow holds it: what `pa.array` gives.

    `pa.array`, `pa.scalar` and whatever calls them import pandas where it is installed, which takes longer than to look
    something up in a million records.
    """
    encoded = [value.encode() for value in values]
    ends = array("i", itertools.accumulate(map(len, encoded), initial=0))
    return pa.StringArray.from_buffers(len(encoded), pa.py_buffer(ends), pa.py_buffer(b"".join(encoded)))


def among(column: pa.ChunkedArray, *values: str) -> pa.ChunkedArray:
    """Which rows of a column of text hold one of these values."""
    return pc.is_in(column, value_set=strings(values))


@contextmanager
def _readable(place: Place) -> Iterator[None]:
    """Tell what Arrow says of a damaged file in one sentence; what the storage says goes on as it is."""
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, FileNotFoundError) or storage_fault(error):
            raise
        raise _unreadable(place) from error


def _unreadable(place: Place, why: str = "") -> CorruptError:
    of = f" ({why})" if why else ""
    return CorruptError(
        f"{place} is not a readable Parquet file{of}; remove it and run the command that wrote it again."
    )


def is_whole(place: Place) -> bool:
    """Whether a Parquet or JSON file on a disk has its end; true of all else."""
    path = location(place)
    ends = _ENDS.get(path.suffix)
    if ends is None or is_remote(path):
        return True
    with open(path, "rb") as file:
        file.seek(max(0, path.stat().st_size - max(len(end) for end in ends)))
        return file.read().endswith(ends)


_ENDS = {".parquet": (b"PAR1",), ".json": (b"}\n", b"]\n")}
"""How files of these endings end when they were written to their end."""


def dataset(places: Sequence[Place], schema: pa.Schema | None = None) -> ds.Dataset:
    """Parquet files, all of one store, as a dataset that is filtered while it is read."""
    import pyarrow.dataset as ds  # brings pandas along, for which a command that only looks something up has no time

    paths = [location(place) for place in places]
    if not paths or not is_remote(paths[0]):
        return ds.dataset([str(path) for path in paths], schema=schema, format="parquet")
    return ds.dataset([key(path) for path in paths], schema=schema, format="parquet", filesystem=_arrow(paths[0]))


def select(places: Sequence[Place], columns: list[str], filter: pc.Expression) -> pa.Table:
    """Some columns of the rows that a filter lets through, from any number of Parquet files (one at least)."""
    groups = [places[start : start + FILES_AT_ONCE] for start in range(0, len(places), FILES_AT_ONCE)]
    return pa.concat_tables([dataset(group).to_table(columns, filter=filter) for group in groups])


class _Ranges(pafs.FSSpecHandler):
    """fsspec for Arrow, without reading ahead: Arrow knows which ranges it wants and joins them itself."""

    def open_input_file(self, path: str) -> pa.NativeFile:
        return pa.PythonFile(self.fs.open(path, "rb", cache_type="none"), mode="r")


def _arrow(path: Path) -> pafs.FileSystem:
    return pafs.PyFileSystem(_Ranges(filesystem(path)))


MANIFEST = "manifest.json"
"""Of a dataset folder: what is in it, and what made it."""
DATA = "data"
"""In a dataset folder the Parquet files alone stand in this folder, beside the manifest and the card: so pandas, pyarrow,
polars, DuckDB, Spark and `datasets` open it as it is."""


def parts(folder: Path) -> list[Path]:
    """The Parquet files of a dataset folder, sorted: all that stand below its `data/`."""
    return parquet_files(folder / DATA)


def parquet_files(folder: Path) -> list[Path]:
    """The Parquet files below any folder, sorted; none when there is no such folder."""
    return sorted(p for p in folder.rglob("*.parquet") if not p.name.startswith(".")) if folder.exists() else []


def publish_tables(folder: Path, name: str, tables: Iterable[pa.Table], schema: pa.Schema) -> Path | None:
    """Write tables as the file `data/<name>` of a dataset folder, and return its place.

    No file of a dataset is without rows: where the tables have none, None is returned and no such file stands there.
    """
    target = folder / DATA / name
    rows = (table for table in tables if table.num_rows)
    first = next(rows, None)
    if first is None:
        target.unlink(missing_ok=True)
        return None
    write_tables(target, itertools.chain([first], rows), schema)
    return target


def publish_file(folder: Path, name: str, source: Place) -> Path | None:
    """Make a finished Parquet file the file `data/<name>` of a dataset folder, as `publish_tables` does with tables."""
    target = folder / DATA / name
    if not holds_rows(source):
        target.unlink(missing_ok=True)
        return None
    place_file(source, target)
    return target


def publish_files(folder: Path, files: Mapping[str, Place]) -> None:
    """Make a dataset hold exactly `files` (relative name to finished file); see `publish_file`."""
    make_folder(folder / DATA)
    for path in parts(folder):
        if path.relative_to(folder / DATA).as_posix() not in files:
            path.unlink()
    for name, source in files.items():
        publish_file(folder, name, source)


def holds_rows(place: Place) -> bool:
    """Whether a Parquet file has any row."""
    return bool(open_parquet(place).metadata.num_rows)


def remove_leftovers(folder: Path) -> None:
    """Remove the temporary files below a folder that killed runs left. Its lock must be held: a living run's are the same."""
    if not is_remote(folder):
        for leftover in folder.rglob(".*.tmp"):
            leftover.unlink(missing_ok=True)


def refuse_older_layout(data: Path) -> None:
    """Raise `UserError` for a data folder that an older version of this program wrote, or a newer one."""
    for kind in ("documents", "shards", "instructions"):
        refuse_older_dataset(data / kind)


def refuse_older_dataset(folder: Path) -> None:
    """The same for one dataset folder; one without a manifest is nobody's."""
    try:
        written = read_manifest(folder).get("schema_version")
    except FileNotFoundError:
        return
    if written != SCHEMA_VERSION:
        older = "an older" if _number(written) < _number(SCHEMA_VERSION) else "a newer"
        raise UserError(
            f"{folder} was written by {older} version of medpress (layout {written}, here {SCHEMA_VERSION}): run the same"
            " `ingest` and `corpus` commands with another --data; what it holds can be made again from the files."
        )


def _number(version: Any) -> int:
    """A layout as a number; whatever else stands there is older than all."""
    return int(version) if str(version).isdecimal() else 0


def read_dataset(
    folder: Path, schema: pa.Schema, columns: list[str] | None = None, filter: pc.Expression | None = None
) -> pa.Table:
    """Read a whole dataset folder; an empty or missing folder gives an empty table. Raises `CorruptError`."""
    files = parts(folder)
    if not files:
        table = pa.table([pa.nulls(0, field.type) for field in schema], schema=schema)
        return table.select(columns) if columns else table
    found = dataset(files, schema)
    for fragment in found.get_fragments():
        with _readable(fragment.path):
            stored = fragment.physical_schema
        for name in columns or schema.names:
            if name not in stored.names or stored.field(name).type != schema.field(name).type:
                raise _unreadable(fragment.path, f"it has no column {name} as it should be")
    with _readable(folder / DATA):
        return found.to_table(columns=columns, filter=filter)


def write_manifest(
    folder: Path,
    *,
    kind: str,
    config: Mapping[str, Any],
    versions: Mapping[str, Any],
    extra: Mapping[str, Any] | None = None,
    unchanged: Mapping[str, Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """Describe every Parquet file of a dataset folder in its `manifest.json`, and return the manifest.

    Holds files (path, rows, bytes, sha256, tokens where known), totals, schema version, resolved
    configuration, and the versions given: identities of steps, models and libraries. No times and no host: the same
    input gives the same manifest. A dataset without rows has an empty `data/`. `unchanged` are entries, by path, of
    files that an earlier manifest describes: they are not read again. What killed runs left unfinished there goes.
    """
    make_folder(folder / DATA)
    remove_leftovers(folder)
    names = [(path, path.relative_to(folder).as_posix()) for path in parts(folder)]
    files = [dict((unchanged or {}).get(name) or _entry(path, name)) for path, name in names]
    manifest = {
        "kind": kind,
        "schema_version": SCHEMA_VERSION,
        **_totals(files),
        "config": dict(config),
        "versions": dict(versions),
        **(extra or {}),
    }
    write_json(folder / MANIFEST, manifest)
    return manifest


def update_manifest(folder: Path, replaced: Mapping[Path, Path | None]) -> None:
    """Describe files that are about to be put in the place of others (old path to new file, or None for no file)."""
    manifest = read_manifest(folder)
    names = {path.relative_to(folder).as_posix(): new for path, new in replaced.items()}
    files = []
    for entry in manifest["files"]:
        new = names.get(entry["path"], folder / entry["path"])
        if new is not None:
            files.append(_entry(new, entry["path"]) if entry["path"] in names else entry)
    write_json(folder / MANIFEST, manifest | _totals(files))


def _entry(path: Path, name: str) -> dict[str, Any]:
    parquet = open_parquet(path)
    entry = {"path": name, "rows": parquet.metadata.num_rows, "bytes": path.stat().st_size, "sha256": file_sha256(path)}
    if "n_tokens" in parquet.schema_arrow.names:
        entry["tokens"] = pc.sum(parquet.read(columns=["n_tokens"])["n_tokens"]).as_py() or 0
    return entry


def _totals(files: list[dict[str, Any]]) -> dict[str, Any]:
    sums = {name: sum(entry.get(name, 0) for entry in files) for name in ("rows", "bytes", "tokens")}
    return {"files": files, **sums}


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a dataset folder.

    Raises `FileNotFoundError` when the dataset was never finished, and `CorruptError` for what is no manifest.
    """
    manifest = read_json(folder / MANIFEST)
    if not isinstance(manifest, dict) or not _are_entries(manifest.get("files")):
        raise CorruptError(f"{folder / MANIFEST} is no manifest; run the command that wrote {folder.name} again.")
    return manifest


def checksums(folder: Path) -> dict[str, str]:
    """What a dataset folder's manifest says of each file, by its place in the folder; nothing when there is none."""
    try:
        return {entry["path"]: entry["sha256"] for entry in read_manifest(folder)["files"]}
    except FileNotFoundError:
        return {}


def _are_entries(files: Any) -> bool:
    """Whether a value is the list of files of a manifest."""
    kinds = {"path": str, "rows": int, "bytes": int, "sha256": str}
    return isinstance(files, list) and all(
        isinstance(entry, dict) and all(isinstance(entry.get(name), kind) for name, kind in kinds.items())
        for entry in files
    )


def check_manifest(folder: Path) -> list[str]:
    """Compare a dataset with its manifest; the sentences returned say what is missing, changed or extra."""
    manifest = read_manifest(folder)
    faults = []
    listed = {entry["path"]: entry for entry in manifest["files"]}
    present = {p.relative_to(folder).as_posix(): p for p in parts(folder)}
    for name, entry in listed.items():
        if name not in present:
            faults.append(f"{name} is missing")
        elif file_sha256(present[name]) != entry["sha256"]:
            faults.append(f"{name} is not the file that was written (checksum differs)")
    faults.extend(f"{name} is not in the manifest" for name in sorted(present.keys() - listed.keys()))
    return faults
