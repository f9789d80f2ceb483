"""Files that are one gzip stream (`page.html.gz`), read with a bound on what they grow to."""

from __future__ import annotations

import os
import zlib
from pathlib import Path

from ingest.document import UnreadableError

MAX_TEXT_BYTES = 64 * 1024 * 1024
"""No single text document (HTML, XML, plain text) is larger than this once unpacked: some thirty textbooks, and what a tree of
its markup takes in memory."""

_GZIP = b"\x1f\x8b\x08"
_CHUNK = 1024 * 1024


def is_gzip(head: bytes) -> bool:
    """Whether a file that begins with these bytes is a gzip stream."""
    return head.startswith(_GZIP)


def inner_suffix(path: str) -> str:
    """The lower-case suffix under a `.gz`: `.html` for `page.html.gz`, `.pdf` for `a.pdf`."""
    return os.path.splitext(path.lower().removesuffix(".gz"))[1]


def unpacked_head(head: bytes, size: int = 8192) -> bytes:
    """The first bytes of a document of which `head` are the first bytes on disk, unpacked if it is gzip."""
    if not is_gzip(head):
        return head[:size]
    try:
        return zlib.decompressobj(wbits=31).decompress(head, size)
    except zlib.error:
        return b""


def read_bounded(path: Path, limit: int = MAX_TEXT_BYTES) -> bytes:
    """All bytes of a file, unpacked if it is gzip.

    Raises `UnreadableError`: empty, too-large (more than `limit` bytes once unpacked) or truncated (a gzip
    stream that is damaged or breaks off: part of a document is not passed off as the whole).
    """
    if path.stat().st_size > limit:
        raise UnreadableError("too-large", f"The file has more than {limit} bytes.")
    raw = path.read_bytes()
    if not raw:
        raise UnreadableError("empty", "The file has no bytes.")
    return unpack_gzip(raw, limit) if is_gzip(raw) else raw


def unpack_gzip(raw: bytes, limit: int = MAX_TEXT_BYTES) -> bytes:
    """Unpack gzip (also several members in a row) to at most `limit` bytes. Raises `UnreadableError`."""
    content = bytearray()
    while raw:
        stream = zlib.decompressobj(wbits=31)
        pending = raw
        try:
            while pending and not stream.eof:
                part = stream.decompress(pending, _CHUNK)
                pending = stream.unconsumed_tail
                content += part
                if len(content) > limit:
                    raise UnreadableError("too-large", f"The file unpacks to more than {limit} bytes.")
        except zlib.error as error:
            raise UnreadableError("truncated", f"The gzip stream is damaged ({type(error).__name__}).") from error
        if not stream.eof:
            raise UnreadableError("truncated", f"The gzip stream breaks off after {len(content)} bytes of text.")
        raw = stream.unused_data
        if not is_gzip(raw):
            break
    if not content:
        raise UnreadableError("empty", "The gzip stream holds no bytes.")
    return bytes(content)
