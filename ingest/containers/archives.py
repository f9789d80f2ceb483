"""ZIP and TAR archives: their members, with nothing written outside, and no more bytes than allowed.

Members are given with their bytes, never extracted to a path of their own choosing. Limits hold for each member, for
the whole archive, for the ratio of compression (a bomb), and for archives within archives.
"""

from __future__ import annotations

import gzip
import io
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from ingest.containers.compression import is_gzip
from ingest.containers.packages import entry_names, is_zip, package_of
from ingest.document import UnreadableError
from medpress.encoding import decode

_CHUNK = 1024 * 1024
_DOCUMENT_SUFFIXES = (".epub", ".docx", ".docm", ".dotx", ".dotm", ".pptx", ".xlsx", ".odt", ".ofd", ".jar", ".apk")


@dataclass(frozen=True, kw_only=True, slots=True)
class ArchiveLimits:
    """How much of an archive is read at most."""

    member_bytes: int = 512 * 1024 * 1024
    """Bytes of one member once unpacked."""
    total_bytes: int = 8 * 1024 * 1024 * 1024
    """Bytes of all members together once unpacked, archives within counted too."""
    always_bytes: int = 256 * 1024 * 1024
    """So many bytes may come out of any archive."""
    total_ratio: int = 20
    """And so many for each of its own bytes: texts shrink to a tenth, and members that each shrink a little less than `ratio`
    allows are a bomb together."""
    members: int = 100_000
    """How many members are looked at."""
    ratio: int = 200
    """Unpacked bytes for each packed byte of a member that unpacks to more than a megabyte."""
    depth: int = 2
    """How many archives deep: 1 for none within another."""


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive, or the reason why it cannot be read."""

    name: str
    """Path inside the archive with forward slashes, made safe: relative, without `..`; `a.zip!b.pdf` within another."""
    content: bytes
    """Its bytes; empty when there is an error."""
    error: UnreadableError | None = None
    """Why it was not read: too-large, encrypted, truncated, unsupported."""


def is_archive(head: bytes, path: str, names: Sequence[str] = ()) -> bool:
    """Whether a file with these first bytes is a ZIP or TAR of documents (an EPUB or DOCX is not: it is one itself).

    `names` are the entries of a ZIP; without them that of its first entry has to do.
    """
    name = path.lower()
    if is_zip(head):
        first_name = head[30 : 30 + int.from_bytes(head[26:28], "little")].decode("utf-8", "replace")
        return package_of(names or [first_name]) is None and not name.endswith(_DOCUMENT_SUFFIXES)
    if head[257:262] == b"ustar":
        return True
    return is_gzip(head) and name.endswith((".tar.gz", ".tgz"))


def read_archive(path: Path, limits: ArchiveLimits | None = None, *, passwords: Sequence[str] = ()) -> Iterator[Member]:
    """The files in an archive in the order in which they stand in it.

    Links, devices and folders are passed over. Raises `UnreadableError` when the archive itself cannot be opened; a
    member that cannot be read is given with its error.
    """
    limits = limits or ArchiveLimits()
    budget = _Budget(limits, path.stat().st_size, passwords)
    with open(path, "rb") as file:
        yield from _members(file, path.name, "", 1, budget)


class _Budget:
    """What is left of the limits of one archive, and the passwords to try on its members."""

    def __init__(self, limits: ArchiveLimits, packed: int, passwords: Sequence[str] = ()) -> None:
        """`packed`: bytes of the outermost archive."""
        self.limits = limits
        self.passwords = passwords
        self.bytes_left = min(limits.total_bytes, limits.always_bytes + limits.total_ratio * packed)
        self.members_left = limits.members

    def spend(self, count: int) -> None:
        """Take note of unpacked bytes. Raises `UnreadableError` when there are too many of them in all."""
        self.bytes_left -= count
        if self.bytes_left < 0:
            raise UnreadableError("too-large", "The archive unpacks to too many bytes for its size.")

    def count(self) -> None:
        self.members_left -= 1
        if self.members_left < 0:
            raise UnreadableError("too-large", f"The archive has more than {self.limits.members} members.")

    def allowed(self, packed: int | None) -> int:
        """How many bytes a member of this packed size may unpack to."""
        limit = self.limits.member_bytes
        return limit if packed is None else min(limit, max(_CHUNK, packed * self.limits.ratio))


def _members(
    file: io.BufferedIOBase | io.BufferedReader, name: str, prefix: str, depth: int, budget: _Budget
) -> Iterator[Member]:
    head = file.read(1024)
    file.seek(0)
    reader = _zip_members if is_zip(head) else _tar_members
    for member in reader(file, budget):
        full = f"{prefix}{member.name}"
        if member.error is None and is_archive(member.content[:4096], member.name, _names(member.content)):
            if depth >= budget.limits.depth:
                message = f"Archives are read {budget.limits.depth} deep, this one lies deeper."
                yield Member(full, b"", UnreadableError("unsupported", message))
                continue
            try:
                yield from _members(io.BytesIO(member.content), member.name, f"{full}!", depth + 1, budget)
            except UnreadableError as error:
                if budget.members_left < 0 or budget.bytes_left < 0:
                    raise
                yield Member(full, b"", error)
        else:
            yield Member(full, member.content, member.error)


def _names(content: bytes) -> list[str]:
    return entry_names(io.BytesIO(content)) if is_zip(content[:4]) else []


def _zip_members(file: io.BufferedIOBase | io.BufferedReader, budget: _Budget) -> Iterator[Member]:
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise UnreadableError("truncated", f"The ZIP archive cannot be opened ({type(error).__name__}).") from error
    with archive:
        places = [info.header_offset for info in archive.infolist()]
        if len(set(places)) < len(places):
            raise UnreadableError("too-large", "The ZIP archive names one of its members more than once: it is a bomb.")
        for info in archive.infolist():
            if info.is_dir() or stat.S_ISLNK(info.external_attr >> 16):
                continue
            budget.count()
            yield _read(safe_name(_zip_name(info)), archive, info, budget)


def _read(name: str, archive: zipfile.ZipFile, info: zipfile.ZipInfo, budget: _Budget) -> Member:
    try:
        return Member(name, read_zip_member(archive, info, budget.allowed(info.compress_size), budget))
    except UnreadableError as error:
        if budget.bytes_left < 0:
            raise
        return Member(name, b"", error)


def read_zip_member(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, limit: int, budget: _Budget | None = None
) -> bytes:
    """The bytes of a member of a ZIP, at most `limit`, whatever its header says. Raises `UnreadableError`."""
    if not info.flag_bits & 0x1:
        return _unpacked(archive, info, limit, budget, None)
    locked = "The archive member is encrypted."
    for password in budget.passwords if budget is not None else ():
        try:
            return _unpacked(archive, info, limit, budget, password.encode())
        except UnreadableError as error:
            if error.kind == "too-large":
                raise
            locked = "None of the passwords opens the archive member."
    raise UnreadableError("encrypted", locked)


def _unpacked(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, limit: int, budget: _Budget | None, password: bytes | None
) -> bytes:
    content = bytearray()
    try:
        with archive.open(info, pwd=password) as stream:
            while part := stream.read(_CHUNK):
                content += part
                if budget is not None:
                    budget.spend(len(part))
                if len(content) > limit:
                    raise UnreadableError("too-large", f"The archive member unpacks to more than {limit} bytes.")
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
        raise UnreadableError("truncated", f"The archive member is damaged ({type(error).__name__}).") from error
    except (NotImplementedError, RuntimeError) as error:
        raise UnreadableError(
            "unsupported", f"The archive member cannot be unpacked ({type(error).__name__})."
        ) from error
    return bytes(content)


def _zip_name(info: zipfile.ZipInfo) -> str:
    """A name that is not flagged as UTF-8 was written in the encoding of the writer's system: often GBK."""
    if info.flag_bits & 0x800 or info.filename.isascii():
        return info.filename
    try:
        return decode(info.filename.encode("cp437")).text
    except UnicodeEncodeError:
        return info.filename


class _Bounded(io.RawIOBase):
    """A stream that counts what is read, and that gives no more at once than a header of a TAR may need.

    `tarfile` reads the extended header of a member whole, whatever size it says; members are read piece by piece.
    """

    def __init__(self, under: IO[bytes], budget: _Budget) -> None:
        self.under, self.budget = under, budget

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= _CHUNK:
            raise UnreadableError("too-large", "The TAR archive has a header that is too large.")
        part = self.under.read(size)
        self.budget.spend(len(part))
        return part


def _tar_members(file: io.BufferedIOBase | io.BufferedReader, budget: _Budget) -> Iterator[Member]:
    """The members in one pass, so that a packed archive of any size is unpacked as it is read."""
    head = file.read(4)
    file.seek(0)
    under: IO[bytes] = gzip.GzipFile(fileobj=file) if is_gzip(head) else file  # type: ignore[assignment]
    try:
        with tarfile.open(fileobj=_Bounded(under, budget), mode="r|", bufsize=_CHUNK) as archive:
            for info in archive:
                if not info.isreg():
                    continue
                budget.count()
                name = safe_name(info.name)
                if info.size > budget.allowed(None):
                    yield Member(name, b"", UnreadableError("too-large", f"The member has {info.size} bytes."))
                    continue
                yield _tar_member(name, archive, info)
    except (tarfile.TarError, EOFError, OSError, ValueError, OverflowError, zlib.error) as error:
        raise UnreadableError("truncated", f"The TAR archive cannot be read ({type(error).__name__}).") from error


def _tar_member(name: str, archive: tarfile.TarFile, info: tarfile.TarInfo) -> Member:
    content = bytearray()
    stream = archive.extractfile(info)
    try:
        while stream is not None and (part := stream.read(_CHUNK)):
            content += part
    except tarfile.ReadError:  # how `tarfile` says that the archive ends within a member
        pass
    if len(content) < info.size:
        return Member(name, b"", UnreadableError("truncated", "The archive ends within this member."))
    return Member(name, bytes(content))


MAX_NAME = 1_000
"""Characters of a member's path, from its end."""


def safe_name(name: str) -> str:
    """A member's path as a relative one with forward slashes: no drive, no root, no `..`, no control characters."""
    name = name[-MAX_NAME:]
    path = PurePosixPath("".join(c for c in name.replace("\\", "/") if c.isprintable()))
    parts = [part for part in path.parts if part not in ("/", "..", ".", "") and not part.endswith(":")]
    return "/".join(parts) or "unnamed"
