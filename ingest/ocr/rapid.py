"""The engine that works at once: PP-OCRv6 as ONNX, from the weights that the `rapidocr` wheel brings.

RapidOCR's own pipeline is not called: it makes its batches out of whatever lines a page has and pads each line to its
longest neighbour, which costs time and lets a line's text depend on other lines.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnxruntime

from ingest.ocr import OcrLine
from ingest.ocr.batch import recognise
from ingest.ocr.detection import find_boxes
from ingest.ocr.orientation import read_upright
from ingest.ocr.recognition import Reading

BATCH = {"cpu": 1, "cuda": 16}
"""Lines in one call of the network. One core is fastest on single lines: more do not fit its cache."""


def wheel_weights() -> tuple[Path, Path]:
    """The detection and recognition networks of the installed `rapidocr` wheel, without importing it."""
    spec = find_spec("rapidocr")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("The OCR weights are missing; install them with: pip install 'rapidocr>=3.10,<4'.")
    folder = Path(spec.submodule_search_locations[0]) / "models"
    found = [sorted(folder.glob(f"PP-OCR*_{task}_*.onnx")) for task in ("det", "rec")]
    if not all(found):
        raise RuntimeError(f"rapidocr {version('rapidocr')} brings no PP-OCR weights; install 'rapidocr>=3.10,<4'.")
    return found[0][-1], found[1][-1]


class RapidOcrBackend:
    """PP-OCRv6 on onnxruntime, single-threaded on the CPU: one process per core is cheaper than threads."""

    name = "rapidocr"

    def __init__(self, device: str = "cpu", models: str = "") -> None:
        """Load both networks. Raises `RuntimeError` when the weights, or CUDA for onnxruntime, are not installed."""
        if models:
            raise RuntimeError("The OCR backend rapidocr has its own weights; other models are read by paddleocr.")
        detection, recognition = wheel_weights()
        self._batch = BATCH[device]
        # Numbers near zero are taken for zero, which saves 8 % of the time. That is a mode of the thread that loads and
        # runs the networks, and numpy elsewhere must not find itself in it: so they have a thread of their own.
        self._networks = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ocr")
        # Lines come in few widths, for which an arena keeps room; pages come in all sizes, and it would for each.
        self._detection = self._networks.submit(_session, detection, device, arena=False).result()
        self._recognition = self._networks.submit(_session, recognition, device, arena=True).result()
        table = self._recognition.get_modelmeta().custom_metadata_map["character"].splitlines()
        self._characters = ["", *table, " "]

    def read(self, image: np.ndarray, dpi: float) -> list[OcrLine]:
        """Lines of one page image, from top to bottom; see `OcrBackend`."""
        return read_upright(image, dpi, self._boxes, self._texts)

    def _boxes(self, image: np.ndarray, dpi: float) -> np.ndarray:
        return find_boxes(image, dpi, lambda pixels: self._run(self._detection, pixels))

    def _texts(self, pictures: list[np.ndarray]) -> list[Reading]:
        return recognise(pictures, lambda lines: self._run(self._recognition, lines), self._characters, self._batch)

    def _run(self, network: onnxruntime.InferenceSession, values: np.ndarray) -> np.ndarray:
        result: np.ndarray = self._networks.submit(network.run, None, {"x": values}).result()[0]
        return result


def _session(path: Path, device: str, arena: bool) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    options.enable_cpu_mem_arena = arena
    options.add_session_config_entry("session.set_denormal_as_zero", "1")
    return onnxruntime.InferenceSession(os.fspath(path), options, providers=providers(device))


def providers(device: str) -> list[str]:
    """What onnxruntime runs networks on, by preference. Raises `RuntimeError` when it has no CUDA and that is asked for."""
    if device == "cpu":
        return ["CPUExecutionProvider"]
    if "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
        raise RuntimeError("OCR on cuda needs onnxruntime-gpu in place of onnxruntime: pip install onnxruntime-gpu.")
    return ["CUDAExecutionProvider", "CPUExecutionProvider"]
