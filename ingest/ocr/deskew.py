"""OCR lines in pixels -> even lines in points on an upright, straight page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median

import numpy as np

from ingest.ocr import OcrLine
from ingest.ocr.orientation import rotate_back
from ingest.page.reading_order import Line

BOX_SHARE = 0.72
"""Share of a line's box that is its font size, where the ink could not be measured: boxes have air around the letters."""
LINE_HEIGHT = 1.1
"""Height of a line in font sizes, from the highest to the lowest letter that it might have."""
SAME_SIZE = 0.085
"""Sizes that differ by less than this share are one size: what is left is the error of the measurement."""
LONG_TEXT = 30
"""A line of so many characters is hardly alone in its size."""
SAME_SENTENCE = 1.4
"""Sizes further apart than this ratio are not those of one sentence."""
HEAVIER = 1.25
"""Strokes this much thicker than usual on the page are bold."""
NEARLY = 1.18
"""So are strokes this much thicker, right above or below a bold line of the same size: a title goes on in its own type."""
CLOSE = 1.5
"""Lines of one title are no further apart than this many times their size."""
AIR = 0.2
"""Air at either end of a box, in font sizes."""
LONG_LINE, SHORT_LINE = 6, 2.5
"""Lines this many times as long as high show the skew of the page; where there are hardly any, as in a table, the
three longest do if they are not too short."""


def main_rotation(lines: Sequence[OcrLine]) -> int:
    """The `rotation` of most of the text."""
    weight: dict[int, int] = {}
    for line in lines:
        weight[line.rotation] = weight.get(line.rotation, 0) + len(line.text)
    return max(sorted(weight), key=lambda rotation: weight[rotation], default=0)


def main_skew(lines: Sequence[OcrLine], rotation: int) -> float:
    """Angle in radians by which the text still falls after `rotation`: the median over lines long enough to have one."""
    quads = [
        rotate_back(_corners(line), (360 - rotation) % 360, 0.0, 0.0) for line in lines if line.rotation == rotation
    ]
    runs = [(quad[1] - quad[0], _length(quad[3] - quad[0])) for quad in quads]
    lengths = sorted(((float(np.hypot(*run) / max(tall, 1.0)), float(np.arctan2(*run[::-1]))) for run, tall in runs))
    angles = [angle for length, angle in lengths if length > LONG_LINE]
    if len(angles) < 3:
        angles = [angle for length, angle in lengths[-3:] if length > SHORT_LINE]
    return median(angles) if len(angles) >= 3 else 0.0


def deskew(
    lines: Sequence[OcrLine], rotation: int, skew: float, width: float, height: float, scale: float
) -> list[Line]:
    """Lines that stand upright after `rotation`, in points, with tight boxes and evened sizes.

    `width` and `height` are those of the page in points before it is rotated. The page's own `skew` is taken out by
    rotating it round its centre.
    """
    upright = [line for line in lines if line.rotation == rotation]
    quads = [straight(_corners(line) * scale, rotation, skew, width, height) for line in upright]
    boxes = [_box(quad) for quad in quads]
    characters = [len(line.text) for line in upright]
    measured = [
        line.size * scale or _length(quad[3] - quad[0], quad[2] - quad[1]) * BOX_SHARE
        for line, quad in zip(upright, quads, strict=True)
    ]
    usual = _usual(measured, characters)
    below = _below(measured, boxes, usual)
    sizes = _evened(_like_neighbours(measured, below, boxes, [line.text for line in upright], usual), characters)
    bold = _bold([line.weight for line in upright], characters, sizes, below, boxes)
    return [
        Line(
            x0=x - half + air,
            y0=y - size * LINE_HEIGHT / 2,
            x1=x + half - air,
            y1=y + size * LINE_HEIGHT / 2,
            text=line.text,
            size=size,
            bold=is_bold,
            confidence=line.confidence,
            cuts=tuple(
                (x + (2 * left - 1) * half, x + (2 * right - 1) * half, index) for left, right, index in line.gaps
            ),
        )
        for line, (x, y, half), size, is_bold in zip(upright, boxes, sizes, bold, strict=True)
        for air in [min(AIR * size, half / 2)]
    ]


def straight(points: np.ndarray, rotation: int, skew: float, width: float, height: float) -> np.ndarray:
    """Points (N × 2) of a page of `width` and `height` on the page that `rotation` and taking out `skew` make of it."""
    points = rotate_back(
        points, (360 - rotation) % 360, *((height, width) if rotation in (90, 270) else (width, height))
    )
    centre = np.array([height, width] if rotation in (90, 270) else [width, height]) / 2
    matrix = np.array([[np.cos(skew), np.sin(skew)], [-np.sin(skew), np.cos(skew)]])
    result: np.ndarray = (points - centre) @ matrix.T + centre
    return result


def _box(quad: np.ndarray) -> tuple[float, float, float]:
    """(x and y of the middle, half the length) of a line on the straight page."""
    x, y = quad.mean(axis=0)
    return float(x), float(y), _length(quad[1] - quad[0], quad[2] - quad[3]) / 2


def _bold(
    weights: Sequence[float],
    characters: Sequence[int],
    sizes: Sequence[float],
    below: Mapping[int, int],
    boxes: Sequence[tuple[float, float, float]],
) -> list[bool]:
    """Which lines are bold."""
    usual = _usual(weights, characters)
    result = [weight > HEAVIER * usual > 0 for weight in weights]
    pairs = sorted(below.items(), key=lambda pair: boxes[pair[0]][1])
    for upper, lower in (*pairs, *reversed(pairs)):
        if result[upper] != result[lower] and sizes[upper] == sizes[lower]:
            near = boxes[lower][1] - boxes[upper][1] < CLOSE * sizes[upper]
            if near and min(weights[upper], weights[lower]) > NEARLY * usual:
                result[upper] = result[lower] = True
    return result


def _below(sizes: Sequence[float], boxes: Sequence[tuple[float, float, float]], usual: float) -> dict[int, int]:
    """For each line that has one the line right below it."""
    below: dict[int, int] = {}
    for index, (x, y, half) in enumerate(boxes):
        near = [
            (other_y, number)
            for number, (other_x, other_y, other_half) in enumerate(boxes)
            if 0.3 * usual < other_y - y < 2.2 * max(sizes[index], usual) and abs(other_x - x) < max(half, other_half)
        ]
        if near:
            below[index] = min(near)[1]
    return below


def _like_neighbours(
    sizes: Sequence[float],
    below: Mapping[int, int],
    boxes: Sequence[tuple[float, float, float]],
    texts: Sequence[str],
    usual: float,
) -> list[float]:
    """Sizes with the errors of single lines put right: a line between two of one size has it, too, and so have two
    lines that make one sentence."""
    result = list(sizes)
    above = {lower: upper for upper, lower in below.items()}
    for index in range(len(boxes)):
        group = [index, *(other[index] for other in (above, below) if index in other)]
        if len(group) == 3 and min(len(texts[number]) for number in group) >= LONG_TEXT:
            result[index] = median(sizes[number] for number in group)
    for upper, lower in sorted(below.items(), key=lambda pair: boxes[pair[0]][1]):
        pair = (result[upper], result[lower])
        if (
            max(pair) < SAME_SENTENCE * min(pair)
            and _flows(texts[upper], texts[lower])
            and len(texts[upper]) >= LONG_TEXT
        ):
            result[upper] = result[lower] = min(pair, key=lambda size: abs(size - usual))
    return result


def _flows(upper: str, lower: str) -> bool:
    """Whether a sentence goes on from one line to the next."""
    return lower[:1].islower() or (upper[-1:] in ",-，、" and not lower[:1].isupper())


def letters_box(line: OcrLine) -> tuple[float, float, float, float]:
    """x0, y0, x1, y1 of the letters of a line, in pixels of the image as it was given, however the line lies in it."""
    left, top, right, bottom = line.extent
    corners = _corners(line)
    across = np.array([(left, top), (right, top), (right, bottom), (left, bottom)])
    upper = corners[0] + across[:, :1] * (corners[1] - corners[0])
    lower = corners[3] + across[:, :1] * (corners[2] - corners[3])
    points = upper + across[:, 1:] * (lower - upper)
    (x0, y0), (x1, y1) = points.min(axis=0), points.max(axis=0)
    return float(x0), float(y0), float(x1), float(y1)


def _corners(line: OcrLine) -> np.ndarray:
    if line.quad:
        return np.array(line.quad, dtype=float)
    x0, y0, x1, y1 = line.bbox
    return np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], dtype=float)


def _length(*sides: np.ndarray) -> float:
    return float(np.mean([np.hypot(*side) for side in sides]))


def _usual(values: Sequence[float], weights: Sequence[int]) -> float:
    """Weighted median; 0 without values."""
    if not values:
        return 0.0
    order = np.argsort(values, kind="stable")
    total = np.cumsum(np.array(weights, dtype=float)[order])
    return float(values[order[int(np.searchsorted(total, total[-1] / 2))]])


def _evened(sizes: Sequence[float], weights: Sequence[int]) -> list[float]:
    """Sizes that differ by no more than the error of the measurement become one, the commonest first."""
    steps = [_usual(sizes, weights)]
    result = list(sizes)
    for index in sorted(range(len(sizes)), key=lambda index: (-weights[index], index)):
        size = sizes[index]
        nearest = min(steps, key=lambda step: abs(step - size))
        if abs(nearest - size) > SAME_SIZE * nearest:
            nearest = size
            steps.append(size)
        result[index] = nearest
    return result
