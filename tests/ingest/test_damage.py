"""Whatever happens to a file on its way, a reader gives pages or says why it cannot; it never fails in another way."""

from __future__ import annotations

import random
import zipfile
from collections.abc import Callable
from pathlib import Path

import docx
import pytest

from ingest.document import BLOCK_KINDS, Reader, ReadOptions, UnreadableError
from ingest.readers import READERS
from ingest.readers.cnxml import CnxmlReader
from ingest.readers.docx import DocxReader
from ingest.readers.epub import EpubReader
from ingest.readers.jats import JatsReader
from ingest.readers.text import TextReader
from ingest.readers.web import WebReader

TABLE = "<table><tr><th>a</th><th>b</th></tr><tr><td rowspan='2'>1</td><td>2</td></tr><tr><td>3</td></tr></table>"
HTML = f"<!DOCTYPE html><html lang='en'><head><title>T</title></head><body><h1>T</h1><p>{'Words and words. ' * 30}</p>{TABLE}<ul><li>x<ol><li>y</li></ol></li></ul></body></html>"
JATS = f"<article article-type='x'><front><article-meta><title-group><article-title>T</article-title></title-group></article-meta></front><body><sec><title>S</title><p>{'Words. ' * 30}<sup>2</sup></p><table-wrap>{TABLE}</table-wrap></sec></body></article>"
CNXML = f"<document xmlns='http://cnx.rice.edu/cnxml'><title>T</title><content><para id='p'>{'Words. ' * 30}</para><list><item>i</item></list></content></document>"
TEXT = "# 标题\n\n" + "患者因发热入院，给予抗感染治疗。" * 20 + "\n\n- one\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"


def write_epub(path: Path) -> None:
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf"><metadata/><manifest><item id="a" href="a.xhtml" '
        'media-type="application/xhtml+xml"/></manifest><spine><itemref idref="a"/></spine></package>'
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr(
            "META-INF/container.xml", '<container><rootfiles><rootfile full-path="b.opf"/></rootfiles></container>'
        )
        archive.writestr("b.opf", package)
        archive.writestr("a.xhtml", HTML)


def write_docx(path: Path) -> None:
    document = docx.Document()
    document.add_heading("T", 1)
    document.add_paragraph("Words.", style="List Bullet")
    document.add_table(2, 2).cell(0, 0).text = "x"
    document.save(str(path))


FORMATS: list[tuple[Reader, Callable[[Path], object]]] = [
    (WebReader(), lambda path: path.write_text(HTML, encoding="utf-8")),
    (JatsReader(), lambda path: path.write_text(JATS, encoding="utf-8")),
    (CnxmlReader(), lambda path: path.write_text(CNXML, encoding="utf-8")),
    (TextReader(), lambda path: path.write_text(TEXT, encoding="gb18030")),
    (EpubReader(), write_epub),
    (DocxReader(), write_docx),
]


def damage(raw: bytes, rng: random.Random) -> bytes:
    content = bytearray(raw)
    kind = rng.choice(["cut", "flip", "blank", "repeat"])
    place = rng.randrange(len(content))
    if kind == "cut":
        return bytes(content[:place])
    if kind == "blank":
        content[place : place + 100] = bytes(len(content[place : place + 100]))
    elif kind == "repeat":
        content[place:place] = content[place : place + 300] * 20
    else:
        for _ in range(rng.choice([1, 10, 100])):
            content[rng.randrange(len(content))] = rng.randrange(256)
    return bytes(content)


@pytest.mark.parametrize(("reader", "write"), FORMATS, ids=[reader.name for reader, _ in FORMATS])
def test_damaged_files_are_read_or_refused_with_a_reason(
    tmp_path: Path, reader: Reader, write: Callable[[Path], object]
) -> None:
    path = tmp_path / f"a{READERS[reader.name].endings[0]}"
    write(path)
    raw = path.read_bytes()
    rng = random.Random(20)
    options = ReadOptions()
    for _ in range(60):
        path.write_bytes(damage(raw, rng))
        try:
            reader.sniff(path.read_bytes()[:8192], path.name)
            probe = reader.probe(path, options)
            for page in reader.read(path, 1, probe.n_pages, options, lambda place: None):
                assert all(block.kind in BLOCK_KINDS and block.text.strip() for block in page.blocks)
        except UnreadableError as error:
            assert error.kind and error.message.endswith(".")
