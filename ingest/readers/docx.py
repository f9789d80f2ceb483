"""Word documents (DOCX, ECMA-376): headings, paragraphs, lists, tables and notes in the order of the document.

A document is one page: where its pages break depends on the printer.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lxml import etree

from ingest import marks
from ingest.document import Block, Mark, Page, Probe, ReadOptions, UnreadableError
from ingest.page.markdown_table import Cell, markdown_table, spread
from ingest.readers.inline_text import clean_line
from ingest.safe_xml import local_name, parse_xml

MAX_PACKAGE_BYTES = 512 * 1024 * 1024
"""All parts of a document together, once unpacked."""
MAX_PART_RATIO = 300
"""A part that unpacks to more than this many times its packed size (and to megabytes) is a bomb."""

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_HEADING_STYLE = re.compile(r"^(?:heading|überschrift|titre|título|titolo|标题|標題|見出し)\s*(\d)$", re.IGNORECASE)
_LIST_STYLE = re.compile(r"^list(?: (bullet|number))?", re.IGNORECASE)
_SKIPPED = frozenset({"del", "moveFrom", "delText", "instrText", "Fallback", "rPr", "pPr", "drawing", "pict", "object",
                      "fldChar", "footnoteRef", "endnoteRef", "txbxContent", "sdtPr"})  # fmt: skip


class DocxReader:
    """Word documents."""

    name = "docx"

    def sniff(self, head: bytes, path: str) -> bool:
        """A package that holds a Word document, or one that is named .docx (it may be locked with a password)."""
        if head.startswith(b"PK\x03\x04") and b"word/document.xml" in head:
            return True
        return path.lower().endswith(".docx") and head.startswith((b"PK\x03\x04", _OLE))

    def probe(self, path: Path, options: ReadOptions) -> Probe:
        """The core properties; raises `UnreadableError`."""
        document = _open(path)
        try:
            properties = document.core_properties
            modified = properties.modified or properties.created
        except (ValueError, KeyError, AttributeError, etree.LxmlError):  # a damaged part that the text does not need
            return Probe(n_pages=1, warnings=("the document's properties are damaged",))
        authors = tuple(name.strip() for name in (properties.author or "").split(";") if name.strip())
        return Probe(
            n_pages=1,
            title=(properties.title or "").strip(),
            authors=() if authors == ("python-docx",) else authors,
            date=modified.date().isoformat() if modified else "",
            version=(properties.version or "").strip(),
            lang=(properties.language or "")[:2].lower(),
        )

    def read(self, path: Path, first: int, last: int, options: ReadOptions, mark: Mark) -> Iterator[Page]:
        """The one page."""
        if first > 1:
            return
        mark("page 1")
        document = _open(path)
        blocks = tuple(_DocumentWalk(document).blocks())
        if not blocks:
            raise UnreadableError("no-text", "The document has no text.")
        yield Page(page=1, route="docx", reason="DOCX", width=0.0, height=0.0, blocks=blocks)


def _open(path: Path) -> Any:
    """The python-docx document of a file whose size was checked."""
    import docx
    from docx.opc.exceptions import OpcError

    with open(path, "rb") as file:
        head = file.read(8)
    if head == _OLE:
        raise UnreadableError("encrypted", "The document is protected with a password, or an old .doc.")
    try:
        with zipfile.ZipFile(path) as archive:
            _check_size(archive)
        return docx.Document(str(path))
    except (zipfile.BadZipFile, EOFError, zlib.error, OSError, NotImplementedError) as error:
        raise UnreadableError(
            "truncated", f"The document is not a whole ZIP archive ({type(error).__name__})."
        ) from error
    except (OpcError, KeyError, ValueError, AttributeError, etree.LxmlError) as error:
        raise UnreadableError(
            "decode", f"The document is not one that Word could have written ({type(error).__name__})."
        ) from error


def _check_size(archive: zipfile.ZipFile) -> None:
    """Refuse bombs before python-docx unpacks everything. Sizes in the directory are enforced by zipfile on reading."""
    total = 0
    for info in archive.infolist():
        if info.flag_bits & 0x1:
            raise UnreadableError("encrypted", "The document's parts are encrypted.")
        total += info.file_size
        is_bomb = info.file_size > 16 * 1024 * 1024 and info.file_size > MAX_PART_RATIO * max(1, info.compress_size)
        if is_bomb or total > MAX_PACKAGE_BYTES:
            raise UnreadableError("too-large", f"The document unpacks to more than {MAX_PACKAGE_BYTES} bytes.")


class _DocumentWalk:
    """One pass over the body of a document."""

    def __init__(self, document: Any) -> None:
        self.document = document
        self.styles = {style.style_id: style for style in document.styles}
        self.numbered: dict[tuple[str, str], bool] = {}
        self.counters: dict[tuple[str, int], int] = {}
        self.items: list[str] = []
        self.habit = marks.habit(_text(paragraph) for paragraph in document.element.body.iter(f"{_W}p"))

    def blocks(self) -> Iterator[Block]:
        yield from self._container(self.document.element.body)
        yield from self._close_list()
        yield from self._notes()

    def _container(self, container: etree._Element) -> Iterator[Block]:
        for child in container:
            name = local_name(child)
            if name == "p":
                yield from self._paragraph(child)
            elif name == "tbl":
                yield from self._close_list()
                text = markdown_table(spread(self._rows(child)))
                if text:
                    yield Block("table", text)
            elif name in ("sdt", "sdtContent", "ins", "moveTo", "customXml", "smartTag"):
                yield from self._container(child)

    def _close_list(self) -> Iterator[Block]:
        if self.items:
            yield Block("list", "\n".join(self.items))
            self.items = []

    def _line(self, paragraph: etree._Element) -> str:
        return clean_line(marks.written(marks.from_characters(_text(paragraph)), self.habit))

    def _paragraph(self, paragraph: etree._Element) -> Iterator[Block]:
        text = self._line(paragraph)
        if not text:
            return
        level = self._heading_level(paragraph)
        item = self._list_item(paragraph) if not level else None
        if item is not None:
            self.items.append(f"{item} {text}")
        else:
            yield from self._close_list()
            kind = "caption" if self._style_name(paragraph).lower() in ("caption", "题注") else "paragraph"
            if not level and all(local_name(child) in ("pPr", "oMathPara") for child in paragraph):
                kind = "formula"
            yield Block("heading", text, level=level) if level else Block(kind, text)
        for box in paragraph.iter(f"{_W}txbxContent"):
            if not any(local_name(ancestor) == "Fallback" for ancestor in box.iterancestors()):
                yield from self._close_list()
                yield from self._container(box)

    def _style_name(self, paragraph: etree._Element) -> str:
        style = paragraph.find(f"{_W}pPr/{_W}pStyle")
        found = self.styles.get(style.get(f"{_W}val", "")) if style is not None else None
        return str(found.name or "") if found is not None else ""

    def _heading_level(self, paragraph: etree._Element) -> int:
        outline = paragraph.find(f"{_W}pPr/{_W}outlineLvl")
        if outline is not None and outline.get(f"{_W}val", "9").isdecimal() and int(outline.get(f"{_W}val", "9")) < 9:
            return min(6, int(outline.get(f"{_W}val", "0")) + 1)
        style = paragraph.find(f"{_W}pPr/{_W}pStyle")
        found = self.styles.get(style.get(f"{_W}val", "")) if style is not None else None
        for _ in range(10):  # a style may be based on another, and so on
            if found is None:
                return 0
            name = str(found.name or "")
            if match := _HEADING_STYLE.match(name):
                return max(1, min(6, int(match.group(1))))
            if name.lower() == "title":
                return 1
            level = found.element.find(f"{_W}pPr/{_W}outlineLvl")
            if level is not None and level.get(f"{_W}val", "9").isdecimal() and int(level.get(f"{_W}val", "9")) < 9:
                return min(6, int(level.get(f"{_W}val", "0")) + 1)
            found = getattr(found, "base_style", None)
        return 0

    def _list_item(self, paragraph: etree._Element) -> str | None:
        """`- ` or `2. ` with its indentation, when the paragraph is an item of a list."""
        properties = paragraph.find(f"{_W}pPr/{_W}numPr")
        style = self._style_name(paragraph)
        by_style = _LIST_STYLE.match(style)
        if properties is None and by_style is None:
            return None
        number = level = ""
        if properties is not None:
            number = _value(properties, "numId")
            level = _value(properties, "ilvl") or "0"
            if number == "0":  # numbering taken away
                return None
        depth = int(level) if level.isdecimal() else 0
        if by_style is not None and by_style.group(1):
            ordered = by_style.group(1).lower() == "number"
        else:
            ordered = self._is_numbered(number, str(depth))
        if not self.items:
            self.counters.clear()
        for deeper in [key for key in self.counters if key[1] > depth]:
            del self.counters[deeper]
        count = self.counters[number or style, depth] = self.counters.get((number or style, depth), 0) + 1
        return f"{'  ' * min(depth, 6)}{f'{count}.' if ordered else '-'}"

    def _is_numbered(self, number: str, level: str) -> bool:
        """Whether a numbering definition counts at a level, rather than drawing bullets."""
        if (number, level) not in self.numbered:
            ordered = False
            try:
                root = self.document.part.numbering_part.element
            except (KeyError, NotImplementedError, AttributeError):
                root = None
            if root is not None:
                abstract = next(
                    (
                        _value(num, "abstractNumId")
                        for num in root.iterfind(f"{_W}num")
                        if num.get(f"{_W}numId") == number
                    ),
                    "",
                )
                for definition in root.iterfind(f"{_W}abstractNum"):
                    if definition.get(f"{_W}abstractNumId") == abstract:
                        for entry in definition.iterfind(f"{_W}lvl"):
                            if entry.get(f"{_W}ilvl") == level:
                                ordered = _value(entry, "numFmt") not in ("bullet", "none", "")
            self.numbered[number, level] = ordered
        return self.numbered[number, level]

    def _rows(self, table: etree._Element) -> list[list[Cell]]:
        """Rows of cells; a cell merged downwards repeats the text above it."""
        rows: list[list[Cell]] = []
        above: dict[int, str] = {}
        for row in table.iterfind(f"{_W}tr"):
            cells: list[Cell] = []
            column = 0
            for cell in row.iter(f"{_W}tc"):
                if next(cell.iterancestors(f"{_W}tr"), None) is not row:
                    continue  # of a table within this one
                width_text = _value(cell.find(f"{_W}tcPr"), "gridSpan")
                width = int(width_text) if width_text.isdecimal() and len(width_text) < 4 else 1
                merge = cell.find(f"{_W}tcPr/{_W}vMerge")
                text = " ".join(filter(None, (self._line(part) for part in cell.iter(f"{_W}p"))))
                if merge is not None and merge.get(f"{_W}val") != "restart":
                    text = above.get(column, text)
                above[column] = text
                cells.append(Cell(text, width))
                column += width
            rows.append(cells)
        return rows

    def _notes(self) -> Iterator[Block]:
        """Footnotes and endnotes, which Word keeps in parts of their own."""
        for relation in self.document.part.rels.values():
            if relation.is_external or relation.reltype.rpartition("/")[2] not in ("footnotes", "endnotes"):
                continue
            for note in parse_xml(relation.target_part.blob):
                if note.get(f"{_W}type") in (None, "normal"):
                    text = " ".join(filter(None, (self._line(part) for part in note.iter(f"{_W}p"))))
                    if text:
                        yield Block("footnote", text)


def _value(element: etree._Element | None, name: str) -> str:
    found = element.find(f"{_W}{name}") if element is not None else None
    return found.get(f"{_W}val", "") if found is not None else ""


def _text(element: etree._Element) -> str:
    """The text of a paragraph as it reads now: without deleted runs, field codes and drawings."""
    text = ""
    for child in element:
        name = local_name(child)
        if name in _SKIPPED:
            continue
        if name == "t":
            text += child.text or ""
        elif name in ("tab", "br", "cr", "ptab"):
            text += " "
        elif name in ("noBreakHyphen", "softHyphen"):
            text += "-" if name == "noBreakHyphen" else ""
        elif name == "r":
            text += _wrapped(child.find(f"{_W}rPr"), _text(child))
        elif name in ("oMath", "oMathPara"):
            text += " ".join("".join(part.text or "" for part in child.iter("{*}t")).split())
        else:
            text += _text(child)
    return text


def _wrapped(properties: etree._Element | None, text: str) -> str:
    """A run's text, wrapped when it is raised or lowered."""
    height, points = _value(properties, "vertAlign"), _value(properties, "position")
    if height == "superscript" or re.fullmatch(r"[1-9]\d?", points):
        return marks.raised(text)
    return marks.lowered(text) if height == "subscript" or re.fullmatch(r"-[1-9]\d?", points) else text
