"""Page images: PNG, JPEG and TIFF with any number of pages, read as scans."""

from __future__ import annotations

import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
from PIL import Image, ImageFile, ImageOps

from ingest.document import Mark, Page, Probe, ReadOptions, UnreadableError
from ingest.ocr import OcrBackend, load_backend
from ingest.ocr.detection import STRIP
from ingest.readers.scan import scanned_page

MAGIC = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
FORMATS = ("PNG", "JPEG", "TIFF")
MAX_PIXELS = 80_000_000
"""An A3 page at 600 dpi has 70 million; what claims to be larger is refused before it is decoded."""
MOST_READ = 24_000_000
"""More pixels than this on a page (A4 at 600 dpi is 35 million) are scaled down: they carry no more text."""
FINEST_ENLARGED = 130
"""Below this resolution in dots per inch an image is enlarged: lines are found and measured better."""
ENLARGED = 2.0
LOWEST = 72.0
"""Resolution that a strip has at least."""
MAX_SCANS = 100
"""A JPEG is decoded whole once for each of its scans; progressive ones have about ten."""
MAX_FRAMES = 20_000
DPI_RANGE = (100, 1200)
"""A resolution outside this, or none, was not set by a scanner."""
PAGE_INCHES = (8.3, 11.0)
"""Sides of the sheet that an image without a resolution is taken to show."""

_DECODER_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    EOFError,
    OverflowError,
    struct.error,
)


class ImageReader:
    """Images of pages; every page goes through OCR."""

    name = "image"

    def sniff(self, head: bytes, path: str) -> bool:
        """By its first bytes."""
        return head.startswith(MAGIC)

    def probe(self, path: Path, options: ReadOptions) -> Probe:
        """The number of pages. Raises `UnreadableError`."""
        with opened_image(path) as image:
            return Probe(n_pages=_n_pages(image))

    def read(self, path: Path, first: int, last: int, options: ReadOptions, mark: Mark) -> Iterator[Page]:
        """Pages `first` to `last` through OCR. Raises `UnreadableError`."""
        if options.ocr == "never":
            raise UnreadableError("no-text", "It is an image, and OCR is switched off (--ocr never).")
        backend = load_backend(options.ocr_backend, options.ocr_device, options.ocr_models)
        for number in range(first, last + 1):
            mark(f"page {number}")
            with opened_image(path) as image:
                image.seek(number - 1)
                _check_size(image)
                n_pages = _n_pages(image)
                dpi = _dpi(image)
                pixels, scale = pixels_of(image, dpi)
            yield _page(number, n_pages, pixels, dpi * scale, backend)


def _n_pages(image: Image.Image) -> int:
    return min(int(getattr(image, "n_frames", 1)), MAX_FRAMES)


def _page(number: int, n_pages: int, pixels: np.ndarray, dpi: float, backend: OcrBackend) -> Page:
    lines = backend.read(pixels, dpi)
    points = 72 / dpi
    height, width = pixels.shape[0] * points, pixels.shape[1] * points
    reason = "the file is a page image"
    return scanned_page(number, n_pages, reason, lines, round(width, 2), round(height, 2), points, pixels)


@contextmanager
def opened_image(file: Path | IO[bytes]) -> Iterator[Image.Image]:
    """An image with its errors turned into `UnreadableError`; not decoded yet, and of a size that was checked."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(file, formats=FORMATS) as image:
                _check_size(image)
                _check_scans(image)
                yield image
    except (Image.DecompressionBombError, MemoryError) as error:
        raise UnreadableError("too-large", f"The image has more than {MAX_PIXELS:,} pixels.") from error
    except UnreadableError:
        raise
    except _DECODER_ERRORS as error:
        kind = "truncated" if "truncated" in str(error).lower() else "decode"
        raise UnreadableError(kind, f"The image cannot be decoded ({type(error).__name__}).") from error


def _check_size(image: Image.Image) -> None:
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise UnreadableError("too-large", f"The image has {width} × {height} pixels; at most {MAX_PIXELS:,} are read.")


def _check_scans(image: Image.Image) -> None:
    """The marker of a scan stands nowhere in the data of one (ITU-T T.81, B.1.1.5), so they can be counted unread."""
    if not isinstance(image, ImageFile.ImageFile) or image.format != "JPEG" or image.fp is None:
        return
    place = image.fp.tell()
    image.fp.seek(0)
    scans = image.fp.read().count(b"\xff\xda")
    image.fp.seek(place)
    if scans > MAX_SCANS:
        raise UnreadableError("too-large", f"The image has {scans:,} scans; at most {MAX_SCANS} are decoded.")


def _dpi(image: Image.Image) -> float:
    """Resolution that the file states, or the one at which it would show a sheet of the usual size."""
    stated = image.info.get("dpi")
    try:
        value = float(stated[0]) if stated else 0.0
    except (TypeError, ValueError, ZeroDivisionError):
        value = 0.0
    if DPI_RANGE[0] <= value <= DPI_RANGE[1]:
        return value
    if image.height > STRIP * image.width:  # several sheets, one below the other: a long screenshot
        return max(image.width / PAGE_INCHES[0], LOWEST)
    return max(image.size) / PAGE_INCHES[1]


def pixels_of(image: Image.Image, dpi: float) -> tuple[np.ndarray, float]:
    """(H × W × 3 uint8 RGB, upright as its EXIF data says and on white; the scale that it was brought to)."""
    wanted = ENLARGED if dpi < FINEST_ENLARGED else 1.0
    ratio = min(wanted, (MOST_READ / (image.width * image.height)) ** 0.5)
    if image.mode.startswith(("I", "F")):
        values = np.asarray(image, dtype=np.float32)
        low, high = float(values.min()), float(values.max())
        image = Image.fromarray(((values - low) * (255 / max(high - low, 1e-6))).astype(np.uint8))
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        layer = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer)
    image = image.convert("RGB")
    if ratio != 1.0:
        smoothing = Image.Resampling.BOX if ratio < 1.0 else Image.Resampling.BICUBIC
        image = image.resize((max(1, int(image.width * ratio)), max(1, int(image.height * ratio))), smoothing)
    return np.asarray(ImageOps.exif_transpose(image)), ratio
