"""PaddleOCR itself, for its other models: the `paddle` extra.

PaddleOCR does its own detection, batching and recognition; here its results become lines. Where what PP-StructureV3 needs
is installed as well (`paddleocr[doc-parser]`) and there is a layout model, its layout analysis runs with them and marks
the regions of the page; its further models (tables, formulas, seals, charts) are left out. It runs its networks on
onnxruntime where a model folder holds `inference.onnx`, which needs no paddlepaddle, and on paddlepaddle otherwise.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from ingest.ocr import OcrLine, Region
from ingest.ocr.detection import BOX_THRESHOLD, GROWTH, LONGEST_SIDE, PIXEL_THRESHOLD
from ingest.ocr.orientation import LEAST_CONFIDENCE, SAMPLE, SURE, certainty, make_line
from ingest.ocr.rapid import providers, wheel_weights
from ingest.ocr.recognition import LINE_HEIGHT, Reading, cut_line, is_tall

INSTALL = "pip install 'medpress[paddle]'"
INSTALL_STRUCTURE = "pip install 'paddleocr[doc-parser]'"
CRASHING = "3.3."
"""paddlepaddle 3.3.x dies at the first page when oneDNN is on; no release with the repair is known."""
WHEEL = "wheel"
"""The word for the weights that come with the rapidocr wheel, in place of a folder."""
LAYOUT = "layout"
"""Ending of the name of a folder with a layout model."""
OTHER_PARTS = (
    "table_recognition",
    "formula_recognition",
    "seal_recognition",
    "chart_recognition",
    "region_detection",
)
"""Parts of PP-StructureV3 that are switched off: their models are large, and tables and order are found without."""

_REGIONS: dict[str, str] = {
    "doc_title": "title",
    "paragraph_title": "section-header",
    "table": "table",
    "figure_title": "caption",
    "table_title": "caption",
    "chart_title": "caption",
    "figure_table_chart_title": "caption",
    "footnote": "footnote",
    "vision_footnote": "footnote",
    "reference": "reference",
    "reference_content": "reference",
    "formula": "formula",
    "formula_number": "formula",
    "header": "page-header",
    "header_image": "page-header",
    "footer": "page-footer",
    "footer_image": "page-footer",
    "number": "page-footer",
    "aside_text": "margin",
    "image": "picture",
    "figure": "picture",
    "chart": "picture",
    "seal": "picture",
}
"""What a region holds for each label of the layout models; any other label is running text."""

Found = tuple[np.ndarray, Reading, Region | None]
"""Corners of a line, what it says, and the region that it stands in."""


class PaddleOcrBackend:
    """The `paddleocr` package as an engine."""

    name = "paddleocr"

    def __init__(self, device: str = "cpu", models: str = "") -> None:
        """Load the pipeline.

        `models` is a folder with `det` and `rec` (or `PP-OCRv5_mobile_det` and the like), each a PaddleOCR model:
        `inference.yml` beside `inference.onnx`, or beside `inference.json` and `inference.pdiparams`, and, for
        PP-StructureV3, one more whose name ends in `layout`; or `wheel` for the PP-OCRv6 weights of the rapidocr wheel; or
        empty, and PaddleOCR takes its own from its cache or the network, PP-StructureV3's layout model too where
        `paddleocr[doc-parser]` is installed.

        Raises `RuntimeError` with one sentence when PaddleOCR or its models are not there, or paddlepaddle is a version
        that is known to crash.
        """
        os.environ.setdefault("PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK", "True")
        try:
            version("paddleocr")
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
        best, rotation = found, 0
        if found and (_sideways(found) or _certainty(found) < SURE):
            for other in (90, 270) if _sideways(found) else (180,):
                rotated = self._found(np.ascontiguousarray(np.rot90(image, -(other // 90))))
                if rotated and not _sideways(rotated) and _certainty(rotated) > (_certainty(best) if rotation else 0.0):
                    best, rotation = rotated, other
            if rotation == 180 and _certainty(best) <= _certainty(found):
                best, rotation = found, 0
        upright = np.rot90(image, -(rotation // 90))
        return [
            replace(make_line(box, cut_line(upright, box), reading, rotation, image.shape), region=region)
            for box, reading, region in best
            if reading.confidence >= LEAST_CONFIDENCE and reading.text.strip()
        ]

    def _found(self, image: np.ndarray) -> list[Found]:
        [result] = self._pipeline.predict(np.ascontiguousarray(image[:, :, ::-1]))
        return found_lines(result)


def found_lines(result: Mapping[str, Any]) -> list[Found]:
    """Lines of a page with the regions that they stand in, from what PaddleOCR or PP-StructureV3 says of it."""
    lines = result.get("overall_ocr_res", result)
    regions = [
        (block.bbox, region_of(block.label, order)) for order, block in enumerate(result.get("parsing_res_list", ()))
    ]
    return [
        (np.asarray(box, dtype=np.float32), Reading(text, float(score)), _around(np.asarray(box).mean(axis=0), regions))
        for box, text, score in zip(lines["rec_polys"], lines["rec_texts"], lines["rec_scores"], strict=True)
    ]


def region_of(label: str, order: int) -> Region:
    """The region that a layout model's label stands for, `order`-th in reading order."""
    return Region(order, _REGIONS.get(label, "text"))


def _around(point: np.ndarray, regions: Sequence[tuple[Sequence[float], Region]]) -> Region | None:
    """The smallest region around a point."""
    x, y = point
    inside = [
        ((x1 - x0) * (y1 - y0), region.order, region)
        for (x0, y0, x1, y1), region in regions
        if x0 <= x <= x1 and y0 <= y <= y1
    ]
    return min(inside)[2] if inside else None


def _sideways(found: Sequence[Found]) -> bool:
    characters = [0, 0]
    for box, *_ in found:
        characters[is_tall(box)] += int(np.ptp(box, axis=0).max())
    return characters[1] > characters[0]


def _certainty(found: Sequence[Found]) -> float:
    longest = sorted(found, key=lambda line: -float(np.ptp(line[0], axis=0).max()))[:SAMPLE]
    return certainty(reading for _, reading, _ in longest)


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
    structure = folder is None and structure_is_installed()
    if folder is not None:
        models = {"text_detection": _model_folder(folder, "det"), "text_recognition": _model_folder(folder, "rec")}
        if any(folder.glob(f"*{LAYOUT}")):
            if not structure_is_installed():
                raise RuntimeError(f"The layout model in {folder} needs PP-StructureV3: {INSTALL_STRUCTURE}.")
            models["layout_detection"] = _model_folder(folder, LAYOUT)
            structure = True
        for prefix, model in models.items():
            options[f"{prefix}_model_dir"] = os.fspath(model)
            options[f"{prefix}_model_name"] = _model_name(model)
        on_onnx = all((model / "inference.onnx").is_file() for model in models.values())
        if not on_onnx and find_spec("paddle") is None:
            raise RuntimeError(
                f"The models in {folder} are in Paddle's format; read them with: pip install 'paddlepaddle==3.2.2'."
            )
    if on_onnx:
        providers(device)
        options |= {"engine": "onnxruntime", "engine_config": {"intra_op_num_threads": 1, "inter_op_num_threads": 1}}
    else:
        options["cpu_threads"] = 1
    if structure:
        options |= {f"use_{part}": False for part in OTHER_PARTS}
    try:
        if structure:
            from paddleocr import PPStructureV3 as Pipeline
        else:
            from paddleocr import PaddleOCR as Pipeline
        return Pipeline(**options)
    except Exception as error:
        where = f"from {folder}" if folder else "from its cache or the network; give it a folder with det and rec"
        raise RuntimeError(f"PaddleOCR could not load its models {where} ({error}).") from error


def structure_is_installed() -> bool:
    """Whether all that PP-StructureV3 needs is there."""
    from paddlex.utils.deps import is_extra_available

    return bool(is_extra_available("ocr"))


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
