"""Ruling lines on page images, and the tables that they frame."""

from __future__ import annotations

import cv2
import numpy as np
import pymupdf
import pytest

from ingest.ocr import load_backend
from ingest.ocr.rules import find_rules
from ingest.page.reading_order import Line
from ingest.readers.scan import lay_out_scan

DPI = 200
SCALE = 72 / DPI
WIDTH, HEIGHT = 420.0, 300.0
COLUMNS = (40.0, 160.0, 260.0, 360.0)


def image_of(page: pymupdf.Page, skew: float = 0.0) -> np.ndarray:
    """The page as a scanner would have it, lying askew by `skew` degrees."""
    pixmap = page.get_pixmap(dpi=DPI, alpha=False)
    image = np.frombuffer(pixmap.samples, np.uint8).reshape(pixmap.height, pixmap.width, 3)
    centre = ((pixmap.width - 1) / 2, (pixmap.height - 1) / 2)
    rotated = cv2.warpAffine(
        image,
        cv2.getRotationMatrix2D(centre, -skew, 1.0),
        (pixmap.width, pixmap.height),
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(255, 255, 255),
    )
    grain = np.random.default_rng(0).normal(0, 6, rotated.shape)
    return np.clip(cv2.GaussianBlur(rotated, (0, 0), 0.6) + grain, 0, 255).astype(np.uint8)


def blank() -> pymupdf.Page:
    return pymupdf.open().new_page(width=WIDTH, height=HEIGHT)


@pytest.mark.parametrize("dashes", ["[] 0", "[1 2] 0"], ids=["drawn through", "dotted"])
@pytest.mark.parametrize("skew", [0.0, 1.5])
def test_rules_have_their_places_on_the_straight_page(dashes: str, skew: float) -> None:
    page = blank()
    page.draw_line((50, 90), (350, 90), width=0.6, dashes=dashes)
    page.draw_line((200, 90), (200, 250), width=0.6, dashes=dashes)
    [across], [down] = find_rules(image_of(page, skew), [], 0, np.radians(skew), SCALE)
    assert across == pytest.approx((50, 350, 90), abs=1.5)
    assert down == pytest.approx((90, 250, 200), abs=1.5)


def test_rules_of_a_page_on_its_side() -> None:
    page = blank()
    page.draw_line((50, 90), (350, 90), width=0.6)
    rotated = np.ascontiguousarray(np.rot90(image_of(page)))  # counter-clockwise: to be rotated clockwise by 90°
    [across], down = find_rules(rotated, [], 90, 0.0, SCALE)
    assert across == pytest.approx((50, 350, 90), abs=1.0) and down == []


def test_a_dark_stripe_has_two_edges_and_letters_are_no_rules() -> None:
    page = blank()
    page.draw_rect((50, 60, 350, 80), color=None, fill=(0.2, 0.2, 0.2))
    page.insert_text((60, 75), "Drug and daily dose in adults", fontsize=12, color=(1, 1, 1))
    page.insert_text((60, 150), "Amoxicillin _______ EEEEEEEEEEEEEEEE", fontsize=12)
    lines = [Line(58, 64, 230, 79, "Drug", 12), Line(58, 139, 300, 154, "Amoxicillin", 12)]
    upper, lower = find_rules(image_of(page), lines, 0, 0.0, SCALE)[0]
    assert upper == pytest.approx((50, 350, 60), abs=1.5) and lower == pytest.approx((50, 350, 80), abs=1.5)


def table_page() -> pymupdf.Page:
    """A ruled table with a cell over two columns, one over two rows, and one of two lines."""
    page = blank()
    for y in (100, 124, 148, 196):
        page.draw_line((40, y), (360, y), width=0.6)
    page.draw_line((160, 172), (360, 172), width=0.6)
    for x in COLUMNS:
        page.draw_line((x, 124 if x == 260 else 100), (x, 196), width=0.6)
    for x, y, text in (
        (46, 116, "Drug"),
        (230, 116, "Daily dose"),
        (46, 140, "Amoxicillin"),
        (166, 140, "500 mg"),
        (266, 140, "1500 mg"),
        (46, 176, "Vancomycin"),
        (166, 164, "15 mg/kg"),
        (266, 164, "30 mg/kg"),
        (166, 188, "20 mg/kg"),
        (266, 188, "40 mg/kg"),
    ):
        page.insert_text((x, y), text, fontsize=10)
    return page


@pytest.mark.parametrize("skew", [0.0, 1.0])
def test_a_ruled_table_is_read_with_its_merged_cells(skew: float) -> None:
    image = image_of(table_page(), skew)
    [table] = lay_out_scan(load_backend("rapidocr").read(image, DPI), WIDTH, HEIGHT, SCALE, image).blocks
    assert table.kind == "table" and table.confidence is not None and table.confidence > 0.9
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.text.splitlines()]
    assert rows[0][0] == "Drug" and "Daily dose" in rows[0][1:]
    assert rows[2:] == [
        ["Amoxicillin", "500 mg", "1500 mg"],
        ["Vancomycin", "15 mg/kg", "30 mg/kg"],
        ["Vancomycin", "20 mg/kg", "40 mg/kg"],
    ]
