"""How pages are kept between reading and assembling: the page schema plus what only the assembler needs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa

from ingest.conservation import Conservation
from ingest.document import Block, Page
from medpress.schema import BLOCK, PAGE, by_name, named

WORK_FIELDS = ("size", "bold", "furniture")
"""Fields of a block that are not stored in the dataset."""

_WORK_BLOCK = pa.struct(
    [*BLOCK, pa.field("size", pa.float32()), pa.field("bold", pa.bool_()), pa.field("furniture", pa.string())]
)
WORK_PAGE = pa.schema([pa.field("blocks", pa.list_(_WORK_BLOCK)) if f.name == "blocks" else f for f in PAGE])
"""`PAGE` with the assembler's fields in its blocks."""


def to_table(doc_id: str, pages: Iterable[Page], schema: pa.Schema) -> pa.Table:
    """Pages as a table of `PAGE` or `WORK_PAGE` rows."""
    work = schema is WORK_PAGE
    return pa.Table.from_pylist([page_row(doc_id, page, work) for page in pages], schema=schema)


def page_row(doc_id: str, page: Page, work: bool = False) -> dict[str, Any]:
    """A page as a row of `PAGE`, or of `WORK_PAGE`."""
    return {
        "doc_id": doc_id,
        "page": page.page,
        "route": page.route,
        "reason": page.reason,
        "width": page.width,
        "height": page.height,
        "confidence": page.confidence,
        **_conservation_row(page.conservation),
        "blocks": [block_row(block, work) for block in page.blocks],
    }


def _conservation_row(found: Conservation | None) -> dict[str, Any]:
    if found is None:
        return {"numbers_lost": [], "numbers_new": [], "left_out": []}
    return {
        "source_characters": found.characters,
        "coverage": found.coverage,
        "inflation": found.inflation,
        "numbers_lost": list(found.numbers_lost),
        "numbers_new": list(found.numbers_new),
        "left_out": named(dict(found.left_out)),
    }


def _conservation(row: dict[str, Any]) -> Conservation | None:
    if row["coverage"] is None:
        return None
    return Conservation(
        row["source_characters"],
        row["coverage"],
        row["inflation"],
        tuple(row["numbers_lost"]),
        tuple(row["numbers_new"]),
        tuple((reason, int(count)) for reason, count in by_name(row["left_out"]).items()),
    )


def block_row(block: Block, work: bool = False) -> dict[str, Any]:
    """A block as a row of a page of `PAGE`, or of `WORK_PAGE`."""
    row: dict[str, Any] = {
        "kind": block.kind,
        "level": block.level,
        "text": block.text,
        "bbox": list(block.bbox) if block.bbox else None,
        "confidence": block.confidence,
        "join": block.join,
    }
    return row | {name: getattr(block, name) for name in WORK_FIELDS} if work else row


def from_tables(tables: Sequence[pa.Table]) -> list[Page]:
    """The pages of some `WORK_PAGE` tables, by page number."""
    pages = [page_of(row) for table in tables for row in table.to_pylist()]
    return sorted(pages, key=lambda page: page.page)


def page_of(row: dict[str, Any]) -> Page:
    """The page of a row of either schema."""
    blocks = tuple(
        Block(**(block | {"bbox": tuple(block["bbox"]) if block["bbox"] else None})) for block in row["blocks"]
    )
    plain = ("page", "route", "reason", "width", "height", "confidence")
    return Page(**{name: row[name] for name in plain}, blocks=blocks, conservation=_conservation(row))
