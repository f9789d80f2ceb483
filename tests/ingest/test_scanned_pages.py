"""OCR lines become blocks: columns, paragraphs, headings, tables, margins, whichever way up the page is."""

from __future__ import annotations

import math
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pymupdf
import pytest

from ingest.assembly.assemble import assemble
from ingest.document import Block, Page, Probe
from ingest.ocr import OcrLine, Region, load_backend
from ingest.readers.scan import lay_out_scan

DATA = Path(__file__).parents[2] / os.environ.get("MEDPRESS_DATA", "../shared/data")
WIDTH, HEIGHT = 595.0, 842.0
SCALE = 72 / 200
BODY = (
    "Patients with chronic kidney disease were followed for",
    "two years after the first visit, and the glomerular fil-",
    "tration rate was measured every three months. No one",
    "was lost to follow-up during this time, although the",
    "number of visits differed between the two hospitals.",
)


def line(text: str, x: float, y: float, size: float = 10.0, width: float | None = None, **more) -> OcrLine:
    """A line whose letters begin at x, y (points), as an engine would give it in pixels."""
    width = width or 0.47 * size * len(text)
    x0, y0, x1, y1 = x - 2, y - 0.2 * size, x + width + 2, y + 1.2 * size
    box = tuple(value / SCALE for value in (x0, y0, x1, y1))
    corners = ((box[0], box[1]), (box[2], box[1]), (box[2], box[3]), (box[0], box[3]))
    return OcrLine(text, box, more.pop("confidence", 0.98), corners, size=size / SCALE, weight=0.13, **more)


def column(x: float, y: float, texts: tuple[str, ...] = BODY, pitch: float = 12.0) -> list[OcrLine]:
    return [line(text, x, y + pitch * number, width=240) for number, text in enumerate(texts)]


def blocks(lines: list[OcrLine], image: np.ndarray | None = None) -> tuple[Block, ...]:
    return lay_out_scan(lines, WIDTH, HEIGHT, SCALE, image).blocks


def assembled(lines: list[OcrLine]) -> tuple[Block, ...]:
    """The blocks of a document of one page."""
    [page], _ = assemble([Page(1, "ocr", "", WIDTH, HEIGHT, blocks(lines))], Probe(n_pages=1))
    return page.blocks


JOINED = " ".join(BODY).replace("fil- tration", "filtration")


def test_a_paragraph_is_one_block_with_its_words_whole() -> None:
    [block] = blocks(column(50, 200))
    assert (block.kind, block.text) == ("paragraph", JOINED)
    assert block.bbox is not None and abs(block.bbox[0] - 50) < 3 and abs(block.bbox[1] - 200) < 3
    assert block.confidence == pytest.approx(0.98) and block.size == pytest.approx(10, abs=0.2)


def test_columns_are_read_one_after_the_other_below_a_title_over_both() -> None:
    title = line("Kidney function over two years: a cohort study", 60, 100, size=18)
    right = tuple(text.replace("Patients", "Women") for text in BODY)
    lines = [title, *column(50, 160), *column(310, 160, right)]
    order = np.random.default_rng(1).permutation(len(lines))
    found = blocks([lines[index] for index in order])
    assert [block.kind for block in found] == ["heading", "paragraph", "paragraph"]
    assert [block.text[:6] for block in found] == ["Kidney", "Patien", "Women "]


def test_a_paragraph_goes_on_in_the_next_column() -> None:
    found = assembled(
        [
            *column(50, 160, (*BODY[:3], "was lost to follow-up during")),
            *column(310, 160, ("this time, although", *BODY[4:])),
        ]
    )
    assert [block.join for block in found] == [None, " "]


def test_a_skewed_page_reads_like_a_straight_one() -> None:
    straight = [line("Results of the trial", 60, 100, size=16), *column(50, 160), *column(310, 160)]
    angle = math.radians(1.5)

    def skewed(item: OcrLine) -> OcrLine:
        points = tuple(
            (x * math.cos(angle) - y * math.sin(angle) + 60, x * math.sin(angle) + y * math.cos(angle))
            for x, y in item.quad
        )
        xs, ys = zip(*points, strict=True)
        return OcrLine(
            item.text, (min(xs), min(ys), max(xs), max(ys)), item.confidence, points, size=item.size, weight=0.13
        )

    assert [b.text for b in blocks([skewed(item) for item in straight])] == [b.text for b in blocks(straight)]


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_a_rotated_page_reads_like_an_upright_one_and_keeps_its_boxes(rotation: int) -> None:
    upright = [line("Results of the trial", 60, 100, size=16), *column(50, 160), *column(310, 160)]
    width, height = WIDTH / SCALE, HEIGHT / SCALE

    def lay(x: float, y: float) -> tuple[float, float]:
        return {90: (y, width - x), 180: (width - x, height - y), 270: (height - y, x)}[rotation]

    lines = []
    for item in upright:
        quad = tuple(lay(x, y) for x, y in item.quad)
        xs, ys = zip(*quad, strict=True)
        lines.append(OcrLine(item.text, (min(xs), min(ys), max(xs), max(ys)), 0.98, quad, rotation, item.size, 0.13))
    page = (HEIGHT, WIDTH) if rotation in (90, 270) else (WIDTH, HEIGHT)
    found = lay_out_scan(lines, *page, SCALE).blocks
    assert [block.text for block in found] == [block.text for block in blocks(upright)]
    for block, straight in zip(found, blocks(upright), strict=True):
        assert block.bbox is not None and straight.bbox is not None
        corners = [lay(x / SCALE, y / SCALE) for x, y in (straight.bbox[:2], straight.bbox[2:])]
        xs, ys = (sorted(value * SCALE for value in values) for values in zip(*corners, strict=True))
        assert block.bbox == pytest.approx((xs[0], ys[0], xs[1], ys[1]), abs=0.1)


def test_headings_by_size_number_and_name() -> None:
    texts = [("Treatment of heart failure", 16.0), ("2.1 Study population", 10.0), ("Discussion", 10.0)]
    lines = []
    for number, (text, size) in enumerate(texts):
        lines += [line(text, 50, 120 + 150 * number, size=size), *column(50, 150 + 150 * number)]
    found = blocks(lines)
    assert [block.text for block in found if block.kind == "heading"] == [text for text, _ in texts]
    assert [block.kind for block in found] == ["heading", "paragraph"] * 3


def test_a_title_that_runs_into_its_text_is_cut_off() -> None:
    first, second = assembled(column(50, 200, ("2.3. Statistical Analysis. Patients with chronic kidney", *BODY[1:])))
    assert (first.kind, first.level, first.text) == ("heading", 3, "2.3. Statistical Analysis")
    assert second.text.startswith("Patients with chronic kidney two years")


def test_a_table_is_found_by_its_alignment() -> None:
    rows = [
        ("Drug", "Dose", "Interval"),
        ("Metformin", "500 mg", "12 h"),
        ("Digoxin", "0.125 mg", "24 h"),
        ("Furosemide", "40 mg", "8 h"),
    ]
    lines = column(50, 120)
    for number, row in enumerate(rows):
        lines += [line(cell, 60 + 150 * place, 240 + 16 * number) for place, cell in enumerate(row)]
    lines += [line("Table 1. Doses in adults", 60, 220), *column(50, 360)]
    found = blocks(lines)
    assert [block.kind for block in found] == ["paragraph", "caption", "table", "paragraph"]
    assert found[2].text.splitlines() == [
        "| Drug | Dose | Interval |",
        "| --- | --- | --- |",
        "| Metformin | 500 mg | 12 h |",
        "| Digoxin | 0.125 mg | 24 h |",
        "| Furosemide | 40 mg | 8 h |",
    ]


def test_a_line_that_runs_over_two_cells_is_cut_at_its_gap() -> None:
    lines = [line("Table 1. Doses in adults", 60, 220)]
    for number, row in enumerate(
        (("Drug", "Dose"), ("Metformin", "500 mg"), ("Digoxin", "0.125 mg"), ("Enalapril", "5 mg"))
    ):
        lines += [line(cell, 60 + 90 * place, 240 + 16 * number) for place, cell in enumerate(row)]
        lines.append(line("24 h" if number else "Interval", 330, 240 + 16 * number))
    whole = line("Furosemide 40 mg", 60, 304, width=120)
    gap = tuple((x - 58) / 124 for x in (108, 148))
    lines += [replace(whole, gaps=((*gap, 10),)), line("8 h", 330, 304)]
    [table] = [block for block in blocks(lines) if block.kind == "table"]
    assert table.text.splitlines()[-1] == "| Furosemide | 40 mg | 8 h |"


def test_columns_of_text_are_no_table() -> None:
    assert {block.kind for block in blocks([*column(50, 160), *column(310, 160)])} == {"paragraph"}


def test_lists_and_references() -> None:
    items = ("• take it with food", "• drink enough water", "• stop when you vomit")
    lines = [*column(50, 100), *(line(text, 60, 175 + 14 * number) for number, text in enumerate(items))]
    lines += [line("References", 50, 260, size=12)]
    lines += [
        line(f"{number}. Author A. A trial of something. Lancet 2019;1:2.", 50, 270 + 14 * number, width=240)
        for number in (1, 2)
    ]
    found = assembled(lines)
    assert [block.kind for block in found] == ["paragraph", "list", "heading", "reference", "reference"]
    assert found[1].text == "- take it with food\n- drink enough water\n- stop when you vomit"


def test_chinese_lines_are_joined_without_spaces() -> None:
    texts = ("高血压患者应限制钠盐摄入，每日食盐摄入", "量不超过五克，并增加富钾食物的摄入量。")
    [block] = blocks([line(text, 50, 200 + 16 * number, width=300) for number, text in enumerate(texts)])
    assert block.text == "".join(texts)


def test_margins_are_set_apart() -> None:
    lines = [line("Journal of Nephrology 2021", 50, 30, size=8), *column(50, 120), line("17", 290, 810, size=8)]
    stamp = OcrLine("Downloaded from the library", (1600.0, 500.0, 1630.0, 1200.0), 0.9, rotation=270)
    assert [(block.text[:7], bool(block.furniture)) for block in blocks([*lines, stamp])] == [
        ("Journal", True),
        ("Patient", False),
        ("17", True),
        ("Downloa", True),
    ]


def test_regions_of_a_layout_model_give_kinds_and_order() -> None:
    def within(region: Region, lines: list[OcrLine]) -> list[OcrLine]:
        return [replace(item, region=region) for item in lines]

    title = (line("Kidney function over two years:", 60, 100), line("a cohort study", 60, 114))
    found = blocks(
        [
            *within(Region(2, "text"), column(50, 160)),
            *within(Region(1, "reference"), column(310, 160, ("1. Author A. A trial of something.", *BODY[1:]))),
            *within(Region(0, "title"), list(title)),
            *within(Region(3, "margin"), [line("DAPI", 200, 500)]),
            line("in no region", 50, 400),
        ]
    )
    assert [(not block.furniture and block.kind, block.furniture, block.text[:9]) for block in found] == [
        ("heading", None, "Kidney fu"),
        ("reference", None, "1. Author"),
        ("paragraph", None, "Patients "),
        ("paragraph", None, "in no reg"),
        (False, "margin", "DAPI"),
    ]
    assert found[0].text.endswith("years: a cohort study")


def test_nothing_gives_nothing() -> None:
    assert blocks([]) == ()


def test_words_in_a_picture_are_set_apart_and_its_caption_is_not() -> None:
    page = pymupdf.open().new_page(width=WIDTH, height=HEIGHT)
    page.draw_rect((100, 100, 400, 300), color=(0, 0, 0), fill=(0.4, 0.5, 0.6))
    pixmap = page.get_pixmap(dpi=200, alpha=False)
    image = np.frombuffer(pixmap.samples, np.uint8).reshape(pixmap.height, pixmap.width, 3)
    label, caption = line("DAPI", 200, 180), line("Figure 1. Staining of the section", 100, 314)
    found = lay_out_scan([label, caption, *column(50, 400)], WIDTH, HEIGHT, SCALE, image)
    assert [block.kind for block in found.blocks] == ["caption", "paragraph"]
    assert found.conservation.left_out == (("figure label", 4),)


@pytest.mark.skipif(not (DATA / "jats").is_dir(), reason="MEDPRESS_DATA has no jats")
def test_a_drawn_page_of_an_article_in_two_columns() -> None:
    page = pymupdf.open(DATA / "jats" / "PMC5971330" / "fulltext.pdf")[0]
    pixmap = page.get_pixmap(dpi=200, alpha=False)
    image = np.frombuffer(pixmap.samples, np.uint8).reshape(pixmap.height, pixmap.width, 3)
    lines = load_backend("rapidocr").read(image, 200)
    found = lay_out_scan(lines, page.rect.width, page.rect.height, SCALE, image).blocks
    headings = [block.text for block in found if block.kind == "heading"]
    assert any("Mutagenicity and Acute Oral Toxicity Test" in text for text in headings)
    assert "1. Introduction" in headings
    text = " ".join(block.text for block in found)
    truth = [word for block in page.get_text("blocks", sort=False) for word in block[4].split() if word.isalpha()]
    assert sum(word in text for word in truth) > 0.97 * len(truth)
