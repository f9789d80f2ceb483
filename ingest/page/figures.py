"""Figures of a page: where paths cluster or images stand, and which text on them is a label rather than something to read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ingest.page.reading_order import Line, bounds, text_runs
from ingest.page.section_names import FIGURE_CAPTION, SECTIONS
from ingest.page.text_layer import TextLayer
from medpress.writing_systems import HAN

Box = tuple[float, float, float, float]
"""x0, y0, x1, y1 in points."""

CELL = 12.0
"""Side of a cell of the grid on which paths are put together, in points."""
MIN_PATHS = 12
"""Fewer paths make no diagram."""
MIN_CURVES = 6
"""Paths other than rules and rectangles that a diagram has; without them it is a table or a frame."""
MIN_SIDE = 50.0
"""A smaller cluster is a logo, a formula or an underline."""
MAX_SHARE = 0.7
"""What covers more of the page than this is its background."""
LABEL_WORDS = 3
"""A run of text in a figure with at most this many words is a label (a tick, a legend, a panel's letter)."""
LABEL_LINES = 6
"""A legend may have so many lines of as many words."""
MARGIN = 14.0
"""Labels of axes stand a little outside of what is drawn, in points."""
CAPTION_REACH = 60.0
"""A caption stands no further below its figure than this, in points."""
LABEL_REACH = 30.0
"""Above and beside a figure with a caption, labels stand within this distance, in points."""
HEAD_SHARE = 0.06
"""Share of the page's height at its top in which headers stand."""
_WORD = re.compile(r"[^\W\d_]{3,}")
_LETTERS = re.compile(rf"[^\W\d_]{{2}}|[{HAN}]")


@dataclass(frozen=True, slots=True)
class Figure:
    """An image, or a cluster of paths that is no mere frame or rule."""

    box: Box
    """Where it stands."""
    surroundings: Box | None
    """Where its labels may stand: as far as its caption, and a little above and beside it. None without a caption."""


def find_figures(layer: TextLayer, width: float, height: float) -> list[Figure]:
    """The figures of a page, drawn ones and images."""
    boxes = _drawings(layer, width, height) + _images(layer.images, width, height)
    if not boxes:
        return []
    captions = [bounds(run) for run in text_runs(layer.lines) if FIGURE_CAPTION.match(run[0].text)]
    return [Figure(box, around) for box, around in zip(boxes, _surroundings(boxes, captions), strict=True)]


def _drawings(layer: TextLayer, width: float, height: float) -> list[Box]:
    if len(layer.curves) < MIN_CURVES:
        return []
    boxes = [*layer.shapes, *layer.curves]
    if len(boxes) + len(layer.horizontal) + len(layer.vertical) < MIN_PATHS:
        return []
    boxes.extend((x0, y - 0.5, x1, y + 0.5) for x0, x1, y in layer.horizontal if x1 - x0 < 0.7 * width)
    boxes.extend((x - 0.5, y0, x + 0.5, y1) for y0, y1, x in layer.vertical if y1 - y0 < 0.7 * height)
    figures = []
    for box in _clusters(boxes, width, height):
        inside = sum(_within(other, box, 4.0) for other in boxes)
        curves = sum(_within(other, box, 4.0) for other in layer.curves)
        if inside >= MIN_PATHS and curves >= MIN_CURVES:
            figures.append(box)
    return figures


def _images(images: Sequence[Box], width: float, height: float) -> list[Box]:
    """Boxes around images; tiles and panels of one picture are put together."""
    return _clusters(images, width, height) if images else []


def _clusters(boxes: Sequence[Box], width: float, height: float) -> list[Box]:
    """Boxes around what stands close together, without what is small and what is the page's background."""
    columns, rows = int(min(width, 5000) / CELL) + 2, int(min(height, 5000) / CELL) + 2
    grid = np.zeros((rows, columns), dtype=bool)
    for x0, y0, x1, y1 in boxes:
        if (x1 - x0) * (y1 - y0) > MAX_SHARE * width * height:
            continue
        grid[
            max(0, int(y0 / CELL)) : max(0, int(y1 / CELL) + 2), max(0, int(x0 / CELL)) : max(0, int(x1 / CELL) + 2)
        ] = True
    found = [(x0 * CELL, y0 * CELL, (x1 + 1) * CELL, (y1 + 1) * CELL) for x0, y0, x1, y1 in _components(grid)]
    return [
        (x0, y0, x1, y1)
        for x0, y0, x1, y1 in found
        if min(x1 - x0, y1 - y0) >= MIN_SIDE and (x1 - x0) * (y1 - y0) <= MAX_SHARE * width * height
    ]


def _within(inner: Sequence[float], outer: Sequence[float], slack: float) -> bool:
    x, y = (inner[0] + inner[2]) / 2, (inner[1] + inner[3]) / 2
    return outer[0] - slack <= x <= outer[2] + slack and outer[1] - slack <= y <= outer[3] + slack


def _components(grid: np.ndarray) -> list[tuple[int, int, int, int]]:
    """Boxes (x0, y0, x1, y1 in cells) of the connected parts of a grid."""
    waiting = set(map(tuple, np.argwhere(grid).tolist()))
    result = []
    while waiting:
        start = waiting.pop()
        stack = [start]
        y0, x0 = y1, x1 = start
        while stack:
            y, x = stack.pop()
            y0, y1, x0, x1 = min(y0, y), max(y1, y), min(x0, x), max(x1, x)
            for near in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
                if near in waiting:
                    waiting.remove(near)
                    stack.append(near)
        result.append((x0, y0, x1, y1))
    return result


def in_figure(line: Line, figures: Sequence[Figure]) -> bool:
    """Whether a line's middle lies in a figure with a caption."""
    box = (line.x0, line.y0, line.x1, line.y1)
    return any(figure.surroundings is not None and _within(box, figure.box, 0.0) for figure in figures)


def without_labels(
    lines: list[Line], figures: Sequence[Figure], body_size: float, height: float
) -> tuple[list[Line], list[Line]]:
    """(lines without the labels of figures, the labels). Sentences in a figure stay.

    On a figure with a caption a run of few words is a label, and so it is close around the figure in print no larger
    than the text; on one without a caption only numbers and single letters are: the rest may belong to a form or a slide.
    """
    if not figures:
        return lines, []
    labels: set[int] = set()
    below_header = [line for line in lines if line.y1 > HEAD_SHARE * height]
    runs = [(run, bounds(run), " ".join(line.text for line in run)) for run in text_runs(below_header)]
    for figure, reach in ((figure.box, figure.surroundings) for figure in figures):
        found: set[int] = set()
        words = 0
        for run, box, text in runs:
            count = len(_WORD.findall(text))
            if count > (LABEL_WORDS * min(len(run), LABEL_LINES) if _contains(figure, box, 0.0) else LABEL_WORDS):
                if len(run) > 1 and count > 25 and _within(box, figure, MARGIN):
                    words += count
            elif reach is None:
                if _contains(figure, box, 0.0) and not _LETTERS.search(text):
                    found.update(id(line) for line in run)
            elif not SECTIONS.match(text):
                plain = not run[0].bold and run[0].size <= body_size + 0.3
                if _contains(figure, box, MARGIN) or (plain and _contains(reach, box, 0.0)):
                    found.update(id(line) for line in run)
        if words < 60:  # otherwise a frame around text
            labels |= found
    return [line for line in lines if id(line) not in labels], [line for line in lines if id(line) in labels]


def _surroundings(figures: Sequence[Box], captions: Sequence[Box]) -> list[Box | None]:
    """`Figure.surroundings` of each. Panels above one another share the caption below them."""
    result: list[Box | None] = [None] * len(figures)
    ends = [(box, True) for box in captions]
    for number in sorted(range(len(figures)), key=lambda i: -figures[i][3]):
        x0, y0, x1, y1 = figures[number]
        for (left, top, right, bottom), own in ends:
            if min(right, x1) <= max(left, x0):
                continue
            if -MARGIN <= top - y1 <= CAPTION_REACH:
                left, right = (min(left, x0), max(right, x1)) if own else (x0 - LABEL_REACH, x1 + LABEL_REACH)
                result[number] = (max(x0 - LABEL_REACH, left), y0 - LABEL_REACH, min(x1 + LABEL_REACH, right), top)
                break
            if own and -MARGIN <= y0 - bottom <= LABEL_REACH:
                result[number] = figures[number]
                break
        if result[number] is not None:
            ends.append((figures[number], False))
    return result


def _contains(outer: Box, inner: Box, slack: float) -> bool:
    return (
        inner[0] >= outer[0] - slack
        and inner[1] >= outer[1] - slack
        and inner[2] <= outer[2] + slack
        and inner[3] <= outer[3] + slack
    )
