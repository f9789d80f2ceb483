"""Where files are: paths of this machine, and addresses of any fsspec scheme (`s3://bucket/run1`).

An address becomes a `UPath`, which has the methods of a `Path`: code that walks, reads and joins need not know which of
the two it has. What they do not share — atomic writes, placing a file, Parquet — is in `medpress.store`, and locking in
`medpress.lock`. Credentials and endpoints come from the environment, as the scheme's own library has it
(`AWS_ACCESS_KEY_ID`, `AWS_ENDPOINT_URL`, …), and are never part of an address, so none is ever written down.
"""

from __future__ import annotations

import atexit
import fcntl
import functools
import os
import re
import shutil
import tempfile
from pathlib import Path, PurePath
from typing import Any, cast

from medpress.errors import STORAGE, UserError

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
_SPOILT = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/(?!/)")
OBJECT_STORES = {"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "adl", "oss", "memory"}
"""Schemes under which an object appears whole or not at all; elsewhere a file is written beside its place and moved."""
MAX_COPY_BYTES = 16 * 2**30
"""A remote document above this is not copied to the local disk to be read."""
_COPIES = "copies"
_SERVICES = {"botocore", "aiobotocore", "aiohttp", "gcsfs", "google", "azure", "adlfs", "ossfs", "oss2"}
"""Packages whose errors are those of a remote store."""


def location(place: str | PurePath) -> Path:
    """The `Path` of a local place, or the `UPath` of an address; what is one already comes back as it is.

    A place is as `place_of` writes it.

    Raises `UserError` for an address that cannot be used: unknown scheme, missing package, secrets in it.
    """
    if not isinstance(place, str):
        if _SPOILT.match(str(place)) and isinstance(place, PurePath):
            raise ValueError(f"{place} was an address before it was made a Path; use medpress.location.location")
        return cast(Path, place)
    match = _SCHEME.match(place)
    if not match:
        return Path(_ESCAPED.sub(_unescaped, place))
    scheme, rest = match[1].lower(), place[match.end() :]
    if scheme in ("file", "local"):
        return Path("/" + rest.lstrip("/"))
    _refuse(place, scheme, rest)
    from upath import UPath

    try:
        # Other processes write below the same address, so a listing that was seen before proves nothing.
        path = UPath(f"{scheme}://{rest.rstrip('/')}", use_listings_cache=False)
        _ = path.fs
    except ImportError as error:
        extra = 'pip install "medpress[s3]"' if scheme.startswith("s3") else str(error).rstrip(".")
        raise UserError(f"{scheme}:// needs a package that is not installed: {extra}.") from error
    except ValueError as error:
        raise UserError(f"{scheme}:// is not a scheme that fsspec knows.") from error
    return cast(Path, path)


def place_of(path: str | PurePath) -> str:
    """A path as text that can be stored and shown, from which `location` makes the same path again.

    Names of files are bytes, and some are no UTF-8: Python has each such byte as half of a surrogate pair (PEP 383), which
    no file in UTF-8 can hold. Here it is written as `\\xff`, and a backslash that would read so as `\\x5c`.
    """
    text = _ESCAPED.sub(lambda found: "\\x5c" + found[0][1:], str(path))
    return _NO_TEXT.sub(lambda found: f"\\x{ord(found[0]) - 0xDC00:02x}", text)


def _unescaped(found: re.Match[str]) -> str:
    code = int(found[1], 16)
    return "\\" if code == 0x5C else chr(0xDC00 + code)


_ESCAPED = re.compile(r"\\x(5c|[89a-f][0-9a-f])")
_NO_TEXT = re.compile(r"[\udc80-\udcff]")


def _refuse(place: str, scheme: str, rest: str) -> None:
    if scheme in ("http", "https"):
        raise UserError("a web address cannot stand here; `ingest web` fetches pages.")
    if ":" in rest.split("/")[0].rpartition("@")[0]:
        raise UserError(
            f"a {scheme}:// address must not hold a password: credentials belong into the environment,"
            " because addresses are written into logs."
        )
    if "::" in rest or not rest.strip("/"):
        raise UserError(f"{place} is not an address of the form {scheme}://bucket/folder.")


def is_remote(path: PurePath) -> bool:
    """Whether a location is an address and not a path of this machine."""
    return not isinstance(path, PurePath)


def filesystem(path: Path) -> Any:
    """The fsspec file system of a remote location."""
    return path.fs  # type: ignore[attr-defined]


def key(path: Path) -> str:
    """The path of a remote location inside its file system: `bucket/run1`."""
    return str(path.path)  # type: ignore[attr-defined]


def check_reachable(place: Path) -> None:
    """Ask the store behind an address for its bucket. Raises `UserError` in one sentence when it cannot be used."""
    if not is_remote(place):
        return
    bucket = key(place).strip("/").split("/")[0]
    try:
        if place.exists() or filesystem(place).protocol == "memory" or filesystem(place).exists(bucket):
            return
    except Exception as error:
        raise UserError(f"cannot use {place}: {storage_fault(error) or error}.", exit_code=1) from error
    raise UserError(f"cannot use {place}: there is no bucket {bucket}.", exit_code=1)


def storage_fault(error: BaseException | None) -> str | None:
    """In words, what a store refuses, be it the disk or a remote service; None when the error is of another kind.

    Such an error says nothing about the document at hand: it ends the run instead of costing the document.
    """
    if isinstance(error, OSError) and error.errno in STORAGE:
        return error.strerror or "the disk refuses"
    if isinstance(error, FileNotFoundError) and "bucket" not in str(error):
        return None
    chain = error
    while chain is not None:
        if type(chain).__module__.split(".")[0] in _SERVICES:
            first = str(error).splitlines()[0] if str(error) else type(error).__name__
            return first.rstrip(".")
        chain = chain.__cause__
    return None


# --- local copies -----------------------------------------------------------------------------------------------------


class TooLargeError(Exception):
    """A remote file that is not copied. Carries a `kind` for the quarantine."""

    kind = "too-large"


def local_copy(path: Path) -> Path:
    """A local file with the bytes and the name of a location: itself, or a copy for the libraries that need a real file.

    One copy a process: the next file replaces it, and it is gone when the process ends; that of a process that was
    killed is removed by the next one. Raises `TooLargeError` above `MAX_COPY_BYTES`.
    """
    if not is_remote(path):
        return path
    info = filesystem(path).info(key(path))
    if (info.get("size") or 0) > MAX_COPY_BYTES:
        raise TooLargeError(f"It has more than {MAX_COPY_BYTES} bytes, too many to copy here and read.")
    from fsspec.utils import tokenize

    folder = scratch() / _COPIES / tokenize(str(path), info)
    copy = folder / path.name[-80:]
    if not copy.exists():
        shutil.rmtree(folder.parent, ignore_errors=True)
        folder.mkdir(parents=True)
        partial = folder / ".partial"
        filesystem(path).get_file(key(path), str(partial))
        partial.rename(copy)
    return copy


def scratch() -> Path:
    """A local folder of this process for files on their way from or to a remote store (mode 0700)."""
    return _scratch(os.getpid())


@functools.cache
def _scratch(pid: int) -> Path:
    above = Path(tempfile.gettempdir()) / f"medpress-{os.getuid()}"
    above.mkdir(mode=0o700, exist_ok=True)
    if above.stat().st_uid != os.getuid() or above.is_symlink():
        raise UserError(f"{above} belongs to somebody else; set TMPDIR to a folder of your own.")
    _remove_orphans(above)
    folder = Path(tempfile.mkdtemp(dir=above))
    held = os.open(folder / ".new", os.O_CREAT | os.O_RDWR, 0o600)
    fcntl.flock(held, fcntl.LOCK_EX)  # until the process is gone, however it goes
    os.rename(folder / ".new", folder / ".alive")
    atexit.register(_leave, folder, pid)
    return folder


def _leave(folder: Path, pid: int) -> None:
    if os.getpid() == pid:
        shutil.rmtree(folder, ignore_errors=True)
        _remove_orphans(folder.parent)


def _remove_orphans(above: Path) -> None:
    """Remove what killed processes left."""
    for folder in above.iterdir():
        try:
            held = os.open(folder / ".alive", os.O_RDWR)
        except OSError:
            continue  # just being made or removed
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
        except BlockingIOError:
            pass
        finally:
            os.close(held)
