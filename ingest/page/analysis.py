"""One page -> blocks in reading order, whatever its lines were taken from: a text layer, or what OCR recognised."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ingest.conservation import Conservation, compare
from ingest.document import Block
from ingest.formula.latex import characters
from ingest.page.block_kinds import blocks_of
from ingest.page.context import EDGE, BodyStyle, PageContext, body_style
from ingest.page.figures import Figure, find_figures, without_labels
from ingest.page.layout_model import NAME, Region
from ingest.page.reading_order import MAX_TEXT_RUNS, Line, Paragraph, bounds, order_and_cycles, paragraphs, text_runs
from ingest.page.regions import layout_by_regions
from ingest.page.tables import Table, find_tables, shaded_rows
from ingest.page.text_layer import TextLayer, rotated_back

CYCLIC = 10
"""With so many text runs in or behind a cycle of the reading order, the order is doubtful."""
MAX_LINES = 1_500
"""A page with more lines of text than this is never given to the layout model."""
OVERLAPS = 2
"""So many pairs of text runs that cover one another make the layout doubtful."""
BESIDE = 5
"""So many short lines of a text run that stand beside the lines of another are terms and what they mean, read apart."""
TERM = 16
"""Characters of a short line there, on average, at most."""
PROSE = 8
"""Words that a text run has to have to count there."""


@dataclass(frozen=True, slots=True)
class PageLayout:
    """What was made of a page."""

    blocks: tuple[Block, ...]
    """In reading order. What may be headers and footers is marked `furniture`."""
    labels: tuple[str, ...]
    """The labels of figures, which stand in no block."""
    doubt: str
    """Why the layout may be wrong, in words; empty when there is no reason to doubt it."""


@dataclass(frozen=True, slots=True)
class LaidOut:
    """A page as it was read, and checked against its evidence."""

    blocks: tuple[Block, ...]
    """In reading order. What may be headers and footers is marked `furniture`."""
    notes: tuple[str, ...]
    """What was done beyond the usual, and what is doubtful, in words."""
    conservation: Conservation
    """What became of the page's words and numbers."""


def lay_out(
    layer: TextLayer,
    context: PageContext,
    regions: Sequence[Region] = (),
    ask: Callable[[], Sequence[Region]] = tuple,
) -> LaidOut:
    """Lay a page out and compare what comes out with all that its evidence says.

    `regions` are what an OCR engine's layout model marked out, if it has one; `ask` is asked for the layout model's where the
    page's own geometry leaves doubt. A page that breaks the law of conservation is read plainly, where that breaks it less.
    """
    context = replace(context, body=_slide_style(layer, context))
    layout = layout_page(layer, context, regions)
    notes = []
    if layout.doubt:
        found = ask()
        if found:
            notes.append(f"laid out by {NAME}, for {layout.doubt}")
            layout = layout_page(layer, context, found)
        else:
            notes.append(f"layout doubtful: {layout.doubt}")
    blocks, conservation = layout.blocks, compared(layer, layout.blocks, layout.labels)
    if conservation.broken:
        plain = plain_page(layer, context)
        read_plainly = compared(layer, plain, ())
        if _fault(read_plainly) < _fault(conservation):
            notes.append(f"read plainly, without tables and figures, for {conservation.broken}")
            blocks, conservation = plain, read_plainly
    return LaidOut(blocks, tuple(notes), conservation)


def compared(layer: TextLayer, blocks: Sequence[Block], labels: Sequence[str]) -> Conservation:
    """What became of a page's words and numbers."""
    left_out = {**layer.left_out, "figure label": labels}
    source = [*layer.source, *(characters(text) for block in blocks for text in block.repeated)]
    return compare("\n".join(source), [characters(block.text) for block in blocks], left_out)


def _fault(found: Conservation) -> int:
    """How badly a page breaks the law, in characters; a number that is new weighs as much as a lost line."""
    return found.lost + found.new + 100 * len(found.numbers_new)


def _slide_style(layer: TextLayer, context: PageContext) -> BodyStyle:
    """The style of the running text: on a slide that of the slide, whose bullets may be larger than other slides' titles."""
    body = context.body
    if context.width < 1.1 * context.height or not layer.lines:
        return body
    largest = max(line.size for line in layer.lines)
    own = body_style([line for line in layer.lines if line.size >= 0.55 * largest])  # its notes may have more words
    return own if own.size > body.size and largest >= 1.1 * own.size else body


def layout_page(layer: TextLayer, context: PageContext, regions: Sequence[Region] = ()) -> PageLayout:
    """Lay a page out: by its own geometry, or by the regions that the layout model found on it."""
    figures = find_figures(layer, context.width, context.height)
    doubt = ""
    if regions:
        blocks, labels = layout_by_regions(layer, regions, context)
    else:
        items, labels, doubt = arranged(layer, context, figures)
        blocks = blocks_of(items, context)
    upright = sum(len(line.text) for line in layer.lines)
    for angle, lines in layer.rotated.items():
        amount = sum(len(line.text) for line in lines)
        if amount > 400 or amount > 0.5 * upright:
            blocks.extend(_sideways(lines, angle, layer, context))
            continue
        for line in lines:
            block = _margin(line, angle, context)
            if block.bbox is not None and any(_touches(block.bbox, figure.box) for figure in figures):
                labels.append(line)
            else:
                blocks.append(block)
    return PageLayout(tuple(blocks), tuple(line.text for line in labels), doubt)


def arranged(
    layer: TextLayer, context: PageContext, figures: Sequence[Figure]
) -> tuple[list[Paragraph | Block], list[Line], str]:
    """(paragraphs and tables in reading order, labels of figures, why the order may be wrong) of a page's upright lines."""
    horizontal = [*layer.horizontal, *shaded_rows(layer.shapes)]
    tables, rest = find_tables(layer.lines, horizontal, layer.vertical, context.body.size, figures)
    rest, labels = without_labels(rest, figures, context.body.size, context.height)
    headers, footers, rest = split_furniture(rest, layer.horizontal, context.body, context.height)
    items, doubt = _flow(rest, tables, headers, footers, context.width)
    return items, labels, doubt


def plain_page(layer: TextLayer, context: PageContext) -> tuple[Block, ...]:
    """The lines of a page in reading order and nothing made of them: no tables, no figures, no headers."""
    items, _ = _flow(layer.lines, [], [], [], context.width)
    blocks = blocks_of(items, context)
    for angle, lines in layer.rotated.items():
        blocks.extend(replace(_margin(line, angle, context), furniture=None) for line in lines)
    return tuple(blocks)


def _touches(box: Sequence[float], figure: Sequence[float]) -> bool:
    return box[0] < figure[2] + 20 and box[2] > figure[0] - 20 and box[1] < figure[3] + 20 and box[3] > figure[1] - 20


def _margin(line: Line, angle: int, context: PageContext) -> Block:
    box = rotated_back((line.x0, line.y0, line.x1, line.y1), angle, context.width, context.height)
    return Block("paragraph", line.text, bbox=box, size=line.size, bold=line.bold, furniture="margin")


def _sideways(lines: list[Line], angle: int, layer: TextLayer, context: PageContext) -> list[Block]:
    """A page or table printed sideways, laid out in its own upright coordinates."""
    width, height = context.width, context.height
    if angle == 90:
        horizontal = [(height - y1, height - y0, x) for y0, y1, x in layer.vertical]
        vertical = [(x0, x1, height - y) for x0, x1, y in layer.horizontal]
    elif angle == 180:
        horizontal = [(width - x1, width - x0, height - y) for x0, x1, y in layer.horizontal]
        vertical = [(height - y1, height - y0, width - x) for y0, y1, x in layer.vertical]
    else:
        horizontal = [(y0, y1, width - x) for y0, y1, x in layer.vertical]
        vertical = [(width - x1, width - x0, y) for x0, x1, y in layer.horizontal]
    tables, rest = find_tables(lines, horizontal, vertical, context.body.size)
    across, down = (width, height) if angle == 180 else (height, width)
    items, _ = _flow(rest, tables, [], [], across)
    return [
        replace(block, bbox=rotated_back(block.bbox, angle, width, height)) if block.bbox is not None else block
        for block in blocks_of(items, replace(context, width=across, height=down))
    ]


def split_furniture(
    lines: list[Line], rules: list[tuple[float, float, float]], body: BodyStyle, height: float
) -> tuple[list[Line], list[Line], list[Line]]:
    """(headers, footers, rest): lines at the upper and lower edge that white space, a rule or their style sets apart."""
    beside = _page_numbers(lines, height)
    if beside:
        taken = {id(line) for line in beside}
        headers, footers, rest = split_furniture([line for line in lines if id(line) not in taken], rules, body, height)
        return headers + beside, footers, rest
    ordered = sorted(lines, key=lambda line: line.y0)
    n_headers = _edge(ordered, rules, body, height, 1)
    backwards = sorted(lines, key=lambda line: -line.y1)
    n_footers = _edge(backwards, rules, body, height, -1)
    n_footers = min(n_footers, len(lines) - n_headers)
    headers, footers = ordered[:n_headers], backwards[:n_footers]
    chosen = {id(line) for line in headers} | {id(line) for line in footers}
    return (
        sorted(headers, key=lambda line: (round(line.y0), line.x0)),
        sorted(footers, key=lambda line: (round(line.y0), line.x0)),
        [line for line in lines if id(line) not in chosen],
    )


def _page_numbers(lines: list[Line], height: float) -> list[Line]:
    """Numbers that stand beside the text, in the upper or lower part of the page."""
    numbers = [line for line in lines if len(line.text) <= 4 and line.text.isdigit()]
    if not numbers or len(numbers) > 3:
        return []
    others = [line for line in lines if not (len(line.text) <= 4 and line.text.isdigit())]
    if len(others) < 5:
        return []
    left, right = min(line.x0 for line in others), max(line.x1 for line in others)
    return [
        line
        for line in numbers
        if (line.x0 >= right or line.x1 <= left) and (line.y1 < 0.15 * height or line.y0 > 0.85 * height)
    ]


def _edge(
    ordered: list[Line], rules: list[tuple[float, float, float]], body: BodyStyle, height: float, direction: int
) -> int:
    """How many of the outermost lines are set apart from the rest."""
    best = 0
    rows = 0
    i = 0
    while i < len(ordered) and rows < 4:
        # take one row of lines at (almost) the same height
        j = i + 1
        near = ordered[i]
        while j < len(ordered) and abs(ordered[j].y1 - near.y1) < 0.6 * near.size:
            j += 1
        row = ordered[i:j]
        inner = max(line.y1 for line in row) if direction > 0 else min(line.y0 for line in row)
        if (inner if direction > 0 else height - inner) > EDGE * height:
            break
        if j >= len(ordered):
            return j
        following = ordered[j]
        gap = following.y0 - inner if direction > 0 else inner - following.y1
        low, high = (inner, following.y0) if direction > 0 else (following.y1, inner)
        size = max(body.size, 6.0)
        ruled = gap > 0.45 * size and any(low - 1 <= y <= high + 1 and x1 - x0 > 60 for x0, x1, y in rules)
        if any(line.size > 1.35 * body.size for line in row):
            break  # a title
        beside = [line for line in ordered[j : j + 4] if abs(line.y1 - following.y1) < 0.6 * following.size]
        different = all(_unlike(line, other) for line in row for other in beside)
        if gap > 1.1 * size or ruled or (different and gap > 0.35 * size):
            best = j
        rows += 1
        i = j
    return best


def _unlike(line: Line, other: Line) -> bool:
    """Whether two lines are set in different styles."""
    return abs(line.size - other.size) > 0.6 or line.bold != other.bold or line.italic != other.italic


def _flow(
    lines: list[Line], tables: list[Table], headers: list[Line], footers: list[Line], width: float
) -> tuple[list[Paragraph | Block], str]:
    """(everything in reading order, why it may be wrong). Headers and footers are marked until it is known what repeats."""
    runs = text_runs(lines)
    boxes = [bounds(run) for run in runs]
    whole: list[Paragraph | Block] = [table.block for table in tables]
    boxes.extend(table.bbox for table in tables)
    n_inner = len(boxes)
    for where, edge in (("header", headers), ("footer", footers)):
        for run in text_runs(edge):
            for part in paragraphs([run]):
                part.right = max(part.right, 0.9 * width)
                part.edge = where
                whole.append(part)
                boxes.append(part.bbox)
    items: list[Paragraph | Block] = []
    waiting: list[list[Line]] = []
    sizes = [*(run[len(run) // 2].size for run in runs), *(0.0 for _ in boxes[len(runs) :])]
    order, in_cycles = order_and_cycles(boxes, sizes)
    for index in order:
        if index < len(runs):
            waiting.append(runs[index])
            continue
        items.extend(paragraphs(waiting))
        waiting = []
        items.append(whole[index - len(runs)])
    items.extend(paragraphs(waiting))
    return items, _doubt(runs, boxes[:n_inner], in_cycles)


def _doubt(runs: Sequence[list[Line]], boxes: Sequence[tuple[float, float, float, float]], in_cycles: int) -> str:
    """Why the layout may be wrong. `boxes` are those of the runs and then those of the tables.

    A page of very many text runs is damaged or hostile: nothing is gained by asking the model, and much time lost.
    """
    if len(boxes) > MAX_TEXT_RUNS or sum(map(len, runs)) > MAX_LINES:
        return ""
    if in_cycles >= CYCLIC:
        return f"the order of {in_cycles} pieces of text is ambiguous"
    beside = max((_beside(one, two) for one in runs for two in runs if one is not two), default=0)
    if beside >= BESIDE:
        return f"{beside} short lines stand beside others"
    prose = [box for box, run in zip(boxes, runs, strict=False) if sum(len(line.text.split()) for line in run) >= PROSE]
    prose.extend(boxes[len(runs) :])
    if len(prose) < 2:
        return ""
    x0, y0, x1, y1 = np.asarray(prose).T
    across = np.minimum(x1[:, None], x1) - np.maximum(x0[:, None], x0) > 6.0
    down = np.minimum(y1[:, None], y1) - np.maximum(y0[:, None], y0) > 4.0
    overlaps = (int((across & down).sum()) - len(prose)) // 2
    return f"{overlaps} pieces of text cover one another" if overlaps >= OVERLAPS else ""


def _beside(left: list[Line], right: list[Line]) -> int:
    """How many short lines of a text run stand right beside lines of another: most of them, or none count."""
    if len(left) < BESIDE or sum(len(line.text) for line in left) > TERM * len(left):
        return 0
    edge, start = max(line.x1 for line in left), min(line.x0 for line in right)
    if not 0 <= start - edge < 10 * left[0].size or right[0].y0 > left[-1].y1 or right[-1].y1 < left[0].y0:
        return 0
    heights = [line.y1 for line in right]
    count = sum(any(abs(line.y1 - y) < 0.5 * line.size for y in heights) for line in left)
    return count if count >= 0.6 * len(left) else 0
