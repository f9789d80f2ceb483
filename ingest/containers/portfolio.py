"""PDF portfolios (ISO 32000-1, 12.3.5): files in the wrapping of a PDF, whose own page is a cover."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pymupdf

from ingest.containers.archives import Member, safe_name
from ingest.document import UnreadableError

COVER_PAGES = 1
COVER_CHARACTERS = 600
"""A portfolio's own pages are a cover when they are no more than these."""
MAX_FILES = 10_000
MAX_FILE_BYTES = 512 * 1024 * 1024
MAX_TOTAL_BYTES = 8 * 1024 * 1024 * 1024
"""Limits of what is taken out of one portfolio."""

_ERRORS = (RuntimeError, ValueError, TypeError, IndexError, KeyError, pymupdf.mupdf.FzErrorBase)


def is_portfolio(path: Path) -> bool:
    """Whether a PDF has files attached and asks the viewer to show these, not its page."""
    try:
        with pymupdf.open(path, filetype="pdf") as document:
            return not document.needs_pass and document.embfile_count() > 0 and _shows_files(document)
    except _ERRORS:
        return False


def _shows_files(document: pymupdf.Document) -> bool:
    catalog = document.pdf_catalog()
    return (
        document.xref_get_key(catalog, "Collection")[0] != "null"
        or document.xref_get_key(catalog, "PageMode")[1] == "/UseAttachments"
    )


def read_portfolio(path: Path) -> Iterator[Member]:
    """The files of a portfolio, then its own pages unless they are a cover. Raises `UnreadableError`."""
    try:
        with pymupdf.open(path, filetype="pdf") as document:
            left = MAX_TOTAL_BYTES
            for index, key in enumerate(document.embfile_names()):
                information = document.embfile_info(key)
                name = safe_name(str(information.get("ufilename") or information.get("filename") or key))
                size = max(int(information.get("size", 0)), int(information.get("length", 0)))
                if index >= MAX_FILES or size > min(MAX_FILE_BYTES, left):
                    yield Member(
                        name, b"", UnreadableError("too-large", "The attached file is too large, or one too many.")
                    )
                    continue
                content = document.embfile_get(key)
                left -= len(content)
                yield Member(name, content)
            yield _own_pages(document)
    except _ERRORS as error:
        raise UnreadableError("truncated", "The files of the PDF portfolio cannot be read.") from error


def _own_pages(document: pymupdf.Document) -> Member:
    characters = sum(len(page.get_text("text").strip()) for page in document.pages(0, min(document.page_count, 2)))
    if document.page_count <= COVER_PAGES and characters <= COVER_CHARACTERS:
        return Member(
            "cover.pdf",
            b"",
            UnreadableError("placeholder", "It is the cover of a PDF portfolio: what it holds is read instead."),
        )
    for key in document.embfile_names():
        document.embfile_del(key)
    document.xref_set_key(document.pdf_catalog(), "Collection", "null")
    return Member("pages.pdf", document.tobytes(no_new_id=True))
