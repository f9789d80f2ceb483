"""Font size and weight of a line and the gaps in it, measured on its ink.

The boxes of text detection come from a coarse map and say little about the size of the letters (an 8-point and a
10-point line get boxes of one height); the pixels of the line do, once one knows which letters they show.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import cv2
import numpy as np

from medpress.writing_systems import HAN, HANGUL, KANA

EDGE = 0.015
"""A row with less ink than this share of the fullest row, or hardly a pixel, is outside the letters."""
SPECK = 2
BODY = 0.45
"""Rows between baseline and x-height have at least this share of the fullest row's ink."""
MOST_INK = 0.5
"""A picture darker than this is white on black."""
LEAST_CONTRAST = 24
LEAST_SEEN = 0.14
"""Ascenders and descenders are seen when they stand out by this share of the height above the baseline."""
FEW = 0.1
"""Share of the characters below which they may go unseen."""

WHOLE = (0.0, 0.0, 1.0, 1.0)
PART, POINT = 0.3, 0.15
"""Sizes over the height of the body: of a part of a letter that stands by itself, and of a full stop."""
HIGHEST, DEEPEST = 1.1, 0.7
"""The same of the highest accent above the body, and of the deepest descender below it."""
BEYOND = 0.6
"""The same of ascenders and descenders: what goes on beyond the edge of a picture that ends further from the body than this
comes from elsewhere, a neighbouring line or a stroke that crosses this one out."""

WIDE = 0.6
"""A gap wider than this, in font sizes, is more than the space between two words."""

_RISING = re.compile(r"[A-Zbdfhklt0-9()\[\]/&%À-ÞĂ-ſ]")
_FALLING = re.compile(r"[gjpqy,;()\[\]/ç]")
_SQUARE = re.compile(f"[{HAN}{HANGUL}{KANA}]")
RISE, FALL, X_HEIGHT, SQUARE = 0.72, 0.21, 0.47, 0.92
"""Usual heights over the font size: of capitals, of descenders below the baseline, of x, of a Chinese character."""


@dataclass(frozen=True, slots=True)
class Ink:
    """What the pixels of a line tell."""

    size: float = 0.0
    """Font size in pixels; 0 when there is nothing to measure."""
    weight: float = 0.0
    """Mean thickness of the strokes in font sizes."""
    gaps: tuple[tuple[float, float], ...] = ()
    """Wide gaps between its letters: left and right edge as shares of the picture's width."""
    extent: tuple[float, float, float, float] = WHOLE
    """Left, top, right and bottom of the letters as shares of the picture's width and height."""


def measure(picture: np.ndarray, text: str) -> Ink:
    """The ink of the line `text` shown by `picture`, which is h × w × 3 and holds the line straight."""
    ink = dark(picture)
    if ink is None:
        return Ink()
    rows = ink.sum(axis=1).astype(float)
    fullest = _fullest(rows)
    x_line, baseline = _band(rows, fullest)
    top, bottom = x_line, baseline
    least = max(EDGE * fullest, SPECK)
    while top > 0 and rows[top - 1] >= least:
        top -= 1
    while bottom < len(rows) and rows[bottom] >= least:
        bottom += 1
    if bottom == top:
        return Ink()
    size = _font_size(top, x_line, baseline, bottom, text)
    letters = ink[top:bottom]
    starts = np.count_nonzero(np.diff(letters, axis=1, prepend=0) == 1)
    return Ink(size, float(letters.sum() / max(1, starts) / size), _gaps(letters, WIDE * size), extent(picture))


def dark(picture: np.ndarray) -> np.ndarray | None:
    """Where a picture (h × w × 3) has ink, as h × w of 0 and 1; None when it is of one shade."""
    grey = cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2GRAY)
    if int(grey.max()) - int(grey.min()) < LEAST_CONTRAST:
        return None
    _, ink = cv2.threshold(grey, 0, 1, cv2.THRESH_BINARY_INV + cv2.THRESH_OTSU)
    return 1 - ink if ink.mean() > MOST_INK else ink


def body_band(ink: np.ndarray) -> tuple[int, int]:
    """The rows of a line's body: that of the upper edge of x, and that below the baseline."""
    rows = ink.sum(axis=1).astype(float)
    return _band(rows, _fullest(rows))


def _fullest(rows: np.ndarray) -> float:
    return float(np.sort(rows)[-max(1, len(rows) // 10)])


def extent(picture: np.ndarray) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of the letters as shares of a picture's width and height.

    Of what lies outside of the line's body only what reaches into it, or is as large as a part of a letter, belongs to a
    letter, and no letter rises or falls further than those of any typeface: so neither the grain of the paper nor what
    is written across the line counts.
    """
    ink = dark(_even(picture))
    if ink is None:
        return WHOLE
    x_line, baseline = body_band(ink)
    body = baseline - x_line
    _, pieces, boxes, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8), connectivity=8)
    upper, lower = boxes[:, cv2.CC_STAT_TOP], boxes[:, cv2.CC_STAT_TOP] + boxes[:, cv2.CC_STAT_HEIGHT]
    large = boxes[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1)
    belongs = (large >= PART * body) | ((large >= POINT * body) & (upper < baseline) & (lower > x_line))
    belongs[0] = False  # the paper
    letters = belongs[pieces]
    for outside in (letters[: max(0, x_line)], letters[baseline:][::-1]):  # from the edge of the picture to the body
        if len(outside) > BEYOND * body:
            _, parts = cv2.connectedComponents(outside.astype(np.uint8), connectivity=8)
            outside &= ~np.isin(parts, np.unique(parts[0][outside[0]]))
    rows = letters.sum(axis=1).astype(float)
    least = max(EDGE * _fullest(rows), SPECK)
    top, bottom = x_line, baseline
    while top > max(0, x_line - HIGHEST * body) and rows[top - 1] >= least:
        top -= 1
    while bottom < min(len(rows), baseline + DEEPEST * body) and rows[bottom] >= least:
        bottom += 1
    inked = np.flatnonzero(letters[top:bottom].any(axis=0))
    if not len(inked):
        return WHOLE
    height, width = ink.shape
    return float(inked[0]) / width, top / height, float(inked[-1] + 1) / width, bottom / height


def _even(picture: np.ndarray) -> np.ndarray:
    """A picture (h × w × 3) as dark letters on white paper: each pixel over the lightest round it, as a stain or a shadow
    may differ from the paper as much as ink does. Letters are what is less than the paper round it, dark or light."""
    grey = cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2GRAY)
    around = np.ones((len(grey), len(grey)), np.uint8)
    lightest, darkest = (cv2.morphologyEx(grey, way, around) for way in (cv2.MORPH_CLOSE, cv2.MORPH_OPEN))
    if (lightest - grey).mean() > (grey - darkest).mean():
        grey, lightest = 255 - grey, 255 - darkest
    return cv2.cvtColor(cv2.divide(grey, lightest, scale=255), cv2.COLOR_GRAY2RGB)


def _gaps(letters: np.ndarray, least: float) -> tuple[tuple[float, float], ...]:
    """Stretches without ink between letters, longer than `least` pixels."""
    inked = np.flatnonzero(np.count_nonzero(letters, axis=0) >= SPECK)
    wide = np.flatnonzero(np.diff(inked) > least)
    width = letters.shape[1]
    return tuple((float(inked[i] + 1) / width, float(inked[i + 1]) / width) for i in wide)


def _font_size(top: int, x_line: int, baseline: int, bottom: int, text: str) -> float:
    """Font size from the rows at which the ink begins and ends and between which it is dense.

    A long line may have so few descenders (or ascenders) that their rows look empty; then they do not count.
    """
    if _SQUARE.search(text):
        return (bottom - top) / SQUARE
    rises, falls = len(_RISING.findall(text)), len(_FALLING.findall(text))
    seen = LEAST_SEEN * (baseline - top)
    if falls < FEW * len(text) and bottom - baseline < seen:
        bottom, falls = baseline, 0
    if rises < FEW * len(text) and x_line - top < seen:
        top, rises = x_line, 0
    return (bottom - top) / ((RISE if rises else X_HEIGHT) + (FALL if falls else 0.0))


def _band(rows: np.ndarray, fullest: float) -> tuple[int, int]:
    """The stretch of rows around the line's body that is never far below the fullest row."""
    full = rows >= BODY * fullest
    middle = int(np.average(np.arange(len(rows)), weights=rows * full))
    top = bottom = middle
    while top > 0 and full[max(0, top - 3) : top].any():
        top -= 1
    while bottom < len(rows) and full[bottom : bottom + 3].any():
        bottom += 1
    return top, bottom
