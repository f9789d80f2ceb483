"""Table and sentences: each row of a table said in words, and questions that a cell answers."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from corpus.augment.parent import Parent
from corpus.augment.text import Augmented, Piece, Quote, compose, phrase, pick

MOST_CELLS = 6
"""A row of more columns makes no sentence that anybody would read."""
MOST_CELL_CHARACTERS = 200
"""A longer cell is a text of its own."""


class _Row(NamedTuple):
    first: Quote
    """The cell that names the row."""
    cells: list[tuple[Quote, Quote]]
    """(header, cell) of the other cells that are not empty; at least one."""


ROWS = {
    "en": (
        ("The table says of {first}: ", "{header} is {cell}", "; ", "."),
        ("For {first}, the table gives ", "{cell} as {header}", " and ", "."),
        ("{first}. ", "{header} – {cell}", "; ", "."),
        ("In the row of {first} one reads ", "under “{header}”: {cell}", "; ", "."),
        ("What does the table list for {first}?\n", "{header}: {cell}", "\n", ""),
        ("Entry “{first}” of the table has ", "“{cell}” for {header}", ", ", "."),
        ("From a table in “{title}”, the line {first}: ", "{header} = {cell}", "; ", "."),
        ("The line of the table that begins with {first} goes on with ", "{cell} ({header})", " and ", "."),
        ("Read the row {first} aloud. ", "{header}: {cell}", ". ", "."),
        ("Looking up {first} one finds, ", "for {header}, {cell}", "; ", "."),
    ),
    "zh": (
        ("表中{first}一行：", "{header}为{cell}", "，", "。"),
        ("据表，{first}的", "{header}是{cell}", "，", "。"),
        ("{first}：", "{header}，{cell}", "；", "。"),
        ("查表可知，{first}对应的", "{header}：{cell}", "；", "。"),
        ("表格里关于{first}写了什么？\n", "{header}：{cell}", "\n", ""),
        ("《{title}》的表中，{first}项下", "{header}为“{cell}”", "，", "。"),
        ("看“{first}”这一行，", "{header}一栏是{cell}", "；", "。"),
        ("就{first}而言，表里", "{header}记作{cell}", "，", "。"),
    ),
}
"""Before the cells, each cell, between them, after them."""

CELLS = {
    "en": (
        "According to the table, what is the {header} of {first}?\n{cell}",
        "Table question: {header}, {first}?\nAnswer: {cell}",
        "Which entry stands under “{header}” in the row “{first}”?\n“{cell}”",
        "Q: Look at {first}. What does the column {header} say?\nA: {cell}",
        "In the table of “{title}”, where row {first} meets column {header}, one finds {cell}.",
        "Find {first} in the table and read off the {header}: {cell}",
        "{first} – {header}? The table has: {cell}",
        "What belongs to {first} as its {header}, by the table? {cell}",
        "Row: {first}\nColumn: {header}\nCell: {cell}",
        "Which row of the table has “{cell}” under “{header}”?\nThe row {first}.",
    ),
    "zh": (
        "据表，{first}的{header}是什么？\n{cell}",
        "表格题：{first}，{header}？\n答案：{cell}",
        "“{first}”一行“{header}”一栏写的是什么？\n“{cell}”",
        "问：查表，{first}的{header}？\n答：{cell}",
        "表中{first}与{header}交会处：{cell}",
        "行：{first}\n列：{header}\n内容：{cell}",
        "《{title}》的表里，{first}的{header}一栏是“{cell}”。",
        "表中哪一行的{header}是“{cell}”？\n{first}那一行。",
    ),
}


def augment(parent: Parent) -> Iterator[Augmented]:
    """One text a row: all of it in a sentence, or a question for one of its cells where no other row has its name."""
    for block in parent.blocks:
        if block.kind != "table":
            continue
        rows = list(_rows(parent.text, block.start, block.end))
        names = Counter(parent.text[row.first.start : row.first.end] for row in rows)
        for row in rows:
            alone = names[parent.text[row.first.start : row.first.end]] == 1
            ask = alone and pick(2, parent.id, row.first.start)
            yield _question(parent, row) if ask else _sentence(parent, row)


def _sentence(parent: Parent, row: _Row) -> Augmented:
    """The whole row in one sentence."""
    phrasings = ROWS[parent.lang]
    if not parent.title:
        phrasings = tuple(parts for parts in phrasings if "{title}" not in parts[0])
    number = pick(len(phrasings), parent.id, row.first.start, "row")
    before, each, between, after = phrasings[number]
    said: list[Piece] = []
    for header, cell in row.cells:
        said.append(between if said else "")
        for part in re.split(r"(\{\w+\})", each):
            said.append({"{header}": header, "{cell}": cell}.get(part, part))
    if parent.text[row.cells[-1][1].end - 1] in ".。!?":
        after = ""
    slots: dict[str, Piece | list[Piece]] = {"first": row.first, "title": parent.title, "cells": said}
    return compose(parent.text, f"{before}{{cells}}{after}", f"table/{parent.lang}/row/{number:02d}", slots)


def _question(parent: Parent, row: _Row) -> Augmented:
    """A question for one of its cells."""
    place = row.first.start
    header, cell = row.cells[pick(len(row.cells), parent.id, place, "cell")]
    slots = {"first": row.first, "header": header, "cell": cell}
    return phrase(parent, f"table/{parent.lang}/cell", place, CELLS[parent.lang], slots)


_RULE = re.compile(r"\|(?:\s*:?-+:?\s*\|)+\s*")
_CELL = re.compile(r"(?<!\\)\|")


def _rows(text: str, start: int, end: int) -> Iterator[_Row]:
    """Rows of a table with a header, whose columns all have names and whose first cell names the row."""
    lines = []
    position = start
    for line in text[start:end].split("\n"):
        lines.append((position, line))
        position += len(line) + 1
    if len(lines) < 3 or not _RULE.fullmatch(lines[1][1]):
        return
    header = _cells(*lines[0])
    names = [text[cell.start : cell.end] for cell in header]
    if not 2 <= len(header) <= MOST_CELLS or len(set(names)) < len(names) or not all(names[1:]):
        return
    for place, line in lines[2:]:
        cells = _cells(place, line)
        lengths = [cell.end - cell.start for cell in cells]
        if len(cells) == len(header) and lengths[0] and any(lengths[1:]) and max(lengths) <= MOST_CELL_CHARACTERS:
            yield _Row(cells[0], [(h, c) for h, c in zip(header[1:], cells[1:], strict=True) if c.start < c.end])


def _cells(place: int, line: str) -> list[Quote]:
    """Where the cells of a line stand, without the white space around them."""
    borders = [match.start() for match in _CELL.finditer(line)]
    cells = []
    for low, high in itertools.pairwise(borders):
        words = line[low + 1 : high]
        start = low + 1 + len(words) - len(words.lstrip())
        cells.append(Quote(place + start, place + start + len(words.strip())))
    return cells
