"""Presentations, workbooks and OpenDocument files, written here as strings in a ZIP: what is shown stands in the blocks, once."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from ingest.document import Page, Probe, ReadOptions, UnreadableError
from ingest.readers import READERS, load_reader
from ingest.readers.xlsx import shown_number
from ingest.recognition import recognise_file

RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
A = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" xmlns:a14="http://schemas.microsoft.com/office/drawing/2010/main" xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram"'


def links(*targets: tuple[str, str]) -> str:
    inner = "".join(
        f'<Relationship Id="rId{n}" Type="{RELATIONS}/{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(targets, 1)
    )
    return f'<?xml version="1.0"?><Relationships xmlns="{PACKAGE}">{inner}</Relationships>'


def zipped(path: Path, members: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def read(path: Path) -> tuple[str | None, Probe, list[Page]]:
    format_ = recognise_file(path, path.read_bytes()[:8192], path.name, list(READERS))
    assert format_ is not None
    reader = load_reader(format_)
    probe = reader.probe(path, ReadOptions())
    return format_, probe, list(reader.read(path, 1, probe.n_pages, ReadOptions(), lambda place: None))


def text_of(page: Page) -> str:
    return "\n".join(f"{'#' * block.level} {block.text}" if block.level else block.text for block in page.blocks)


def check(pages: list[Page]) -> None:
    for page in pages:
        assert page.conservation is not None
        assert (page.conservation.broken, page.conservation.lost, page.conservation.numbers_lost) == ("", 0, ())


CORE = ('<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/">'
        "<dc:title>Ward round</dc:title><dc:creator>Ann Doe;Bo Roe</dc:creator><dcterms:modified>2025-02-03T10:00:00Z</dcterms:modified></cp:coreProperties>")  # fmt: skip


# --- presentations


def shape(*paragraphs: str, place: str | None = None, more: str = "") -> str:
    ph = "" if place is None else f'<p:ph type="{place}"/>' if place else '<p:ph idx="1"/>'
    return f'<p:sp><p:nvSpPr><p:cNvPr id="2" name="x"{more}/><p:cNvSpPr/><p:nvPr>{ph}</p:nvPr></p:nvSpPr><p:spPr/><p:txBody><a:bodyPr/>{"".join(paragraphs)}</p:txBody></p:sp>'


def para(text: str, properties: str = "") -> str:
    return f"<a:p>{properties}<a:r><a:rPr lang='en'/><a:t>{text}</a:t></a:r></a:p>"


def slide(*shapes: str, more: str = "") -> str:
    return f'<?xml version="1.0"?><p:sld {A}{more}><p:cSld><p:spTree><p:nvGrpSpPr><p:cNvPr id="1" name=""/></p:nvGrpSpPr>{"".join(shapes)}</p:spTree></p:cSld></p:sld>'


def deck(path: Path, slides: list[str], slide_links: str = "", extra: dict[str, str] | None = None) -> Path:
    ids = "".join(
        f'<p:sldId id="{255 + n}" r:id="rId{n}"/>' for n in reversed(range(1, len(slides) + 1))
    )  # the last file comes first
    members = {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": links(("officeDocument", "ppt/presentation.xml"), ("x/core-properties", "docProps/core.xml")),
        "docProps/core.xml": CORE,
        "ppt/presentation.xml": f"<p:presentation {A}><p:sldIdLst>{ids}</p:sldIdLst></p:presentation>",
        "ppt/_rels/presentation.xml.rels": links(
            *(("slide", f"slides/slide{n}.xml") for n in range(1, len(slides) + 1))
        ),
    }
    for n, source in enumerate(slides, 1):
        members[f"ppt/slides/slide{n}.xml"] = source
        members[f"ppt/slides/_rels/slide{n}.xml.rels"] = slide_links or links()
    return zipped(path, members | (extra or {}))


def test_a_slide_has_its_title_first_and_its_notes_last(tmp_path: Path) -> None:
    cell = "<a:tc{}><a:txBody><a:p><a:r><a:t>{}</a:t></a:r></a:p></a:txBody></a:tc>".format
    table = (
        '<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id="4" name="t"/><p:nvPr/></p:nvGraphicFramePr><a:graphic><a:graphicData><a:tbl><a:tr>'
        + cell(' gridSpan="2"', "Dose") + cell(' hMerge="1"', "") + cell("", "n") + "</a:tr><a:tr>" + cell("", "5") + cell("", "mg") + cell("", "40")
        + "</a:tr></a:tbl></a:graphicData></a:graphic></p:graphicFrame>"
    )  # fmt: skip
    body = shape(
        para("Fenolamide"), para("5 mg daily", '<a:pPr lvl="1"/>'), para("Stop at 80 mg", "<a:pPr><a:buNone/></a:pPr>"),
        para("First", '<a:pPr><a:buAutoNum type="arabicPeriod" startAt="3"/></a:pPr>'), para("Second", '<a:pPr><a:buAutoNum type="arabicPeriod"/></a:pPr>'), place="",
    )  # fmt: skip
    box = shape(
        "<a:p><a:r><a:t>10</a:t></a:r><a:r><a:rPr baseline='30000'/><a:t>3</a:t></a:r><a:r><a:t> cells, </a:t></a:r><a:r><a:rPr strike='sngStrike'/><a:t>not 9</a:t></a:r><a:r><a:t>CO</a:t></a:r><a:r><a:rPr baseline='-25000'/><a:t>2</a:t></a:r></a:p>"
    )
    group = (
        f'<p:grpSp><p:nvGrpSpPr><p:cNvPr id="9" name="g"/></p:nvGrpSpPr>{shape(para("In a group: 7 mg."))}</p:grpSp>'
    )
    either = f'<mc:AlternateContent><mc:Choice Requires="a14">{shape(para("New way 3"))}</mc:Choice><mc:Fallback>{shape(para("New way 3"))}</mc:Fallback></mc:AlternateContent>'
    shown = slide(
        body,
        shape(para("Doses"), place="title"),
        table,
        box,
        group,
        either,
        shape(para("12 March"), place="ftr"),
        shape(para("Unseen 5"), more=' hidden="1"'),
    )
    notes = f'<?xml version="1.0"?><p:notes {A}><p:cSld><p:spTree>{shape(para("Say that 2 of 40 fell."), place="body")}{shape(para("7"), place="sldNum")}</p:spTree></p:cSld></p:notes>'
    path = deck(
        tmp_path / "a.pptx", [shown], links(("notesSlide", "../notesSlides/n1.xml")), {"ppt/notesSlides/n1.xml": notes}
    )
    format_, probe, pages = read(path)
    assert format_ == "pptx" and (probe.title, probe.authors, probe.date) == (
        "Ward round",
        ("Ann Doe", "Bo Roe"),
        "2025-02-03",
    )
    assert text_of(pages[0]) == (
        "## Doses\n- Fenolamide\n  - 5 mg daily\nStop at 80 mg\n3. First\n4. Second\n| Dose | Dose | n |\n| --- | --- | --- |\n| 5 | mg | 40 |\n"
        "10^3 cells, CO2\nIn a group: 7 mg.\nNew way 3\n### Notes\nSay that 2 of 40 fell."
    )
    assert "struck out" in pages[0].reason and "hidden" in pages[0].reason
    check(pages)


def test_slides_come_in_the_order_of_the_presentation_and_hidden_ones_are_counted(tmp_path: Path) -> None:
    hidden = slide(shape(para("Backup 9")), more=' show="0"')
    pages = read(deck(tmp_path / "a.bin", [slide(shape(para("Second"))), hidden, slide(shape(para("First")))]))[2]
    assert [text_of(page) for page in pages] == ["First", "", "Second"]
    assert "7 characters left out: hidden" in pages[1].reason
    check(pages)


def test_a_diagram_gives_its_points(tmp_path: Path) -> None:
    diagram = f"<dgm:dataModel {A}><dgm:ptLst><dgm:pt modelId='1'><dgm:t>{para('Screen')}</dgm:t></dgm:pt><dgm:pt modelId='2'><dgm:t>{para('Treat at 140')}</dgm:t></dgm:pt></dgm:ptLst></dgm:dataModel>"
    pages = read(
        deck(
            tmp_path / "a.pptx", [slide()], links(("diagramData", "../diagrams/d.xml")), {"ppt/diagrams/d.xml": diagram}
        )
    )[2]
    assert text_of(pages[0]) == "- Screen\n- Treat at 140"
    check(pages)


# --- workbooks

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
STYLES = f'<styleSheet {MAIN}><numFmts><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd;@"/><numFmt numFmtId="165" formatCode="0.0%"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="2"/></cellXfs></styleSheet>'


def book(
    path: Path,
    sheets: list[tuple[str, str, str]],
    strings: list[str] | None = None,
    extra: dict[str, str] | None = None,
) -> Path:
    """Sheets as (name, more attributes, what stands in the worksheet)."""
    listed = "".join(
        f'<sheet name="{name}" sheetId="{n}" r:id="rId{n}"{more}/>' for n, (name, more, _) in enumerate(sheets, 1)
    )
    targets = [("worksheet", f"worksheets/sheet{n}.xml") for n in range(1, len(sheets) + 1)]
    members = {
        "_rels/.rels": links(("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f"<workbook {MAIN}><sheets>{listed}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": links(*targets, ("styles", "styles.xml"), ("sharedStrings", "sharedStrings.xml")),
        "xl/styles.xml": STYLES,
        "xl/sharedStrings.xml": f"<sst {MAIN}>{''.join(strings or [])}</sst>",
        **{
            f"xl/worksheets/sheet{n}.xml": f"<worksheet {MAIN}>{inner}</worksheet>"
            for n, (_, _, inner) in enumerate(sheets, 1)
        },
    }
    return zipped(path, members | (extra or {}))


def test_a_sheet_is_a_table_of_what_it_shows(tmp_path: Path) -> None:
    strings = [
        "<si><t>Drug</t></si>",
        "<si><r><t>10</t></r><r><rPr><vertAlign val='superscript'/></rPr><t>9</t></r><r><t>/L</t></r></si>",
        "<si><t>Doses of the ward</t></si>",
    ]
    data = (
        '<cols><col min="4" max="4" hidden="1"/></cols><sheetData>'
        '<row r="1"><c r="A1" t="s"><v>2</v></c></row>'
        '<row r="2"><c r="A2" t="s"><v>0</v></c><c r="B2" t="inlineStr"><is><t>Given</t></is></c><c r="C2" t="s"><v>1</v></c><c r="D2"><v>777</v></c></row>'
        '<row r="3"><c r="A3" t="inlineStr"><is><t>Fenolamide</t></is></c><c r="B3" s="1"><v>45356</v></c><c r="C3"><v>0.30000000000000004</v></c></row>'
        '<row r="4"><c r="B4" s="2"><v>0.125</v></c><c r="C4" s="3"><v>3.14159</v></c></row>'
        '<row r="5" hidden="1"><c r="A5"><v>888</v></c></row>'
        '<row r="6"><c r="A6" t="b"><v>1</v></c><c r="B6" t="e"><v>#N/A</v></c><c r="C6" t="str"><f>A1</f><v>4 mg</v></c></row>'
        '</sheetData><mergeCells><mergeCell ref="A3:A4"/></mergeCells>'
    )
    format_, _, pages = read(book(tmp_path / "a.xlsx", [("Ward", "", data)], strings))
    assert format_ == "xlsx"
    assert text_of(pages[0]) == (
        "Doses of the ward\n| Drug | Given | 10^9/L |\n| --- | --- | --- |\n| Fenolamide | 2024-03-05 | 0.3 |\n| Fenolamide | 12.5% | 3.14 |\n"
        "| TRUE | #N/A | 4 mg |"
    )
    assert pages[0].blocks[0].kind == "caption" and "6 characters left out: hidden" in pages[0].reason
    check(pages)


def test_several_sheets_have_their_names_and_hidden_ones_are_counted(tmp_path: Path) -> None:
    rows = "<sheetData><row><c><v>1</v></c><c><v>2</v></c></row><row><c><v>3</v></c><c><v>4</v></c></row></sheetData>"
    pages = read(book(tmp_path / "a.xlsx", [("Doses", "", rows), ("Lists", ' state="hidden"', rows)]))[2]
    assert text_of(pages[0]) == "# Doses\n| 1 | 2 |\n| --- | --- |\n| 3 | 4 |"
    assert pages[1].blocks == () and "hidden" in pages[1].reason
    check(pages)


def test_a_long_sheet_is_cut_and_nothing_of_it_is_lost(tmp_path: Path) -> None:
    rows = "".join(f'<row><c t="inlineStr"><is><t>drug {n}</t></is></c><c><v>{n}</v></c></row>' for n in range(30_000))
    pages = read(book(tmp_path / "a.xlsx", [("A", "", f"<sheetData>{rows}</sheetData>")]))[2]
    assert len(pages[0].blocks) == 2 and all("| drug 0 | 0 |" in block.text for block in pages[0].blocks)
    assert "| drug 29999 | 29999 |" in pages[0].blocks[1].text
    check(pages)


@pytest.mark.parametrize(
    ("stored", "form", "shown"),
    [
        ("0.1", "", "0.1"), ("0.30000000000000004", "", "0.3"), ("1E-3", "", "0.001"), ("12345678901234567890", "", "12345678901234600000"),
        ("5", "0.00", "5.00"), ("2.5", "0", "3"), ("1234567.891", "#,##0.00", "1,234,567.89"), ("0.5", "0%", "50%"), ("-0.001", "0.0", "0.0"),
        ("1.5", "0.0#", "1.5"), ("45356.5", "dt", "2024-03-05 12:00"), ("0.25", "t", "06:00"), ("61", "d", "1900-03-01"), ("59", "d", "1900-02-28"),
        ("abc", "0.00", "abc"), ("1e999999999", "0.00", "1e999999999"), ("-1", "d", "-1"), ("2.5E-15", "", "2.5E-15"),
    ],
)  # fmt: skip
def test_numbers_as_they_are_shown(stored: str, form: str, shown: str) -> None:
    assert shown_number(stored, form) == shown


# --- OpenDocument

ODF = " ".join(f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{full}:1.0"' for name, full in {
    "office": "office", "text": "text", "table": "table", "style": "style", "draw": "drawing", "presentation": "presentation", "meta": "meta",
}.items()) + ' xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0" xmlns:dc="http://purl.org/dc/elements/1.1/"'  # fmt: skip
ODF_STYLES = (
    '<office:automatic-styles><style:style style:name="T1" style:family="text"><style:text-properties style:text-position="super 58%"/></style:style>'
    '<style:style style:name="T2" style:family="text"><style:text-properties style:text-line-through-style="solid"/></style:style>'
    '<style:style style:name="T3" style:family="text"><style:text-properties text:display="none"/></style:style>'
    '<style:style style:name="P1" style:family="paragraph" style:parent-style-name="Title"/>'
    '<text:list-style style:name="L1"><text:list-level-style-number text:level="1" style:num-format="1"/><text:list-level-style-number text:level="2" style:num-format="a"/></text:list-style>'
    '<text:list-style style:name="L2"><text:list-level-style-bullet text:level="1" text:bullet-char="•"/></text:list-style></office:automatic-styles>'
)


def odf(path: Path, kind: str, inner: str) -> Path:
    return zipped(
        path,
        {
            "mimetype": f"application/vnd.oasis.opendocument.{kind}",
            "content.xml": f'<?xml version="1.0"?><office:document-content {ODF}>{ODF_STYLES}<office:body><office:{kind}>{inner}</office:{kind}></office:body></office:document-content>',
            "meta.xml": f"<office:document-meta {ODF}><office:meta><dc:title>Ward</dc:title><meta:initial-creator>Ann Doe</meta:initial-creator><dc:date>2025-02-03T10:00:00</dc:date></office:meta></office:document-meta>",
            "META-INF/manifest.xml": "<manifest/>",
        },
    )


def test_a_text_of_opendocument(tmp_path: Path) -> None:
    inner = (
        '<text:tracked-changes><text:changed-region><text:deletion><text:p>gone 99</text:p></text:deletion></text:changed-region></text:tracked-changes>'
        '<text:p text:style-name="P1">Fenolamide</text:p><text:h text:outline-level="2">Dose</text:h>'
        '<text:p>10<text:span text:style-name="T1">3</text:span> units,<text:s text:c="2"/>5<text:tab/>mg<text:span text:style-name="T2"> not 9</text:span><text:span text:style-name="T3">unseen 4</text:span>.'
        '<text:note text:note-class="footnote"><text:note-citation>1</text:note-citation><text:note-body><text:p>With food.</text:p></text:note-body></text:note> More.<office:annotation><text:p>why?</text:p></office:annotation></text:p>'
        '<text:list text:style-name="L1"><text:list-item><text:p>One</text:p><text:list><text:list-item><text:p>inner</text:p></text:list-item></text:list></text:list-item></text:list>'
        '<text:p>Between.</text:p><text:list text:style-name="L1" text:continue-numbering="true"><text:list-item><text:p>Two</text:p></text:list-item></text:list>'
        '<text:list text:style-name="L2"><text:list-item><text:p>Point</text:p></text:list-item></text:list><text:p>Table:</text:p>'
        '<table:table><table:table-header-rows><table:table-row><table:table-cell table:number-columns-spanned="2"><text:p>Drug</text:p></table:table-cell><table:covered-table-cell/><table:table-cell><text:p>mg</text:p></table:table-cell></table:table-row></table:table-header-rows>'
        '<table:table-row><table:table-cell><text:p>F</text:p></table:table-cell><table:table-cell table:number-columns-repeated="2"><text:p>5</text:p></table:table-cell></table:table-row></table:table>'
        '<text:p><draw:frame><draw:text-box><text:p>Boxed 80 mg.</text:p></draw:text-box></draw:frame></text:p>'
    )  # fmt: skip
    format_, probe, pages = read(odf(tmp_path / "a.odt", "text", inner))
    assert format_ == "odf" and (probe.title, probe.authors, probe.date) == ("Ward", ("Ann Doe",), "2025-02-03")
    assert text_of(pages[0]) == (
        "# Fenolamide\n## Dose\n10^3 units, 5 mg.[1] More.\n1 With food.\n1. One\n  a. inner\nBetween.\n2. Two\n- Point\nTable:\n"
        "| Drug | Drug | mg |\n| --- | --- | --- |\n| F | 5 | 5 |\nBoxed 80 mg."
    )
    check(pages)


def test_a_presentation_of_opendocument(tmp_path: Path) -> None:
    points = '<text:list text:style-name="L2"><text:list-item><text:p>5 mg</text:p></text:list-item></text:list>'
    frame = '<draw:frame presentation:class="{}"><draw:text-box>{}</draw:text-box></draw:frame>'.format
    inner = (
        f"<draw:page>{frame('outline', points)}{frame('title', '<text:p>Dose</text:p>')}"
        f"{frame('page-number', '<text:p>7</text:p>')}<presentation:notes>{frame('notes', '<text:p>Say 40.</text:p>')}</presentation:notes></draw:page><draw:page>{frame('title', '<text:p>End</text:p>')}</draw:page>"
    )
    pages = read(odf(tmp_path / "a.odp", "presentation", inner))[2]
    assert [text_of(page) for page in pages] == ["## Dose\n- 5 mg\n### Notes\nSay 40.", "## End"]
    check(pages)


def test_a_workbook_of_opendocument(tmp_path: Path) -> None:
    twice = ' table:number-columns-repeated="2"'
    cell = "<table:table-cell{1}><text:p>{0}</text:p></table:table-cell>".format
    inner = (
        f'<table:table table:name="Doses"><table:table-row>{cell("Drug", "")}{cell("mg", "")}<table:table-cell table:number-columns-repeated="16000"/></table:table-row>'
        f"<table:table-row>{cell('F', '')}{cell('5', twice)}</table:table-row>"
        f'<table:table-row table:visibility="collapse">{cell("777", "")}</table:table-row><table:table-row table:number-rows-repeated="1048000"><table:table-cell/></table:table-row></table:table>'
        f'<table:table table:name="B"><table:table-row>{cell("x", "")}{cell("1", "")}</table:table-row><table:table-row>{cell("y", "")}{cell("2", "")}</table:table-row></table:table>'
    )
    pages = read(odf(tmp_path / "a.ods", "spreadsheet", inner))[2]
    assert text_of(pages[0]) == "# Doses\n| Drug | mg |  |\n| --- | --- | --- |\n| F | 5 | 5 |"
    assert "hidden" in pages[0].reason and text_of(pages[1]) == "# B\n| x | 1 |\n| --- | --- |\n| y | 2 |"
    check(pages)


def test_a_file_in_one_xml(tmp_path: Path) -> None:
    path = tmp_path / "a.fodt"
    path.write_text(
        f'<?xml version="1.0"?><office:document {ODF} office:mimetype="application/vnd.oasis.opendocument.text"><office:body><office:text><text:p>Give 5 mg.</text:p></office:text></office:body></office:document>'
    )
    format_, _, pages = read(path)
    assert (format_, text_of(pages[0])) == ("odf", "Give 5 mg.")
    check(pages)


# --- hostile


def rows_of(inner: str) -> str:
    return f"<sheetData>{inner}</sheetData>"


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>'


def hostile(tmp_path: Path) -> dict[str, Path]:
    deep = "<p:grpSp>" * 3_000 + shape(para("5 mg")) + "</p:grpSp>" * 3_000
    filled = '<c t="inlineStr"><is><t>x</t></is></c>'
    merged = "".join(f'<mergeCell ref="A{n}:XFD1048576"/>' for n in range(1, 2_000))
    cell = '<table:table-cell table:number-columns-repeated="16384"><text:p>x</text:p></table:table-cell>'
    row = f'<table:table-row table:number-rows-repeated="1048576">{cell}</table:table-row>'
    spaces = "<text:p>5 mg" + '<text:s text:c="99999999"/>' * 2_000 + "</text:p>"
    lists = "<text:list><text:list-item>" * 2_000 + "<text:p>5</text:p>"
    slow = '<row r="1"><c r="XFD1" t="inlineStr"><is><t>x</t></is></c></row>' + "".join(
        f'<row r="{n}">{filled}</row>' for n in range(2, 3_000)
    )
    looped = '<text:p text:style-name="S">5 mg</text:p>'
    paths = {
        "deep groups": deck(tmp_path / "1.pptx", [slide(deep)]),
        "entities": deck(tmp_path / "2.pptx", [slide(shape(para("&c;"))).replace("?>", "?>" + BOMB, 1)]),
        "no such slide": deck(tmp_path / "3.pptx", []),
        "merged over all": book(tmp_path / "1.xlsx", [("A", "", rows_of(f"<row>{filled * 50}</row>" * 500) + f"<mergeCells>{merged}</mergeCells>")]),
        "far columns": book(tmp_path / "2.xlsx", [("A", "", rows_of(slow))]),
        "huge references": book(tmp_path / "3.xlsx", [("A", "", rows_of('<row r="999999999999"><c r="ZZZZ9" t="s"><v>99999999999999999999</v></c><c r="A1"><v>1e99999</v></c></row>'))]),
        "a broken sheet": book(tmp_path / "4.xlsx", [("A", "", "<sheetData><row><c><v>1")]),
        "repeated cells": odf(tmp_path / "1.ods", "spreadsheet", f"<table:table>{row * 3}</table:table>"),
        "repeated in a text": odf(tmp_path / "1.odt", "text", f"<table:table>{row * 300}</table:table>"),
        "spaces": odf(tmp_path / "2.odt", "text", spaces),
        "deep lists": odf(tmp_path / "3.odt", "text", lists),
        "a style of itself": zipped(tmp_path / "4.odt", {"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": f'<office:document-content {ODF}><office:automatic-styles><style:style style:name="S" style:parent-style-name="S"/></office:automatic-styles><office:body><office:text>{looped}</office:text></office:body></office:document-content>'}),
        "a bomb": zipped(tmp_path / "5.odt", {"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "<a>" + " " * 40_000_000}),
        "locked": zipped(tmp_path / "6.odt", {"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "x", "META-INF/manifest.xml": "<manifest:encryption-data/>"}),
    }  # fmt: skip
    for name in ("1.pptx", "1.xlsx", "1.ods"):
        cut = tmp_path / f"cut-{name}"
        raw = (tmp_path / name).read_bytes()
        cut.write_bytes(raw[: len(raw) // 2])
        paths[f"half of {name}"] = cut
    return paths


def test_hostile_files_are_read_or_say_why(tmp_path: Path) -> None:
    said: dict[str, str] = {}
    for name, path in hostile(tmp_path).items():
        reader = load_reader({".pptx": "pptx", ".xlsx": "xlsx"}.get(path.suffix, "odf"))
        try:
            probe = reader.probe(path, ReadOptions())
            pages = list(reader.read(path, 1, probe.n_pages, ReadOptions(), lambda place: None))
            assert sum(len(block.text) for page in pages for block in page.blocks) < 3_000_000, name
            said[name] = "read"
        except UnreadableError as error:
            said[name] = error.kind
    assert said["locked"] == "encrypted" and said["a bomb"] == "too-large" and said["no such slide"] == "no-text"
    assert {kind for name, kind in said.items() if name.startswith("half")} == {"truncated"}
    assert said["merged over all"] == said["far columns"] == said["spaces"] == said["a style of itself"] == "read"
