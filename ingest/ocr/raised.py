"""Raised figures of a recognised line: the network reads 10⁹ as 109, the ink says where its characters stand."""

from __future__ import annotations

import re
from dataclasses import replace

import cv2
import numpy as np

from ingest import marks
from ingest.ocr import OcrLine
from ingest.ocr.ink import RISE, body_band, dark
from ingest.ocr.recognition import Reading

LEAST = 0.2
"""Height of a figure's ink over that of capitals, at least; what is lower is a dot or a dash."""
MOST = 0.8
"""Height of a raised figure's ink over that of capitals, at most."""
LIFT = 0.28
"""How far a raised figure's foot stands above the baseline, over the height of capitals, at least."""
DASH_LIFT = 0.52
"""How far a raised dash does."""

_FIGURE = re.compile(r"[0-9]")
_SIGN = re.compile(r"[-−–+]")
_BETWEEN = re.compile(r"[,–-]")


def wrap_raised(picture: np.ndarray, reading: Reading, size: float) -> str:
    """The text of a line (h × w × 3, held straight, of a font `size` in pixels) with its raised figures as marks."""
    text = marks.without_wraps(reading.text)
    if not size or len(reading.places) != len(text) or not _FIGURE.search(text):
        return marks.from_characters(text)
    ink = dark(picture)
    if ink is None:
        return marks.from_characters(text)
    _, baseline = body_band(ink)
    capital = RISE * size
    count, _, stats, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8), connectivity=8)
    if count < 2:
        return marks.from_characters(text)
    left, top, width, height = (stats[1:, column].astype(float) for column in range(4))
    seen = (height > LEAST * capital) | (width > LEAST * capital)
    left, top, width, height = left[seen], top[seen], width[seen], height[seen]
    if not len(left):
        return marks.from_characters(text)
    middles, feet = left + width / 2, top + height
    is_raised = [False] * len(text)
    for index, character in enumerate(text):
        if not (_FIGURE.match(character) or _SIGN.match(character)):
            continue
        nearest = int(np.abs(middles - reading.places[index] * ink.shape[1]).argmin())
        lift = (baseline - feet[nearest]) / capital
        if _FIGURE.match(character):
            is_raised[index] = LEAST < height[nearest] / capital < MOST and lift > LIFT
        else:
            is_raised[index] = width[nearest] < MOST * capital and lift > (LIFT if character == "+" else DASH_LIFT)
    for index in range(1, len(text) - 1):
        if _BETWEEN.match(text[index]) and is_raised[index - 1] and is_raised[index + 1]:
            is_raised[index] = True
    return _wrapped(text, is_raised)


def _wrapped(text: str, is_raised: list[bool]) -> str:
    result = ""
    start = 0
    for index in range(1, len(text) + 1):
        if index == len(text) or is_raised[index] != is_raised[start]:
            part = text[start:index]
            # a sign alone is as often a dash that the network saw where none is
            keep = is_raised[start] and (_FIGURE.search(part) or part == "+")
            result += marks.raised(part) if keep else marks.from_characters(part)
            start = index
    return result


def write_marks(lines: list[OcrLine]) -> list[OcrLine]:
    """Lines with their marks in written form, in the light of the page; the places of their gaps move with the text."""
    custom = marks.habit(line.text for line in lines)
    return [_written(line, custom) if marks.has_marks(line.text) else line for line in lines]


def _written(line: OcrLine, custom: marks.Habit) -> OcrLine:
    text = ""
    start = 0
    gaps = []
    for left, right, index in line.gaps:
        text += marks.written(line.text[start:index], custom, before=text, after=line.text[index:])
        start = index
        gaps.append((left, right, len(text)))
    text += marks.written(line.text[start:], custom, before=text)
    return replace(line, text=text, gaps=tuple(gaps))
