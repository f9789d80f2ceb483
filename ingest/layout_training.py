"""The model of block labels, made from articles whose PDF and JATS XML lie side by side: `ingest train layout`.

The PDF is laid out as `ingest pdf` does it; each paragraph is looked for in the XML and gets the label of the place where it
stands. What stands nowhere in the XML was printed around the article. Boosted trees (histograms, LightGBM's kind, as
scikit-learn has them) learn the labels from `ingest.page.block_labels.rows`.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pymupdf
from lxml import etree

from ingest.document import ReadOptions
from ingest.layout_templates import Piece, pieces_of_article, pieces_of_classic, write_pdf
from ingest.ocr import OcrLine
from ingest.ocr.evidence import evidence_of
from ingest.page.analysis import arranged
from ingest.page.block_kinds import asked_of, vocabulary
from ingest.page.block_labels import LABELS, NAMES, RECOGNISED, Asked, Trees, rows
from ingest.page.context import PageContext, contexts, edge_key
from ingest.page.figures import find_figures
from ingest.page.fonts import FontMender
from ingest.page.reading_order import Line
from ingest.page.section_names import CAPTION, SECTIONS, strip_number
from ingest.page.text_layer import TextLayer
from ingest.readers.pdf import WINDOW, layers_of
from ingest.safe_xml import parse_xml
from medpress.command import UserError
from medpress.writing_systems import HAN
from nlp.classify.tensors import write_tensors

SETTINGS = 3
"""Styles in which each article is set; each classic in twice as many, as there are few."""
ROUNDS = 60
"""Trees for each label."""
LEAVES = 15
"""Leaves of a tree, at most."""
ERROR, SHORT_ERROR = 0.045, 0.08
"""Standard deviation of a measured size as a share of the true one, on a line and on one of few characters; chosen on three
recognised pages, whose text layers tell the truth."""
SHORT_LINE = 25
"""Characters below which a line has few."""
ZONES = {
    "text": (".//{*}body//{*}p", ".//{*}abstract//{*}p", ".//{*}trans-abstract//{*}p", ".//{*}back//{*}sec//{*}p",
             ".//{*}ack//{*}p", ".//{*}app//{*}p", ".//{*}td", ".//{*}th"),
    "caption": (".//{*}caption", ".//{*}fig/{*}label", ".//{*}table-wrap/{*}label"),
    "reference": (".//{*}ref",),
    "note": (".//{*}table-wrap-foot", ".//{*}fn"),
    "front": (".//{*}article-meta/{*}contrib-group", ".//{*}article-meta//{*}aff", ".//{*}author-notes",
              ".//{*}kwd-group", ".//{*}history", ".//{*}permissions", ".//{*}article-categories", ".//{*}journal-meta",
              ".//{*}article-meta/{*}funding-group", ".//{*}article-meta/{*}pub-date", ".//{*}custom-meta-group"),
}  # fmt: skip
"""Where in an article each label has its words."""
TITLES = (".//{*}sec/{*}title", ".//{*}abstract/{*}title", ".//{*}ack/{*}title", ".//{*}ref-list/{*}title",
          ".//{*}app/{*}title", ".//{*}glossary/{*}title", ".//{*}notes/{*}title", ".//{*}fn-group/{*}title",
          ".//{*}title-group/{*}article-title", ".//{*}kwd-group/{*}title")  # fmt: skip
_FLOATS = frozenset({"fig", "table-wrap", "boxed-text", "supplementary-material", "media"})
_WORD = re.compile(rf"[{HAN}]|[^\W_{HAN}]+")
_GRAM = 3


@dataclass(frozen=True, slots=True)
class Truth:
    """What an article's XML says of its words."""

    titles: frozenset[str]
    """Titles, as `_key` writes them."""
    run_in: frozenset[str]
    """What stands bold or in italics at the start of a paragraph: a title or none, nobody knows."""
    grams: dict[str, frozenset[tuple[str, ...]]]
    """Runs of three words of each zone."""
    words: dict[str, str]
    """All words of each zone in their order, with a space on either side."""
    front: frozenset[str] = frozenset({"keywords", "key words", "abbreviations", "关键词"})
    """What stands before facts about the article."""
    entries: tuple[frozenset[str], ...] = ()
    """The words of each entry of the bibliography: its XML need not have them in the order of the page."""


@dataclass(frozen=True, slots=True)
class Examples:
    """The paragraphs of one article."""

    table: Any
    """Rows × columns, float32."""
    labels: Any
    """Number of each row's label, int32; -1 where nobody knows."""
    group: str
    """Its publisher: what is held out together."""
    real: bool
    """As its publisher set it, not set anew."""
    recognised: bool = False
    """As OCR would give its lines, not as its text layer does."""
    texts: tuple[str, ...] = ()
    """The start of each row's text."""


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _key(text: str) -> str:
    return " ".join(word for word in _words(text) if not word.isdigit())


def _grams(words: Sequence[str]) -> list[tuple[str, ...]]:
    return list(zip(*(words[start:] for start in range(_GRAM)), strict=False))


def _inside(element: etree._Element, floats: bool) -> Iterator[str]:
    """The text of an element, without the floats in it unless asked for."""
    yield element.text or ""
    for child in element:
        name = child.tag.rpartition("}")[2] if isinstance(child.tag, str) else ""
        if name and (floats or name not in _FLOATS):
            yield from _inside(child, floats)
        yield child.tail or ""


def truth_of(root: etree._Element) -> Truth:
    """What the tree of an article says."""
    titles = {
        _key("".join(title.itertext()))
        for path in TITLES
        for title in root.iterfind(path)
        if not any(etree.QName(above).localname in _FLOATS for above in title.iterancestors())
    }
    run_in = set()
    for paragraph in root.iter("{*}p"):
        first = next(iter(paragraph), None)
        if first is None or not isinstance(first.tag, str) or (paragraph.text or "").strip():
            continue
        if etree.QName(first).localname in ("bold", "italic"):
            run_in.add(_key("".join(first.itertext())))
    grams: dict[str, frozenset[tuple[str, ...]]] = {}
    words: dict[str, str] = {}
    for zone, paths in ZONES.items():
        found = [
            gap.join(_inside(element, zone != "text"))
            for gap in ("", " ")  # names of authors have no space between their parts
            for path in paths
            for element in root.iterfind(path)
        ]
        texts = [_words(text) for text in found]
        grams[zone] = frozenset(gram for text in texts for gram in _grams(text))
        words[zone] = " " + " | ".join(" ".join(text) for text in texts) + " "
    entries = tuple(frozenset(_words(" ".join(ref.itertext()))) for ref in root.iter("{*}ref"))
    return Truth(frozenset(titles - {""}), frozenset(run_in - {""}), grams, words, entries=entries)


def label_of(text: str, truth: Truth, at_edge: bool, repeats: bool) -> str:
    """The label of a paragraph."""
    words = _words(text)
    if at_edge and (repeats or not any(word.isalpha() and len(word) > 2 for word in words)):
        return "furniture"
    key = _key(text)
    if (
        key in truth.titles
        or _key(strip_number(text)) in truth.titles
        or (len(words) <= 5 and SECTIONS.match(strip_number(text)) and not at_edge)
    ):
        return "heading"
    if not words:
        return "furniture" if at_edge else "text"
    if len(key.split()) >= 2 and any(
        title.startswith(f"{key} ") or title.endswith(f" {key}") or _nearly(key, title) for title in truth.titles
    ):
        return "heading"
    if CAPTION.match(text) and _share(words, truth, "caption") >= 0.5:
        return "caption"
    shares = {zone: _share(words, truth, zone) for zone in ZONES}
    best = max(ZONES, key=lambda zone: (shares[zone], zone == "text"))
    if shares[best] >= 0.5:
        return best
    if len(words) > 8 and any(sum(word in entry for word in words) >= 0.6 * len(words) for entry in truth.entries):
        return "reference"
    return "furniture"


def _nearly(key: str, title: str) -> bool:
    """Whether a text is a long title and at most two words more, such as a sign before it."""
    return len(title) > 25 and (key.endswith(title) or key.startswith(title)) and key.count(" ") - title.count(" ") <= 2


def _share(words: Sequence[str], truth: Truth, zone: str) -> float:
    """Share of a paragraph's words that stand in a zone one after another."""
    if len(words) < _GRAM + 1:
        return float(f" {' '.join(words)} " in truth.words[zone])
    grams = _grams(words)
    return sum(gram in truth.grams[zone] for gram in grams) / len(grams)


def title_label(asked: Asked, truth: Truth) -> str:
    """The label of what may be a title that runs in; empty where nobody knows. Keywords are no section."""
    key = _key(asked.title)
    if key in truth.front:
        return "text"
    bare = strip_number(asked.title.rstrip(" .:"))
    if key in truth.titles or _key(bare) in truth.titles or SECTIONS.match(bare):
        return "heading"
    return "" if key in truth.run_in else "text"


def truth_of_pieces(pieces: Sequence[Piece]) -> Truth:
    """What is known of a text that was set from its parts."""
    by_zone: dict[str, list[list[str]]] = {zone: [] for zone in ZONES}
    for piece in pieces:
        zone = "text" if piece.role == "item" else piece.role
        if zone in by_zone:
            by_zone[zone].append(_words(piece.text))
    return Truth(
        frozenset(_key(piece.text) for piece in pieces if piece.role in ("title", "heading")) - {""},
        frozenset(),
        {zone: frozenset(gram for text in texts for gram in _grams(text)) for zone, texts in by_zone.items()},
        {zone: " " + " | ".join(" ".join(text) for text in texts) + " " for zone, texts in by_zone.items()},
    )


def examples_of(path: Path, truth: Truth, group: str, real: bool, random: Random | None = None) -> Examples:
    """The paragraphs of a PDF with their labels; with a source of chance, as OCR would give them. Raises `UnreadableError`."""
    tables = [np.zeros((0, len(NAMES)), np.float32)]
    numbers: list[int] = []
    texts: list[str] = []
    for asked, context in laid_out(path, random):
        table, owners = rows(asked, context)
        tables.append(table)
        for index, is_title in owners:
            each = asked[index]
            label = title_label(each, truth) if is_title else label_of(each.text, truth, *_edge(each, context))
            numbers.append(LABELS.index(label) if label else -1)
            texts.append((each.title if is_title else each.text)[:80])
    known = np.array(numbers, dtype=np.int32)
    return Examples(np.concatenate(tables), known, group, real, random is not None, tuple(texts))


def examples_in(folders: Sequence[Path]) -> Iterator[Examples]:
    """The paragraphs of all texts of some folders.

    A folder with `fulltext.pdf` and `fulltext.xml` is an article as its publisher set it; each XML, and each Chinese classic
    (`.txt`), is set anew in `SETTINGS` styles. Each comes twice: as its text layer has it, and as OCR would read it.
    """
    seed = 0
    with TemporaryDirectory() as temporary:
        made = Path(temporary) / "set.pdf"
        for path in sorted(path for folder in folders for path in folder.rglob("*") if path.suffix in (".xml", ".txt")):
            if path.suffix == ".xml":
                root = parse_xml(path.read_bytes(), [])
                name = " ".join("".join(name.itertext()) for name in root.iterfind(".//{*}publisher-name")).split()
                group = name[0].lower() if name else path.parent.name
                if (path.parent / "fulltext.pdf").is_file():
                    for random in (None, Random(path.parent.name)):
                        yield examples_of(path.parent / "fulltext.pdf", truth_of(root), group, True, random)
                pieces = pieces_of_article(root)
            else:
                group = "classics"
                pieces = pieces_of_classic(path.read_bytes().decode("gb18030", errors="replace"))
            for _ in range(SETTINGS * (2 if path.suffix == ".txt" else 1) if pieces else 0):
                write_pdf(pieces, seed, made)
                for random in (None, Random(seed)):
                    yield examples_of(made, truth_of_pieces(pieces), group, False, random)
                seed += 1


def _edge(asked: Asked, context: PageContext) -> tuple[bool, bool]:
    """(whether a paragraph stands at an edge, whether it stands there on other pages too)."""
    part = asked.part
    if part is None or not part.edge:
        return False, False
    return True, context.edges.get(edge_key(part.lines[0].text), 0) > 1


def laid_out(path: Path, random: Random | None = None) -> Iterator[tuple[list[Asked], PageContext]]:
    """What is asked about each page of a PDF that has a text layer; with a source of chance, about its lines as OCR would
    give them. Raises `UnreadableError`."""
    with pymupdf.open(path, filetype="pdf") as document:
        mender = FontMender(document)
        for first in range(1, document.page_count + 1, WINDOW):
            last = min(first + WINDOW - 1, document.page_count)
            for _, layer, way, context in layers_of(document, mender, first, last, ReadOptions(), lambda _: None):
                if way.name == "native":
                    if random is not None:
                        layer, context = as_recognised(layer, context, random)
                    figures = find_figures(layer, context.width, context.height)
                    yield asked_of(arranged(layer, context, figures)[0], context), context


def as_recognised(layer: TextLayer, context: PageContext, random: Random) -> tuple[TextLayer, PageContext]:
    """A page as OCR would give it: its lines without fonts, their sizes and strokes measured with the error that they have on
    a page that was drawn at 200 dpi, blurred, and read (`ERROR`)."""
    lines = [_measured(line, random) for line in layer.lines]
    found = evidence_of(lines, context.width, context.height, 1.0).layer
    found.horizontal, found.vertical, found.images = layer.horizontal, layer.vertical, layer.images
    words = vocabulary(line.text for line in found.lines)
    [own] = contexts([(context.number, context.width, context.height, found.lines)], words, context.n_pages)
    return found, own


def _measured(line: Line, random: Random) -> OcrLine:
    """A line of a text layer as an engine measures it, at one pixel a point."""
    error = ERROR if len(line.text) >= SHORT_LINE else SHORT_ERROR
    size = line.size * random.gauss(1.0 if error is ERROR else 1.03, error)
    middle = line.y1 - 0.53 * line.size + random.gauss(0.0, 0.04) * line.size
    box = (line.x0 - 0.2 * line.size, middle - 0.7 * line.size, line.x1 + 0.2 * line.size, middle + 0.7 * line.size)
    weight = random.gauss(0.165, 0.022) if line.bold else random.gauss(0.13, 0.012)
    return OcrLine(line.text, box, 1.0, size=max(size, 1.0), weight=weight)


def trained(examples: Sequence[Examples]) -> Trees:
    """A model of the labels of some articles."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    table = np.concatenate([each.table for each in examples])
    labels = np.concatenate([each.labels for each in examples])
    known = labels >= 0
    booster = HistGradientBoostingClassifier(
        max_iter=ROUNDS, max_leaf_nodes=LEAVES, learning_rate=0.12, min_samples_leaf=12, l2_regularization=1.0,
        early_stopping=False, random_state=1,
    )  # fmt: skip
    booster.fit(table[known], labels[known])
    return _exported(booster)


def _exported(booster: Any) -> Trees:
    """The trees of a booster as arrays: of each node what it looks at and where to go."""
    n_nodes = 2 * LEAVES
    shape = (len(LABELS) * ROUNDS, n_nodes)
    feature = np.zeros(shape, np.int32)
    threshold = np.full(shape, np.inf, np.float32)
    left = np.tile(np.arange(n_nodes, dtype=np.int32), (shape[0], 1))
    value = np.zeros(shape, np.float32)
    base = np.full(len(LABELS), -50.0, np.float32)
    deepest = 0
    for column, label in enumerate(booster.classes_):
        base[label] = np.ravel(booster._baseline_prediction)[column]
        for turn, predictors in enumerate(booster._predictors):
            nodes = predictors[column].nodes
            row = label * ROUNDS + turn
            waiting, used = [(0, 0)], 1
            while waiting:
                old, new = waiting.pop()
                node = nodes[old]
                if node["is_leaf"]:
                    value[row, new] = node["value"]
                    continue
                feature[row, new], left[row, new] = node["feature_idx"], used
                # the next smaller number in single precision: a row goes the same way as in double
                threshold[row, new] = _single(float(node["num_threshold"]))
                waiting += [(node["left"], used), (node["right"], used + 1)]
                used += 2
            deepest = max(deepest, int(nodes["depth"].max()))
    return Trees(feature, threshold, left, value, base, deepest)


def _single(value: float) -> np.float32:
    """The largest number in single precision that is not above a value."""
    nearest = np.float32(value)
    return nearest if float(nearest) <= value else np.nextafter(nearest, np.float32(-np.inf))


def write_trees(trees: Trees, folder: Path) -> None:
    """Write a model's tensors, and the names of its columns and labels."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {
        "feature": trees.feature.astype(np.int8),
        "threshold": trees.threshold,
        "left": trees.left.astype(np.int8),
        "value": trees.value,
        "base": trees.base,
        "depth": np.array([trees.depth], np.int32),
    }
    write_tensors(folder / "model.safetensors", tensors)
    (folder / "names.json").write_text(json.dumps({"columns": NAMES, "labels": LABELS}), encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Made:
    """What a training run made."""

    texts: int
    """Articles as their publishers set them, and texts set anew, that it learned from."""
    paragraphs: int
    """Rows that it learned from."""
    held_out: int
    """Articles of the publishers that were held out, as these set them."""
    shares: dict[str, tuple[float, float, int]]
    """Of each label (recall, precision, count) on their text layers; empty without any."""
    recognised: dict[str, tuple[float, float, int]]
    """The same on their lines as OCR would give them."""


def train(folders: Sequence[Path], out: Path, hold_out: Sequence[str] = ()) -> Made:
    """Make a model from all texts of some folders, without those of some publishers, and write it.

    Raises `UserError` where there is nothing to learn from.
    """
    examples = list(examples_in(folders))
    learned = [each for each in examples if each.group not in hold_out]
    if not any(len(each.labels) for each in learned):
        raise UserError("no article with its XML, and no text that can be set, stands in these folders.")
    told: list[dict[str, tuple[float, float, int]]] = []
    for recognised, folder in ((False, out), (True, out / RECOGNISED.name)):
        trees = trained([each for each in learned if each.recognised is recognised])
        write_trees(trees, folder)
        kept = [each for each in examples if each.group in hold_out and each.real and each.recognised is recognised]
        told.append(shares(kept, trees) if kept else {})
    n_rows = sum(len(each.labels) for each in learned)
    return Made(len(learned) // 2, n_rows, len(kept), *told)


def shares(examples: Sequence[Examples], trees: Trees) -> dict[str, tuple[float, float, int]]:
    """(recall, precision, count) of each label over some articles."""
    true: Counter[int] = Counter()
    said: Counter[int] = Counter()
    right: Counter[int] = Counter()
    for each in examples:
        known = each.labels >= 0
        best = trees.scores(each.table[known]).argmax(axis=1)
        true.update(each.labels[known].tolist())
        said.update(best.tolist())
        right.update(best[best == each.labels[known]].tolist())
    return {
        name: (right[number] / max(1, true[number]), right[number] / max(1, said[number]), true[number])
        for number, name in enumerate(LABELS)
    }
