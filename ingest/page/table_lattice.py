"""The grid of a table whose rows and columns are both ruled: every cell is a field between rules.

Rules that run only part of the way show which cells are merged: where no rule parts two fields, they are one cell, whose
text is repeated in each of them, unless it is longer than a label.
"""

from __future__ import annotations

from collections.abc import Sequence

from ingest.page.markdown_table import LABEL
from ingest.page.reading_order import Line
from ingest.page.table_columns import Borders, Rule, column_borders, split_row
from ingest.page.table_grid import Grid, cell_text, is_several

SAME_PLACE = 4.0
"""Rules nearer to one another than this, in points, are one border."""
OUTSIDE = 12.0
"""How far beyond the text of its cells a table's frame may be, in points."""
DRAWN = 0.6
"""Share of a side of a field that has to be drawn to be a border."""
FEWEST_ROWS = 4
"""With fewer ruled rows, a row of long cells may be rows that are not ruled."""
MOST_BORDERS = 300


def lattice_of(
    rows: Sequence[Sequence[Line]],
    horizontal: Sequence[Rule],
    vertical: Sequence[Rule],
    box: tuple[float, float, float, float],
    size: float,
) -> Grid | None:
    """The cells; None for a table in which not all rows and columns are ruled. `rows` are rows of print, `box`
    is that of their lines."""
    x0, y0, x1, y1 = box[0] - OUTSIDE, box[1] - OUTSIDE, box[2] + OUTSIDE, box[3] + OUTSIDE
    across = [rule for rule in horizontal if y0 < rule[2] < y1 and rule[1] > box[0] and rule[0] < box[2]]
    down = [rule for rule in vertical if x0 < rule[2] < x1 and rule[1] > box[1] and rule[0] < box[3]]
    ys, xs = _borders(across, box[1], box[3]), _borders(down, box[0], box[2])
    if not (3 <= len(xs) <= MOST_BORDERS and 3 <= len(ys) <= MOST_BORDERS):
        return None
    borders = Borders(tuple(xs[1:-1]), frozenset(xs[1:-1]))
    parts = [split_row(row, borders, size) for row in rows]
    if not _all_ruled(rows, parts, vertical, box, size, borders, ys):
        return None
    n_rows, n_columns = len(ys) - 1, len(xs) - 1
    cells = {(row, column): (row, column) for row in range(n_rows) for column in range(n_columns)}

    def first(field: tuple[int, int]) -> tuple[int, int]:
        while cells[field] != field:
            field = cells[field]
        return field

    for row, column in cells:
        if column and not _drawn(down, xs[column], ys[row], ys[row + 1]):
            _join(cells, first((row, column)), first((row, column - 1)))
        if row and not _drawn(across, ys[row], xs[column], xs[column + 1]):
            _join(cells, first((row, column)), first((row - 1, column)))
    inside: dict[tuple[int, int], list[Line]] = {}
    for part in (part for row in parts for part in row):
        row = sum(y < (part.y0 + part.y1) / 2 for y in ys[1:-1])
        column = sum(x < (part.x0 + part.x1) / 2 for x in xs[1:-1])
        inside.setdefault(first((row, column)), []).append(part)
    if n_rows < FEWEST_ROWS and any(len(cell) > 2 for cell in inside.values()):
        return None
    texts = {field: cell_text(cell) for field, cell in inside.items()}
    table: list[list[str]] = []
    repeated: list[str] = []
    for row in range(n_rows):
        table.append([])
        for column in range(n_columns):
            field = first((row, column))
            text = texts.get(field, "")
            if field != (row, column):
                text = text if len(text) <= LABEL else ""
                repeated.append(text)
            table[-1].append(text)
    return Grid(table, tuple(filter(None, repeated)))


def _all_ruled(
    rows: Sequence[Sequence[Line]],
    parts: Sequence[Sequence[Line]],
    vertical: Sequence[Rule],
    box: tuple[float, float, float, float],
    size: float,
    borders: Borders,
    ys: Sequence[float],
) -> bool:
    """Whether no column is parted by white space alone, and nowhere several rows of figures stand between two rules."""
    for place in column_borders(rows, vertical, box, size).places:
        if all(abs(place - other) > 2 * SAME_PLACE for other in borders.places):
            return False
    bands: dict[int, list[Sequence[Line]]] = {}
    for row in parts:
        bands.setdefault(sum(y < (row[0].y0 + row[0].y1) / 2 for y in ys), []).append(row)
    return not any(is_several(band, borders.places, size) for band in bands.values())


def _join(cells: dict[tuple[int, int], tuple[int, int]], one: tuple[int, int], other: tuple[int, int]) -> None:
    cells[max(one, other)] = min(one, other)


def _borders(rules: Sequence[Rule], start: float, end: float) -> list[float]:
    """Places of the borders in order, those of the frame included, also where it is not drawn."""
    places: list[list[float]] = []
    for place in sorted(rule[2] for rule in rules):
        if places and place - places[-1][-1] <= SAME_PLACE:
            places[-1].append(place)
        else:
            places.append([place])
    borders = [sum(group) / len(group) for group in places]
    if not borders or borders[0] > start + SAME_PLACE:
        borders.insert(0, start)
    if borders[-1] < end - SAME_PLACE:
        borders.append(end)
    return borders


def _drawn(rules: Sequence[Rule], place: float, start: float, end: float) -> bool:
    """Whether rules at `place` run from `start` to `end`, gaps aside."""
    reached, length = start, 0.0
    for x0, x1, position in sorted(rules):
        if abs(position - place) <= SAME_PLACE and x1 > reached and x0 < end:
            length += max(0.0, min(x1, end) - max(x0, reached))
            reached = x1
    return length >= DRAWN * (end - start)
