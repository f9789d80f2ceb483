"""Files that hold other files — archives and web archives — spread out into a work folder, to be read one by one."""

from __future__ import annotations

import errno
import hashlib
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from ingest.containers.archives import is_archive, read_archive
from ingest.containers.warc import is_warc, read_warc
from ingest.document import UnreadableError
from medpress.location import is_remote
from medpress.store import write_bytes

SPARE_BYTES = 512 * 1024 * 1024
"""What unpacking leaves of a disk for all else that is written there."""


@dataclass(frozen=True, slots=True)
class Held:
    """A file that stood in a container."""

    uri: str
    """`container.zip!folder/a.pdf`, `crawl.warc.gz!https://host/page`."""
    path: Path | None
    """Where its bytes lie now; None when there is an error."""
    error: UnreadableError | None = None
    """Why it could not be read."""


def is_container(head: bytes, path: str) -> bool:
    """Whether a file with these first bytes holds others: ZIP, TAR, WARC."""
    return is_warc(head, path) or is_archive(head, path)


def spread_out(path: Path, uri: str, folder: Path) -> Iterator[Held]:
    """Write the files that a container holds to `folder`, named by the hash of their bytes, and say which is which.

    What is there already is not written again. Hidden files and folders are passed over. Two files of one name stand under
    names of their own, the second with `#2` at its end. Raises `UnreadableError` when the container itself cannot be read,
    and `OSError` before its disk is full.
    """
    names: Counter[str] = Counter()
    for held in _held(path, uri, folder):
        names[held.uri] += 1
        yield held if names[held.uri] == 1 else replace(held, uri=f"{held.uri}#{names[held.uri]}")


def _held(path: Path, uri: str, folder: Path) -> Iterator[Held]:
    with open(path, "rb") as file:
        head = file.read(4096)
    if is_warc(head, path.name):
        for page in read_warc(path):
            if page.error is not None:
                yield Held(f"{uri}!{page.url}", None, page.error)
            else:
                yield Held(f"{uri}!{page.url}", _write(folder, page.content, _web_suffix(page.media_type, page.url)))
        return
    for member in read_archive(path):
        inside = f"{uri}!{member.name}"
        name = PurePosixPath(member.name.rpartition("!")[2])
        if any(part.startswith((".", "_", "__MACOSX")) for part in name.parts):
            continue
        if member.error is not None:
            yield Held(inside, None, member.error)
        else:
            suffixes = "".join(name.suffixes[-2:]) if name.suffix == ".gz" else name.suffix
            yield Held(inside, _write(folder, member.content, suffixes.lower()[:16]))


def _web_suffix(media_type: str, url: str) -> str:
    kind = media_type.partition(";")[0].strip().lower()
    known = {"application/pdf": ".pdf", "application/xml": ".xml", "text/xml": ".xml", "text/plain": ".txt"}
    return known.get(kind, ".html")


def _write(folder: Path, content: bytes, suffix: str) -> Path:
    digest = hashlib.sha256(content).hexdigest()
    path = folder / digest[:2] / f"{digest}{suffix}"
    if not path.exists():
        if not is_remote(folder):
            folder.mkdir(parents=True, exist_ok=True)
            if shutil.disk_usage(folder).free < len(content) + SPARE_BYTES:
                raise OSError(errno.ENOSPC, "less than 512 MiB of the disk would be left")
        write_bytes(path, content)
    return path
