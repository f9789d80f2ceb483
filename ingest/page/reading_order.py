"""Lines of a page -> columns and reading order -> paragraphs.

Works on `Line`s of any origin: native PDF text and OCR alike. Coordinates are in one unit with the origin at the
top left (points for PDF pages).

Reading order is the topological order of Breuel, "High Performance Document Layout Analysis" (2003): a text
run (lines that follow one another in one column) comes before another one if it is above it in the same column, or if
it is in a column further left and nothing that spans both columns lies between them. Working on text runs instead of
lines keeps the cubic step small.
"""

from __future__ import annotations

import heapq
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np

MAX_LINES = 4_000
"""Beyond this many lines nothing is tied together: looking for neighbours would take too long."""
MAX_TEXT_RUNS = 400
"""Beyond this many text runs the page is damaged or a drawing: they are read from top to bottom."""

BULLETS = "•▪‣◦●○■□➢➤✓✔♦◆·∙⁃\uf0b7\uf0a7\uf0d8\uf076\uf0fc"
LIST_MARK = re.compile(
    rf"\s*(?:[{BULLETS}]\s*|[-–—*]\s+|\(?(?:\d{{1,3}}|[a-hA-H]|[ivx]{{1,4}})[.)]\s+|\[\d{{1,3}}\]\s*"
    r"|[①-⑳]\s*|[（(][一二三四五六七八九十\d]{1,3}[)）]\s*|[一二三四五六七八九十]{1,3}、)"
)
"""What a list item or a numbered reference starts with."""
_ENDS = (".", "!", "?", ":", "。", "！", "？", "：", ";", "；", "”", '"', ")", "]")


@dataclass(slots=True)
class Line:
    """One line of text within one column (or one cell of a table)."""

    x0: float
    y0: float
    x1: float
    y1: float
    text: str
    size: float
    """Dominant font size; for OCR an estimate from the height."""
    bold: bool = False
    italic: bool = False
    font: str = ""
    lead: int = 0
    """Characters at the start of the line in a style (bold, italic, another font) that the rest of it does not have."""
    lead_bold: bool = False
    """Whether that start is bold."""
    lead_italic: bool = False
    """Whether that start is in italics."""
    superscripts: int = 0
    """How many parts of the line were raised marks: citations, affiliations, footnote signs."""
    confidence: float | None = None
    cuts: tuple[tuple[float, float, int], ...] = ()
    """White space in the line, where a table may have a border: left and right edge, and the place in the text after it."""

    @property
    def height(self) -> float:
        """Height of the line's box."""
        return self.y1 - self.y0


@dataclass(slots=True)
class Paragraph:
    """Consecutive lines that belong together, with the box of the column that they stand in."""

    lines: list[Line]
    left: float
    """Left edge of its column."""
    right: float
    """Right edge of its column."""
    gap: float = 0.0
    """White space above it within its column; infinite at the top of a text run."""
    marked: bool = False
    """It begins where a list item or a numbered entry begins."""
    edge: str = ""
    """`header` or `footer` when it stands where these stand."""

    @property
    def bbox(self) -> tuple[float, float, float, float]:
        """Box around its lines."""
        return bounds(self.lines)


def bounds(lines: Iterable[Line]) -> tuple[float, float, float, float]:
    """The box around some lines."""
    boxes = [(line.x0, line.y0, line.x1, line.y1) for line in lines]
    x0, y0, x1, y1 = zip(*boxes, strict=True)
    return min(x0), min(y0), max(x1), max(y1)


def text_runs(lines: Sequence[Line]) -> list[list[Line]]:
    """Text runs: lines that follow one another closely in one column, of any style; each run from top to bottom.

    A line is tied to the one below only if each is the other's only close neighbour, so that no run reaches
    over two columns.
    """
    ordered = sorted(lines, key=lambda line: (line.y0, line.x0))
    if len(ordered) > MAX_LINES:
        return [[line] for line in ordered]
    below: list[int] = [-1] * len(ordered)
    above: list[int] = [-1] * len(ordered)
    n_below = [0] * len(ordered)
    n_above = [0] * len(ordered)
    for i, upper in enumerate(ordered):
        reach = upper.y1 + 0.75 * upper.height
        x0, x1, height = upper.x0, upper.x1, upper.height
        middle = upper.y0 + 0.55 * height
        nearest = 0.0
        for j in range(i + 1, len(ordered)):
            lower = ordered[j]
            if lower.y0 > reach:
                break
            if lower.y0 < middle:
                continue
            if min(x1, lower.x1) - max(x0, lower.x0) <= 1.0:
                continue
            if n_below[i]:
                if lower.y0 > nearest:
                    # a line further down that the nearest one hides
                    other = ordered[below[i]]
                    if min(other.x1, lower.x1) - max(other.x0, lower.x0) > 0:
                        continue
            else:
                nearest = lower.y0 + 0.55 * lower.height
                below[i] = j
            n_below[i] += 1
            n_above[j] += 1
            above[j] = i
    result: list[list[Line]] = []
    taken = [False] * len(ordered)
    for i in range(len(ordered)):
        if taken[i]:
            continue
        run = [ordered[i]]
        taken[i] = True
        current = i
        while n_below[current] == 1:
            following = below[current]
            if taken[following] or n_above[following] != 1 or not _alike(ordered[current], ordered[following], run):
                break
            run.append(ordered[following])
            taken[following] = True
            current = following
        result.append(run)
    return result


def _alike(upper: Line, lower: Line, run: list[Line]) -> bool:
    """Whether the lower line may go on with the run: not where a narrow column begins under a wide text."""
    if abs(upper.size - lower.size) > 0.18 * max(upper.size, lower.size):
        return False
    wider = lower.x1 > upper.x1 + 0.35 * (upper.x1 - upper.x0) and lower.x0 < upper.x0 - 2 * upper.size
    return not (wider and len(run) > 1)


def reading_order(
    boxes: Sequence[tuple[float, float, float, float]], sizes: Sequence[float] | None = None
) -> list[int]:
    """Indexes of boxes (x0, y0, x1, y1) in reading order; `sizes` are their font sizes, 0 where there is none."""
    return order_and_cycles(boxes, sizes)[0]


def order_and_cycles(
    boxes: Sequence[tuple[float, float, float, float]], sizes: Sequence[float] | None = None
) -> tuple[list[int], int]:
    """(indexes of boxes in reading order, how many stand in or behind a cycle: each of some is before the next).

    A cycle has no order; it is opened somewhere, and what comes out may be wrong.
    """
    n = len(boxes)
    if n < 2:
        return list(range(n)), 0
    if n > MAX_TEXT_RUNS:
        return sorted(range(n), key=lambda i: (boxes[i][1], boxes[i][0])), n
    order: list[int] = []
    cyclic = 0
    for group in _zones(boxes, sizes):
        if len(group) < 2:
            order.extend(group)
            continue
        inner, in_cycle = _breuel([boxes[i] for i in group])
        order.extend(group[i] for i in inner)
        cyclic += in_cycle
    return order, cyclic


def _zones(boxes: Sequence[tuple[float, float, float, float]], sizes: Sequence[float] | None = None) -> list[list[int]]:
    """Cut a page at white bands below which its columns are others; each zone is read before the next.

    Bands are merged again as long as one vertical corridor runs through all of a zone, or there is none in any of it.
    """
    by_top = sorted(range(len(boxes)), key=lambda i: boxes[i][1])
    bands: list[list[int]] = []
    bottom = float("-inf")
    for i in by_top:
        if boxes[i][1] >= bottom - 0.5 or not bands:
            bands.append([])
        bands[-1].append(i)
        bottom = max(bottom, boxes[i][3])
    zones: list[tuple[list[int], list[tuple[float, float]]]] = []
    for number, band in enumerate(bands):
        if zones and sizes is not None and _other_print(boxes, sizes, zones[-1][0], bands[number:]):
            zones.append((list(band), _spans(boxes[i] for i in band)))
            continue
        spans = _spans(boxes[i] for i in band)
        if zones:
            members, covered = zones[-1]
            together = _covered([*covered, *spans])
            beside = len(covered) > 1 or len(spans) > 1
            if (len(together) > 1) == beside:
                zones[-1] = ([*members, *band], together)
                continue
        zones.append((list(band), spans))
    return [members for members, _ in zones]


def _other_print(
    boxes: Sequence[tuple[float, float, float, float]],
    sizes: Sequence[float],
    above: list[int],
    below: list[list[int]],
) -> bool:
    """Whether a white band parts text in several columns from text in another size, as before a bibliography."""
    rest = [i for band in below for i in band]
    if min(boxes[i][1] for i in below[0]) - max(boxes[i][3] for i in above) < 10.0:
        return False
    weights: tuple[dict[float, float], dict[float, float]] = ({}, {})
    for part, members in zip(weights, (above, rest), strict=True):
        for i in members:
            if sizes[i]:
                size = round(2 * sizes[i]) / 2
                part[size] = part.get(size, 0.0) + (boxes[i][2] - boxes[i][0]) * (boxes[i][3] - boxes[i][1])
    totals = [sum(part.values()) for part in weights]
    if not all(totals):
        return False
    main = [max((area, size) for size, area in part.items())[1] for part in weights]
    if abs(main[0] - main[1]) < 1.0:
        return False
    foreign = [
        sum(area for size, area in weights[one].items() if abs(size - main[1 - one]) <= 0.5) / totals[one]
        for one in (0, 1)
    ]
    return max(foreign) < 0.08 and min(weights[one][main[one]] / totals[one] for one in (0, 1)) > 0.6


def _spans(boxes: Iterable[tuple[float, float, float, float]]) -> list[tuple[float, float]]:
    return _covered([(box[0], box[2]) for box in boxes])


def _covered(intervals: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Intervals put together where they overlap or nearly touch (4 points)."""
    result: list[tuple[float, float]] = []
    for start, end in sorted(intervals):
        if result and start - result[-1][1] < 4.0:
            result[-1] = (result[-1][0], max(result[-1][1], end))
        else:
            result.append((start, end))
    return result


def _breuel(boxes: Sequence[tuple[float, float, float, float]]) -> tuple[list[int], int]:
    n = len(boxes)
    array = np.asarray(boxes, dtype=np.float64)
    x0, y0, x1, y1 = array.T
    width = x1 - x0
    overlap = np.minimum(x1[:, None], x1[None, :]) - np.maximum(x0[:, None], x0[None, :])
    narrow = np.minimum(width[:, None], width[None, :])
    same = overlap > np.minimum(3.0, 0.25 * narrow)
    height = np.minimum((y1 - y0)[:, None], (y1 - y0)[None, :])
    vertical = np.minimum(y1[:, None], y1[None, :]) - np.maximum(y0[:, None], y0[None, :])
    beside = vertical > 0.5 * height
    middle = (y0 + y1) / 2
    # in one column: the upper one first; boxes beside one another that touch a little: the left one first
    sharp = same & ~(beside & (overlap < 0.3 * narrow))
    before = sharp & (y0[:, None] < y0[None, :])
    tie = sharp & (y0[:, None] == y0[None, :])
    if tie.any():
        before |= tie & (np.arange(n)[:, None] < np.arange(n)[None, :])
    left = ~sharp & (x0[:, None] < x0[None, :])
    spanned = np.zeros((n, n), dtype=bool)
    for c in np.nonzero(same.sum(axis=1) > 2)[0]:
        with_c = same[c]
        high, low = with_c & (middle < y0[c]), with_c & (middle > y1[c])
        spanned |= high[:, None] & low[None, :]
        spanned |= low[:, None] & high[None, :]
    before |= left & ~spanned
    np.fill_diagonal(before, False)
    return _topological(before, y0, x0)


def _topological(before: np.ndarray, y0: np.ndarray, x0: np.ndarray) -> tuple[list[int], int]:
    """(order by a relation, how many were left at the first cycle); a cycle is opened at its topmost member."""
    n = len(before)
    in_cycle = 0
    waiting = before.sum(axis=0)
    ready = [(float(y0[i]), float(x0[i]), i) for i in range(n) if waiting[i] == 0]
    heapq.heapify(ready)
    done = np.zeros(n, dtype=bool)
    order: list[int] = []
    while len(order) < n:
        if not ready:
            rest = [i for i in range(n) if not done[i]]
            in_cycle = in_cycle or len(rest)
            first = min(rest, key=lambda i: (int(waiting[i]), float(y0[i]), float(x0[i])))
            heapq.heappush(ready, (float(y0[first]), float(x0[first]), first))
        _, _, i = heapq.heappop(ready)
        if done[i]:
            continue
        done[i] = True
        order.append(i)
        followers = before[i] & ~done
        waiting = waiting - before[i]
        for j in np.nonzero(followers & (waiting == 0))[0]:
            heapq.heappush(ready, (float(y0[j]), float(x0[j]), int(j)))
    return order, in_cycle


def flows(runs: Sequence[list[Line]]) -> list[tuple[list[Line], float, float]]:
    """Join runs, given in reading order, that stand below one another in one column: (lines, left, right) of each."""
    result: list[tuple[list[Line], float, float]] = []
    for run in runs:
        x0, y0, x1, _ = bounds(run)
        if result:
            lines, left, right = result[-1]
            slack = 2.5 * max(run[0].size, lines[-1].size)
            short_above = len(lines) <= 2 or x1 <= right + slack
            short_below = len(run) <= 2 or x1 >= right - slack
            inside = x0 > left - slack and x1 < right + slack and len(run) <= 2
            if y0 >= lines[-1].y0 and (inside or (abs(x0 - left) <= slack and short_above and short_below)):
                lines.extend(run)
                result[-1] = (lines, min(left, x0), max(right, x1))
                continue
        result.append((list(run), x0, x1))
    return result


def paragraphs(runs: Sequence[list[Line]]) -> list[Paragraph]:
    """Cut runs of lines (in reading order) into paragraphs.

    A paragraph begins after white space, where the style changes, at an indent, at a list mark, after a short line
    that ends a sentence, and at the outdent of a hanging list.
    """
    result: list[Paragraph] = []
    for lines, left, right in flows(runs):
        pitch = _pitch(lines)
        start = 0
        gap = float("inf")
        for i in range(1, len(lines) + 1):
            if i < len(lines) and not _hard_break(lines[i - 1], lines[i], pitch, right):
                continue
            result.extend(_cut(lines[start:i], left, right, gap))
            if i < len(lines):
                gap = lines[i].y0 - lines[i - 1].y1
                start = i
    return result


def _pitch(lines: Sequence[Line]) -> float:
    """Usual distance from one line to the next within a paragraph."""
    steps = [
        lower.y1 - upper.y1
        for upper, lower in pairwise(lines)
        if abs(upper.size - lower.size) < 0.5 and 0 < lower.y1 - upper.y1 < 3 * upper.size
    ]
    if len(steps) < 3:
        return min([*steps, 1.4 * min(line.size for line in lines)])  # too few lines to tell a wide setting
    steps.sort()
    return steps[int(0.4 * len(steps))]


def is_display(text: str) -> bool:
    """Whether a line is a formula of its own."""
    return len(text) > 4 and text.startswith("$$") and text.endswith("$$")


def _hard_break(upper: Line, lower: Line, pitch: float, right: float) -> bool:
    if upper.confidence is not None and lower.confidence is not None:
        return _recognised_break(upper, lower, pitch, right)
    if is_display(upper.text) or is_display(lower.text):
        return True
    size = max(upper.size, lower.size)
    if abs(upper.size - lower.size) > max(0.6, 0.06 * size):
        return True
    step = lower.y1 - upper.y1
    if step > 1.22 * max(pitch, size) + 0.08 * size:
        return True
    if (
        upper.bold
        and lower.bold
        and upper.text.isupper() != lower.text.isupper()
        and min(len(upper.text), len(lower.text)) > 7
    ):
        return True  # a heading in capitals and the next one below it
    return upper.bold != lower.bold and not (upper.bold and lower.lead and lower.lead_bold)


def _recognised_break(upper: Line, lower: Line, pitch: float, right: float) -> bool:
    """The same of lines without fonts: what their ink says of size, weight and place jitters, so that a small difference counts
    only where the text itself comes to an end."""
    small, large = sorted((upper.size, lower.size))
    step = min(lower.y1 - upper.y1, lower.y0 - upper.y0)
    if large > 1.3 * small or step > max(pitch, large) + 0.4 * large:
        return True
    if lower.text[:1].islower():
        return False
    apart = step > max(pitch, large) + 0.2 * large
    ends = upper.text.endswith(_ENDS) or right - upper.x1 > 1.5 * large
    return (large > 1.1 * small or upper.bold != lower.bold) and (ends or apart)


@dataclass(frozen=True, slots=True)
class _Setting:
    """How some lines of one style are set in their column."""

    left: float
    right: float
    size: float
    margin: float
    """Left edge of the outermost line."""
    hanging: bool
    """Entries stand out to the left."""
    justified: bool
    """Most lines reach the right edge."""
    flush_right: bool
    """All lines end at the right edge and begin anywhere."""
    n_marked: int
    """Lines that begin like list items."""


def _cut(lines: list[Line], left: float, right: float, gap: float) -> list[Paragraph]:
    """Cut lines of one style without white space between them at indents, marks and sentence ends."""
    size = lines[0].size
    marked = [LIST_MARK.match(line.text) is not None for line in lines]
    justified = sum(line.x1 > right - 0.5 * size for line in lines) >= 0.5 * len(lines)
    setting = _Setting(
        left=left,
        right=right,
        size=size,
        margin=min(line.x0 for line in lines),
        hanging=_hangs(lines, left, right, size),
        justified=justified,
        flush_right=justified and len(lines) > 1 and len({round(line.x0) for line in lines}) > 0.7 * len(lines),
        n_marked=sum(marked),
    )
    result = [Paragraph([lines[0]], left, right, gap, marked[0])]
    for i in range(1, len(lines)):
        upper, lower = lines[i - 1], lines[i]
        if _begins(upper, lower, result[-1], setting, marked[i]):
            result.append(Paragraph([lower], left, right, lower.y0 - upper.y1, marked[i]))
        else:
            result[-1].lines.append(lower)
    return result


def _begins(upper: Line, lower: Line, current: Paragraph, setting: _Setting, marked: bool) -> bool:
    """Whether a paragraph begins with the lower line."""
    size, width = setting.size, max(setting.right - setting.left, 1.0)
    ends = upper.text.endswith(_ENDS)
    room = setting.right - upper.x1
    # the first word of the line would have had room on the line above: somebody broke the line there
    word = lower.text.split(" ", 1)[0]
    fits = room > (len(word) + 2) * 0.5 * size + (0.6 * size if setting.justified else 0.06 * width)
    if marked and _item_begins(lower, current, setting, ends, fits):
        return True
    step = lower.x0 - upper.x0
    if setting.hanging:
        if step < -0.6 * size and lower.x0 < setting.margin + 0.8 * size:
            return True
    elif lower.x0 > setting.left + 0.7 * size and step > 0.6 * size and (ends or fits or setting.justified):
        centred = abs((lower.x0 + lower.x1) - (upper.x0 + upper.x1)) < 1.5 * size and not ends
        first_of_item = current.marked and len(current.lines) == 1
        if not (centred or first_of_item or setting.flush_right):
            return True
    if (
        fits
        and not lower.text[:1].islower()
        and (ends or (setting.justified and room > 0.3 * width and not setting.hanging))
    ):
        return True
    if upper.italic and not lower.italic and room > 0.15 * width and not ends and len(current.lines) == 1:
        return True  # a heading in italics
    return family(upper.font) != family(lower.font) and fits and (ends or len(current.lines) <= 2)


def _item_begins(lower: Line, current: Paragraph, setting: _Setting, ends: bool, fits: bool) -> bool:
    """Whether what looks like a list mark is one, and no number that happens to stand at the start of a line."""
    if lower.text.lstrip()[:1] in BULLETS:
        return True
    if current.marked and _ordinal(lower.text) == _ordinal(current.lines[0].text) + 1 > 1:
        return True
    if fits or (ends and setting.n_marked > 1):
        return True
    aligned = not current.marked or abs(lower.x0 - current.lines[0].x0) < 0.8 * setting.size
    return setting.n_marked > 2 and aligned and setting.hanging


_ORDINAL = re.compile(r"\s*[(\[]?(\d{1,3}|[a-zA-Z])[.)\]]")


def _ordinal(text: str) -> int:
    """Place in a sequence that a list mark states; 0 for none."""
    match = _ORDINAL.match(text)
    if match is None:
        return 0
    mark = match.group(1)
    return int(mark) if mark.isdecimal() else ord(mark.lower()) - 96


def _hangs(lines: Sequence[Line], left: float, right: float, size: float) -> bool:
    """Whether entries begin at the left edge and go on indented, as in a bibliography or a list."""
    start = min(line.x0 for line in lines)
    if start > left + 6 * size:
        left = start
    outer = [i for i, line in enumerate(lines) if line.x0 <= start + 0.5 * size]
    inner = [i for i, line in enumerate(lines) if start + 0.6 * size < line.x0 < start + 5 * size]
    if len(inner) < 1 or not outer or len(inner) + len(outer) < 0.8 * len(lines):
        return False
    marks = sum(LIST_MARK.match(lines[i].text) is not None for i in outer)
    if marks >= 0.7 * len(outer) and (len(outer) > 1 or lines[0].x0 <= start + 0.5 * size):
        return True
    if len(inner) < 2:
        return False
    # entries end before the lines that stand out, paragraphs before the lines that are indented
    before_outer = [_closed(lines[i - 1], right) for i in outer if i]
    before_inner = [_closed(lines[i - 1], right) for i in inner if i]
    if not before_outer:
        # one entry only: its first line stands out and all others are indented
        return len(outer) == 1 and outer[0] == 0 and not any(before_inner[:1])
    share_outer = sum(before_outer) / len(before_outer)
    share_inner = sum(before_inner) / max(1, len(before_inner))
    return share_outer > share_inner + 0.25 and len(inner) >= 0.4 * len(outer)


def _closed(line: Line, right: float) -> bool:
    """Whether a line looks like the last one of something."""
    return line.text.endswith((".", "。")) or line.x1 < right - 2 * line.size


_SUBSET = re.compile(r"^[A-Z]{6}\+|^[A-Z][a-z]{5}(?=Adv)|\+\d+$|\+fb$")
_FAMILY = re.compile(r"^[A-Za-z0-9]+")
_STYLES = ("BoldItalic", "Italic", "Bold", "Regular", "Roman", "Oblique", "MT", "PS")


@lru_cache(maxsize=4096)
def family(font: str) -> str:
    """Family part of a PostScript font name: `ABCDEF+Minion-Bold` -> `Minion`."""
    found = _FAMILY.match(_SUBSET.sub("", font))
    name = found.group(0) if found else font
    for style in _STYLES:
        if name.endswith(style) and len(name) > len(style) + 2:
            name = name[: -len(style)]
    return name


def most_common(values: Iterable[tuple[float, int]]) -> float:
    """The value with the largest total weight; 0 without values."""
    counts: Counter[float] = Counter()
    for value, weight in values:
        counts[value] += weight
    return max(counts, key=lambda value: (counts[value], -value)) if counts else 0.0
