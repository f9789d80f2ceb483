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
"""Narrower corridors, in font sizes, are no border, unless a rule is drawn in them, or the cells beside them are ragged."""
TIGHT = 0.2
"""No narrower corridor, in font sizes, is looked at."""
RAGGED = 0.55
"""White space at a narrow corridor, in font sizes and on average over the rows, that no spaces between words have."""
FILLED = 0.6
"""Share of the rows that have a cell on either side of a narrow corridor."""
HALF_WAY = 0.25
"""A row of print that overlaps its neighbours by more than this, in font sizes, stands half-way between them."""
FEW_ROWS = 3
"""With fewer rows on both sides of it, a corridor has to be twice as wide, since the spaces of so few may be aligned by chance."""
CROSSING = 0.12
"""Share of the rows that may run across a border: headings of groups, and cells that are too long."""
FROM_FIFTH = 5
"""With so many rows, one may always run across."""
DRAWN = 0.45
"""Share of a table's height that vertical rules at one place cover where they are the border of a column."""
MIN_RULE = 40.0
"""Shorter horizontal rules, in points, are underlines and fraction bars, or stand below a head that spans columns."""
SAME_PLACE = 3.0
"""Vertical rules nearer to one another than this, in points, are one border."""
JOINING = ("±",)
"""Signs between the numbers of one value: no border stands beside them."""
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


@dataclass(frozen=True, slots=True)
class _Corridor:
    """White space between two columns."""

    left: float
    """Where it begins."""
    right: float
    """Where it ends."""
    place: float
    """Where the border is best drawn: between the cells that reach into it from both sides."""
    cells: int
    """How many cells make up the column beside it, if that has so few that it passed for white space."""


def column_borders(
    rows: Sequence[Sequence[Line]],
    vertical: Sequence[Rule],
    box: tuple[float, float, float, float],
    size: float,
    n_header: int = 0,
) -> Borders:
    """The borders between columns. `n_header` rows at the top may have cells that span columns, and count only as support."""
    drawn = _drawn(vertical, box, size)
    places = list(drawn)
    rows = _with_labels(rows, size)
    for narrowest in (SPACE, TIGHT):
        segments = [_segments(row, narrowest * size, drawn) for row in rows]
        most = max((len(row) for row in segments[n_header:]), default=0)
        body = segments[n_header:] if most > 1 else segments
        if most > 1:  # a row of the header without spanning cells
            body = [*(row for row in segments[:n_header] if len(row) >= most), *body]
        several = sum(len(row) > 1 for row in body) >= 2
        counted = [row for row in body if len(row) > 1 or not several]
        single = [row for row in segments[n_header:] if len(row) == 1]
        for corridor in _corridors(counted, single, box, size):
            left, right, place = corridor.left, corridor.right, corridor.place
            if any(left - 1.0 <= other <= right + 1.0 for other in places):
                continue
            support = max(corridor.cells, sum(_parts(row, place) for row in segments))
            if narrowest == SPACE:
                needed = CORRIDOR if support >= FEW_ROWS else 2 * CORRIDOR
                if len(drawn) >= 2:
                    needed = 2.5 * CORRIDOR if support >= 0.5 * len(counted) else 99.0
                accepted = support > 0 and right - left >= needed * size
            else:
                accepted = len(drawn) < 2 and support > FEW_ROWS and _are_columns(counted, place, places, size)
            if accepted and not _joins(rows, left, right):
                places = sorted([*places, place])
    return Borders(tuple(places) if len(places) < MAX_COLUMNS else (), frozenset(drawn))


def _joins(rows: Sequence[Sequence[Line]], left: float, right: float) -> bool:
    """Whether most white space in a corridor stands beside a sign that joins two numbers to one value, as ± does."""
    beside = [
        (line.text[:index].rstrip()[-1:], line.text[index:].lstrip()[:1])
        for row in rows
        for line in row
        for start, end, index in line.cuts
        if start < right and end > left
    ]
    return sum(before in JOINING or after in JOINING for before, after in beside) > 0.5 * max(1, len(beside))


def _with_labels(rows: Sequence[Sequence[Line]], size: float) -> list[Sequence[Line]]:
    """Rows of print, those put into both of their neighbours that stand alone half-way between them: labels that span rows."""
    result: list[Sequence[Line]] = list(rows)
    for number, row in enumerate(rows):
        if len(row) == 1 and 0 < number < len(rows) - 1:
            beside = [rows[number - 1], rows[number + 1]]
            if all(
                len(other) > 1 and min(row[0].y1, line.y1) - max(row[0].y0, line.y0) > HALF_WAY * size
                for other in beside
                for line in (max(other, key=lambda line: line.size),)
            ):
                result[number - 1] = [*result[number - 1], row[0]]
                result[number + 1] = [*result[number + 1], row[0]]
                result[number] = ()
    return result


def _are_columns(
    rows: Sequence[Sequence[tuple[float, float]]], place: float, places: Sequence[float], size: float
) -> bool:
    """Whether a narrow corridor parts two columns: most rows have a cell on either side of it, and these are ragged."""
    left = max((other for other in places if other < place), default=float("-inf"))
    right = min((other for other in places if other > place), default=float("inf"))
    gaps = []
    for row in rows:
        before = [end for start, end in row if left - 1 <= start and end <= place]
        after = [start for start, end in row if place <= start and end <= right + 1]
        if before and after:
            gaps.append(min(after) - max(before))
    return len(gaps) > FILLED * len(rows) and sum(gaps) > RAGGED * size * len(gaps)


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


def _segments(row: Sequence[Line], narrowest: float, drawn: Sequence[float]) -> list[tuple[float, float]]:
    """Left and right edges of the stretches of a row that are so far apart; without those that run across drawn borders."""
    words: list[tuple[float, float]] = []
    for line in row:
        start = line.x0
        for left, right, _ in line.cuts:
            words.append((start, left))
            start = right
        words.append((start, line.x1))
    result: list[tuple[float, float]] = []
    for start, end in sorted(words):
        if result and start - result[-1][1] < narrowest:
            result[-1] = (result[-1][0], max(result[-1][1], end))
        else:
            result.append((start, end))
    return [cell for cell in result if not any(_at([cell], place) for place in drawn)]


def _parts(row: Sequence[tuple[float, float]], x: float) -> bool:
    """Whether a row has text on both sides of a place and none at it."""
    return any(end <= x for _, end in row) and any(start >= x for start, _ in row) and not _at(row, x)


def _at(row: Sequence[tuple[float, float]], x: float) -> bool:
    return any(start < x < end for start, end in row)


def _corridors(
    rows: Sequence[Sequence[tuple[float, float]]],
    single: Sequence[Sequence[tuple[float, float]]],
    box: tuple[float, float, float, float],
    size: float,
) -> list[_Corridor]:
    """White corridors between columns, also on both sides of a column with so few cells that it passed for a corridor.

    `single` are rows with one cell: lines of a cell that wraps, or headings, which alone make no column.
    """
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
    cells = [cell for row in (*rows, *single) for cell in row]
    within = [cell for cell in cells if not any(cell[0] < start and end < cell[1] for start, end in corridors)]
    result: list[_Corridor] = []
    for number, (start, end) in enumerate(corridors):
        inside = [cell for row in rows for cell in row if cell[0] >= start - 1.0 and cell[1] <= end + 1.0]
        first, last = number == 0, number == len(corridors) - 1
        more = [cell for row in single for cell in row if cell[0] >= start - 1.0 and cell[1] <= end + 1.0]
        if inside and (len(inside) + len(more) >= 2 or inside[0] in rows[0]):
            inside += [cell for cell in more if _overlap(cell, inside[0])]
            left, right = min(cell[0] for cell in inside), max(cell[1] for cell in inside)
            if not first:
                result.append(_Corridor(start, left, (start + left) / 2, len(inside)))
            if not last:
                result.append(_Corridor(right, end, (right + end) / 2, len(inside)))
        elif not (first or last):
            result.append(_Corridor(start, end, sum(_between(start, end, within)) / 2, 0))
    return result


def _between(start: float, end: float, cells: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """A corridor without the ends of the cells that reach into it from one side; as it is, where these meet."""
    left = max((cell[1] for cell in cells if cell[0] < start < cell[1] < end), default=start)
    right = min((cell[0] for cell in cells if start < cell[0] < end < cell[1]), default=end)
    return (left, right) if left < right else (start, end)


def _overlap(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return min(one[1], other[1]) > max(one[0], other[0])


def split_row(row: Sequence[Line], borders: Borders, size: float, *, head: bool = False) -> list[Line]:
    """The lines of a row of print, cut where white space in them lies on a border.

    In a row with several cells, a mere space between words may be the border, too; elsewhere it is cut only at a rule.
    Words of a head stand further apart before they are cut, since they may span columns.
    """
    wide = SPACE * size
    several = len(row) + sum(right - left >= wide for line in row for left, right, _ in line.cuts) > 1
    narrowest = 1.4 * wide if head else TIGHT * size if several else wide
    return [part for line in row for part in _split(line, borders, narrowest)]


def _split(line: Line, borders: Borders, narrowest: float) -> list[Line]:
    for left, right, index in line.cuts:
        if any(
            left - 1.0 <= place <= right + 1.0 and (right - left >= narrowest or place in borders.drawn)
            for place in borders.places
        ):
            before = tuple(cut for cut in line.cuts if cut[2] < index)
            after = tuple((x0, x1, at - index) for x0, x1, at in line.cuts if at > index)
            first = replace(line, x1=left, text=line.text[:index].rstrip(), cuts=before)
            second = replace(line, x0=right, text=line.text[index:].lstrip(), cuts=after, lead=0, superscripts=0)
            return [first, *_split(second, borders, narrowest)]
    return [line]
