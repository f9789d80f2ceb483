"""Pages that the cheap analysis doubts are laid out by the layout model; all others never see it."""

from __future__ import annotations

from pathlib import Path

import pymupdf
import pytest

from ingest.document import Block, Page, ReadOptions
from ingest.page import layout_model
from ingest.page.context import BodyStyle, PageContext
from ingest.page.layout_model import Region
from ingest.page.reading_order import Line, order_and_cycles
from ingest.page.regions import layout_by_regions
from ingest.page.text_layer import TextLayer
from ingest.readers.pdf import PdfReader

MEANING = "what is meant by that"


def terms(path: Path) -> Path:
    """Two columns of text; in each a list of terms, whose meanings are so long that they look like running text."""
    document = pymupdf.open()
    page = document.new_page(width=595, height=842)
    text = " ".join(["The patients were followed for one year after the last dose of the drug."] * 12)
    page.insert_textbox((50, 70, 285, 400), text, fontsize=10)
    page.insert_textbox((310, 330, 545, 700), text, fontsize=10)
    for left, top in ((50, 450.0), (310, 80.0)):
        for i in range(8):
            page.insert_text((left, top + 12 * i), f"term {i}", fontsize=10)
            page.insert_text((left + 60, top + 12 * i), f"{i} means {MEANING}", fontsize=9)
    document.save(path)
    return path


def read(path: Path) -> Page:
    return next(iter(PdfReader().read(path, 1, 1, ReadOptions(ocr="never"), lambda _: None)))


def test_a_page_that_the_cheap_analysis_doubts_is_laid_out_by_the_model(tmp_path: Path) -> None:
    page = read(terms(tmp_path / "a.pdf"))
    assert layout_model.NAME in page.reason
    text = "\n".join(block.text for block in page.blocks)
    for i in range(8):
        assert text.count(f"term {i}") == text.count(f"{i} means {MEANING}") == 2


def test_without_the_model_the_cheap_analysis_stands_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def missing() -> None:
        raise ImportError("no model")

    monkeypatch.setattr(layout_model, "_model", missing)
    layout_model.available.cache_clear()
    page = read(terms(tmp_path / "a.pdf"))
    layout_model.available.cache_clear()
    assert "layout doubtful" in page.reason
    assert "The layout model cannot be loaded (ImportError)" in caplog.text
    assert sum(block.text.count("term 3") for block in page.blocks) == 2


def test_an_ordinary_page_never_asks_the_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(page: pymupdf.Page) -> list[Region]:
        raise AssertionError("the model was asked")

    monkeypatch.setattr(layout_model, "regions", refuse)
    document = pymupdf.open()
    page = document.new_page(width=595, height=842)
    for left in (50, 310):
        page.insert_textbox(
            (left, 70, left + 235, 760), "Nothing is ambiguous on this page of text. " * 40, fontsize=10
        )
    document.save(tmp_path / "a.pdf")
    assert read(tmp_path / "a.pdf").reason == "text layer"


def line(x: float, y: float, text: str) -> Line:
    return Line(x, y, x + 5.0 * len(text), y + 10, text, 10.0)


def lay_out(lines: list[Line], *regions: Region) -> list[Block]:
    context = PageContext(BodyStyle(10, "", False, False), width=600, height=800)
    return layout_by_regions(TextLayer(lines=lines), regions, context)[0]


def test_regions_give_order_and_kinds_and_no_line_is_lost() -> None:
    side, main = (
        line(400, 100, "In the margin there is a box of text."),
        line(50, 100, "The text of the page goes on here."),
    )
    note, stray = line(50, 700, "A note at the foot of the page."), line(50, 130, "Nobody saw this line of text.")
    blocks = lay_out(
        [side, note, main, stray],
        Region("text", (48, 98, 380, 112)),
        Region("footnote", (48, 698, 380, 712)),
        Region("text", (398, 98, 600, 112)),
    )
    assert [(block.kind, block.text) for block in blocks] == [
        ("paragraph", main.text),
        ("paragraph", stray.text),
        ("footnote", note.text),
        ("paragraph", side.text),
    ]


def test_labels_in_a_picture_are_left_out_and_sentences_stay() -> None:
    label, sentence = line(60, 110, "0.5 mg"), line(60, 150, "This sentence stands in the picture.")
    assert [block.text for block in lay_out([label, sentence], Region("picture", (50, 100, 400, 300)))] == [
        sentence.text
    ]


def test_a_heading_that_only_the_model_sees_is_a_heading() -> None:
    blocks = lay_out([line(50, 100, "on the use of aspirin")], Region("section-header", (48, 98, 300, 112)))
    assert [block.kind for block in blocks] == ["heading"]


def test_rings_are_counted() -> None:
    pinwheel = [(0, 0, 70, 30), (75, 0, 100, 70), (30, 75, 100, 100), (0, 35, 25, 100)]
    order, in_cycles = order_and_cycles([tuple(map(float, box)) for box in pinwheel])
    assert sorted(order) == [0, 1, 2, 3]
    assert order_and_cycles([(0.0, 0.0, 40.0, 90.0), (50.0, 0.0, 90.0, 90.0)]) == ([0, 1], 0)
    assert in_cycles in range(5)


def test_a_page_of_very_many_text_runs_is_never_given_to_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(page: pymupdf.Page) -> list[Region]:
        raise AssertionError("the model was asked")

    monkeypatch.setattr(layout_model, "regions", refuse)
    document = pymupdf.open()
    page = document.new_page(width=3000, height=3000)
    writer = pymupdf.TextWriter(page.rect)
    for i in range(900):
        writer.append((10 + 97 * (i % 30), 40 + 97 * (i // 30) + 40 * (i % 2)), f"word{i % 7} and more", fontsize=8)
    writer.write_text(page)
    document.save(tmp_path / "a.pdf")
    assert read(tmp_path / "a.pdf").reason == "text layer"
