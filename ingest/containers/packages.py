"""ZIP files that are one document: what their entries say that they are. Such a file is read whole or not at all."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

ZIP = (b"PK\x03\x04", b"PK\x05\x06")
"""The first bytes of a ZIP file."""


@dataclass(frozen=True, slots=True)
class Package:
    """A kind of document that is a ZIP file."""

    what: str
    """What people call it, with its article."""
    entries: tuple[str, ...]
    """Entries that all stand in it; one that ends in / or * stands for all that begin so."""
    format: str | None = None
    """The reader's name; None when there is none."""


PACKAGES = (
    Package("a Word document", ("word/document*",), "docx"),
    Package("an EPUB book", ("META-INF/container.xml",), "epub"),
    Package("a PowerPoint presentation", ("ppt/",), "pptx"),
    Package("an Excel workbook", ("xl/",), "xlsx"),
    Package("a Visio drawing", ("visio/",)),
    Package("an OFD document", ("OFD.xml",), "ofd"),
    Package("a Pages, Keynote or Numbers document", ("Index/*",)),
    Package("a Pages, Keynote or Numbers document", ("Index.zip",)),
    Package("a Pages, Keynote or Numbers document", ("buildVersionHistory.plist",)),
    Package("an OpenDocument file", ("content.xml", "META-INF/manifest.xml"), "odf"),
    Package("an OpenDocument file", ("content.xml", "mimetype"), "odf"),
    Package("an XPS document", ("FixedDocumentSequence.fdseq",), "xps"),
    Package("an XPS document", ("Documents/", "[Content_Types].xml"), "xps"),
    Package("a program", ("META-INF/MANIFEST.MF",)),
    Package("a program", ("AndroidManifest.xml",)),
    Package("a document package", ("[Content_Types].xml",)),
    Package("a document package", ("mimetype",)),
    Package("a document package", ("META-INF/",)),
)
"""Asked in this order: the most particular first."""


def is_zip(head: bytes) -> bool:
    """Whether a file begins as a ZIP does."""
    return head.startswith(ZIP)


def entry_names(file: Path | IO[bytes]) -> list[str]:
    """Names of a ZIP file's entries, from its directory; none for one that is damaged or absurdly large."""
    try:
        with zipfile.ZipFile(file) as archive:
            return archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError):
        return []


def package_of(names: Sequence[str]) -> Package | None:
    """Which document a ZIP file with these entries is; None for an archive of files."""
    whole = frozenset(names)
    for package in PACKAGES:
        if all(_stands_in(entry, whole) for entry in package.entries):
            return package
    return None


def _stands_in(entry: str, names: frozenset[str]) -> bool:
    if entry.endswith(("/", "*")):
        start = entry.rstrip("*")
        return any(name.startswith(start) for name in names)
    return entry in names
