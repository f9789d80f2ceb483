"""Tables, ruled or only aligned: found among the lines of a page and written as Markdown.

A ruled table lies between horizontal rules of the same extent with more than one cell in its rows; an unruled one is
a stretch of rows whose cells stand in columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ingest.document import Block
from ingest.page.figures import Figure, in_figure
from ingest.page.markdown_table import LABEL, markdown_table
from ingest.page.reading_order import MAX_LINES, Line, bounds
from ingest.page.section_names import CAPTION
from ingest.page.table_columns import MIN_RULE, Rule
from ingest.page.table_grid import grid_of
from ingest.page.table_lattice import lattice_of
from ingest.page.table_regions import (
    TERM,
    Stretch,
    aligned_groups,
    below_caption,
    crossed_regions,
    inside,
    parted_at_ends,
    prose_share,
    rows_of,
    ruled_regions,
    stacks_of,
)

MIN_PART = 8.0
"""Shorter horizontal rules, in points, are no rules."""
TERM_LENGTH = 40
"""Characters of the first cell of a row of which the second is running text, at most."""
JOINED = 2.0
"""Parts of a rule, as the borders of cells are drawn, are no further apart than this, in points."""
MIN_SHADED = 100.0
"""Narrower shaded boxes, in points, are no rows."""
MAX_RULES = 1_000
"""Pages with more rules are drawings."""


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
    repeated: tuple[str, ...] = ()
    """What it says again: cells that span others, once for each that they cover beyond the first."""

    @property
    def block(self) -> Block:
        """The table as a block of its page."""
        return Block(self.kind, self.markdown, bbox=self.bbox, size=self.size, repeated=self.repeated)


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
    long = [rule for rule in rules if rule[1] - rule[0] >= MIN_RULE]
    if len(long) >= 2:
        stacks = stacks_of(long)
        rest = parted_at_ends(rest, stacks)
        for region in ruled_regions(rest, stacks, vertical):
            x0, x1 = region.x0, region.x1
            own = below_caption([line for line in rest if inside(line, x0, x1, region.top, region.bottom)])
            own += _open_end(own, _down_to_rule(rest, rules, region), x0, x1, region.bottom, body_size)
            above = _open_start(own, rest, x0, x1)
            own += [line for row in above for line in row]
            if sum(id(line) in drawn for line in own) > 0.5 * len(own):
                continue
            ruled = sorted([*rules, *_between(above, x0, x1)], key=_height)
            table = build(own, ruled, vertical, body_size, aligned=region.boxed)
            if table is not None:
                tables.append(table)
                taken = {id(line) for line in own}
                rest = [line for line in rest if id(line) not in taken]
    for region in crossed_regions(rest, rules, vertical) if vertical else ():
        own = [line for line in rest if inside(line, region.x0, region.x1, region.top, region.bottom)]
        table = None if any(id(line) in drawn for line in own) else build(own, rules, vertical, body_size)
        if table is not None:
            tables.append(table)
            taken = {id(line) for line in own}
            rest = [line for line in rest if id(line) not in taken]
    for group in aligned_groups([line for line in rest if id(line) not in drawn]):
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
            if current >= 0 and x0 - current <= JOINED:
                result[-1] = (result[-1][0], max(result[-1][1], x1), y)
            else:
                result.append((x0, x1, y))
            current = result[-1][1]
    return sorted((rule for rule in result if rule[1] - rule[0] >= MIN_PART), key=lambda rule: (rule[2], rule[0]))


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


def _down_to_rule(lines: Sequence[Line], rules: Sequence[Rule], region: Stretch) -> list[Line]:
    """Lines that no rule parts from the table above them."""
    below = [
        y
        for start, end, y in rules
        if y > region.bottom + 2 and min(end, region.x1) - max(start, region.x0) > 0.5 * (region.x1 - region.x0)
    ]
    return [line for line in lines if line.y1 < min(below, default=line.y1 + 1)]


def _open_end(own: list[Line], lines: list[Line], x0: float, x1: float, bottom: float, body_size: float) -> list[Line]:
    """Rows that go on below the last rule, as on a page after which the table is continued; in smaller print than the text."""
    if not own:
        return []
    size = sorted(line.size for line in own)[len(own) // 2]
    if size > body_size - 1.0:
        return []
    below = [line for line in lines if line.y0 > bottom - 1 and line.x0 >= x0 - 4 and line.x1 <= x1 + 4]
    rows: list[list[Line]] = []
    end = bottom
    for row in rows_of(below):
        caption = any(CAPTION.match(line.text) for line in row)
        if caption or row[0].y0 - end > 2.0 * size or any(abs(line.size - size) > 0.5 for line in row):
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


def _open_start(own: list[Line], lines: list[Line], x0: float, x1: float) -> list[list[Line]]:
    """Rows right above the first rule whose cells stand above those below, as a header on a coloured bar does."""
    if not own:
        return []
    size = sorted(line.size for line in own)[len(own) // 2]
    starts = [line.x0 for line in own]
    top = min(line.y0 for line in own)
    found: list[list[Line]] = []
    within = [line for line in lines if line.y1 < top + 0.3 * size and line.x0 >= x0 - 4 and line.x1 <= x1 + 4]
    for row in reversed(rows_of(within)[-6:]):
        if all(line.size < 0.8 * size for line in row):
            found.append(row)  # marks of the row above
            continue
        aligned = all(any(abs(line.x0 - start) < 1.0 for start in starts) for line in row) or (
            len(row) >= 3 and all(any(min(line.x1, other.x1) > max(line.x0, other.x0) for other in own) for line in row)
        )
        near = top - max(line.y1 for line in row) < 1.2 * size
        caption = any(CAPTION.match(line.text) for line in row)
        if (
            caption
            or not aligned
            or not near
            or any(abs(line.size - size) > 0.5 for line in row if not _is_mark(line, row))
        ):
            break
        found.append(row)
        top = min(line.y0 for line in row)
    while found and len(found[-1]) < 2:
        found.pop()  # a line of text above
    return found


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
    found = lattice_of(rows, rules, vertical, box, size) or grid_of(rows, rules, vertical, box, size)
    grid = found.rows
    n_columns = len(grid[0]) if grid else 0
    if n_columns < 2 or (n_columns == 2 and not aligned and not _is_keyed(grid) and prose_share(list(lines)) > 0.5):
        return None
    filled = sum(bool(cell) for row in grid for cell in row)
    if len(grid) < 2 or filled < (0.5 if aligned else 0.3) * len(grid) * n_columns:
        return None
    letters = sum(character.isalnum() for row in grid for cell in row for character in cell)
    if letters < (2 if aligned else 1) * filled:
        return None
    if aligned and n_columns == 2 and _are_terms([row[0] for row in grid if row[1]]):
        return Table((x0, y0, x1, y1), _definitions(grid), size, kind="list", repeated=found.repeated)
    markdown = markdown_table(grid)
    return Table((x0, y0, x1, y1), markdown, size, repeated=found.repeated) if markdown else None


def _is_mark(line: Line, row: Sequence[Line]) -> bool:
    """Whether a line is a raised or lowered mark of one beside it."""
    return line.size < 0.8 * max(other.size for other in row)


def _is_keyed(grid: Sequence[Sequence[str]]) -> bool:
    """Whether each row of a grid begins with something short, or with a label much shorter than the cell that it is about."""
    if len(grid) < 3 or not all(row[0] for row in grid):
        return False
    longest = max(len(row[0]) for row in grid)
    labels, cells = (sum(len(row[column]) for row in grid) for column in (0, 1))
    return longest <= TERM_LENGTH or (longest <= LABEL and cells > 2 * labels)


def _are_terms(texts: Sequence[str]) -> bool:
    """Whether a first column holds what its second explains, as in a list of abbreviations."""
    return len(texts) >= 4 and sum(TERM.match(text) is not None for text in texts) >= 0.8 * len(texts)


def _definitions(grid: Sequence[Sequence[str]]) -> str:
    """Terms and what they mean as a list, one a line, as the other formats write them."""
    lines: list[str] = []
    for term, meaning in grid:
        if term or not lines:
            lines.append(f"- {term.rstrip(':= ')}: {meaning}")
        else:
            lines[-1] += f" {meaning}"
    return "\n".join(lines)
