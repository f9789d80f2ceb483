"""The pages that differ most from their source, as pictures of where their blocks stand.

The picture of a page itself may show a person, and the report leaves the raw part of a data folder: so what is drawn are the
places, kinds and order of the blocks, in which a lost column or a doubled region can be seen. `ingest show` shows the page.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from corpus.audit.database import Database
from corpus.audit.figure import PagePicture

PICTURES = 12
"""Pages that are drawn."""
KINDS = ("heading", "paragraph", "list", "table", "caption", "footnote", "formula", "reference")
"""Kinds of blocks, each with a colour of its own or that of a paragraph."""
MOST_BLOCKS = 400
"""Blocks that are drawn of a page."""
_WORST = """
select doc_id, page, coverage, inflation, len(numbers_new) as numbers
from pages where coverage is not null and width > 0 and height > 0 and (coverage < 1 or inflation > coverage or len(numbers_new) > 0)
order by numbers desc, (1 - coverage) * source_characters desc, doc_id, page limit $pictures
"""
_BLOCKS = """
select doc_id, page, width, height, list_transform(blocks[:$most], lambda block: {{'kind': block.kind, 'bbox': block.bbox}}) as blocks
from raw_pages where doc_id in ({documents})
"""


def pictures(db: Database) -> list[PagePicture]:
    """At most `PICTURES` of them, the worst first."""
    worst = db.ask(_WORST, {"pictures": PICTURES}).to_pylist()
    # Named one by one the ids reach the reader of the files, which then decodes the blocks of these documents alone.
    documents = ", ".join(sorted({f"'{row['doc_id']}'" for row in worst if row["doc_id"].isalnum()})) or "''"
    found = db.ask(_BLOCKS.format(documents=documents), {"most": MOST_BLOCKS}).to_pylist()
    drawn = {(row["doc_id"], row["page"]): row for row in found}
    return [_picture(row, drawn[row["doc_id"], row["page"]]) for row in worst if (row["doc_id"], row["page"]) in drawn]


def _picture(row: Mapping[str, Any], drawn: Mapping[str, Any]) -> PagePicture:
    return PagePicture(
        doc_id=row["doc_id"],
        page=row["page"],
        about=f"{1 - row['coverage']:.2%} lost, {max(0.0, row['inflation'] - row['coverage']):.2%} too many,"
        f" {row['numbers']} new numbers",
        width=drawn["width"],
        height=drawn["height"],
        blocks=[
            {"at": place, "kind": block["kind"], "x": left, "y": top, "width": right - left, "height": bottom - top}
            for place, block in enumerate(drawn["blocks"] or (), 1)
            if block["bbox"] and len(block["bbox"]) == 4
            for left, top, right, bottom in [block["bbox"]]
            if right > left and bottom > top
        ],
    )
