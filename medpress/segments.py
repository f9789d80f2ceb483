"""The store of documents and pages: immutable Parquet segments, named by their content, that a run appends.

`documents/` and `pages/` are two datasets of the same segments: a documents file holds about a thousand rows, sorted by
document, and its pages file the pages of these documents in the same order. `documents/manifest.json` is the authority;
each of its entries names the pages file that belongs to it. A change writes the manifest of the pages with what was and
what will be, then that of the documents, then that of the pages as it stays, and removes what no manifest lists last:
whenever a run is killed, the manifests name whole files that belong together.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from medpress.errors import CorruptError
from medpress.location import is_remote, scratch
from medpress.schema import SCHEMA_VERSION
from medpress.store import DATA, file_sha256, names_in, read_manifest, write_atomic, write_json, write_table


@dataclass(frozen=True, slots=True)
class Part:
    """One Parquet file of a segment."""

    path: str
    """Relative to its dataset folder: `data/3f2a….parquet`, the first digits of its sha256."""
    rows: int
    """Its rows."""
    bytes: int
    """Its size."""
    sha256: str
    """Of its bytes."""
    least: str
    """The first doc_id in it."""
    greatest: str
    """The last doc_id in it."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Some documents and their pages."""

    documents: Part
    """Below `documents/`."""
    pages: Part
    """Below `pages/`."""

    @property
    def name(self) -> str:
        """What tells it from any other: the names of both files."""
        return f"{Path(self.documents.path).stem}-{Path(self.pages.path).stem}"

    def files(self, data: Path) -> tuple[Path, Path]:
        """Where its documents and its pages lie in a data folder."""
        return data / "documents" / self.documents.path, data / "pages" / self.pages.path


def read_segments(data: Path) -> list[Segment]:
    """The segments of a data folder, in the order in which they were appended; none when nothing was ingested.

    Raises `CorruptError` when the manifests are damaged.
    """
    try:
        documents, pages = read_manifest(data / "documents")["files"], read_manifest(data / "pages")["files"]
    except FileNotFoundError:
        return []
    try:
        of_pages = {entry["path"]: _part(entry) for entry in pages}
        return [Segment(_part(entry), of_pages[entry["pages"]]) for entry in documents]
    except KeyError as error:
        raise CorruptError(
            f"the manifests of {data / 'documents'} and pages do not belong together; remove both folders and run the same"
            " `ingest` command again."
        ) from error


def write_part(folder: Path, table: pa.Table) -> Part:
    """Write rows, sorted by doc_id, into a folder under the name that their bytes give."""
    aside = (scratch() if is_remote(folder) else folder) / f".{os.getpid()}.parquet"
    write_table(aside, table)
    size, sha256 = aside.stat().st_size, file_sha256(aside)
    name = f"{sha256[:24]}.parquet"
    write_atomic(folder / name, lambda temporary: os.replace(aside, temporary))
    ends = pc.min_max(table["doc_id"]).as_py()
    return Part(f"{DATA}/{name}", table.num_rows, size, sha256, ends["min"] or "", ends["max"] or "")


def append_segments(data: Path, segments: Iterable[Segment], about: Mapping[str, Any]) -> None:
    """List more segments, whose files lie in their places; what is listed already is not listed twice."""
    known = read_segments(data)
    write_segments(data, [*known, *(s for s in dict.fromkeys(segments) if s not in known)], about)


def replace_segments(data: Path, changed: Mapping[Segment, Segment | None]) -> None:
    """Put segments in the place of others (None: nothing), and remove the files that are of none any more."""
    kept = [changed.get(segment, segment) for segment in read_segments(data)]
    write_segments(data, [segment for segment in kept if segment is not None], None)
    sweep(data)


def write_segments(data: Path, segments: Sequence[Segment], about: Mapping[str, Any] | None) -> None:
    """Write both manifests. `about` is what they say beside the files; None keeps what they say now."""
    pages = list(dict.fromkeys(segment.pages for segment in segments))
    both = list(dict.fromkeys([*(segment.pages for segment in read_segments(data)), *pages]))
    _write(data / "pages", [_entry(part) for part in both], about)
    documents = [_entry(segment.documents) | {"pages": segment.pages.path} for segment in segments]
    _write(data / "documents", documents, about)
    if both != pages:
        _write(data / "pages", [_entry(part) for part in pages], about)


def sweep(data: Path) -> None:
    """Remove the files in both datasets that no manifest lists: those that were replaced, or that a kill left behind."""
    for kind in ("documents", "pages"):
        listed = {Path(entry["path"]).name for entry in read_manifest(data / kind)["files"]}
        for name in names_in(data / kind / DATA) - listed:
            (data / kind / DATA / name).unlink()


def _about(folder: Path) -> dict[str, Any]:
    """What a manifest says beside the files; nothing when there is none yet."""
    try:
        manifest = read_manifest(folder)
    except FileNotFoundError:
        return {}
    described = ("kind", "schema_version", "files", "rows", "bytes")
    return {name: value for name, value in manifest.items() if name not in described}


def _part(entry: Mapping[str, Any]) -> Part:
    return Part(**{name: entry[name] for name in Part.__dataclass_fields__})


def _entry(part: Part) -> dict[str, Any]:
    return {name: getattr(part, name) for name in Part.__dataclass_fields__}


def _write(folder: Path, files: Sequence[Mapping[str, Any]], about: Mapping[str, Any] | None) -> None:
    if about is None:
        about = _about(folder)
    totals = {name: sum(entry[name] for entry in files) for name in ("rows", "bytes")}
    manifest = {"kind": folder.name, "schema_version": SCHEMA_VERSION, "files": list(files), **totals, **about}
    write_json(folder / "manifest.json", manifest)
