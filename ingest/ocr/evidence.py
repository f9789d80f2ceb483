"""Recognised lines of a page image -> what the analysis of a page is told of any page: upright lines, rules and pictures.

The engines give lines without fonts, with boxes that jitter by some pixels and heights that depend on whether a line has an
ascender; a page may be skewed or stand on its side or head. So: rotate it upright, take the skew out, even out the sizes, put
the parts of a line together, and look for rules and pictures on the image. What a line is, nobody asks here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np

from ingest.document import Block
from ingest.ocr import OcrLine
from ingest.ocr.deskew import deskew, letters_box, main_rotation, main_skew, straight
from ingest.ocr.picture import find_pictures
from ingest.ocr.rules import find_rules
from ingest.page.layout_model import Region
from ingest.page.reading_order import Line, bounds
from ingest.page.text_layer import TextLayer, rotated_back
from medpress.writing_systems import is_east_asian

SHORTEST_LINE = 9
"""Two lines beside one another that are both longer than this many times their size stand in two columns."""
SAME_SHARE = 0.1
"""Two blocks that cover shares of a line this close to one another have it both: a title and the text that follows on its line."""
FRAME = 2.0
"""Points that the frame of a picture may stand beside its edge."""

Box = tuple[float, float, float, float]
"""x0, y0, x1, y1 in points."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A recognised page as its analysis is told of it, and the way back to the page as it was given."""

    layer: TextLayer
    """Its lines, rules and pictures on the page rotated upright and made straight, in points."""
    width: float
    """Width of the upright page in points."""
    height: float
    """Height of the upright page in points."""
    regions: tuple[Region, ...]
    """What the engine's own layout model marked out, in reading order; empty where it has none."""
    places: tuple[tuple[Box, Box, OcrLine], ...]
    """Of each recognised line its box on the upright page, the box round its letters on the page as it was given, and itself."""

    def on_page(self, blocks: Sequence[Block]) -> tuple[Block, ...]:
        """Blocks of the upright page with their boxes round the letters of their lines on the page as it was given.

        A line is of the block that covers most of it, as the boxes of lines that are set close, or crossed out, reach into
        others. A block is as sure as its lines are on average, each counted by its characters.
        """
        if not self.places:
            return tuple(blocks)
        boxes = np.array([block.bbox for block in blocks], dtype=float).reshape(-1, 1, 4)
        lines = np.array([box for box, *_ in self.places], dtype=float).reshape(1, -1, 4)
        sides = np.minimum(boxes[..., 2:], lines[..., 2:]) - np.maximum(boxes[..., :2], lines[..., :2])
        size = np.maximum(lines[..., 2:] - lines[..., :2], 1e-9)
        covered = np.clip(sides / size, 0, 1).prod(axis=-1)  # blocks × lines
        own = (covered > 0) & (covered >= covered.max(axis=0, initial=0) - SAME_SHARE)
        middles = (lines[..., :2] + lines[..., 2:]) / 2
        apart = np.maximum(boxes[..., :2] - middles, middles - boxes[..., 2:]).max(axis=-1).clip(0)
        return tuple(
            self._placed(block, np.flatnonzero(its if its.any() else distance == distance.min()))
            for block, its, distance in zip(blocks, own, apart, strict=True)
        )

    def _placed(self, block: Block, numbers: np.ndarray) -> Block:
        own = [self.places[number] for number in numbers.tolist()]
        x0, y0, x1, y1 = zip(*(letters for _, letters, _ in own), strict=True)
        characters = sum(len(line.text) for *_, line in own)
        confidence = sum(len(line.text) * line.confidence for *_, line in own) / max(1, characters)
        box = (round(min(x0), 2), round(min(y0), 2), round(max(x1), 2), round(max(y1), 2))
        return replace(block, bbox=box, confidence=round(confidence, 4), size=round(block.size, 1))


def evidence_of(
    lines: Sequence[OcrLine], width: float, height: float, scale: float, image: np.ndarray | None = None
) -> Evidence:
    """What is known of a page by the lines that an engine recognised on it, in pixels.

    `width` and `height` are those of the page in points; `scale` is points per pixel (72 / dpi); `image` the page image
    (H × W × 3, uint8, RGB), on which rules and pictures are looked for.
    """
    rotation = main_rotation(lines)
    skew = main_skew(lines, rotation)
    across, down = (height, width) if rotation in (90, 270) else (width, height)
    layer = TextLayer(source=[line.text for line in lines], characters=sum(len(line.text) for line in lines))
    places: list[tuple[Box, Box, OcrLine]] = []
    ordered = sorted(lines, key=lambda line: (line.rotation != rotation, line.rotation))
    for turn, group in groupby(ordered, key=lambda line: line.rotation):
        own = list(group)
        upright = deskew(own, turn, skew, width, height, scale)
        angle = (turn - rotation) % 360
        for line, recognised in zip(upright, own, strict=True):
            box = (line.x0, line.y0, line.x1, line.y1)
            x0, y0, x1, y1 = letters_box(recognised)
            letters = (x0 * scale, y0 * scale, x1 * scale, y1 * scale)
            places.append((rotated_back(box, angle, across, down) if angle else box, letters, recognised))
        if angle:
            layer.rotated[angle] = joined(upright)
        else:
            layer.lines = upright
    if image is not None:
        layer.images = [
            _upright_box(box, scale, rotation, skew, width, height) for box in find_pictures(image, lines, 72 / scale)
        ]
        horizontal, vertical = find_rules(image, layer.lines, rotation, skew, scale)
        # What a picture shows, and its frame, parts no text.
        layer.horizontal = [rule for rule in horizontal if not _in_any(layer.images, (rule[0] + rule[1]) / 2, rule[2])]
        layer.vertical = [rule for rule in vertical if not _in_any(layer.images, rule[2], (rule[0] + rule[1]) / 2)]
    regions = _regions(layer.lines, ordered)
    layer.lines = joined(layer.lines)
    return Evidence(layer, across, down, regions, tuple(places))


def _in_any(boxes: Sequence[Box], x: float, y: float) -> bool:
    return any(x0 - FRAME <= x <= x1 + FRAME and y0 - FRAME <= y <= y1 + FRAME for x0, y0, x1, y1 in boxes)


def _upright_box(box: Box, scale: float, rotation: int, skew: float, width: float, height: float) -> Box:
    x0, y0, x1, y1 = box
    corners = np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], dtype=float) * scale
    upright = straight(corners, rotation, skew, width, height)
    (left, top), (right, bottom) = upright.min(axis=0).tolist(), upright.max(axis=0).tolist()
    return left, top, right, bottom


def _regions(upright: Sequence[Line], lines: Sequence[OcrLine]) -> tuple[Region, ...]:
    """The regions of an engine's layout model round their lines; `upright` are the first of `lines` on the upright page."""
    inside: dict[tuple[int, str], list[Line]] = {}
    for line, recognised in zip(upright, lines, strict=False):
        if recognised.region is not None:
            inside.setdefault((recognised.region.order, recognised.region.kind), []).append(line)
    return tuple(Region(kind, bounds(own)) for (_, kind), own in sorted(inside.items(), key=lambda item: item[0]))


def joined(lines: Sequence[Line]) -> list[Line]:
    """Lines that an engine broke at a wide space, whole again; the space stays a place where a table may have a border."""
    result: list[Line] = []
    for row in _rows(lines):
        parts = [row[0]]
        for line in row[1:]:
            last = parts[-1]
            overlap = min(last.y1, line.y1) - max(last.y0, line.y0)
            near = line.x0 - last.x1 < 1.0 * max(last.size, line.size)
            columns = min(last.x1 - last.x0, line.x1 - line.x0) > SHORTEST_LINE * max(last.size, line.size)
            if near and not columns and overlap > 0.5 * min(last.height, line.height) and line.x0 > last.x0:
                parts[-1] = _glued(last, line)
            else:
                parts.append(line)
        result += parts
    return result


def _rows(lines: Sequence[Line]) -> list[list[Line]]:
    """Lines that overlap in height, from top to bottom; within a row from left to right."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: (line.y0, line.x0)):
        if rows and line.y0 < max(other.y1 for other in rows[-1]) - 0.5 * line.height:
            rows[-1].append(line)
        else:
            rows.append([line])
    return [sorted(row, key=lambda line: line.x0) for row in rows]


def _glued(left: Line, right: Line) -> Line:
    space = "" if is_east_asian(left.text[-1:]) and is_east_asian(right.text[:1]) else " "
    long, short = (left, right) if len(left.text) >= len(right.text) else (right, left)
    start = len(left.text) + len(space)
    gap = [(left.x1, right.x0, start)] if right.x0 > left.x1 else []
    return replace(
        long,
        x0=left.x0,
        y0=min(left.y0, right.y0) if short.size > long.size else long.y0,
        x1=max(left.x1, right.x1),
        y1=max(left.y1, right.y1) if short.size > long.size else long.y1,
        text=f"{left.text}{space}{right.text}",
        cuts=(*left.cuts, *gap, *((x0, x1, start + place) for x0, x1, place in right.cuts)),
    )
