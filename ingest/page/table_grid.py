"""The grid of a table: the lines of its cells -> columns, rows and header.

Columns are the white corridors that hardly any line crosses, or vertical rules; rows are cut at rules, at white bands,
and at lines. A cell that spans rows, or in the header columns, is repeated in each of them, as in all other formats.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from ingest.page.block_kinds import clean, glue
from ingest.page.markdown_table import MAX_COLUMNS
from ingest.page.reading_order import LIST_MARK, Line

Rule = tuple[float, float, float]
"""(start, end, position): x0, x1, y of a horizontal rule; y0, y1, x of a vertical one."""

Band = Sequence[Sequence[Line]]
"""Rows of print that make up one row of the table."""

OVERLAP = 0.12
"""Rows that overlap by more than this share of the font size have cells centred on one another."""
MAX_HEADER = 6
"""Rows of print that a header has at most."""
_VALUE = re.compile(r"^\S*\d\S*$|^[^A-Za-z]*$|^\W*[A-Za-z]{1,3}\W*$|^[<>≤≥±~∼−–-]?\s?\d.{0,10}$")
"""A figure, a code or an abbreviation: no line of a longer text."""


def grid_of(
    rows: Sequence[Sequence[Line]],
    edges: Sequence[float],
    rules: Sequence[Rule],
    box: tuple[float, float, float, float],
    size: float,
) -> list[list[str]]:
    """Texts by row and column. `rules` are the horizontal ones of the page, `box` is that of the table's lines."""
    x0, y0, x1, y1 = box
    lines = [[part for line in row for part in split_line(line, edges)] for row in rows]
    inside = [rule for rule in rules if y0 < rule[2] < y1 and min(rule[1], x1) > max(rule[0], x0)]
    inner = [y for start, end, y in inside if min(end, x1) - max(start, x0) > 0.6 * (x1 - x0)]
    partial = [rule for rule in inside if min(rule[1], x1) - max(rule[0], x0) <= 0.6 * (x1 - x0)]
    segments = _segments(lines, inner)
    grid: list[list[str]] = []
    if len(segments) > 1 and _is_header(segments[0], len(edges) + 1):
        grid.extend(_header(segments.pop(0), edges, partial, size))
    headed = bool(grid)
    plain = [segment for segment in segments if not _is_list(segment, edges)]
    row_by_row = len(inner) >= max(2, 0.3 * len(rows)) or (len(inner) > headed and _is_ragged(plain, edges, size))
    bands: list[Band] = []
    for segment in segments:
        one = row_by_row and not _is_list(segment, edges)
        bands.extend([segment] if one else _rows_of_segment(segment, edges, size, headed=headed or bool(bands)))
    for band in bands:
        cells: list[list[Line]] = [[] for _ in range(len(edges) + 1)]
        for line in {id(line): line for row in band for line in row}.values():
            cells[_column(line, edges)].append(line)
        grid.append([cell_text(cell) for cell in cells])
    return grid


def column_edges(
    rows: Sequence[Sequence[Line]], vertical: Sequence[Rule], box: tuple[float, float, float, float], size: float
) -> list[float]:
    """x of the borders between columns."""
    x0, y0, x1, y1 = box
    reach: dict[int, float] = {}
    for start, end, x in vertical[:5000]:
        if x0 + size < x < x1 - size and end > y0 and start < y1:
            key = round(x / 3)
            key = key - 1 if key - 1 in reach else key
            reach[key] = reach.get(key, 0.0) + min(end, y1) - max(start, y0)
    ruled = sorted(3.0 * key for key, length in reach.items() if length > 0.45 * (y1 - y0))
    if len(ruled) >= 2 or (ruled and max(reach.values()) > 0.9 * (y1 - y0)):
        return ruled
    events: list[tuple[float, int]] = []
    for row in rows:
        for line in row:
            events.append((line.x0 + 0.1 * size, 1))
            events.append((max(line.x1 - 0.1 * size, line.x0 + 0.2 * size), -1))
    events.sort(key=lambda event: (event[0], event[1]))
    allowed = max(1 if len(rows) >= 5 else 0, int(0.12 * len(rows)))
    corridors: list[tuple[float, float]] = []
    cover = 0
    open_since: float | None = x0 - size
    for position, step in events:
        before = cover
        cover += step
        if before > allowed and cover <= allowed:
            open_since = position
        elif before <= allowed < cover and open_since is not None:
            corridors.append((open_since, position))
            open_since = None
    if open_since is not None:
        corridors.append((open_since, x1 + size))
    edges: list[float] = []
    for number, (start, end) in enumerate(corridors if len(corridors) <= MAX_COLUMNS else []):
        sparse = _sparse_column(start, end, rows)
        gaps = [(start, end)] if sparse is None else [(start, sparse[0]), (sparse[1], end)]
        first, last = number == 0, number == len(corridors) - 1
        gaps = gaps[1 if first else 0 : len(gaps) - 1 if last else len(gaps)]  # no border beside the table
        wide = [(left + right) / 2 for left, right in gaps if right - left >= 0.45 * size]
        edges.extend(
            wide if sparse is None or len(wide) == len(gaps) else [(start + end) / 2] if not (first or last) else []
        )
    return edges


def _sparse_column(start: float, end: float, rows: Sequence[Sequence[Line]]) -> tuple[float, float] | None:
    """Left and right of a column in a corridor with so few cells that they passed for lines across it; None without one."""
    inside = [[line for line in row if line.x0 >= start - 1.0 and line.x1 <= end + 1.0] for row in rows]
    if sum(bool(row) for row in inside) < 2:
        return None
    return min(line.x0 for row in inside for line in row), max(line.x1 for row in inside for line in row)


def split_line(line: Line, edges: Sequence[float]) -> list[Line]:
    """A line cut where a gap in it lies on a border between columns."""
    for left, right, index in line.cuts:
        if any(left - 1.0 <= edge <= right + 1.0 for edge in edges):
            first = replace(line, x1=left, text=line.text[:index].rstrip(), cuts=())
            rest = tuple((x0, x1, at - index) for x0, x1, at in line.cuts if at > index)
            second = replace(line, x0=right, text=line.text[index:].lstrip(), cuts=rest, lead=0, superscripts=0)
            return [first, *split_line(second, edges)]
    return [line]


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


def _is_header(rows: Sequence[Sequence[Line]], n_columns: int) -> bool:
    """Whether what stands above the first rule is a header, and no part of the body."""
    cells = [line.text for row in rows for line in row]
    values = sum(_VALUE.search(text) is not None for text in cells)
    return len(rows) <= MAX_HEADER and (len(rows) <= 2 or values < 0.5 * len(cells) or n_columns == 1)


def _header(
    rows: Sequence[Sequence[Line]], edges: Sequence[float], partial: Sequence[Rule], size: float
) -> list[list[str]]:
    """The header as one row, or as two where some of its cells span columns: those first, then what stands below."""
    lines = [line for row in rows for line in row]
    n_columns = len(edges) + 1
    spans: dict[int, tuple[int, int]] = {}
    for line in lines:
        span = _span(line, lines, edges, partial, size)
        if span is not None:
            spans[id(line)] = span
    upper: list[list[Line]] = [[] for _ in range(n_columns)]
    lower: list[list[Line]] = [[] for _ in range(n_columns)]
    for line in lines:
        if id(line) in spans:
            first, last = spans[id(line)]
            for column in range(first, last + 1):
                upper[column].append(line)
        else:
            lower[_column(line, edges)].append(line)
    below = [cell_text(cell) for cell in lower]
    if not spans:
        return [below]
    return [[cell_text(cell) or text for cell, text in zip(upper, below, strict=True)], below]


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
        if line.y1 - 0.4 * size <= y <= line.y1 + size and start - size <= (line.x0 + line.x1) / 2 <= end + size:
            under = [
                column
                for column, cells in columns.items()
                if start - size <= (min(c.x0 for c in cells) + max(c.x1 for c in cells)) / 2 <= end + size
            ]
            if len(under) > 1:
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
    for row in rows:
        if cluster and _gap(cluster, [row]) > -OVERLAP * size:
            bands.extend(_centred(cluster, edges, size))
            cluster = []
        cluster.append(row)
    return [*bands, *_centred(cluster, edges, size)]


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
    return bands


def _gap(upper: Sequence[Sequence[Line]], lower: Sequence[Sequence[Line]]) -> float:
    """White space between two bands of rows, cells that span both aside; negative where they overlap."""
    both = {id(line) for row in upper for line in row} & {id(line) for row in lower for line in row}
    bottom = max(line.y1 for row in upper for line in row if id(line) not in both)
    return min(line.y0 for row in lower for line in row if id(line) not in both) - bottom
