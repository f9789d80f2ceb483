"""Reading lines: the picture of a line in, its text out.

The network (PP-OCRv6, CTC) sees a line 48 pixels high. A line is padded to the width of its bucket and read in a batch
of a fixed size, so that its text depends on its own pixels alone and not on what else happens to be on the page.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

LINE_HEIGHT = 48
NARROWEST = 64
BUCKET = 32
"""Bucket widths are multiples of this many pixels."""
WIDEST = 4096
"""A line that is longer at this height is squeezed to it."""
TALL = 1.5
"""A box this many times as high as wide holds a line that runs downwards (or upwards)."""

Network = Callable[[np.ndarray], np.ndarray]
"""B × 3 × 48 × W float32 to B × T × C probabilities, of which C = 0 is the CTC blank."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a line says."""

    text: str
    confidence: float
    places: tuple[float, ...] = ()
    """Where each character stands, as a share of the picture's width; empty when the engine does not tell."""


def cut_line(image: np.ndarray, box: np.ndarray) -> np.ndarray:
    """The picture of one line, deskewed, h × w × 3; a line that runs downwards is rotated to run to the right."""
    width = int(max(np.linalg.norm(box[0] - box[1]), np.linalg.norm(box[2] - box[3])))
    height = int(max(np.linalg.norm(box[0] - box[3]), np.linalg.norm(box[1] - box[2])))
    width, height = max(width, 1), max(height, 1)
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    rotated = cv2.warpPerspective(
        image,
        cv2.getPerspectiveTransform(box.astype(np.float32), corners),
        (width, height),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.rot90(rotated) if height >= TALL * width else rotated


def is_tall(box: np.ndarray) -> bool:
    """Whether `cut_line` rotates this box."""
    width = int(max(np.linalg.norm(box[0] - box[1]), np.linalg.norm(box[2] - box[3])))
    height = int(max(np.linalg.norm(box[0] - box[3]), np.linalg.norm(box[1] - box[2])))
    return max(height, 1) >= TALL * max(width, 1)


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


def decode(probabilities: np.ndarray, characters: Sequence[str], width: float = 1.0) -> Reading:
    """Greedy CTC: the likeliest class of each step, repeats and blanks left out. T × C in.

    `width` is that of what the network saw in widths of the line's picture.
    """
    classes = probabilities.argmax(axis=1)
    first = np.ones(len(classes), dtype=bool)
    first[1:] = classes[1:] != classes[:-1]
    steps = np.flatnonzero(first & (classes != 0))
    if not len(steps):
        return Reading("", 0.0)
    text = "".join(characters[index] for index in classes[steps])
    places = ((steps + 0.5) * (width / len(classes))).round(4)
    return Reading(text, float(probabilities[steps, classes[steps]].mean()), tuple(places.tolist()))
