"""EPUB books are read in the order of their spine, chapter by chapter."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from ingest.document import Page, ReadOptions, UnreadableError
from ingest.readers.epub import EpubReader

READER = EpubReader()
CONTAINER = (
    '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
)
PACKAGE = """<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf" version="3.0">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Cardiology</dc:title><dc:creator>Amy Ng</dc:creator>
<dc:creator>Bo Wu</dc:creator><dc:date>2019-05-06T00:00:00Z</dc:date><dc:language>en-US</dc:language>
<dc:identifier>urn:isbn:978-0-306-40615-7</dc:identifier><dc:publisher>Press</dc:publisher>
<dc:rights>CC BY 4.0</dc:rights></metadata>
<manifest><item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
<item id="two" href="text/two.xhtml" media-type="application/xhtml+xml"/>
<item id="one" href="text/ch%201.xhtml" media-type="application/xhtml+xml"/>
<item id="lost" href="text/lost.xhtml" media-type="application/xhtml+xml"/></manifest>
<spine><itemref idref="nav"/><itemref idref="one"/><itemref idref="lost"/><itemref idref="two"/></spine></package>"""
NAVIGATION = """<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops"><body>
<nav epub:type="toc"><ol><li><a href="text/ch%201.xhtml">The heart</a>
<ol><li><a href="text/ch%201.xhtml#v">Valves</a></li></ol></li>
<li><a href="text/two.xhtml">The vessels</a></li></ol></nav>
<nav epub:type="landmarks"><ol><li><a href="text/two.xhtml">Start</a></li></ol></nav></body></html>"""
ONE = """<?xml version="1.0" encoding="utf-8"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml"
xmlns:epub="http://www.idpf.org/2007/ops"><head><title/></head><body><h1>The heart</h1><span epub:type="pagebreak">12</span>
<p>It pumps 5&#160;l a minute<a id="anchor"/> at rest.<sup><a href="#n1">1</a></sup></p>
<ol><li>atria</li><li>ventricles<ul><li>left</li></ul></li></ol>
<table><tr><th>Side</th><th>Pressure</th></tr><tr><td>left</td><td>120</td></tr></table>
<aside epub:type="footnote" id="n1"><p>At rest.</p></aside></body></html>"""
TWO = '<html xmlns="http://www.w3.org/1999/xhtml"><body><h2>Vessels</h2><p>Arteries and veins.</p></body></html>'


def book(tmp_path: Path, **parts: str | bytes) -> Path:
    path = tmp_path / "book.epub"
    content: dict[str, str | bytes] = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": CONTAINER,
        "OEBPS/book.opf": PACKAGE,
        "OEBPS/nav.xhtml": NAVIGATION,
        "OEBPS/text/ch 1.xhtml": ONE,
        "OEBPS/text/two.xhtml": TWO,
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in (content | parts).items():
            archive.writestr(name, text, zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED)
    return path


def test_metadata_and_outline(tmp_path: Path) -> None:
    path = book(tmp_path)
    assert READER.sniff(path.read_bytes()[:8192], "book")
    probe = READER.probe(path, ReadOptions())
    assert (probe.n_pages, probe.title, probe.authors, probe.date, probe.lang) == (
        2, "Cardiology", ("Amy Ng", "Bo Wu"), "2019-05-06", "en")  # fmt: skip
    assert probe.license == "CC BY 4.0"
    assert probe.identifiers == {"publisher": "Press", "isbn": "9780306406157"}
    assert probe.outline == ((1, "The heart", 1), (2, "Valves", 1), (1, "The vessels", 2))


def test_chapters_in_order_of_the_spine(tmp_path: Path) -> None:
    pages = list(READER.read(book(tmp_path), 1, 2, ReadOptions(), lambda place: None))
    assert [page.page for page in pages] == [1, 2]
    assert [(block.kind, block.level, block.text) for block in pages[0].blocks] == [
        ("heading", 1, "The heart"),
        ("paragraph", 0, "It pumps 5 l a minute at rest.[1]"),
        ("list", 0, "1. atria\n2. ventricles\n  - left"),
        ("table", 0, "| Side | Pressure |\n| --- | --- |\n| left | 120 |"),
        ("footnote", 0, "At rest."),
    ]
    assert [block.text for block in pages[1].blocks] == ["Vessels", "Arteries and veins."]


def test_a_range_of_chapters(tmp_path: Path) -> None:
    marks: list[str] = []
    (page,) = READER.read(book(tmp_path), 2, 2, ReadOptions(), marks.append)
    assert page.page == 2 and marks == ["page 2"]


def test_protected_books_say_so_and_hidden_fonts_do_not_matter(tmp_path: Path) -> None:
    def encryption(method: str) -> str:
        return (
            '<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><EncryptedData '
            f'xmlns="http://www.w3.org/2001/04/xmlenc#"><EncryptionMethod Algorithm="{method}"/></EncryptedData></encryption>'
        )

    fonts = book(tmp_path, **{"META-INF/encryption.xml": encryption("http://www.idpf.org/2008/embedding")})
    assert READER.probe(fonts, ReadOptions()).n_pages == 2
    locked = book(tmp_path, **{"META-INF/encryption.xml": encryption("http://www.w3.org/2001/04/xmlenc#aes256-cbc")})
    with pytest.raises(UnreadableError) as error:
        READER.probe(locked, ReadOptions())
    assert error.value.kind == "encrypted"


def test_a_bomb_in_a_chapter_is_refused(tmp_path: Path) -> None:
    path = book(tmp_path, **{"OEBPS/text/two.xhtml": b"<html>" + b" " * 40_000_000})
    with pytest.raises(UnreadableError) as error:
        list(READER.read(path, 1, 2, ReadOptions(), lambda place: None))
    assert error.value.kind == "too-large"


@pytest.mark.parametrize(
    ("parts", "kind"),
    [
        ({"META-INF/container.xml": "<container/>"}, "truncated"),
        ({"OEBPS/book.opf": "<package><manifest/><spine/></package>"}, "no-text"),
        ({"OEBPS/book.opf": b"\x00\x01"}, "decode"),
    ],
)
def test_broken_books_say_why(tmp_path: Path, parts: dict[str, str | bytes], kind: str) -> None:
    with pytest.raises(UnreadableError) as error:
        READER.probe(book(tmp_path, **parts), ReadOptions())
    assert error.value.kind == kind


def test_a_cut_file_says_so(tmp_path: Path) -> None:
    path = book(tmp_path)
    path.write_bytes(path.read_bytes()[:600])
    with pytest.raises(UnreadableError) as error:
        READER.probe(path, ReadOptions())
    assert error.value.kind == "truncated"


def chapter(tmp_path: Path, body: str, **parts: bytes) -> Page:
    source = f'<html xmlns="http://www.w3.org/1999/xhtml" xmlns:m="http://www.w3.org/1998/Math/MathML"><body>{body}</body></html>'
    path = book(
        tmp_path, **{"OEBPS/text/two.xhtml": source, **{f"OEBPS/text/{name}": raw for name, raw in parts.items()}}
    )
    (page,) = READER.read(path, 2, 2, ReadOptions(), lambda place: None)
    return page


def test_scanned_pages_of_a_book_are_read(tmp_path: Path) -> None:
    image = Image.new("RGB", (1300, 300), "white")
    for number, line in enumerate(("Give 5 mg fenolamide once daily", "Stop tebrazole on day 3")):
        ImageDraw.Draw(image).text((60, 50 + 90 * number), line, "black", ImageFont.load_default(44))
    scan = io.BytesIO()
    image.save(scan, "PNG")
    page = chapter(tmp_path, '<p><img src="scan.png" alt=""/></p>', **{"scan.png": scan.getvalue()})
    assert page.route == "ocr"
    assert "Give 5 mg fenolamide once daily" in "\n".join(block.text for block in page.blocks)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<p>Dose <del>50</del> 5 mg<span style='display:none'> secret</span>.</p>", "Dose 5 mg."),
        ("<dl><dt>Half-life</dt><dd>11 hours</dd></dl>", "- Half-life: 11 hours"),
        ("<ol start='3' type='a'><li>x</li></ol>", "c. x"),
        ("<p>is <m:math><m:mfrac><m:mi>D</m:mi><m:mi>V</m:mi></m:mfrac></m:math></p>", "is $\\frac{D}{V}$"),
        (
            "<table><tr><td>A</td><td>B</td></tr><tr><td>1</td><td><ul><li>Halve.</li><li>Check.</li></ul></td></tr></table>",
            "| A | B |\n| --- | --- |\n| 1 | • Halve. • Check. |",
        ),
    ],
)
def test_what_a_chapter_shows(tmp_path: Path, body: str, text: str) -> None:
    assert "\n".join(block.text for block in chapter(tmp_path, body).blocks) == text
