"""Messages and saved pages in MIME (RFC 2045): MHTML, mail, and what is one of these under another name.

Decoded by the standard library. A saved page gives its HTML; a mail its text, under its subject, and what is attached. Who
wrote to whom is left out.
"""

from __future__ import annotations

import plistlib
import re
from collections.abc import Iterator
from email import message_from_bytes
from email.header import decode_header
from email.message import Message
from pathlib import Path
from xml.parsers.expat import ExpatError

from ingest.containers.archives import Member, safe_name
from ingest.document import UnreadableError
from medpress.encoding import codec_of, decode, decode_markup

MAX_BYTES = 256 * 1024 * 1024
"""A larger message is not read."""
MAX_PARTS = 2_000
"""Parts of one message that are looked at."""
MAX_DEPTH = 3
"""Messages within messages, this deep."""

_HEADER = re.compile(rb"[A-Za-z][A-Za-z0-9-]{1,60}:[ \t]?[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*\r?\n")
_MIME_VERSION = re.compile(rb"^MIME-Version:\s*\d", re.IGNORECASE | re.MULTILINE)
_CONTENT_TYPE = re.compile(rb"^Content-Type:\s*(?:multipart|text|message|application)/", re.IGNORECASE | re.MULTILINE)
_TYPED_ENDINGS = (".eml", ".mht", ".mhtml")
_PLIST = (b"bplist00", b"<?xml", b"<!DOCTYPE plist", b"<plist")
_BOM = "\ufeff"


def is_mime(head: bytes, path: str) -> bool:
    """Whether a file with these first bytes is a message: a block of header fields that says what the content is."""
    block = bytearray()
    at = 0
    head = head.lstrip(b"\xef\xbb\xbf\r\n")
    while (match := _HEADER.match(head, at)) is not None:
        block += match.group(0)
        at = match.end()
    if not block:
        return False
    if path.lower().endswith(_TYPED_ENDINGS):
        return True
    return _MIME_VERSION.search(block) is not None and _CONTENT_TYPE.search(block) is not None


def is_web_archive(head: bytes, path: str) -> bool:
    """Whether a file is a page as Safari saves it: a property list with a main resource."""
    return head.startswith(_PLIST) and (b"WebMainResource" in head or path.lower().endswith(".webarchive"))


def read_message(path: Path) -> Iterator[Member]:
    """The files that a message holds. Raises `UnreadableError`."""
    if path.stat().st_size > MAX_BYTES:
        raise UnreadableError("too-large", f"The message has more than {MAX_BYTES} bytes.")
    yield from _message_members(path.read_bytes(), "", 1)


def read_web_archive(path: Path) -> Iterator[Member]:
    """The page that a Safari archive holds. Raises `UnreadableError`."""
    if path.stat().st_size > MAX_BYTES:
        raise UnreadableError("too-large", f"The web archive has more than {MAX_BYTES} bytes.")
    try:
        main = plistlib.loads(path.read_bytes())["WebMainResource"]
        raw, charset = bytes(main["WebResourceData"]), str(main.get("WebResourceTextEncodingName", ""))
        address = str(main.get("WebResourceURL", ""))
    except (plistlib.InvalidFileException, ExpatError, ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError, RecursionError, MemoryError) as error:  # fmt: skip
        raise UnreadableError("decode", "The web archive is damaged or holds no page.") from error
    yield Member("page.html", _page(raw, charset, address))


def _message_members(raw: bytes, prefix: str, depth: int) -> Iterator[Member]:
    try:
        message = message_from_bytes(raw.lstrip(b"\xef\xbb\xbf\r\n"))
        parts = [part for part, _ in zip(message.walk(), range(MAX_PARTS), strict=False)]
    except (RecursionError, ValueError, LookupError, UnicodeError) as error:
        raise UnreadableError("decode", "The message is damaged or nested too deeply.") from error
    if message.get_content_type() == "multipart/related" or (
        len(parts) == 1 and parts[0].get_content_type() == "text/html"
    ):
        yield from _saved_page(message, parts, prefix)
        return
    bodies: list[Message] = []
    attached: list[Message] = []
    within: set[int] = set()  # parts of messages within this one
    for part in parts:
        if id(part) in within:
            continue
        if part.get_content_type() == "message/rfc822":
            attached.append(part)
            within.update(id(inner) for inner in part.walk() if inner is not part)
        elif part.is_multipart():
            continue
        elif part.get_content_disposition() == "attachment" or part.get_filename():
            attached.append(part)
        elif part.get_content_type() in ("text/plain", "text/html"):
            bodies.append(part)
    yield from _body(message, bodies, prefix)
    for number, part in enumerate(attached, start=1):
        if part.get_content_type() == "message/rfc822":
            inner = part.get_payload()
            if isinstance(inner, list) and inner and isinstance(inner[0], Message) and depth < MAX_DEPTH:
                yield from _message_members(bytes(inner[0]), f"{prefix}message-{number}.eml!", depth + 1)
            else:
                deeper = UnreadableError("unsupported", f"Messages are read {MAX_DEPTH} deep, this one lies deeper.")
                yield Member(f"{prefix}message-{number}.eml", b"", deeper)
            continue
        name = safe_name(_decoded(part.get_filename() or "") or f"attachment-{number}")
        yield Member(f"{prefix}{name}", _content(part))


def _saved_page(message: Message, parts: list[Message], prefix: str) -> Iterator[Member]:
    """The HTML of a page that was saved with its pictures."""
    pages = [part for part in parts if part.get_content_type() in ("text/html", "application/xhtml+xml")]
    start = message.get_param("start")
    root = next((part for part in pages if start and part.get("Content-ID", "") == start), pages[0] if pages else None)
    if root is None:
        raise UnreadableError("no-text", "The message holds no page.")
    address = str(message.get("Snapshot-Content-Location") or root.get("Content-Location") or "")
    yield Member(f"{prefix}page.html", _page(_content(root), root.get_content_charset() or "", address))


def _body(message: Message, bodies: list[Message], prefix: str) -> Iterator[Member]:
    """A mail's text under its subject; its HTML where that has a table, which plain text cannot show."""
    subject = " ".join(_decoded(str(message.get("Subject") or "")).split())
    pages = [part for part in bodies if part.get_content_type() == "text/html"]
    plain = [part for part in bodies if part.get_content_type() == "text/plain"]
    for page in pages:
        text = _text(page)
        if not plain or "<table" in text.lower():
            yield Member(f"{prefix}message.html", f"{_BOM}<title>{_escaped(subject)}</title>\n{text}".encode())
            return
    text = "\n\n".join(filter(str.strip, map(_text, plain)))
    if text.strip():
        yield Member(f"{prefix}message.txt", f"{_BOM}{subject}\n\n{text}".lstrip("\n").encode())


def _content(part: Message) -> bytes:
    try:
        content = part.get_payload(decode=True)
    except (ValueError, LookupError, UnicodeError, RecursionError):
        return b""
    return content if isinstance(content, bytes) else b""


def _text(part: Message) -> str:
    raw, codec = _content(part), codec_of(part.get_content_charset() or "")
    try:
        return raw.decode(codec) if codec else decode(raw).text
    except (UnicodeError, LookupError):
        return decode(raw).text


def _page(raw: bytes, charset: str, address: str) -> bytes:
    """A page as UTF-8 that says so, with where it was saved from."""
    codec = codec_of(charset)
    try:
        text = raw.decode(codec) if codec else decode_markup(raw).text
    except (UnicodeError, LookupError):
        text = decode_markup(raw).text
    known = re.fullmatch(r"https?://[^\s<>]{1,2000}", address.strip())
    comment = f"<!-- saved from url=(0000){known.group(0)} -->\n" if known and "--" not in address else ""
    return f"{_BOM}{comment}{text.lstrip(_BOM)}".encode("utf-8", "replace")


def _decoded(text: str) -> str:
    """A header field with its encoded words decoded."""
    try:
        pieces = [(piece, charset) for piece, charset in decode_header(text[:2000])]
        return "".join(
            piece if isinstance(piece, str) else piece.decode(codec_of(charset or "") or "utf-8", "replace")
            for piece, charset in pieces
        )
    except (ValueError, LookupError, UnicodeError):
        return text[:2000]


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
