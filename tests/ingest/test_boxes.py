"""The boxes of a scan's blocks lie round their ink on the page as it was given, however it lay on the glass.

The truth is made without the code under test: each paragraph is drawn on a sheet of its own, the sheet is rotated as the
scan is, and the extent of its dark pixels is taken.
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pymupdf
import pytest
from PIL import Image

from ingest.document import ReadOptions
from ingest.readers.image import ImageReader

DPI = 200
PARAGRAPHS = {
    "Renal dosing of antibiotics": (60, 60, 16, 480),
    "Vancomycin is given by weight, and its trough is measured before the fourth dose. Patients whose creatinine rises by"
    " half are seen again within a day, and the next dose waits for the result.": (60, 100, 11, 470),
    "Measured": (60, 240, 11, 200),
    "Linezolid needs no adjustment. Platelets are counted every week, since they fall in one of ten patients who take it"
    " for longer than a fortnight, and most of all in those on dialysis.": (60, 300, 11, 300),
}
"""Text to x, y, size and width, in points."""


def sheet(texts: dict[str, tuple[int, int, int, int]]) -> Image.Image:
    """A page of A4 with some of the paragraphs."""
    with pymupdf.open() as document:
        page = document.new_page(width=595, height=842)
        for text, (x, y, size, width) in texts.items():
            page.insert_textbox((x, y, x + width, y + 140), text, fontsize=size, fontname="tiro")
        return Image.open(io.BytesIO(page.get_pixmap(dpi=DPI).tobytes("png"))).convert("L")


def laid(image: Image.Image, angle: float) -> Image.Image:
    """The sheet as it lies on the glass, rotated counter-clockwise; by quarter turns the paper is rotated too."""
    quarters = round(angle / 90)
    image = image.rotate(90 * quarters, expand=True)
    return image.rotate(angle - 90 * quarters, resample=Image.Resampling.BICUBIC, fillcolor=255)


def extent(image: Image.Image) -> tuple[float, float, float, float]:
    """x0, y0, x1, y1 of the dark pixels, in points."""
    rows, columns = np.nonzero(np.asarray(image) < 128)
    return tuple(72 / DPI * v for v in (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1))


def overlap(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    """Intersection over union of two boxes."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    both = max(0.0, width) * max(0.0, height)
    return both / (sum((b[2] - b[0]) * (b[3] - b[1]) for b in (one, other)) - both)


@pytest.mark.parametrize("angle", [0.0, 1.4, -2.5, 90.0, 271.2])
def test_boxes_meet_their_ink(tmp_path: Path, angle: float) -> None:
    laid(sheet(PARAGRAPHS), angle).save(tmp_path / "scan.png", dpi=(DPI, DPI))
    (page,) = ImageReader().read(tmp_path / "scan.png", 1, 1, ReadOptions(), lambda word: None)
    boxes = {block.text.split()[0]: block.bbox for block in page.blocks}
    for text, place in PARAGRAPHS.items():
        truth = extent(laid(sheet({text: place}), angle))
        box = boxes[text.split()[0]]
        assert box is not None and overlap(box, truth) >= 0.8, (text, box, truth)
