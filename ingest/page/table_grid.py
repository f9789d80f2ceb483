"""The grid of a table: the lines of its cells -> columns, rows and header.

Columns come from `ingest.page.table_columns`; rows are cut at rules, at white bands, and at lines. A cell that spans
rows or columns is repeated in each of them, as in all other formats, unless it is longer than a label.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ingest.page.block_kinds import clean, glue
from ingest.page.markdown_table import LABEL
from ingest.page.reading_order import LIST_MARK, Line
from ingest.page.table_columns import MIN_RULE, Rule, column_borders, split_row

Band = Sequence[Sequence[Line]]
"""Rows of print that make up one row of the table."""

OVERLAP = 0.12
"""Rows that overlap by more than this share of the font size have cells centred on one another."""
FULL = 0.6
"""Share of a table's width that a rule runs over which parts its rows."""
ENDS = 1.2
"""A rule that ends this far within a table, in font sizes, leaves a column out, as one below a spanning head does."""
SMALL = 0.82
"""Share of a table's font size below which a line is raised or lowered print, and makes no row."""
MAX_HEADER = 6
"""Rows of print that a header has at most."""
_VALUE = re.compile(r"^[!-~±×–−]*\d[!-~±×–−]*$|^[\W\d_]*$|^\W*[A-Za-z]{1,3}\W*$|^[<>≤≥±~∼−–-]?\s?\d.{0,10}$")
"""A figure, a code or an abbreviation: no line of a longer text."""


@dataclass(frozen=True, slots=True)
class Grid:
    """The cells of a table."""

    rows: list[list[str]]
    """Texts by row and column; empty for what is no table."""
    repeated: tuple[str, ...] = ()
    """What these say again: texts that span rows or columns, once for each field that they cover beyond the first."""


def grid_of(
    rows: Sequence[Sequence[Line]],
    rules: Sequence[Rule],
    vertical: Sequence[Rule],
    box: tuple[float, float, float, float],
    size: float,
) -> Grid:
    """The cells; none for what has one column only. `rules` are the horizontal ones of the page, `box` is that of the lines."""
    x0, y0, x1, y1 = box
    drawn = [rule for rule in rules if y0 < rule[2] < y1 and min(rule[1], x1) > max(rule[0], x0)]
    inside = [rule for rule in drawn if rule[1] - rule[0] >= MIN_RULE]
    whole = [y for start, end, y in inside if start - x0 < ENDS * size and x1 - end < ENDS * size]
    wide = [y for start, end, y in inside if min(end, x1) - max(start, x0) > FULL * (x1 - x0)]
    head = min(whole or wide, default=y0)
    inner = [y for y in wide if y >= head]
    partial = [rule for rule in drawn if rule[2] < head or rule[2] not in inner]
    n_header = sum(_middle(row) < head for row in rows)
    borders = column_borders(rows, vertical, box, size, n_header if n_header <= MAX_HEADER else 0)
    edges = borders.places
    if not edges:
        return Grid([])
    lines = [split_row(row, borders, size, head=number < n_header) for number, row in enumerate(rows)]
    segments = _segments(lines, inner)
    grid: list[list[str]] = []
    repeated: list[str] = []
    if len(segments) > 1 and _is_header(segments[0], len(edges) + 1, any(rule[2] < head for rule in partial)):
        top = segments.pop(0)
        levels = _header(top, edges, partial, size, _extents([row for segment in segments for row in segment], edges))
        grid.extend([cell_text(cell) for cell in level] for level in levels)
        repeated += _again(line for level in levels for cell in level for line in cell)
    headed = bool(grid)
    parts = [_without_labels(segment, edges, size) for segment in segments]
    labels = [line for _, found in parts for line in found]
    plain = [segment for segment in segments if not _is_list(segment, edges)]
    row_by_row = len(inner) >= max(2, 0.3 * len(rows)) or (len(inner) > headed and _is_ragged(plain, edges, size))
    bands: list[Band] = []
    for segment, found in parts:
        if found:
            bands += _clusters(segment, edges, size)
        elif row_by_row and not _is_list(segment, edges) and not is_several(segment, edges, size):
            bands.append(segment)
        else:
            bands += _rows_of_segment(segment, edges, size, headed=headed or bool(bands))
    repeated += _again(line for band in bands for line in {id(line): line for row in band for line in row}.values())
    extents = _extents(lines, edges)
    body = [_body_row(band, edges, extents, box) for band in bands]
    repeated += [text for row in body for text in row.repeated]
    for column in range(len(edges) + 1):
        own = [line for line in labels if _column(line, edges) == column]
        over = _rules_over(column, (x0, *edges, x1), inside)
        beside = [rule[2] for rule in inside if rule[2] not in over]
        repeated += _spread_labels(body, column, own, over, beside)
    return Grid([*grid, *(row.cells for row in body)], tuple(repeated))


def _again(lines: Iterable[Line]) -> list[str]:
    """Texts of the lines that were placed before."""
    seen: set[int] = set()
    again = []
    for line in lines:
        if id(line) in seen:
            again.append(line.text)
        seen.add(id(line))
    return again


@dataclass(slots=True)
class _Row:
    """A row of the body."""

    y: float
    """Its middle."""
    cells: list[str]
    """The texts of its columns."""
    places: list[float]
    """The middles of these texts; that of the row where there is none."""
    repeated: list[str]
    """What of it spans columns, once for each beyond the first."""


Extent = tuple[float, float]
"""Left and right edge of the cells of a column."""


def _extents(rows: Iterable[Sequence[Line]], edges: Sequence[float]) -> dict[int, Extent]:
    """From where to where the cells of each column reach, those aside that cross a border."""
    found: dict[int, Extent] = {}
    for line in (line for row in rows for line in row):
        if not _crossed(line, edges):
            column = _column(line, edges)
            left, right = found.get(column, (line.x0, line.x1))
            found[column] = min(left, line.x0), max(right, line.x1)
    return found


def _crossed(line: Line, edges: Sequence[float]) -> list[float]:
    """The borders that a line runs across."""
    return [edge for edge in edges if line.x0 + 1 < edge < line.x1 - 1]


def _centred_over(
    line: Line, own: int, free: set[int], extents: Mapping[int, Extent], size: float
) -> tuple[int, int] | None:
    """First and last of the columns without another cell over which a line is centred; None if it is over its own only."""
    best: tuple[float, int, int] | None = None
    low = high = own
    while low - 1 in free:
        low -= 1
    while high + 1 in free:
        high += 1
    for first in range(low, own + 1):
        for last in range(own, high + 1):
            if first in extents and last in extents:
                left, right = extents[first][0], extents[last][1]
                off = abs(line.x0 + line.x1 - left - right) / 2
                if off <= max(0.25 * size, 0.03 * (right - left)) and (best is None or off < best[0]):
                    best = off, first, last
    return best[1:] if best is not None and best[2] > best[1] else None


def _body_row(
    band: Band, edges: Sequence[float], extents: Mapping[int, Extent], box: tuple[float, float, float, float]
) -> _Row:
    """The cells of one row."""
    cells: list[list[Line]] = [[] for _ in range(len(edges) + 1)]
    lines = list({id(line): line for row in band for line in row}.values())
    if len(band) == 1 and len(lines) == 1 and _runs_across(lines[0], edges, box):
        text = cell_text(lines)
        texts = [text if len(text) <= LABEL or not column else "" for column in range(len(cells))]
        return _Row(_middle(lines), texts, [_middle(lines)] * len(cells), [text for text in texts[1:] if text])
    for line in lines:
        cells[_column(line, edges)].append(line)
    middle = _middle(lines)
    places = [_middle(cell) if cell else middle for cell in cells]
    texts = [cell_text(cell) for cell in cells]
    repeated: list[str] = []
    free = {column for column, cell in enumerate(cells) if not cell}
    for column, cell in enumerate(cells):
        if len(cell) == 1 and len(texts[column]) <= LABEL and _crossed(cell[0], edges):
            span = _centred_over(cell[0], column, free, extents, cell[0].size)
            for other in range(span[0], span[1] + 1) if span is not None else ():
                if other != column:
                    texts[other] = texts[column]
                    repeated.append(texts[column])
                    free.discard(other)
    return _Row(middle, texts, places, repeated)


def _without_labels(
    segment: list[list[Line]], edges: Sequence[float], size: float
) -> tuple[list[list[Line]], list[Line]]:
    """(the rows of print without them, labels that stand half-way between two rows of the table: they span rows)."""
    rows = [row for row in segment if _is_print(row, size)]
    steps = sorted(_middle(lower) - _middle(upper) for upper, lower in pairwise(rows))
    pitch = steps[int(0.75 * len(steps))] if steps else 0.0
    between = {
        id(row)
        for above, row, below in zip(rows, rows[1:], rows[2:], strict=False)
        if _is_between(above, row, below, edges, size)
        and (
            min(line.y1 for line in above) > min(line.y0 for line in row)
            or _middle(below) - _middle(above) < 1.15 * pitch
        )
        and _are_rows(above, below, len(row), edges)
    }
    kept = [row for row in segment if id(row) not in between]
    return kept, [line for row in rows if id(row) in between for line in row]


def _is_print(row: Sequence[Line], size: float) -> bool:
    """Whether a row of print is more than raised or lowered marks, accents and roots."""
    return any(line.size > SMALL * size and any(map(str.isalnum, line.text)) for line in row)


def _are_rows(above: Sequence[Line], below: Sequence[Line], beside: int, edges: Sequence[float]) -> bool:
    """Whether two rows of print are rows of the table, and not lines of a cell beside which others stand half-way."""
    figures = [
        {_column(line, edges) for line in row if _VALUE.search(line.text) and line.text[0] not in "([±"}
        for row in (above, below)
    ]
    return bool(figures[0] & figures[1]) or min(len(above), len(below)) > max(1, beside)


def _rules_over(column: int, places: Sequence[float], rules: Sequence[Rule]) -> list[float]:
    """y of the rules that are drawn over a column. `places` are the edges of all columns."""
    left, right = places[column], places[column + 1]
    return [y for start, end, y in rules if min(end, right) - max(start, left) > FULL * (right - left)]


def _spread_labels(
    body: Sequence[_Row], column: int, labels: Sequence[Line], rules: Sequence[float], beside: Sequence[float]
) -> list[str]:
    """Repeat in each of its rows what spans rows of one column, between the `rules` over that column; gives what is repeated.

    `beside` are rules that part rows, but not in that column.

    A cell that spans rows is centred on them, so the first begins at the first row, each next one below it, and the
    last ends at the last row; where they do not, nothing spans anything, and a label stays with the row above it.
    """
    repeated: list[str] = []
    groups: dict[int, list[_Row]] = {}
    for row in body:
        groups.setdefault(sum(y < row.y for y in rules), []).append(row)
    for number, rows in groups.items():
        own = [line for line in labels if sum(y < (line.y0 + line.y1) / 2 for y in rules) == number]
        texts = sorted(
            [(row.places[column], row.cells[column]) for row in rows if row.cells[column]]
            + [((line.y0 + line.y1) / 2, clean(line.text)) for line in own]
        )
        merged = any(rows[0].y < y < rows[-1].y for y in beside)
        centred = column == 0 and len(rows) >= 3 and len(texts) == 1 and texts[0][0] > rows[0].y
        if not texts or not (own or centred or merged):
            continue
        spans = _spans_of([y for y, _ in texts], [row.y for row in rows])
        if spans is not None:
            for (first, last), (_, text) in zip(spans, texts, strict=True):
                for index in range(first, last + 1):
                    rows[index].cells[column] = text if len(text) <= LABEL or index == first else ""
                repeated += [text] * (last - first if len(text) <= LABEL else 0)
            continue
        for line in own:
            nearest = min(rows, key=lambda row: abs(row.y - line.y1))
            nearest.cells[column] = " ".join(filter(None, (clean(line.text), nearest.cells[column])))
    return repeated


def _spans_of(places: Sequence[float], rows: Sequence[float]) -> list[tuple[int, int]] | None:
    """First and last row of each text that is centred on its rows, if together they take up all rows; None if not."""
    pitch = (rows[-1] - rows[0]) / max(1, len(rows) - 1)
    spans: list[tuple[int, int]] = []
    first = 0
    for y in places:
        if first >= len(rows):
            return None
        last = min(range(first, len(rows)), key=lambda index: abs((rows[first] + rows[index]) / 2 - y))
        if abs((rows[first] + rows[last]) / 2 - y) > 0.35 * pitch:
            return None
        spans.append((first, last))
        first = last + 1
    return spans if first == len(rows) else None


def _runs_across(line: Line, edges: Sequence[float], box: tuple[float, float, float, float]) -> bool:
    """Whether the one cell of a row is a heading that spans all columns: it crosses a border, or is centred on the table."""
    centred = abs(line.x0 + line.x1 - box[0] - box[2]) < 0.04 * (box[2] - box[0])
    return line.x0 < edges[-1] and (centred or any(line.x0 + 1 < edge < line.x1 - 1 for edge in edges))


def is_several(segment: Sequence[Sequence[Line]], edges: Sequence[float], size: float) -> bool:
    """Whether between two rules stand several rows: most columns are filled in each, or a column has figures in each.

    Of cells that wrap, hardly ever all have the same number of lines, nor is each line of one a figure.
    """
    n_columns = len(edges) + 1
    rows = [row for row in segment if _is_print(row, size)]
    cells = [{_column(line, edges): line.text for line in row} for row in rows]
    full = [texts for texts in cells if len(texts) >= max(2, 0.6 * n_columns)]
    if len(full) < 2 or len(full) < 0.6 * len(rows):
        return False
    if len(full) >= 3 and len(full) >= 0.7 * len(rows) and all(0 in texts for texts in full):
        return True
    return any(
        all(column in texts and _VALUE.search(texts[column]) and texts[column][0] not in "([±" for texts in full)
        for column in range(1, n_columns)
    )


def _segments(rows: list[list[Line]], inner: Sequence[float]) -> list[list[list[Line]]]:
    """Rows of print between the rules that run over the table's width."""
    segments: list[list[list[Line]]] = []
    last = -1
    for row in rows:
        index = sum(y < _middle(row) for y in inner)
        if index != last:
            segments.append([])
            last = index
        segments[-1].append(row)
    return segments


def _middle(row: Sequence[Line]) -> float:
    return sum(line.y0 + line.y1 for line in row) / (2 * len(row))


def _is_header(rows: Sequence[Sequence[Line]], n_columns: int, ruled: bool) -> bool:
    """Whether what stands above the first rule is a header, and no part of the body; `ruled` where rules part its columns."""
    cells = [line.text for row in rows for line in row]
    values = sum(_VALUE.search(text) is not None and any(map(str.isdigit, text)) for text in cells)
    return len(rows) <= MAX_HEADER and (len(rows) <= 2 or ruled or values < 0.5 * len(cells))


def _header(
    rows: Sequence[Sequence[Line]],
    edges: Sequence[float],
    partial: Sequence[Rule],
    size: float,
    extents: Mapping[int, Extent],
) -> list[list[list[Line]]]:
    """The lines of the cells of the header by row: one, or more where some of its cells span columns or rules part some of its columns.

    What stands half-way between two rows belongs to both. `extents` are those of the columns of the body.
    """
    lines = [line for row in rows for line in row]
    n_columns = len(edges) + 1
    spans = {id(line): span for line in lines if (span := _span(line, lines, edges, partial, size)) is not None}
    for line in lines:
        own = _column(line, edges)
        free = set(range(n_columns)) - {_column(other, edges) for other in lines if other is not line}
        if id(line) not in spans and free and (span := _centred_over(line, own, free, extents, size)) is not None:
            spans[id(line)] = span
    levels: list[list[list[Line]]] = [[[] for _ in range(n_columns)]]
    waiting: Sequence[Line] = ()
    for number, row in enumerate(rows):
        below = rows[number + 1] if number + 1 < len(rows) else ()
        if waiting:
            for line in waiting:
                levels[-1][_column(line, edges)].append(line)
            waiting = ()
        if number > 0 and below and _is_between(rows[number - 1], row, below, edges, size):
            parted = _is_parted(rows[number - 1], below, spans, partial)
            for line in row:
                levels[-1][_column(line, edges)].append(line)
            waiting = row if parted else ()
        else:
            for line in row:
                first, last = spans.get(id(line), (_column(line, edges),) * 2)
                last = last if len(line.text) <= LABEL else first
                for column in range(first, last + 1):
                    levels[-1][column].append(line)
            parted = bool(below) and _is_parted(row, below, spans, partial)
            if parted and number + 2 < len(rows) and _is_between(row, below, rows[number + 2], edges, size):
                parted = False  # after what stands half-way
        if parted:
            levels.append([[] for _ in range(n_columns)])
    return levels


def _is_between(
    above: Sequence[Line], row: Sequence[Line], below: Sequence[Line], edges: Sequence[float], size: float
) -> bool:
    """Whether a row of print stands half-way between two others, in columns of its own."""
    top, bottom = _middle(above), _middle(below)
    taken = {_column(line, edges) for line in (*above, *below)}
    half_way = abs(_middle(row) - (top + bottom) / 2) < 0.2 * (bottom - top) and bottom - top < 3.4 * size
    return half_way and not any(_column(line, edges) in taken for line in row)


def _is_parted(
    row: Sequence[Line], below: Sequence[Line], spans: dict[int, tuple[int, int]], partial: Sequence[Rule]
) -> bool:
    """Whether one row of print of a header ends where the next begins."""
    if any(id(line) in spans for line in row) and not all(id(line) in spans for line in below):
        return True
    top, bottom = _middle(row), _middle(below)
    return any(top < y < bottom for *_, y in partial)


def _span(
    line: Line, lines: Sequence[Line], edges: Sequence[float], partial: Sequence[Rule], size: float
) -> tuple[int, int] | None:
    """First and last column that a cell of the header spans; None if it is over one column only."""
    columns: dict[int, list[Line]] = {}
    beside: set[int] = set()
    for other in lines:
        if other is line:
            continue
        if other.y0 >= line.y1 - 0.3 * size:
            columns.setdefault(_column(other, edges), []).append(other)
        elif other.y1 > line.y0 + 0.3 * size:
            beside.update(range(sum(e < other.x0 + 1 for e in edges), sum(e < other.x1 - 1 for e in edges) + 1))
    for start, end, y in partial:
        centred = abs(line.x0 + line.x1 - start - end) / 2 <= 0.15 * (end - start) + size
        if centred and line.y1 - 0.4 * size <= y <= line.y1 + size:
            under = [
                column
                for column, cells in columns.items()
                if start - size <= (min(c.x0 for c in cells) + max(c.x1 for c in cells)) / 2 <= end + size
            ]
            if len(under) > 1 and not beside & set(range(min(under), max(under) + 1)):
                return min(under), max(under)
    own = _column(line, edges)
    low = high = own
    while low - 1 in columns and low - 1 not in beside:
        low -= 1
    while high + 1 in columns and high + 1 not in beside:
        high += 1
    best: tuple[int, int] | None = None
    for first in range(low, own + 1):
        for last in range(max(own, first + 1), high + 1):
            cells = [cell for column in range(first, last + 1) for cell in columns.get(column, ())]
            left, right = min(cell.x0 for cell in cells), max(cell.x1 for cell in cells)
            centred = abs((line.x0 + line.x1) - (left + right)) / 2 <= 0.05 * (right - left) + 1.5
            if centred and own in columns and (best is None or last - first > best[1] - best[0]):
                best = first, last
    return best


def cell_text(cell: list[Line]) -> str:
    text = ""
    for line in sorted(cell, key=lambda line: (line.y0, line.x0)):
        text, joiner = glue(text, clean(line.text), {})
        text += joiner + clean(line.text)
    return text


def _column(line: Line, edges: Sequence[float]) -> int:
    """The column in which a cell stands: that of its middle, or of its beginning if it spans several."""
    crossed = [edge for edge in edges if line.x0 + 1 < edge < line.x1 - 1]
    if len(crossed) == 1 and line.x1 - crossed[0] > 0.65 * (line.x1 - line.x0):
        position = line.x1 - 1  # a heading wider than its column
    else:
        position = line.x0 + 1 if crossed else (line.x0 + line.x1) / 2
    return sum(edge < position for edge in edges)


def _is_list(segment: Sequence[Sequence[Line]], edges: Sequence[float]) -> bool:
    """Whether the first column lists items, each of which has cells of its own."""
    firsts = [row[0] for row in segment if _column(row[0], edges) == 0]
    return sum(LIST_MARK.match(line.text) is not None for line in firsts) > 1


def _is_ragged(segments: Sequence[list[list[Line]]], edges: Sequence[float], size: float) -> bool:
    """Whether between rules stand long cells of unequal numbers of lines, and so one row of the table."""
    lines = full = values = total = 0
    for segment in segments:
        counts = [0] * (len(edges) + 1)
        rows = [band for band in _clusters(segment, edges, size) if len(band) > 1]
        if sum(len({_column(line, edges) for row in band for line in row}) >= 0.7 * len(counts) for band in rows) > 1:
            return False  # several rows, each of cells that are centred on one another
        for row in segment:
            for column in {_column(line, edges) for line in row}:
                counts[column] += 1
            values += sum(_VALUE.search(line.text) is not None for line in row)
            total += len(row)
        lines += sum(counts)
        full += len(counts) * max(counts)
    return lines < 0.75 * full and values < 0.5 * total


def _rows_of_segment(rows: list[list[Line]], edges: Sequence[float], size: float, *, headed: bool) -> list[Band]:
    """Rows of the table between two rules."""
    n_columns = len(edges) + 1
    bands = _clusters(rows, edges, size)
    if len(bands) < 2:
        return bands
    gaps = [_gap(upper, lower) for upper, lower in pairwise(bands)]
    tight = sorted(gaps)[len(gaps) // 10]
    wide = tight + 0.25 * size
    columns = [{_column(line, edges) for row in band for line in row} for band in bands]
    values = [_has_values(band, columns[i], n_columns) for i, band in enumerate(bands)]
    complete = sum(len(filled) >= 0.7 * n_columns for filled in columns)
    spread, has_values = [bands[0]], values[0]
    for i in range(1, len(bands)):
        if (
            gaps[i - 1] > wide
            or (values[i] and has_values)
            or (len(spread[-1]) == 1 and _is_group(spread[-1][0], bands[i]))
        ):
            spread.append(bands[i])
            has_values = values[i]
        else:
            spread[-1] = [*spread[-1], *bands[i]]
            has_values = has_values or values[i]
    apart = sum(gap > wide for gap in gaps)
    if apart + headed >= 2 and len(bands) <= 4.5 * len(spread) and complete <= 1.4 * len(spread):
        return spread
    result = [bands[0]]
    for i in range(1, len(bands)):
        tied = gaps[i - 1] <= wide and columns[i] <= columns[i - 1]
        continues = (headed or i > 1) and 0 not in columns[i] and len(columns[i]) <= 0.5 * n_columns
        lower = len(columns[i]) < n_columns and all(
            line.text[:1].islower() or line.text[:1] in "(,;" for row in bands[i] for line in row
        )
        if tied and (continues or lower) and not values[i]:
            result[-1] = [*result[-1], *bands[i]]
        else:
            result.append(bands[i])
    return result


def _is_group(row: Sequence[Line], below: Band) -> bool:
    """Whether a row of one cell is the heading of the rows below it: set in another style, or further out."""
    first = below[0][0]
    if len(row) != 1 or len(below[0]) < 2 or not first.text[:1].isupper():
        return False
    return row[0].bold != first.bold or row[0].italic != first.italic or abs(first.x0 - row[0].x0) > 0.3 * first.size


def _clusters(rows: Sequence[Sequence[Line]], edges: Sequence[float], size: float) -> list[Band]:
    """Rows of print put together where they overlap."""
    bands: list[Band] = []
    cluster: list[Sequence[Line]] = []
    tied = _beside_wrapped(rows, edges, size)
    for number, row in enumerate(rows):
        if cluster and number not in tied and _gap(cluster, [row]) > -OVERLAP * size:
            bands.extend(_centred(cluster, edges, size))
            cluster = []
        cluster.append(row)
    return [*bands, *_centred(cluster, edges, size)]


def _beside_wrapped(rows: Sequence[Sequence[Line]], edges: Sequence[float], size: float) -> set[int]:
    """Numbers of the rows of print that go with the one above: cells half-way between the two lines of a cell beside them."""
    columns = [{_column(line, edges) for line in row} for row in rows]
    middles = [_middle(row) for row in rows]
    tied: set[int] = set()
    for number in range(1, len(rows) - 1):
        above, below = middles[number] - middles[number - 1], middles[number + 1] - middles[number]
        around = [
            middles[other + 1] - middles[other]
            for other in (number - 2, number + 1)
            if other >= 0 and other + 1 < len(rows)
        ]
        if (
            len(columns[number]) > 1
            and len(columns[number - 1]) == 1
            and columns[number - 1] == columns[number + 1]
            and not columns[number - 1] & columns[number]
            and abs(above - below) < 0.4 * (above + below)
            and above + below < 2.2 * size
            and all(gap > 1.15 * max(above, below) for gap in around)
        ):
            tied |= {number, number + 1}
    return tied


def _has_values(band: Band, columns: set[int], n_columns: int) -> bool:
    """Whether a row of print is a row of the table, since most of its cells are values and none carries one above on."""
    lines = [line for row in band for line in row]
    if len(columns) < max(3, 0.5 * n_columns) or sum(line.text[:1] in "([±" for line in lines) > 0.5 * len(lines):
        return False
    return sum(_VALUE.search(line.text) is not None for line in lines) >= 0.6 * len(lines)


def _centred(cluster: Band, edges: Sequence[float], size: float) -> list[Band]:
    """Rows of print that overlap: one row whose cells are centred on one another, or rows that share a spanning cell."""
    n_columns = len(edges) + 1
    columns = [{_column(line, edges) for line in row} for row in cluster]
    full = [i for i, filled in enumerate(columns) if len(filled) >= 0.5 * n_columns]
    apart = all(_gap([cluster[i]], [cluster[j]]) > -OVERLAP * size for i, j in pairwise(full))
    if len(cluster) < 3 or len(full) < 2 or not apart:
        return [cluster]
    if not all(_has_values([cluster[i]], columns[i], n_columns) for i in full[1:]):
        return [cluster]
    spanning = [line for i, row in enumerate(cluster) if i not in full for line in row]
    bands: list[Band] = []
    for i in full:
        top, bottom = min(line.y0 for line in cluster[i]), max(line.y1 for line in cluster[i])
        shared = [
            line
            for line in spanning
            if min(bottom, line.y1) - max(top, line.y0) > OVERLAP * size and _column(line, edges) not in columns[i]
        ]
        bands.append([cluster[i], shared] if shared else [cluster[i]])
    placed = {id(line) for band in bands for row in band for line in row}
    for line in spanning:
        if id(line) not in placed:
            nearest = min(range(len(full)), key=lambda number: abs(_middle(cluster[full[number]]) - _middle([line])))
            bands[nearest] = [*bands[nearest], [line]]
    return bands


def _gap(upper: Sequence[Sequence[Line]], lower: Sequence[Sequence[Line]]) -> float:
    """White space between two bands of rows, cells that span both aside; negative where they overlap."""
    both = {id(line) for row in upper for line in row} & {id(line) for row in lower for line in row}
    bottom = max(line.y1 for row in upper for line in row if id(line) not in both)
    return min(line.y0 for row in lower for line in row if id(line) not in both) - bottom
