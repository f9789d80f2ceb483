"""OCR lines of a page -> blocks in reading order.

The engines give lines without fonts, with boxes that jitter by some pixels and heights that depend on whether a line
has an ascender. So: deskew the page and even out the boxes, set the margins aside, find tables by their rules and alignment,
order the rest by columns (`ingest.page.reading_order`), and cut it into paragraphs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from ingest.conservation import compare
from ingest.document import Block, Page
from ingest.ocr import OcrLine, Region, mean_confidence
from ingest.ocr.deskew import deskew, letters_box, main_rotation, main_skew
from ingest.ocr.rules import find_rules
from ingest.page.reading_order import Line, reading_order, text_runs
from ingest.page.table_columns import Rule
from ingest.page.tables import Table, find_tables
from nlp.normalise import normalise

LARGER = 1.18
"""A line this much larger than body text is set in a heading's size."""
MARGIN_SHARE = 0.085
"""Headers, footers and page numbers stand within this share of the page's height from its edge."""
SHORTEST_LINE = 9
"""Two lines beside one another that are both longer than this many times their size stand in two columns."""
LONGEST_HEADING = 160
"""Characters."""
SAME_SHARE = 0.1
"""Two blocks that cover shares of a line this close to one another have it both: a title and the text that follows on its line."""

_CJK = r"\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f"
_ENDS_CJK = re.compile(rf"[{_CJK}]$")
_STARTS_CJK = re.compile(rf"^[{_CJK}]")
_SENTENCE_END = re.compile(r"[.!?:;。！？；：…][\])}”’\"'）」』】\d,–\- ]{0,12}$")
_CAPTION = re.compile(
    r"^(?:(?:supplement(?:al|ary)\s+)?(?:fig(?:ure|\.)?|table|box|scheme|plate|chart|panel)\s*\.?\s*(?:S?\d+|[IVX]+)\b"
    r"|[图圖表]\s*\d+)",
    re.IGNORECASE,
)
_BULLET = re.compile(r"^[•●○■□▪▫◆◇►▶➢✓✔·∙*–—-]\s*(?=\S)")
_DOT = re.compile(r"^[•●○■□▪▫◆◇►▶➢✓✔]\s*(?=\S)")
"""What begins an item and nothing else."""
_NUMBERED = re.compile(r"^(?:\[\d{1,3}\]|\(?\d{1,3}[.)]|[（(]\d{1,2}[)）]|[①-⑳])\s*(?=[^\s\d])")
_SECTION_NUMBER = re.compile(r"^\d{1,2}(?:\.\d{1,2}){0,3}[.\s]?\s*(?=[A-Z\u3400-\u9fff])")
_RUN_IN = re.compile(r"^(\d{1,2}(?:\.\d{1,2}){1,3}\.?\s+[A-Z][^.!?]{2,80}\.)\s+(?=[A-Z0-9“\"(])")
"""A numbered title on the line on which its section begins: "2.1. Study Design. We asked …"."""
_CHINESE_SECTION = re.compile(r"^(?:第[一二三四五六七八九十百\d]{1,4}[章节節篇]|[一二三四五六七八九十]{1,3}、)")
_SECTION_NAMES = frozenset(
    [
        "abstract",
        "summary",
        "introduction",
        "background",
        "objective",
        "objectives",
        "aims",
        "methods",
        "method",
        "materials",
        "results",
        "findings",
        "discussion",
        "conclusion",
        "conclusions",
        "references",
        "bibliography",
        "acknowledgements",
        "acknowledgments",
        "funding",
        "keywords",
        "abbreviations",
        "appendix",
        "limitations",
        "recommendations",
        "definitions",
        "contents",
        "preface",
        "materials and methods",
        "methods and materials",
        "material and methods",
        "patients and methods",
        "subjects and methods",
        "results and discussion",
        "case report",
        "case presentation",
        "competing interests",
        "conflict of interest",
        "conflicts of interest",
        "disclosure",
        "author contributions",
        "authors' contributions",
        "supporting information",
        "supplementary material",
        "statistical analysis",
        "data availability",
        "key words",
        "study design",
        "摘要",
        "引言",
        "前言",
        "目的",
        "方法",
        "结果",
        "结论",
        "讨论",
        "参考文献",
        "致谢",
        "关键词",
        "目录",
        "背景",
    ]
)
_REFERENCES = frozenset({"references", "bibliography", "literature cited", "参考文献", "参考资料"})
_PAGE_NUMBER = re.compile(
    r"^[-–—·•|\s]*(?:page\s*|p\.\s*|第\s*)?(?:\d{1,5}|[ivxlc]{1,7})(?:\s*(?:of|/|共)\s*\d{1,4})?[-–—·•|\s页頁]*$",
    re.IGNORECASE,
)


@dataclass(slots=True)
class _Paragraph:
    """Lines of one paragraph, and the column that they stand in."""

    lines: list[Line]
    left: float
    right: float
    space: float
    """White space above it, in points; infinite when nothing stands above it."""
    opens: bool = False
    """Whether it is the first of its run of lines."""


def arranged_page(
    number: int,
    reason: str,
    lines: Sequence[OcrLine],
    width_pt: float,
    height_pt: float,
    scale: float,
    image: np.ndarray,
) -> Page:
    """A page by what an engine recognised on it; see `arrange`. The check compares the blocks with the engine's lines."""
    blocks = arrange(lines, width_pt, height_pt, scale, image)
    source = [*(line.text for line in lines), *(text for block in blocks for text in block.repeated)]
    conservation = compare("\n".join(source), [block.text for block in blocks])
    return Page(number, "ocr", reason, width_pt, height_pt, blocks, mean_confidence(lines), conservation)


def arrange(
    lines: Sequence[OcrLine], width_pt: float, height_pt: float, scale: float, image: np.ndarray | None = None
) -> tuple[Block, ...]:
    """Blocks of one page in reading order.

    `lines` as an engine gave them, in pixels; `width_pt` and `height_pt` the page in points; `scale` is points per
    pixel (72 / dpi); `image` the page image (H × W × 3, uint8, RGB), on which the rules of tables are looked for.
    Boxes of the blocks are in points on the page as it was given, also when its text is skewed, stands on its side or its
    head.
    Text in the margins comes along as blocks with `furniture` set. Where the engine has marked regions, they give kinds
    and order, and only what is within a region is arranged here.
    """
    rotation = main_rotation(lines)
    labels = [line for line in lines if line.picture]
    lines = [line for line in lines if not line.picture]
    height = width_pt if rotation in (90, 270) else height_pt
    skew = main_skew(lines, rotation)
    straight = deskew(lines, rotation, skew, width_pt, height_pt, scale)
    if not straight:
        return tuple(_aside(line, scale) for line in labels)
    size = _body_size(straight)
    rules = ([], []) if image is None else find_rules(image, straight, rotation, skew, scale)
    if any(line.region for line in lines):
        regions = [line.region for line in lines if line.rotation == rotation]
        blocks = _by_region(straight, regions, rules, size)
    else:
        headers, footers, text = _margins(straight, height)
        tables, text = find_tables(text, *rules, size)
        blocks = [_furniture(line, "header") for line in headers]
        blocks += _blocks(_join_fragments(text), [_table(table, straight) for table in tables], size)
        blocks += [_furniture(line, "footer") for line in footers]
    upright = [line for line in lines if line.rotation == rotation]
    placed = _on_page(blocks, straight, upright, scale)
    sideways = [line for line in lines if line.rotation != rotation]
    return (*placed, *(_aside(line, scale) for line in (*labels, *sideways)))


def _body_size(lines: Sequence[Line]) -> float:
    """The size in which most characters are set."""
    characters: dict[float, int] = {}
    for line in lines:
        characters[line.size] = characters.get(line.size, 0) + len(line.text)
    return max(sorted(characters), key=lambda size: characters[size])


# --- regions of an engine's own layout model -----------------------------------------------------------------------------


def _by_region(
    lines: Sequence[Line], regions: Sequence[Region | None], rules: tuple[list[Rule], list[Rule]], size: float
) -> list[Block]:
    """Blocks of the regions in their order; `regions[i]` is that of `lines[i]`, and what is in none comes last."""
    inside: dict[Region, list[Line]] = {}
    for line, region in zip(lines, regions, strict=True):
        inside.setdefault(region or Region(len(lines), "paragraph"), []).append(line)
    words = _words(lines)
    blocks: list[Block] = []
    for region, own in sorted(inside.items(), key=lambda item: item[0].order):
        if region.kind in ("header", "footer", "margin"):
            blocks += [_furniture(line, region.kind) for line in own]
            continue
        if region.kind in ("heading", "caption", "formula"):
            text = _text([line for row in _rows(own) for line in row], words)
            blocks.append(
                Block(
                    kind=region.kind,
                    text=text,
                    level=region.level,
                    bbox=_box(own),
                    confidence=_confidence(own),
                    size=round(own[0].size, 1),
                    bold=all(line.bold for line in own),
                )
            )
            continue
        tables, rest = find_tables(own, *rules, size) if region.kind == "table" else ([], own)
        found = _blocks(_join_fragments(rest), [_table(table, own) for table in tables], size, words)
        known = region.kind in ("footnote", "reference")
        blocks += [replace(block, kind=region.kind, level=0) if known else block for block in found]
    return blocks


# --- margins ----------------------------------------------------------------------------------------------------------


def _margins(lines: Sequence[Line], height: float) -> tuple[list[Line], list[Line], list[Line]]:
    """(headers, footers, the rest): rows near an edge with white space towards the text."""
    rows = _rows(lines)
    headers: list[Line] = []
    footers: list[Line] = []
    head, foot = 0, len(rows)
    while head < len(rows) - 1 and head < 2 and _bottom(rows[head]) < MARGIN_SHARE * height:
        if _top(rows[head + 1]) - _bottom(rows[head]) < 0.9 * rows[head][0].size and head + 1 == 2:
            break
        head += 1
    while head and _top(rows[head]) - _bottom(rows[head - 1]) < 0.8 * rows[head - 1][0].size:
        head -= 1
    while foot > head + 1 and len(rows) - foot < 2 and _top(rows[foot - 1]) > (1 - MARGIN_SHARE) * height:
        foot -= 1
    while foot < len(rows) and _top(rows[foot]) - _bottom(rows[foot - 1]) < 0.8 * rows[foot][0].size:
        if len(rows[foot]) == 1 and _PAGE_NUMBER.match(rows[foot][0].text):
            break
        foot += 1
    for row in rows[:head]:
        headers += row
    for row in rows[foot:]:
        footers += row
    return headers, footers, [line for row in rows[head:foot] for line in row]


def _rows(lines: Sequence[Line]) -> list[list[Line]]:
    """Lines that overlap in height, from top to bottom; within a row from left to right."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: (line.y0, line.x0)):
        if rows and line.y0 < _bottom(rows[-1]) - 0.5 * line.height:
            rows[-1].append(line)
        else:
            rows.append([line])
    return [sorted(row, key=lambda line: line.x0) for row in rows]


def _top(row: Sequence[Line]) -> float:
    return min(line.y0 for line in row)


def _bottom(row: Sequence[Line]) -> float:
    return max(line.y1 for line in row)


def _furniture(line: Line, word: str) -> Block:
    return Block(
        kind="paragraph",
        text=normalise(line.text, "zh" if _ENDS_CJK.search(line.text) else ""),
        bbox=(line.x0, line.y0, line.x1, line.y1),
        confidence=line.confidence,
        size=round(line.size, 1),
        bold=line.bold,
        furniture=word,
    )


def _aside(line: OcrLine, scale: float) -> Block:
    """Text that is not part of the page's: a stamp that runs up the margin, the label of a chart."""
    bbox = _around([line], scale)
    return Block(kind="paragraph", text=line.text, bbox=bbox, confidence=line.confidence, furniture="margin")


def _on_page(
    blocks: Sequence[Block], straight: Sequence[Line], upright: Sequence[OcrLine], scale: float
) -> list[Block]:
    """Blocks with their boxes round the letters of their lines on the page as it was given.

    `straight` are the lines of `upright` after rotation and skew were taken out: where the blocks have their boxes. A line
    is of the block that covers most of it, as the boxes of lines that are set close, or crossed out, reach into others.
    """
    places = np.array([block.bbox for block in blocks], dtype=float).reshape(-1, 1, 4)
    boxes = np.array([(line.x0, line.y0, line.x1, line.y1) for line in straight], dtype=float).reshape(1, -1, 4)
    sides = np.minimum(places[..., 2:], boxes[..., 2:]) - np.maximum(places[..., :2], boxes[..., :2])
    size = np.maximum(boxes[..., 2:] - boxes[..., :2], 1e-9)
    covered = np.clip(sides / size, 0, 1).prod(axis=-1)  # blocks × lines
    own = (covered > 0) & (covered >= covered.max(axis=0, initial=0) - SAME_SHARE)
    middles = (boxes[..., :2] + boxes[..., 2:]) / 2
    apart = np.maximum(places[..., :2] - middles, middles - places[..., 2:]).max(axis=-1).clip(0)
    placed = []
    for block, its, distance in zip(blocks, own, apart, strict=True):
        lines = its if its.any() else distance == distance.min()
        placed.append(replace(block, bbox=_around([upright[at] for at in np.flatnonzero(lines)], scale)))
    return placed


def _around(lines: Sequence[OcrLine], scale: float) -> tuple[float, float, float, float]:
    """A box, in points, round the letters of lines (one at least)."""
    x0, y0, x1, y1 = zip(*map(letters_box, lines), strict=True)
    return round(min(x0) * scale, 2), round(min(y0) * scale, 2), round(max(x1) * scale, 2), round(max(y1) * scale, 2)


# --- columns ----------------------------------------------------------------------------------------------------------


def _join_fragments(lines: Sequence[Line]) -> list[Line]:
    """Lines that an engine broke at a wide space, whole again."""
    result: list[Line] = []
    for row in _rows(lines):
        joined = [row[0]]
        for line in row[1:]:
            last = joined[-1]
            overlap = min(last.y1, line.y1) - max(last.y0, line.y0)
            near = line.x0 - last.x1 < 1.0 * max(last.size, line.size)
            columns = min(last.x1 - last.x0, line.x1 - line.x0) > SHORTEST_LINE * max(last.size, line.size)
            if near and not columns and overlap > 0.5 * min(last.height, line.height) and line.x0 > last.x0:
                joined[-1] = _glued(last, line)
            else:
                joined.append(line)
        result += joined
    return result


def _glued(left: Line, right: Line) -> Line:
    tight = _ENDS_CJK.search(left.text) and _STARTS_CJK.match(right.text)
    long, short = (left, right) if len(left.text) >= len(right.text) else (right, left)
    characters = len(left.text) + len(right.text)
    confidence = None
    if left.confidence is not None and right.confidence is not None:
        confidence = (left.confidence * len(left.text) + right.confidence * len(right.text)) / characters
    return Line(
        x0=left.x0,
        y0=min(left.y0, right.y0) if short.size > long.size else long.y0,
        x1=max(left.x1, right.x1),
        y1=max(left.y1, right.y1) if short.size > long.size else long.y1,
        text=f"{left.text}{'' if tight else ' '}{right.text}",
        size=long.size,
        bold=long.bold,
        confidence=confidence,
    )


def _table(table: Table, lines: Sequence[Line]) -> Block:
    x0, y0, x1, y1 = table.bbox
    cells = [line for line in lines if x0 <= (line.x0 + line.x1) / 2 <= x1 and y0 <= (line.y0 + line.y1) / 2 <= y1]
    return Block(
        "table",
        table.markdown,
        bbox=table.bbox,
        confidence=_confidence(cells),
        size=round(table.size, 1),
        repeated=table.repeated,
    )


def _blocks(
    lines: Sequence[Line], tables: Sequence[Block], size: float, words: frozenset[str] | None = None
) -> list[Block]:
    """Blocks in reading order, tables in their places. `words` are those of the page when `lines` are a part of it."""
    runs = text_runs(lines)
    boxes = [_box(run) for run in runs] + [table.bbox for table in tables if table.bbox is not None]
    words = _words(lines) if words is None else words
    paragraphs: list[_Paragraph | Block] = []
    for index in reading_order(boxes):
        if index < len(runs):
            paragraphs += _paragraphs(runs[index], _space_above(runs[index], [*boxes[:index], *boxes[index + 1 :]]))
        else:
            paragraphs.append(tables[index - len(runs)])
    return _classified(paragraphs, size, words)


def _space_above(run: Sequence[Line], others: Sequence[tuple[float, float, float, float]]) -> float:
    first = run[0]
    above = [y1 for x0, _, x1, y1 in others if y1 < first.y0 + 0.5 * first.size and x0 < first.x1 and x1 > first.x0]
    return first.y0 - max(above) if above else float("inf")


def _box(lines: Sequence[Line]) -> tuple[float, float, float, float]:
    return (
        min(line.x0 for line in lines),
        min(line.y0 for line in lines),
        max(line.x1 for line in lines),
        max(line.y1 for line in lines),
    )


# --- paragraphs -------------------------------------------------------------------------------------------------------


def _paragraphs(run: Sequence[Line], space: float) -> list[_Paragraph]:
    """Cut a run of lines of one column where a paragraph begins."""
    left, right = min(line.x0 for line in run), max(line.x1 for line in run)
    pitches = sorted(lower.y0 - upper.y0 for upper, lower in pairwise(run))
    pitch = pitches[len(pitches) // 3] if pitches else 0.0
    result = [_Paragraph([run[0]], left, right, space, opens=True)]
    for upper, lower in pairwise(run):
        if _begins(upper, lower, result[-1], pitch, left, right):
            result.append(_Paragraph([lower], left, right, lower.y0 - upper.y1))
        else:
            result[-1].lines.append(lower)
    return result


def _begins(upper: Line, lower: Line, current: _Paragraph, pitch: float, left: float, right: float) -> bool:
    """Whether `lower` begins a new paragraph."""
    size = lower.size
    step = lower.y0 - upper.y0
    room = right - upper.x1
    ended = bool(_SENTENCE_END.search(upper.text))
    if max(upper.size, size) > 1.3 * min(upper.size, size) or step > pitch + 0.4 * size:
        return True
    if _bare(upper.text) in _SECTION_NAMES or (_bare(lower.text) in _SECTION_NAMES and ended):
        return True
    styles = max(upper.size, size) > 1.1 * min(upper.size, size) or upper.bold != lower.bold
    if styles and (ended or room > 1.5 * size or step > pitch + 0.2 * size) and not lower.text[:1].islower():
        return True
    if len(current.lines) == 1 and _like_a_title(upper, current.space, right - left, room) and lower.text[:1].isupper():
        return True
    if _DOT.match(lower.text):
        return True
    item = _BULLET.match(lower.text) or _NUMBERED.match(lower.text)
    listed = _BULLET.match(current.lines[0].text) or _NUMBERED.match(current.lines[0].text)
    if item and (ended or listed or room > 1.5 * size) and lower.x0 < current.lines[0].x0 + size:
        return True
    first_of_item = len(current.lines) == 1 and bool(_BULLET.match(upper.text) or _NUMBERED.match(upper.text))
    if lower.x0 - upper.x0 > 0.7 * size and lower.x0 - left < 5 * size and not first_of_item:
        return ended or room > 2 * size
    word = len(lower.text.split(" ", 1)[0]) * 0.5 * size
    return ended and room > max(3 * size, word + size) and not lower.text[:1].islower()


def _like_a_title(line: Line, space: float, width: float, room: float) -> bool:
    """Whether a line in body type is set like a heading: short, apart from what is above it, no full stop."""
    words = line.text.split()
    apart = 0.5 * line.size < space < float("inf")
    plain = len(words) <= 9 and line.text[:1].isupper() and not re.search(r"[\d@,:;.?!)]$", line.text)
    return apart and plain and room > 0.35 * width and sum(word.isalpha() for word in words) >= 0.7 * len(words)


# --- blocks -----------------------------------------------------------------------------------------------------------


def _classified(paragraphs: Sequence[_Paragraph | Block], size: float, words: frozenset[str]) -> list[Block]:
    blocks: list[Block] = []
    in_references = False
    for number, paragraph in enumerate(paragraphs):
        if isinstance(paragraph, Block):
            blocks.append(paragraph)
            continue
        text = _text(paragraph.lines, words)
        title = _RUN_IN.match(text) if len(text) > LONGEST_HEADING else None
        if title:
            blocks.append(_run_in_heading(title[1], paragraph))
            text = text[title.end() :]
        kind, level = ("paragraph", 0) if title else _kind(paragraph, text, size)
        following = paragraphs[number + 1] if number + 1 < len(paragraphs) else None
        if kind == "paragraph" and not title and _is_heading(paragraph, following):
            kind, level = "heading", 3
        if kind == "heading":
            in_references = _bare(text) in _REFERENCES
        elif in_references and kind in ("paragraph", "list"):
            kind = "reference"
        if kind == "list":
            text = _BULLET.sub("- ", text)
        lines = paragraph.lines
        last = blocks[-1] if blocks else None
        if kind == "list" and last is not None and last.kind == "list" and last.bbox is not None:
            x0, y0, x1, y1 = _box(lines)
            a0, b0, a1, b1 = last.bbox
            if x0 < a1 and a0 < x1 and y0 >= b0:
                blocks[-1] = _list_block(last, text, (min(a0, x0), b0, max(a1, x1), max(b1, y1)))
                continue
        blocks.append(
            Block(
                kind=kind,
                text=text,
                level=level,
                bbox=_box(lines),
                confidence=_confidence(lines),
                join=_continues(last, kind, paragraph, text),
                size=round(lines[0].size, 1),
                bold=all(line.bold for line in lines),
            )
        )
    return blocks


def _is_heading(paragraph: _Paragraph, following: _Paragraph | Block | None) -> bool:
    """Whether a line in body type is the heading of the text right below it."""
    if len(paragraph.lines) > 1 or not isinstance(following, _Paragraph) or len(following.lines) < 2:
        return False
    line, first = paragraph.lines[0], following.lines[0]
    width = paragraph.right - paragraph.left
    beneath = 0 < first.y0 - line.y0 < 2.5 * line.size and abs(first.x0 - line.x0) < 2.5 * line.size
    return beneath and _like_a_title(line, paragraph.space, width, paragraph.right - line.x1)


def _run_in_heading(title: str, paragraph: _Paragraph) -> Block:
    first = paragraph.lines[0]
    return Block(
        kind="heading",
        text=title.rstrip("."),
        level=2 + title.split()[0].strip(".").count("."),
        bbox=(first.x0, first.y0, first.x1, first.y1),
        confidence=first.confidence,
        size=round(first.size, 1),
        bold=first.bold,
    )


def _list_block(block: Block, item: str, bbox: tuple[float, float, float, float]) -> Block:
    return replace(block, text=f"{block.text}\n{item}", bbox=bbox)


def _continues(last: Block | None, kind: str, paragraph: _Paragraph, text: str) -> str | None:
    """The joiner when a paragraph goes on at the top of the next column."""
    if last is None or kind != "paragraph" or last.kind != "paragraph" or not paragraph.opens:
        return None
    if _SENTENCE_END.search(last.text) or abs(last.size - paragraph.lines[0].size) > 0.1 * last.size:
        return None
    if _ENDS_CJK.search(last.text) and _STARTS_CJK.match(text):
        return ""
    return " " if text[:1].islower() else None


def _confidence(lines: Sequence[Line]) -> float | None:
    known = [(len(line.text), line.confidence) for line in lines if line.confidence is not None]
    characters = sum(count for count, _ in known)
    return round(sum(count * value for count, value in known) / characters, 4) if characters else None


def _bare(text: str) -> str:
    return _SECTION_NUMBER.sub("", text).strip(" .:：").lower()


def _kind(paragraph: _Paragraph, text: str, size: float) -> tuple[str, int]:
    """(kind, heading level)."""
    own = paragraph.lines[0].size
    if _DOT.match(text):
        return "list", 0
    if _CAPTION.match(text) and (own <= size * LARGER):
        return "caption", 0
    short = len(text) <= LONGEST_HEADING and len(paragraph.lines) <= 4
    has_word = re.search(r"[^\W\d_]{2,}|[\u3400-\u9fff]{2,}", text) is not None
    if short and has_word:
        if _bare(text) in _SECTION_NAMES:
            return "heading", 2
        closed = _SENTENCE_END.search(text) is not None
        if own > size * LARGER and len(text) > 3:
            return "heading", 1 if own > size * 1.6 else 2
        one_line = len(paragraph.lines) <= 2 and not closed and paragraph.space > 0.5 * own
        if one_line and (_SECTION_NUMBER.match(text) or _CHINESE_SECTION.match(text)) and len(text) < 90:
            return "heading", 2 + text.split(" ")[0].strip(".").count(".")
        if one_line and paragraph.lines[0].bold and own > 0.85 * size:
            return "heading", 3
        letters = re.sub(r"[\W\d_]", "", text)
        if one_line and len(letters) > 5 and letters.isupper():
            return "heading", 2
    if _BULLET.match(text) or _NUMBERED.match(text):
        return "list", 0
    return "paragraph", 0


def _words(lines: Sequence[Line]) -> frozenset[str]:
    """Words of the page in lower case, hyphened ones whole: what tells a broken word from a compound."""
    return frozenset(word.lower() for line in lines for word in re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", line.text))


def _text(lines: Sequence[Line], words: frozenset[str]) -> str:
    """Lines glued to running text: words re-joined over hyphens, Chinese without spaces."""
    text = ""
    for line in lines:
        text = _glue(text, line.text, words) if text else line.text
    return normalise(text, "zh" if len(re.findall(rf"[{_CJK}]", text)) > 0.2 * len(text) else "")


_BROKEN = re.compile(r"([^\W\d_]+)[-‐¬]$")
_GOES_ON = re.compile(r"^([^\W\d_]+)")


def _glue(text: str, line: str, words: frozenset[str]) -> str:
    if _ENDS_CJK.search(text) and _STARTS_CJK.match(line):
        return text + line
    head, tail = _BROKEN.search(text), _GOES_ON.match(line)
    if not (head and tail):
        return f"{text} {line}"
    first, second = head[1].lower(), tail[1].lower()
    if f"{first}{second}" in words:
        return text[:-1] + line
    if f"{first}-{second}" in words or not tail[1][0].islower():
        return text + line
    return f"{text}\n{line}"  # `normalise` knows the compounds that keep their hyphen
