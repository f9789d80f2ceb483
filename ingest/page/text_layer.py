"""The text layer of a PDF page: lines with their styles, ruling, drawn shapes, and what routing asks about it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Any

import pymupdf

from ingest import marks
from ingest.page.formulas import with_formulas
from ingest.page.reading_order import BULLETS, Line, family
from ingest.page.section_names import FIGURE_CAPTION
from medpress.writing_systems import is_east_asian

FLAGS = pymupdf.TEXT_COLLECT_VECTORS | pymupdf.TEXT_MEDIABOX_CLIP
"""No images (their bytes are copied), no kept ligatures, no odd white space; paths come with the text at no cost."""
MAX_LINES = 12_000
"""A page with more text fragments than this is damaged or hostile; the rest is left out and the page says so."""
TOO_MANY = "more than can be laid out"
"""Why that rest is left out."""
MAX_ROW = 300
"""Text fragments at one height beyond which a gap is judged by its width alone."""
MAX_SPACED = 50
"""Lines of spaced letters that are looked at letter by letter, per page."""
MAX_SHAPES = 20_000
"""Drawn shapes looked at per page."""
NO_SPACE = 0.15
"""Letters of one word of Chinese are nearer to one another than this, in font sizes."""
MAX_IMAGES = 5_000
"""Images looked at per page."""

SMALL = 0.86
"""A run smaller than this, as a share of its line's size, is a mark when it stands off the line at all."""
OFF_LINE = 0.08
"""How far a small run stands off the line to be a mark, in sizes of the line."""
FAR_OFF_LINE = 0.17
"""How far a run of nearly the line's own size does."""
MAX_MARK = 20
"""Characters of a mark, at most."""

_VISIBLE = 16 | 32
_BOLD = re.compile(
    r"bold|black|heavy|demi|semibd|-bd\b|-medi$|[^a-z]bd(?:it|cn|ou)?$|CMBX|SFBX|\.B\d?$|-B$", re.IGNORECASE
)
_ITALIC = re.compile(r"ital|obli|-it$|slant|[^a-z](?:bd)?it$|CMTI|CMMI|SFTI|\.I\d?$|-I$", re.IGNORECASE)


Word = tuple[float, float, str]
"""Left edge, right edge and text of a word."""


@dataclass(slots=True)
class Fragment:
    """A line as the PDF library cut it: part of a line, a line, or a cell."""

    x0: float
    y0: float
    x1: float
    y1: float
    base: float
    size: float
    spans: list[tuple[str, float, str, float]]
    """(text, size, font, baseline) of each run of one style."""
    order: int
    """Position in the content stream."""
    words: Sequence[Word] = ()
    """Its words, where they are known."""
    prose: int = 0
    """Number of its block of the stream when most lines of that run over the block's full width; otherwise 0."""


@dataclass(slots=True)
class TextLayer:
    """What one page's content stream says."""

    lines: list[Line] = field(default_factory=list)
    """Upright lines."""
    rotated: dict[int, list[Line]] = field(default_factory=dict)
    """Lines that run upwards (90), downwards (270) or stand on their head (180), in the coordinates of the page rotated so that they are upright."""
    horizontal: list[tuple[float, float, float]] = field(default_factory=list)
    """Horizontal rules: (x0, x1, y)."""
    vertical: list[tuple[float, float, float]] = field(default_factory=list)
    """Vertical rules: (y0, y1, x)."""
    shapes: list[tuple[float, float, float, float]] = field(default_factory=list)
    """Boxes of rectangles of some size."""
    curves: list[tuple[float, float, float, float]] = field(default_factory=list)
    """Boxes of all other paths: curves, ticks, oblique lines, markers."""
    images: list[tuple[float, float, float, float]] = field(default_factory=list)
    """Boxes of images, looked up only on pages with the caption of a figure: it takes a second pass."""
    source: list[str] = field(default_factory=list)
    """All that the content stream says, line by line, whatever becomes of it; what is printed twice in one place, once."""
    left_out: dict[str, list[str]] = field(default_factory=dict)
    """What of it is in no line, by reason."""
    characters: int = 0
    """Characters that are not white space."""
    invisible: int = 0
    """Those of them that are neither filled nor stroked, as in the layer of an earlier OCR."""
    by_font: dict[str, str] = field(default_factory=dict)
    """The visible text of each font."""


@lru_cache(maxsize=4096)
def style(font: str) -> tuple[bool, bool]:
    """(bold, italic) as a font's name tells."""
    return _BOLD.search(font) is not None, _ITALIC.search(font) is not None


def read_text_layer(page: pymupdf.Page) -> TextLayer:
    """Read a page's text and paths in one pass over its content stream; `write_marks` finishes its lines."""
    text_page = page.get_textpage(flags=FLAGS)
    content: dict[str, Any] = page.get_text("dict", textpage=text_page)
    words = _words(content, text_page)
    if _has_glued_words(content):
        content = _respaced(page)
    for place in with_formulas(page, content):
        words.pop(place, None)
    if page.rotation:
        _rotate_content(content, page)
    layer = TextLayer()
    upright: list[Fragment] = []
    rotated: dict[int, list[Fragment]] = {}
    fonts: dict[str, list[str]] = {}
    seen: set[tuple[str, int, int]] = set()
    hidden: list[Fragment] = []
    width, height = float(content["width"]), float(content["height"])
    order = 0
    n_blocks = -1
    for block in content["blocks"]:
        if block["type"] == 3:
            _add_path(layer, block)
            continue
        if block["type"] != 0:
            continue
        n_blocks += 1
        prose = order + 1 if _full_lines(block) else 0
        for number, raw in enumerate(block["lines"]):
            order += 1
            said = raw.get("said") or "".join(span["text"] for span in raw["spans"])
            layer.source.append(said)
            if order > MAX_LINES:
                layer.left_out.setdefault(TOO_MANY, []).append(said)
                continue
            x, y = raw["dir"]
            across = 0 if abs(x) < 0.2 else 1  # the coordinate of an origin that says how high a run stands
            sign = -1.0 if (y > 0 if across == 0 else x < 0) else 1.0
            fragment, visible = _fragment(raw, order, fonts, layer.left_out, across, sign)
            if fragment is None:
                continue
            fragment.prose = prose
            fragment.words = words.pop((n_blocks, number), ())
            count = sum(len(text) - text.count(" ") for text, *_ in fragment.spans)
            layer.characters += count
            if not visible:
                layer.invisible += count
            if abs(y) < 0.2 and x > 0:
                key = (fragment.spans[0][0], round(fragment.x0), round(fragment.y0))
                if key in seen and fragment.x1 - fragment.x0 > 0:
                    layer.characters -= count
                    layer.source.pop()
                    continue  # printed twice for a fake bold or a shadow
                seen.add(key)
                (upright if visible else hidden).append(fragment)
            elif abs(x) < 0.2 or abs(y) < 0.2:
                angle = 180 if abs(y) < 0.2 else 90 if y < 0 else 270
                rotated.setdefault(angle, []).append(_rotated(fragment, raw["bbox"], angle, width, height))
            else:
                layer.left_out.setdefault("slanted", []).append(said)
    layer.by_font = {font: " ".join(parts) for font, parts in fonts.items()}
    if layer.invisible > 0.5 * layer.characters:
        upright.extend(hidden)  # the layer of an earlier OCR: routing judges it
    elif hidden:
        layer.left_out["invisible"] = ["".join(text for text, *_ in fragment.spans) for fragment in hidden]
    layer.lines = _without_leaders(merge(upright), layer)
    for line in [line for line in layer.lines if _is_spaced(line.text)][:MAX_SPACED]:
        line.text = _unspaced(page, line) or line.text
    layer.rotated = {angle: merge(fragments) for angle, fragments in rotated.items()}
    if any(FIGURE_CAPTION.match(line.text) for line in layer.lines) and page.get_images():
        layer.images = [
            tuple(pymupdf.Rect(image["bbox"]) * page.rotation_matrix) for image in page.get_image_info()[:MAX_IMAGES]
        ]
    return layer


def _words(content: dict[str, Any], text_page: pymupdf.TextPage) -> dict[tuple[int, int], list[Word]]:
    """Words by the numbers of their block of text and line, on pages with rules, whose lines may hold several cells each.

    Chinese has no spaces between cells either: there a word ends where the next letter does not touch it.
    """
    words: dict[tuple[int, int], list[Word]] = {}
    if sum(block["type"] == 3 for block in content["blocks"]) < 2:
        return words
    spans = (span for block in content["blocks"] for line in block.get("lines", ()) for span in line["spans"])
    if not any(is_east_asian(span["text"]) for span in spans):
        for x0, _, x1, _, text, block, line, _ in text_page.extractWORDS():
            words.setdefault((block, line), []).append((x0, x1, text))
        return words
    blocks = [block for block in text_page.extractRAWDICT()["blocks"] if block["type"] == 0]
    for number, block in enumerate(blocks):
        for index, line in enumerate(block["lines"]):
            words[number, index] = _words_of(line)
    return words


def _words_of(line: dict[str, Any]) -> list[Word]:
    """Words of a line read letter by letter."""
    words: list[Word] = []
    apart = True
    for span in line["spans"]:
        for letter in span["chars"]:
            x0, _, x1, _ = letter["bbox"]
            if letter["c"].isspace():
                apart = True
            elif apart or x0 - words[-1][1] > NO_SPACE * span["size"]:
                words.append((x0, x1, letter["c"]))
                apart = False
            else:
                words[-1] = (words[-1][0], x1, words[-1][2] + letter["c"])
    return words


def _rotate_content(content: dict[str, Any], page: pymupdf.Page) -> None:
    """Coordinates of a page with a /Rotate entry as it is shown; the library gives them as it is stored."""
    matrix = page.rotation_matrix
    content["width"], content["height"] = page.rect.width, page.rect.height
    for block in content["blocks"]:
        block["bbox"] = tuple(pymupdf.Rect(block["bbox"]) * matrix)
        for line in block.get("lines", ()):
            line["bbox"] = tuple(pymupdf.Rect(line["bbox"]) * matrix)
            x, y = line["dir"]
            line["dir"] = (x * matrix.a + y * matrix.c, x * matrix.b + y * matrix.d)
            for span in line["spans"]:
                span["origin"] = tuple(pymupdf.Point(span["origin"]) * matrix)


_GLUED = re.compile(r"(?<![\w/@.:-])[^\W\d_](?:[^\W_]|[,.;:()](?=[^\W_]|\()){27,}")
_ADDRESS = re.compile(r"https?:|www\.|doi|@|/")


def _has_glued_words(content: dict[str, Any]) -> bool:
    """Whether words of the page ran together, as they do where the spaces of a narrow font are mere small gaps."""
    for block in content["blocks"]:
        for line in block.get("lines", ()):
            for span in line["spans"]:
                text = span["text"]
                if len(text) > 27 and text.count(" ") < 0.08 * len(text):
                    found = _GLUED.search(text)
                    if found and not _ADDRESS.search(text) and not is_east_asian(found.group(0)):
                        return True
    return False


def _respaced(page: pymupdf.Page) -> dict[str, Any]:
    """The page's content read letter by letter, with spaces where the gap stands out from those within words."""
    content: dict[str, Any] = page.get_text("rawdict", flags=FLAGS)
    for block in content["blocks"]:
        for line in block.get("lines", ()):
            level = line["dir"][0] > 0.99
            for span in line["spans"]:
                characters = span["chars"]
                span["text"] = _spaced_text(characters, span["size"]) if level else "".join(c["c"] for c in characters)
    return content


def _spaced_text(characters: list[dict[str, Any]], size: float) -> str:
    gaps = [after["bbox"][0] - before["bbox"][2] for before, after in pairwise(characters)]
    if len(gaps) < 4:
        return "".join(character["c"] for character in characters)
    limit = sorted(gaps)[len(gaps) // 2] + 0.085 * size
    text: str = characters[0]["c"]
    for gap, character in zip(gaps, characters[1:], strict=True):
        letter: str = character["c"]
        if gap > limit and letter != " " and not text.endswith(" "):
            text += " "
        text += letter
    return text


def _full_lines(block: dict[str, Any]) -> bool:
    """Whether a block of the stream is running text, set wide: its rows run from left to right, its gaps are nowhere aligned."""
    lines = block["lines"]
    if len(lines) < 4:
        return False
    rows: dict[int, list[tuple[float, float]]] = {}
    for line in lines:
        x0, _, x1, y1 = line["bbox"]
        rows.setdefault(round(y1 / 2), []).append((x0, x1))
    if len(rows) < 3 or len(rows) == len(lines):
        return False
    left, _, right, _ = block["bbox"]
    slack = 0.06 * (right - left)
    full = sum(min(row)[0] <= left + slack and max(x1 for _, x1 in row) >= right - slack for row in rows.values())
    if full < 0.6 * len(rows):
        return False
    starts = sorted(x0 for row in rows.values() for x0, _ in sorted(row)[1:])
    aligned = sum(after - before < 2.0 for before, after in pairwise(starts))
    return aligned <= 0.3 * len(starts)


def _is_spaced(text: str) -> bool:
    """Whether a line is set in s p a c e d letters."""
    if len(text) < 7 or (text[1:2] != " " and text[3:4] != " "):
        return False
    tokens = text.split()
    single = sum(len(token) == 1 and token.isalpha() for token in tokens)
    return single >= 4 and single >= 0.7 * len(tokens)


def _unspaced(page: pymupdf.Page, line: Line) -> str:
    """The words of a line of spaced letters: the gaps between words are wider than those between letters."""
    area = pymupdf.Rect(line.x0 - 1, line.y0 - 1, line.x1 + 1, line.y1 + 1)
    characters = sorted(
        (character["bbox"][0], character["bbox"][2], character["c"])
        for block in page.get_text("rawdict", flags=pymupdf.TEXT_MEDIABOX_CLIP, clip=area)["blocks"]
        for raw in block.get("lines", [])
        for span in raw["spans"]
        for character in span["chars"]
        if not character["c"].isspace() and abs(span["origin"][1] - line.y1 + 0.2 * line.size) < 0.3 * line.size
    )
    gaps = [after[0] - before[1] for before, after in pairwise(characters)]
    if len(gaps) < 3:
        return ""
    usual = sorted(gaps)[len(gaps) // 2]
    text = characters[0][2]
    for gap, (_, _, character) in zip(gaps, characters[1:], strict=True):
        text += (" " if gap > 1.3 * usual + 0.1 * line.size else "") + character
    return text


_LEADER = re.compile(r"^[.·…_\-–—=*\s]{12,}$")


def _without_leaders(lines: list[Line], layer: TextLayer) -> list[Line]:
    """Rows of dots or dashes are rules that somebody typed."""
    if not any(_LEADER.match(line.text) for line in lines):
        return lines
    kept = []
    for line in lines:
        if _LEADER.match(line.text):
            layer.horizontal.append((line.x0, line.x1, line.y1 - 0.2 * line.size))
        else:
            kept.append(line)
    return kept


def _fragment(
    raw: dict[str, Any],
    order: int,
    fonts: dict[str, list[str]],
    left_out: dict[str, list[str]],
    across: int,
    sign: float,
) -> tuple[Fragment | None, bool]:
    """A line of the content and whether it is seen; `sign` times coordinate `across` of an origin grows downwards."""
    spans: list[tuple[str, float, str, float]] = []
    sizes: dict[float, int] = {}
    bases: dict[float, float] = {}
    visible = 0
    invisible = 0
    last_font = leading = ""
    for span in raw["spans"]:
        text = span["text"]
        size = span["size"]
        if size <= 0.5 and text and not text.isspace():
            left_out.setdefault("too small to be seen", []).append(text)
        if not text or text.isspace() or size <= 0.5:
            if not spans:
                leading = " "
            elif not spans[-1][0].endswith(" "):
                previous = spans[-1]
                spans[-1] = (previous[0] + " ", previous[1], previous[2], previous[3])
            continue
        if leading:
            text, leading = leading + text, ""
        font = span["font"]
        length = len(text)
        if span["char_flags"] & _VISIBLE:
            visible += length
        else:
            invisible += length
        fonts.setdefault(font, []).append(text)
        base = sign * span["origin"][across]
        size = round(size, 1)
        if spans and font == last_font and spans[-1][1] == size and abs(spans[-1][3] - base) < 0.05 * size:
            previous = spans[-1]
            spans[-1] = (previous[0] + text, size, font, previous[3])
        else:
            spans.append((text, size, font, base))
        last_font = font
        sizes[size] = sizes.get(size, 0) + length
        bases.setdefault(size, base)
    if not spans:
        return None, True
    size = max(sizes, key=sizes.__getitem__)
    box = raw["bbox"]
    base = bases[size]
    fragment = Fragment(box[0], base - 0.8 * size, box[2], base + 0.2 * size, base, size, spans, order)
    return fragment, visible >= invisible


def _rotated(fragment: Fragment, box: Sequence[float], angle: int, width: float, height: float) -> Fragment:
    """Coordinates after rotating the page so that the text is upright."""
    x0, y0, x1, y1 = box
    left, right = {90: (height - y1, height - y0), 180: (width - x1, width - x0), 270: (y0, y1)}[angle]
    shift = {90: 0.0, 180: height, 270: width}[angle]
    spans = [(text, size, font, shift + base) for text, size, font, base in fragment.spans]
    base = shift + fragment.base
    return Fragment(
        left, base - 0.8 * fragment.size, right, base + 0.2 * fragment.size, base, fragment.size, spans, fragment.order
    )


def rotated_back(box: Sequence[float], angle: int, width: float, height: float) -> tuple[float, float, float, float]:
    """A box in the coordinates of `TextLayer.rotated` back on the page."""
    left, top, right, bottom = box
    if angle == 90:
        return top, height - right, bottom, height - left
    if angle == 180:
        return width - right, height - bottom, width - left, height - top
    return width - bottom, left, width - top, right


def _add_path(layer: TextLayer, block: dict[str, Any]) -> None:
    if len(layer.shapes) + len(layer.curves) + len(layer.horizontal) + len(layer.vertical) >= MAX_SHAPES:
        return
    x0, y0, x1, y1 = block["bbox"]
    across, down = x1 - x0, y1 - y0
    thin = 12.0 if block["stroked"] else 3.0  # a stroke's box is widened by its miter limit
    if down <= thin and across > 2.5 * down and across > 8:
        margin = 0.5 * down if block["stroked"] else 0.0
        layer.horizontal.append((x0 + margin, x1 - margin, (y0 + y1) / 2))
    elif across <= thin and down > 2.5 * across and down > 8:
        margin = 0.5 * across if block["stroked"] else 0.0
        layer.vertical.append((y0 + margin, y1 - margin, (x0 + x1) / 2))
    elif block.get("isrect") and max(across, down) >= 6.5:
        layer.shapes.append((x0, y0, x1, y1))
    else:
        layer.curves.append((x0, y0, x1, y1))


def merge(fragments: list[Fragment]) -> list[Line]:
    """Put the parts of a line together that the PDF library cut at wide word spaces or at changes of the stream.

    Two parts on one baseline belong together when they touch; when a gap is wide, they do only if neighbouring lines
    run across it, which they do in justified text but not at a gutter or between the columns of a table.
    """
    if not fragments:
        return []
    ordered = sorted(fragments, key=lambda part: part.base)
    rows: list[list[Fragment]] = []
    for part in ordered:
        row = rows[-1] if rows else None
        if row is not None and part.base - row[0].base <= 0.35 * max(part.size, row[0].size):
            row.append(part)
        else:
            rows.append([part])
    result: list[Line] = []
    for number, row in enumerate(rows):
        if len(row) == 1:
            result.append(_line([row[0]]))
            continue
        row.sort(key=lambda part: part.x0)
        group = [row[0]]
        end = row[0].x1
        for part in row[1:]:
            if _belongs(group[-1], part, end, number, rows):
                group.append(part)
                end = max(end, part.x1)
            else:
                result.append(_line(group))
                group = [part]
                end = part.x1
        result.append(_line(group))
    return result


def _belongs(left: Fragment, right: Fragment, end: float, number: int, rows: list[list[Fragment]]) -> bool:
    size = max(left.size, right.size)
    gap = right.x0 - end
    if gap < -1.0 * size and right.x1 - right.x0 > 2 * size:
        return False  # printed over one another
    if gap <= 0.4 * size:
        return True
    if gap < 4.0 * size and (_is_mark(left) or (left.prose > 0 and left.prose == right.prose)):
        return True
    if gap > 3.0 * size:
        return False
    if len(rows[number]) > MAX_ROW:
        return gap <= 0.9 * size
    across, apart = _neighbours(end, right.x0, left, size, number, rows)
    if gap <= 0.9 * size:
        return across > 0 or apart == 0
    return across >= 2 + 2 * apart and 0 < right.order - left.order <= 3


_MARK = re.compile(
    rf"^(?:[{BULLETS}–—-]|\(?(?:\d{{1,3}}|[a-zA-Z]|[ivxIVX]{{1,4}})[.)]|\[\d{{1,3}}\]|\d{{1,2}}(?:\.\d{{1,2}}){{1,3}}\.?|[①-⑳])$"
)
"""What stands alone before a list item, a reference or a heading."""


def _is_mark(part: Fragment) -> bool:
    return len(part.spans) == 1 and len(part.spans[0][0]) < 10 and _MARK.match(part.spans[0][0].strip()) is not None


def _neighbours(
    x0: float, x1: float, part: Fragment, size: float, number: int, rows: list[list[Fragment]]
) -> tuple[int, int]:
    """How many rows nearby have text running across a gap, and how many are open there with text on both sides."""
    middle = (x0 + x1) / 2
    across = apart = 0
    for direction in (-1, 1):
        index = number + direction
        while 0 <= index < len(rows) and abs(rows[index][0].base - part.base) < 3.2 * size:
            covered = False
            before, after = float("-inf"), float("inf")
            for other in rows[index]:
                if other.x0 < middle - 0.3 * size and other.x1 > middle + 0.3 * size:
                    covered = True
                elif (other.x0 + other.x1) / 2 < middle:
                    before = max(before, other.x1)
                else:
                    after = min(after, other.x0)
            covered = covered or after - before < 0.5 * size
            across += covered
            apart += not covered and before > x0 - 12 * size and after < x1 + 12 * size
            index += direction
    return across, apart


def _line(parts: list[Fragment]) -> Line:
    """One line of text from its parts, with raised marks written out and its style summed up."""
    if len(parts) == 1 and len(parts[0].spans) == 1:
        _, size, _, base = parts[0].spans[0]
    else:
        size, base = _size_and_base(parts)
    text = ""
    end = parts[0].x0
    bold = italic = plain = 0
    lead = -1
    lead_bold = lead_italic = False
    lead_family = ""
    fonts: dict[str, int] = {}
    for part in parts:
        touches = part.x0 - end <= 0.13 * size
        if text and not text.endswith(" ") and not touches and part.spans[0][0][:1] != " ":
            text += " "
        end = part.x1
        for span, span_size, font, span_base in part.spans:
            up = base - span_base
            is_small = span_size < SMALL * size
            off = abs(up) > (OFF_LINE if is_small else FAR_OFF_LINE) * size
            if off and (is_small or touches) and len(span) < MAX_MARK:
                text += marks.raised(span) if up > 0 else marks.lowered(span)
                touches = True
                continue
            touches = True
            if text.endswith(" ") and span.startswith(" "):
                span = span.lstrip()
            is_bold, is_italic = style(font)
            length = len(span.strip())
            if lead < 0 and length:
                if not text.strip():
                    lead_bold, lead_italic, lead_family = is_bold, is_italic, family(font)
                elif (length > 1 or span.strip().isalnum()) and (
                    is_bold != lead_bold
                    or (is_italic != lead_italic and not is_bold)
                    or (not is_bold and not is_italic and family(font) != lead_family)
                ):
                    lead = len(text)
            text += span if span.isascii() else marks.from_characters(span)
            if span_size >= 0.86 * size or length > 3:
                bold += is_bold * length
                italic += is_italic * length
                plain += length
            fonts[font] = fonts.get(font, 0) + length
    stripped = text.lstrip()
    shift = len(text) - len(stripped)
    lead = max(0, lead - shift) if lead > 0 else 0
    return Line(
        x0=parts[0].x0,
        y0=base - 0.8 * size,
        x1=max(part.x1 for part in parts),
        y1=base + 0.2 * size,
        text=stripped.rstrip(),
        size=size,
        bold=plain > 0 and bold >= 0.9 * plain,
        italic=plain > 0 and italic >= 0.9 * plain,
        font=max(fonts, key=fonts.__getitem__) if fonts else parts[0].spans[0][2],
        lead=lead,
        lead_bold=lead_bold,
        lead_italic=lead_italic,
        superscripts=marks.count(text),
        cuts=_cuts(parts, stripped.rstrip()),
    )


def _size_and_base(parts: Sequence[Fragment]) -> tuple[float, float]:
    """The size of most of a line's text, and the baseline of most of what is of that size."""
    weights: Counter[float] = Counter()
    bases: Counter[tuple[float, float]] = Counter()
    for part in parts:
        for text, size, _, base in part.spans:
            weights[size] += len(text)
            bases[size, base] += len(text)
    size = max(weights, key=lambda value: (weights[value], value))
    return size, max((key for key in bases if key[0] == size), key=bases.__getitem__)[1]


def _cuts(parts: Sequence[Fragment], text: str) -> tuple[tuple[float, float, int], ...]:
    """Where white space stands in a line of text: its left and right edge, and the place of what follows it in the text."""
    words = [
        word
        for part in parts
        for word in (part.words or ((part.x0, part.x1, "".join(span[0] for span in part.spans)),))
    ]
    if len(words) < 2:
        return ()
    if len(words) == len(text.split()):
        starts = [found.start() for found in _WORD.finditer(text)]
    else:  # raised marks and letters of two parts may touch: letter by letter
        letters = [index for index, letter in enumerate(text) if not (letter.isspace() or marks.has_marks(letter))]
        lengths = [sum(not letter.isspace() for letter in word) for _, _, word in words]
        if sum(lengths) != len(letters) or not all(lengths):
            return ()
        starts = [letters[passed - length] for passed, length in zip(accumulate(lengths), lengths, strict=True)]
    return tuple(
        (before[1], after[0], start) for (before, after), start in zip(pairwise(words), starts[1:], strict=True)
    )


_WORD = re.compile(r"\S+")


def write_marks(layers: Sequence[TextLayer]) -> None:
    """Give raised and lowered marks their written form, in place; until then the lines hold them as `ingest.marks` wraps them.

    Whether raised numbers are citations is a habit of the document, so the pages that are read together are looked at
    together; what marks its notes have is a page's own.
    """
    marked = [
        [line for lines in (layer.lines, *layer.rotated.values()) for line in lines if marks.has_marks(line.text)]
        for layer in layers
    ]
    cites = marks.habit(line.text for lines in marked for line in lines).cites
    for lines in marked:
        custom = marks.Habit(cites, marks.habit(line.text for line in lines).notes)
        for line in lines:
            _write_line(line, custom)


def _write_line(line: Line, custom: marks.Habit) -> None:
    """Write the marks of a line; its cuts move with the text."""
    text = ""
    start = 0
    cuts = []
    for left, right, index in line.cuts:
        index = max(start, marks.outside(line.text, index))
        text += marks.written(line.text[start:index], custom, before=text, after=line.text[index:])
        start = index
        cuts.append((left, right, len(text)))
    text += marks.written(line.text[start:], custom, before=text)
    line.lead = len(marks.written(line.text[: line.lead], custom)) if line.lead else 0
    line.text = text
    line.cuts = tuple(cuts)
