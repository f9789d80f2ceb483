"""A page image by OCR: the lines that an engine recognised, laid out by the analysis that native pages have."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from ingest.document import Page
from ingest.ocr import OcrLine, mean_confidence
from ingest.ocr.evidence import evidence_of
from ingest.page.analysis import LaidOut, lay_out
from ingest.page.block_kinds import vocabulary
from ingest.page.context import contexts


def scanned_page(
    number: int,
    n_pages: int,
    reason: str,
    lines: Sequence[OcrLine],
    width: float,
    height: float,
    scale: float,
    image: np.ndarray,
    outline: Iterable[tuple[int, str, int]] = (),
) -> Page:
    """A page by what an engine recognised on it; the parameters as of `lay_out_scan`.

    It is laid out by itself: pages are recognised one after another, and whatever was read before a run broke off stays.
    """
    found = lay_out_scan(lines, width, height, scale, image, number, n_pages, outline)
    notes = "; ".join([reason, *found.notes])
    return Page(number, "ocr", notes, width, height, found.blocks, mean_confidence(lines), found.conservation)


def lay_out_scan(
    lines: Sequence[OcrLine],
    width: float,
    height: float,
    scale: float,
    image: np.ndarray | None = None,
    number: int = 1,
    n_pages: int = 1,
    outline: Iterable[tuple[int, str, int]] = (),
) -> LaidOut:
    """Blocks of one page in reading order, with their boxes in points on the page as it was given.

    `lines` as an engine gave them, in pixels; `width` and `height` the page in points; `scale` is points per pixel
    (72 / dpi); `image` the page image (H × W × 3, uint8, RGB), on which rules and pictures are looked for; `number` and
    `n_pages` its place in its document, whose table of contents is `outline`.
    """
    evidence = evidence_of(lines, width, height, scale, image)
    layer = evidence.layer
    words = vocabulary(line.text for own in (layer.lines, *layer.rotated.values()) for line in own)
    [context] = contexts([(number, evidence.width, evidence.height, layer.lines)], words, n_pages, outline)
    found = lay_out(layer, context, evidence.regions)
    return replace(found, blocks=evidence.on_page(found.blocks))
