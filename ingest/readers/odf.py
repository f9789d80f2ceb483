"""OpenDocument files (ODF 1.3): a text is a page, and so is each slide of a presentation and each sheet of a workbook.

They are read as their program shows them: raised and struck-out text by its style, lists by theirs, notes behind the
paragraph that they are of, remarks and deletions left out and counted. Files in one XML (`.fodt`) are read too.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lxml import etree

from ingest.conservation import compare
from ingest.containers.archives import read_zip_member
from ingest.containers.compression import read_bounded
from ingest.document import Block, Mark, Page, Probe, ReadOptions, UnreadableError
from ingest.left_out import (
    COMMENT,
    DELETED,
    FOOTER,
    HIDDEN,
    METADATA,
    READING_AID,
    STRUCK_OUT,
    LeftOut,
    drop_all,
    leave_all_out,
    told,
)
from ingest.page.markdown_table import MAX_COLUMNS, MAX_SPAN, Cell
from ingest.readers.as_html import KIND, Names, blocks_as_html, call_as_html
from ingest.readers.inline_text import clean_line
from ingest.readers.sheet import BEYOND, MAX_CELLS, sheet_blocks
from ingest.readers.shown_text import DESCRIPTION, Markup, made_in, shown_text
from ingest.safe_xml import children, local_name, parse_xml, root_of

MAX_PART_BYTES = 128 * 1024 * 1024
"""No part of a file is larger once unpacked."""
MAX_RATIO = 300
"""A part that unpacks to more than this many times its packed size (and to megabytes) is a bomb."""
MAX_SPACES = 100
"""Spaces that one element may stand for."""

_NAMESPACE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
_KINDS = ("text", "presentation", "spreadsheet")
_MIME = b"application/vnd.oasis.opendocument."
_ENDINGS = (".odt", ".ott", ".odp", ".otp", ".ods", ".ots")
_INDEXES = ("table-of-content", "illustration-index", "table-index", "object-index", "user-index", "alphabetical-index")
_BESIDE = (
    dict.fromkeys(("annotation", "annotation-end"), COMMENT)
    | dict.fromkeys(("tracked-changes",), DELETED)
    | dict.fromkeys(("ruby-text",), READING_AID)
    | dict.fromkeys(("title", "desc"), DESCRIPTION)
    | dict.fromkeys(_INDEXES, METADATA)
    | dict.fromkeys(("forms", "header", "footer", "date-time-decl", "footer-decl", "header-decl"), FOOTER)
)
"""What nobody sees who reads the text, to the reason."""
_MARKUP = Markup(
    inline=frozenset({"a", "span", "bookmark", "bookmark-start", "bookmark-end", "bookmark-ref", "s", "sequence", "change", "change-start",
                      "change-end", "ruby", "ruby-base", "soft-page-break", "meta", "meta-field", "reference-mark", "reference-mark-start",
                      "reference-mark-end", "note", "note-citation", "reference-ref", "sequence-ref", "page-number", "date", "time"}),
    cells=frozenset({"table-cell"}),
    left_out=_BESIDE,
    silent=frozenset({"image", "object", "object-ole", "plugin", "scripts", "sequence-decls", "variable-decls", "user-field-decls", "binary-data"}),
)  # fmt: skip
_NAMES = Names(
    tags={"p": "p", "list": "ul", "ordered": "ol", "list-item": "li", "list-header": "li", "table": "table", "table-row": "tr",
          "table-cell": "td", "table-header-rows": "tbody", "table-rows": "tbody", "table-row-group": "tbody", "section": "div",
          "frame": "div", "text-box": "div", "text": "div", "page": "div", "notes": "div", "note-body": "div", "line-break": "br", "a": "a",
          "custom-shape": "div", "numbered-paragraph": "div", "struck": "s", "raised": "sup", "lowered": "sub"}
    | {f"heading{level}": f"h{level}" for level in range(1, 7)},
    sections=frozenset(),
    headings=frozenset(),
)  # fmt: skip


class OdfReader:
    """Texts, presentations and workbooks of OpenDocument."""

    name = "odf"

    def sniff(self, head: bytes, path: str) -> bool:
        """A package whose first entry names the media type, one that is named so, or the same in one XML."""
        if head.startswith(b"PK\x03\x04"):
            return _MIME in head[:200] or path.lower().endswith(_ENDINGS)
        root, namespace = root_of(head)
        return root == "document" and (namespace == _NAMESPACE or _NAMESPACE.encode() in head)

    def probe(self, path: Path, options: ReadOptions) -> Probe:
        """What the file says of itself, and how many pages it has; raises `UnreadableError`."""
        file = _open(path)
        meta = file.meta

        def first(name: str) -> str:
            found = next(meta.iter(f"{{*}}{name}"), None) if meta is not None else None
            return clean_line("".join(found.itertext())) if found is not None else ""

        author = first("initial-creator") or first("creator")
        date = first("date") or first("creation-date")
        return Probe(
            n_pages=len(file.pages()),
            title=first("title"),
            authors=(author,) if author else (),
            date=date[:10],
            lang=first("language")[:2].lower(),
        )

    def read(self, path: Path, first: int, last: int, options: ReadOptions, mark: Mark) -> Iterator[Page]:
        """The pages `first` to `last`."""
        file = _open(path)
        for number, part in enumerate(file.pages(), start=1):
            if first <= number <= last:
                mark(f"page {number}")
                page = _sheet(number, part, file) if file.kind == "spreadsheet" else _text(number, part, file)
                if file.kind == "text" and not page.blocks:
                    raise UnreadableError("no-text", "The document has no text.")
                yield page


@dataclass(frozen=True, slots=True)
class _Style:
    """What of a style changes what is read."""

    parent: str = ""
    mark: str = ""
    """raised, lowered, struck or hidden."""
    heading: int = 0


@dataclass(slots=True)
class _File:
    """An opened file."""

    kind: str
    """text, presentation or spreadsheet."""
    body: etree._Element
    meta: etree._Element | None
    styles: dict[str, _Style] = field(default_factory=dict)
    lists: dict[str, list[str]] = field(default_factory=dict)
    """Name of a list style to the formats of its levels, empty for a bullet."""

    def pages(self) -> list[etree._Element]:
        names = {"presentation": ("page",), "spreadsheet": ("table",)}.get(self.kind)
        found = list(children(self.body, *names)) if names else [self.body]
        if not found:
            raise UnreadableError("no-text", "The file has no page.")
        return found

    def mark(self, name: str) -> str:
        """What a style and those it is based on do to a text."""
        for _ in range(12):
            style = self.styles.get(name)
            if style is None:
                return ""
            if style.mark:
                return style.mark
            name = style.parent
        return ""

    def named(self, name: str) -> list[str]:
        """A style and those it is based on, by their names."""
        found: list[str] = []
        while name and name not in found and len(found) < 12:
            found.append(name)
            name = self.styles[name].parent if name in self.styles else ""
        return found


def _open(path: Path) -> _File:
    with open(path, "rb") as opened:
        packed = opened.read(4) == b"PK\x03\x04"
    roots = [parse_xml(read_bounded(path))] if not packed else list(_parts(path))
    body = next((found for root in roots if (found := root.find("{*}body")) is not None), None)
    content = next((each for each in children(body) if local_name(each) in _KINDS), None) if body is not None else None
    if content is None:
        raise UnreadableError("unsupported", "The file is no text, presentation or workbook of OpenDocument.")
    meta = next((found for root in roots if (found := root.find("{*}meta")) is not None), None)
    file = _File(local_name(content), content, meta)
    for root in roots:
        for style in root.iter("{*}style"):
            file.styles[_of(style, "name")] = _style(style)
        for listed in root.iter("{*}list-style"):
            levels = ["1" if _of(level, "num-format") == "" and local_name(level) == "outline-level-style" else _of(level, "num-format")
                      for level in children(listed)]  # fmt: skip
            file.lists[_of(listed, "name")] = levels[:10]
    return file


def _parts(path: Path) -> Iterator[etree._Element]:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.NameToInfo
            if "META-INF/manifest.xml" in names and b"encryption-data" in _part(archive, "META-INF/manifest.xml"):
                raise UnreadableError("encrypted", "The document is protected with a password.")
            for name in ("content.xml", "styles.xml", "meta.xml"):
                if name in names:
                    yield parse_xml(_part(archive, name))
                elif name == "content.xml":
                    raise UnreadableError("truncated", "The file lacks its content.")
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError) as error:
        raise UnreadableError("truncated", f"The file is not a whole ZIP archive ({type(error).__name__}).") from error


def _part(archive: zipfile.ZipFile, name: str) -> bytes:
    info = archive.getinfo(name)
    return read_zip_member(archive, info, min(MAX_PART_BYTES, max(16 * 1024 * 1024, MAX_RATIO * info.compress_size)))


def _of(element: etree._Element, name: str) -> str:
    """An attribute by its local name; empty when there is none."""
    return next((text for key, text in element.attrib.items() if key.rpartition("}")[2] == name), "")


def _whole(element: etree._Element, name: str, most: int) -> int:
    text = _of(element, name)
    return max(1, min(int(text), most)) if text.isascii() and text.isdecimal() and len(text) < 9 else 1


def _style(style: etree._Element) -> _Style:
    mark = ""
    for properties in children(style, "text-properties"):
        position = _of(properties, "text-position").split()
        if _of(properties, "display") == "none":
            mark = "hidden"
        elif _of(properties, "text-line-through-style") not in ("", "none") or _of(
            properties, "text-line-through-type"
        ) not in ("", "none"):
            mark = "struck"
        elif position and position[0] not in ("0%", "0"):
            mark = "lowered" if position[0] == "sub" or position[0].startswith("-") else "raised"
    level = _of(style, "default-outline-level")
    return _Style(_of(style, "parent-style-name"), mark, int(level) if level.isdecimal() and len(level) < 3 else 0)


def _text(number: int, part: etree._Element, file: _File) -> Page:
    """A text, or a slide."""
    shown = shown_text(part, _MARKUP)
    left_out: LeftOut = {}
    made: list[str] = []
    drop_all(list(part.iter(*(f"{{*}}{name}" for name in (*_BESIDE, *_MARKUP.silent)))))
    _hide(part, file, left_out)
    if file.kind == "presentation":
        _settle_slide(part, left_out, made)
    _settle_lines(part, file, made)
    _settle_lists(part, file)
    _settle_tables(part)
    call_as_html(part, _NAMES)
    blocks = blocks_as_html(part, left_out, made)
    what = "OpenDocument text" if file.kind == "text" else "a slide of OpenDocument"
    reason = "; ".join([what, *told({**shown.left_out, **left_out})])
    return Page(number, "odf", reason, 0.0, 0.0, blocks, conservation=shown.compared(blocks, left_out, made))


def _hide(part: etree._Element, file: _File, left_out: LeftOut) -> None:
    def is_hidden(each: etree._Element) -> bool:
        if (
            _of(each, "display") == "none"
            or _of(each, "is-hidden") == "true"
            or _of(each, "visibility") in ("collapse", "filter")
        ):
            return True
        return local_name(each) in ("span", "p", "h") and file.mark(_of(each, "style-name")) == "hidden"

    leave_all_out([each for each in part.iter("*") if is_hidden(each) and each is not part], HIDDEN, left_out)
    struck = [each for each in part.iter("{*}span", "{*}p") if file.mark(_of(each, "style-name")) == "struck"]
    leave_all_out(struck, STRUCK_OUT, left_out)


def _settle_slide(page: etree._Element, left_out: LeftOut, made: list[str]) -> None:
    """The title first, as a heading; the speaker's notes last, under one; page numbers and the like left out."""
    furniture = [
        each
        for each in page.iter("{*}frame")
        if _of(each, "class") in ("page-number", "footer", "header", "date-time", "page")
    ]
    leave_all_out(furniture, FOOTER, left_out)
    for title in [each for each in page.iter("{*}frame") if _of(each, "class") == "title"]:
        lines = list(title.iter("{*}p"))
        for line in lines:
            line.tag = "heading2"
        page.insert(0, title)
    for notes in list(children(page, "notes")):
        page.append(notes)
        if "".join(notes.itertext()).strip():
            heading = etree.Element("heading3")
            heading.text = "Notes"
            notes.insert(0, heading)
            made.append("Notes")


def _settle_lines(part: etree._Element, file: _File, made: list[str]) -> None:
    """Headings by their level, spaces and marks by what they stand for, notes behind their paragraph."""
    for element in list(part.iter("*")):
        name, style = local_name(element), _of(element, "style-name")
        if name == "h":
            level = _of(element, "outline-level")
            element.tag = f"heading{max(1, min(int(level), 6)) if level.isdecimal() and len(level) < 3 else 1}"
        elif name == "p":
            _settle_paragraph(element, file.named(style), file)
        elif name == "s":
            element.text, element.tag = " " * _whole(element, "c", MAX_SPACES), "span"
        elif name == "tab":
            element.text, element.tag = " ", "span"
        elif name == "span" and (mark := file.mark(style)) in ("raised", "lowered"):
            element.tag = mark
        elif name == "note":
            _settle_note(element, made)


def _settle_paragraph(paragraph: etree._Element, styles: list[str], file: _File) -> None:
    level = next((file.styles[name].heading for name in styles if name in file.styles and file.styles[name].heading), 0)
    if "Title" in styles:
        paragraph.tag = "heading1"
    elif level and not paragraph.iterancestors("{*}table"):
        paragraph.tag = f"heading{min(level, 6)}"
    elif {"Caption", "Table", "Figure", "Illustration", "Drawing"} & set(styles):
        paragraph.set(KIND, "caption")


def _settle_note(note: etree._Element, made: list[str]) -> None:
    """A number that is linked to a note, and the note with the same number behind the paragraph."""
    citation, body = next(children(note, "note-citation"), None), next(children(note, "note-body"), None)
    sign = clean_line("".join(citation.itertext())) if citation is not None else ""
    place = next(
        note.iterancestors("{*}p", "{*}h", "heading1", "heading2", "heading3", "heading4", "heading5", "heading6"), None
    )
    table = next(note.iterancestors("{*}table"), None)
    place = table if table is not None else place
    if body is None or place is None:
        return
    note.remove(body)
    for child in list(note):
        note.remove(child)
    note.tag = "raised"
    etree.SubElement(note, "a").text = sign
    first = next(body.iter("{*}p"), None)
    if first is not None and sign:
        first.text = f"{sign} {first.text or ''}"
        made.append(sign)
    body.set(KIND, "footnote")
    body.tail = None
    while (following := place.getnext()) is not None and following.get(KIND) == "footnote":
        place = following
    tail, place.tail = place.tail, None
    place.addnext(body)
    body.tail = tail


def _settle_lists(part: etree._Element, file: _File) -> None:
    """Numbered lists as such, going on where they say so. A list without a style has that of the one around it."""
    counted: dict[str, int] = {}
    for items in list(part.iter("{*}list")):
        above = list(items.iterancestors("{*}list", "{*}ordered", "ordered"))
        style = next((name for each in (items, *above) if (name := _of(each, "style-name"))), "")
        levels = file.lists.get(style, [])
        form = levels[len(above)] if len(above) < len(levels) else ""
        if not form:
            continue
        items.tag = "ordered"
        start = counted.get(style, 0) + 1 if _of(items, "continue-numbering") == "true" and not above else 1
        own = list(children(items, "list-item"))
        if own and (given := _of(own[0], "start-value")):
            start = _whole(own[0], "start-value", 1_000_000) if given else start
        items.set("start", str(start))
        items.set("type", form if form in ("a", "A", "i", "I") else "1")
        if not above:
            counted[style] = start + len(own) - 1


def _settle_tables(part: etree._Element) -> None:
    """What a cell spans in HTML's words; cells that another covers go, repeated ones come as often as they are shown."""
    drop_all(list(part.iter("{*}covered-table-cell")))
    spare = MAX_SPAN
    for cell in list(part.iter("{*}table-cell")):
        cell.set("colspan", str(_whole(cell, "number-columns-spanned", MAX_SPAN)))
        cell.set("rowspan", str(_whole(cell, "number-rows-spanned", MAX_SPAN)))
        filled = bool("".join(cell.itertext()).strip())
        again = _whole(cell, "number-columns-repeated", MAX_COLUMNS) - 1
        if not filled and cell.getnext() is None:
            again = 0
        for _ in range(min(again, spare)):
            empty = etree.Element("table-cell")
            if filled:
                for paragraph in children(cell, "p"):
                    etree.SubElement(empty, "p").text = "".join(paragraph.itertext())
            cell.addnext(empty)
            spare -= 1


def _sheet(number: int, table: etree._Element, file: _File) -> Page:
    """A sheet of a workbook."""
    left_out: LeftOut = {}
    source: list[str] = []
    rows: list[list[Cell]] = []
    repeated: list[str] = []
    spare = MAX_CELLS
    remarks = [" ".join(each.itertext()) for each in table.iter("{*}annotation")]
    drop_all(list(table.iter("{*}annotation", "{*}shapes")))
    hidden = "hidden" if _of(table, "display") == "false" else ""
    for row in table.iter("{*}table-row"):
        cells: list[Cell] = []
        void = _of(row, "visibility") in ("collapse", "filter") or hidden
        for cell in children(row, "table-cell", "covered-table-cell"):
            text = clean_line(" ".join("".join(_pieces(paragraph, file)) for paragraph in children(cell, "p")))
            times = _whole(cell, "number-columns-repeated", 16_384)
            if text:
                source.append(text)
            if text and void:
                left_out.setdefault(HIDDEN, []).append(text)
            elif local_name(cell) == "table-cell":
                columns, height = (
                    _whole(cell, "number-columns-spanned", MAX_SPAN),
                    _whole(cell, "number-rows-spanned", MAX_SPAN),
                )
                times = min(times, max(1, MAX_COLUMNS - len(cells) + 1), max(1, spare))
                cells += [Cell(text, columns, height)] * times
                repeated += [text] * (times - 1) if text else []
                spare -= times
        while cells and not cells[-1].text:
            cells.pop()
        left_out.setdefault(BEYOND, []).extend(cell.text for cell in cells[MAX_COLUMNS:] if cell.text)
        if spare < 0:
            raise UnreadableError("too-large", f"A sheet has more than {MAX_CELLS} cells.")
        times = (
            min(_whole(row, "number-rows-repeated", 1_000), max(1, spare // max(1, len(cells))))
            if any(cell.text for cell in cells)
            else 1
        )
        rows += [cells[:MAX_COLUMNS]] * times
        repeated += [cell.text for cell in cells if cell.text] * (times - 1)
    blocks = [block for block in sheet_blocks(rows) if block.text]
    name = _of(table, "name")
    if blocks and len(file.pages()) > 1 and name:
        blocks.insert(0, Block("heading", name, level=1, made=(name,)))
    if remarks:
        left_out[COMMENT] = remarks
    left_out = {reason: texts for reason, texts in left_out.items() if texts}
    reason = "; ".join(["a sheet of OpenDocument", *told(left_out)])
    texts = [block.text for block in blocks]
    conservation = compare("\n".join([*source, *remarks]), texts, left_out, [*repeated, *made_in(blocks)])
    return Page(number, "odf", reason, 0.0, 0.0, tuple(blocks), conservation=conservation)


def _pieces(element: etree._Element, file: _File) -> Iterator[str]:
    """The text of a cell's paragraph; spaces and line ends are elements."""
    yield element.text or ""
    for each in element:
        if local_name(each) in ("s", "tab", "line-break"):
            yield " "
        elif local_name(each):
            yield from _pieces(each, file)
        yield each.tail or ""
