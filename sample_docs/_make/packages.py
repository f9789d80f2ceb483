"""Word and EPUB files: zip packages with fixed times, so that the same text gives the same bytes."""

from __future__ import annotations

import datetime
import html
import io
import zipfile
from pathlib import Path

import docx

from _make.markup import parse

FIXED_TIME = (2024, 3, 1, 9, 0, 0)


def write_zip(target: Path, members: list[tuple[str, bytes]]) -> None:
    """A zip with the members in the given order and one fixed time; `mimetype` is stored, the rest deflated."""
    with zipfile.ZipFile(target, "w") as package:
        for name, data in members:
            info = zipfile.ZipInfo(name, date_time=FIXED_TIME)
            info.compress_type = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            info.create_system = 3
            package.writestr(info, data)


def write_docx(source: Path, target: Path, *, author: str, date: str) -> None:
    """A Word document with headings, lists and tables from a Markdown source."""
    document = docx.Document()
    elements = parse(source)
    for element in elements:
        if element.kind == "heading":
            document.add_heading(element.text, level=element.level - 1)
        elif element.kind == "item":
            mark, text = element.text.split(" ", 1)
            document.add_paragraph(text, style="List Bullet" if mark == "-" else "List Number")
        elif element.kind == "table":
            table = document.add_table(rows=0, cols=len(element.rows[0]), style="Table Grid")
            for row in element.rows:
                for cell, text in zip(table.add_row().cells, row, strict=True):
                    cell.text = text
        else:
            document.add_paragraph(element.text)
    properties = document.core_properties
    properties.title = elements[0].text
    properties.author = properties.last_modified_by = author
    properties.created = properties.modified = datetime.datetime.fromisoformat(date)
    properties.revision = 1
    buffer = io.BytesIO()
    document.save(buffer)
    with zipfile.ZipFile(buffer) as package:
        members = [(info.filename, package.read(info)) for info in package.infolist()]
    write_zip(target, members)


def write_epub(source: Path, target: Path, *, author: str, identifier: str, date: str) -> None:
    """An EPUB 3 with one file a section (heading of level 2), a navigation file and a package file."""
    chapters: list[tuple[str, list[str]]] = []
    title = ""
    for element in parse(source):
        text = html.escape(element.text)
        if element.kind == "heading" and element.level == 1:
            title = element.text
            chapters.append((title, [f"<h1>{text}</h1>"]))
        elif element.kind == "heading" and element.level == 2:
            chapters.append((element.text, [f"<h2>{text}</h2>"]))
        else:
            chapters[-1][1].append(f"<p>{text}</p>")
    head = '<?xml version="1.0" encoding="utf-8"?>\n'
    xhtml = 'xmlns="http://www.w3.org/1999/xhtml" xml:lang="en"'
    container = (
        '<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        '<rootfile full-path="OEBPS/content.opf" media-type="application/oebps-package+xml"/>'
        "</rootfiles></container>"
    )
    names = [f"chapter{number}.xhtml" for number in range(1, len(chapters) + 1)]
    links = "".join(f'<li><a href="{n}">{html.escape(t)}</a></li>' for n, (t, _) in zip(names, chapters, strict=True))
    navigation = (
        f'<html {xhtml} xmlns:epub="http://www.idpf.org/2007/ops"><head><title>Contents</title></head>'
        f'<body><nav epub:type="toc"><h1>Contents</h1><ol>{links}</ol></nav></body></html>'
    )
    items = "".join(f'<item id="{n[:-6]}" href="{n}" media-type="application/xhtml+xml"/>' for n in names)
    spine = "".join(f'<itemref idref="{n[:-6]}"/>' for n in names)
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id">'
        '<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f'<dc:identifier id="id">{identifier}</dc:identifier><dc:title>{html.escape(title)}</dc:title>'
        f"<dc:creator>{html.escape(author)}</dc:creator><dc:language>en</dc:language><dc:date>{date}</dc:date>"
        '<dc:rights>Apache-2.0</dc:rights><meta property="dcterms:modified">2024-03-01T09:00:00Z</meta></metadata>'
        '<manifest><item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>'
        f"{items}</manifest><spine>{spine}</spine></package>"
    )
    members = [
        ("mimetype", b"application/epub+zip"),
        ("META-INF/container.xml", (head + container).encode()),
        ("OEBPS/content.opf", (head + package).encode()),
        ("OEBPS/nav.xhtml", (head + navigation).encode()),
    ]
    for name, (heading, body) in zip(names, chapters, strict=True):
        page = f"<html {xhtml}><head><title>{html.escape(heading)}</title></head><body>{''.join(body)}</body></html>"
        members.append((f"OEBPS/{name}", (head + page).encode()))
    write_zip(target, members)
