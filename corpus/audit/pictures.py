"""The pages that differ most from their source, as pictures of where their blocks stand.

The picture of a page itself may show a person, and the report leaves the raw part of a data folder: so what is drawn are the
places, kinds and order of the blocks, in which a lost column or a doubled region can be seen. `ingest show` shows the page.
"""

from __future__ import annotations

from corpus.audit.database import Database
from corpus.audit.figure import PagePicture

PICTURES = 12
"""Pages that are drawn."""
KINDS = ("heading", "paragraph", "list", "table", "caption", "footnote", "formula", "reference")
"""Kinds of blocks, each with a colour of its own or that of a paragraph."""
MOST_BLOCKS = 400
"""Blocks that are drawn of a page."""
_WORST = """
select doc_id, page, coverage, inflation, numbers_new, width, height,
    list_transform(blocks[:$most], lambda block: {'kind': block.kind, 'bbox': block.bbox}) as blocks
from raw_pages
where coverage is not null and width > 0 and height > 0 and (coverage < 1 or inflation > coverage or len(numbers_new) > 0)
order by len(numbers_new) desc, (1 - coverage) * source_characters desc, doc_id, page limit $pictures
"""


def pictures(db: Database) -> list[PagePicture]:
    """At most `PICTURES` of them, the worst first."""
    return [
        PagePicture(
            doc_id=row["doc_id"],
            page=row["page"],
            about=f"{1 - row['coverage']:.2%} lost, {max(0.0, row['inflation'] - row['coverage']):.2%} too many,"
            f" {len(row['numbers_new'] or ())} new numbers",
            width=row["width"],
            height=row["height"],
            blocks=[
                {"at": place, "kind": block["kind"], "x": left, "y": top, "width": right - left, "height": bottom - top}
                for place, block in enumerate(row["blocks"] or (), 1)
                if block["bbox"] and len(block["bbox"]) == 4
                for left, top, right, bottom in [block["bbox"]]
                if right > left and bottom > top
            ],
        )
        for row in db.ask(_WORST, {"pictures": PICTURES, "most": MOST_BLOCKS}).to_pylist()
    ]
