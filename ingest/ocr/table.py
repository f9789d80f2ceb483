"""Tables on a scanned page, found by the alignment of their cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from ingest.layout import Line
from ingest.markdown_table import markdown_table
from ingest.tables import Rule

LONGEST_CELL = 22
"""A line longer than this many times its size is running text, not a cell."""
WIDEST_GAP = 14
"""Cells of one row are not further apart than this many times their size."""
NARROWEST_GAP = 0.9
"""Nor nearer than this: that is a space between words."""
ROW_GAP = 1.9
"""White space between rows, in sizes."""
SAME_WIDTH = 0.8
WIDEST_BREAK = 8
"""Parts of a table are not further apart than this many sizes."""
FEWEST_ROWS = 3
FEWEST_COLUMNS = 2
FILLED = 0.55
"""Share of a table's cells that hold text, at least."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its place in points, its Markdown, and the mean confidence of its cells."""

    bbox: tuple[float, float, float, float]
    text: str
    confidence: float | None
    size: float


def find_tables(lines: Sequence[Line], horizontal: Sequence[Rule], vertical: Sequence[Rule], size: float) -> tuple[list[Table], list[Line]]:
    """(tables, the lines that are in none). `size` is the usual font size on the page in points."""
    tables: list[Table] = []
    used: set[int] = set()
    for group in _groups(lines, size):
        if used & set(group) or _table([lines[index] for index in group], size) is None:
            continue
        inside = [index for index in _inside(lines, group) if index not in used]
        table = _table([lines[index] for index in inside], size)
        if table is not None:
            tables.append(table)
            used |= set(inside)
    return tables, [line for index, line in enumerate(lines) if index not in used]


def _groups(lines: Sequence[Line], size: float) -> list[list[int]]:
    """Cell-like lines that are joined by rows (beside one another) and columns (below one another)."""
    cells = [index for index, line in enumerate(lines) if line.x1 - line.x0 < LONGEST_CELL * size]
    parent = {index: index for index in cells}

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    in_row: set[int] = set()
    for index in cells:
        right = _nearest_right(lines, index, size)
        if right is not None and right in parent:
            parent[root(right)] = root(index)
            in_row |= {index, right}
    for index in sorted(in_row):
        for other in sorted(in_row):
            upper, lower = lines[index], lines[other]
            if upper.y0 < lower.y0 and lower.y0 - upper.y1 < ROW_GAP * size and _across(upper, lower) > 0:
                parent[root(other)] = root(index)
    groups: dict[int, list[int]] = {}
    for index in sorted(in_row):
        groups.setdefault(root(index), []).append(index)
    return _merged(lines, [group for group in groups.values() if len(group) >= FEWEST_ROWS * FEWEST_COLUMNS], size)


def _merged(lines: Sequence[Line], groups: Sequence[list[int]], size: float) -> list[list[int]]:
    """Groups that stand below one another at one width, with nothing but cells between them, as one."""
    result: list[list[int]] = []
    for group in sorted(groups, key=lambda group: min(lines[index].y0 for index in group)):
        if result:
            x0, _, x1, y1 = _bounds([lines[index] for index in result[-1]])
            a0, b0, a1, _ = _bounds([lines[index] for index in group])
            between = [
                line
                for line in lines
                if y1 < (line.y0 + line.y1) / 2 < b0 and min(line.x1, max(x1, a1)) > max(line.x0, min(x0, a0))
            ]
            one_width = min(x1, a1) - max(x0, a0) > SAME_WIDTH * (max(x1, a1) - min(x0, a0))
            cells = all(line.x1 - line.x0 < LONGEST_CELL * size for line in between)
            if one_width and cells and b0 - y1 < WIDEST_BREAK * size and (between or b0 - y1 < 2 * ROW_GAP * size):
                result[-1] = result[-1] + group
                continue
        result.append(group)
    return result


def _inside(lines: Sequence[Line], group: Sequence[int]) -> list[int]:
    """The group, with the lines between its cells that are alone in their rows."""
    x0, y0, x1, y1 = _bounds([lines[index] for index in group])
    return [
        index
        for index, line in enumerate(lines)
        if index in group or (x0 <= (line.x0 + line.x1) / 2 <= x1 and y0 <= (line.y0 + line.y1) / 2 <= y1)
    ]


def _bounds(cells: Sequence[Line]) -> tuple[float, float, float, float]:
    return min(c.x0 for c in cells), min(c.y0 for c in cells), max(c.x1 for c in cells), max(c.y1 for c in cells)


def _nearest_right(lines: Sequence[Line], index: int, size: float) -> int | None:
    line = lines[index]
    beside = [
        (other.x0, number)
        for number, other in enumerate(lines)
        if other.x0 > line.x1 - 0.2 * size and _down(line, other) > 0.5 * min(line.height, other.height)
    ]
    if not beside:
        return None
    x0, number = min(beside)
    return number if NARROWEST_GAP * size < x0 - line.x1 < WIDEST_GAP * size else None


def _across(a: Line, b: Line) -> float:
    return min(a.x1, b.x1) - max(a.x0, b.x0)


def _down(a: Line, b: Line) -> float:
    return min(a.y1, b.y1) - max(a.y0, b.y0)


def _table(cells: Sequence[Line], size: float) -> Table | None:
    """The table that these cells make, or None when they make none."""
    rows = _rows(cells)
    columns = _columns(cells, rows)
    if len(rows) < FEWEST_ROWS or len(columns) < FEWEST_COLUMNS:
        return None
    grid = [["" for _ in columns] for _ in rows]
    for number, row in enumerate(rows):
        for cell in row:
            column = max(range(len(columns)), key=lambda c: min(cell.x1, columns[c][1]) - max(cell.x0, columns[c][0]))
            grid[number][column] = f"{grid[number][column]} {cell.text}".strip()
    filled = sum(bool(text) for row in grid for text in row) / (len(rows) * len(columns))
    words = median(len(cell.text) for cell in cells)
    if filled < FILLED or (len(columns) == FEWEST_COLUMNS and words > 30):
        return None
    confidences = [cell.confidence for cell in cells if cell.confidence is not None]
    return Table(
        bbox=_bounds(cells),
        text=markdown_table(grid),
        confidence=sum(confidences) / len(confidences) if confidences else None,
        size=median(cell.size for cell in cells),
    )


def _rows(cells: Sequence[Line]) -> list[list[Line]]:
    rows: list[list[Line]] = []
    for cell in sorted(cells, key=lambda cell: (cell.y0 + cell.y1, cell.x0)):
        middle = (cell.y0 + cell.y1) / 2
        last = rows[-1] if rows else None
        if last is not None and abs(sum((c.y0 + c.y1) / 2 for c in last) / len(last) - middle) < 0.6 * cell.height:
            last.append(cell)
        else:
            rows.append([cell])
    return [sorted(row, key=lambda cell: cell.x0) for row in rows]


def _columns(cells: Sequence[Line], rows: Sequence[Sequence[Line]]) -> list[tuple[float, float]]:
    """Column ranges: what is left of the width when the strips that hardly any cell crosses are taken out.

    Rows with the usual number of cells or more decide; a heading that spans columns would close the strips.
    """
    usual = median(len(row) for row in rows)
    telling = [cell for row in rows if len(row) >= usual for cell in row]
    ranges: list[list[float]] = []
    for cell in sorted(telling, key=lambda cell: cell.x0):
        if ranges and cell.x0 < ranges[-1][1] + 0.15 * cell.height:
            ranges[-1][1] = max(ranges[-1][1], cell.x1)
        else:
            ranges.append([cell.x0, cell.x1])
    return [(x0, x1) for x0, x1 in ranges]
