"""Raised figures of a scan: exponents and citations keep apart from the number before them."""

from __future__ import annotations

import numpy as np
import pymupdf
import pytest

from ingest import marks
from ingest.ocr import load_backend
from ingest.ocr.raised import wrap_raised
from ingest.ocr.recognition import Reading

LINES = {
    "The count was 2.5 × 10<sup>9</sup>/L in all of the patients": "10^9/L",
    "A body mass index of 30 kg/m<sup>2</sup> was the limit here": "kg/m^2",
    "The risk was lower.<sup>12,13</sup> It fell to 5 mg in 1998": "lower.[12,13]",
    "Others found the same result;<sup>7</sup> see 4–6 of 10": "result;[7]",
    "It is 109 mg and 1012 cells, and CO<sub>2</sub> of 40 mmHg": "109 mg and 1012 cells",
}


def test_raised_figures_of_a_scan_are_marked() -> None:
    document = pymupdf.open()
    page = document.new_page(width=420, height=200)
    page.insert_htmlbox((20, 20, 400, 190), "".join(f"<p style='margin:0 0 8pt'>{line}</p>" for line in LINES))
    pixels = page.get_pixmap(dpi=200, colorspace=pymupdf.csRGB, alpha=False)
    image = np.frombuffer(pixels.samples, dtype=np.uint8).reshape(pixels.height, pixels.width, 3)
    text = " ".join(line.text for line in load_backend("rapidocr").read(image, 200))
    for said in LINES.values():
        assert said.replace(" ", "") in text.replace(" ", "")


@pytest.mark.parametrize(
    "reading",
    [Reading("10", 0.9), Reading("", 0.0), Reading("10\ufdd0", 0.9, (0.1, 0.5, 0.9)), Reading("m²", 0.9, (0.2, 0.8))],
)
def test_without_places_or_ink_nothing_is_raised(reading: Reading) -> None:
    blank = np.full((40, 120, 3), 255, dtype=np.uint8)
    text = wrap_raised(blank, reading, 30.0)
    assert marks.written(text) == reading.text.replace("\ufdd0", "").replace("²", "^2")
