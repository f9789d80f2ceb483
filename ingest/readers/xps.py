"""XPS documents (ECMA-388): their pages are those of a PDF that MuPDF makes of them, and are read as such."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pymupdf

from ingest.containers.packages import is_zip
from ingest.document import Mark, Page, Probe, ReadOptions, UnreadableError
from ingest.readers.pdf import MUPDF_ERRORS, PdfReader

MAX_BYTES = 256 * 1024 * 1024
"""A larger file is refused: all of its pages are converted at once."""


class XpsReader:
    """XPS documents."""

    name = "xps"

    def sniff(self, head: bytes, path: str) -> bool:
        """A package that is named so; what a package is stands at its end (`ingest/containers/packages.py`)."""
        return is_zip(head) and path.lower().endswith((".xps", ".oxps"))

    def probe(self, path: Path, options: ReadOptions) -> Probe:
        """What the document says of itself; raises `UnreadableError`."""
        with _as_pdf(path) as pdf:
            return PdfReader().probe(pdf, options)

    def read(self, path: Path, first: int, last: int, options: ReadOptions, mark: Mark) -> Iterator[Page]:
        """Pages `first` to `last`."""
        mark(f"page {first}")
        with _as_pdf(path) as pdf:
            yield from PdfReader().read(pdf, first, last, options, mark)


@contextmanager
def _as_pdf(path: Path) -> Iterator[Path]:
    """The document as a PDF, which is gone afterwards."""
    if path.stat().st_size > MAX_BYTES:
        raise UnreadableError("too-large", f"The XPS document has more than {MAX_BYTES} bytes.")
    with tempfile.TemporaryDirectory(prefix="medpress-") as folder:  # mode 0700
        place = Path(folder) / "document.pdf"
        try:
            with pymupdf.open(path, filetype="xps") as document:
                if document.page_count == 0:
                    raise UnreadableError("truncated", "The XPS document has no page that can be found.")
                place.write_bytes(document.convert_to_pdf())
        except MUPDF_ERRORS as error:
            raise UnreadableError("truncated", f"The XPS document is damaged ({type(error).__name__}).") from None
        yield place
