"""Which files below a path may be documents: a listing, and no look into any file but those that name the modules of a book.

The ending of a name decides where it can. What it leaves open — a file without an ending, an archive, a `.bin` — the
worker that reads the file tells from its first bytes.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ingest.containers.compression import inner_suffix
from ingest.containers.openstax import modules_of
from ingest.note_tables import KINDS
from ingest.readers import READERS
from ingest.recognition import endings
from ingest.sources import source_type_of
from medpress.command import UserError
from medpress.location import check_reachable, filesystem, is_remote, key, location, place_of
from medpress.store import identity

ABOUT_THE_FOLDER = ("readme", "license", "licence", "copying", "sources", "manifest")
"""Files of these names describe a collection and are not part of it."""
NOT_DOCUMENTS = frozenset(
    [".py", ".sh", ".js", ".css", ".json", ".jsonl", ".csv", ".tsv", ".yml", ".yaml", ".toml", ".parquet", ".db", ".svg", ".gif", ".webp", ".mp3", ".mp4", ".woff", ".log"]
)  # fmt: skip
"""Endings that are left alone when every known format is wanted; any other unknown file is quarantined by name."""
UNREACHABLE = "Its name holds ::, which no address may hold; rename the object."
"""What is said of an object that has no address."""
ROWS_AT_ONCE = 50_000
"""Files listed as Python objects before they become columns, which take a tenth of the memory."""

FOUND = pa.schema(
    [
        pa.field("place", pa.string()),  # what tells it from all others: its path; its uri when it lies in a container
        pa.field("path", pa.string()),  # where its bytes lie
        pa.field("uri", pa.string()),  # relative to the input root, with forward slashes
        pa.field("collection", pa.string()),  # the first folder below the input root, or the root's own name
        pa.field("size", pa.int64()),
        pa.field("stamp", pa.string()),  # what changes when its bytes do: its time, or the object's own tag
        pa.field("sure", pa.bool_()),  # to be quarantined, not left alone, when its first bytes are of no format
    ]
)
"""A row a file."""


@dataclass(slots=True)
class Discovery:
    """What a walk found."""

    files: pa.Table
    """`FOUND` rows, by uri."""
    unreachable: list[tuple[str, str]] = field(default_factory=list)
    """Path and uri of objects that would be read if they had an address."""
    ignored: Counter[str] = field(default_factory=Counter)
    """How many files of which ending were left alone, because they are of no wanted format."""


@dataclass(frozen=True, slots=True)
class _Listed:
    """A file as a folder lists it."""

    relative: str
    size: int
    stamp: str


def discover(paths: Sequence[str], formats: Sequence[str]) -> Discovery:
    """List files and folders.

    A file named on the command line is always taken. In a folder, a file is taken when its ending belongs to one of
    `formats`, or to no format at all: then it is read if its first bytes are those of one, or of a container. When all
    formats are wanted, unknown files are quarantined by name, but for `NOT_DOCUMENTS`. Names that start with `.` or `_`
    and README or LICENSE files are left alone. Raises `UserError` for a path that is missing.
    """
    of_these = endings(formats)
    of_others = endings(list(READERS)) - of_these
    everything = set(formats) >= set(READERS)

    def sure(name: str) -> bool | None:
        ending = inner_suffix(name)
        if ending in of_others:
            return None
        return ending in of_these or (everything and os.path.splitext(name)[1].lower() not in NOT_DOCUMENTS)

    found = _discover(paths, sure)
    if "cnxml" in formats:
        _as_books(found)
    return found


def _as_books(found: Discovery) -> None:
    """Leave out the modules that a collection among the files names: they are read with it, as one book.

    A collection's stamp tells of them too, so that a module that changes makes another book.
    """
    paths = found.files["path"].to_pylist()
    own = {path: row for row, path in enumerate(paths)}
    stamps, sizes = found.files["stamp"].to_pylist(), found.files["size"].to_pylist()
    taken: set[str] = set()
    for row, path in enumerate(paths):
        if not path.endswith("collection.xml") or is_remote(location(path)):
            continue
        modules = [place for file in modules_of(location(path)) if (place := place_of(file.absolute())) in own]
        if modules:
            taken.update(modules)
            of_modules = identity(*((place, sizes[own[place]], stamps[own[place]]) for place in modules))
            stamps[row] = f"{stamps[row]} {of_modules[:16]}"
    if taken:
        column = found.files.schema.get_field_index("stamp")
        files = found.files.set_column(column, FOUND.field("stamp"), pa.array(stamps, pa.string()))
        found.files = files.filter(pa.array([path not in taken for path in paths], pa.bool_())).combine_chunks()
        found.ignored["modules of a book"] += len(taken)


def discover_tables(paths: Sequence[str]) -> Discovery:
    """Tables of notes: files named on the command line, and files with a table's ending in folders. Raises `UserError`."""
    return _discover(paths, lambda name: os.path.splitext(name)[1].lower() in KINDS or None)


def _discover(paths: Sequence[str], sure: Any) -> Discovery:
    result = Discovery(FOUND.empty_table())
    tables: list[pa.Table] = []
    rows: list[tuple[Any, ...]] = []
    for text in paths:
        root = location(text)
        check_reachable(root)
        if not root.exists():
            raise UserError(f"{text} does not exist.")
        where = root.absolute()
        if root.is_file():
            (listed,) = _list_file(root)
            place = place_of(where)
            rows.append(
                (place, place, place_of(root.name), place_of(where.parent.name), listed.size, listed.stamp, True)
            )
            continue
        if not root.is_dir():
            raise UserError(f"{text} is neither a file nor a folder.")
        default, above = place_of(root.resolve().name), place_of(where).rstrip("/")
        for listed in _list(root, result.ignored):
            uri = place_of(listed.relative)
            folder, _, name = uri.rpartition("/")
            taken = sure(name)
            path = f"{above}/{uri}"
            nameless = is_remote(root) and "::" in path
            if taken is None or (nameless and not taken):
                result.ignored[os.path.splitext(name)[1].lower() or "no ending"] += 1
                continue
            if nameless:
                result.unreachable.append((path, uri))
                continue
            # Below a folder of notes there are folders of patients, which are no collections.
            collection = default if source_type_of(default) == "note" else folder.partition("/")[0] or default
            rows.append((path, path, uri, collection, listed.size, listed.stamp, taken))
            if len(rows) >= ROWS_AT_ONCE:
                tables.append(_columns(rows))
                rows = []
    result.files = in_order(pa.concat_tables([*tables, _columns(rows)]))
    return result


def _columns(rows: Sequence[tuple[Any, ...]]) -> pa.Table:
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(FOUND)
    return pa.Table.from_arrays(
        [pa.array(column, field.type) for column, field in zip(columns, FOUND, strict=True)], schema=FOUND
    )


def in_order(files: pa.Table) -> pa.Table:
    """By uri and path; a path that was named twice counts once."""
    first = files.append_column("row", pa.array(range(files.num_rows), pa.int64()))
    rows = first.group_by("place").aggregate([("row", "min")])["row_min"]
    files = files.take(rows) if len(rows) < files.num_rows else files
    return files.take(pc.sort_indices(files, [("uri", "ascending"), ("path", "ascending")])).combine_chunks()


def _list_file(path: Path) -> Iterator[_Listed]:
    if is_remote(path):
        info = filesystem(path).info(key(path))
        yield _Listed(path.name, int(info.get("size") or 0), _stamp(info))
    else:
        stat = path.stat()
        yield _Listed(path.name, stat.st_size, str(stat.st_mtime_ns))


def _list(root: Path, ignored: Counter[str]) -> Iterator[_Listed]:
    """Files below a folder, with what its listing says of them.

    Of links only those to files that lie below the same folder are followed; what else there is counts as ignored.
    """
    if is_remote(root):
        above = key(root).rstrip("/")
        for name, info in filesystem(root).find(key(root), detail=True).items():
            relative = name.removeprefix(above).lstrip("/")
            if not any(part[0] in "._" for part in relative.split("/") if part) and not _is_about(name):
                yield _Listed(relative, int(info.get("size") or 0), _stamp(info))
        return
    real = os.path.join(os.path.realpath(root), "")
    waiting = [("", str(root))]
    while waiting:
        above, folder = waiting.pop()
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name[0] in "._":
                    continue
                if entry.is_dir(follow_symlinks=False):
                    waiting.append((f"{above}{entry.name}/", entry.path))
                elif _is_about(entry.name):
                    continue
                elif entry.is_symlink() and not _is_linked_below(entry.path, real):
                    ignored["links that lead elsewhere"] += 1
                elif not entry.is_file():
                    ignored["pipes, sockets and devices"] += 1
                else:
                    stat = entry.stat()
                    yield _Listed(f"{above}{entry.name}", stat.st_size, str(stat.st_mtime_ns))


def _is_linked_below(link: str, root: str) -> bool:
    """Whether a link leads to a file below a folder (its real path, with a slash at its end)."""
    target = os.path.realpath(link)
    return target.startswith(root) and os.path.isfile(target)


def _stamp(info: dict[str, Any]) -> str:
    tags = (info.get(name) for name in ("ETag", "etag", "md5Hash", "mtime", "LastModified", "created"))
    return str(next((tag for tag in tags if tag), ""))


def _is_about(name: str) -> bool:
    return os.path.splitext(name.rpartition("/")[2])[0].lower() in ABOUT_THE_FOLDER
