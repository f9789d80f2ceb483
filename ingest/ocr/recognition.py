"""One line: its picture cut out of the page, and its text out of what the network (PP-OCRv6, CTC) says of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

LINE_HEIGHT = 48
"""Pixels; the height at which the network sees a line."""
TALL = 1.5
"""A box this many times as high as wide holds a line that runs downwards (or upwards)."""


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
