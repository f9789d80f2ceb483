"""Tables, ruled or only aligned: found among the lines of a page and written as Markdown.

A ruled table lies between horizontal rules of the same extent with more than one cell in its rows; an unruled one is
a stretch of rows whose cells stand in columns. Columns are the white corridors that hardly any row crosses, or
vertical rules; rows are cut at rules, at white bands, and at lines.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ingest.figures import Box, in_figure
from ingest.layout import MAX_LINES, Line, bounds, pieces
from ingest.markdown_table import markdown_table
from ingest.structure import CAPTION, clean, glue

Rule = tuple[float, float, float]
"""(start, end, position): x0, x1, y of a horizontal rule; y0, y1, x of a vertical one."""

MIN_RULE = 40.0
"""Shorter horizontal rules, in points, are underlines and fraction bars."""
MAX_RULES = 1_000
"""Pages with more rules are drawings."""
_TABLE_CAPTION = re.compile(r"^(?:Supplementary\s+)?(?:Table|TABLE|Tab\.|Tabelle|Tabla|Tableau|表)\s*[\dIVXS]")


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a page."""

    bbox: tuple[float, float, float, float]
    """Box around its cells."""
    markdown: str
    """Its grid; the first row is the header."""
    size: float
    """Dominant font size."""


def find_tables(
    lines: list[Line],
    horizontal: Sequence[Rule],
    vertical: Sequence[Rule],
    body_size: float,
    figures: Sequence[Box] = (),
) -> tuple[list[Table], list[Line]]:
    """(the tables, the lines that are in none of them). What is aligned in a figure is no table."""
    tables: list[Table] = []
    rest = lines
    if len(lines) > MAX_LINES:
        return tables, rest
    rules = joined_rules(horizontal)
    if len(rules) >= 2:
        for top, bottom, x0, x1 in _ruled_regions(rest, rules):
            inside = _below_caption([line for line in rest if _inside(line, x0, x1, top, bottom)])
            inside += _open_end(inside, rest, x0, x1, bottom, body_size)
            table = build(inside, rules, vertical, body_size)
            if table is not None:
                tables.append(table)
                taken = {id(line) for line in inside}
                rest = [line for line in rest if id(line) not in taken]
    for group in _aligned_groups([line for line in rest if not in_figure(line, figures)]):
        table = build(group, rules, vertical, body_size, aligned=True)
        if table is not None:
            tables.append(table)
            taken = {id(line) for line in group}
            rest = [line for line in rest if id(line) not in taken]
    return tables, rest


def joined_rules(horizontal: Sequence[Rule]) -> list[Rule]:
    """Horizontal rules from the top down, pieces of one rule (as cell borders are drawn) put together."""
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


def _ruled_regions(lines: list[Line], rules: list[Rule]) -> list[tuple[float, float, float, float]]:
    """(top, bottom, x0, x1) of stretches between rules of one extent in which the rows have several cells."""
    stacks: list[list[Rule]] = []
    for rule in rules:
        for stack in stacks:
            if abs(stack[0][0] - rule[0]) <= 9 and abs(stack[0][1] - rule[1]) <= 9:
                stack.append(rule)
                break
        else:
            stacks.append([rule])
    regions: list[tuple[float, float, float, float]] = []
    for stack in stacks:
        if len(stack) < 2:
            continue
        x0, x1 = min(rule[0] for rule in stack), max(rule[1] for rule in stack)
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
                    regions.append((stack[start][2], stack[i][2], x0, x1))
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


def _band(lines: list[Line], width: float) -> str:
    """What lies between two rules: a `table`, something `small` that may belong to one, or `none` of these."""
    lines = _below_caption(lines)
    if not lines:
        return "small"
    rows = rows_of(lines)
    several = sum(len(row) > 1 for row in rows)
    if len(rows) > 2 and _prose_share(lines) > 0.6:
        return "none"
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
    for run in pieces(lines):
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
    for run in pieces(lines):
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
        if (wide >= max(3, 0.5 * len(current))) or (captioned and several >= 0.6 * len(current)):
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
    edges = _column_edges(rows, vertical, (x0, y0, x1, y1), size)
    if not edges or len(rows) < 2:
        return None
    n_columns = len(edges) + 1
    if n_columns == 2 and not aligned and _prose_share(list(lines)) > 0.5:
        return None
    inner = [y for start, end, y in rules if y0 < y < y1 and min(end, x1) - max(start, x0) > 0.6 * (x1 - x0)]
    grid = _grid(rows, edges, inner, size)
    filled = sum(bool(cell) for row in grid for cell in row)
    if len(grid) < 2 or filled < (0.5 if aligned else 0.3) * len(grid) * n_columns:
        return None
    letters = sum(character.isalnum() for row in grid for cell in row for character in cell)
    if letters < 2 * filled:
        return None
    markdown = markdown_table(grid)
    return Table((x0, y0, x1, y1), markdown, size) if markdown else None


def _column_edges(
    rows: Sequence[Sequence[Line]], vertical: Sequence[Rule], box: tuple[float, float, float, float], size: float
) -> list[float]:
    """x of the borders between columns."""
    x0, y0, x1, y1 = box
    ruled: list[float] = []
    reach: dict[int, float] = {}
    for start, end, x in vertical[:5000]:
        if x0 + size < x < x1 - size and end > y0 and start < y1:
            key = round(x / 3)
            key = key - 1 if key - 1 in reach else key
            reach[key] = reach.get(key, 0.0) + min(end, y1) - max(start, y0)
    ruled = sorted(3.0 * key for key, length in reach.items() if length > 0.45 * (y1 - y0))
    if len(ruled) >= 2:
        return ruled
    events: list[tuple[float, int]] = []
    for row in rows:
        for line in row:
            events.append((line.x0 + 0.1 * size, 1))
            events.append((max(line.x1 - 0.1 * size, line.x0 + 0.2 * size), -1))
    events.sort(key=lambda event: (event[0], event[1]))
    allowed = max(1 if len(rows) >= 5 else 0, int(0.12 * len(rows)))
    edges: list[float] = []
    cover = 0
    open_since: float | None = None
    for position, step in events:
        before = cover
        cover += step
        if before > allowed and cover <= allowed:
            open_since = position
        elif before <= allowed < cover and open_since is not None:
            if position - open_since >= 0.45 * size:
                edges.append((open_since + position) / 2)
            open_since = None
    return edges


def _grid(
    rows: Sequence[Sequence[Line]], edges: Sequence[float], inner: Sequence[float], size: float
) -> list[list[str]]:
    """Texts by row and column."""
    bands = _bands(rows, len(edges) + 1, edges, inner, size)
    grid: list[list[str]] = []
    for band in bands:
        cells: list[list[tuple[float, float, str]]] = [[] for _ in range(len(edges) + 1)]
        for row in band:
            for line in row:
                cells[_column(line, edges)].append((line.y0, line.x0, line.text))
        grid.append([_cell_text(cell) for cell in cells])
    return grid


def _cell_text(cell: list[tuple[float, float, str]]) -> str:
    text = ""
    for _, _, raw in cell:
        text, joiner = glue(text, clean(raw), {})
        text += joiner + clean(raw)
    return text


def _column(line: Line, edges: Sequence[float]) -> int:
    """The column in which a cell stands: that of its middle, or of its beginning if it spans several."""
    crossed = [edge for edge in edges if line.x0 + 1 < edge < line.x1 - 1]
    position = line.x0 + 1 if len(crossed) > 1 else (line.x0 + line.x1) / 2 if not crossed else line.x0 + 1
    return sum(edge < position for edge in edges)


def _bands(
    rows: Sequence[Sequence[Line]], n_columns: int, edges: Sequence[float], inner: Sequence[float], size: float
) -> list[list[Sequence[Line]]]:
    """Rows of text put together to rows of the table: cells may have several lines."""
    middles = [sum(line.y0 + line.y1 for line in row) / (2 * len(row)) for row in rows]
    if len(inner) >= max(2, 0.3 * len(rows)):
        bands: list[list[Sequence[Line]]] = []
        last = -1
        for row, middle in zip(rows, middles, strict=True):
            index = sum(y < middle for y in inner)
            if index != last:
                bands.append([])
                last = index
            bands[-1].append(row)
        return bands
    bands = [[rows[0]]]
    for row in rows[1:]:
        if _gap(bands[-1], [row]) <= -0.12 * size:
            bands[-1].append(row)  # cells centred on one another: their lines stand at half heights
        else:
            bands.append([row])
    if len(bands) < 3:
        return bands
    gaps = [_gap(upper, lower) for upper, lower in pairwise(bands)]
    tight = sorted(gaps)[len(gaps) // 10]
    wide = tight + 0.25 * size
    spread = [bands[0]]
    for band, gap in zip(bands[1:], gaps, strict=True):
        if gap > wide:
            spread.append(band)
        else:
            spread[-1] = [*spread[-1], *band]
    columns = [{_column(line, edges) for row in band for line in row} for band in bands]
    complete = sum(len(filled) >= 0.7 * n_columns for filled in columns)
    if len(spread) >= 3 and len(bands) <= 4.5 * len(spread) and complete <= 1.4 * len(spread):
        return spread
    result = [bands[0]]
    for i in range(1, len(bands)):
        tied = gaps[i - 1] <= wide and columns[i] <= columns[i - 1]
        continues = i > 1 and 0 not in columns[i] and len(columns[i]) <= 0.5 * n_columns
        lower = len(columns[i]) < n_columns and all(
            line.text[:1].islower() or line.text[:1] in "(,;" for row in bands[i] for line in row
        )
        if tied and (continues or lower):
            result[-1] = [*result[-1], *bands[i]]
        else:
            result.append(bands[i])
    return result


def _gap(upper: Sequence[Sequence[Line]], lower: Sequence[Sequence[Line]]) -> float:
    """White space between two bands of rows; negative where they overlap."""
    return min(line.y0 for row in lower for line in row) - max(line.y1 for row in upper for line in row)
