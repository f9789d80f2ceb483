"""Files that hold other files — archives, web archives, messages, portfolios — spread out into a work folder, to be read one by one."""

from __future__ import annotations

import errno
import hashlib
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from ingest.containers.archives import Member, is_archive, read_archive
from ingest.containers.medline import is_set, may_be_set, read_set
from ingest.containers.mime import is_mime, is_web_archive, read_message, read_web_archive
from ingest.containers.openstax import is_collection, read_collection
from ingest.containers.packages import entry_names, is_zip, package_of
from ingest.containers.portfolio import is_portfolio, read_portfolio
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


def is_container(head: bytes, name: str, path: Path | None = None) -> bool:
    """Whether a file with these first bytes and this name holds others: ZIP, TAR, WARC, a message, a PDF portfolio, records of PubMed, the
    collection of a book's modules.

    `path` is where it lies on this machine: what a ZIP or PDF is stands at its end; without it its beginning has to do.
    """
    if is_warc(head, name) or is_mime(head, name) or is_web_archive(head, name):
        return True
    if is_zip(head):  # before PDF, as the first bytes of a PDF may stand among those of an archive
        names = entry_names(path) if path is not None else []
        return package_of(names) is None if names else is_archive(head, name)
    if b"%PDF" in head[:1024]:
        return path is not None and is_portfolio(path)
    if may_be_set(head):
        return path is None or is_set(path)
    if is_collection(head):
        return True
    return is_archive(head, name)


def needs_file(head: bytes) -> bool:
    """Whether what a file is stands at its end, so that it has to be on this machine to be recognised."""
    return is_zip(head) or b"%PDF" in head[:1024] or may_be_set(head)


def spread_out(path: Path, uri: str, folder: Path, passwords: Sequence[str] = ()) -> Iterator[Held]:
    """Write the files that a container holds to `folder`, named by the hash of their bytes, and say which is which.

    `passwords` are tried on locked members. What is there already is not written again. Hidden files and folders are passed
    over. Two files of one name stand under names of their own, the second with `#2` at its end. Raises `UnreadableError` when
    the container itself cannot be read, and `OSError` before its disk is full.
    """
    names: Counter[str] = Counter()
    for held in _held(path, uri, folder, passwords):
        names[held.uri] += 1
        yield held if names[held.uri] == 1 else replace(held, uri=f"{held.uri}#{names[held.uri]}")


def _held(path: Path, uri: str, folder: Path, passwords: Sequence[str]) -> Iterator[Held]:
    with open(path, "rb") as file:
        head = file.read(8192)
    if is_warc(head, path.name):
        for page in read_warc(path):
            if page.error is not None:
                yield Held(f"{uri}!{page.url}", None, page.error)
            else:
                yield Held(f"{uri}!{page.url}", _write(folder, page.content, _web_suffix(page.media_type, page.url)))
        return
    for member in _members(head, path, passwords):
        inside = f"{uri}!{member.name}"
        name = PurePosixPath(member.name.rpartition("!")[2])
        if any(part.startswith((".", "_", "__MACOSX")) for part in name.parts):
            continue
        if member.error is not None:
            yield Held(inside, None, member.error)
        else:
            suffixes = "".join(name.suffixes[-2:]) if name.suffix == ".gz" else name.suffix
            yield Held(inside, _write(folder, member.content, suffixes.lower()[:16]))


def _members(head: bytes, path: Path, passwords: Sequence[str]) -> Iterator[Member]:
    if is_mime(head, path.name):
        return read_message(path)
    if is_web_archive(head, path.name):
        return read_web_archive(path)
    if not is_zip(head) and b"%PDF" in head[:1024]:
        return read_portfolio(path)
    if may_be_set(head):
        return read_set(path)
    if is_collection(head):
        return read_collection(path)
    return read_archive(path, passwords=passwords)


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
