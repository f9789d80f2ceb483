"""Ruling lines on a page image: what frames a table and parts its rows and columns.

A rule is a long, thin, dark run of pixels, drawn through or dotted, or an edge of a stripe that is darker than the
paper. It is looked for on the page rotated upright and made straight, where it lies in a row of pixels and has one
place, and outside of the text, whose letters would run together.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from ingest.page.reading_order import Line
from ingest.page.table_columns import Rule

LOOK = 144
"""Resolution in dots per inch at which rules are looked for; the numbers of pixels below belong to it."""
NEAR = 31
"""Side of the neighbourhood that a rule is darker than, in pixels."""
DARKER = 14
"""By how much of 255; also what a stripe is darker than the paper."""
DOTS = 7
"""Dots of a dotted rule are not further apart, in pixels."""
SHORTEST = 44
"""A rule runs on for so many pixels at least where there is no text."""
LONG = 100
"""What is dark without a gap for so many pixels is a rule also where it touches text."""
THICKEST = 8
"""What is thicker is a stripe, in pixels."""
STEEPEST = 0.015
"""Pixels that a rule may still fall for each pixel of its length."""
SOLID = 0.8
"""Share of a stripe's box that is dark; a picture has less."""


def find_rules(
    image: np.ndarray, lines: Sequence[Line], rotation: int, skew: float, scale: float
) -> tuple[list[Rule], list[Rule]]:
    """(horizontal, vertical) rules of an RGB page image, in points of its upright and straight page.

    `lines` is the text on that page. `rotation` is by how many degrees (0, 90, 180, 270) the image is to be rotated
    clockwise to stand upright, `skew` the angle in radians by which its lines then still fall, `scale` points per
    pixel. A horizontal rule is (x0, x1, y), a vertical one (y0, y1, x).
    """
    zoom = min(1.0, LOOK * scale / 72)
    grey = cv2.cvtColor(cv2.resize(image, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
    grey = np.ascontiguousarray(np.rot90(grey, -(rotation // 90)))
    height, width = grey.shape
    if skew:
        rotated = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), float(np.degrees(skew)), 1.0)
        grey = cv2.warpAffine(grey, rotated, (width, height), borderMode=cv2.BORDER_REPLICATE)
    thin = cv2.adaptiveThreshold(grey, 1, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, NEAR, DARKER)
    dark = thin | (grey < np.median(grey) - DARKER).astype(np.uint8)
    points = scale / zoom
    blank = dark.copy()
    for line in lines:
        x0, y0, x1, y1 = (round(value / points) for value in (line.x0, line.y0, line.x1, line.y1))
        box = blank[max(0, y0) : max(0, y1), max(0, x0) : max(0, x1)]
        box[:] = box.size > 0 and box.mean() > 0.5  # white letters on a dark stripe
    return _rules(dark, blank, points), _rules(dark.T, blank.T, points)


def _rules(dark: np.ndarray, blank: np.ndarray, points: float) -> list[Rule]:
    """Horizontal rules of a mask, from the top down. `blank` is the mask without text; `points` per pixel."""
    # A line may step by a pixel, where the page is not quite straight.
    dark, blank = (cv2.dilate(np.ascontiguousarray(mask), np.ones((3, 1), np.uint8)) for mask in (dark, blank))
    joined = cv2.morphologyEx(blank, cv2.MORPH_CLOSE, np.ones((1, DOTS), np.uint8))
    short = cv2.morphologyEx(joined, cv2.MORPH_OPEN, np.ones((1, SHORTEST), np.uint8))
    runs = cv2.bitwise_or(short, cv2.morphologyEx(dark, cv2.MORPH_OPEN, np.ones((1, LONG), np.uint8)))
    count, _, stats, _ = cv2.connectedComponentsWithStats(runs)
    rules: list[Rule] = []
    for x, y, w, h, area in stats[1:count].tolist():
        if area <= THICKEST * w and h <= THICKEST + STEEPEST * w:
            middles = [y + h / 2]
        elif area >= SOLID * w * h:
            middles = [y + 1.0, y + h - 1.0]
        else:
            continue
        rules += [(x * points, (x + w) * points, middle * points) for middle in middles]
    return sorted(rules, key=lambda rule: (rule[2], rule[0]))
