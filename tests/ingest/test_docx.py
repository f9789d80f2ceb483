"""Word documents keep headings, lists, tables and notes in their order."""

from __future__ import annotations

import datetime
import zipfile
from pathlib import Path

import docx
import pytest
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from ingest.document import ReadOptions, UnreadableError
from ingest.readers.docx import DocxReader

READER = DocxReader()


def blocks(path: Path) -> list[tuple[str, int, str]]:
    (page,) = READER.read(path, 1, 1, ReadOptions(), lambda place: None)
    return [(block.kind, block.level, block.text) for block in page.blocks]


def saved(document: object, tmp_path: Path) -> Path:
    path = tmp_path / "a.docx"
    document.save(str(path))  # type: ignore[attr-defined]
    return path


def test_structure_in_document_order(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_heading("Guideline", 0)
    document.add_heading("Diagnosis", 1)
    document.add_paragraph("Measure it twice.")
    for text in ("first", "second"):
        document.add_paragraph(text, style="List Number")
    document.add_paragraph("bullet", style="List Bullet")
    table = document.add_table(rows=3, cols=3)
    for row, texts in enumerate([("Stage", "Drug", "Dose"), ("1", "A", "5 mg"), ("", "B", "7 mg")]):
        for column, text in enumerate(texts):
            table.cell(row, column).text = text
    table.cell(1, 0).merge(table.cell(2, 0))
    document.add_paragraph("After the table.")
    document.add_paragraph("Figure 1. A curve", style="Caption")
    assert blocks(saved(document, tmp_path)) == [
        ("heading", 1, "Guideline"),
        ("heading", 1, "Diagnosis"),
        ("paragraph", 0, "Measure it twice."),
        ("list", 0, "1. first\n2. second\n- bullet"),
        ("table", 0, "| Stage | Drug | Dose |\n| --- | --- | --- |\n| 1 | A | 5 mg |\n| 1 | B | 7 mg |"),
        ("paragraph", 0, "After the table."),
        ("caption", 0, "Figure 1. A curve"),
    ]


def test_superscripts_deletions_and_fields(tmp_path: Path) -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("10")
    paragraph.add_run("6").font.superscript = True
    paragraph.add_run(" cells")
    names = nsdecls("w")
    paragraph._p.append(parse_xml(f"<w:del {names}><w:r><w:delText>gone</w:delText></w:r></w:del>"))
    paragraph._p.append(parse_xml(f"<w:ins {names}><w:r><w:t xml:space='preserve'> added</w:t></w:r></w:ins>"))
    paragraph._p.append(parse_xml(f"<w:r {names}><w:instrText>PAGE</w:instrText></w:r>"))
    paragraph._p.append(
        parse_xml(f"<w:hyperlink {names}><w:r><w:t xml:space='preserve'> linked</w:t></w:r></w:hyperlink>")
    )
    assert blocks(saved(document, tmp_path)) == [("paragraph", 0, "10^6 cells added linked")]


def test_headings_by_outline_level_and_by_inherited_style(tmp_path: Path) -> None:
    document = docx.Document()
    style = document.styles.add_style("Chapter", WD_STYLE_TYPE.PARAGRAPH)
    style.base_style = document.styles["Heading 2"]
    document.add_paragraph("By style", style="Chapter")
    paragraph = document.add_paragraph("By level")
    paragraph._p.get_or_add_pPr().append(parse_xml(f'<w:outlineLvl {nsdecls("w")} w:val="2"/>'))
    assert blocks(saved(document, tmp_path)) == [("heading", 2, "By style"), ("heading", 3, "By level")]


def test_numbering_definitions_tell_numbers_from_bullets(tmp_path: Path) -> None:
    document = docx.Document()
    numbering = document.part.numbering_part.element
    names = nsdecls("w")
    levels = "".join(
        f'<w:lvl w:ilvl="{level}"><w:start w:val="1"/><w:numFmt w:val="{kind}"/><w:lvlText w:val="%1."/></w:lvl>'
        for level, kind in enumerate(["decimal", "bullet"])
    )
    numbering.insert(0, parse_xml(f'<w:abstractNum {names} w:abstractNumId="990">{levels}</w:abstractNum>'))
    numbering.append(parse_xml(f'<w:num {names} w:numId="991"><w:abstractNumId w:val="990"/></w:num>'))
    for text, level in [("one", 0), ("inner", 1), ("two", 0)]:
        paragraph = document.add_paragraph(text)
        paragraph._p.get_or_add_pPr().append(
            parse_xml(f'<w:numPr {names}><w:ilvl w:val="{level}"/><w:numId w:val="991"/></w:numPr>')
        )
    assert blocks(saved(document, tmp_path)) == [("list", 0, "1. one\n  - inner\n2. two")]


def test_core_properties(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_paragraph("x")
    properties = document.core_properties
    properties.title, properties.author, properties.language = "Sepsis", "Amy Ng; Bo Wu", "en-US"
    properties.modified = datetime.datetime(2020, 3, 4)
    probe = READER.probe(saved(document, tmp_path), ReadOptions())
    assert (probe.title, probe.authors, probe.date, probe.lang) == ("Sepsis", ("Amy Ng", "Bo Wu"), "2020-03-04", "en")


def test_footnotes_are_read(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_paragraph("Text with a note.")
    path = saved(document, tmp_path)
    names = nsdecls("w")
    note = f'<w:footnotes {names}><w:footnote w:type="separator" w:id="0"><w:p/></w:footnote><w:footnote w:id="1"><w:p><w:r><w:t>Ng 2001.</w:t></w:r></w:p></w:footnote></w:footnotes>'
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"
    whole = tmp_path / "b.docx"
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(whole, "w") as target:
        for item in source.namelist():
            content = source.read(item)
            if item == "word/_rels/document.xml.rels":
                link = f'<Relationship Id="rId99" Type="{kind}" Target="footnotes.xml"/></Relationships>'
                content = content.replace(b"</Relationships>", link.encode())
            if item == "[Content_Types].xml":
                part = (
                    '<Override PartName="/word/footnotes.xml" ContentType="application/vnd.openxmlformats-officedocument.'
                    'wordprocessingml.footnotes+xml"/></Types>'
                )
                content = content.replace(b"</Types>", part.encode())
            target.writestr(item, content)
        target.writestr("word/footnotes.xml", note)
    assert blocks(whole) == [("paragraph", 0, "Text with a note."), ("footnote", 0, "Ng 2001.")]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "encrypted"),
        (b"PK\x03\x04 not a zip", "truncated"),
    ],
)
def test_what_cannot_be_read_says_why(tmp_path: Path, content: bytes, kind: str) -> None:
    path = tmp_path / "a.docx"
    path.write_bytes(content)
    assert READER.sniff(content, path.name)
    with pytest.raises(UnreadableError) as error:
        READER.probe(path, ReadOptions())
    assert error.value.kind == kind


def test_other_packages_and_bombs_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.docx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "x")
    with pytest.raises(UnreadableError) as error:
        READER.probe(path, ReadOptions())
    assert error.value.kind == "decode"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b" " * 60_000_000)
    with pytest.raises(UnreadableError) as error:
        READER.probe(path, ReadOptions())
    assert error.value.kind == "too-large"


def test_an_empty_document_has_no_text(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError) as error:
        blocks(saved(docx.Document(), tmp_path))
    assert error.value.kind == "no-text"
