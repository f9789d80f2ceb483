"""Tables in Markdown against the true ones: F1 of cells and of neighbouring cells.

Neighbours are pairs of a text and the next one to its right or below, as in the ICDAR 2013 table competition (Göbel et al.,
"ICDAR 2013 Table Competition"). A table's truth may be LaTeX; a text that spans cells is repeated in each field it covers.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

Grid = list[list[str]]
"""Rows of cells, normalised."""

_DASHES = str.maketrans("–—−", "---")
_IGNORED = re.compile(r"[\s{}$^_*\\|~`\[\]<>]|<br>")
_RULES = re.compile(
    r"(?<!\\)%.*|\\(?:hline|toprule|midrule|bottomrule|addlinespace)(?:\[[^\]]*\])?|\\specialrule(?:\{[^}]*\}){3}"
    r"|\\(?:cline|cmidrule|Xcline)(?:\([^)]*\))?\{[^}]*\}(?:\{[^}]*\})?|\\(?:hhline|noalign)\{[^}]*\}"
)
_BEGIN = re.compile(r"\\begin\{(tabular[x*]?)\}")
_CITATION = re.compile(r"\\cite[a-z]*\{[^}]*\}")
_COLOURED = re.compile(r"\\(?:textcolor|cellcolor|rowcolor)(?:\[[^\]]*\])?\{[^}]*\}")
_COMMAND = re.compile(r"\\[a-zA-Z]+\*?|\\\\")
_SIGNS = {
    r"\uparrow": "↑", r"\downarrow": "↓", r"\rightarrow": "→", r"\pm": "±", r"\times": "×", r"\cdot": "·", r"\sim": "∼",
    r"\leq": "≤", r"\le": "≤", r"\geq": "≥", r"\ge": "≥", r"\infty": "∞", r"\circ": "◦", r"\dagger": "†",
    r"\checkmark": "✓", r"\alpha": "α", r"\beta": "β", r"\gamma": "γ", r"\delta": "δ", r"\Delta": "∆", r"\epsilon": "ϵ",
    r"\theta": "θ", r"\lambda": "λ", r"\mu": "μ", r"\sigma": "σ", r"\tau": "τ",
}  # fmt: skip
_DINGS = re.compile(r"\\ding\{(51|55)\}")
_MULTICOLUMN = re.compile(r"^\\multicolumn")
_MULTIROW = re.compile(r"\\multirow(?:\[[^\]]*\])?")
_ROW_END = re.compile(r"\s*\[[^\]]*\]")


def normalised(text: str) -> str:
    """What of a cell is compared: letters in lower case, figures and signs, without what Markdown and LaTeX add."""
    plain = unicodedata.normalize("NFKC", text).translate(_DASHES)
    return _IGNORED.sub("", plain).lower()


def from_latex(source: str) -> Grid:
    """The cells of a `tabular`, each in all the fields that it spans; no rows where there is none."""
    begin = _BEGIN.search(source)
    if begin is None:
        return []
    start = begin.end()
    if begin[1] != "tabular":
        _, start = _argument(source, start)  # the width
    _, start = _argument(source, start)  # the columns
    grid: Grid = []
    below: dict[int, tuple[int, str]] = {}  # by column: rows that a cell still covers, and its text
    for row in _rows(_RULES.sub("", source[start : source.rfind(r"\end{tabular")])):
        if not any(cell.strip() for cell in row):
            continue
        line: list[str] = []
        for cell in row:
            columns, rows, text = _spans(cell.strip())
            for _ in range(columns):
                left, above = below.get(len(line), (0, ""))
                if not text and left:
                    below[len(line)] = (left - 1, above)
                    line.append(above)
                else:
                    below[len(line)] = (rows - 1, text)
                    line.append(text)
        grid.append(line)
    return grid


def _rows(body: str) -> Iterator[list[str]]:
    r"""The cells of each row: `&` and `\\` outside of braces cut."""
    cells: list[str] = []
    cell, depth, place = "", 0, 0
    while place < len(body):
        sign = body[place]
        if body.startswith("\\\\", place) and not depth:
            yield [*cells, cell]
            cells, cell = [], ""
            place += 2
            if height := _ROW_END.match(body, place):
                place = height.end()
            continue
        if sign == "\\":
            cell += body[place : place + 2]
            place += 2
            continue
        depth += (sign == "{") - (sign == "}")
        if sign == "&" and not depth:
            cells.append(cell)
            cell = ""
        else:
            cell += sign
        place += 1
    if cell.strip() or cells:
        yield [*cells, cell]


def _spans(cell: str) -> tuple[int, int, str]:
    """Columns and rows that a cell covers, and its text."""
    columns = rows = 1
    if found := _MULTICOLUMN.match(cell):
        count, end = _argument(cell, found.end())
        _, end = _argument(cell, end)
        cell, _ = _argument(cell, end)
        columns = _whole(count)
    if found := _MULTIROW.search(cell):
        count, end = _argument(cell, found.end())
        rows = abs(_whole(count))
        rest = re.sub(r"^\s*(?:\[[^\]]*\])?\s*(?:\{[^}]*\}|\*)\s*(?:\[[^\]]*\])?\s*", "", cell[end:])
        cell = _argument(rest, 0)[0] if rest.startswith("{") else rest
    return columns, rows, normalised(_plain(cell))


def _whole(text: str) -> int:
    return int(re.sub(r"[^\d-]", "", text).strip("-") or 1)


def _argument(source: str, start: int) -> tuple[str, int]:
    """The next argument in braces, and where it ends; the rest of a source that has none."""
    start = source.find("{", start)
    if start < 0:
        return "", len(source)
    depth = 0
    for place in range(start, len(source)):
        if source[place - 1 : place] != "\\":
            depth += (source[place] == "{") - (source[place] == "}")
        if not depth:
            return source[start + 1 : place], place + 1
    return source[start + 1 :], len(source)


def _plain(cell: str) -> str:
    cell = _CITATION.sub("", _COLOURED.sub("", cell))
    cell = _DINGS.sub(lambda found: "✓" if found[1] == "51" else "✗", cell)
    return _COMMAND.sub(lambda found: _SIGNS.get(found[0], ""), cell)


def from_markdown(text: str) -> Iterator[Grid]:
    """The tables of a Markdown text."""
    rows: Grid = []
    for line in [*(line.strip() for line in text.splitlines()), ""]:
        if not (line.startswith("|") and line.endswith("|")):
            if rows:
                yield rows
            rows = []
        elif not ("-" in line and re.fullmatch(r"\|[\s:|-]+\|", line)):
            rows.append([normalised(cell.replace("<br>", " ")) for cell in re.split(r"(?<!\\)\|", line[1:-1])])


def cells(grid: Grid) -> Counter[str]:
    """How often each text stands in a table."""
    return Counter(text for row in grid for text in row if text)


def neighbours(grid: Grid) -> Counter[tuple[str, str, str]]:
    """(text, the next text to the right or below, which of the two), blanks skipped."""
    width = max(map(len, grid), default=0)
    columns = [[row[place] if place < len(row) else "" for row in grid] for place in range(width)]
    found: Counter[tuple[str, str, str]] = Counter()
    for direction, lines in (("right", grid), ("below", columns)):
        for line in lines:
            texts = [text for text in line if text]
            found.update((one, two, direction) for one, two in pairwise(texts))
    return found


def f1(right: Counter, found: Counter) -> float:  # type: ignore[type-arg]
    """F1 of two multisets; 1 where both are empty."""
    both, all_ = (right & found).total(), right.total() + found.total()
    return 2 * both / all_ if all_ else 1.0


def score(truth: Sequence[Grid], markdown: str) -> list[tuple[float, float]]:
    """F1 of cells and of neighbours of each true table, against the one most like it that no table before it took."""
    left = list(from_markdown(markdown))
    scores = []
    for right in truth:
        best = max(left, key=lambda grid: f1(cells(right), cells(grid)), default=None)
        if best is None or not f1(cells(right), cells(best)):
            scores.append((0.0, 0.0))
            continue
        left.remove(best)
        scores.append((f1(cells(right), cells(best)), f1(neighbours(right), neighbours(best))))
    return scores
