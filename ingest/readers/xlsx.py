"""Excel workbooks (XLSX and its kin, ECMA-376 part 1, 18), a sheet a page: its cells as they are shown, merged ones spread.

Hidden sheets, rows and columns are left out and counted, and so are remarks. What formulas give is what the file has of it.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from pathlib import Path

from lxml import etree

from ingest.conservation import compare
from ingest.document import Block, Mark, Page, Probe, ReadOptions, UnreadableError
from ingest.left_out import COMMENT, HIDDEN, LeftOut, told
from ingest.marks import lowered, raised, written
from ingest.page.markdown_table import MAX_COLUMNS, MAX_SPAN, Cell
from ingest.readers.sheet import BEYOND, MAX_CELLS, sheet_blocks
from ingest.readers.shown_text import made_in
from ingest.readers.word_package import OLE, Package, child, core_properties, number, open_package
from ingest.safe_xml import children, local_name

MAX_SHEETS = 5_000
"""Sheets of a workbook."""
MAX_PART_BYTES = 256 * 1024 * 1024
"""A sheet that unpacks to more is data."""
MAX_MERGED = 50_000
"""Merged areas of a sheet that are looked at."""

_ENDINGS = (".xlsx", ".xlsm", ".xltx", ".xltm")
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_DATES = {14: "d", 15: "d", 16: "d", 17: "d", 18: "t", 19: "t", 20: "t", 21: "t", 22: "dt", 45: "t", 46: "t", 47: "t",
          **dict.fromkeys((*range(27, 32), *range(36, 37), *range(50, 59)), "d"), **dict.fromkeys(range(32, 36), "t")}  # fmt: skip
"""Built-in formats of dates and times (18.8.30), the Chinese ones too."""
_BUILT_IN = {1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 37: "#,##0", 38: "#,##0", 39: "#,##0.00",
             40: "#,##0.00"}  # fmt: skip
_LITERAL = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.|_.|\*.')
_PLACES = re.compile(r"[0#?]\.([0#?]+)")
_SHOWN = re.compile(r"[-+]?\d{1,40}(?:\.\d{1,40})?(?:[Ee][-+]?\d{1,3})?", re.ASCII)


class XlsxReader:
    """Excel workbooks."""

    name = "xlsx"

    def sniff(self, head: bytes, path: str) -> bool:
        """A package that holds a workbook, or one that is named so (it may be locked with a password)."""
        if head.startswith(b"PK\x03\x04") and b"xl/" in head:
            return True
        return path.lower().endswith(_ENDINGS) and head.startswith((b"PK\x03\x04", OLE))

    def probe(self, path: Path, options: ReadOptions) -> Probe:
        """The core properties and the number of sheets; raises `UnreadableError`."""
        package = open_package(path)
        with package.archive:
            return core_properties(package, len(_sheets(package)))

    def read(self, path: Path, first: int, last: int, options: ReadOptions, mark: Mark) -> Iterator[Page]:
        """The sheets `first` to `last`."""
        package = open_package(path)
        with package.archive:
            sheets = _sheets(package)
            book = _Book(package)
            for number_, sheet in enumerate(sheets, start=1):
                if first <= number_ <= last:
                    mark(f"page {number_}")
                    yield _page(number_, sheet, book, several=len(sheets) > 1)


@dataclass(frozen=True, slots=True)
class _Sheet:
    """Where a sheet is."""

    name: str
    part: str
    hidden: bool


def _sheets(package: Package) -> list[_Sheet]:
    links = package.links(package.main)
    found = []
    for each in package.xml(package.main).iterfind("{*}sheets/{*}sheet"):
        key = next((text for name, text in each.attrib.items() if name.startswith("{") and name.endswith("}id")), "")
        link = links.get(key)
        if link is not None and link.kind == "worksheet" and link.target in package.archive.NameToInfo:
            found.append(_Sheet(each.get("name", ""), link.target, each.get("state", "visible") != "visible"))
    if not found:
        raise UnreadableError("no-text", "The workbook has no sheet.")
    if len(found) > MAX_SHEETS:
        raise UnreadableError("too-large", f"The workbook has more than {MAX_SHEETS} sheets.")
    return found


class _Book:
    """What the sheets share: their strings and how numbers are shown."""

    def __init__(self, package: Package) -> None:
        self.package = package
        properties = child(package.xml(package.main), "workbookPr")
        self.from_1904 = properties is not None and properties.get("date1904") in ("1", "true")
        self.strings = [
            _rich(each) for name in package.linked("sharedStrings") for each in children(package.xml(name), "si")
        ]
        self.formats: list[str] = []
        for name in package.linked("styles"):
            root = package.xml(name)
            own = {
                number(each.get("numFmtId", "")): each.get("formatCode", "")
                for each in root.iterfind("{*}numFmts/{*}numFmt")
            }
            for each in root.iterfind("{*}cellXfs/{*}xf"):
                self.formats.append(_format(number(each.get("numFmtId", "")), own))

    def shown(self, cell: etree._Element) -> str:
        """The text of a cell as it is shown."""
        kind = cell.get("t", "n")
        if kind == "inlineStr":
            inline = child(cell, "is")
            return _rich(inline) if inline is not None else ""
        stored = child(cell, "v")
        text = ((stored.text if stored is not None else "") or "").strip()
        if kind == "s":
            place = number(text, -1)
            return self.strings[place] if 0 <= place < len(self.strings) else ""
        if kind == "b":
            return {"1": "TRUE", "0": "FALSE"}.get(text, text)
        if kind != "n":
            return text
        style = number(cell.get("s", "0"))
        return shown_number(text, self.formats[style] if style < len(self.formats) else "", self.from_1904)


def _format(key: int, own: dict[int, str]) -> str:
    """The format of a style: a code, or `d`, `t`, `dt` for a date, a time or both."""
    code = own.get(key)
    if code is None:
        return _DATES.get(key) or _BUILT_IN.get(key, "")
    plain = _LITERAL.sub("", code.partition(";")[0]).lower()
    if "general" in plain or not plain.strip():
        return ""
    has_date, has_time = "y" in plain or "d" in plain, "h" in plain or "s" in plain
    if has_date or has_time or re.search(r"\[(?:h+|m+|s+)\]", code.lower()):
        return ("d" if has_date else "") + ("t" if has_time or not has_date else "")
    return "d" if "m" in plain else plain


def shown_number(text: str, form: str = "", from_1904: bool = False) -> str:
    """A stored number as a cell shows it; what is none is given back.

    `form` is a format code of Excel, or `d`, `t` or `dt`: dates and times are ISO 8601. Binary noise (0.30000000000000004)
    is no figure: 15 digits are shown, as Excel does.
    """
    if _SHOWN.fullmatch(text) is None:
        return text
    value = Decimal(text)
    if form in ("d", "t", "dt"):
        return _date(value, form, from_1904) or text
    try:
        if not form or "e" in form or not any(sign in form for sign in "0#?"):
            return _plain(value)
        percent = form.count("%")
        value *= 100**percent
        places = _PLACES.search(form)
        digits = len(places.group(1)) if places else 0
        least = len(places.group(1).rstrip("#?")) if places else 0
        shown = f"{value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP):{',' if ',' in form else ''}f}"
        whole, dot, after = shown.partition(".")
        after = after[:least] + after[least:].rstrip("0")
        shown = whole + (dot + after if after else "")
        return (shown.replace("-", "", 1) if not shown.strip("-0.,") else shown) + "%" * percent
    except InvalidOperation:
        return _plain(value)


def _plain(value: Decimal) -> str:
    rounded = Decimal(f"{value:.15g}")
    if rounded and not -10 < rounded.adjusted() < 21:
        return f"{rounded.normalize():e}".replace("e", "E")
    shown = f"{rounded:f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def _date(value: Decimal, form: str, from_1904: bool) -> str:
    if not 0 <= value < 2_958_466:
        return ""
    start = datetime(1904, 1, 1) if from_1904 else datetime(1899, 12, 31) if value < 60 else datetime(1899, 12, 30)
    when = start + timedelta(seconds=round(float(value) * 86_400))
    time = f"{when:%H:%M:%S}".removesuffix(":00") if f"{when:%S}" == "00" else f"{when:%H:%M:%S}"
    if form == "t":
        return time
    return f"{when:%Y-%m-%d} {time}" if form == "dt" else f"{when:%Y-%m-%d}"


def _rich(element: etree._Element) -> str:
    """The runs of a string, raised and lowered ones in their written form; what is read aloud of it is left away."""
    text = ""
    for each in children(element, "t", "r"):
        held = each.text or "" if local_name(each) == "t" else "".join(part.text or "" for part in children(each, "t"))
        align = child(each, "rPr", "vertAlign")
        height = align.get("val", "") if align is not None else ""
        text += raised(held) if height == "superscript" else lowered(held) if height == "subscript" else held
    return " ".join(written(text).split())


@dataclass(slots=True)
class _Cells:
    """What a sheet holds, as it stands in its file."""

    rows: dict[int, dict[int, str]] = field(default_factory=dict)
    """Row to column to text, both from 1."""
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    """Top, left, bottom, right."""
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    """First and last."""

    def texts(self) -> list[str]:
        return [text for row in self.rows.values() for text in row.values()]


def _page(number_: int, sheet: _Sheet, book: _Book, *, several: bool) -> Page:
    left_out: LeftOut = {}
    cells = _read(sheet, book)
    remarks = [
        _rich(remark)
        for name in book.package.linked("comments", sheet.part)
        for remark in book.package.xml(name).iterfind("{*}commentList/{*}comment/{*}text")
    ]
    if remarks:
        left_out[COMMENT] = remarks
    blocks: list[Block] = []
    if sheet.hidden:
        left_out[HIDDEN] = cells.texts()
    else:
        blocks = [block for block in sheet_blocks(_laid_out(cells, left_out)) if block.text]
    if blocks and several and sheet.name:
        blocks.insert(0, Block("heading", sheet.name, level=1, made=(sheet.name,)))
    reason = "; ".join(["a sheet of XLSX", *told(left_out)])
    source = "\n".join([*cells.texts(), *remarks])
    conservation = compare(source, [block.text for block in blocks], left_out, made_in(blocks))
    return Page(number_, "xlsx", reason, 0.0, 0.0, tuple(blocks), conservation=conservation)


def _read(sheet: _Sheet, book: _Book) -> _Cells:
    """The filled cells of a sheet, a row of the file in memory at a time. Raises `UnreadableError`."""
    archive = book.package.archive
    if archive.getinfo(sheet.part).file_size > MAX_PART_BYTES:
        raise UnreadableError("too-large", f"A sheet of the workbook has more than {MAX_PART_BYTES} bytes.")
    cells = _Cells()
    count = row = 0
    try:
        with archive.open(sheet.part) as stream:
            for _, element in etree.iterparse(
                stream, ("end",), tag=("{*}row", "{*}col", "{*}mergeCell"), resolve_entities=False, load_dtd=False,
                no_network=True, huge_tree=False, recover=True,
            ):  # fmt: skip
                name = local_name(element)
                if name == "col" and element.get("hidden") in ("1", "true"):
                    cells.hidden_columns.append((number(element.get("min", "")), number(element.get("max", ""))))
                elif name == "mergeCell" and len(cells.merged) < MAX_MERGED:
                    start, _, end = element.get("ref", "").partition(":")
                    if (first := _place(start)) and (last := _place(end)):
                        cells.merged.append((*first, *last))
                elif name == "row":
                    row = number(element.get("r", ""), row + 1)
                    if element.get("hidden") in ("1", "true"):
                        cells.hidden_rows.add(row)
                    column = 0
                    for each in children(element, "c"):
                        place = _place(each.get("r", ""))
                        column = place[1] if place else column + 1
                        if text := book.shown(each):
                            cells.rows.setdefault(row, {})[column] = text
                            count += 1
                    if count > MAX_CELLS:
                        raise UnreadableError("too-large", f"A sheet has more than {MAX_CELLS} filled cells.")
                    element.clear()
    except (etree.XMLSyntaxError, zipfile.BadZipFile, zlib.error, OSError, EOFError) as error:
        raise UnreadableError("truncated", f"A sheet of the workbook is damaged ({type(error).__name__}).") from error
    return cells


def _laid_out(cells: _Cells, left_out: LeftOut) -> list[list[Cell]]:
    """The shown rows of a sheet, an empty one between those that are apart; columns that nothing stands in are left away."""
    seen: dict[int, dict[int, str]] = {}
    for line, row in cells.rows.items():
        for column, text in row.items():
            if line in cells.hidden_rows or any(low <= column <= high for low, high in cells.hidden_columns):
                left_out.setdefault(HIDDEN, []).append(text)
            else:
                seen.setdefault(line, {})[column] = text
    used = sorted({column for row in seen.values() for column in row})
    columns = {column: place for place, column in enumerate(used)}
    if len(seen) * min(len(used), MAX_COLUMNS) > 10 * MAX_CELLS:
        raise UnreadableError("too-large", f"A sheet has more than {10 * MAX_CELLS} cells, filled and empty.")
    spans: dict[tuple[int, int], tuple[int, int]] = {}
    covered: dict[int, set[int]] = {}
    for top, left, bottom, right in cells.merged:
        if left not in seen.get(top, ()):
            continue
        width = bisect_right(used, right) - columns[left]
        spans[top, left] = max(1, width), max(1, min(bottom - top + 1, MAX_SPAN))
        for line in range(top + 1, min(bottom + 1, top + MAX_SPAN)):
            covered.setdefault(line, set()).update(range(columns[left], columns[left] + min(width, MAX_COLUMNS)))
    rows: list[list[Cell]] = []
    before = 0
    for line in sorted(cells.rows):
        apart, before = line > before + 1, line
        if line not in seen:
            continue
        if rows and apart:
            rows.append([])
        laid: list[Cell] = []
        place = 0
        for column, text in sorted(seen[line].items()):
            if columns[column] >= MAX_COLUMNS:
                left_out.setdefault(BEYOND, []).append(text)
                continue
            laid += [_EMPTY for between in range(place, columns[column]) if between not in covered.get(line, ())]
            width, height = spans.get((line, column), (1, 1))
            laid.append(Cell(text, width, height))
            place = max(place, columns[column]) + width
        rows.append(laid)
    return rows


_EMPTY = Cell("")


def _place(reference: str) -> tuple[int, int] | tuple[()]:
    """Row and column, from 1, of a reference (`B5`); empty for what is none."""
    found = _REFERENCE.fullmatch(reference.replace("$", ""))
    if found is None:
        return ()
    column = 0
    for letter in found.group(1):
        column = 26 * column + ord(letter) - 64
    return int(found.group(2)), column
