"""What a paragraph of lines is, as a model has learned it from articles whose XML is known.

Each paragraph of a page becomes a row of numbers: its style beside that of the running text, its place, its neighbours, how
its text begins and ends, and what the document says of it (its outline, how often its style is used, whether the list of
references has begun). Boosted trees (Friedman, "Greedy Function Approximation", 2001) turn a row into a share for each label.
A title that runs in is asked about in a row of its own: what stands at the start of a paragraph in a style that the rest of it
does not have. `ingest train layout` makes the model (`ingest/layout_training.py`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from ingest.page.context import PageContext, edge_key, plain, style_of
from ingest.page.reading_order import Paragraph, family, most_common
from ingest.page.section_names import CAPTION, NUMBERING, REFERENCES, SECTIONS, strip_number
from medpress.writing_systems import is_east_asian
from nlp.classify.tensors import read_tensors

LABELS = ("text", "heading", "caption", "reference", "note", "front", "furniture")
"""Running text, lists and formulas; titles; captions; entries of a bibliography; notes of tables and pages; authors and
facts about the article; what the publisher printed around it."""
MODEL = Path(__file__).parent / "label_model"
"""What has learned from text layers, whose fonts are known."""
RECOGNISED = MODEL / "recognised"
"""What has learned from lines as OCR gives them: sizes and strokes are measured, fonts unknown, each page stands by itself."""
SHORT = 300
"""Characters at the start of a paragraph that are looked at."""
_LETTERS = re.compile(r"[^\W\d_]")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_INITIAL = re.compile(r"\b[A-Z]\.?(?=[\s,.;A-Z]|$)")
_ADDRESS = re.compile(r"\S+@\S+\.\w+|https?://|www\.|\bdoi\b|©", re.IGNORECASE)
_RAISED = re.compile(r"\[[\da-z,*†‡ ]+\]|[*†‡∗]")
_ENDS = {".": 1, "。": 1, "!": 1, "?": 1, "？": 1, ":": 2, "：": 2, ",": 3, "，": 3, ";": 3, "；": 3, "、": 3, "-": 4}


@dataclass(frozen=True, slots=True)
class Asked:
    """A paragraph that is asked about, or the title that may run in at its start."""

    part: Paragraph | None
    """Its lines; None for a table, which is only a neighbour."""
    text: str
    """Its lines re-joined."""
    title: str = ""
    """What stands at its start in a style of its own, or before a colon."""
    rest: str = ""
    """What follows that."""


def labels(asked: Sequence[Asked], context: PageContext) -> list[tuple[str, bool]]:
    """(label, whether its `title` is a title that runs in) of each paragraph, by the model that ships.

    Of a paragraph that may be a title as a whole, or only at its start, what the model is surer of is taken.
    """
    table, owners = rows(asked, context)
    result = [("text", False)] * len(asked)
    if not owners:
        return result
    scores = _model(context.body.family != "").scores(table)
    best = scores.argmax(axis=1).tolist()
    heading = LABELS.index("heading")
    sure = scores[:, heading] - np.delete(scores, heading, axis=1).max(axis=1)
    for row, (index, is_title) in enumerate(owners):
        if not is_title:
            result[index] = (LABELS[best[row]], False)
        elif best[row] == heading and sure[row] >= sure[row - 1]:  # the row before is that of the whole paragraph
            result[index] = (result[index][0], True)
    return result


@dataclass(frozen=True, slots=True)
class Trees:
    """Boosted trees, those of one label after those of another, all of one number of nodes."""

    feature: Any
    """Column that a node looks at: trees × nodes, int32."""
    threshold: Any
    """A row goes left where its number is at most this: trees × nodes, float32."""
    left: Any
    """Node on the left, a leaf's own number in a leaf: trees × nodes, int32; the right one is the next."""
    value: Any
    """What a leaf adds to the score of the tree's label: trees × nodes, float32."""
    base: Any
    """Score of each label before any tree, float32; the trees are in as many equal parts."""
    depth: int
    """Steps from the root to the deepest leaf."""

    def scores(self, table: Any) -> Any:
        """Scores of rows (rows × columns, float32): rows × labels."""
        n_trees = len(self.feature)
        trees = np.arange(n_trees)
        place = np.zeros((len(table), n_trees), dtype=np.int32)
        every = np.arange(len(table))[:, None]
        for _ in range(self.depth):
            goes_right = table[every, self.feature[trees, place]] > self.threshold[trees, place]
            place = self.left[trees, place] + goes_right
        sums = self.value[trees, place].reshape(len(table), len(self.base), -1).sum(axis=2)
        return self.base + sums


def read_trees(folder: Path) -> Trees:
    """A model from its folder."""
    tensors = read_tensors(folder / "model.safetensors")
    return Trees(
        tensors["feature"],
        tensors["threshold"],
        tensors["left"],
        tensors["value"],
        tensors["base"],
        int(tensors["depth"][0]),
    )


@cache
def _model(with_fonts: bool) -> Trees:
    return read_trees(MODEL if with_fonts else RECOGNISED)


NAMES = (
    "is_title", "title_named", "title_bold", "title_italic", "title_lines", "rest_upper", "has_title",
    "size", "size_step", "bold", "bold_first", "italic", "other_font", "capitals", "lines", "characters", "words",
    "letters", "digits", "end", "starts_lower", "starts_digit", "starts_sign", "chinese", "depth", "numbered", "section",
    "references", "caption", "caption_end", "marked", "raised", "commas", "capitalised", "years", "initials", "address",
    "gap", "fill", "width", "indent", "centred", "left", "top", "bottom", "next_size", "next_bold",
    "next_lines", "next_table", "next_below", "next_words", "before_size", "before_lines", "before_table", "before_end",
    "before_words", "page", "pages_left", "style_characters", "style_length", "in_outline", "through", "begun",
    "after_references", "at_edge", "repeats",
)  # fmt: skip
"""The columns of a row."""


def rows(asked: Sequence[Asked], context: PageContext) -> tuple[Any, list[tuple[int, bool]]]:
    """(rows × columns, float32; for each row the number of its paragraph and whether it is about its title)."""
    sizes = [
        most_common((line.size, len(line.text)) for line in each.part.lines) if each.part is not None else 0.0
        for each in asked
    ]
    total = sum(characters for _, characters in context.styles.values()) or 1
    page = [context.number == 1, min(context.n_pages - context.number, 9)]
    begun, references = context.begun, context.references
    table: list[list[float]] = []
    owners: list[tuple[int, bool]] = []
    for index, each in enumerate(asked):
        part = each.part
        if part is None:
            continue
        known = _is_section(each.text[:SHORT])
        names_references = known and REFERENCES.match(strip_number(each.text[:SHORT])) is not None
        look = [bool(each.title), *_look(part, sizes[index], context)]
        stands = [*_place(part, sizes[index], context), *_around(asked, sizes, index, context), *page]
        use = _use(part, context, total)
        far = [index / max(1, len(asked)), begun, references, bool(part.edge), _repeats(part, context)]
        for is_title in (False, True) if each.title else (False,):
            text = each.title if is_title else each.text
            written = _text(
                text,
                part,
                _is_section(text.rstrip(" .:—–：")) if is_title else known,
                names_references and not is_title,
            )
            named = bool(context.outline) and plain(text) in context.outline
            start = _beginning(each, part) if is_title else [0.0] * 6
            table.append([*start, *look, *written, *stands, *use, named, *far])
            owners.append((index, is_title))
        begun, references = begun or known, references or names_references
    return np.array(table, dtype=np.float32).reshape(len(table), len(NAMES)), owners


def _is_section(text: str) -> bool:
    return SECTIONS.match(strip_number(text)) is not None


def _beginning(asked: Asked, part: Paragraph) -> list[float]:
    """How what may be a title at the start of a paragraph is set apart from the rest."""
    first = part.lines[0]
    return [
        1,
        not (first.lead or first.bold or first.italic),
        first.lead_bold or first.bold,
        first.italic and not first.lead,
        len(asked.title) > len(first.text),
        asked.rest.lstrip(".:—– ")[:1].isupper(),
    ]


def _look(part: Paragraph, size: float, context: PageContext) -> list[float]:
    """Type beside that of the running text."""
    first = part.lines[0]
    return [
        size / context.body.size,
        size - context.body.size,
        sum(line.bold for line in part.lines) / len(part.lines) - context.body.bold,
        first.lead_bold or first.bold,
        sum(line.italic for line in part.lines) / len(part.lines),
        bool(first.font) and family(first.font) != context.body.family,
    ]


def _text(text: str, part: Paragraph, known: bool, names_references: bool) -> list[float]:
    """How a text is written."""
    head = text[:SHORT]
    words = head.split()
    n_words = max(1, len(words))
    letters = len(_LETTERS.findall(head))
    first = head[:1]
    numbered = NUMBERING.match(head)
    depth = 1 + numbered.group("arabic").count(".") if numbered and numbered.group("arabic") else 0
    other_number = numbered is not None and not depth
    caption = CAPTION.match(head)
    ends = text[caption.end() - 1 : caption.end()] if caption else ""
    return [
        head.upper() == head != head.lower() and letters >= 4,
        min(len(part.lines), 12),
        math.log1p(len(text)),
        math.log1p(len(text.split())) if len(text) > SHORT else math.log1p(n_words),
        letters / max(1, len(head)),
        sum(map(str.isdigit, head)) / max(1, len(head)),
        _ENDS.get(text[-1:], 0),
        first.islower(),
        first.isdigit(),
        not first.isalnum(),
        is_east_asian(head),
        depth,
        other_number,
        known,
        names_references,
        caption is not None,
        ends in (".", ":", "|", "–", "—") if caption else False,
        part.marked,
        min(sum(line.superscripts for line in part.lines), 9) + bool(_RAISED.search(head)),
        head.count(",") / n_words,
        sum(word[:1].isupper() for word in words) / n_words,
        min(len(_YEAR.findall(head)), 5),
        len(_INITIAL.findall(head)) / n_words,
        _ADDRESS.search(head) is not None,
    ]


def _use(part: Paragraph, context: PageContext, total: int) -> list[float]:
    """How often the style of a paragraph is used, and how long its lines are."""
    count, characters = context.styles.get(style_of(part.lines[0]), (1, 1))
    return [characters / total, characters / count]


def _place(part: Paragraph, size: float, context: PageContext) -> list[float]:
    """Where a paragraph stands in its column and on its page."""
    x0, y0, x1, y1 = part.bbox
    column = max(part.right - part.left, 1.0)
    em = max(size, 1.0)
    return [
        min(part.gap / em, 6.0),
        (part.lines[-1].x1 - part.left) / column,
        column / context.width,
        min(max((x0 - part.left) / em, -6.0), 12.0),
        abs((x0 + x1) / 2 - (part.left + part.right) / 2) / em,
        x0 / context.width,
        y0 / context.height,
        y1 / context.height,
    ]


def _around(asked: Sequence[Asked], sizes: Sequence[float], index: int, context: PageContext) -> list[float]:
    """What stands before and after a paragraph in reading order."""
    part, size = asked[index].part, max(sizes[index], 1.0)
    assert part is not None
    after = asked[index + 1] if index + 1 < len(asked) else None
    before = asked[index - 1] if index else None
    result: list[float] = []
    if after is None or after.part is None:
        result += [0.0, 0.0, 0.0, after is not None, 0.0, 0.0]
    else:
        step = (after.part.lines[0].y0 - part.lines[-1].y1) / size
        result += [
            sizes[index + 1] / size,
            after.part.lines[0].bold - context.body.bold,
            min(len(after.part.lines), 12),
            0.0,
            min(max(step, -6.0), 6.0),
            math.log1p(len(after.text)),
        ]
    if before is None or before.part is None:
        result += [0.0, 0.0, before is not None, 0.0, 0.0]
    else:
        result += [
            sizes[index - 1] / size,
            min(len(before.part.lines), 12),
            0.0,
            _ENDS.get(before.text[-1:], 0),
            math.log1p(len(before.text)),
        ]
    return result


def _repeats(part: Paragraph, context: PageContext) -> int:
    """On how many pages its first line stands near an edge; 0 where it stands elsewhere itself."""
    return min(context.edges.get(edge_key(part.lines[0].text), 0), 5) if part.edge else 0
