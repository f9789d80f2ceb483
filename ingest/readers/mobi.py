"""Mobipocket books (MOBI, PRC, AZW and AZW3 without protection): the HTML within, unpacked as PalmDOC packs it. A book is one page.

What packs it otherwise (HUFF/CDIC) and what is protected is refused in one sentence.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lxml import etree, html

from ingest.containers.compression import MAX_TEXT_BYTES
from ingest.document import Mark, Page, Probe, ReadOptions, UnreadableError
from ingest.left_out import told
from ingest.readers.html_blocks import BlockWalk, merged_lists
from ingest.readers.html_bounds import bound_tables, bounded_markup
from ingest.readers.html_shown import HTML, count_beside, settle
from ingest.readers.shown_text import shown_text

MAX_BYTES = 512 * 1024 * 1024
"""A larger file is refused; pictures make most of a book."""

_TYPES = (b"BOOKMOBI", b"TEXtREAd")
_ENCODINGS = {1252: "cp1252", 65001: "utf-8"}
_HTML = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False)
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


class MobiReader:
    """Mobipocket books."""

    name = "mobi"

    def sniff(self, head: bytes, path: str) -> bool:
        """A Palm database that holds a book."""
        return head[60:68] in _TYPES

    def probe(self, path: Path, options: ReadOptions) -> Probe:
        """What the book's header says; raises `UnreadableError`."""
        book = _open(path)
        isbn = re.sub(r"[^0-9Xx]", "", book.said(104))
        identifiers = {"isbn": isbn if len(isbn) in (10, 13) else "", "publisher": book.said(101)}
        return Probe(
            n_pages=1,
            title=book.said(503) or book.title,
            authors=tuple(book.all(100)),
            date=book.said(106)[:10],
            lang=book.said(524)[:2].lower(),
            license=book.said(109)[:300],
            source_type="textbook",
            identifiers={kind: text for kind, text in identifiers.items() if text},
        )

    def read(self, path: Path, first: int, last: int, options: ReadOptions, mark: Mark) -> Iterator[Page]:
        """The one page."""
        if first > 1:
            return
        mark("page 1")
        source = bounded_markup(_CONTROLS.sub("", _open(path).text()))
        try:
            tree = html.document_fromstring(source.encode("utf-8", "replace"), _HTML)
        except (etree.LxmlError, ValueError) as error:
            raise UnreadableError("no-text", "The book has no text.") from error
        shown = shown_text(tree, HTML)
        bound_tables(tree)
        made: list[str] = []
        left_out = settle(tree, made)
        count_beside(tree, left_out)
        blocks = tuple(merged_lists([each.block for each in BlockWalk().walk(tree)]))
        if not blocks:
            raise UnreadableError("no-text", "The book has no text.")
        reason = "; ".join(["Mobipocket", *told(left_out)])
        yield Page(1, "mobi", reason, 0.0, 0.0, blocks, conservation=shown.compared(blocks, left_out, made))


@dataclass(frozen=True, slots=True)
class _Book:
    """A Palm database and what its first record says."""

    records: list[bytes]
    packed: bool
    n_text: int
    """Records of text, from the second on."""
    encoding: str
    title: str
    trailing: int
    """Bits of what stands behind the text of each record."""
    metadata: tuple[tuple[int, bytes], ...]
    """EXTH: type and value."""

    def all(self, kind: int) -> list[str]:
        texts = (
            " ".join(value.decode(self.encoding, "replace").split()) for key, value in self.metadata if key == kind
        )
        return [text for text in texts if text]

    def said(self, kind: int) -> str:
        return next(iter(self.all(kind)), "")

    def text(self) -> str:
        """The book's HTML. Raises `UnreadableError` (too-large)."""
        content = bytearray()
        for record in self.records[1 : self.n_text + 1]:
            record = _without_trailing(record, self.trailing)
            content += unpack_palmdoc(record) if self.packed else record
            if len(content) > MAX_TEXT_BYTES:
                raise UnreadableError("too-large", f"The book unpacks to more than {MAX_TEXT_BYTES} bytes.")
        return content.decode(self.encoding, "replace")


def _open(path: Path) -> _Book:
    if path.stat().st_size > MAX_BYTES:
        raise UnreadableError("too-large", f"The book has more than {MAX_BYTES} bytes.")
    raw = path.read_bytes()
    try:
        return _book(raw)
    except (struct.error, IndexError) as error:
        raise UnreadableError("truncated", "The book's header is damaged or cut off.") from error


def _book(raw: bytes) -> _Book:
    (count,) = struct.unpack_from(">H", raw, 76)
    starts = [struct.unpack_from(">L", raw, 78 + 8 * number)[0] for number in range(count)]
    ends = [*starts[1:], len(raw)]
    if not starts or any(end < start for start, end in zip(starts, ends, strict=True)):
        raise UnreadableError("truncated", "The book's records are not where its header says.")
    records = [raw[start:end] for start, end in zip(starts, ends, strict=True)]
    head = records[0]
    packing, _, _, n_text, _, locked = struct.unpack_from(">HHLHHH", head, 0)
    if locked:
        raise UnreadableError("encrypted", "The book is protected (DRM).")
    if packing not in (1, 2):
        raise UnreadableError(
            "unsupported", "The book is packed in a way that is not read here (HUFF/CDIC); save it as EPUB."
        )
    encoding, title, trailing = "cp1252", raw[:32].partition(b"\0")[0].decode("latin-1").replace("_", " "), 0
    metadata: tuple[tuple[int, bytes], ...] = ()
    if head[16:20] == b"MOBI":
        (length,) = struct.unpack_from(">L", head, 20)
        (code,) = struct.unpack_from(">L", head, 28)
        encoding = _ENCODINGS.get(code, "cp1252")
        place, size = struct.unpack_from(">LL", head, 84)
        title = head[place : place + min(size, 1_000)].decode(encoding, "replace") or title
        if length >= 228 and len(head) >= 244:
            (trailing,) = struct.unpack_from(">H", head, 242)
        if struct.unpack_from(">L", head, 128)[0] & 0x40:
            metadata = tuple(_exth(head, 16 + length))
    return _Book(records, packing == 2, n_text, encoding, title, trailing, metadata)


def _exth(head: bytes, place: int) -> Iterator[tuple[int, bytes]]:
    if head[place : place + 4] != b"EXTH":
        return
    (count,) = struct.unpack_from(">L", head, place + 8)
    place += 12
    for _ in range(min(count, 1_000)):
        kind, size = struct.unpack_from(">LL", head, place)
        if size < 8:
            return
        yield kind, head[place + 8 : place + size]
        place += size


def _without_trailing(record: bytes, flags: int) -> bytes:
    """A record of text without the entries behind it, whose sizes are written backwards, seven bits a byte."""
    for _ in range((flags >> 1).bit_count()):
        size = shift = 0
        for byte in reversed(record[-4:]):
            size |= (byte & 0x7F) << shift
            shift += 7
            if byte & 0x80:
                break
        record = record[: max(0, len(record) - size)] if size else record
    if flags & 1 and record:
        record = record[: max(0, len(record) - (record[-1] & 3) - 1)]
    return record


def unpack_palmdoc(packed: bytes) -> bytes:
    """A record as PalmDOC packs it: bytes as they are, a space and a letter in one, and pairs of distance and length."""
    out = bytearray()
    place = 0
    while place < len(packed):
        byte = packed[place]
        place += 1
        if byte == 0 or 9 <= byte < 0x80:
            out.append(byte)
        elif byte < 9:
            out += packed[place : place + byte]
            place += byte
        elif byte >= 0xC0:
            out += bytes((0x20, byte ^ 0x80))
        elif place < len(packed):
            pair = (byte << 8 | packed[place]) & 0x3FFF
            place += 1
            distance, length = pair >> 3, (pair & 7) + 3
            for _ in range(length if 0 < distance <= len(out) else 0):
                out.append(out[-distance])
    return bytes(out)
