"""Word documents (DOCX and its kin, ECMA-376), read as Word shows them: numbers, boxes, controls, notes, in their order.

A document is one page: where its pages break depends on the printer. What is hidden, struck out or deleted is left out and
counted. Pictures that show text are read by OCR.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from lxml import etree

from ingest.conservation import compare
from ingest.document import Block, Mark, Page, Probe, ReadOptions, UnreadableError
from ingest.formula.latex import characters as formula_characters
from ingest.formula.latex import written as formula_text
from ingest.formula.omml import read_omml
from ingest.left_out import (
    COMMENT,
    DELETED,
    FIELD_CODE,
    FOOTER,
    HEADER,
    HIDDEN,
    PLACEHOLDER,
    READING_AID,
    STRUCK_OUT,
    LeftOut,
    told,
)
from ingest.marks import Habit, from_characters, habit, lowered, raised, without_wraps, written
from ingest.page.markdown_table import Cell, table_block
from ingest.readers.html_blocks import BlockWalk, merged_lists
from ingest.readers.html_bounds import bounded_tree
from ingest.readers.html_shown import settle
from ingest.readers.inline_text import clean_line
from ingest.readers.pictures import may_be_scan, scanned_blocks
from ingest.readers.shown_text import made_in
from ingest.readers.word_fields import UNKNOWN, Field, shown_by
from ingest.readers.word_numbering import BULLET, Numbering
from ingest.readers.word_package import OLE, Package, child, core_properties, flag, number, open_package, value
from ingest.readers.word_styles import NO_HEADING, Styles
from ingest.readers.written_numbers import written_number
from ingest.safe_xml import children, local_name
from ingest.symbol_fonts import PRIVATE, is_symbol_font, symbol
from medpress.encoding import decode, decode_markup

MAX_DEPTH = 60
"""Elements nested deeper than this are taken as their text: no program writes such documents."""
MAX_CHUNK_DEPTH = 2
"""Documents brought in whole may bring in others, this deep."""
EMU_PER_INCH = 914_400

_ENDINGS = (".docx", ".docm", ".dotx", ".dotm")
_MAIN_PART = b"word/document"
_IN_LINE = frozenset({"hyperlink", "smartTag", "ins", "moveTo", "bdo", "dir", "sdtContent", "customXml", "fldSimple", "rubyBase", "subDoc"})  # fmt: skip
_AROUND = frozenset({"sdtContent", "ins", "moveTo", "customXml", "smartTag"})
_LIST_STYLE = re.compile(r"^list (bullet|number)(?: \d)?$")
_CAPTIONS = frozenset({"caption", "题注"})
_VML_LENGTH = re.compile(r"(width|height)\s*:\s*([\d.]+)(pt|in|px|cm|mm)?")
_POINTS = {"pt": 1.0, "in": 72.0, "px": 0.75, "cm": 28.35, "mm": 2.835, None: 1.0}


class DocxReader:
    """Word documents."""

    name = "docx"

    def sniff(self, head: bytes, path: str) -> bool:
        """A package that holds a Word document, or one that is named so (it may be locked with a password)."""
        if head.startswith(b"PK\x03\x04") and _MAIN_PART in head:
            return True
        return path.lower().endswith(_ENDINGS) and head.startswith((b"PK\x03\x04", OLE))

    def probe(self, path: Path, options: ReadOptions) -> Probe:
        """The core properties; raises `UnreadableError`."""
        package = open_package(path)
        with package.archive:
            return core_properties(package)

    def read(self, path: Path, first: int, last: int, options: ReadOptions, mark: Mark) -> Iterator[Page]:
        """The one page."""
        if first > 1:
            return
        mark("page 1")
        package = open_package(path)
        with package.archive:
            walk = _Walk(package, options, mark)
            blocks = walk.blocks()
            if not blocks:
                raise UnreadableError("no-text", "The document has no text.")
            texts = [formula_characters(block.text) for block in blocks]
            conservation = compare(walk.source(), texts, walk.left_out, made_in(blocks))
        held = (f"{count} {what}{'s' if count > 1 else ''}" for what, count in walk.told.items())
        reason = "; ".join(["DOCX", *held, *told(walk.left_out)])
        yield Page(1, "docx", reason, 0.0, 0.0, blocks, conservation=conservation)


@dataclass(frozen=True, slots=True)
class _Table:
    """A table whose cells have not got the written form of their marks yet."""

    rows: tuple[tuple[Cell, ...], ...]


_Piece = Block | _Table


@dataclass(slots=True)
class _Line:
    """What a paragraph holds."""

    text: str = ""
    boxes: list[etree._Element] = field(default_factory=list)
    scans: list[Block] = field(default_factory=list)
    points: list[str] = field(default_factory=list)
    """Of a diagram."""
    formulas: list[str] = field(default_factory=list)
    """Those among the text, as they are set on lines of their own."""
    has_words: bool = False
    """Whether anything but formulas stands in it."""
    left_out: bool = False
    """Whether anything in it is not shown."""


class _Walk:
    """One pass over a document."""

    def __init__(self, package: Package, options: ReadOptions, mark: Mark, depth: int = 0) -> None:
        self.package = package
        self.options = options
        self.mark = mark
        self.depth = depth
        self.left_out: LeftOut = {}
        self.made: list[
            str
        ] = []  # shown, without being text of the file: numbers, marks, what was recognised or brought in
        self.told: Counter[str] = Counter()
        self.part = package.main
        self.styles = Styles(self._linked("styles"))
        self.numbering = Numbering(self._linked("numbering"), self.styles)
        self.root = package.xml(package.main)
        self.fields: list[Field] = []
        self.items: list[str] = []
        self.by_style: Counter[str] = Counter()
        self.notes: dict[tuple[str, str], str] = {}
        self.pictures = 0
        self.chunks: set[str] = set()

    def _linked(self, kind: str) -> etree._Element | None:
        for name in self.package.linked(kind):
            return self.package.xml(name)
        return None

    def blocks(self) -> tuple[Block, ...]:
        """All blocks, the notes at the end."""
        body = child(self.root, "body")
        pieces = list(self._closed(body)) if body is not None else []
        pieces += self._notes("footnote") + self._notes("endnote")
        self._count_parts()
        custom = habit(_texts(pieces))
        return tuple(block for block in (_finished(piece, custom) for piece in pieces) if block.text)

    def _count_parts(self) -> None:
        """What stands in parts that are not read: above and below each page, and in remarks."""
        for kind, reason in (("header", HEADER), ("footer", FOOTER), ("comments", COMMENT)):
            for name in self.package.linked(kind):
                try:
                    self._leave_out(self.package.xml(name), reason)
                except UnreadableError:
                    self.told["damaged part"] += 1

    # --- blocks

    def _closed(self, container: etree._Element, depth: int = 0) -> Iterator[_Piece]:
        """The pieces of a container whose lists neither go on from outside nor go on there."""
        before, self.items = self.items, []
        yield from self._container(container, depth)
        yield from self._close_list()
        self.items = before

    def _container(self, container: etree._Element, depth: int) -> Iterator[_Piece]:
        if depth > MAX_DEPTH:
            yield from _plain_paragraph(container)
            return
        for each in children(container):
            name = local_name(each)
            if name == "p":
                yield from self._paragraph(each, depth)
            elif name == "tbl":
                yield from self._close_list()
                yield from self._table(each, depth)
            elif name in _AROUND:
                yield from self._container(each, depth + 1)
            elif name == "sdt":
                content = self._control(each)
                if content is not None:
                    yield from self._container(content, depth + 1)
            elif name == "AlternateContent":
                chosen = _alternative(each)
                if chosen is not None:
                    yield from self._container(chosen, depth + 1)
            elif name == "altChunk":
                yield from self._close_list()
                yield from self._chunk(each)
            elif name in ("del", "moveFrom"):
                self._leave_out(each, DELETED)

    def _close_list(self) -> Iterator[Block]:
        if self.items:
            yield Block("list", "\n".join(self.items))
            self.items = []

    def _control(self, control: etree._Element) -> etree._Element | None:
        """What a content control holds; nothing when it shows only what to enter."""
        content = child(control, "sdtContent")
        if flag(child(control, "sdtPr"), "showingPlcHdr") and content is not None:
            self._leave_out(content, PLACEHOLDER)
            return None
        return content

    def _paragraph(self, paragraph: etree._Element, depth: int) -> Iterator[_Piece]:
        properties = child(paragraph, "pPr")
        style = value(properties, "pStyle")
        line = _Line()
        self._inline(paragraph, line, style, depth)
        text = clean_line(line.text)
        place = self.numbering.place(properties, style)
        label = self.numbering.label(place) if place is not None and (text or not line.left_out) else ""
        if label != BULLET and text:
            self.made.append(label)
        if text:
            yield from self._text_block(text, line, properties, style, label, place.level if place else 0)
        if line.points:
            yield from self._close_list()
            yield Block("list", "\n".join(f"- {point}" for point in line.points))
        if line.boxes or line.scans:
            yield from self._close_list()
        for box in line.boxes:
            yield from self._closed(box, depth + 1)
        yield from line.scans

    def _text_block(
        self, text: str, line: _Line, properties: etree._Element | None, style: str, label: str, depth: int
    ) -> Iterator[_Piece]:
        level = self._heading_level(properties, style)
        if level:
            yield from self._close_list()
            yield Block("heading", f"{label} {text}" if label not in ("", BULLET) else text, level=level)
            return
        if not label and child(properties, "numPr") is None:
            label, depth = self._label_of_style(style)
        if label:
            self.items.append(f"{'  ' * min(depth, 6)}{label} {text}")
            return
        yield from self._close_list()
        if line.formulas and not line.has_words:
            yield Block("formula", "\n".join(line.formulas))
        else:
            yield Block("caption" if self.styles.name(style) in _CAPTIONS else "paragraph", text)

    def _heading_level(self, properties: etree._Element | None, style: str) -> int:
        given = value(properties, "outlineLvl")
        if given:
            level = number(given, NO_HEADING)
            return min(6, level + 1) if 0 <= level < NO_HEADING else 0
        return self.styles.heading_level(style)

    def _label_of_style(self, style: str) -> tuple[str, int]:
        """The label that the built-in list styles stand for where the document does not define them."""
        match = _LIST_STYLE.match(self.styles.name(style))
        if match is None:
            return "", 0
        if match.group(1) == "bullet":
            return BULLET, 0
        if not self.items:
            self.by_style.clear()
        self.by_style[style] += 1
        self.made.append(f"{self.by_style[style]}.")
        return self.made[-1], 0

    def _chunk(self, element: etree._Element) -> Iterator[Block]:
        """A whole document of another format that was put in (`altChunk`)."""
        link = next((text for name, text in element.attrib.items() if name.endswith("}id")), "")
        relation = self.package.links(self.part).get(link)
        if relation is None or relation.external:
            return
        if relation.target in self.chunks:  # a file of two kilobytes could be a book a thousand times
            self.told["repeated part"] += 1
            return
        self.chunks.add(relation.target)
        try:
            raw = self.package.part(relation.target)
            if raw.startswith(b"PK") and self.depth < MAX_CHUNK_DEPTH:
                inner = open_package(io.BytesIO(raw))
                with inner.archive:
                    walk = _Walk(inner, self.options, self.mark, self.depth + 1)
                    yield from walk.blocks()
                self.made.append(walk.source())
                _add(self.left_out, walk.left_out)
                self.told.update(walk.told)
            elif raw.lstrip()[:1] == b"<":
                tree = bounded_tree(decode_markup(raw).text)
                _add(self.left_out, left_out := settle(tree, []))
                found = merged_lists([each.block for each in BlockWalk().walk(tree)])
                self.made += [block.text for block in found] + [text for texts in left_out.values() for text in texts]
                yield from found
            elif raw.startswith((b"{\\rtf", b"PK", b"MIME-Version")):
                self.told["embedded file"] += 1
            else:
                for paragraph in re.split(r"\n\s*\n", decode(raw).text.replace("\r\n", "\n")):
                    if text := clean_line(without_wraps(paragraph)):
                        self.made.append(text)
                        yield Block("paragraph", text)
        except (UnreadableError, etree.LxmlError, ValueError):
            self.told["damaged part"] += 1

    # --- tables

    def _table(self, table: etree._Element, depth: int) -> Iterator[_Piece]:
        rows = [self._cells(row) for row in self._rows(table, depth)]
        if rows and all(len(cells) == 1 for cells in rows):  # a frame around what it holds
            for cells in rows:
                yield from self._closed(cells[0][0], depth + 1)
            return
        filled: list[list[Cell]] = []
        open_cells: dict[int, tuple[int, int]] = {}  # column -> row and index of the cell that goes on downwards
        for row, cells in zip(self._rows(table, depth, count=False), rows, strict=True):
            line: list[Cell] = []
            column = 0
            going_on: dict[int, tuple[int, int]] = {}
            before = number(value(row, "trPr", "gridBefore"))
            if 0 < before < 100:
                line.append(Cell("", before))
                column += before
            for cell, width in cells:
                merge = child(cell, "tcPr", "vMerge")
                continues = merge is not None and value(merge) != "restart"
                if continues and column in open_cells:
                    above, index = open_cells[column]
                    filled[above][index] = replace(filled[above][index], rows=filled[above][index].rows + 1)
                    going_on[column] = open_cells[column]
                else:
                    line.append(Cell(self._cell_text(cell, depth), width))
                    if merge is not None:
                        going_on[column] = (len(filled), len(line) - 1)
                column += width
            filled.append(line)
            open_cells = going_on
        yield _Table(tuple(tuple(line) for line in filled))

    def _rows(self, table: etree._Element, depth: int, *, count: bool = True) -> Iterator[etree._Element]:
        for each in children(table):
            name = local_name(each)
            if name == "tr":
                properties = child(each, "trPr")
                gone = child(properties, "del") is not None
                if gone or flag(properties, "hidden"):
                    if count:
                        self._leave_out(each, DELETED if gone else HIDDEN)
                else:
                    yield each
            elif depth < MAX_DEPTH and name in (*_AROUND, "sdt"):
                yield from self._rows(each, depth + 1, count=count)

    def _cells(self, row: etree._Element) -> list[tuple[etree._Element, int]]:
        """The cells of a row, with how many columns each spans."""
        found: list[tuple[etree._Element, int]] = []
        for each in children(row):
            if local_name(each) == "tc":
                width = number(value(each, "tcPr", "gridSpan"), 1)
                merge = value(each, "tcPr", "hMerge")
                if child(each, "tcPr", "hMerge") is not None and merge != "restart" and found:  # Word 97's way
                    found[-1] = (found[-1][0], found[-1][1] + 1)
                else:
                    found.append((each, min(max(width, 1), 1000)))
            elif local_name(each) in (*_AROUND, "sdt") and len(found) < 1000:
                found += self._cells(each)
        return found

    def _cell_text(self, cell: etree._Element, depth: int) -> str:
        return " ".join(filter(None, (_in_cell(piece) for piece in self._closed(cell, depth + 1))))

    # --- lines

    def _inline(self, element: etree._Element, line: _Line, style: str, depth: int) -> None:
        if depth > MAX_DEPTH:
            line.text += "".join(text.text or "" for text in element.iter("{*}t"))
            return
        for each in children(element):
            name = local_name(each)
            if name == "r":
                self._run(each, line, style, depth)
            elif name in _IN_LINE:
                self._inline(each, line, style, depth + 1)
            elif name == "sdt":
                content = self._control(each)
                if content is not None:
                    self._inline(content, line, style, depth + 1)
            elif name in ("del", "moveFrom"):
                self._leave_out(each, DELETED)
                line.left_out = True
            elif name == "oMath":
                self._formula(each, line, style)
            elif name == "oMathPara":
                for formula in children(each, "oMath"):
                    self._formula(formula, line, style)
            elif name == "AlternateContent":
                chosen = _alternative(each)
                if chosen is not None:
                    self._inline(chosen, line, style, depth + 1)

    def _formula(self, element: etree._Element, line: _Line, style: str) -> None:
        tree = read_omml(element, lambda run: self._math_run(run, style))
        text = formula_text(tree)
        if text:
            apart = " " if line.formulas and not line.has_words else ""
            line.text += f"{apart}{text}"
            line.formulas.append(formula_text(tree, display=True))

    def _math_run(self, run: etree._Element, style: str) -> str:
        inner = _Line()
        self._run(run, inner, style, 0)
        return without_wraps(inner.text)

    def _is_shown(self) -> bool:
        return all(opened.in_result for opened in self.fields)

    def _run(self, run: etree._Element, line: _Line, style: str, depth: int) -> None:
        properties = next((each for each in children(run, "rPr") if child(each, "sty") is None), None)
        reason = ""
        if self.styles.is_on("vanish", properties, style):
            reason = HIDDEN
        elif self.styles.is_on("strike", properties, style) or self.styles.is_on("dstrike", properties, style):
            reason = STRUCK_OUT
        text = self._run_text(run, line, properties, style, depth, bool(reason))
        if not text:
            return
        if reason:
            self.left_out.setdefault(reason, []).append(without_wraps(text))
            line.left_out = True
            return
        if self.styles.is_on("caps", properties, style) or self.styles.is_on("smallCaps", properties, style):
            text = "".join(c if c == "µ" else c.upper() for c in text)  # the micro sign is no letter of a word
        height = self.styles.alignment(properties, style)
        if height == "superscript":
            text = raised(text)
        elif height == "subscript":
            text = lowered(text)
        elif not text.isascii():
            text = from_characters(text)
        line.text += text
        line.has_words = line.has_words or bool(text.strip())

    def _run_text(
        self, run: etree._Element, line: _Line, properties: etree._Element | None, style: str, depth: int, hidden: bool
    ) -> str:
        font = self.styles.font(properties, style)
        named = is_symbol_font(font)
        text = ""
        for each in children(run):
            name = local_name(each)
            if name == "fldChar":
                text += self._field(each)
            elif name == "instrText":
                if self.fields:
                    self.fields[-1].code.append(each.text or "")
            elif not self._is_shown():
                if name == "t":
                    self.left_out.setdefault(FIELD_CODE, []).append(without_wraps(each.text or ""))
            elif name == "t":
                text += _drawn(without_wraps(each.text or ""), font if named else "")
            elif name == "sym":
                text += _symbol(value(each, of="font"), value(each, of="char"))
            elif name in ("tab", "br", "cr", "ptab"):
                text += " "
            elif name == "noBreakHyphen":
                text += "-"
            elif name in ("footnoteReference", "endnoteReference"):
                text += self._reference(each, name.removesuffix("Reference"), hidden)
            elif name == "ruby":
                base, reading = child(each, "rubyBase"), child(each, "rt")
                if base is not None:
                    inner = _Line()
                    self._inline(base, inner, style, depth + 1)
                    text += inner.text
                if reading is not None:
                    self._leave_out(reading, READING_AID)
            elif name in ("drawing", "pict", "object", "AlternateContent"):
                self._drawing(each, line, depth)
        return text

    def _field(self, sign: etree._Element) -> str:
        """Take note of a field's begin, middle or end; returns what it shows beyond its result."""
        kind = value(sign, of="fldCharType")
        if kind == "begin":
            if len(self.fields) < MAX_DEPTH:
                self.fields.append(Field(sign))
        elif kind == "separate" and self.fields:
            self.fields[-1].in_result = True
        elif kind == "end" and self.fields:
            closed = self.fields.pop()
            self.made.append(shown_by(closed) if self._is_shown() else "")
            return self.made[-1]
        return ""

    def _reference(self, sign: etree._Element, kind: str, hidden: bool) -> str:
        """The mark of a note where it is referred to, counted in the order of the text."""
        key = (kind, value(sign, of="id"))
        if hidden or value(sign, of="customMarkFollows") in ("1", "true", "on"):
            return ""
        if key not in self.notes:
            format_ = "lowerRoman" if kind == "endnote" else "decimal"
            for section in self.root.iter("{*}sectPr"):
                format_ = value(section, f"{kind}Pr", "numFmt") or format_
            count = 1 + sum(1 for known, _ in self.notes if known == kind)
            self.notes[key] = written_number(count, format_)
        self.made.append(f"[{self.notes[key]}]")
        return self.made[-1]

    # --- what is drawn

    def _drawing(self, element: etree._Element, line: _Line, depth: int) -> None:
        """Text boxes, diagrams, charts and pictures in a run."""
        if local_name(element) == "AlternateContent":
            chosen = _alternative(element)
            if chosen is not None:
                for each in children(chosen):
                    self._drawing(each, line, depth)
            return
        waiting = [element]
        shown: tuple[float, float] | None = None
        while waiting:
            each = waiting.pop()
            name = local_name(each)
            if name == "txbxContent":
                line.boxes.append(each)
                continue
            if name == "AlternateContent":
                chosen = _alternative(each)
                waiting.extend([chosen] if chosen is not None else [])
                continue
            if name == "extent":
                shown = (number(each.get("cx", ""), 0) / EMU_PER_INCH, number(each.get("cy", ""), 0) / EMU_PER_INCH)
            elif name == "shape":
                shown = _vml_size(each.get("style", "")) or shown
            elif name == "blip":
                self._picture(_attribute(each, "embed"), shown, line)
            elif name == "imagedata" and local_name(element) == "pict":
                self._picture(_attribute(each, "id"), shown, line)
            elif name == "chart":
                self.told["chart"] += 1
            elif name == "OLEObject":
                self.told["embedded file"] += 1
            elif name == "relIds":
                line.points += self._diagram(_attribute(each, "dm"))
            waiting.extend(reversed(list(children(each))))

    def _diagram(self, link: str) -> list[str]:
        """The texts of a diagram (SmartArt), in the order of its points."""
        relation = self.package.links(self.part).get(link)
        if relation is None or relation.external:
            return []
        try:
            root = self.package.xml(relation.target)
        except UnreadableError:
            self.told["damaged part"] += 1
            return []
        texts = (clean_line("".join(t.text or "" for t in point.iter("{*}t"))) for point in root.iter("{*}pt"))
        points = [without_wraps(text) for text in texts if text and re.search(r"\w", text)]
        self.made += points
        return points

    def _picture(self, link: str, shown: tuple[float, float] | None, line: _Line) -> None:
        relation = self.package.links(self.part).get(link)
        if relation is None or relation.external or not self._is_shown():
            return
        try:
            raw = self.package.part(relation.target)
        except UnreadableError:
            self.told["damaged part"] += 1
            return
        if not may_be_scan(raw, shown):
            return
        if self.options.ocr == "never":
            self.told["picture that may hold text, as OCR is off,"] += 1
            return
        self.pictures += 1
        self.mark(f"page 1, picture {self.pictures}")
        blocks = scanned_blocks(raw, shown, self.options)
        if blocks:
            self.told["picture read by OCR"] += 1
            line.scans += blocks
            self.made += [block.text for block in blocks]

    # --- notes, and what is left out

    def _notes(self, kind: str) -> list[_Piece]:
        """Footnotes or endnotes, which Word keeps in a part of their own: those referred to in that order, then the rest."""
        pieces: list[_Piece] = []
        for name in self.package.linked(f"{kind}s"):
            before, self.part = self.part, name
            texts: dict[str, str] = {}
            for note in children(self.package.xml(name), kind):
                if value(note, of="type") in ("", "normal"):
                    texts[value(note, of="id")] = " ".join(filter(None, map(_in_cell, self._closed(note))))
            self.part = before
            labels = {key: label for (of, key), label in self.notes.items() if of == kind}
            for key in [*(key for key in labels if key in texts), *(key for key in texts if key not in labels)]:
                if texts[key]:
                    self.made.append(labels.get(key, ""))
                    pieces.append(Block("footnote", f"[{labels[key]}] {texts[key]}" if key in labels else texts[key]))
        return pieces

    def _leave_out(self, element: etree._Element, reason: str) -> None:
        self.left_out.setdefault(reason, []).append(_written_in(element))

    def source(self) -> str:
        """The file's own text, what Word makes of it included: what the blocks and what is left out are compared with."""
        parts = [self.root]
        for kind in ("footnotes", "endnotes", "header", "footer", "comments"):
            for name in self.package.linked(kind):
                with suppress(UnreadableError):
                    parts.append(self.package.xml(name))
        return "\n".join([*self.made, *(_written_in(part, self.styles) for part in parts)])


def _add(left_out: LeftOut, more: LeftOut) -> None:
    for reason, parts in more.items():
        left_out.setdefault(reason, []).extend(parts)


def _written_in(element: etree._Element, styles: Styles | None = None) -> str:
    """All text of an element, a line a paragraph; once where it is written twice. With `styles`, in capitals where it is shown so."""
    parts: list[str] = []
    looks: dict[etree._Element, _Look] = {}
    paragraph_styles: dict[etree._Element | None, str] = {}
    for each in element.iter("{*}p", "{*}t", "{*}delText", "{*}sym", "{*}tab", "{*}br", "{*}Fallback"):
        name = local_name(each)
        if name in ("p", "tab", "br"):
            parts.append("\n")
        elif name == "sym":
            parts.append(_symbol(value(each, of="font"), value(each, of="char")))
        elif name != "Fallback" and each.text and next(each.iterancestors("{*}Fallback"), None) is None:
            if styles is None:
                parts.append(each.text)
                continue
            run = each.getparent()
            if run not in looks:  # asked once a run and a paragraph, each of which may have any number of parts
                paragraph = next(each.iterancestors("{*}p"), None)
                if paragraph not in paragraph_styles:
                    paragraph_styles[paragraph] = value(child(paragraph, "pPr"), "pStyle")
                looks[run] = _look(run, paragraph_styles[paragraph], styles)
            parts.append(_as_shown(each.text, looks[run]))
    return "".join(parts)


class _Look(NamedTuple):
    """How the text of a run is shown."""

    font: str
    """Of symbols; else empty."""
    capitals: bool
    void: bool
    """Whether it is hidden or struck out."""


def _look(run: etree._Element | None, style: str, styles: Styles) -> _Look:
    properties = child(run, "rPr")
    font = styles.font(properties, style)
    capitals, void = (
        any(styles.is_on(name, properties, style) for name in names)
        for names in (("caps", "smallCaps"), ("vanish", "strike", "dstrike"))
    )
    return _Look(font if is_symbol_font(font) else "", capitals, void)


def _as_shown(text: str, look: _Look) -> str:
    """A run's text in its font and in capitals where it is shown so."""
    shown = _drawn(text, look.font)
    if look.capitals:
        shown = "".join(c if c == "µ" else c.upper() for c in shown)
    return f"\n{shown}\n" if look.void else shown  # it is no part of the word beside it


def _attribute(element: etree._Element, name: str) -> str:
    """An attribute by its local name."""
    return next((text for key, text in element.attrib.items() if key.rpartition("}")[2] == name), "")


def _alternative(element: etree._Element) -> etree._Element | None:
    """Of what is written twice, for newer and for older programs, the newer."""
    chosen = child(element, "Choice")
    return child(element, "Fallback") if chosen is None or not len(chosen) else chosen


def _vml_size(style: str) -> tuple[float, float] | None:
    sizes = {
        name: float(size) * _POINTS[unit or None] / 72
        for name, size, unit in _VML_LENGTH.findall(style[:500])
        if size.count(".") < 2 and size.strip(".")
    }
    return (sizes["width"], sizes["height"]) if len(sizes) == 2 else None


def _symbol(font: str, code: str) -> str:
    """The character of a `sym` element."""
    try:
        value_ = int(code, 16)
    except ValueError:
        return UNKNOWN
    named = symbol(font, value_)
    if named is not None:
        return named
    return (
        UNKNOWN
        if PRIVATE - 0x1000 <= value_ <= 0xF8FF or not 32 <= value_ <= 0x10FFFF or 0xD800 <= value_ < 0xE000
        else chr(value_)
    )


def _drawn(text: str, font: str) -> str:
    """A run's text in a symbol font as what it draws; codes of the private area that nobody can name are marked."""
    if not font and text.isascii():
        return text
    out = []
    for character in text:
        code = ord(character)
        named = symbol(font, code) if font and (code < 0x100 or PRIVATE <= code <= PRIVATE + 0xFF) else None
        if named is None and PRIVATE <= code <= PRIVATE + 0xFF:
            named = symbol("Symbol", code) or UNKNOWN  # Word's own signs (Insert > Symbol) keep their codes in any font
        out.append(character if named is None else named)
    return "".join(out)


def _plain_paragraph(element: etree._Element) -> Iterator[Block]:
    text = clean_line(" ".join(without_wraps(text.text or "") for text in element.iter("{*}t")))
    if text:
        yield Block("paragraph", text)


def _in_cell(piece: _Piece) -> str:
    """A piece on one line: items with their labels, rows of a table as `name: value; name: value`."""
    if isinstance(piece, _Table):
        rows = ([cell.text for cell in row if cell.text] for row in piece.rows)
        return "; ".join(f"{row[0]}: {', '.join(row[1:])}" if len(row) > 1 else row[0] for row in rows if row)
    if piece.kind == "list":
        lines = (line.strip() for line in piece.text.split("\n"))
        return " ".join(f"• {line[2:]}" if line.startswith("- ") else line for line in lines)
    return piece.text


def _texts(pieces: Iterable[_Piece]) -> Iterator[str]:
    for piece in pieces:
        if isinstance(piece, _Table):
            yield from (cell.text for row in piece.rows for cell in row)
        else:
            yield piece.text


def _finished(piece: _Piece, custom: Habit) -> Block:
    if isinstance(piece, Block):
        return replace(piece, text=written(piece.text, custom))
    rows: Sequence[Sequence[Cell]] = [
        [replace(cell, text=written(cell.text, custom)) for cell in row] for row in piece.rows
    ]
    return table_block(rows)
