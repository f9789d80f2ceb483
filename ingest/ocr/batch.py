"""Lines in batches: the pictures of many lines in, their text out.

The network sees a line 48 pixels high. A line is padded to the width of its bucket and read in a batch of a fixed size,
so that its text depends on its own pixels alone and not on what else happens to be on the page.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from ingest.ocr.recognition import LINE_HEIGHT, Reading, decode

NARROWEST = 64
BUCKET = 32
"""Bucket widths are multiples of this many pixels."""
WIDEST = 4096
"""A line that is longer at this height is squeezed to it."""

Network = Callable[[np.ndarray], np.ndarray]
"""B × 3 × 48 × W float32 to B × T × C probabilities, of which C = 0 is the CTC blank."""


def recognise(pictures: Sequence[np.ndarray], network: Network, characters: Sequence[str], batch: int) -> list[Reading]:
    """The text of each picture, in their order. `characters[i]` is class i; class 0 is the blank and is not looked up.

    `batch` lines of one bucket go through the network together; a batch that is not full is filled with blank lines.
    """
    buckets: dict[int, list[int]] = {}
    for number, picture in enumerate(pictures):
        buckets.setdefault(_bucket(picture), []).append(number)
    readings = [Reading("", 0.0)] * len(pictures)
    for width, numbers in sorted(buckets.items()):
        for start in range(0, len(numbers), batch):
            chunk = numbers[start : start + batch]
            lines = np.zeros((batch, 3, LINE_HEIGHT, width), dtype=np.float32)
            for row, number in enumerate(chunk):
                _draw(pictures[number], lines[row])
            probabilities = network(lines)
            for row, number in enumerate(chunk):
                readings[number] = decode(probabilities[row], characters, width / _natural_width(pictures[number]))
    return readings


def _natural_width(picture: np.ndarray) -> int:
    height, width = picture.shape[:2]
    return min(max(1, -(-width * LINE_HEIGHT // height)), WIDEST)


def _bucket(picture: np.ndarray) -> int:
    return max(NARROWEST, -(-_natural_width(picture) // BUCKET) * BUCKET)


def _draw(picture: np.ndarray, line: np.ndarray) -> None:
    width = _natural_width(picture)
    smoothing = cv2.INTER_AREA if picture.shape[0] > LINE_HEIGHT else cv2.INTER_LINEAR
    scaled = cv2.resize(picture, (width, LINE_HEIGHT), interpolation=smoothing)[:, :, ::-1].transpose(2, 0, 1)
    np.multiply(scaled, 2 / 255, out=line[:, :, :width], dtype=np.float32)
    line[:, :, :width] -= 1
