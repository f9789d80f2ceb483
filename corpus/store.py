"""Atomic files, Parquet with a fixed layout, and manifests.

Bytes depend on the rows only: one writer, one compression, one row-group size, no timestamps.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from corpus.errors import CorruptError
from corpus.schema import NAMED_NUMBERS, NAMED_TEXTS, SCHEMA_VERSION, named

ROW_GROUP_ROWS = 1_000
"""Rows a group: one group reads in 1.7 ms at zstd 3."""
ROW_GROUP_BYTES = 32 * 2**20
"""A group of long texts is cut earlier, so that a reader's memory is bounded."""


def canonical_json(value: Any) -> str:
    """JSON with sorted keys and no spaces: the form that is hashed."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)


def identity(*parts: Any) -> str:
    """24 hex digits of the sha256 over the parts' canonical JSON: ids of tasks, records, options."""
    return hashlib.sha256("\x1f".join(canonical_json(p) for p in parts).encode()).hexdigest()[:24]


def file_sha256(path: Path) -> str:
    """sha256 of a file's bytes, read in blocks."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_atomic(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a temporary file in the same folder, then rename it over `path`.

    A reader sees the old file or the new one, never a part. The temporary is removed when `write` raises.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        write(temporary)
        with open(temporary, "rb") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a small text file atomically."""
    write_atomic(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def write_json(path: Path, value: Any) -> None:
    """Write JSON atomically, indented and with sorted keys."""
    write_text(path, json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False, default=str) + "\n")


def read_json(path: Path) -> Any:
    """Read a JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


def write_table(path: Path, table: pa.Table) -> None:
    """Write one Parquet file atomically: zstd 3, groups of `ROW_GROUP_ROWS` rows or `ROW_GROUP_BYTES`."""
    write_row_groups(path, table.schema, _row_groups(table))


def write_row_groups(path: Path, schema: pa.Schema, groups: Iterable[pa.Table]) -> None:
    """Write one Parquet file atomically, each table as one row group; only one of them is in memory at a time."""

    def write(temporary: Path) -> None:
        with pq.ParquetWriter(temporary, schema, compression="zstd", compression_level=3) as writer:
            for group in groups:
                writer.write_table(group, row_group_size=max(1, group.num_rows))

    write_atomic(path, write)


def _row_groups(table: pa.Table) -> Iterator[pa.Table]:
    if table.num_rows == 0:
        yield table
        return
    table = table.combine_chunks()
    rows = min(ROW_GROUP_ROWS, max(1, int(ROW_GROUP_BYTES * table.num_rows / max(1, table.nbytes))))
    for start in range(0, table.num_rows, rows):
        yield table.slice(start, rows)


def write_rows(path: Path, rows: Iterable[Mapping[str, Any]], schema: pa.Schema) -> None:
    """Write rows given as dicts; fields of names and values may be dicts too."""
    fields = [field.name for field in schema if field.type in (NAMED_TEXTS, NAMED_NUMBERS)]

    def stored(row: Mapping[str, Any]) -> dict[str, Any]:
        dicts = {name: named(row[name]) for name in fields if isinstance(row.get(name), Mapping)}
        return {**row, **dicts}

    write_table(path, pa.Table.from_pylist([stored(row) for row in rows], schema=schema))


def place_file(source: Path, target: Path) -> None:
    """Make `target` the file `source`, atomically and without copying its bytes (a hard link).

    Nothing is done when it is that file already: renaming one hard link over another would leave both.
    """
    if target.exists() and target.samefile(source):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.tmp")
    temporary.unlink(missing_ok=True)
    os.link(source, temporary)
    os.replace(temporary, target)


def read_table(path: Path, columns: list[str] | None = None) -> pa.Table:
    """Read one Parquet file. Raises `CorruptError` in one sentence when it is damaged."""
    try:
        return pq.ParquetFile(path).read(columns=columns)
    except (pa.ArrowInvalid, OSError) as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise CorruptError(
            f"{path} is not a readable Parquet file; remove it and run the same command again."
        ) from error


def parts(folder: Path) -> list[Path]:
    """The Parquet files below a dataset folder, sorted."""
    return sorted(p for p in folder.rglob("*.parquet") if not p.name.startswith("."))


def read_dataset(
    folder: Path, schema: pa.Schema, columns: list[str] | None = None, filter: pc.Expression | None = None
) -> pa.Table:
    """Read a whole dataset folder; an empty or missing folder gives an empty table."""
    files = [str(p) for p in parts(folder)] if folder.exists() else []
    if not files:
        table = schema.empty_table()
        return table.select(columns) if columns else table
    return ds.dataset(files, schema=schema, format="parquet").to_table(columns=columns, filter=filter)


def write_manifest(
    folder: Path,
    *,
    kind: str,
    config: Mapping[str, Any],
    versions: Mapping[str, str],
    extra: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Describe every Parquet file below `folder` in `manifest.json`, and return the manifest.

    Holds files (path, rows, bytes, sha256, tokens where known), totals, schema version, resolved
    configuration and stage versions. No times and no host: the same input gives the same manifest.
    """
    files = []
    for path in parts(folder):
        parquet = pq.ParquetFile(path)
        entry = {
            "path": path.relative_to(folder).as_posix(),
            "rows": parquet.metadata.num_rows,
            "bytes": path.stat().st_size,
            "sha256": file_sha256(path),
        }
        if "n_tokens" in parquet.schema_arrow.names:
            entry["tokens"] = pc.sum(parquet.read(columns=["n_tokens"])["n_tokens"]).as_py() or 0
        files.append(entry)
    manifest = {
        "kind": kind,
        "schema_version": SCHEMA_VERSION,
        "files": files,
        "rows": sum(f["rows"] for f in files),
        "bytes": sum(f["bytes"] for f in files),
        "tokens": sum(f.get("tokens", 0) for f in files),
        "config": dict(config),
        "versions": dict(versions),
        **(extra or {}),
    }
    write_json(folder / "manifest.json", manifest)
    return manifest


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a dataset folder. Raises `FileNotFoundError` when the dataset was never finished."""
    return read_json(folder / "manifest.json")


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
