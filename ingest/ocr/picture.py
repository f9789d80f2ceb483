"""Pictures on a page, so that the words in them are not taken for running text.

A picture is a connected stretch of ink that is not text, of some size, with little text in it. (A ruled table is
connected, too, but full of text; shaded boxes likewise.)
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from ingest.ocr import OcrLine

LOOK = 72
"""Resolution in dots per inch at which pictures are looked for: sizes below are in points."""
CONTRAST = 36
"""Darker (or lighter) than the paper by this much of 255 is ink."""
BRIDGE = 9
SMALLEST = (60, 45)
"""Width and height."""
LARGEST = 0.8
"""Share of the page above which it is the page: a photograph of a page, a dark border of a scan."""
MOST_TEXT = 0.2
"""Share of a picture's box that text may cover."""
Box = tuple[float, float, float, float]


def find_pictures(image: np.ndarray, lines: Sequence[OcrLine], dpi: float) -> list[Box]:
    """Boxes of the pictures in an RGB page image, in its pixels. `lines` are the lines of text found on it."""
    scale = LOOK / dpi
    height, width = (max(1, round(side * scale)) for side in image.shape[:2])
    grey = cv2.cvtColor(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
    ink = (np.abs(grey.astype(np.int16) - int(np.median(grey))) > CONTRAST).astype(np.uint8)
    text = np.zeros_like(ink)
    for line in lines:
        x0, y0, x1, y1 = (round(value * scale) for value in line.bbox)
        cv2.rectangle(text, (x0, y0), (x1, y1), 1, -1)
    ink[text > 0] = 0
    ink = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((BRIDGE, BRIDGE), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(ink)
    pictures = []
    for x, y, across, down, _ in stats[1:count].tolist():
        if across < SMALLEST[0] or down < SMALLEST[1] or across * down > LARGEST * width * height:
            continue
        if text[y : y + down, x : x + across].mean() < MOST_TEXT:
            pictures.append((x / scale, y / scale, (x + across) / scale, (y + down) / scale))
    return pictures
