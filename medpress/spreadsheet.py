"""Rows of an Excel workbook (ECMA-376, SpreadsheetML): the first sheet, its first row the names of the columns.

A workbook is a ZIP of XML files, and may be hostile: what it unpacks to is bounded, entities are not resolved, and a sheet
is read row by row.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator
from typing import IO, Any

from lxml import etree

MAX_BYTES = 1 << 30
"""A workbook whose files unpack to more is refused."""
MAX_COLUMNS = 1_000
"""Cells further right are left out: a sheet has up to 16,384 columns, and a cell may name any."""

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_STRICT = "{http://purl.oclc.org/ooxml/spreadsheetml/main}"
_RELATION = "/relationships}id"
_COLUMN = re.compile(r"([A-Z]{1,3})\d+")


def sheet_rows(file: IO[bytes]) -> Iterator[dict[str, str]]:
    """The rows of a workbook's first sheet, by the names in its first row, as text; empty cells are left out.

    Raises `ValueError` with a part of a sentence when it is no workbook, is damaged or unpacks to more than `MAX_BYTES`.
    """
    try:
        with zipfile.ZipFile(file) as package:
            if sum(entry.file_size for entry in package.infolist()) > MAX_BYTES:
                raise ValueError(f"it unpacks to more than {MAX_BYTES >> 20:,} MiB")
            shared = _shared_texts(package)
            names: dict[int, str] | None = None
            for cells in _cells(package, _first_sheet(package), shared):
                if names is None:
                    names = cells
                else:
                    yield {names[column]: text for column, text in cells.items() if column in names}
    except (zipfile.BadZipFile, KeyError, etree.XMLSyntaxError, NotImplementedError, RuntimeError) as error:
        raise ValueError("it is not a whole Excel workbook") from error


def _elements(package: zipfile.ZipFile, name: str, tag: str) -> Iterator[Any]:
    """The elements of a name, one at a time, each forgotten when the next is asked for."""
    with package.open(name) as part:
        tags = [_MAIN + tag, _STRICT + tag]
        for _, element in etree.iterparse(part, tag=tags, resolve_entities=False, no_network=True, huge_tree=False):
            yield element
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]


def _first_sheet(package: zipfile.ZipFile) -> str:
    sheet = next(_elements(package, "xl/workbook.xml", "sheet"), None)
    if sheet is None:
        raise ValueError("it has no sheet")
    relation = next((value for key, value in sheet.attrib.items() if str(key).endswith(_RELATION)), None)
    relations = etree.fromstring(
        package.read("xl/_rels/workbook.xml.rels"), etree.XMLParser(resolve_entities=False, no_network=True)
    )
    target = next((str(r.get("Target")) for r in relations if r.get("Id") == relation), "worksheets/sheet1.xml")
    return target[1:] if target.startswith("/") else posixpath.normpath(f"xl/{target}")


def _shared_texts(package: zipfile.ZipFile) -> list[str]:
    name = "xl/sharedStrings.xml"
    return [_text(item) for item in _elements(package, name, "si")] if name in package.namelist() else []


def _text(element: Any) -> str:
    """The text of a string item, its phonetic reading (`rPh`) left out."""
    return "".join(
        str(node.text or "")
        for node in element.iter()
        if etree.QName(node).localname == "t" and etree.QName(node.getparent()).localname != "rPh"
    )


def _cells(package: zipfile.ZipFile, sheet: str, shared: list[str]) -> Iterator[dict[int, str]]:
    for row in _elements(package, sheet, "row"):
        cells: dict[int, str] = {}
        for place, cell in enumerate(row):
            match = _COLUMN.fullmatch(str(cell.get("r") or ""))
            column = _number(match[1]) if match else place
            text = _value(cell, shared)
            if text and column < MAX_COLUMNS:
                cells[column] = text
        yield cells


def _number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - 64
    return number - 1


def _value(cell: Any, shared: list[str]) -> str:
    kind = cell.get("t")
    if kind == "inlineStr":
        return _text(cell)
    value = next((str(child.text or "") for child in cell if etree.QName(child).localname == "v"), "")
    if kind == "s":
        return shared[int(value)] if value.isdigit() and int(value) < len(shared) else ""
    return value
