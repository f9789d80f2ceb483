"""Which files below a path are documents, and of which format."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from corpus.command import UserError
from ingest.compression import inner_suffix, unpacked_head
from ingest.containers import is_container
from ingest.document import Reader
from ingest.readers import READERS, load_reader

ABOUT_THE_FOLDER = ("readme", "license", "licence", "copying", "sources", "manifest")
"""Files of these names describe a collection and are not part of it."""
NOT_DOCUMENTS = frozenset(
    [".py", ".sh", ".js", ".css", ".json", ".jsonl", ".csv", ".tsv", ".yml", ".yaml", ".toml", ".xlsx", ".pptx", ".parquet", ".db", ".svg", ".gif", ".webp", ".mp3", ".mp4", ".woff", ".log"]
)  # fmt: skip
"""Endings that are left alone when every known format is wanted; any other unknown file is quarantined by name."""
HEAD_BYTES = 8192
"""How much of a file a reader sees to recognise it."""


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
        root = Path(text)
        if not root.exists():
            raise UserError(f"{text} does not exist.")
        if root.is_file():
            found = Found(root.absolute(), root.name, root.absolute().parent.name)
            (result.containers if is_container(_head(root), root.name) else result.files).append(found)
            continue
        for path in _walk(root):
            relative = path.relative_to(root)
            collection = relative.parts[0] if len(relative.parts) > 1 else root.resolve().name
            found = Found(path.absolute(), relative.as_posix(), collection)
            if is_container(_head(path), path.name):
                result.containers.append(found)
            elif _is_wanted(path, readers, endings, of_others) or (
                everything and path.suffix.lower() not in NOT_DOCUMENTS
            ):
                result.files.append(found)
            else:
                result.ignored[path.suffix.lower() or "no ending"] += 1
    result.files = _in_order(result.files)
    result.containers = _in_order(result.containers)
    return result


def wanted(path: Path, formats: Sequence[str]) -> bool:
    """Whether a file out of a container is of one of these formats, by its ending or its first bytes."""
    readers = [load_reader(name) for name in formats]
    return _is_wanted(path, readers, {ending for reader in readers for ending in reader.suffixes}, set())


def _is_wanted(path: Path, readers: Sequence[Reader], endings: set[str], of_others: set[str]) -> bool:
    ending = inner_suffix(path.name)
    return ending in endings or (ending not in of_others and _sniff(path, readers) is not None)


def _in_order(found: Sequence[Found]) -> list[Found]:
    return sorted({f.path: f for f in found}.values(), key=lambda f: (f.uri, str(f.path)))


def _walk(root: Path) -> Iterator[Path]:
    for folder, names, files in os.walk(root, followlinks=False):
        names[:] = sorted(name for name in names if name[0] not in "._")
        for name in sorted(files):
            path = Path(folder, name)
            if name[0] not in "._" and path.stem.lower() not in ABOUT_THE_FOLDER and path.is_file():
                yield path


def recognise(path: Path, formats: Sequence[str]) -> str | None:
    """The format of a file by its first bytes, asked in the registry's order; None when no reader knows it."""
    return _sniff(path, [load_reader(name) for name in READERS if name in formats])


def _sniff(path: Path, readers: Sequence[Reader]) -> str | None:
    head = unpacked_head(_head(path), HEAD_BYTES)
    return next((reader.name for reader in readers if reader.sniff(head, path.name)), None)


def _head(path: Path) -> bytes:
    with open(path, "rb") as file:
        return file.read(HEAD_BYTES)
