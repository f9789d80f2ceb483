"""What reading a file gives: one row, with what is known of the document and, nested, its pages."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import pyarrow as pa

from ingest.assembly.assemble import assemble
from ingest.assembly.page_rows import page_row
from ingest.document import Page, Probe
from medpress.schema import NAMED_TEXTS, PAGE, named
from medpress.store import canonical_json
from nlp.language import detect

PAGE_IN_READING = pa.struct([field for field in PAGE if field.name != "doc_id"])
"""A page, nested in the row of its document."""

READING = pa.schema(
    [
        pa.field("number", pa.int64()),  # its place in the task's list of files, or the row of its table
        pa.field(
            "state", pa.string()
        ),  # document, apart (its pages are read by other tasks), container, ignored, failed
        pa.field("format", pa.string()),  # the reader; null when it was not recognised
        pa.field("doc_id", pa.string()),
        pa.field("kind", pa.string()),  # of the failure
        pa.field("message", pa.string()),  # of the failure
        pa.field("title", pa.string()),
        pa.field("authors", pa.list_(pa.string())),
        pa.field("date", pa.string()),
        pa.field("version", pa.string()),
        pa.field("identifiers", NAMED_TEXTS),
        pa.field("n_pages", pa.int32()),
        pa.field("n_ocr_pages", pa.int32()),
        pa.field("warnings", pa.list_(pa.string())),
        pa.field("found_source_type", pa.string()),  # what the file says of itself; the user's word goes before it
        pa.field("found_license", pa.string()),
        pa.field("found_lang", pa.string()),
        pa.field("routes", pa.string()),  # how many pages went which way, as JSON
        pa.field("characters", pa.int64()),  # of its text
        pa.field("probe", pa.string()),  # as JSON, when its pages are read apart
        pa.field("pages", pa.list_(PAGE_IN_READING)),
    ]
)
"""A row a file. Every step that reads gives it, so that all that follows is the same for a text, a book and a note."""
OUTLINE = [field.name for field in READING if field.name != "pages"]
"""All but the pages: what the main process looks at."""


def failed(kind: str, message: str, doc_id: str | None = None) -> dict[str, Any]:
    """The row of a file that cannot be read."""
    return {"state": "failed", "doc_id": doc_id, "kind": kind, "message": message}


def apart(doc_id: str, format: str, probe: Probe) -> dict[str, Any]:
    """The row of a document whose pages other tasks read."""
    return {"state": "apart", "doc_id": doc_id, "format": format, "probe": canonical_json(asdict(probe))}


def document(doc_id: str, format: str, probe: Probe, pages: Iterable[Page]) -> dict[str, Any]:
    """The row of a document from its pages as they were read."""
    assembled, probe = assemble(list(pages), probe)
    text = "\n".join(block.text for page in assembled for block in page.blocks)
    return {
        "state": "document",
        "format": format,
        "doc_id": doc_id,
        "title": probe.title,
        "authors": list(probe.authors),
        "date": probe.date,
        "version": probe.version,
        "identifiers": named(probe.identifiers),
        "n_pages": probe.n_pages,
        "n_ocr_pages": sum(page.route == "ocr" for page in assembled),
        "warnings": list(probe.warnings),
        "found_source_type": probe.source_type,
        "found_license": probe.license,
        "found_lang": probe.lang or detect(text),
        "routes": canonical_json(Counter(page.route for page in assembled)),
        "characters": len(text),
        "pages": [page_row(doc_id, page) for page in assembled],
    }


def probe_of(text: str) -> Probe:
    """A `Probe` from its JSON."""
    values = json.loads(text)
    tuples = {name: tuple(values[name]) for name in ("authors", "warnings")}
    outline = tuple((int(level), str(title), int(page)) for level, title, page in values["outline"])
    return Probe(**(values | tuples | {"outline": outline}))
