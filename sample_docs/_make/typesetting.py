"""Markdown elements -> a PDF page by page: justified lines, hyphenation, columns, tables, running headers.

It is a small typesetter and not a layout library: it exists so that the sample PDFs have the features which
make real books hard to read (words split at line and page ends, two columns, footnotes, unruled tables).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pymupdf

from _make.markup import Element, parse

RAISED = 0.62
"""Size of a superscript, as a share of the line's size."""
VOWELS = set("aeiouy")
NOT_AT_LINE_START = set("，。；：、！？）》”’】%,.;:)")
LATIN_RUN = r"[A-Za-z0-9.%/+\-<>≥≤×~–±°μ²=:]+"


@dataclass(frozen=True, kw_only=True)
class Style:
    """How a book looks."""

    fonts: tuple[str, str, str] = ("tiro", "tibo", "tiit")
    """Names of PyMuPDF's built-in regular, bold and italic font."""
    width: float = 595.0
    """Page width in points."""
    height: float = 842.0
    """Page height in points."""
    margin: float = 72.0
    """Left and right margin in points."""
    top: float = 84.0
    """Where text starts, in points from the top."""
    bottom: float = 84.0
    """Height kept free at the foot of a page, in points."""
    size: float = 10.5
    """Size of running text in points."""
    leading: float = 13.4
    """Distance of lines in points."""
    header: tuple[str, str] = ("", "")
    """Running header of even (left) and odd (right) pages."""
    footer: str = "{page}"
    """Running footer; `{page}` is the printed page number."""
    first_page: int = 1
    """The page number printed on the first page."""
    hyphenate: bool = True
    """Whether long words may be split at line ends."""
    indent: float = 14.0
    """First-line indent of a paragraph in points."""


@cache
def font(name: str) -> pymupdf.Font:
    """A built-in font of PyMuPDF, loaded once."""
    return pymupdf.Font(name)


@cache
def unit_width(name: str, text: str) -> float:
    """Width of a text set in one point."""
    return float(font(name).text_length(text, 1.0))


@dataclass(slots=True)
class Atom:
    """What may not be broken without a hyphen: runs of (text, superscript), and whether a space stands before it."""

    runs: list[tuple[str, bool]]
    space: bool

    @property
    def text(self) -> str:
        return "".join(text for text, _ in self.runs)


def atoms_of(text: str) -> list[Atom]:
    """A paragraph cut into words (Latin) and characters (Chinese), superscripts kept with their word."""
    atoms: list[Atom] = []
    for word in text.split():
        first = True
        for index, piece in enumerate(word.split("^")):
            raised = index % 2 == 1
            parts = re.findall(rf"{LATIN_RUN}|[\u2e80-\uffef]|[^\u2e80-\uffef]+?(?=[\u2e80-\uffef]|$)", piece)
            for part in parts:
                chinese = bool(re.match(r"[\u2e80-\uffef]", part))
                glued = raised or part in NOT_AT_LINE_START
                after_chinese = bool(atoms) and bool(re.search(r"[\u2e80-\uffef]$", atoms[-1].text))
                if not first and (glued or not (chinese or after_chinese)):
                    atoms[-1].runs.append((part, raised))
                else:
                    atoms.append(Atom(runs=[(part, raised)], space=first and bool(atoms)))
                first = False
    return atoms


def split_points(word: str) -> list[int]:
    """Where a word may be divided: after its own hyphens, and between two consonants that follow a vowel."""
    points = [match.end() for match in re.finditer(r"[a-z]-(?=[a-z])", word)]
    core = word.rstrip(".,;:)")
    if re.fullmatch(r"[A-Za-z]{8,}", core):
        lower = core.lower()
        for i in range(3, len(lower) - 3):
            consonants = lower[i - 1] not in VOWELS and lower[i] not in VOWELS
            digraph = lower[i - 1 : i + 1] in {"th", "ch", "sh", "ph", "ck", "gh", "rh"}
            vowels_on_both_sides = VOWELS & set(lower[:i]) and VOWELS & set(lower[i:])
            if consonants and not digraph and vowels_on_both_sides:
                points.append(i)
    return sorted(points)


@dataclass(slots=True)
class Setter:
    """The state of one document being set: the current page, the current column, how far down it is."""

    style: Style
    document: pymupdf.Document = field(default_factory=pymupdf.open)
    outline: list[list[object]] = field(default_factory=list)
    columns: int = 1
    column: int = 0
    y: float = 0.0
    floor: float = 0.0
    writer: pymupdf.TextWriter | None = None
    divided_pages: list[int] = field(default_factory=list)

    # -- pages and columns ------------------------------------------------------------------------------------------

    @property
    def page(self) -> pymupdf.Page:
        return self.document[-1]

    @property
    def left(self) -> float:
        return self.style.margin + self.column * (self.column_width + 20)

    @property
    def column_width(self) -> float:
        text_width = self.style.width - 2 * self.style.margin
        return (text_width - 20 * (self.columns - 1)) / self.columns

    def new_page(self) -> None:
        self.finish_page()
        style = self.style
        page = self.document.new_page(width=style.width, height=style.height)
        self.writer = pymupdf.TextWriter(page.rect)
        self.column, self.y, self.floor = 0, style.top, style.height - style.bottom

    def finish_page(self) -> None:
        """Sets the running header and footer and writes the page's text."""
        if self.writer is None:
            return
        style = self.style
        number = style.first_page + len(self.document) - 1
        header = style.header[number % 2]
        if header:
            size = style.size - 2
            width = unit_width(style.fonts[0], header) * size
            x = style.width - style.margin - width if number % 2 else style.margin
            self.put(x, style.top - 32, header, size)
            self.page.draw_line((style.margin, style.top - 26), (style.width - style.margin, style.top - 26), width=0.4)
        footer = style.footer.format(page=number)
        if footer:
            size = style.size - 1.5
            width = unit_width(style.fonts[0], footer) * size
            self.put((style.width - width) / 2, style.height - style.bottom + 44, footer, size)
        self.writer.write_text(self.page)
        self.writer = None

    def next_column(self) -> None:
        if self.column + 1 < self.columns:
            self.column += 1
            self.y = self.style.top
        else:
            self.new_page()

    def need(self, height: float) -> None:
        if self.y + height > self.floor:
            self.next_column()

    def put(self, x: float, y: float, text: str, size: float, weight: int = 0) -> float:
        """Sets one run of text with its baseline at y; returns where it ends."""
        assert self.writer is not None
        chosen = font(self.style.fonts[weight])
        self.writer.append((x, y), text, font=chosen, fontsize=size)
        return x + unit_width(self.style.fonts[weight], text) * size

    # -- lines ------------------------------------------------------------------------------------------------------

    def atom_width(self, atom: Atom, size: float, weight: int) -> float:
        name = self.style.fonts[weight]
        return sum(unit_width(name, text) * size * (RAISED if raised else 1) for text, raised in atom.runs)

    def break_lines(
        self, text: str, width: float, size: float, weight: int = 0, first: float = 0.0
    ) -> list[list[Atom]]:
        """Greedy line breaking; a word that does not fit is divided when the style allows it."""
        space = unit_width(self.style.fonts[weight], " ") * size
        lines: list[list[Atom]] = [[]]
        used = first
        queue = list(reversed(atoms_of(text)))
        while queue:
            atom = queue.pop()
            gap = space if atom.space and lines[-1] else 0.0
            needed = self.atom_width(atom, size, weight)
            if used + gap + needed <= width or not lines[-1]:
                lines[-1].append(atom)
                used += gap + needed
                continue
            room = width - used - gap
            for point in reversed(split_points(atom.runs[0][0]) if self.style.hyphenate else []):
                head = atom.runs[0][0][:point]
                shown = head if head.endswith("-") else head + "-"
                if unit_width(self.style.fonts[weight], shown) * size <= room:
                    lines[-1].append(Atom(runs=[(shown, False)], space=atom.space))
                    rest = (atom.runs[0][0][point:], False)
                    atom = Atom(runs=[rest, *atom.runs[1:]], space=False)
                    break
            lines.append([])
            used = 0.0
            queue.append(atom)
        return [line for line in lines if line]

    def set_line(
        self, line: list[Atom], x: float, y: float, width: float, size: float, weight: int, justify: bool
    ) -> None:
        space = unit_width(self.style.fonts[weight], " ") * size
        natural = sum(self.atom_width(atom, size, weight) for atom in line)
        gaps = sum(1 for atom in line[1:] if atom.space)
        if justify and gaps >= 3:
            space = max(space * 0.8, min(space * 3.0, (width - natural) / gaps))
        words: list[tuple[float, str, bool]] = []
        for index, atom in enumerate(line):
            if index and atom.space:
                x += space
            for text, raised in atom.runs:
                if words and not atom.space and index and not raised and not words[-1][2]:
                    words[-1] = (words[-1][0], words[-1][1] + text, False)
                else:
                    words.append((x, text, raised))
                x += unit_width(self.style.fonts[weight], text) * size * (RAISED if raised else 1)
        for start, text, raised in words:
            if raised:
                self.put(start, y - size * 0.36, text, size * RAISED, weight)
            else:
                self.put(start, y, text, size, weight)

    def flow(
        self,
        text: str,
        *,
        size: float = 0.0,
        weight: int = 0,
        indent: float = 0.0,
        hanging: float = 0.0,
        justify: bool = True,
        after: float = 4.0,
    ) -> None:
        """Sets a paragraph line by line; it may run over columns and pages."""
        size = size or self.style.size
        leading = self.style.leading * size / self.style.size
        lines = self.break_lines(text, self.column_width - hanging, size, weight, indent)
        for index, line in enumerate(lines):
            if self.y + leading > self.floor:
                page = len(self.document)
                self.next_column()
                if len(self.document) > page and index and re.search(r"[a-z]{2}-$", lines[index - 1][-1].text):
                    self.divided_pages.append(page)
            shift = hanging + (indent if index == 0 else 0.0)
            self.y += leading
            self.set_line(
                line,
                self.left + shift,
                self.y - leading * 0.25,
                self.column_width - shift,
                size,
                weight,
                justify and index < len(lines) - 1,
            )
        self.y += after

    # -- elements ---------------------------------------------------------------------------------------------------

    def heading(self, text: str, level: int) -> None:
        size = self.style.size + {1: 9.5, 2: 4.0, 3: 1.5}[level]
        self.need(size * 1.4 + self.style.leading * 3)
        self.y += {1: 0.0, 2: 10.0, 3: 6.0}[level] if self.y > self.style.top else 0.0
        self.outline.append([level, text, len(self.document)])
        self.flow(text, size=size, weight=1, justify=False, after={1: 14.0, 2: 5.0, 3: 3.0}[level])

    def table(self, rows: tuple[tuple[str, ...], ...], ruled: bool) -> None:
        size, pad = self.style.size - 1.2, 5.0
        leading = size * 1.28
        count = len(rows[0])
        weights = [max(6.0, min(34.0, max(len(row[c]) for row in rows))) for c in range(count)]
        widths = [self.column_width * w / sum(weights) for w in weights]
        cells = [
            [
                self.break_lines(cell, width - 2 * pad, size, int(r == 0 and ruled))
                for cell, width in zip(row, widths, strict=True)
            ]
            for r, row in enumerate(rows)
        ]
        heights = [max(len(cell) for cell in row) * leading + (7.0 if ruled else 4.0) for row in cells]
        self.need(sum(heights) + 8)
        self.y += 4
        top = self.y
        for r, row in enumerate(cells):
            x = self.left
            for cell, width in zip(row, widths, strict=True):
                for i, line in enumerate(cell):
                    self.set_line(
                        line, x + pad, self.y + 2 + (i + 0.85) * leading, width, size, int(r == 0 and ruled), False
                    )
                x += width
            self.y += heights[r]
        if ruled:
            edges = [top]
            for height in heights:
                edges.append(edges[-1] + height)
            for edge in edges:
                self.page.draw_line((self.left, edge), (self.left + self.column_width, edge), width=0.6)
            x = self.left
            for width in [0.0, *widths]:
                x += width
                self.page.draw_line((x, top), (x, self.y), width=0.6)
        self.y += 10

    def figure(self, caption: str) -> None:
        """A drawing of two curves in a frame, with its caption below."""
        height = 110.0
        self.need(height + 50)
        x0, y0 = self.left + 40, self.y + 6
        width = self.column_width - 80
        shape = self.page.new_shape()
        shape.draw_rect(pymupdf.Rect(x0, y0, x0 + width, y0 + height))
        for bend in (0.25, 0.75):
            shape.draw_bezier(
                (x0 + 4, y0 + height - 8),
                (x0 + width * 0.3, y0 + height * bend),
                (x0 + width * 0.6, y0 + height * (bend - 0.2)),
                (x0 + width - 4, y0 + height * (bend - 0.1) + 12),
            )
        shape.finish(width=0.8, closePath=False)
        shape.commit()
        self.y = y0 + height + 6
        self.flow(caption, size=self.style.size - 1.3, weight=2, justify=False, after=10)

    def footnote(self, text: str) -> None:
        """Sets a note at the foot of the current page and keeps its room free."""
        size = self.style.size - 2
        leading = size * 1.25
        lines = self.break_lines(text, self.column_width, size)
        height = leading * len(lines) + 8
        self.need(height + 4 * self.style.leading)
        self.floor -= height
        self.page.draw_line((self.left, self.floor + 3), (self.left + 90, self.floor + 3), width=0.4)
        for index, line in enumerate(lines):
            baseline = self.floor + 6 + (index + 0.85) * leading
            self.set_line(line, self.left, baseline, self.column_width, size, 0, False)

    def element(self, element: Element, previous: str) -> None:
        """Sets one element of the source."""
        if element.kind == "heading":
            self.heading(element.text, element.level)
        elif element.kind == "paragraph":
            indent = self.style.indent if previous == "paragraph" else 0.0
            self.flow(element.text, indent=indent)
        elif element.kind == "item":
            mark, text = element.text.split(" ", 1)
            self.need(self.style.leading)
            self.put(self.left + 4, self.y + self.style.leading * 0.75, "•" if mark == "-" else mark, self.style.size)
            self.flow(text, hanging=20.0, after=1.5)
        elif element.kind in {"table", "unruled"}:
            self.table(element.rows, element.kind == "table")
        elif element.kind == "figure":
            self.figure(element.text)
        elif element.kind == "footnote":
            self.footnote(element.text)
        elif element.kind == "page":
            self.new_page()
        elif element.kind == "columns":
            self.new_page()
            self.columns = 2
        elif element.kind == "end":
            self.columns = 1
            self.new_page()
        else:
            raise ValueError(f"unknown element {element.kind}")


def typeset(source: Path, style: Style) -> Setter:
    """A source file set into pages; the result's `document` is open and not yet saved."""
    setter = Setter(style=style)
    setter.new_page()
    previous = ""
    for element in parse(source):
        setter.element(element, previous)
        previous = element.kind
    setter.finish_page()
    return setter


def save(
    document: pymupdf.Document,
    target: Path,
    *,
    title: str,
    author: str,
    subject: str,
    outline: list[list[object]],
    date: str = "2024-03-01",
) -> None:
    """Writes a PDF with the given date and no random identifiers, fonts cut down to the glyphs in use."""
    moment = f"D:{date.replace('-', '')}090000Z"
    if outline:
        document.set_toc(outline)
    document.subset_fonts()
    document.set_metadata(
        {
            "title": title,
            "author": author,
            "subject": subject,
            "producer": "medpress sample_docs/make.py",
            "creator": "medpress sample_docs/make.py",
            "creationDate": moment,
            "modDate": moment,
        }
    )
    document.save(target, garbage=3, deflate=True, no_new_id=True)
