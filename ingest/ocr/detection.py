"""Finding lines of text: a page image in, rotated rectangles out.

The network gives a probability for each pixel to be in the core of a text line (DB, "Real-time Scene Text Detection
with Differentiable Binarization", Liao et al. 2020); the rectangles are the cores, grown again by the ratio that
training shrank them by. The numbers below are those that the PP-OCRv6 weights are published with.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import cv2
import numpy as np

PIXEL_THRESHOLD = 0.3
BOX_THRESHOLD = 0.5
GROWTH = 1.6
"""Distance by which a core is grown, as a share of its area over its perimeter."""
MOST_BOXES = 1500
SMALLEST_CORE = 3
"""Shortest side of a core in pixels of the detection image."""
STRIDE = 32
LONGEST_SIDE = 960
"""Detection works on a page of at most this many pixels on its longer side."""
FEW_LINES = 30
FINER_SIDE = 1600
USUAL_PAGE_INCHES = 11.7
MOST_SIDE = 2560
"""However large the sheet."""
STRIP = 3
"""An image this many times as high as wide is no sheet but a strip of them (a long screenshot): searched in tiles."""
TILE = 1.5
"""Height of a tile in widths, at most."""

Network = Callable[[np.ndarray], np.ndarray]
"""1 × 3 × H × W float32 to 1 × 1 × H × W probabilities; H and W are multiples of `STRIDE`."""


def find_boxes(image: np.ndarray, dpi: float, network: Network) -> np.ndarray:
    """Rectangles of the text lines in an RGB image, N × 4 × 2 float32 pixels.

    Corners go clockwise from the one that is top left on the image; boxes from top to bottom. A sheet larger than A4 is
    searched at the resolution that an A4 page has, so that its text does not shrink out of sight, and a long strip tile
    by tile. A page with few lines is searched a second time, finer, for lines that were overlooked: there it costs little beside the reading.
    """
    height, width = image.shape[:2]
    if height > STRIP * width >= STRIP * STRIDE:
        bounds = _tiles(image)
        found = [
            find_boxes(image[top:bottom], dpi, network) + np.array([0, top], dtype=np.float32)
            for top, bottom in pairwise(bounds)
        ]
        return np.concatenate(found)
    inches = max(height, width) / max(dpi, 1.0)
    limit = min(LONGEST_SIDE * max(1.0, inches / USUAL_PAGE_INCHES), MOST_SIDE)
    boxes = _search(image, limit, network)
    if 0 < len(boxes) < FEW_LINES and limit < FINER_SIDE <= max(height, width):
        finer = _search(image, FINER_SIDE, network)
        boxes = np.concatenate([boxes, [box for box in finer if not _covered(box, boxes)] or boxes[:0]])
    return boxes[np.argsort(boxes[:, :, 1].min(axis=1), kind="stable")]


def _tiles(image: np.ndarray) -> list[int]:
    """Rows at which a strip is cut, its ends included: the emptiest row of the last third of each tile."""
    height, width = image.shape[:2]
    unrest = cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2GRAY).std(axis=1)
    cuts = [0]
    while height - cuts[-1] > TILE * width:
        first, last = cuts[-1] + int(TILE * width * 2 / 3), cuts[-1] + int(TILE * width)
        cuts.append(first + int(unrest[first:last].argmin()))
    return [*cuts, height]


def _covered(box: np.ndarray, boxes: np.ndarray) -> bool:
    """Whether the middle of a box lies in one of `boxes`, or the middle of one of them in it."""
    x, y = box.mean(axis=0)
    lows, highs = boxes.min(axis=1), boxes.max(axis=1)
    inside = (lows[:, 0] <= x) & (x <= highs[:, 0]) & (lows[:, 1] <= y) & (y <= highs[:, 1])
    middles = boxes.mean(axis=1)
    (x0, y0), (x1, y1) = box.min(axis=0), box.max(axis=0)
    around = (x0 <= middles[:, 0]) & (middles[:, 0] <= x1) & (y0 <= middles[:, 1]) & (middles[:, 1] <= y1)
    return bool((inside | around).any())


def _search(image: np.ndarray, limit: float, network: Network) -> np.ndarray:
    height, width = image.shape[:2]
    ratio = min(1.0, limit / max(height, width))
    rows, columns = (max(STRIDE, round(side * ratio / STRIDE) * STRIDE) for side in (height, width))
    smoothing = cv2.INTER_AREA if ratio < 1.0 else cv2.INTER_LINEAR
    small = cv2.resize(image, (columns, rows), interpolation=smoothing)[:, :, ::-1]
    pixels = (small.astype(np.float32) * (2 / 255) - 1).transpose(2, 0, 1)[None]
    probability = network(np.ascontiguousarray(pixels))[0, 0]
    boxes = _boxes(probability) * np.array([width / columns, height / rows], dtype=np.float32)
    np.clip(boxes, 0, [width - 1, height - 1], out=boxes)
    return boxes


def _boxes(probability: np.ndarray) -> np.ndarray:
    mask = cv2.dilate((probability > PIXEL_THRESHOLD).astype(np.uint8), np.ones((2, 2), np.uint8))
    contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    found = []
    for contour in contours[:MOST_BOXES]:
        centre, (across, down), angle = cv2.minAreaRect(contour)
        if min(across, down) < SMALLEST_CORE:
            continue
        if _mean_inside(probability, cv2.boxPoints((centre, (across, down), angle))) < BOX_THRESHOLD:
            continue
        # A rectangle grown by a distance on all sides, its rounded corners squared, is a larger rectangle.
        distance = across * down * GROWTH / (2 * (across + down))
        found.append(_clockwise(cv2.boxPoints((centre, (across + 2 * distance, down + 2 * distance), angle))))
    return np.array(found, dtype=np.float32).reshape(-1, 4, 2)


def _mean_inside(probability: np.ndarray, corners: np.ndarray) -> float:
    height, width = probability.shape
    x0, y0 = (max(0, math.floor(value)) for value in corners.min(axis=0))
    x1, y1 = (math.ceil(value) for value in corners.max(axis=0))
    x1, y1 = min(x1, width - 1), min(y1, height - 1)
    if x1 < x0 or y1 < y0:
        return 0.0
    mask = np.zeros((y1 - y0 + 1, x1 - x0 + 1), dtype=np.uint8)
    cv2.fillPoly(mask, [(corners - (x0, y0)).astype(np.int32)], (1,))
    return float(cv2.mean(probability[y0 : y1 + 1, x0 : x1 + 1], mask)[0])


def _clockwise(corners: np.ndarray) -> np.ndarray:
    """Top left, top right, bottom right, bottom left."""
    by_x = corners[np.argsort(corners[:, 0], kind="stable")]
    left = by_x[:2][np.argsort(by_x[:2, 1], kind="stable")]
    right = by_x[2:][np.argsort(by_x[2:, 1], kind="stable")]
    return np.stack([left[0], right[0], right[1], left[1]])
