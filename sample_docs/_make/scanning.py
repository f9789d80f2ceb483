"""A PDF page -> what a scanner would have made of it: grey, slightly turned, soft, noisy, JPEG in a PDF."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
import pymupdf
from PIL import Image, ImageFilter


@dataclass(frozen=True, kw_only=True)
class Scanner:
    """The faults of one scanner."""

    dpi: int = 160
    """Resolution in dots per inch."""
    turn: float = 0.6
    """Rotation in degrees; every second page is turned the other way."""
    blur: float = 0.5
    """Radius of the Gaussian blur in pixels."""
    noise: float = 5.0
    """Standard deviation of the grey noise, in levels of 255."""
    quality: int = 55
    """JPEG quality."""
    seed: int = 20240301
    """Seed of the noise."""


def scan_page(page: pymupdf.Page, scanner: Scanner, number: int) -> bytes:
    """One page as JPEG bytes."""
    pixmap = page.get_pixmap(dpi=scanner.dpi, colorspace=pymupdf.csGRAY)
    image = Image.frombytes("L", (pixmap.width, pixmap.height), pixmap.samples)
    angle = scanner.turn if number % 2 == 0 else -scanner.turn
    image = image.rotate(angle, resample=Image.Resampling.BICUBIC, fillcolor=250)
    image = image.filter(ImageFilter.GaussianBlur(scanner.blur))
    grey = np.asarray(image, dtype=np.float32)
    generator = np.random.default_rng(scanner.seed + number)
    shade = np.linspace(0, 14, grey.shape[1], dtype=np.float32)[None, :]
    grey = 12 + grey * 0.92 - shade + generator.normal(0, scanner.noise, grey.shape).astype(np.float32)
    out = io.BytesIO()
    Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8)).save(
        out, "JPEG", quality=scanner.quality, dpi=(scanner.dpi, scanner.dpi)
    )
    return out.getvalue()


def scanned(document: pymupdf.Document, scanner: Scanner) -> pymupdf.Document:
    """A new document whose pages are images of the given one's; it has no text layer."""
    result = pymupdf.open()
    for number, page in enumerate(document):
        insert_scan(result, page, scanner, number)
    return result


def insert_scan(result: pymupdf.Document, page: pymupdf.Page, scanner: Scanner, number: int) -> None:
    """Appends the scan of one page to `result`."""
    sheet = result.new_page(width=page.rect.width, height=page.rect.height)
    sheet.insert_image(sheet.rect, stream=scan_page(page, scanner, number))
