"""The columns of a table: where white corridors run between the words of its rows, and where vertical rules are drawn.

A border is what the rows agree on. The white space of one row may be a space between words; white space at the same place
in most rows is the border of a column, however narrow. So the words are looked at, not the lines that they were put
together to.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ingest.page.markdown_table import MAX_COLUMNS
from ingest.page.reading_order import Line

Rule = tuple[float, float, float]
"""(start, end, position): x0, x1, y of a horizontal rule; y0, y1, x of a vertical one."""

SPACE = 0.36
"""White space narrower than this, in font sizes, is a space between words; chosen on typeset tables."""
CORRIDOR = 0.42
"""Narrower corridors, in font sizes, are no border, unless a rule is drawn in them."""
FEW_ROWS = 3
"""With fewer rows on both sides of it, a corridor has to be twice as wide, since the spaces of so few may be aligned by chance."""
CROSSING = 0.12
"""Share of the rows that may run across a border: headings of groups, and cells that are too long."""
FROM_FIFTH = 5
"""With so many rows, one may always run across."""
DRAWN = 0.45
"""Share of a table's height that vertical rules at one place cover where they are the border of a column."""
SAME_PLACE = 3.0
"""Vertical rules nearer to one another than this, in points, are one border."""
MAX_RULES = 5_000
"""Vertical rules looked at in a table."""


@dataclass(frozen=True, slots=True)
class Borders:
    """The borders between the columns of a table."""

    places: tuple[float, ...]
    """x of each, from left to right."""
    drawn: frozenset[float]
    """Those of them at which a rule is drawn."""

    @property
    def n_columns(self) -> int:
        """Columns that they part."""
        return len(self.places) + 1


def column_borders(
    rows: Sequence[Sequence[Line]],
    vertical: Sequence[Rule],
    box: tuple[float, float, float, float],
    size: float,
    n_header: int = 0,
) -> Borders:
    """The borders between columns. `n_header` rows at the top may have cells that span columns, and count only as support."""
    drawn = _drawn(vertical, box, size)
    segments = [_segments(row, size) for row in rows]
    most = max((len(row) for row in segments[n_header:]), default=0)
    body = segments[n_header:] if most > 1 else segments
    if most > 1:  # a row of the header without spanning cells
        body = [*(row for row in segments[:n_header] if len(row) >= most), *body]
    several = sum(len(row) > 1 for row in body) >= 2
    counted = [row for row in body if len(row) > 1 or not several]
    found: list[float] = []
    for left, right in _corridors(counted, box, size):
        if any(left - 1.0 <= place <= right + 1.0 for place in drawn):
            continue
        support = sum(_parts(row, (left + right) / 2) for row in segments)
        needed = CORRIDOR if support >= FEW_ROWS else 2 * CORRIDOR
        if len(drawn) >= 2:
            needed = max(needed, 2.5 * CORRIDOR if support >= 0.5 * len(counted) else 99.0)
        if support and right - left >= needed * size:
            found.append((left + right) / 2)
    places = sorted([*drawn, *found])
    return Borders(tuple(places) if len(places) < MAX_COLUMNS else (), frozenset(drawn))


def _drawn(vertical: Sequence[Rule], box: tuple[float, float, float, float], size: float) -> list[float]:
    """Where vertical rules part the table."""
    x0, y0, x1, y1 = box
    groups: list[list[Rule]] = []
    inside = [
        rule
        for rule in vertical[:MAX_RULES]
        if x0 + 0.3 * size < rule[2] < x1 - 0.3 * size and rule[1] > y0 and rule[0] < y1
    ]
    for rule in sorted(inside, key=lambda rule: rule[2]):
        if groups and rule[2] - groups[-1][-1][2] <= SAME_PLACE:
            groups[-1].append(rule)
        else:
            groups.append([rule])
    return [
        sum(rule[2] for rule in group) / len(group)
        for group in groups
        if _length((max(start, y0), min(end, y1)) for start, end, _ in group) > DRAWN * (y1 - y0)
    ]


def _length(stretches: Iterable[tuple[float, float]]) -> float:
    """Length of what some stretches cover together."""
    total, reached = 0.0, float("-inf")
    for start, end in sorted(stretches):
        total += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return total


def _segments(row: Sequence[Line], size: float) -> list[tuple[float, float]]:
    """Left and right edges of the stretches of a row between which there is more than a space between words."""
    words: list[tuple[float, float]] = []
    for line in row:
        start = line.x0
        for left, right, _ in line.cuts:
            words.append((start, left))
            start = right
        words.append((start, line.x1))
    result: list[tuple[float, float]] = []
    for start, end in sorted(words):
        if result and start - result[-1][1] < SPACE * size:
            result[-1] = (result[-1][0], max(result[-1][1], end))
        else:
            result.append((start, end))
    return result


def _parts(row: Sequence[tuple[float, float]], x: float) -> bool:
    """Whether a row has text on both sides of a place and none at it."""
    return any(end <= x for _, end in row) and any(start >= x for start, _ in row) and not _at(row, x)


def _at(row: Sequence[tuple[float, float]], x: float) -> bool:
    return any(start < x < end for start, end in row)


def _corridors(
    rows: Sequence[Sequence[tuple[float, float]]], box: tuple[float, float, float, float], size: float
) -> list[tuple[float, float]]:
    """White corridors between columns, also on both sides of a column with so few cells that it passed for a corridor."""
    slack = 0.05 * size
    events = [
        event
        for row in rows
        for start, end in row
        for event in ((start + slack, 1), (max(end - slack, start + 2 * slack), -1))
    ]
    events.sort()
    allowed = max(1 if len(rows) >= FROM_FIFTH else 0, int(CROSSING * len(rows)))
    corridors: list[tuple[float, float]] = []
    cover = 0
    since = box[0] - size
    for position, step in events:
        if cover > allowed >= cover + step:
            since = position
        elif cover <= allowed < cover + step:
            corridors.append((since, position))
        cover += step
    corridors.append((since, box[2] + size))
    result: list[tuple[float, float]] = []
    for number, (start, end) in enumerate(corridors):
        inside = [cell for row in rows for cell in row if cell[0] >= start - 1.0 and cell[1] <= end + 1.0]
        first, last = number == 0, number == len(corridors) - 1
        if len(inside) >= 2 or (inside and inside[0] in rows[0]):
            left, right = min(cell[0] for cell in inside), max(cell[1] for cell in inside)
            if not first:
                result.append((start, left))
            if not last:
                result.append((right, end))
        elif not (first or last):
            result.append((start, end))
    return result


def split_line(line: Line, borders: Borders, size: float, drawn: frozenset[float] | None = None) -> list[Line]:
    """A line cut where white space in it lies on a border; mere spaces between words are cut only at a rule."""
    ruled = borders.drawn if drawn is None else drawn
    for left, right, index in line.cuts:
        wide = right - left >= SPACE * size
        if any(left - 1.0 <= place <= right + 1.0 and (wide or place in ruled) for place in borders.places):
            first = replace(
                line, x1=left, text=line.text[:index].rstrip(), cuts=tuple(cut for cut in line.cuts if cut[2] < index)
            )
            rest = tuple((x0, x1, at - index) for x0, x1, at in line.cuts if at > index)
            second = replace(line, x0=right, text=line.text[index:].lstrip(), cuts=rest, lead=0, superscripts=0)
            return [first, *split_line(second, borders, size, drawn)]
    return [line]
