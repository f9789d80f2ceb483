"""PyMuPDF's layout model: regions of a page with their kinds, in reading order, for pages that the cheap analysis doubts.

The model (a graph network over the page's text boxes) ships inside PyMuPDF 2 and runs on onnxruntime. It takes about
a third of a second of one core for a page, some twenty times what all the rest takes, so it is asked only where `ingest.page.analysis` doubts its own layout.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cache
from typing import Any

import pymupdf

LOG = logging.getLogger(__name__)
NAME = f"PyMuPDF layout {pymupdf.VersionBind}"
"""The model as the page's reason names it."""


@dataclass(frozen=True, slots=True)
class Region:
    """A region that a model found; regions come in its reading order."""

    kind: str
    """title, section-header, text, list-item, table, caption, footnote, formula, picture, page-header, page-footer; from the
    layout models of OCR engines also reference and margin."""
    box: tuple[float, float, float, float]
    """x0, y0, x1, y1 in points of the page as it is shown."""


@cache
def available() -> bool:
    """Whether the model can be loaded; if not, says so once."""
    try:
        _model()
    except Exception as error:  # the package may lack its models, onnxruntime, or be another version
        LOG.warning("The layout model cannot be loaded (%s); the cheap layout analysis stands.", type(error).__name__)
        return False
    return True


@cache
def _model() -> Any:
    import onnxruntime
    import pymupdf.layout

    session = onnxruntime.InferenceSession

    def single_threaded(path: str, sess_options: Any = None, **more: Any) -> Any:
        options = sess_options or onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1  # a worker has one core
        return session(path, sess_options=options, **more)

    onnxruntime.InferenceSession = single_threaded  # the package has no option for it
    try:
        # without image features: twice as fast, and no worse on the pages that were looked at; the table model is unused
        return pymupdf.layout.DocumentLayoutAnalyzer.get_model(feature_set_name="rf", table_grid_model_ver="V1")
    finally:
        onnxruntime.InferenceSession = session


def regions(page: pymupdf.Page) -> list[Region]:
    """The regions of a page in reading order; empty where the model finds nothing or is not to be had."""
    if not available():
        return []
    return [
        Region(str(kind), (float(x0), float(y0), float(x1), float(y1)))
        for x0, y0, x1, y1, kind, *_ in _model().predict(page)
    ]
