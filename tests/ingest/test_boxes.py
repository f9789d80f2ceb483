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

from ingest.document import Page, ReadOptions
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


def stained(image: Image.Image, seed: int) -> Image.Image:
    """The sheet on old paper: brown, with a dark stain over its edge, grain, and specks as large as a full stop."""
    rng = np.random.default_rng(seed)
    page = np.asarray(image).astype(float) / 255
    rows, columns = np.mgrid[: page.shape[0], : page.shape[1]]
    centre = rng.uniform(0.1, 0.4, 2) * page.shape
    far = np.hypot(rows - centre[0], columns - centre[1])
    paper = 170 - 70 / (1 + np.exp((far - rng.uniform(300, 500)) / 12))
    grain = np.asarray(Image.fromarray(rng.normal(128, 40, (page.shape[0] // 2, page.shape[1] // 2)).clip(0, 255).astype(np.uint8)).resize(page.shape[::-1])) / 4.0 - 32  # fmt: skip
    sheet = page * paper + (1 - page) * 45 + grain
    for row, column in zip(*(rng.integers(0, size - 3, 400) for size in page.shape), strict=True):
        sheet[row : row + 3, column : column + 3] -= 50
    return Image.fromarray(sheet.clip(0, 255).astype(np.uint8))


def around(page: Page, paragraph: str) -> tuple[float, ...]:
    """A box round the boxes of all blocks whose first words stand in a paragraph: on stained paper one may be cut."""
    own = [block.bbox for block in page.blocks if " ".join(block.text.split()[:2]) in paragraph]
    x0, y0, x1, y1 = zip(*own, strict=True)
    return min(x0), min(y0), max(x1), max(y1)


@pytest.mark.parametrize(("seed", "angle"), [(1, 0.0), (2, 0.8), (3, -1.5)])
def test_boxes_meet_their_ink_on_stained_paper(tmp_path: Path, seed: int, angle: float) -> None:
    stained(laid(sheet(PARAGRAPHS), angle), seed).save(tmp_path / "scan.png", dpi=(DPI, DPI))
    (page,) = ImageReader().read(tmp_path / "scan.png", 1, 1, ReadOptions(), lambda word: None)
    for text, place in PARAGRAPHS.items():
        truth = extent(laid(sheet({text: place}), angle))
        assert overlap(around(page, text), truth) >= 0.8, (text, around(page, text), truth)


def test_what_is_written_across_a_line_does_not_widen_its_box(tmp_path: Path) -> None:
    """Two strokes of a pencil over the first line, three times as high as it."""
    image = sheet(PARAGRAPHS)
    page = np.array(image)
    for at in (500, 900):
        for step in range(-70, 70):
            page[220 + step : 223 + step, at + step // 2 : at + step // 2 + 3] = 90
    Image.fromarray(page).save(tmp_path / "scan.png", dpi=(DPI, DPI))
    (read,) = ImageReader().read(tmp_path / "scan.png", 1, 1, ReadOptions(), lambda word: None)
    (heading,) = [block for block in read.blocks if block.text.startswith("Renal")]
    truth = extent(sheet({"Renal dosing of antibiotics": PARAGRAPHS["Renal dosing of antibiotics"]}))
    assert overlap(heading.bbox, truth) >= 0.8, (heading.bbox, truth)


def test_what_crosses_out_a_line_does_not_widen_its_box(tmp_path: Path) -> None:
    """Three crosses in pencil over a heading and its neighbour, higher than both together."""
    texts = {"ARMY TECHNICAL SCHOOL": (180, 90, 12, 250), "Basic Training Centre": (200, 108, 12, 200)}
    page = np.array(sheet(texts | {text: place for text, place in PARAGRAPHS.items() if place[1] >= 240}))
    for at in (560, 760, 900):
        for step in range(-110, 110):
            for slope in (-0.6, 0.6):
                x = at + int(slope * step)
                page[305 + step : 309 + step, x : x + 4] = 80
    Image.fromarray(page).save(tmp_path / "scan.png", dpi=(DPI, DPI))
    (read,) = ImageReader().read(tmp_path / "scan.png", 1, 1, ReadOptions(), lambda word: None)
    x0, y0, x1, y1 = zip(*(block.bbox for block in read.blocks if block.bbox and block.bbox[1] < 140), strict=True)
    box, truth = (min(x0), min(y0), max(x1), max(y1)), extent(sheet(texts))
    assert overlap(box, truth) >= 0.8, (box, truth)
