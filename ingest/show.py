"""Show what was read beside the page, so that a person can look."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ingest.ledger import source_of
from medpress.command import UserError, progress
from medpress.location import local_copy
from medpress.lookup import Place, one_document
from medpress.page_html import SHOWN, PageView, write_pages
from medpress.schema import DOC_ID_DIGITS, DOCUMENT, PAGE
from medpress.store import among, file_sha256, read_table

LARGEST_SIDE, SMALLEST_SIDE = 1_400, 600
"""Longer side of a page's picture in pixels: smaller where there are many pages, and none is drawn smaller."""
MOST_PIXELS = 150_000_000
"""Of all pictures of a file together: some 20 MB."""
JPEG_QUALITY = 60


def show(data: Path, query: str, page: int | None = None, out: Path | None = None) -> Path:
    """Write a document, or the pages that a record or a sentence stands on, as one HTML file; returns its place.

    `query` is whatever `medpress.lookup` takes; with `page` only that page is shown. The file holds raw text: it is
    written into the work folder unless `out` says otherwise. Raises `UserError`.
    """
    place = one_document(data, query)
    if place.segment is None:
        raise UserError(f"document {place.doc_id} is not in {data}: only its records are, or it was taken down.")
    table = read_table(place.segment.files(data)[1], schema=PAGE)
    table = table.filter(among(table["doc_id"], place.doc_id)).sort_by("page")
    wanted = {page} if page is not None else {number for number, _ in place.blocks}
    rows = [row for row in table.to_pylist() if not wanted or row["page"] in wanted]
    if not rows:
        raise UserError(f"document {place.doc_id} has no page {page}; it has {table.num_rows}.")
    about = _about(data, place, rows, table.num_rows)
    target = out or data / "work" / SHOWN / f"{place.doc_id[:12]}{f'-{page}' if page else ''}.html"
    with progress("pages", len(rows), "pages") as tick:
        write_pages(target, ", ".join(place.uris), about, _views(data, place, rows, tick))
    return target


def _about(data: Path, place: Place, rows: Sequence[Mapping[str, Any]], pages: int) -> list[str]:
    table = read_table(place.segment.files(data)[0], schema=DOCUMENT)  # type: ignore[union-attr]
    (document,) = table.filter(among(table["doc_id"], place.doc_id)).to_pylist()
    lines = [
        f"Document {place.doc_id}: {document['format']}, {document['source_type']}, {document['lang'] or 'no language'},"
        f" licence {document['license'] or 'unknown'}; {len(rows)} of its {pages} pages."
    ]
    if place.blocks:
        where = ", ".join(f"page {number} block {block + 1}" for number, block in place.blocks)
        lines.append(f"Marked: {where}.")
    return [*lines, *(f"Warning: {warning}" for warning in document["warnings"])]


def _views(data: Path, place: Place, rows: Sequence[Mapping[str, Any]], tick: Any) -> Iterator[PageView]:
    pictures = _pictures(data, place.doc_id, [row["page"] for row in rows if row["width"]])
    for row in rows:
        marked = frozenset(block for number, block in place.blocks if number == row["page"])
        yield PageView(row=row, picture=next(pictures, None) if row["width"] else None, marked=marked)
        tick()


def _pictures(data: Path, doc_id: str, pages: Sequence[int]) -> Iterator[bytes]:
    """JPEG pictures of pages, in their order; fewer when they would be too many, none without the file that was read."""
    source = source_of(data, doc_id) if pages else None
    if source is None or not source.exists() or file_sha256(source)[:DOC_ID_DIGITS] != doc_id:
        return
    import pymupdf

    side = min(LARGEST_SIDE, max(SMALLEST_SIDE, int((MOST_PIXELS / len(pages)) ** 0.5)))
    with pymupdf.open(local_copy(source)) as document:
        for number in pages[: MOST_PIXELS // side**2]:
            page = document[number - 1]
            zoom = side / max(page.rect.width, page.rect.height)
            picture: bytes = page.get_pixmap(matrix=pymupdf.Matrix(zoom, zoom), alpha=False).tobytes(
                "jpg", jpg_quality=JPEG_QUALITY
            )
            yield picture
