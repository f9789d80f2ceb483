"""OCR: speed against RapidOCR called page by page, and character error beside RapidOCR and Tesseract.

    python benchmarks/ingest_ocr.py speed [--pages 6]
    python benchmarks/ingest_ocr.py accuracy [--pages 2]
    python benchmarks/ingest_ocr.py blocks
    python benchmarks/ingest_ocr.py articles OUT_DIR [--only PMC5971330,…]    # then tools/pdf_vs_jats.py JATS OUT_DIR
    python benchmarks/ingest_ocr.py tables OUT_DIR                            # after `articles`

Real data: MEDPRESS_DATA (default ../shared/data). Pages are drawn at 200 dpi with a mild blur and noise. Both engines
read the same pages in turn in one process, single-threaded, RapidOCR with its detection limited to 960 pixels
(`rapid 960`, the rival in speed) and as it comes (`rapid`). Tesseract takes part when TESSDATA_PREFIX names a folder
with eng and chi_sim.

Character error: edit distance over the length of the truth, white space left out, NFKC. The lines of all engines are
put into order by the same layout analysis, so that the difference is reading alone. The truth of drawn pages is their
own text layer or the text that was set, that of scans the transcript that came with them.

`articles` keeps the lines of each page in OUT_DIR/lines, so a run that was broken off goes on where it was, and a run
after a change of the layout alone reads nothing anew. `tables` scores the tables of the same pages by their cells
against the JATS (see ingest_tables.py).
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from xml.etree import ElementTree

os.environ.setdefault("OMP_NUM_THREADS", "1")

import cv2
import numpy as np
import pymupdf
from rapidocr import RapidOCR

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1]))

import ingest_tables as by_cells

from ingest.assembly.assemble import assemble
from ingest.document import Page, Probe
from ingest.markdown import to_markdown
from ingest.ocr import OcrLine, load_backend
from ingest.readers.scan import lay_out_scan, scanned_page
from medpress.store import write_atomic

DATA = Path(os.environ.get("MEDPRESS_DATA", Path(__file__).parents[1] / "../shared/data"))
DPI = 200
ENGLISH = ["PMC6313609", "mdpi_04-00932", "PMC5971330", "PMC4632522", "PMC5771181", "PMC4930629"]
CLASSICS = ["626-医学见能.txt", "283-医源.txt"]
Engine = Callable[[np.ndarray], list[OcrLine]]


def draw(page: pymupdf.Page, noise: bool) -> np.ndarray:
    """A page as a scanner would have it."""
    pixmap = page.get_pixmap(dpi=DPI, alpha=False, colorspace=pymupdf.csRGB)
    image = np.frombuffer(pixmap.samples, np.uint8).reshape(pixmap.height, pixmap.width, 3)
    if not noise:
        return image
    grain = np.random.default_rng(page.number).normal(0, 6, image.shape)
    return np.clip(cv2.GaussianBlur(image, (0, 0), 0.6) + grain, 0, 255).astype(np.uint8)


def rapid(**parameters: object) -> Engine:
    """RapidOCR page by page on one thread."""
    engine = RapidOCR(
        params={
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            "Global.use_cls": False,
            "Global.log_level": "error",
        }
        | {name.replace("__", "."): value for name, value in parameters.items()}
    )

    def read(image: np.ndarray) -> list[OcrLine]:
        found = engine(np.ascontiguousarray(image[:, :, ::-1]))
        if found.txts is None:
            return []
        lines = []
        for box, text, score in zip(found.boxes, found.txts, found.scores, strict=True):
            (x0, y0), (x1, y1) = box.min(axis=0).tolist(), box.max(axis=0).tolist()
            lines.append(OcrLine(text, (x0, y0, x1, y1), float(score), tuple(map(tuple, box.tolist()))))
        return lines

    return read


def rapid_960() -> Engine:
    """RapidOCR with the detection limit that is compared with."""
    return rapid(Det__limit_type="max", Det__limit_side_len=960)


def medpress() -> Engine:
    """This project's reader of lines."""
    backend = load_backend("rapidocr")
    return lambda image: backend.read(image, DPI)


def tesseract(language: str) -> Engine:
    """Tesseract through PyMuPDF."""

    def read(image: np.ndarray) -> list[OcrLine]:
        height, width = image.shape[:2]
        pixmap = pymupdf.Pixmap(pymupdf.csRGB, width, height, image.tobytes(), False)
        page = pymupdf.open("pdf", pixmap.pdfocr_tobytes(language=language))[0]
        scale = width / page.rect.width
        lines = [line for block in page.get_text("dict")["blocks"] if block["type"] == 0 for line in block["lines"]]
        return [
            OcrLine("".join(span["text"] for span in line["spans"]), tuple(v * scale for v in line["bbox"]), 1.0)
            for line in lines
        ]

    return read


def speed(n_pages: int) -> None:
    """Pages per CPU-second of both engines on the same article pages."""
    pages = [
        draw(page, noise=True)
        for name in ENGLISH
        for page in list(pymupdf.open(DATA / "jats" / name / "fulltext.pdf"))[1 : 1 + -(-n_pages // len(ENGLISH))]
    ][:n_pages]
    engines = {"rapid 960": rapid_960(), "medpress": medpress()}
    seconds = dict.fromkeys(engines, 0.0)
    lines = dict.fromkeys(engines, 0)
    for engine in engines.values():
        engine(pages[0][:600])
    for page in pages:
        for name, engine in engines.items():
            start = time.process_time()
            lines[name] += len(engine(page))
            seconds[name] += time.process_time() - start
    for name in engines:
        print(
            f"{name:10} {len(pages)} pages {lines[name]} lines {seconds[name]:.1f} CPU-s "
            f"{len(pages) / seconds[name]:.3f} pages per CPU-second"
        )
    print(f"ratio {seconds['rapid 960'] / seconds['medpress']:.2f}")


def samples(n_pages: int) -> Iterator[tuple[str, str, np.ndarray, str]]:
    """(name, Tesseract's language, image, truth)."""
    scanned = DATA / "pdf_scanned"
    kant = cv2.imread(str(scanned / "kant1784_0017.png"))[:, :, ::-1]
    tree = ElementTree.parse(scanned / "kant1784_0017_gt.xml")
    space = {"p": tree.getroot().tag.split("}")[0].strip("{")}
    lines = [line.findtext("./p:TextEquiv/p:Unicode", "", space) for line in tree.iterfind(".//p:TextLine", space)]
    yield "kant1784 (Fraktur scan)", "eng", np.ascontiguousarray(kant), "\n".join(lines)
    docling = "Docling bundles PDF document conversion to JSON and Markdown in an easy self contained package"
    for turn in ("", "_rotated_90", "_rotated_180"):
        yield (
            f"docling{turn} (scan)",
            "eng",
            draw(pymupdf.open(scanned / f"docling_ocr_test{turn}.pdf")[0], False),
            docling,
        )
    for page in list(pymupdf.open(DATA / "pdf_native" / "zh_baichuan_licence.pdf"))[:n_pages]:
        yield f"zh_baichuan_licence p{page.number + 1}", "chi_sim", draw(page, True), native_text(page)
    for path in [DATA / "textbook" / "tcm_classics" / name for name in CLASSICS]:
        text = re.sub(r"[^\u3000-\u9fff\uff00-\uffef]", "", path.read_text("gb18030", "replace"))[400:1200]
        page = pymupdf.open().new_page(width=595, height=842)
        page.insert_textbox((60, 60, 535, 780), text, fontname="china-s", fontsize=11, lineheight=1.5)
        yield f"{path.stem} (set by us)", "chi_sim", draw(page, True), text
    for name in ENGLISH:
        for page in list(pymupdf.open(DATA / "jats" / name / "fulltext.pdf"))[1 : 1 + n_pages]:
            yield f"{name} p{page.number + 1}", "eng", draw(page, True), native_text(page)


def native_text(page: pymupdf.Page) -> str:
    """The text layer put into order by the same layout analysis as the engines' lines."""
    lines = [line for block in page.get_text("dict")["blocks"] if block["type"] == 0 for line in block["lines"]]
    known = [
        OcrLine(
            "".join(span["text"] for span in line["spans"]),
            line["bbox"],
            1.0,
            rotation=0 if line["dir"][0] > 0.5 else 90,
        )
        for line in lines
    ]
    return in_order([line for line in known if line.text.strip()], page.rect.width, page.rect.height, 1.0)


def in_order(lines: list[OcrLine], width: float, height: float, scale: float) -> str:
    """Text of the lines after layout analysis."""
    return "\n".join(
        re.sub(r"^\| (--- \| )*---? \|$|[|]", "", block.text)
        for block in lay_out_scan(lines, width, height, scale).blocks
    )


def character_error(text: str, truth: str) -> float:
    """Edit distance in percent of the truth's characters."""
    a, b = (
        np.array([ord(c) for c in unicodedata.normalize("NFKC", t) if not c.isspace()], dtype=np.int64)
        for t in (truth, text)
    )
    row = steps = np.arange(len(b) + 1)
    for index, character in enumerate(a, 1):
        best = np.empty_like(row)
        best[0] = index
        best[1:] = np.minimum(row[:-1] + (b != character), row[1:] + 1)
        row = np.minimum.accumulate(best - steps) + steps
    return 100 * float(row[-1]) / max(1, len(a))


def accuracy(n_pages: int) -> None:
    """Character error of each engine on each sample."""
    engines: dict[str, Engine] = {"rapid": rapid(), "rapid 960": rapid_960(), "medpress": medpress()}
    with_tesseract = "TESSDATA_PREFIX" in os.environ
    errors: dict[str, list[float]] = {name: [] for name in engines}
    for name, language, image, truth in samples(n_pages):
        scored = engines | ({"tesseract": tesseract(language)} if with_tesseract else {})
        height, width = (side * 72 / DPI for side in image.shape[:2])
        row = []
        for engine_name, engine in scored.items():
            error = character_error(in_order(engine(image), width, height, 72 / DPI), truth)
            errors.setdefault(engine_name, []).append(error)
            row.append(f"{engine_name} {error:6.2f}")
        print(f"{name:34} " + "  ".join(row), flush=True)
    print(f"{'mean':34} " + "  ".join(f"{name} {np.mean(values):6.2f}" for name, values in errors.items()))


def articles(out: Path, only: list[str]) -> None:
    """Write each article, read by OCR alone, as Markdown, for tools/pdf_vs_jats.py."""
    (out / "lines").mkdir(parents=True, exist_ok=True)
    engine = medpress()
    for pdf in sorted((DATA / "jats").glob("*/fulltext.pdf")):
        name = pdf.parent.name
        if only and name not in only:
            continue
        seconds = 0.0
        pages: list[Page] = []
        document = pymupdf.open(pdf)
        for page in document:
            kept = out / "lines" / f"{name}-{page.number + 1:03}.json"
            if not kept.exists():
                image = draw(page, True)
                start = time.process_time()
                lines = [asdict(line) for line in engine(image)]
                found = {"seconds": time.process_time() - start, "lines": lines}
                write_atomic(kept, lambda path, found=found: path.write_text(json.dumps(found)))
            seconds += json.loads(kept.read_text())["seconds"]
            pages.append(arranged(page, kept))
        pages, _ = assemble(pages, Probe(n_pages=len(pages)))
        text = to_markdown(asdict(block) for page in pages for block in page.blocks)
        (out / f"{name}.md").write_text(text, encoding="utf-8")
        print(f"{name} {len(document)} pages {len(document) / seconds:.3f} pages per CPU-second", flush=True)


def arranged(page: pymupdf.Page, kept: Path) -> Page:
    """A page whose lines have been read before."""
    lines = [OcrLine(**line) for line in json.loads(kept.read_text())["lines"]]
    width, height = page.rect.width, page.rect.height
    number, n_pages = page.number + 1, page.parent.page_count
    return scanned_page(number, n_pages, "asked for", lines, width, height, 72 / DPI, draw(page, True))


def tables(out: Path) -> None:
    """F1 of the cells, and of pairs of neighbouring cells, of the tables on the pages that `articles` read."""
    sums = np.zeros((2, 3), int)
    for xml in sorted((DATA / "jats").glob("*/fulltext.xml")):
        pages = list(pymupdf.open(xml.with_suffix(".pdf")))
        files = [out / "lines" / f"{xml.parent.name}-{page.number + 1:03}.json" for page in pages]
        right = by_cells.truth(xml)
        if not right or not all(file.exists() for file in files):
            continue
        found = [
            grid
            for page, file in zip(pages, files, strict=True)
            for block in arranged(page, file).blocks
            if block.kind == "table"
            for grid in by_cells.from_markdown(block.text)
        ]
        row = []
        for measure, total in zip((by_cells.cells, by_cells.neighbours), sums, strict=True):
            a, b = (sum(map(measure, grids), Counter()) for grids in (right, found))
            total += [(a & b).total(), b.total(), a.total()]
            row.append(f"{measure.__name__} {by_cells.f1(a, b):.3f}")
        print(f"{xml.parent.name:15} tables {len(right)} found {len(found)}", *row, flush=True)
    for name, (hits, made, true) in zip(("cells", "neighbours"), sums, strict=True):
        print(f"{name:10} F1 {2 * hits / (made + true):.3f} ({hits} of {true}, {made} found)")


def blocks() -> None:
    """F1 of the blocks on PubLayNet's sample pages at IoU 0.5 (text, title, list, table), beside PyMuPDF's layout model.

    PyMuPDF's model needs a text layer; it gets ours, written invisibly over the image.
    """
    import pymupdf.layout  # switches the model on

    scanned = DATA / "pdf_scanned"
    annotated = json.loads((scanned / "publaynet_samples.json").read_text())
    figure = next(kind["id"] for kind in annotated["categories"] if kind["name"] == "figure")
    ours, theirs = np.zeros(3, int), np.zeros(3, int)
    for entry in annotated["images"]:
        path = scanned / f"publaynet_{entry['file_name']}"
        if not path.exists():
            continue
        image = cv2.imread(str(path))[:, :, ::-1]
        height, width = image.shape[:2]
        scale = width / entry["width"]
        marked = [item for item in annotated["annotations"] if item["image_id"] == entry["id"]]
        truth = [
            (scale * x, scale * y, scale * (x + w), scale * (y + h))
            for x, y, w, h in (item["bbox"] for item in marked if item["category_id"] != figure)
        ]
        enlarged = np.ascontiguousarray(cv2.resize(image, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC))
        lines = load_backend("rapidocr").read(enlarged, 144)
        found = [
            block.bbox
            for block in lay_out_scan(lines, width, height, 0.5, enlarged).blocks
            if not block.furniture and block.bbox
        ]
        ours += matched(found, truth)
        page = pymupdf.open().new_page(width=width, height=height)
        page.insert_image(page.rect, filename=path)
        for line in lines:
            x0, _, x1, y1 = (value / 2 for value in line.bbox)
            size = line.size / 2 or 8
            stretch = (x1 - x0) / (pymupdf.get_text_length(line.text, fontsize=size) or 1)
            if not line.rotation:
                page.insert_text((x0, y1 - 0.35 * size), line.text, fontsize=size * min(1.5, stretch), render_mode=3)
        page.get_layout()
        kept = [box[:4] for box in page.layout_information if box[4] not in ("picture", "page-header", "page-footer")]
        theirs += matched(kept, truth)
    for name, (hits, found_boxes, true_boxes) in (("medpress", ours), ("pymupdf layout", theirs)):
        print(f"{name:15} F1 {2 * hits / (found_boxes + true_boxes):.3f} ({hits} of {true_boxes}, {found_boxes} found)")


def matched(found: list[tuple[float, ...]], truth: list[tuple[float, ...]]) -> tuple[int, int, int]:
    """(true boxes that a found box of its own covers at IoU 0.5, found boxes, true boxes)."""
    left = list(found)
    for box in truth:
        best = max(left, key=lambda other: overlap(box, other), default=None)
        if best is not None and overlap(box, best) >= 0.5:
            left.remove(best)
    return len(found) - len(left), len(found), len(truth)


def overlap(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    """Intersection over union."""
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    both = max(0.0, width) * max(0.0, height)
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)


def main() -> None:
    """Run one of the five."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("speed").add_argument("--pages", type=int, default=6)
    commands.add_parser("accuracy").add_argument("--pages", type=int, default=2)
    commands.add_parser("blocks")
    reading = commands.add_parser("articles")
    reading.add_argument("out", type=Path)
    reading.add_argument("--only", type=lambda value: value.split(","), default=[])
    commands.add_parser("tables").add_argument("out", type=Path)
    options = parser.parse_args()
    if options.command == "speed":
        speed(options.pages)
    elif options.command == "blocks":
        blocks()
    elif options.command == "tables":
        tables(options.out)
    elif options.command == "accuracy":
        accuracy(options.pages)
    else:
        articles(options.out, options.only)


if __name__ == "__main__":
    main()
