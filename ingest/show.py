"""Draw what was read over the page, so that a person can look."""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from ingest.ledger import source_of
from medpress.command import UserError
from medpress.location import local_copy
from medpress.schema import DOCUMENT, PAGE, RECORD
from medpress.store import read_dataset, write_atomic, write_text

COLOURS = {
    "heading": (0.80, 0.10, 0.10),
    "paragraph": (0.10, 0.35, 0.80),
    "list": (0.10, 0.60, 0.60),
    "table": (0.55, 0.15, 0.75),
    "caption": (0.85, 0.50, 0.05),
    "footnote": (0.45, 0.45, 0.45),
    "formula": (0.05, 0.55, 0.20),
    "reference": (0.60, 0.45, 0.20),
}
"""Red, green and blue, 0 to 1, of each kind of block."""
MAX_PIXELS = 2_000
"""Longest side of the picture."""


def show(data: Path, document: str, page: int, out: Path | None) -> Path:
    """Draw one page of a document with its blocks, numbered in reading order; returns the file written.

    A page with geometry becomes a PNG, any other an HTML page. `document` is a doc_id or its first digits. The file
    holds raw text: it is written into the data folder unless `out` says otherwise. Raises `UserError`.
    """
    found = read_dataset(data / "documents", DOCUMENT, ["doc_id"], pc.starts_with(pc.field("doc_id"), document))
    if found.num_rows != 1:
        raise UserError(f"{document} names {found.num_rows or 'no'} documents of {data}; `ingest status` lists them.")
    doc_id = found["doc_id"][0].as_py()
    chosen = (pc.field("doc_id") == doc_id) & (pc.field("page") == page)
    rows = read_dataset(data / "pages", PAGE, filter=chosen).to_pylist()
    if not rows:
        raise UserError(f"document {doc_id} has no page {page}.")
    stem = out or data / "show" / f"{doc_id[:12]}-{page}"
    source = source_of(data, doc_id) if rows[0]["width"] else None
    if source is not None and source.exists():
        target = stem.with_suffix(".png")
        write_atomic(target, lambda path: path.write_bytes(_picture(local_copy(source), rows[0])))
    else:
        target = stem.with_suffix(".html")
        write_text(target, _page_as_html(rows[0]))
    return target


def page_of_record(data: Path, record: str) -> tuple[str, int]:
    """(doc_id, first page) of a record by its id or the first digits of it. Raises `UserError`."""
    rows = read_dataset(
        data / "shards", RECORD, ["doc_id", "page_start"], pc.starts_with(pc.field("id"), record)
    ).to_pylist()
    if len(rows) != 1:
        raise UserError(f"{record} names {len(rows) or 'no'} records of {data / 'shards'}.")
    return rows[0]["doc_id"], rows[0]["page_start"]


def _picture(source: Path, row: dict[str, Any]) -> bytes:
    import pymupdf

    with pymupdf.open(source) as document:
        page = document[row["page"] - 1]
        # Blocks are in points of the page as read; an image file has its own unit.
        zoom = min(2.0, MAX_PIXELS / max(page.rect.width, page.rect.height))
        scale = page.rect.width / row["width"]
        pixmap = page.get_pixmap(matrix=pymupdf.Matrix(zoom, zoom), alpha=False)
        with pymupdf.open() as canvas:
            sheet = canvas.new_page(width=pixmap.width, height=pixmap.height)
            sheet.insert_image(sheet.rect, pixmap=pixmap)
            for number, block in enumerate(row["blocks"], start=1):
                if block["bbox"]:
                    box = pymupdf.Rect([value * scale * zoom for value in block["bbox"]])
                    colour = COLOURS.get(block["kind"], (0, 0, 0))
                    sheet.draw_rect(box, color=colour, width=1.5, fill=colour, fill_opacity=0.08)
                    label = f"{number} {block['kind']}{block['level'] or ''}"
                    sheet.insert_text((box.x0 + 2, box.y0 - 2), label, fontsize=9, color=colour)
            picture: bytes = sheet.get_pixmap(alpha=False).tobytes("png")
    return picture


def _page_as_html(row: dict[str, Any]) -> str:
    blocks = "\n".join(
        f'<div style="border-left:4px solid rgb({", ".join(str(int(255 * c)) for c in COLOURS.get(b["kind"], (0, 0, 0)))});'
        f'padding-left:8px;margin:8px"><small>{number} {b["kind"]}{b["level"] or ""}</small>'
        f"<pre style='white-space:pre-wrap;margin:0'>{html.escape(b['text'])}</pre></div>"
        for number, b in enumerate(row["blocks"], start=1)
    )
    title = html.escape(f"{row['doc_id']}, page {row['page']}: {row['route']} ({row['reason']})")
    return f"<!doctype html><meta charset='utf-8'><title>{title}</title><h1>{title}</h1>{blocks}\n"
