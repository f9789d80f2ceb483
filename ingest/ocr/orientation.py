"""Reading a page that lies on its side or stands on its head.

Upright pages pay nothing for this: the lines that decide are lines of the page, and their reading is kept.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Iterable

import numpy as np

from ingest import marks
from ingest.ocr import OcrLine
from ingest.ocr.ink import measure
from ingest.ocr.raised import wrap_raised, write_marks
from ingest.ocr.recognition import Reading, cut_line, is_tall

FindBoxes = Callable[[np.ndarray, float], np.ndarray]
ReadPictures = Callable[[list[np.ndarray]], list[Reading]]

LEAST_CONFIDENCE = 0.5
"""A line below this is noise (a picture, a stamp, a stain) and left out."""
SURE = 0.90
"""Sample lines that are read with this confidence stand upright."""
SAMPLE = 5
MARGIN = 0.05
"""By how much a page turned on its head has to read better."""


def read_upright(image: np.ndarray, dpi: float, find_boxes: FindBoxes, read_pictures: ReadPictures) -> list[OcrLine]:
    """Lines of a page image, with `rotation` set and their places on the image as it was given."""
    boxes = find_boxes(image, dpi)
    if not len(boxes):
        return []
    pictures = [cut_line(image, box) for box in boxes]
    tall = np.array([is_tall(box) for box in boxes])
    lengths = np.array([picture.shape[1] for picture in pictures])
    sideways = bool(lengths[tall].sum() > lengths[~tall].sum())
    sample = [number for number in np.argsort(-lengths, kind="stable") if tall[number] == sideways][:SAMPLE]
    readings = dict(zip(sample, read_pictures([pictures[number] for number in sample]), strict=True))
    rotation = 270 if sideways else 0
    if certainty(readings.values()) < SURE:
        rotated = read_pictures([np.rot90(pictures[number], 2) for number in sample])
        if certainty(rotated) > certainty(readings.values()) + MARGIN:
            rotation = (rotation + 180) % 360
    if rotation:
        upright = np.ascontiguousarray(np.rot90(image, -(rotation // 90)))
        boxes = find_boxes(upright, dpi)
        pictures, readings = [cut_line(upright, box) for box in boxes], {}
    rest = [number for number in range(len(boxes)) if number not in readings]
    readings |= dict(zip(rest, read_pictures([pictures[number] for number in rest]), strict=True))
    lines = [
        make_line(box, picture, readings[number], rotation, image.shape)
        for number, (box, picture) in enumerate(zip(boxes, pictures, strict=True))
        if readings[number].confidence >= LEAST_CONFIDENCE and readings[number].text.strip()
    ]
    return write_marks(lines)


def certainty(readings: Iterable[Reading]) -> float:
    """How sure some lines are together: the median, which one bad line does not move."""
    return float(np.median([reading.confidence for reading in readings]))


def make_line(box: np.ndarray, picture: np.ndarray, reading: Reading, rotation: int, shape: tuple[int, ...]) -> OcrLine:
    """The line that `reading` found in `picture`, cut out at `box` of the image after it was rotated by `rotation`.

    `shape` is that of the image before (rows, columns).
    """
    if is_tall(box):
        # cut_line rotated it counter-clockwise: its text runs downwards from the upper right corner.
        box, own_rotation = np.roll(box, -1, axis=0), 270
    else:
        own_rotation = 0
    quad = rotate_back(box.astype(float), rotation, shape[1] - 1, shape[0] - 1).round(1).tolist()
    xs, ys = [x for x, _ in quad], [y for _, y in quad]
    ink = measure(picture, reading.text)
    text = reading.text.strip()
    indent = reading.text.index(text)
    wrapped, places = wrap_raised(picture, reading, ink.size).strip(), [0]
    for index, character in enumerate(wrapped):
        if not marks.is_wrap(character):
            places.append(index + 1)
    return OcrLine(
        text=wrapped,
        bbox=(min(xs), min(ys), max(xs), max(ys)),
        confidence=round(reading.confidence, 4),
        quad=tuple((x, y) for x, y in quad),
        extent=ink.extent,
        rotation=(rotation + own_rotation) % 360,
        size=round(ink.size, 1),
        weight=round(ink.weight, 3),
        gaps=tuple(
            (round(left, 4), round(right, 4), places[index])
            for left, right in ink.gaps
            for index in [bisect(reading.places, (left + right) / 2) - indent]
            if 0 < index < len(text)
        ),
    )


def rotate_back(points: np.ndarray, rotation: int, width: float, height: float) -> np.ndarray:
    """Points (N × 2) on a sheet that was rotated clockwise by `rotation` degrees, as points on the sheet before.

    `width` and `height` are those of the sheet before. Pixels are points at their centres, so for an image they are one
    less than the number of columns and rows.
    """
    x, y = points[:, 0], points[:, 1]
    if rotation == 90:
        return np.stack([y, height - x], axis=1)
    if rotation == 180:
        return np.stack([width - x, height - y], axis=1)
    if rotation == 270:
        return np.stack([width - y, x], axis=1)
    return points
