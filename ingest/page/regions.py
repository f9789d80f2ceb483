"""One native page by the regions of the layout model: the same lines, grouped and ordered by the model's boxes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ingest.document import Block
from ingest.page.block_kinds import blocks_of
from ingest.page.context import PageContext
from ingest.page.layout_model import Region
from ingest.page.reading_order import Line, bounds, paragraphs, text_runs
from ingest.page.table_regions import rows_of
from ingest.page.tables import build, joined_rules
from ingest.page.text_layer import TextLayer

LABEL_WORDS = 3
"""A line of at most so many words in a picture is a label."""
MAX_HEADING = 200
"""A longer text is no heading, whatever the model says."""
_FURNITURE = {"page-header": "header", "page-footer": "footer", "margin": "margin"}
_KINDS = {"caption": "caption", "footnote": "footnote", "formula": "formula", "reference": "reference"}
_HEADINGS = frozenset({"title", "section-header"})


def layout_by_regions(
    layer: TextLayer,
    regions: Sequence[Region],
    context: PageContext,
) -> tuple[list[Block], list[Line]]:
    """(blocks in the order of the regions, the labels of pictures, which are in none). No line is lost."""
    blocks: list[Block] = []
    waiting: list[list[Line]] = []  # runs of plain text: a paragraph may go on in the next region

    def close() -> None:
        if waiting:
            blocks.extend(blocks_of(paragraphs(waiting), context))
            waiting.clear()

    labels: list[Line] = []
    rules = joined_rules(layer.horizontal)
    for region, lines in _grouped(layer.lines, regions):
        kind = region.kind if region is not None else "text"
        if kind == "picture":
            labels += [line for line in lines if len(line.text.split()) <= LABEL_WORDS]
            lines = [line for line in lines if len(line.text.split()) > LABEL_WORDS]
        tabular = kind == "table" or (kind == "text" and _in_columns(lines))
        table = build(lines, rules, layer.vertical, context.body.size, aligned=True) if tabular else None
        if table is not None:
            close()
            blocks.append(table.block)
            continue
        runs = sorted(text_runs(lines), key=lambda run: (run[0].y0, run[0].x0))
        if kind not in _KINDS and kind not in _FURNITURE and kind not in _HEADINGS:
            waiting.extend(runs)
            continue
        close()
        blocks.extend(_named(block, kind) for block in blocks_of(paragraphs(runs), context))
    close()
    return blocks, labels


def _in_columns(lines: Sequence[Line]) -> bool:
    """Whether most rows of a region have cells side by side, as in a list of abbreviations."""
    rows = rows_of(lines)
    return len(rows) >= 4 and sum(len(row) > 1 for row in rows) >= 0.6 * len(rows)


def _named(block: Block, kind: str) -> Block:
    """A block with the kind of its region, where that says more than the block's own style."""
    if kind in _FURNITURE:
        return replace(block, furniture=_FURNITURE[kind])
    if block.kind != "paragraph" and (block.kind, kind) != ("list", "reference"):
        return block
    if kind in _HEADINGS:
        return replace(block, kind="heading", level=3) if len(block.text) <= MAX_HEADING else block
    return replace(block, kind=_KINDS[kind])


def _grouped(lines: Sequence[Line], regions: Sequence[Region]) -> list[tuple[Region | None, list[Line]]]:
    """Lines by region, in the regions' order; runs of lines in no region stand next to the nearest one."""
    inside: list[list[Line]] = [[] for _ in regions]
    outside: list[Line] = []
    for line in lines:
        x, y = (line.x0 + line.x1) / 2, (line.y0 + line.y1) / 2
        around = [
            (_area(region), index)
            for index, region in enumerate(regions)
            if region.box[0] - 2 <= x <= region.box[2] + 2 and region.box[1] - 2 <= y <= region.box[3] + 2
        ]
        (inside[min(around)[1]] if around else outside).append(line)
    groups: list[tuple[tuple[int, int, float], Region | None, list[Line]]] = [
        ((index, 0, 0.0), regions[index], members) for index, members in enumerate(inside) if members
    ]
    for run in text_runs(outside):
        box = bounds(run)
        near = min(range(len(regions)), key=lambda index: (_distance(box, regions[index].box), index))
        side = -1 if box[1] < regions[near].box[1] else 1
        groups.append(((near, side, box[1]), None, run))
    groups.sort(key=lambda group: group[0])
    return [(region, members) for _, region, members in groups]


def _area(region: Region) -> float:
    x0, y0, x1, y1 = region.box
    return (x1 - x0) * (y1 - y0)


def _distance(one: Sequence[float], two: Sequence[float]) -> float:
    across = max(0.0, one[0] - two[2], two[0] - one[2])
    down = max(0.0, one[1] - two[3], two[1] - one[3])
    return across + down
