"""EPUB 2 and 3 (https://www.w3.org/TR/epub-33/): every item of the spine is a page, in reading order."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from posixpath import join, normpath
from urllib.parse import unquote

from lxml import etree

from ingest.containers.archives import read_zip_member
from ingest.document import Mark, Page, Probe, ReadOptions, UnreadableError
from ingest.left_out import leave_out, told
from ingest.readers.html_blocks import BlockWalk, merged_lists
from ingest.readers.html_shown import HTML, count_beside, settle
from ingest.readers.pictures import may_be_scan, scanned_blocks
from ingest.readers.shown_text import shown_text
from ingest.safe_xml import local_name, parse_xml

MAX_PART_BYTES = 32 * 1024 * 1024
"""No part of a book (a chapter, the package file) is larger than this once unpacked."""

MAX_CHAPTERS = 20_000
"""Text items of a book's spine; more are no book."""
ALWAYS_BYTES = 64 * 1024 * 1024
"""The chapters of any book may unpack to so many bytes together,"""
MAX_RATIO = 30
"""and to so many for each of their packed ones: markup shrinks to a tenth."""
SCAN_CHARACTERS = 200
"""A chapter with less text than this may be scanned pages: its pictures are looked at."""
PICTURES = 40
"""So many of them."""

_OPS_TYPE = "{http://www.idpf.org/2007/ops}type"
_FONT_OBFUSCATION = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")
_TEXT_TYPES = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml", "text/x-oeb1-document")


@dataclass(frozen=True, slots=True)
class _Book:
    """What the package document says."""

    archive: zipfile.ZipFile
    package: etree._Element
    chapters: tuple[str, ...]
    """Names in the archive of the text items of the spine, in reading order."""
    contents: str
    """Name of the EPUB 3 navigation document or the NCX; empty when there is none."""


class EpubReader:
    """EPUB books."""

    name = "epub"

    def sniff(self, head: bytes, path: str) -> bool:
        """A ZIP whose first entry names the media type, or that is named .epub."""
        return head.startswith(b"PK\x03\x04") and (
            b"mimetypeapplication/epub+zip" in head[:100] or path.lower().endswith(".epub")
        )

    def probe(self, path: Path, options: ReadOptions) -> Probe:
        """Metadata and table of contents of the package; raises `UnreadableError`."""
        book = _open(path)
        with book.archive:
            meta = book.package.find("{*}metadata")

            def all_of(name: str) -> list[str]:
                found = meta.iter(f"{{*}}{name}") if meta is not None else iter(())
                return [text for element in found if (text := " ".join("".join(element.itertext()).split()))]

            def first(name: str) -> str:
                return next(iter(all_of(name)), "")

            identifiers = {"publisher": first("publisher")}
            for text in [*all_of("identifier"), *all_of("source")]:
                digits = re.sub(r"[^0-9Xx]", "", text.lower().removeprefix("urn:isbn:"))
                if re.fullmatch(r"(97[89])?\d{9}[\dXx]", digits) and "uuid" not in text.lower():
                    identifiers.setdefault("isbn", digits)
                elif found := re.search(r"10\.\d{4,9}/\S+", text):
                    identifiers.setdefault("doi", found.group(0))
            return Probe(
                n_pages=len(book.chapters),
                title=first("title"),
                authors=tuple(all_of("creator")),
                date=first("date")[:10],
                lang=first("language")[:2].lower(),
                license=first("rights")[:300],
                source_type="textbook",
                identifiers={key: text for key, text in identifiers.items() if text},
                outline=tuple(_outline(book)),
            )

    def read(self, path: Path, first: int, last: int, options: ReadOptions, mark: Mark) -> Iterator[Page]:
        """The chapters `first` to `last`; one that is only a picture has no blocks."""
        book = _open(path)
        with book.archive:
            for number, name in enumerate(book.chapters, start=1):
                if first <= number <= last:
                    mark(f"page {number}")
                    yield _chapter(book, number, name, options, mark)


def _open(path: Path) -> _Book:
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise UnreadableError("truncated", f"The EPUB is not a whole ZIP archive ({type(error).__name__}).") from error
    try:
        _refuse_protected(archive)
        container = parse_xml(_part(archive, "META-INF/container.xml"))
        root = next((element.get("full-path", "") for element in container.iter("{*}rootfile")), "")
        package = parse_xml(_part(archive, root))
        folder = root.rpartition("/")[0]
        items: dict[str, tuple[str, str, str]] = {}
        for item in package.iterfind("{*}manifest/{*}item"):
            name = normpath(join(folder, unquote(item.get("href", ""))))
            items[item.get("id", "")] = (name, item.get("media-type", ""), item.get("properties", ""))
        present = set(archive.namelist())
        chapters: dict[str, None] = {}  # one that the spine names again is read once
        for reference in package.iterfind("{*}spine/{*}itemref"):
            name, kind, properties = items.get(reference.get("idref", ""), ("", "", ""))
            if name in present and kind in _TEXT_TYPES and "nav" not in properties.split():
                chapters[name] = None
        if not chapters:
            raise UnreadableError("no-text", "The EPUB's spine names no text that is in the file.")
        _refuse_too_large(archive, list(chapters))
        navigation = next((name for name, _, properties in items.values() if "nav" in properties.split()), "")
        ncx = next((name for name, kind, _ in items.values() if kind == "application/x-dtbncx+xml"), "")
        contents = next((name for name in (navigation, ncx) if name in present), "")
        return _Book(archive, package, tuple(chapters), contents)
    except BaseException:
        archive.close()
        raise


def _refuse_too_large(archive: zipfile.ZipFile, chapters: Sequence[str]) -> None:
    """A book has no more chapters, and no more text for the size of its file, than books have.

    The sizes are those that the archive states; no part gives more than it states without being refused by itself.
    """
    size = sum(archive.getinfo(name).file_size for name in chapters)
    packed = sum(archive.getinfo(name).compress_size for name in chapters)
    if len(chapters) > MAX_CHAPTERS:
        raise UnreadableError("too-large", f"The EPUB has more than {MAX_CHAPTERS} chapters.")
    if size > ALWAYS_BYTES + MAX_RATIO * packed:
        raise UnreadableError("too-large", "The EPUB's chapters unpack to too many bytes for its size.")


def _refuse_protected(archive: zipfile.ZipFile) -> None:
    """DRM encrypts the chapters; obfuscated fonts alone do not matter."""
    if "META-INF/encryption.xml" not in archive.namelist():
        return
    root = parse_xml(_part(archive, "META-INF/encryption.xml"))
    methods = {element.get("Algorithm", "") for element in root.iter("{*}EncryptedData/{*}EncryptionMethod")}
    methods |= {
        method.get("Algorithm", "")
        for data in root.iter("{*}EncryptedData")
        for method in data.iterfind("{*}EncryptionMethod")
    }
    if methods - set(_FONT_OBFUSCATION):
        raise UnreadableError("encrypted", "The EPUB is protected (DRM).")


def _part(archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        info = archive.getinfo(name)
    except KeyError:
        raise UnreadableError("truncated", "The EPUB lacks one of its parts.") from None
    return read_zip_member(archive, info, MAX_PART_BYTES)


def _xml(raw: bytes, warnings: list[str] | None = None) -> etree._Element:
    """XHTML with its tags' namespace taken off, so that they read as HTML's."""
    root = parse_xml(raw, warnings)
    for element in root.iter():
        name = local_name(element)
        if name:
            element.tag = name.lower()
    return root


def _beside_the_text(element: etree._Element) -> str:
    """Why an element of a chapter is not its text; empty when it is."""
    if "pagebreak" in element.get(_OPS_TYPE, "") or element.get("role") == "doc-pagebreak":
        return "page number"  # of the printed book
    return "navigation" if element.tag == "nav" else ""


class _ChapterWalk(BlockWalk):
    """All of a chapter is content."""

    def kind_of(self, element: etree._Element) -> str:
        kind = element.get(_OPS_TYPE, "") or element.get("role", "").removeprefix("doc-")
        return "footnote" if kind in ("footnote", "endnote", "rearnote", "note") else ""


def _chapter(book: _Book, number: int, name: str, options: ReadOptions, mark: Mark) -> Page:
    warnings: list[str] = []
    root = _xml(_part(book.archive, name), warnings)
    body = root.find(".//body")
    body = body if body is not None else root
    shown = shown_text(body, HTML)
    made: list[str] = []
    left_out = settle(root, made)
    count_beside(body, left_out)
    for element in list(body.iter("*")):
        if reason := _beside_the_text(element):
            leave_out(element, reason, left_out)
    found = _ChapterWalk().walk(body)
    blocks = merged_lists([each.block for each in found])
    reason = "a chapter of an EPUB" if blocks else "a chapter of an EPUB that has no text"
    route, scans = "epub", 0
    if sum(len(block.text) for block in blocks) < SCAN_CHARACTERS and options.ocr != "never":
        for picture in _pictures(book, root, name):
            mark(f"page {number}, picture {scans + 1}")
            read = scanned_blocks(picture, None, options)
            scans += bool(read)
            blocks += read
    if scans:
        route = "ocr" if scans and not found else route
        reason = f"a chapter of an EPUB: {scans} picture{'s' if scans > 1 else ''} read by OCR"
    reason = "; ".join([reason, *warnings, *told(left_out)])
    made += [block.text for block in blocks if block.confidence is not None]
    conservation = shown.compared(blocks, left_out, made)
    return Page(number, route, reason, 0.0, 0.0, tuple(blocks), conservation=conservation)


def _pictures(book: _Book, root: etree._Element, name: str) -> Iterator[bytes]:
    """The pictures of a chapter that may be scans of pages."""
    for element in list(root.iter("img", "image"))[:PICTURES]:
        address = next((text for key, text in element.attrib.items() if key.rpartition("}")[2] in ("src", "href")), "")
        part = normpath(join(name.rpartition("/")[0], unquote(address.partition("#")[0])))
        if part in book.archive.NameToInfo:
            try:
                raw = _part(book.archive, part)
            except UnreadableError:
                continue
            if may_be_scan(raw, None):
                yield raw


def _outline(book: _Book) -> Iterator[tuple[int, str, int]]:
    """(level, title, page) of the book's table of contents, as far as it points at chapters."""
    if not book.contents:
        return
    pages = {name: number for number, name in reversed(list(enumerate(book.chapters, start=1)))}
    folder = book.contents.rpartition("/")[0]
    try:
        root = _xml(_part(book.archive, book.contents))
    except UnreadableError:
        return
    for element in root.iter("navpoint", "a"):
        if element.tag == "navpoint":
            label, target = element.find("navlabel"), element.find("content")
            address = target.get("src", "") if target is not None else ""
            level = 1 + sum(1 for _ in element.iterancestors("navpoint"))
        else:
            navigation = next(element.iterancestors("nav"), None)
            if navigation is None or navigation.get(_OPS_TYPE, "toc") != "toc":
                continue
            label, address = element, element.get("href", "")
            level = max(1, sum(1 for _ in element.iterancestors("ol")))
        title = " ".join("".join(label.itertext()).split()) if label is not None else ""
        page = pages.get(normpath(join(folder, unquote(address.partition("#")[0]))))
        if title and page:
            yield min(level, 6), title, page
