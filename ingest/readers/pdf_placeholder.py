"""Pages that a program puts in the place of a document which other viewers cannot show: forms (XFA), portfolios, rights management."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pymupdf

MOST_PAGES = 2
MOST_CHARACTERS = 1_500
"""A document of more pages or with more text says more than that it cannot be shown."""


def placeholder(document: pymupdf.Document) -> str | None:
    """Why an open PDF is no document, in a sentence; None when it is one.

    Told by the file: a form that is only drawn when it is opened (`NeedsRendering`, ISO 32000-2, 7.7.2), an encrypted document
    in a wrapping (`EncryptedPayload`, 7.6.7). Else by what a short document says of the program that should show it.
    """
    if document.page_count > MOST_PAGES:
        return None
    catalog = document.pdf_catalog()
    if document.xref_get_key(catalog, "NeedsRendering")[1] == "true":
        return "It is a form that only its own program can show (XFA); print it to a PDF from there."
    if document.xref_get_key(catalog, "Collection/View")[1] == "/H" and document.embfile_count() == 1:
        return "It is the wrapping of a document under rights management, which needs its own program."
    text = "".join(page.get_text("text") for page in document.pages())
    if len(text) > MOST_CHARACTERS:
        return None
    letters = _comparable(text)
    if any(phrase in letters for phrase in _phrases()):
        return "Its page only says that this document cannot be shown; its content is in a form that needs its own program."
    return None


def _comparable(text: str) -> str:
    """Lower case, with one kind of apostrophe and no white space, which breaks lines and is not in every language."""
    return "".join(text.lower().replace("’", "'").split())


@cache
def _phrases() -> tuple[str, ...]:
    """What such pages say, from a list a language."""
    lists = sorted((Path(__file__).parent / "placeholders").glob("*.txt"))
    lines = (line for file in lists for line in file.read_text(encoding="utf-8").splitlines())
    return tuple(_comparable(line) for line in lines if line.strip())
