"""Tables, ruled or only aligned: found among the lines of a page and written as Markdown.

A ruled table lies between horizontal rules of the same extent with more than one cell in its rows; an unruled one is
a stretch of rows whose cells stand in columns.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ingest.document import Block
from ingest.page.block_kinds import CAPTION
from ingest.page.figures import Figure, in_figure
from ingest.page.markdown_table import markdown_table
from ingest.page.reading_order import MAX_LINES, Line, bounds, text_runs
from ingest.page.table_columns import Rule
from ingest.page.table_grid import grid_of
from ingest.page.table_lattice import lattice_of

MIN_RULE = 40.0
"""Shorter horizontal rules, in points, are underlines and fraction bars."""
MIN_SHADED = 100.0
"""Narrower shaded boxes, in points, are no rows."""
MAX_RULES = 1_000
"""Pages with more rules are drawings."""
_TABLE_CAPTION = re.compile(r"^(?:Supplementary\s+)?(?:Table|TABLE|Tab\.|Tabelle|Tabla|Tableau|表)\s*[\dIVXS]")

_TERM = re.compile(r"^.{1,30}[:=]$|^[\w./+-]{0,12}[A-Z0-9][\w./+-]{0,12}[A-Z0-9][\w./+-]{0,12}$")
"""What is explained in a list of abbreviations: it ends in a colon, or has capitals."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a page."""

    bbox: tuple[float, float, float, float]
    """Box around its cells."""
    markdown: str
    """Its grid; the first row is the header."""
    size: float
    """Dominant font size."""
    kind: str = "table"
    """`table`, or `list` for terms and what they mean; then `markdown` has one item a line."""

    @property
    def block(self) -> Block:
        """The table as a block of its page."""
        return Block(self.kind, self.markdown, bbox=self.bbox, size=self.size)


def find_tables(
    lines: list[Line],
    horizontal: Sequence[Rule],
    vertical: Sequence[Rule],
    body_size: float,
    figures: Sequence[Figure] = (),
) -> tuple[list[Table], list[Line]]:
    """(the tables, the lines that are in none of them). What stands in a figure is no table."""
    tables: list[Table] = []
    rest = lines
    if len(lines) > MAX_LINES:
        return tables, rest
    drawn = {id(line) for line in lines if in_figure(line, figures)} if figures else set()
    rules = joined_rules(horizontal)
    if len(rules) >= 2:
        for top, bottom, x0, x1, boxed in _ruled_regions(rest, rules, vertical):
            inside = _below_caption([line for line in rest if _inside(line, x0, x1, top, bottom)])
            inside += _open_end(inside, rest, x0, x1, bottom, body_size)
            above = _open_start(inside, rest, x0, x1)
            inside += [line for row in above for line in row]
            if sum(id(line) in drawn for line in inside) > 0.5 * len(inside):
                continue
            ruled = sorted([*rules, *_between(above, x0, x1)], key=_height)
            table = build(inside, ruled, vertical, body_size, aligned=boxed)
            if table is not None:
                tables.append(table)
                taken = {id(line) for line in inside}
                rest = [line for line in rest if id(line) not in taken]
    for group in _aligned_groups([line for line in rest if id(line) not in drawn]):
        table = build(group, rules, vertical, body_size, aligned=True)
        if table is not None:
            tables.append(table)
            taken = {id(line) for line in group}
            rest = [line for line in rest if id(line) not in taken]
    return tables, rest


def joined_rules(horizontal: Sequence[Rule]) -> list[Rule]:
    """Horizontal rules from the top down, parts of one rule (as cell borders are drawn) put together."""
    if len(horizontal) > MAX_RULES:
        return []
    levels: list[list[Rule]] = []
    for rule in sorted(horizontal, key=lambda rule: rule[2]):
        if levels and rule[2] - levels[-1][0][2] <= 1.5:
            levels[-1].append(rule)
        else:
            levels.append([rule])
    result: list[Rule] = []
    for level in levels:
        y = level[0][2]
        current = -1.0
        for x0, x1, _ in sorted(level):
            if current >= 0 and x0 - current <= 5.0:
                result[-1] = (result[-1][0], max(result[-1][1], x1), y)
            else:
                result.append((x0, x1, y))
            current = result[-1][1]
    return sorted((rule for rule in result if rule[1] - rule[0] >= MIN_RULE), key=lambda rule: (rule[2], rule[0]))


def _inside(line: Line, x0: float, x1: float, top: float, bottom: float) -> bool:
    return top - 1 <= (line.y0 + line.y1) / 2 <= bottom + 1 and x0 - 4 <= (line.x0 + line.x1) / 2 <= x1 + 4


def shaded_rows(shapes: Sequence[tuple[float, float, float, float]]) -> list[Rule]:
    """Rules that are not drawn but seen: the edges of rows that stand out by their shading."""
    stacks: dict[tuple[int, int], list[tuple[float, float, float, float]]] = {}
    for box in shapes:
        if box[2] - box[0] >= MIN_SHADED and 6.0 <= box[3] - box[1] <= 200.0:
            stacks.setdefault((round(box[0] / 2), round(box[2] / 2)), []).append(box)
    rules: list[Rule] = []
    for stack in stacks.values():
        rows: list[tuple[float, float, float, float]] = []
        for box in sorted(stack[:MAX_RULES], key=lambda box: box[1]):
            if not rows or box[1] > rows[-1][3] - 2.0:
                rows.append(box)
            elif box[3] - box[1] > rows[-1][3] - rows[-1][1]:
                rows[-1] = box  # printed over one another: the larger one is the row
        near = all(lower[1] - upper[3] <= 1.5 * (upper[3] - upper[1]) for upper, lower in pairwise(rows))
        if len(rows) >= 3 and near:
            rules.extend((x0, x1, y) for x0, y0, x1, y1 in rows for y in (y0, y1))
    return rules


def _is_boxed(stack: Sequence[Rule], vertical: Sequence[Rule]) -> bool:
    """Whether vertical rules part the space between rules into columns: a table, however long its cells are."""
    if len(stack) < 4:
        return False
    x0, x1, top, bottom = stack[0][0], stack[0][1], stack[0][2], stack[-1][2]
    reach: dict[int, float] = {}
    for start, end, x in vertical[:5000]:
        if x0 - 6 <= x <= x1 + 6:
            key = next(
                (key for key in (round(x / 3), round(x / 3) - 1, round(x / 3) + 1) if key in reach), round(x / 3)
            )
            reach[key] = reach.get(key, 0.0) + max(0.0, min(end, bottom) - max(start, top))
    return sum(length > 0.8 * (bottom - top) for length in reach.values()) >= 3


def _ruled_regions(
    lines: list[Line], rules: list[Rule], vertical: Sequence[Rule]
) -> list[tuple[float, float, float, float, bool]]:
    """(top, bottom, x0, x1, whether it is boxed) of stretches between rules of one extent with several cells in a row."""
    stacks: list[list[Rule]] = []
    for rule in rules:
        for stack in stacks:
            if abs(stack[0][0] - rule[0]) <= 9 and abs(stack[0][1] - rule[1]) <= 9:
                stack.append(rule)
                break
        else:
            stacks.append([rule])
    regions: list[tuple[float, float, float, float, bool]] = []
    for stack in stacks:
        if len(stack) < 2:
            continue
        x0, x1 = min(rule[0] for rule in stack), max(rule[1] for rule in stack)
        if _is_boxed(stack, vertical):
            regions.append((stack[0][2], stack[-1][2], x0, x1, True))
            continue
        spans = list(pairwise(stack))
        bands = [
            _band([line for line in lines if _inside(line, x0, x1, top[2], bottom[2])], x1 - x0)
            for top, bottom in spans
        ]
        inner = bands[bands.index("table") : len(bands) - bands[::-1].index("table")] if "table" in bands else []
        if len(inner) >= 3 and inner.count("none") <= 0.4 * len(inner):
            # a ruled row with one long cell is still a row
            bands = ["small" if band == "none" and 0 < i < len(bands) - 1 else band for i, band in enumerate(bands)]
        start = -1
        strong = False
        for i, band in enumerate([*bands, "none"]):
            if band != "none":
                start = i if start < 0 else start
                strong = strong or band == "table"
            elif start >= 0:
                if strong:
                    regions.append((stack[start][2], stack[i][2], x0, x1, False))
                start, strong = -1, False
    return regions


def _open_end(
    inside: list[Line], lines: list[Line], x0: float, x1: float, bottom: float, body_size: float
) -> list[Line]:
    """Rows that go on below the last rule, as on a page after which the table is continued; in smaller print than the text."""
    if not inside:
        return []
    size = sorted(line.size for line in inside)[len(inside) // 2]
    if size > body_size - 1.0:
        return []
    below = [line for line in lines if line.y0 > bottom - 1 and line.x0 >= x0 - 4 and line.x1 <= x1 + 4]
    rows: list[list[Line]] = []
    end = bottom
    for row in rows_of(below):
        if row[0].y0 - end > 2.0 * size or any(abs(line.size - size) > 0.5 for line in row):
            break
        rows.append(row)
        end = max(line.y1 for line in row)
    several = sum(len(row) > 1 for row in rows)
    return [line for row in rows for line in row] if several >= max(3, 0.25 * len(rows)) else []


def _between(rows: Sequence[list[Line]], x0: float, x1: float) -> list[Rule]:
    """A rule below each of some rows of the table, from the bottom up, where white space parts it from the next one."""
    rules = [(x0, x1, max(line.y1 for line in rows[0]) + 0.5)] if rows else []
    margin = min((row[0].x0 for row in rows), default=0.0)
    for lower, upper in pairwise(rows):
        bottom = max(line.y1 for line in upper)
        first = lower[0].x0 < margin + 1.0
        if first and min(line.y0 for line in lower) - bottom > 0.35 * upper[0].size:
            rules.append((x0, x1, bottom + 0.5))
    return rules


def _height(rule: Rule) -> float:
    return rule[2]


def _open_start(inside: list[Line], lines: list[Line], x0: float, x1: float) -> list[list[Line]]:
    """Rows right above the first rule whose cells stand above those below, as a header on a coloured bar does."""
    if not inside:
        return []
    size = sorted(line.size for line in inside)[len(inside) // 2]
    starts = [line.x0 for line in inside]
    top = min(line.y0 for line in inside)
    found: list[list[Line]] = []
    within = [line for line in lines if line.y1 < top + 0.3 * size and line.x0 >= x0 - 4 and line.x1 <= x1 + 4]
    for row in reversed(rows_of(within)[-6:]):
        aligned = all(any(abs(line.x0 - start) < 1.0 for start in starts) for line in row)
        near = top - max(line.y1 for line in row) < 1.2 * size
        caption = any(CAPTION.match(line.text) for line in row)
        if caption or not aligned or not near or any(abs(line.size - size) > 0.5 for line in row):
            break
        found.append(row)
        top = min(line.y0 for line in row)
    while found and len(found[-1]) < 2:
        found.pop()  # a line of text above
    return found


def _band(lines: list[Line], width: float) -> str:
    """What lies between two rules: a `table`, something `small` that may belong to one, or `none` of these."""
    lines = _below_caption(lines)
    if not lines:
        return "small"
    rows = rows_of(lines)
    several = sum(len(row) > 1 for row in rows)
    if len(rows) > 2 and _prose_share(lines) > 0.6:
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
    if len(rows) <= 2 and sum(len(line.text) for line in lines) < 0.25 * width:
        return "small"
    return "none"


def _side_by_side(row: list[Line]) -> bool:
    """Whether some of a row's cells stand beside one another."""
    return max(line.x0 for line in row) > min(line.x1 for line in row)


def _below_caption(lines: list[Line]) -> list[Line]:
    """Lines of a frame without the caption that may stand in it, above the rows."""
    if not any(CAPTION.match(line.text) for line in lines):
        return lines
    rows = rows_of(lines)
    start = max(i for i, row in enumerate(rows) if any(CAPTION.match(line.text) for line in row)) + 1
    while start < len(rows) and len(rows[start]) < 2:
        start += 1
    return [line for row in rows[start:] for line in row]


def _prose_share(lines: list[Line]) -> float:
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


def _aligned_groups(lines: list[Line]) -> list[list[Line]]:
    """Stretches of rows with several short cells, where no rules tell."""
    short: list[Line] = []
    for run in text_runs(lines):
        mean = sum(len(line.text) for line in run) / len(run)
        if not (len(run) >= 3 and mean >= 30) and mean < 60:
            short.extend(run)
    groups: list[list[Line]] = []
    current: list[list[Line]] = []
    captions = [line for line in lines if _TABLE_CAPTION.match(line.text)]

    def close() -> None:
        while current and len(current[-1]) < 2:
            current.pop()
        while current and len(current[0]) < 2:
            current.pop(0)
        if len(current) < 3:
            current.clear()
            return
        cells = [line for row in current for line in row]
        wide = sum(len(row) >= 3 for row in current)
        x0, y0, x1, _ = bounds(cells)
        captioned = any(line.y0 < y0 and y0 - line.y1 < 45 and line.x0 < x1 and line.x1 > x0 for line in captions)
        several = sum(len(row) >= 2 for row in current)
        terms = [row[0].text for row in current if len(row) == 2]
        defined = len(terms) >= 4 and sum(_TERM.match(text) is not None for text in terms) >= 0.8 * len(terms)
        if (
            (defined and several >= 0.5 * len(current))
            or (wide >= max(3, 0.5 * len(current)))
            or (captioned and several >= 0.6 * len(current))
        ):
            groups.append(cells)
        current.clear()

    for row in rows_of(short):
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


def build(
    lines: Sequence[Line], rules: Sequence[Rule], vertical: Sequence[Rule], body_size: float, *, aligned: bool = False
) -> Table | None:
    """The table that some lines make up; None if they are no table."""
    if len(lines) < 4:
        return None
    x0, y0, x1, y1 = bounds(lines)
    sizes = sorted(line.size for line in lines)
    size = sizes[len(sizes) // 2] or body_size
    rows = rows_of(lines)
    if len(rows) < 2:
        return None
    box = (x0, y0, x1, y1)
    grid = lattice_of(lines, rules, vertical, box) or grid_of(rows, rules, vertical, box, size)
    n_columns = len(grid[0]) if grid else 0
    if n_columns < 2 or (n_columns == 2 and not aligned and _prose_share(list(lines)) > 0.5):
        return None
    filled = sum(bool(cell) for row in grid for cell in row)
    if len(grid) < 2 or filled < (0.5 if aligned else 0.3) * len(grid) * n_columns:
        return None
    letters = sum(character.isalnum() for row in grid for cell in row for character in cell)
    if letters < 2 * filled:
        return None
    if aligned and n_columns == 2 and _are_terms([row[0] for row in grid if row[1]]):
        return Table((x0, y0, x1, y1), _definitions(grid), size, kind="list")
    markdown = markdown_table(grid)
    return Table((x0, y0, x1, y1), markdown, size) if markdown else None


def _are_terms(texts: Sequence[str]) -> bool:
    """Whether a first column holds what its second explains, as in a list of abbreviations."""
    return len(texts) >= 4 and sum(_TERM.match(text) is not None for text in texts) >= 0.8 * len(texts)


def _definitions(grid: Sequence[Sequence[str]]) -> str:
    """Terms and what they mean as a list, one a line, as the other formats write them."""
    lines: list[str] = []
    for term, meaning in grid:
        if term or not lines:
            lines.append(f"- {term.rstrip(':= ')}: {meaning}")
        else:
            lines[-1] += f" {meaning}"
    return "\n".join(lines)
