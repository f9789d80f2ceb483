"""Web archives (WARC, ISO 28500): the pages that a crawl brought back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed

from ingest.containers.compression import unpacked_head
from ingest.document import UnreadableError

_SIGNATURES = (b"WARC/1.", b"WARC/0.")
_DOCUMENT_TYPES = ("text/", "application/xhtml", "application/pdf", "application/xml", "application/epub", "image/tiff",
                   "application/vnd.openxmlformats-officedocument.wordprocessingml")  # fmt: skip
_NOT_DOCUMENTS = ("text/css", "text/javascript", "text/dns", "text/x-robots", "text/calendar", "text/vtt")


@dataclass(frozen=True, slots=True)
class WarcPage:
    """A page of a crawl, or the reason why it cannot be read."""

    url: str
    """Its address."""
    date: str
    """When it was fetched, ISO 8601."""
    media_type: str
    """Its Content-Type, with the charset."""
    content: bytes
    """Its bytes, without transfer and content encoding; empty when there is an error."""
    error: UnreadableError | None = None
    """Why it was not read: too-large or truncated."""


def is_warc(head: bytes, path: str) -> bool:
    """Whether a file with these first bytes is a web archive; a gzip one is known by its name."""
    return head.startswith(_SIGNATURES) or (head.startswith(b"\x1f\x8b") and path.lower().endswith(".warc.gz"))


def read_warc(path: Path, page_bytes: int = 64 * 1024 * 1024) -> Iterator[WarcPage]:
    """The documents among a web archive's records, in their order: answers with status 200, and plain resources.

    The same bytes at the same address come once. A page of more than `page_bytes` is given with an error, and so is
    the place where a damaged archive breaks off. Raises `UnreadableError` when not one record can be read.
    """
    seen: set[tuple[str, bytes]] = set()
    records = 0
    with open(path, "rb") as file:
        if not unpacked_head(file.read(8192)).startswith(_SIGNATURES):
            raise UnreadableError("truncated", "The file is named like a web archive and is none.")
        file.seek(0)
        try:
            for record in ArchiveIterator(file, no_record_parse=False, arc2warc=False):
                records += 1
                page = _page(record, page_bytes)
                if page is None:
                    continue
                key = (page.url, hashlib.sha256(page.content).digest())
                if page.error is not None or key not in seen:
                    seen.add(key)
                    yield page
        except (ArchiveLoadFailed, EOFError, OSError, ValueError, AttributeError) as error:
            failure = UnreadableError(
                "truncated", f"The web archive breaks off after {records} records ({type(error).__name__})."
            )
            if not records:
                raise failure from error
            yield WarcPage("", "", "", b"", failure)
    if not records:
        raise UnreadableError("empty", "The web archive holds no record.")


def _page(record: object, page_bytes: int) -> WarcPage | None:
    headers = record.rec_headers  # type: ignore[attr-defined]
    kind = record.rec_type  # type: ignore[attr-defined]
    url = (headers.get_header("WARC-Target-URI") or "").strip("<> ")
    if not url.startswith(("http://", "https://")):
        return None
    if kind == "response" and record.http_headers is not None:  # type: ignore[attr-defined]
        if record.http_headers.get_statuscode() != "200":  # type: ignore[attr-defined]
            return None
        media_type = record.http_headers.get_header("Content-Type") or ""  # type: ignore[attr-defined]
    elif kind == "resource":
        media_type = headers.get_header("Content-Type") or ""
    else:
        return None
    plain = media_type.strip().lower()
    if plain and (not plain.startswith(_DOCUMENT_TYPES) or plain.startswith(_NOT_DOCUMENTS)):
        return None
    date = headers.get_header("WARC-Date") or ""
    parts: list[bytes] = []
    size = 0
    stream = record.content_stream()  # type: ignore[attr-defined]
    while part := stream.read(65536):
        size += len(part)
        if size > page_bytes:
            message = f"The page has more than {page_bytes} bytes."
            return WarcPage(url, date, media_type, b"", UnreadableError("too-large", message))
        parts.append(part)
    return WarcPage(url, date, media_type, b"".join(parts)) if size else None
