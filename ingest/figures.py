"""Drawn figures of a page: where paths cluster, and which text in them is a label rather than something to read."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from ingest.layout import Line, bounds, pieces
from ingest.section_names import SECTIONS
from ingest.text_layer import TextLayer

CELL = 12.0
"""Side of a cell of the grid on which paths are put together, in points."""
MIN_PATHS = 12
"""Fewer paths make no diagram."""
MIN_SIDE = 50.0
"""A smaller cluster is a logo, a formula or an underline."""
LABEL_WORDS = 3
"""A run of text in a figure with at most this many words is a label (a tick, a legend, a panel's letter)."""
MARGIN = 14.0
"""Labels of axes stand a little outside of what is drawn, in points."""
_WORD = re.compile(r"[^\W\d_]{3,}")


def find_figures(layer: TextLayer, width: float, height: float) -> list[tuple[float, float, float, float]]:
    """Boxes of clusters of paths that are no mere frames or rules."""
    boxes = list(layer.shapes)
    if layer.n_curves < 6 or len(boxes) + len(layer.horizontal) + len(layer.vertical) < MIN_PATHS:
        return []
    boxes.extend((x0, y - 0.5, x1, y + 0.5) for x0, x1, y in layer.horizontal if x1 - x0 < 0.7 * width)
    boxes.extend((x - 0.5, y0, x + 0.5, y1) for y0, y1, x in layer.vertical if y1 - y0 < 0.7 * height)
    columns, rows = int(min(width, 5000) / CELL) + 2, int(min(height, 5000) / CELL) + 2
    grid = np.zeros((rows, columns), dtype=bool)
    for x0, y0, x1, y1 in boxes:
        if (x1 - x0) * (y1 - y0) > 0.7 * width * height:
            continue
        grid[
            max(0, int(y0 / CELL)) : max(0, int(y1 / CELL) + 2), max(0, int(x0 / CELL)) : max(0, int(x1 / CELL) + 2)
        ] = True
    figures = []
    for x0, y0, x1, y1 in _components(grid):
        box = (x0 * CELL, y0 * CELL, (x1 + 1) * CELL, (y1 + 1) * CELL)
        if box[2] - box[0] < MIN_SIDE or box[3] - box[1] < MIN_SIDE:
            continue
        inside = sum(_within(other, box, 4.0) for other in boxes)
        if inside >= MIN_PATHS:
            figures.append(box)
    return figures


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


def without_labels(lines: list[Line], figures: Sequence[tuple[float, float, float, float]]) -> tuple[list[Line], int]:
    """(lines without the labels of figures, how many labels were left out). Sentences in a figure stay."""
    if not figures:
        return lines, 0
    labels: set[int] = set()
    for box in figures:
        inside = [line for line in lines if _within((line.x0, line.y0, line.x1, line.y1), box, MARGIN)]
        found: set[int] = set()
        words = 0
        for run in pieces(inside):
            text = " ".join(line.text for line in run)
            count = len(_WORD.findall(text))
            x0, y0, x1, y1 = bounds(run)
            short = count <= LABEL_WORDS and SECTIONS.match(text) is None
            if (
                short
                and x0 >= box[0] - MARGIN
                and x1 <= box[2] + MARGIN
                and y0 >= box[1] - MARGIN
                and y1 <= box[3] + MARGIN
            ):
                found.update(id(line) for line in run)
            elif len(run) > 1 and count > 25:
                words += count
        if words < 60:  # otherwise a frame around text
            labels |= found
    return [line for line in lines if id(line) not in labels], len(labels)
