"""Page images become pages; broken and hostile ones become typed errors."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pymupdf
import pytest
from PIL import Image

from ingest.document import ReadOptions, UnreadableError
from ingest.readers.image import MAX_PIXELS, ImageReader

READER = ImageReader()
OPTIONS = ReadOptions()
TEXT = "Amoxicillin 500 mg three times daily"


def page_image(text: str = TEXT) -> Image.Image:
    page = pymupdf.open().new_page(width=360, height=240)
    page.insert_text((40, 80), text, fontsize=14)
    pixmap = page.get_pixmap(dpi=150, alpha=False)
    return Image.frombytes("RGB", (pixmap.width, pixmap.height), pixmap.samples)


def texts(path: Path, first: int = 1, last: int = 1) -> list[str]:
    marks: list[str] = []
    pages = list(READER.read(path, first, last, OPTIONS, marks.append))
    assert marks == [f"page {number}" for number in range(first, last + 1)]
    assert [page.page for page in pages] == list(range(first, last + 1))
    assert all(page.route == "ocr" and page.reason for page in pages)
    return ["\n".join(block.text for block in page.blocks) for page in pages]


@pytest.mark.parametrize("mode", ["RGB", "L", "1", "P", "RGBA", "CMYK", "I;16"])
def test_any_colour_mode(tmp_path: Path, mode: str) -> None:
    image = page_image()
    sixteen_bits = Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 64)
    image = sixteen_bits if mode == "I;16" else image.convert(mode)
    path = tmp_path / "page.tiff"
    image.save(path, dpi=(150, 150))
    assert texts(path) == [TEXT]


def test_transparent_paper_is_white(tmp_path: Path) -> None:
    grey = np.asarray(page_image().convert("L"))
    rgba = np.zeros((*grey.shape, 4), np.uint8)
    rgba[..., 3] = 255 - grey
    Image.fromarray(rgba).save(tmp_path / "page.png")
    assert texts(tmp_path / "page.png") == [TEXT]


def test_exif_orientation_and_resolution(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    page_image().rotate(90, expand=True).save(tmp_path / "page.jpg", exif=exif, dpi=(150, 150), quality=90)
    [page] = READER.read(tmp_path / "page.jpg", 1, 1, OPTIONS, lambda word: None)
    assert (round(page.width), round(page.height)) == (360, 240)
    [block] = page.blocks
    assert block.text == TEXT and block.bbox is not None
    assert 30 < block.bbox[0] < 45 and 60 < block.bbox[1] < 75 and page.confidence and page.confidence > 0.9


def test_pages_of_a_tiff(tmp_path: Path) -> None:
    words = ["First page of the scan", "Second page of the scan", "Third page of the scan"]
    first, *rest = [page_image(text) for text in words]
    first.save(tmp_path / "scan.tif", save_all=True, append_images=rest, compression="tiff_lzw")
    assert READER.probe(tmp_path / "scan.tif", OPTIONS).n_pages == 3
    assert texts(tmp_path / "scan.tif", 2, 3) == words[1:]


def test_a_long_strip_is_read_to_its_end(tmp_path: Path) -> None:
    page = page_image()
    strip = Image.new("RGB", (page.width, 8 * page.height), "white")
    for place in (0, 3, 7):
        strip.paste(page, (0, place * page.height))
    strip.save(tmp_path / "screenshot.png")
    [read] = READER.read(tmp_path / "screenshot.png", 1, 1, OPTIONS, lambda word: None)
    assert [block.text for block in read.blocks] == [TEXT] * 3
    assert read.height / read.width == pytest.approx(8 * page.height / page.width, rel=0.01)


def png_without_pixels(width: int, height: int) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [int(MAX_PIXELS**0.5) + 1, 60_000])
def test_decompression_bombs_are_refused_before_they_are_decoded(tmp_path: Path, side: int) -> None:
    (tmp_path / "bomb.png").write_bytes(png_without_pixels(side, side))
    with pytest.raises(UnreadableError) as caught:
        READER.probe(tmp_path / "bomb.png", OPTIONS)
    assert caught.value.kind == "too-large"


def test_a_cut_off_file_is_an_error(tmp_path: Path) -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (300, 300, 3), dtype=np.uint8))
    for name in ("page.png", "page.jpg", "page.tif"):
        noise.save(tmp_path / name)
        data = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(data[: len(data) // 2])
        with pytest.raises(UnreadableError) as caught:
            list(READER.read(tmp_path / name, 1, 1, OPTIONS, lambda word: None))
        assert caught.value.kind in ("truncated", "decode")


def test_bytes_that_are_no_image_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "page.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    with pytest.raises(UnreadableError) as caught:
        READER.probe(tmp_path / "page.png", OPTIONS)
    assert caught.value.kind == "decode"


def test_without_ocr_an_image_cannot_be_read(tmp_path: Path) -> None:
    page_image().save(tmp_path / "page.png")
    with pytest.raises(UnreadableError) as caught:
        list(READER.read(tmp_path / "page.png", 1, 1, ReadOptions(ocr="never"), lambda word: None))
    assert caught.value.kind == "no-text"


def test_recognised_by_its_first_bytes() -> None:
    assert READER.sniff(b"\x89PNG\r\n\x1a\n....", "a") and READER.sniff(b"\xff\xd8\xff\xe0", "a.txt")
    assert READER.sniff(b"II*\x00", "a") and not READER.sniff(b"%PDF-1.7", "a.png")
