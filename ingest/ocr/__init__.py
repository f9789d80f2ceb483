"""Optical character recognition: page images in, lines of text with their places out.

A new engine is a file here and a line in `BACKENDS`. What the lines of a page are is asked in `ingest.page`, as of any
page; `ingest.ocr.evidence` tells it what it needs to know of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class Region:
    """A part of a page that an engine's own layout model marked out."""

    order: int
    """Its place in the reading order."""
    kind: str
    """What it holds, in the words of `ingest.page.layout_model.Region`."""


@dataclass(frozen=True, slots=True)
class OcrLine:
    """One line of text that an engine found on a page."""

    text: str
    """What was read, in the order in which it is read."""
    bbox: tuple[float, float, float, float]
    """x0, y0, x1, y1 in pixels of the image as it was given, from its top left."""
    confidence: float
    """Mean certainty over the characters, 0 to 1."""
    quad: tuple[tuple[float, float], ...] = ()
    """The four corners in pixels, clockwise from the top left *of the text*; empty means those of `bbox`."""
    rotation: int = 0
    """Degrees (0, 90, 180, 270) by which the image has to be rotated clockwise so that this line stands upright."""
    size: float = 0.0
    """Font size in pixels, measured on the ink; 0 when unknown."""
    weight: float = 0.0
    """Thickness of the strokes in font sizes, which tells bold from plain; 0 when unknown."""
    gaps: tuple[tuple[float, float, int], ...] = ()
    """Gaps wider than a space, where one cell of a table may end and another begin: left and right edge as shares of
    the line's length, and the place in the text."""
    region: Region | None = None
    """The region that it stands in, when the engine has a layout model."""
    extent: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)
    """Left, top, right and bottom of its letters within the corners, as shares of the line's length and height."""


class OcrBackend(Protocol):
    """An engine that reads page images."""

    name: str
    """The word of `--ocr-backend`."""

    def read(self, image: np.ndarray, dpi: float) -> list[OcrLine]:
        """Lines of one page image: H × W × 3, uint8, RGB, drawn at `dpi`. An empty page gives an empty list."""
        ...


BACKENDS: dict[str, str] = {
    "rapidocr": "ingest.ocr.rapid:RapidOcrBackend",
    "paddleocr": "ingest.ocr.paddle:PaddleOcrBackend",
}
"""Engine name to `module:class`."""


@lru_cache(maxsize=4)
def load_backend(name: str, device: str = "cpu", models: str = "") -> OcrBackend:
    """The engine `name` on `device` (cpu or cuda), loaded once per process.

    `models` names other weights than the engine's usual ones; see the engine for what it takes.

    Raises `ValueError` for a name or device that does not exist, and `RuntimeError` with one sentence that says what to
    install when the engine's library, weights or device are not there.
    """
    if name not in BACKENDS:
        raise ValueError(f"There is no OCR backend {name!r}; choose one of {', '.join(BACKENDS)}.")
    if device not in ("cpu", "cuda"):
        raise ValueError(f"OCR runs on cpu or cuda, not on {device!r}.")
    module, _, attribute = BACKENDS[name].partition(":")
    backend: OcrBackend = getattr(import_module(module), attribute)(device, models)
    return backend


def mean_confidence(lines: Iterable[OcrLine]) -> float | None:
    """Confidence of a page, each line counted by its characters; None without text."""
    counted = [(len(line.text), line.confidence) for line in lines]
    characters = sum(count for count, _ in counted)
    if not characters:
        return None
    return round(sum(count * confidence for count, confidence in counted) / characters, 4)
