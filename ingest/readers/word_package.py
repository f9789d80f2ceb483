"""The parts of a document of Office and how they are linked (Open Packaging Conventions, ECMA-376 part 2).

Documents, templates, their variants with macros and Strict documents differ in types and namespaces only; here they are one.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from posixpath import dirname, join, normpath
from typing import IO

from lxml import etree

from ingest.document import Probe, UnreadableError
from ingest.safe_xml import local_name, parse_xml

MAX_PACKAGE_BYTES = 512 * 1024 * 1024
"""All parts of a document together, once unpacked."""
MAX_PART_RATIO = 300
"""A part that unpacks to more than this many times its packed size (and to megabytes) is a bomb."""
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""The first bytes of a compound file: an old Word document, or a new one under a password."""

_TRANSITIONAL = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STRICT = "{http://purl.oclc.org/ooxml/wordprocessingml/main}"


@dataclass(frozen=True, slots=True)
class Relation:
    """A link from one part to another."""

    kind: str
    """The last word of its type: styles, image, hyperlink …"""
    target: str
    """The name of the part, or the address when it is outside."""
    external: bool
    """Whether it points out of the package."""


@dataclass(slots=True)
class Package:
    """An open package. Its parts are read when they are asked for."""

    archive: zipfile.ZipFile
    """The archive, whose sizes were checked."""
    main: str = ""
    """Name of the part with the text."""
    _links: dict[str, dict[str, Relation]] = field(default_factory=dict)

    def part(self, name: str) -> bytes:
        """The bytes of a part. Raises `UnreadableError` when it is missing or damaged."""
        try:
            return self.archive.read(name)
        except KeyError:
            raise UnreadableError("decode", "The document lacks one of its parts.") from None
        except (zipfile.BadZipFile, EOFError, zlib.error, OSError, RuntimeError, NotImplementedError) as error:
            raise UnreadableError(
                "truncated", f"A part of the document is damaged ({type(error).__name__})."
            ) from error

    def xml(self, name: str) -> etree._Element:
        """The root element of a part. Raises `UnreadableError`."""
        return parse_xml(self.part(name))

    def links(self, name: str) -> dict[str, Relation]:
        """The relations of a part by id; none when it has no relations."""
        if name not in self._links:
            folder, _, file = name.rpartition("/")
            found: dict[str, Relation] = {}
            where = f"{folder}/_rels/{file}.rels".lstrip("/")
            if where in self.archive.NameToInfo:
                for element in self.xml(where).iter("{*}Relationship"):
                    external = element.get("TargetMode") == "External"
                    target = element.get("Target", "")
                    inside = target.lstrip("/") if target.startswith("/") else normpath(join(dirname(name), target))
                    kind = element.get("Type", "").rpartition("/")[2]
                    found[element.get("Id", "")] = Relation(kind, target if external else inside, external)
            self._links[name] = found
        return self._links[name]

    def linked(self, kind: str, of: str | None = None) -> Iterator[str]:
        """Names of the parts of a kind that a part (the main one) links to, as far as they are there."""
        for relation in self.links(self.main if of is None else of).values():
            if relation.kind == kind and not relation.external and relation.target in self.archive.NameToInfo:
                yield relation.target


def open_package(file: Path | IO[bytes]) -> Package:
    """The package of a document of Word, PowerPoint or Excel. Raises `UnreadableError`: encrypted, truncated, too-large, decode."""
    if isinstance(file, Path):
        with open(file, "rb") as opened:
            if opened.read(8) == OLE:
                raise UnreadableError("encrypted", "The document is protected with a password.")
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, EOFError, OSError, ValueError, NotImplementedError) as error:
        raise UnreadableError(
            "truncated", f"The document is not a whole ZIP archive ({type(error).__name__})."
        ) from error
    try:
        _check_size(archive)
        package = Package(archive)
        package.main = next(package.linked("officeDocument", ""), "")
        if not package.main:
            raise UnreadableError("decode", "The package holds no document.")
        return package
    except BaseException:
        archive.close()
        raise


def core_properties(package: Package, n_pages: int = 1) -> Probe:
    """What a document says of itself; a library's own name is nobody's."""
    root = None
    for name in package.linked("core-properties", ""):
        try:
            root = package.xml(name)
        except UnreadableError:  # a damaged part that the text does not need
            return Probe(n_pages=n_pages, warnings=("the document's properties are damaged",))

    def first(name: str) -> str:
        found = root.find(f"{{*}}{name}") if root is not None else None
        return " ".join((found.text or "").split()) if found is not None else ""

    authors = tuple(name.strip() for name in first("creator").split(";") if name.strip())
    date = first("modified") or first("created")
    return Probe(
        n_pages=n_pages,
        title=first("title"),
        authors=() if authors[:1] in (("python-docx",), ("python-pptx",), ("openpyxl",)) else authors,
        date=date[:10] if re.match(r"\d{4}-\d\d-\d\d", date) else "",
        version=first("version"),
        lang=first("language")[:2].lower(),
    )


def _check_size(archive: zipfile.ZipFile) -> None:
    """Refuse bombs before anything is unpacked. Sizes in the directory are enforced by zipfile on reading."""
    total = 0
    for info in archive.infolist():
        if info.flag_bits & 0x1:
            raise UnreadableError("encrypted", "The document's parts are encrypted.")
        total += info.file_size
        is_bomb = info.file_size > 16 * 1024 * 1024 and info.file_size > MAX_PART_RATIO * max(1, info.compress_size)
        if is_bomb or total > MAX_PACKAGE_BYTES:
            raise UnreadableError("too-large", f"The document unpacks to more than {MAX_PACKAGE_BYTES} bytes.")


def child(element: etree._Element | None, *path: str) -> etree._Element | None:
    """The first child of that name, and its first child of the next …; None when one is missing."""
    for name in path:
        element = next((each for each in element if local_name(each) == name), None) if element is not None else None
    return element


def value(element: etree._Element | None, *path: str, of: str = "val") -> str:
    """An attribute of WordprocessingML (`w:val`) of an element, or of what `path` leads to; empty when there is none."""
    found = child(element, *path)
    if found is None:
        return ""
    return found.get(f"{_TRANSITIONAL}{of}") or found.get(f"{_STRICT}{of}") or ""


def number(text: str, default: int = 0) -> int:
    """A whole number as an attribute has it; the default for what is none, or is absurdly large."""
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdigit() and len(digits) < 10 else default


def flag(properties: etree._Element | None, name: str) -> bool | None:
    """An on-off property: on, off, or not given."""
    found = child(properties, name)
    return None if found is None else value(found) not in ("0", "false", "off")
