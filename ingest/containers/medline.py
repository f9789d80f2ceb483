"""Sets of PubMed records (MEDLINE XML, also in gzip) as a record each, so that each article is a document of its own.

The yearly files hold 30,000 records in 200 MB; they are read as a stream, of which one record is in memory at a time.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from ingest.containers.archives import Member
from ingest.containers.compression import is_gzip, unpacked_head
from ingest.document import UnreadableError
from ingest.safe_xml import root_of

MAX_RECORD_BYTES = 8 * 1024 * 1024
"""Bytes from the end of one record to the end of the next; 15,000 authors take some four million."""
MAX_RATIO = 50
"""Unpacked bytes for each packed one; PubMed's own files unpack to ten times their size."""
ALWAYS_BYTES = 64 * 1024 * 1024
"""So many bytes may come out of any file."""
_CHUNK = 1024 * 1024
_SETS = frozenset({"PubmedArticleSet", "PubmedBookArticleSet", "MedlineCitationSet"})
_RECORDS = frozenset({"PubmedArticle", "PubmedBookArticle", "MedlineCitation"})


def may_be_set(head: bytes) -> bool:
    """Whether a file with these first bytes is a set of records, be it of one."""
    return root_of(unpacked_head(head))[0] in _SETS


def is_set(path: Path) -> bool:
    """Whether a set holds more than one record; one alone is a document itself."""
    try:
        return len([number for number, _ in zip(range(2), read_set(path), strict=False)]) > 1
    except UnreadableError:
        return False


def read_set(path: Path, record_bytes: int = MAX_RECORD_BYTES) -> Iterator[Member]:
    """The records of a set as files of their own, `pmid.xml`, in their order.

    Nothing that the file asks for is followed. A file that breaks off gives the records before that, and then its error.
    Raises `UnreadableError` when it holds no record, one of more than `record_bytes`, or unpacks to too many bytes.
    """
    count = since = 0
    damage = ""
    parser = etree.XMLPullParser(
        ("end",),
        tag=[f"{{*}}{name}" for name in sorted(_RECORDS)],
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    parts = _unpacked(path)
    while not damage:
        try:
            part = next(parts, b"")
            if part:
                parser.feed(part)
            else:
                parser.close()
                damage = "" if count else "it holds none"
        except (etree.XMLSyntaxError, zlib.error) as error:
            damage, part = type(error).__name__, b""
        since += len(part)
        for _, record in parser.read_events():
            parent = record.getparent()
            if parent is None or parent.getparent() is not None:
                continue  # within a record
            count, since = count + 1, 0
            yield Member(_name(record, count), etree.tostring(record, encoding="utf-8", with_tail=False))
            parent.remove(record)
        if since > record_bytes:
            raise UnreadableError("too-large", f"A record has more than {record_bytes} bytes.")
        if not part and not damage:
            return
    failure = UnreadableError("truncated", f"The set breaks off after {count} records ({damage}).")
    if not count:
        raise failure
    yield Member("", b"", failure)


def _name(record: etree._Element, number: int) -> str:
    pmid = next((text for each in record.iter("{*}PMID") if (text := (each.text or "").strip())), "")
    return f"{pmid}.xml" if pmid.isascii() and pmid.isdecimal() else f"record-{number}.xml"


def _unpacked(path: Path) -> Iterator[bytes]:
    """The bytes of a file, unpacked if it is gzip, a chunk at a time. Raises `UnreadableError` (too-large)."""
    left = ALWAYS_BYTES + MAX_RATIO * path.stat().st_size
    with open(path, "rb") as file:
        packed = is_gzip(file.read(3))
        file.seek(0)
        stream = zlib.decompressobj(wbits=31) if packed else None
        while raw := file.read(_CHUNK):
            while raw:
                if stream is None:
                    part, raw = raw, b""
                else:
                    part = stream.decompress(raw, _CHUNK)
                    raw = stream.unconsumed_tail
                    if stream.eof:
                        raw = stream.unused_data
                        stream = zlib.decompressobj(wbits=31)
                        if raw and not is_gzip(raw):
                            raw = b""
                left -= len(part)
                if left < 0:
                    raise UnreadableError("too-large", "The file unpacks to too many bytes for its size.")
                if part:
                    yield part
