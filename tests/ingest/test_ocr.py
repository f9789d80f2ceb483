"""Reading pixels: the text is right, whichever way up the page is, and depends on nothing but its own line."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import onnxruntime
import pymupdf
import pytest

from ingest.document import ReadOptions
from ingest.ocr import BACKENDS, OcrLine, load_backend, mean_confidence
from ingest.ocr.batch import recognise
from ingest.ocr.orientation import rotate_back
from ingest.readers.scan import lay_out_scan
from ingest.run import IngestConfig, ingest
from medpress.command import UserError

DATA = Path(__file__).parents[2] / os.environ.get("MEDPRESS_DATA", "../shared/data")
SCANNED = DATA / "pdf_scanned"
DPI = 200
ENGLISH = (
    "Metformin remains the first choice in type 2 diabetes.",
    "Start with 500 mg once daily and increase slowly;",
    "stop it when eGFR falls below 30 mL/min/1.73 m2.",
    "Hypoglycaemia is rare unless insulin is added.",
)
CHINESE = ("二甲双胍是治疗二型糖尿病的首选药物。", "起始剂量为每日一次五百毫克。", "肾功能不全时应减量或停药。")


def drawn(lines: tuple[str, ...], font: str = "helv") -> np.ndarray:
    """A page image with these lines of text."""
    page = pymupdf.open().new_page(width=420, height=300)
    for number, line in enumerate(lines):
        page.insert_text((40, 60 + 22 * number), line, fontsize=12, fontname=font)
    pixmap = page.get_pixmap(dpi=DPI, alpha=False)
    return np.frombuffer(pixmap.samples, np.uint8).reshape(pixmap.height, pixmap.width, 3)


def characters(lines: list[OcrLine]) -> str:
    return "".join("".join(line.text.split()) for line in lines)


@pytest.fixture(scope="module")
def backend():
    return load_backend("rapidocr")


def test_english_and_chinese_are_read_without_an_error(backend) -> None:
    assert characters(backend.read(drawn(ENGLISH), DPI)) == "".join(ENGLISH).replace(" ", "")
    assert characters(backend.read(drawn(CHINESE, "china-s"), DPI)) == "".join(CHINESE)


def test_boxes_lie_on_their_lines(backend) -> None:
    lines = backend.read(drawn(ENGLISH), DPI)
    assert len(lines) == len(ENGLISH)
    for number, line in enumerate(lines):
        x0, y0, x1, y1 = (value * 72 / DPI for value in line.bbox)
        assert y0 < 60 + 22 * number - 4 < y1
        assert 30 < x0 < 45 and x1 > 200
        assert 0.9 < line.confidence <= 1
        assert line.rotation == 0


def test_wide_gaps_in_a_line_are_found_where_they_are_in_its_text(backend) -> None:
    page = pymupdf.open().new_page(width=420, height=120)
    page.insert_text((40, 60), "Immunoglobulin receptor", fontsize=11)
    page.insert_text((170, 60), "C, P", fontsize=11)  # near enough to be found as one line
    pixmap = page.get_pixmap(dpi=DPI, alpha=False)
    image = np.frombuffer(pixmap.samples, np.uint8).reshape(pixmap.height, pixmap.width, 3)
    [line] = backend.read(image, DPI)
    [(left, right, index)] = line.gaps
    assert (line.text[:index].strip(), line.text[index:].strip()) == ("Immunoglobulin receptor", "C, P")
    x0, _, x1, _ = (value * 72 / DPI for value in line.bbox)
    assert x0 + left * (x1 - x0) == pytest.approx(161, abs=2) and x0 + right * (x1 - x0) == pytest.approx(170, abs=2)


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_a_page_on_its_side_or_head_is_read(backend, rotation: int) -> None:
    upright = drawn(ENGLISH)
    lines = backend.read(np.ascontiguousarray(np.rot90(upright, rotation // 90)), DPI)
    assert characters(lines) == "".join(ENGLISH).replace(" ", "")
    assert {line.rotation for line in lines} == {rotation}


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_rotating_back_undoes_rotating(rotation: int) -> None:
    image = np.zeros((7, 11))
    image[2, 8] = 1
    rotated = np.rot90(image, -(rotation // 90))
    (y,), (x,) = np.nonzero(rotated)
    assert rotate_back(np.array([[x, y]]), rotation, 10, 6).tolist() == [[8, 2]]


def test_an_empty_page_has_no_lines(backend) -> None:
    assert backend.read(np.full((400, 300, 3), 255, np.uint8), DPI) == []
    assert mean_confidence([]) is None


@pytest.mark.parametrize("shape", [(1, 1), (3, 500), (700, 2), (33, 31)])
def test_odd_sizes_do_not_break_it(backend, shape: tuple[int, int]) -> None:
    assert backend.read(np.zeros((*shape, 3), np.uint8), 200) == []


def test_a_line_does_not_depend_on_its_neighbours(backend) -> None:
    image = drawn(ENGLISH)
    pictures = [
        image[y : y + 52, x : x + width]
        for y in (130, 190, 252, 314)
        for x, width in ((80, 400), (107, 390), (93, 813))
    ]
    shuffled = np.random.default_rng(0).permutation(len(pictures))
    for batch in (1, 4):

        def read(some, batch=batch):
            return recognise(some, lambda x: backend._recognition.run(None, {"x": x})[0], backend._characters, batch)

        whole = read(pictures)
        assert [read([pictures[index]])[0] for index in range(4)] == whole[:4]
        assert read([pictures[index] for index in shuffled]) == [whole[index] for index in shuffled]


def test_backends_are_loaded_once_and_by_name(backend) -> None:
    assert load_backend("rapidocr") is backend
    assert backend.name in BACKENDS
    with pytest.raises(ValueError, match="no OCR backend 'tesseract'"):
        load_backend("tesseract")
    with pytest.raises(ValueError, match="cpu or cuda"):
        load_backend("rapidocr", "tpu")


@pytest.mark.skipif("CUDAExecutionProvider" in onnxruntime.get_available_providers(), reason="there is CUDA")
def test_a_device_that_is_not_there_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    pymupdf.open().new_page().parent.save(tmp_path / "page.pdf")
    config = IngestConfig(data=tmp_path / "data", read=ReadOptions(ocr_device="cuda"))
    with pytest.raises(UserError, match="pip install onnxruntime-gpu"):
        ingest([str(tmp_path / "page.pdf")], ["pdf"], config)
    assert not (tmp_path / "data").exists()


@pytest.mark.skipif(not SCANNED.is_dir(), reason="MEDPRESS_DATA has no pdf_scanned")
@pytest.mark.parametrize(("name", "rotation"), [("", 0), ("_rotated_90", 90), ("_rotated_180", 180)])
def test_real_scans_in_three_positions(backend, name: str, rotation: int) -> None:
    page = pymupdf.open(SCANNED / f"docling_ocr_test{name}.pdf")[0]
    pixmap = page.get_pixmap(dpi=200, alpha=False)
    image = np.frombuffer(pixmap.samples, np.uint8).reshape(pixmap.height, pixmap.width, 3)
    lines = backend.read(image, 200)
    assert {line.rotation for line in lines} == {rotation}
    [block] = lay_out_scan(lines, page.rect.width, page.rect.height, 72 / 200).blocks
    assert block.text == (
        "Docling bundles PDF document conversion to JSON and Markdown in an easy self contained package"
    )
