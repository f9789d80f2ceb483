"""Where tables stand on a page: between rules of one extent, beside vertical rules, or where cells are aligned.

What parts two tables is what no table has in it: text that sticks out of the rules' extent, running text as wide as
they are, a caption, a stretch of white.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from ingest.page.reading_order import Line, bounds, text_runs
from ingest.page.section_names import CAPTION
from ingest.page.table_columns import Rule

SAME_EXTENT = 3.0
"""Horizontal rules whose ends are nearer to one another than this, in points, belong to one table."""
CROSSED = 4.0
"""Rules cross that go on beyond one another by more than this, in points; parts of one rule are no further apart."""
MAX_VERTICAL = 1_000
"""Vertical rules looked at."""
LARGER = 1.06
"""Text between two tables is in larger print than they are, by more than this factor; a long cell in one is not."""
HEAD_ROWS = 5
"""Rows of print of a head, at most, of which most have one cell."""
APART = 1.0
"""White space between a rule and text wider than usual in a table by more than this, in font sizes, is between two tables."""
CELL_SPACE = 1.0
"""White space wider than this, in font sizes, parts cells and no words."""
_TABLE_CAPTION = re.compile(r"^(?:Supplementary\s+)?(?:Table|TABLE|Tab\.|Tabelle|Tabla|Tableau|表)\s*[\dIVXS]")
TERM = re.compile(r"^.{1,30}[:=]$|^[\w./+-]{0,12}[A-Z0-9][\w./+-]{0,12}[A-Z0-9][\w./+-]{0,12}$")
"""What is explained in a list of abbreviations: it ends in a colon, or has capitals."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """What stands between two horizontal rules of one table."""

    top: float
    """y of its upper end."""
    bottom: float
    """y of its lower end."""
    x0: float
    """Where its rules begin."""
    x1: float
    """Where they end."""
    boxed: bool
    """Whether vertical rules part it into columns."""
    n_bands: int
    """How many bands its rules part it into."""

    def encloses(self, other: Stretch) -> bool:
        """Whether another stretch, much narrower, is a table in this one: has rows, or takes up a good part of its height."""
        within = (
            self.x0 - 4 <= other.x0
            and other.x1 <= self.x1 + 4
            and self.top <= other.top
            and other.bottom <= self.bottom
        )
        narrow = other.x1 - other.x0 < 0.75 * (self.x1 - self.x0)
        return within and narrow and (other.n_bands > 1 or other.bottom - other.top > 0.4 * (self.bottom - self.top))


def inside(line: Line, x0: float, x1: float, top: float, bottom: float) -> bool:
    """Whether the middle of a line is in a box, with some slack."""
    return top - 1 <= (line.y0 + line.y1) / 2 <= bottom + 1 and x0 - 4 <= (line.x0 + line.x1) / 2 <= x1 + 4


def stacks_of(rules: Sequence[Rule]) -> list[list[Rule]]:
    """Horizontal rules of one extent, where there is more than one. `rules` come from the top down, and so does each stack."""
    stacks: list[list[Rule]] = []
    for rule in rules:
        for stack in stacks:
            if abs(stack[0][0] - rule[0]) <= SAME_EXTENT and abs(stack[0][1] - rule[1]) <= SAME_EXTENT:
                stack.append(rule)
                break
        else:
            stacks.append([rule])
    return [stack for stack in stacks if len(stack) > 1]


def parted_at_ends(lines: Sequence[Line], stacks: Sequence[Sequence[Rule]]) -> list[Line]:
    """Lines cut at the ends of the rules that they stand between: what goes on there across white space is another column."""
    result = list(lines)
    for stack in stacks:
        x0, x1 = min(rule[0] for rule in stack), max(rule[1] for rule in stack)
        top, bottom = stack[0][2], stack[-1][2]
        parted: list[Line] = []
        for line in result:
            within = line.cuts and top < (line.y0 + line.y1) / 2 < bottom
            for place in (x0, x1):
                if within and line.x0 + line.size < place < line.x1 - line.size:
                    first, line = _parted(line, place)
                    parted += [first] if first is not None else []
            parted.append(line)
        result = parted
    return result


def _parted(line: Line, place: float) -> tuple[Line | None, Line]:
    """(what of a line stands left of a place, the rest), where there is wide white space; (None, all of it) elsewhere."""
    for left, right, index in line.cuts:
        if right - left >= CELL_SPACE * line.size and left - 1.0 <= place <= right + 1.0:
            return _cut(line, left, right, index)
    return None, line


def ruled_regions(lines: Sequence[Line], stacks: Sequence[Sequence[Rule]], vertical: Sequence[Rule]) -> list[Stretch]:
    """Stretches between rules of one extent with several cells in a row."""
    found = [region for stack in stacks for region in _regions_of(stack, lines, vertical)]
    # the rules of a header and a footer enclose the tables of a page, and are no table
    return [region for region in found if region.n_bands > 1 or not any(region.encloses(other) for other in found)]


def crossed_regions(lines: Sequence[Line], rules: Sequence[Rule], vertical: Sequence[Rule]) -> list[Stretch]:
    """Where a horizontal and a vertical rule cross with cells around: a head above, labels to the left, as of a small matrix."""
    found: list[Stretch] = []
    for start, end, x in _joined(vertical):
        for x0, x1, y in rules:
            if not (x0 + CROSSED < x < x1 - CROSSED and start + CROSSED < y < end - CROSSED):
                continue
            if any(region.top < y < region.bottom and region.x0 < x < region.x1 for region in found):
                continue
            own = [line for line in lines if inside(line, x0, x1, start, end)]
            corners = {((line.x0 + line.x1) / 2 > x, (line.y0 + line.y1) / 2 > y) for line in own}
            if len(corners) >= 3:
                found.append(Stretch(start, end, x0, x1, False, 2))
    return found


def _joined(vertical: Sequence[Rule]) -> list[Rule]:
    """Vertical rules, parts of one rule (as they are drawn row by row) put together."""
    result: list[Rule] = []
    for start, end, x in sorted(vertical[:MAX_VERTICAL], key=lambda rule: (round(rule[2]), rule[0])):
        if result and abs(result[-1][2] - x) <= 1.0 and start - result[-1][1] <= CROSSED:
            result[-1] = (result[-1][0], max(result[-1][1], end), result[-1][2])
        else:
            result.append((start, end, x))
    return result


def _regions_of(stack: Sequence[Rule], lines: Sequence[Line], vertical: Sequence[Rule]) -> list[Stretch]:
    """The tables between some rules of one extent."""
    x0, x1 = min(rule[0] for rule in stack), max(rule[1] for rule in stack)
    beside = [line for line in lines if min(line.x1, x1) - max(line.x0, x0) > line.size]
    sizes = sorted(line.size for line in beside)
    size = sizes[len(sizes) // 2] if sizes else 0.0
    ys = sorted([*(rule[2] for rule in stack), *_ends_of_prose(beside, stack, x0, x1, size)])
    bands = [_Band(top, bottom, x0, x1, beside, vertical, size) for top, bottom in pairwise(ys)]
    pads = sorted(band.pad for band in bands if band.kind == "table")
    least = min(pads, default=0.0)
    usual = pads[(len(pads) - 1) // 2] if pads else 0.0
    sizes = sorted(band.size for band in bands if band.kind == "table")
    print_size = sizes[len(sizes) // 2] if sizes else size
    for band in bands:
        other = band.kind == "none" and band.size > LARGER * print_size
        if band.kind in ("small", "none") and not band.ruled and (other or band.pad > least + 0.7 * band.size):
            band.kind = "break"
    white = [
        y
        for band in bands
        if band.kind == "table" and not band.ruled and band.pad > usual + APART * band.size
        for y in band.text_ends(usual + APART * band.size)
    ]
    if white:
        bands = [_Band(top, bottom, x0, x1, beside, vertical, size) for top, bottom in pairwise(sorted([*ys, *white]))]
    drawn = {rule[2] for rule in stack}
    regions: list[Stretch] = []
    start = 0
    for end in [*(i for i, band in enumerate(bands) if band.kind == "break"), len(bands)]:
        regions.extend(
            region for region in _between_breaks(bands[start:end]) if region.top in drawn or region.bottom in drawn
        )
        start = end + 1
    return regions


def _ends_of_prose(lines: Sequence[Line], stack: Sequence[Rule], x0: float, x1: float, size: float) -> list[float]:
    """y above and below the paragraphs that stand between two rules together with rows of a table that has no rule there."""
    ys: list[float] = []
    for top, bottom in pairwise(rule[2] for rule in stack):
        rows = rows_of([line for line in lines if top < (line.y0 + line.y1) / 2 < bottom])
        blocks: list[list[list[Line]]] = []
        for row in rows:
            if not blocks or min(line.y0 for line in row) - max(line.y1 for line in blocks[-1][-1]) > 0.6 * size:
                blocks.append([])
            blocks[-1].append(row)
        for number, block in enumerate(blocks):
            if len(blocks) > 1 and len(block) > 1 and all(len(row) == 1 for row in block):
                first, last = block[0][0], block[-1][0]
                widest = max(line.x1 - line.x0 for line, *_ in block)
                if widest > 0.8 * (x1 - x0) and sum(len(line.text) for line, *_ in block) > 60:
                    ys += [first.y0 - 0.1] if number else []
                    ys += [last.y1 + 0.1] if number + 1 < len(blocks) else []
    return ys


class _Band:
    """What lies between two rules that follow one another."""

    def __init__(
        self,
        top: float,
        bottom: float,
        x0: float,
        x1: float,
        beside: Sequence[Line],
        vertical: Sequence[Rule],
        size: float,
    ) -> None:
        self.top, self.bottom, self.x0, self.x1 = top, bottom, x0, x1
        own = [line for line in beside if top - 1 <= (line.y0 + line.y1) / 2 <= bottom + 1]
        self.lines = [line for line in own if inside(line, x0, x1, top, bottom)]
        self.size = sorted(line.size for line in own)[len(own) // 2] if own else size
        self.ruled = {
            round(x / 3)
            for start, end, x in vertical[:5000]
            if x0 - 6 <= x <= x1 + 6 and min(end, bottom) - max(start, top) > 0.8 * (bottom - top)
        }
        self.first, self.last = min((line.y0 for line in own), default=top), max((line.y1 for line in own), default=top)
        self.pad = max(self.first - top, bottom - self.last) if own else 0.0
        sticks_out = any(x0 - line.x0 > line.size or line.x1 - x1 > line.size for line in own)
        if sticks_out:
            self.kind = "break"
        elif not own:
            self.kind = "small" if self.ruled or bottom - top < self.size else "break"
        else:
            self.kind = _kind(self.lines, x1 - x0, ruled=bool(self.ruled))

    def text_ends(self, most: float) -> list[float]:
        """y at which its text begins and ends, where more white space than `most` parts it from the rule there."""
        ends = [self.first - 0.1] if self.first - self.top > most else []
        return [*ends, self.last + 0.1] if self.bottom - self.last > most else ends


def _between_breaks(bands: Sequence[_Band]) -> list[Stretch]:
    """The tables among bands that nothing parts."""
    kinds = [band.kind for band in bands]
    inner = kinds[kinds.index("table") : len(kinds) - kinds[::-1].index("table")] if "table" in kinds else []
    if len(inner) >= 3 and inner.count("none") <= 0.4 * len(inner):
        # a ruled row with one long cell is still a row
        kinds = ["small" if kind == "none" and 0 < i < len(kinds) - 1 else kind for i, kind in enumerate(kinds)]
    kinds = [
        "small" if kind == "none" and below == "table" and _is_head(band) else kind
        for band, kind, below in zip(bands, kinds, [*kinds[1:], "none"][: len(kinds)], strict=True)
    ]
    for number in range(1, len(bands)):
        if kinds[number] == "none" and kinds[number - 1] == "table" and _goes_on(bands[number - 1], bands[number]):
            kinds[number] = "table"
    boxed = _is_boxed(bands)
    if boxed:
        kinds = ["table"] * len(kinds)
    regions: list[Stretch] = []
    start = -1
    for i, kind in enumerate([*kinds, "none"]):
        if kind != "none":
            start = i if start < 0 else start
        elif start >= 0:
            if "table" in kinds[start:i]:
                first, last = bands[start], bands[i - 1]
                regions.append(Stretch(first.top, last.bottom, first.x0, first.x1, boxed, i - start))
            start = -1
    return regions


def _is_head(band: _Band) -> bool:
    """Whether what stands above the rows of a table, between two of its rules, is their head: some short cells, not all in one column."""
    rows = rows_of([piece for line in band.lines for piece in in_cells(line)])
    cells = [line for row in rows for line in row]
    return (
        len(rows) <= HEAD_ROWS
        and _side_by_side(cells)
        and max(line.x1 - line.x0 for line in cells) < 0.6 * (band.x1 - band.x0)
    )


def _goes_on(above: _Band, below: _Band) -> bool:
    """Whether the lines between two rules begin where the cells above them begin, in more than one column."""
    starts = [piece.x0 for line in above.lines for piece in in_cells(line)]
    lines = [piece for line in below.lines for piece in in_cells(line)]
    columns = [
        min((round(start) for start in starts if abs(start - line.x0) < 0.3 * line.size), default=None)
        for line in lines
    ]
    often = {column for column in columns if column is not None and columns.count(column) > 1}
    return len(often) > 1 and sum(column in often for column in columns) >= 0.8 * len(columns)


def _is_boxed(bands: Sequence[_Band]) -> bool:
    """Whether vertical rules part the space between rules into columns: a table, however long its cells are."""
    height = sum(band.bottom - band.top for band in bands)
    reach: dict[int, float] = {}
    for band in bands:
        for key in band.ruled:
            near = next((other for other in (key, key - 1, key + 1) if other in reach), key)
            reach[near] = reach.get(near, 0.0) + band.bottom - band.top
    return len(bands) >= 3 and sum(length > 0.8 * height for length in reach.values()) >= 3


def _kind(lines: Sequence[Line], width: float, *, ruled: bool) -> str:
    """What lies between two rules: a `table`, something `small` that may belong to one, `none` of these, or a `break`."""
    captioned = any(CAPTION.match(line.text) for line in lines)
    lines = [piece for line in below_caption(lines) for piece in in_cells(line)]
    if not lines:
        return "break" if captioned else "small"
    rows = rows_of(lines)
    several = sum(len(row) > 1 for row in rows)
    if len(rows[0]) == 2 and all(len(row) == 1 and abs(row[0].x0 - rows[0][1].x0) < row[0].size for row in rows[1:]):
        return "table"  # a label, and a long cell beside it
    if len(rows) > 2 and prose_share(lines) > 0.6:
        return "none"
    if len(rows[0]) >= 4 or (len(rows) <= 6 and max(len(row) for row in rows) >= 3):
        return "table"  # one row whose cells have some lines more
    if several < 0.5 * len(rows):
        # cells centred on one another stand at half heights: rows that overlap count as one
        staggered: list[list[Line]] = []
        for row in rows:
            if staggered and min(line.y0 for line in row) < max(line.y1 for line in staggered[-1]) - 0.12 * row[0].size:
                staggered[-1].extend(row)
            else:
                staggered.append(list(row))
        if sum(_side_by_side(row) for row in staggered) >= 0.6 * len(staggered):
            return "table"
    if several >= 0.5 * len(rows) or (several >= 2 and several >= 0.3 * len(rows)):
        return "table"
    characters = sum(len(line.text) for line in lines)
    widest = max(line.x1 - line.x0 for line in lines)
    if not ruled and len(rows) >= 2 and not several and widest > 0.8 * width and characters > 0.15 * width:
        return "break"  # a paragraph
    return "small" if len(rows) <= 2 and characters < 0.25 * width else "none"


def in_cells(line: Line) -> list[Line]:
    """A line cut where white space in it is too wide to part words."""
    for left, right, index in line.cuts:
        if right - left >= CELL_SPACE * line.size:
            first, rest = _cut(line, left, right, index)
            return [first, *in_cells(rest)]
    return [line]


def _cut(line: Line, left: float, right: float, index: int) -> tuple[Line, Line]:
    """A line in two, at white space from `left` to `right` before the character `index`."""
    before = tuple(cut for cut in line.cuts if cut[2] < index)
    after = tuple((x0, x1, at - index) for x0, x1, at in line.cuts if at > index)
    first = replace(line, x1=left, text=line.text[:index].rstrip(), cuts=before)
    return first, replace(line, x0=right, text=line.text[index:].lstrip(), cuts=after, lead=0, superscripts=0)


def _side_by_side(row: list[Line]) -> bool:
    """Whether some of a row's cells stand beside one another."""
    return max(line.x0 for line in row) > min(line.x1 for line in row)


def below_caption(lines: Sequence[Line]) -> list[Line]:
    """Lines of a frame without the caption that may stand in it, above the rows."""
    if not any(CAPTION.match(line.text) for line in lines):
        return list(lines)
    rows = rows_of(lines)
    start = max(i for i, row in enumerate(rows) if any(CAPTION.match(line.text) for line in row)) + 1
    while start < len(rows) and len(rows[start]) < 2:
        start += 1
    return [line for row in rows[start:] for line in row]


def prose_share(lines: Sequence[Line]) -> float:
    """Share of the characters that stand in runs of long lines, as in columns of running text."""
    total = sum(len(line.text) for line in lines)
    prose = 0
    for run in text_runs(lines):
        if len(run) >= 4:
            amount = sum(len(line.text) for line in run)
            if amount / len(run) >= 34:
                prose += amount
    return prose / max(1, total)


def rows_of(lines: Sequence[Line]) -> list[list[Line]]:
    """Lines grouped by their height on the page, each row from left to right."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: line.y0 + line.y1):
        middle = (line.y0 + line.y1) / 2
        if rows:
            first = rows[-1][0]
            if middle - (first.y0 + first.y1) / 2 < 0.5 * max(first.size, line.size):
                rows[-1].append(line)
                continue
        rows.append([line])
    for row in rows:
        row.sort(key=lambda line: line.x0)
    return rows


def aligned_groups(lines: Sequence[Line]) -> list[list[Line]]:
    """Stretches of rows with several short cells, where no rules tell."""
    short: list[Line] = []
    for run in text_runs(lines):
        mean = sum(len(line.text) for line in run) / len(run)
        if not (len(run) >= 3 and mean >= 30) and mean < 60:
            short.extend(run)
    gutter = _gutter(lines)
    left = [line for line in short if gutter is not None and line.x1 <= gutter]
    right = [line for line in short if gutter is not None and line.x0 >= gutter]
    rest = short if gutter is None else [line for line in short if line.x0 < gutter < line.x1]
    captions = [line for line in lines if _TABLE_CAPTION.match(line.text)]
    return [group for part in (left, right, rest) for group in _groups_of_rows(part, captions)]


def _gutter(lines: Sequence[Line]) -> float | None:
    """x between the two columns of a page whose running text stands in two; None elsewhere."""
    long = [line for line in lines if len(line.text) >= 25 and line.x1 - line.x0 > 12 * line.size]
    if len(long) < 8:
        return None
    middle = (min(line.x0 for line in long) + max(line.x1 for line in long)) / 2
    left = [line.x1 for line in long if line.x1 <= middle + 6]
    right = [line.x0 for line in long if line.x0 >= middle - 6]
    if min(len(left), len(right)) < 3 or len(left) + len(right) < 0.8 * len(long) or max(left) >= min(right):
        return None
    return (max(left) + min(right)) / 2


def _parted_by_baseline(rows: Sequence[Sequence[Line]]) -> tuple[list[Line], list[Line]] | None:
    """(left, right) of rows that are two tables side by side: far apart, and with lines at other heights."""
    lines = [line for row in rows for line in row]
    size = sorted(line.size for line in lines)[len(lines) // 2]
    reached = min(line.x1 for line in lines)
    for line in sorted(lines, key=lambda line: line.x0):
        if line.x0 - reached > 2.0 * size:
            left, right = ([other for other in lines if (other.x0 < line.x0) == side] for side in (True, False))
            fewer, more = sorted((left, right), key=len)
            alone = sum(all(abs(one.y1 - other.y1) > 0.1 * size for other in more) for one in fewer)
            if alone > 0.5 * len(fewer) and min(len(left), len(right)) > 3:
                return left, right
        reached = max(reached, line.x1)
    return None


def _groups_of_rows(lines: Sequence[Line], captions: Sequence[Line]) -> list[list[Line]]:
    """Stretches of rows with several cells that stand below one another."""
    groups: list[list[Line]] = []
    current: list[list[Line]] = []

    def close() -> None:
        while current and len(current[-1]) < 2:
            current.pop()
        while current and len(current[0]) < 2:
            current.pop(0)
        if len(current) < 3:
            current.clear()
            return
        parts = _parted_by_baseline(current)
        if parts is not None:
            current.clear()
            groups.extend(group for part in parts for group in _groups_of_rows(part, captions))
            return
        cells = [line for row in current for line in row]
        wide = sum(sum(len(in_cells(line)) for line in row) >= 3 for row in current)
        x0, y0, x1, _ = bounds(cells)
        captioned = any(line.y0 < y0 and y0 - line.y1 < 45 and line.x0 < x1 and line.x1 > x0 for line in captions)
        several = sum(len(row) >= 2 for row in current)
        terms = [row[0].text for row in current if len(row) == 2]
        defined = len(terms) >= 4 and sum(TERM.match(text) is not None for text in terms) >= 0.8 * len(terms)
        if (
            (defined and several >= 0.5 * len(current))
            or (wide >= max(3, 0.5 * len(current)))
            or (captioned and several >= 0.6 * len(current))
        ):
            groups.append(cells)
        current.clear()

    for row in rows_of(lines):
        if any(CAPTION.match(line.text) for line in row):
            close()
            continue
        if current:
            last = current[-1]
            size = max(row[0].size, last[0].size)
            if row[0].y0 - max(line.y1 for line in last) > 2.2 * size or (len(row) < 2 and len(last) < 2):
                close()
        current.append(row)
    close()
    return groups
