"""Pictures in documents that have text of their own: scans that were pasted in are read by OCR, photographs are not text."""

from __future__ import annotations

import io

from ingest.document import Block, ReadOptions, UnreadableError
from ingest.ocr import load_backend, mean_confidence
from ingest.readers.image import MAGIC, opened_image, pixels_of
from ingest.readers.scan import lay_out_scan

LEAST_INCHES = (2.5, 0.6)
"""A picture that is shown narrower or lower than this is a logo, a sign or a photograph of no text worth the time."""
LEAST_PIXELS = (250, 50)
"""A picture with fewer pixels across or down cannot hold a line that is read surely."""
LEAST_CONFIDENCE = 0.8
"""What is read less surely than this on average was no text."""
LEAST_CHARACTERS = 8
"""Fewer characters are a label."""
DPI_RANGE = (60.0, 600.0)
"""A resolution outside this was not that of a page."""
SHOWN_WIDTH = 6.5
"""Inches that a picture of unknown size is taken to be shown at: the width of a page's text."""


def may_be_scan(raw: bytes, shown: tuple[float, float] | None) -> bool:
    """Whether a picture (its bytes; the inches it is shown at) is worth reading, without decoding it."""
    if not raw.startswith(MAGIC):
        return False
    return shown is None or (shown[0] >= LEAST_INCHES[0] and shown[1] >= LEAST_INCHES[1])


def scanned_blocks(raw: bytes, shown: tuple[float, float] | None, options: ReadOptions) -> tuple[Block, ...]:
    """The blocks of a picture that shows text, without boxes, as it has no place on a page; none for any other picture.

    `shown` is the width and height in inches at which the document shows it, None when that is not known. A picture that
    cannot be decoded gives none.
    """
    try:
        with opened_image(io.BytesIO(raw)) as image:
            if image.width < LEAST_PIXELS[0] or image.height < LEAST_PIXELS[1]:
                return ()
            dpi = image.width / (shown[0] if shown else SHOWN_WIDTH)
            dpi = min(max(dpi, DPI_RANGE[0]), DPI_RANGE[1])
            pixels, scale = pixels_of(image, dpi)
    except UnreadableError:
        return ()
    dpi *= scale
    lines = load_backend(options.ocr_backend, options.ocr_device, options.ocr_models).read(pixels, dpi)
    confidence = mean_confidence(lines)
    if confidence is None or confidence < LEAST_CONFIDENCE:
        return ()
    points = 72 / dpi
    found = lay_out_scan(lines, pixels.shape[1] * points, pixels.shape[0] * points, points, pixels)
    if sum(len(block.text) for block in found.blocks) < LEAST_CHARACTERS:
        return ()
    return tuple(
        Block(block.kind, block.text, level=min(block.level + 1, 6) if block.level else 0, confidence=block.confidence)
        for block in found.blocks
    )
