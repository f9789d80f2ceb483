"""PaddleOCR itself, for its other models: the `paddle` extra.

PaddleOCR does its own detection, batching and recognition; here its results become lines. It runs its networks on
onnxruntime where a model folder holds `inference.onnx`, which needs no paddlepaddle, and on paddlepaddle otherwise.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from ingest.ocr import OcrLine
from ingest.ocr.detection import BOX_THRESHOLD, GROWTH, LONGEST_SIDE, PIXEL_THRESHOLD
from ingest.ocr.orientation import LEAST_CONFIDENCE, SAMPLE, SURE, certainty, make_line
from ingest.ocr.picture import mark_pictures
from ingest.ocr.rapid import wheel_weights
from ingest.ocr.recognition import LINE_HEIGHT, Reading, cut_line, is_tall

INSTALL = "pip install 'medpress[paddle]'"
CRASHING = "3.3."
"""paddlepaddle 3.3.x dies at the first page when oneDNN is on; no release with the repair is known."""
WHEEL = "wheel"
"""The word for the weights that come with the rapidocr wheel, in place of a folder."""


class PaddleOcrBackend:
    """The `paddleocr` package as an engine."""

    name = "paddleocr"

    def __init__(self, device: str = "cpu", models: str = "") -> None:
        """Load the pipeline.

        `models` is a folder with `det` and `rec` (or `PP-OCRv5_mobile_det` and the like), each a PaddleOCR model:
        `inference.yml` beside `inference.onnx`, or beside `inference.json` and `inference.pdiparams`; or `wheel` for the
        PP-OCRv6 weights of the rapidocr wheel; or empty, and PaddleOCR takes its own from its cache or the network.

        Raises `RuntimeError` with one sentence when PaddleOCR or its models are not there, or paddlepaddle is a version
        that is known to crash.
        """
        os.environ.setdefault("PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK", "True")
        try:
            self.version = f"paddleocr {version('paddleocr')} with {models or 'its own models'}/2"
        except PackageNotFoundError as error:
            raise RuntimeError(f"The OCR backend paddleocr is not installed; install it with: {INSTALL}.") from error
        refuse_crashing_paddle()
        if models == WHEEL:
            with tempfile.TemporaryDirectory(prefix="medpress-paddle-") as folder:
                self._pipeline = _load(write_wheel_models(Path(folder)), device)
        else:
            self._pipeline = _load(Path(models) if models else None, device)

    def read(self, image: np.ndarray, dpi: float) -> list[OcrLine]:
        """Lines of one page image; see `OcrBackend`."""
        found = self._found(image)
        best, turn = found, 0
        if found and (_sideways(found) or _certainty(found) < SURE):
            for other in (90, 270) if _sideways(found) else (180,):
                turned = self._found(np.ascontiguousarray(np.rot90(image, -(other // 90))))
                if turned and not _sideways(turned) and _certainty(turned) > (_certainty(best) if turn else 0.0):
                    best, turn = turned, other
            if turn == 180 and _certainty(best) <= _certainty(found):
                best, turn = found, 0
        upright = np.rot90(image, -(turn // 90))
        lines = [
            make_line(box, cut_line(upright, box), reading, turn, image.shape)
            for box, reading in best
            if reading.confidence >= LEAST_CONFIDENCE and reading.text.strip()
        ]
        return mark_pictures(image, lines, dpi)

    def _found(self, image: np.ndarray) -> list[tuple[np.ndarray, Reading]]:
        [result] = self._pipeline.predict(np.ascontiguousarray(image[:, :, ::-1]))
        return [
            (np.asarray(box, dtype=np.float32), Reading(text, float(score)))
            for box, text, score in zip(result["rec_polys"], result["rec_texts"], result["rec_scores"], strict=True)
        ]


def _sideways(found: list[tuple[np.ndarray, Reading]]) -> bool:
    characters = [0, 0]
    for box, _ in found:
        characters[is_tall(box)] += int(np.ptp(box, axis=0).max())
    return characters[1] > characters[0]


def _certainty(found: list[tuple[np.ndarray, Reading]]) -> float:
    longest = sorted(found, key=lambda line: -float(np.ptp(line[0], axis=0).max()))[:SAMPLE]
    return certainty(reading for _, reading in longest)


def refuse_crashing_paddle() -> None:
    """Raise `RuntimeError` when a paddlepaddle is installed that would take the process down."""
    for package in ("paddlepaddle", "paddlepaddle-gpu"):
        try:
            found = version(package)
        except PackageNotFoundError:
            continue
        if found.startswith(CRASHING):
            raise RuntimeError(
                f"{package} {found} crashes when it reads a page; install another: pip install '{package}==3.2.2'."
            )


def write_wheel_models(folder: Path) -> Path:
    """Make a PaddleOCR model folder (`det`, `rec`) of the rapidocr wheel's weights; returns `folder`."""
    detection, recognition = wheel_weights()
    read = {"DecodeImage": {"channel_first": False, "img_mode": "BGR"}}
    scale = {"mean": [0.5] * 3, "std": [0.5] * 3, "scale": "1./255.", "order": "hwc"}
    table = onnxruntime.InferenceSession(os.fspath(recognition), providers=["CPUExecutionProvider"]).get_modelmeta()
    settings: dict[Path, dict[str, Any]] = {
        detection: {
            "PreProcess": {
                "transform_ops": [
                    read,
                    {"DetResizeForTest": {"resize_long": LONGEST_SIDE}},
                    {"NormalizeImage": scale},
                    {"ToCHWImage": None},
                ]
            },
            "PostProcess": {
                "name": "DBPostProcess",
                "thresh": PIXEL_THRESHOLD,
                "box_thresh": BOX_THRESHOLD,
                "unclip_ratio": GROWTH,
                "max_candidates": 1000,
            },
        },
        recognition: {
            "PreProcess": {"transform_ops": [read, {"RecResizeImg": {"image_shape": [3, LINE_HEIGHT, 320]}}]},
            "PostProcess": {
                "name": "CTCLabelDecode",
                "character_dict": table.custom_metadata_map["character"].splitlines(),
            },
        },
    }
    for task, (weights, values) in zip(("det", "rec"), settings.items(), strict=True):
        (folder / task).mkdir(parents=True)
        (folder / task / "inference.onnx").symlink_to(weights)
        series, _, size = weights.stem.split("_")
        # JSON is YAML.
        text = json.dumps({"Global": {"model_name": f"{series}_{size}_{task}"}} | values, ensure_ascii=False)
        (folder / task / "inference.yml").write_text(text, encoding="utf-8")
    return folder


def _load(folder: Path | None, device: str) -> Any:
    """The pipeline, single-threaded, reading one line at a time so that no line's text depends on others."""
    options: dict[str, Any] = {
        "use_doc_orientation_classify": False,
        "use_doc_unwarping": False,
        "use_textline_orientation": False,
        "text_recognition_batch_size": 1,
        "device": "gpu" if device == "cuda" else "cpu",
    }
    on_onnx = find_spec("paddle") is None
    if folder is not None:
        models = {"text_detection": _model_folder(folder, "det"), "text_recognition": _model_folder(folder, "rec")}
        for prefix, model in models.items():
            options[f"{prefix}_model_dir"] = os.fspath(model)
            options[f"{prefix}_model_name"] = _model_name(model)
        on_onnx = all((model / "inference.onnx").is_file() for model in models.values())
        if not on_onnx and find_spec("paddle") is None:
            raise RuntimeError(
                f"The models in {folder} are in Paddle's format; read them with: pip install 'paddlepaddle==3.2.2'."
            )
    if on_onnx:
        options |= {"engine": "onnxruntime", "engine_config": {"intra_op_num_threads": 1, "inter_op_num_threads": 1}}
    else:
        options["cpu_threads"] = 1
    from paddleocr import PaddleOCR

    try:
        return PaddleOCR(**options)
    except Exception as error:
        where = f"from {folder}" if folder else "from its cache or the network; give it a folder with det and rec"
        raise RuntimeError(f"PaddleOCR could not load its models {where} ({error}).") from error


def _model_folder(folder: Path, task: str) -> Path:
    """`folder/det`, or its only subfolder that is called like `PP-OCRv5_mobile_det`."""
    found = sorted(path for path in folder.glob(f"*{task}") if path.is_dir()) if folder.is_dir() else []
    if len(found) != 1:
        raise RuntimeError(f"{folder} has to hold one PaddleOCR model whose folder's name ends in {task!r}.")
    return found[0]


def _model_name(folder: Path) -> str:
    """The name by which PaddleOCR knows the model in a folder."""
    settings = folder / "inference.yml"
    if not settings.is_file():
        raise RuntimeError(f"There is no PaddleOCR model in {folder}: inference.yml is missing.")
    found = re.search(r"\bmodel_name[\"']?\s*:\s*[\"']?([\w.+-]+)", settings.read_text(encoding="utf-8"))
    if found:
        return found[1]
    raise RuntimeError(f"{settings} names no model (Global: model_name).")
