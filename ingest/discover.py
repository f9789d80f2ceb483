"""Which files below a path are documents, and of which format."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from ingest.containers import is_container
from ingest.containers.compression import inner_suffix, unpacked_head
from ingest.document import Reader
from ingest.note_tables import KINDS
from ingest.readers import READERS, load_reader
from medpress.command import UserError
from medpress.location import check_reachable, filesystem, is_remote, key, location
from medpress.store import read_head

ABOUT_THE_FOLDER = ("readme", "license", "licence", "copying", "sources", "manifest")
"""Files of these names describe a collection and are not part of it."""
NOT_DOCUMENTS = frozenset(
    [".py", ".sh", ".js", ".css", ".json", ".jsonl", ".csv", ".tsv", ".yml", ".yaml", ".toml", ".xlsx", ".pptx", ".parquet", ".db", ".svg", ".gif", ".webp", ".mp3", ".mp4", ".woff", ".log"]
)  # fmt: skip
"""Endings that are left alone when every known format is wanted; any other unknown file is quarantined by name."""
UNREACHABLE = "Its name holds ::, which no address may hold; rename the object."
"""What is said of an object that has no address."""
HEAD_BYTES = 8192
"""How much of a file a reader sees to recognise it."""
REQUESTS_AT_ONCE = 32
"""Remote files that are looked at side by side."""
HEADS_AT_ONCE = 1024
"""First bytes of remote files in memory together."""


@dataclass(frozen=True, slots=True)
class Found:
    """A file that may be a document."""

    path: Path
    """Where it is."""
    uri: str
    """Its place relative to the input root, with forward slashes."""
    collection: str
    """The first folder below the input root, or the root's own name: the default `source`."""


@dataclass(slots=True)
class Discovery:
    """What a walk found."""

    files: list[Found] = field(default_factory=list)
    """Files to read, by uri."""
    containers: list[Found] = field(default_factory=list)
    """Archives and web archives, to be spread out before their files can be read."""
    unreachable: list[Found] = field(default_factory=list)
    """Objects that would be read if they had an address."""
    ignored: Counter[str] = field(default_factory=Counter)
    """How many files of which ending were left alone, because they are of no wanted format."""


def discover(paths: Sequence[str], formats: Sequence[str]) -> Discovery:
    """Walk files and folders.

    A file named on the command line is always taken. In a folder, a file is taken when its ending belongs to one of
    `formats`, or belongs to no format at all and its first bytes are those of one; when all formats are wanted, unknown
    files are taken too, to be quarantined by name, but for `NOT_DOCUMENTS`. Names that start with `.` or `_` and
    README or LICENSE files are left alone. Raises `UserError` for a path that is missing.
    """
    readers = [load_reader(name) for name in formats]
    endings = {ending for reader in readers for ending in reader.suffixes}
    of_others = {ending for name in READERS for ending in load_reader(name).suffixes} - endings
    everything = set(formats) >= set(READERS)
    result = Discovery()
    for text in paths:
        root = location(text)
        check_reachable(root)
        if not root.exists():
            raise UserError(f"{text} does not exist.")
        if root.is_file():
            found = Found(root.absolute(), root.name, root.absolute().parent.name)
            (result.containers if is_container(read_head(root, HEAD_BYTES), root.name) else result.files).append(found)
            continue
        for path, relative, head in _with_heads(root, _walk(root)):
            collection = relative.parts[0] if len(relative.parts) > 1 else root.resolve().name
            found = Found(path.absolute(), relative.as_posix(), collection)
            if is_container(head, path.name):
                result.containers.append(found)
            elif _is_wanted(path.name, head, readers, endings, of_others) or (
                everything and path.suffix.lower() not in NOT_DOCUMENTS
            ):
                (result.files if _has_address(path) else result.unreachable).append(found)
            else:
                result.ignored[path.suffix.lower() or "no ending"] += 1
    result.files = _in_order(result.files)
    result.containers = _in_order(result.containers)
    return result


def discover_tables(paths: Sequence[str]) -> Discovery:
    """Tables of notes: files named on the command line, and files with a table's ending in folders. Raises `UserError`."""
    result = Discovery()
    for text in paths:
        root = location(text)
        check_reachable(root)
        if not root.exists():
            raise UserError(f"{text} does not exist.")
        if root.is_file():
            result.files.append(Found(root.absolute(), root.name, root.absolute().parent.name))
            continue
        for relative in _walk(root):
            if relative.suffix.lower() in KINDS:
                collection = relative.parts[0] if len(relative.parts) > 1 else root.resolve().name
                found = Found((root / relative).absolute(), relative.as_posix(), collection)
                (result.files if _has_address(found.path) else result.unreachable).append(found)
    result.files = _in_order(result.files)
    return result


def wanted(path: Path, formats: Sequence[str]) -> bool:
    """Whether a file out of a container is of one of these formats, by its ending or its first bytes."""
    readers = [load_reader(name) for name in formats]
    endings = {ending for reader in readers for ending in reader.suffixes}
    return _is_wanted(path.name, read_head(path, HEAD_BYTES), readers, endings, set())


def _is_wanted(name: str, head: bytes, readers: Sequence[Reader], endings: set[str], of_others: set[str]) -> bool:
    ending = inner_suffix(name)
    return ending in endings or (ending not in of_others and _sniff(name, head, readers) is not None)


def _in_order(found: Sequence[Found]) -> list[Found]:
    return sorted({f.path: f for f in found}.values(), key=lambda f: (f.uri, str(f.path)))


def _walk(root: Path) -> Iterator[PurePosixPath]:
    """Files below a folder, relative to it."""
    if is_remote(root):
        for name in filesystem(root).find(key(root)):
            path = PurePosixPath(name.removeprefix(key(root)).lstrip("/"))
            if not any(part[0] in "._" for part in path.parts) and not _is_about(path.stem):
                yield path
        return
    for folder, names, files in os.walk(root, followlinks=False):
        names[:] = sorted(name for name in names if name[0] not in "._")
        for name in sorted(files):
            file = Path(folder, name)
            if name[0] not in "._" and not _is_about(file.stem) and file.is_file():
                yield PurePosixPath(file.relative_to(root))


def _has_address(path: Path) -> bool:
    """Whether a file can be named: what stands behind `::` in an address fsspec takes for another one."""
    return not (is_remote(path) and "::" in key(path))


def _is_about(stem: str) -> bool:
    return stem.lower() in ABOUT_THE_FOLDER


def _with_heads(root: Path, files: Iterable[PurePosixPath]) -> Iterator[tuple[Path, PurePosixPath, bytes]]:
    """Each file with its place below the root and its first bytes; those of remote files are fetched side by side."""

    def head(file: PurePosixPath) -> tuple[Path, PurePosixPath, bytes]:
        path = root / file
        return path, file, read_head(path, HEAD_BYTES) if _has_address(path) else b""

    if not is_remote(root):
        yield from map(head, files)
        return
    listed = list(files)
    with ThreadPoolExecutor(REQUESTS_AT_ONCE) as pool:
        for start in range(0, len(listed), HEADS_AT_ONCE):
            yield from pool.map(head, listed[start : start + HEADS_AT_ONCE])


def recognise(path: Path, formats: Sequence[str]) -> str | None:
    """The format of a file by its first bytes, asked in the registry's order; None when no reader knows it."""
    readers = [load_reader(name) for name in READERS if name in formats]
    return _sniff(path.name, read_head(path, HEAD_BYTES), readers)


def _sniff(name: str, head: bytes, readers: Sequence[Reader]) -> str | None:
    head = unpacked_head(head, HEAD_BYTES)
    return next((reader.name for reader in readers if reader.sniff(head, name)), None)
