"""A Word document is read as Word shows it. Every document here is put together from its XML parts."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from ingest.document import Page, ReadOptions, UnreadableError
from ingest.readers.docx import DocxReader

READER = DocxReader()
NAMES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" '
    'xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml" '
    'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"'
)
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"


def package(
    path: Path,
    body: str,
    *,
    parts: dict[str, str | bytes] | None = None,
    links: dict[str, tuple[str, str]] | None = None,
    kind: str = MAIN,
    strict: bool = False,
) -> Path:
    """A document: `parts` by name below word/ (`styles.xml` …, linked by their own names), `links` id to (type, target)."""
    parts, links = dict(parts or {}), dict(links or {})
    for name in parts:
        if name.endswith(".xml") and "/" not in name and name.removesuffix(".xml") in (
            "styles", "numbering", "footnotes", "endnotes", "comments", "settings"
        ):  # fmt: skip
            links[f"own{len(links)}"] = (name.removesuffix(".xml"), name)
    relations = "".join(
        f'<Relationship Id="{key}" Type="{RELATION}/{of}" Target="{target}"/>' for key, (of, target) in links.items()
    )
    packed = "http://schemas.openxmlformats.org/package/2006/relationships"
    files: dict[str, str | bytes] = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{kind}"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{packed}">'
        f'<Relationship Id="r1" Type="{RELATION}/officeDocument" Target="word/document.xml"/></Relationships>',
        "word/document.xml": f"<w:document {NAMES}><w:body>{body}</w:body></w:document>",
        "word/_rels/document.xml.rels": f'<Relationships xmlns="{packed}">{relations}</Relationships>',
        **{f"word/{name}": content for name, content in parts.items()},
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            if strict and isinstance(content, str):
                content = (
                    content.replace("http://schemas.openxmlformats.org/wordprocessingml/2006/main", "http://purl.oclc.org/ooxml/wordprocessingml/main")
                    .replace("http://schemas.openxmlformats.org/officeDocument/2006/", "http://purl.oclc.org/ooxml/officeDocument/")
                    .replace("http://schemas.openxmlformats.org/drawingml/2006/", "http://purl.oclc.org/ooxml/drawingml/")
                )  # fmt: skip
            archive.writestr(name, content)
    return path


def page(path: Path, **options: str) -> Page:
    (found,) = READER.read(path, 1, 1, ReadOptions(**options), lambda place: None)  # type: ignore[arg-type]
    return found


def text_of(path: Path) -> str:
    """All blocks, each with its kind when it is no paragraph; nothing of the document is lost, no number is new."""
    found = page(path)
    assert found.conservation is not None
    assert (found.conservation.lost, found.conservation.numbers_new, found.conservation.numbers_lost) == (0, (), ())
    marks = {"paragraph": "", "list": "", "table": ""}
    return "\n".join(
        f"{'#' * block.level + ' ' if block.level else marks.get(block.kind, f'{block.kind}: ')}{block.text}"
        for block in found.blocks
    )


def r(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def p(inner: str, properties: str = "") -> str:
    inner = inner if inner.startswith("<") or not inner else r(inner)
    return f"<w:p><w:pPr>{properties}</w:pPr>{inner}</w:p>"


def item(text: str, level: int = 0, number: int = 1, properties: str = "") -> str:
    return p(text, f'{properties}<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>')


def numbering(*levels: str, abstract: int = 0, extra: str = "", instances: str = "") -> str:
    """Levels as `decimal %1.` or `decimal %1. start=5`; instances in XML, or one numbered 1."""
    out = []
    for depth, level in enumerate(levels):
        format_, _, rest = level.partition(" ")
        text, *settings = rest.split("|")
        given = dict(setting.split("=") for setting in settings)
        more = "".join(f'<w:{name} w:val="{value}"/>' for name, value in given.items() if name != "start")
        out.append(
            f'<w:lvl w:ilvl="{depth}"><w:start w:val="{given.get("start", 1)}"/><w:numFmt w:val="{format_}"/>{more}'
            f'<w:lvlText w:val="{text}"/></w:lvl>'
        )
    instances = instances or f'<w:num w:numId="1"><w:abstractNumId w:val="{abstract}"/></w:num>'
    return f'<w:numbering {NAMES}><w:abstractNum w:abstractNumId="{abstract}">{"".join(out)}</w:abstractNum>{extra}{instances}</w:numbering>'


def styles(*entries: str) -> str:
    return f"<w:styles {NAMES}>{''.join(entries)}</w:styles>"


def style(name: str, *, of: str = "paragraph", based: str = "", paragraph: str = "", run: str = "") -> str:
    above = f'<w:basedOn w:val="{based}"/>' if based else ""
    return (
        f'<w:style w:type="{of}" w:styleId="{name.replace(" ", "")}"><w:name w:val="{name}"/>{above}'
        f"<w:pPr>{paragraph}</w:pPr><w:rPr>{run}</w:rPr></w:style>"
    )


def row(*cells: str, properties: str = "") -> str:
    inner = "".join(cell if cell.startswith("<w:tc>") or cell.startswith("<w:sdt>") else tc(cell) for cell in cells)
    return f"<w:tr><w:trPr>{properties}</w:trPr>{inner}</w:tr>"


def tc(inner: str, properties: str = "") -> str:
    inner = inner if inner.startswith("<") else p(inner)
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{inner}</w:tc>"


def table(*rows: str) -> str:
    return f"<w:tbl><w:tblPr/>{''.join(rows)}</w:tbl>"


def grid(*rows: str) -> str:
    head, *rest = rows
    rule = "| " + " | ".join("---" for _ in range(head.count("|") - 1)) + " |"
    return "\n".join([head, rule, *rest])


def box(inner: str) -> str:
    """A text box as Word writes it: the same text twice, in the new form and for older programs."""
    drawn = (
        "<mc:Choice Requires='wps'><w:drawing><wp:anchor><a:graphic><a:graphicData uri='wps'><wps:wsp><wps:txbx>"
        f"<w:txbxContent>{inner}</w:txbxContent></wps:txbx></wps:wsp></a:graphicData></a:graphic></wp:anchor></w:drawing></mc:Choice>"
    )
    old = f"<mc:Fallback><w:pict><v:shape><v:textbox><w:txbxContent>{inner}</w:txbxContent></v:textbox></v:shape></w:pict></mc:Fallback>"
    return f"<w:r><mc:AlternateContent>{drawn}{old}</mc:AlternateContent></w:r>"


DECIMAL = numbering("decimal %1.", "lowerLetter %2)", "lowerRoman (%3)")
TWO_INSTANCES = numbering(
    "decimal %1.",
    instances='<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="0"/>'
    '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride></w:num>'
    '<w:num w:numId="3"><w:abstractNumId w:val="0"/></w:num>',
)


@pytest.mark.parametrize(
    ("body", "definition", "text"),
    [
        pytest.param(item("a") + item("b"), DECIMAL, "1. a\n2. b", id="decimal"),
        pytest.param(item("a") + p("between") + item("b"), DECIMAL, "1. a\nbetween\n2. b", id="goes on after a paragraph"),
        pytest.param(
            item("a") + item("b") + item("c", number=2) + item("d", number=2),
            TWO_INSTANCES,
            "1. a\n2. b\n1. c\n2. d",
            id="an instance that starts again",
        ),
        pytest.param(
            item("a") + item("b", number=3), TWO_INSTANCES, "1. a\n2. b", id="instances of one definition go on"
        ),
        pytest.param(
            item("a") + item("x", 1) + item("y", 1) + item("b") + item("z", 1),
            DECIMAL,
            "1. a\n  a) x\n  b) y\n2. b\n  a) z",
            id="a deeper level restarts",
        ),
        pytest.param(
            item("a") + item("x", 1) + item("b") + item("y", 1),
            numbering("decimal %1.", "decimal %2)|lvlRestart=0"),
            "1. a\n  1) x\n2. b\n  2) y",
            id="a level that never restarts",
        ),
        pytest.param(
            item("a") + item("x", 1) + item("i", 2) + item("y", 1),
            numbering("decimal %1", "decimal %1.%2", "decimal %1.%2.%3"),
            "1 a\n  1.1 x\n    1.1.1 i\n  1.2 y",
            id="numbers of all levels",
        ),
        pytest.param(
            item("x", 1), numbering("decimal %1|start=3", "decimal %1.%2"), "  3.1 x", id="a level above that never came"
        ),
        pytest.param(item("a") + item("b"), numbering("decimal %1.|start=5"), "5. a\n6. b", id="start"),
        pytest.param(item("a") + item("b"), numbering("decimal %1.|start=0"), "0. a\n1. b", id="start at nought"),
        pytest.param(item("a") * 3, numbering("upperRoman %1."), "I. a\nII. a\nIII. a", id="roman"),
        pytest.param(item("a"), numbering("lowerRoman (%1)|start=49"), "(xlix) a", id="roman 49"),
        pytest.param(item("a") + item("b"), numbering("lowerLetter (%1)"), "(a) a\n(b) b", id="letters"),
        pytest.param(item("a") + item("b"), numbering("upperLetter %1.|start=26"), "Z. a\nAA. b", id="after Z"),
        pytest.param(item("a") + item("b"), numbering("decimalZero %1"), "01 a\n02 b", id="with a nought"),
        pytest.param(item("总则") + item("附则"), numbering("chineseCountingThousand 第%1条"), "第一条 总则\n第二条 附则", id="clauses"),
        pytest.param(item("a"), numbering("chineseCountingThousand 第%1条|start=12"), "第十二条 a", id="twelve"),
        pytest.param(item("a"), numbering("chineseCountingThousand 第%1条|start=105"), "第一百零五条 a", id="one hundred and five"),
        pytest.param(item("a"), numbering("chineseCounting %1、|start=20"), "二十、 a", id="twenty"),
        pytest.param(item("a"), numbering("japaneseCounting %1、|start=21"), "二十一、 a", id="twenty-one"),
        pytest.param(item("a"), numbering("ideographDigital %1|start=10"), "一〇 a", id="digits"),
        pytest.param(item("a"), numbering("chineseLegalSimplified %1、|start=3"), "叁、 a", id="legal numerals"),
        pytest.param(item("a"), numbering("ideographTraditional %1、|start=2"), "乙、 a", id="heavenly stems"),
        pytest.param(item("a"), numbering("decimalEnclosedCircle %1|start=3"), "③ a", id="circled"),
        pytest.param(item("a"), numbering("decimalEnclosedCircleChinese %1"), "① a", id="circled, Chinese"),
        pytest.param(item("a"), numbering("decimalFullWidth %1．|start=12"), "１２． a", id="full width"),
        pytest.param(item("a"), numbering("ordinal %1|start=2"), "2nd a", id="ordinal"),
        pytest.param(item("a"), numbering("ordinalText %1|start=3"), "Third a", id="ordinal in words"),
        pytest.param(item("a"), numbering("cardinalText %1:|start=21"), "Twenty-one: a", id="cardinal in words"),
        pytest.param(item("a"), numbering("decimal Step %1:"), "Step 1: a", id="words in the label"),
        pytest.param(item("a") + item("b", 1), numbering("bullet \uf0b7", "bullet o"), "- a\n  - b", id="bullets"),
        pytest.param(item("a"), numbering("none "), "a", id="no label"),
        pytest.param(
            item("a") + item("b", 1),
            numbering("upperRoman %1", "decimal %1.%2|isLgl=1"),
            "I a\n  1.1 b",
            id="legal style writes all numbers in figures",
        ),
        pytest.param(item("a") + item("", 0) + item("b"), DECIMAL, "1. a\n3. b", id="an empty item counts"),
    ],
)  # fmt: skip
def test_numbering(tmp_path: Path, body: str, definition: str, text: str) -> None:
    assert text_of(package(tmp_path / "a.docx", body, parts={"numbering.xml": definition})) == text


def test_a_level_that_an_instance_redefines(tmp_path: Path) -> None:
    definition = numbering(
        "decimal %1.",
        instances='<w:num w:numId="1"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0"><w:lvl w:ilvl="0">'
        '<w:start w:val="1"/><w:numFmt w:val="upperLetter"/><w:lvlText w:val="%1)"/></w:lvl></w:lvlOverride></w:num>',
    )
    assert text_of(package(tmp_path / "a.docx", item("a"), parts={"numbering.xml": definition})) == "A) a"


def test_numbers_of_headings_come_from_their_styles(tmp_path: Path) -> None:
    definition = numbering("decimal %1|pStyle=Heading1", "decimal %1.%2|pStyle=Heading2")
    linked = styles(
        style("heading 1", paragraph='<w:numPr><w:numId w:val="1"/></w:numPr><w:outlineLvl w:val="0"/>'),
        style("heading 2", paragraph='<w:numPr><w:ilvl w:val="1"/><w:numId w:val="1"/></w:numPr><w:outlineLvl w:val="1"/>'),
        style("Chapter", based="heading1"),
    ).replace('w:styleId="heading1"', 'w:styleId="Heading1"').replace('w:val="heading1"', 'w:val="Heading1"').replace('w:styleId="heading2"', 'w:styleId="Heading2"')  # fmt: skip
    body = (
        p("Background", '<w:pStyle w:val="Heading1"/>')
        + p("See 2.1.")
        + p("Dosing", '<w:pStyle w:val="Chapter"/>')
        + p("Children", '<w:pStyle w:val="Heading2"/>')
        + p("Unnumbered", '<w:pStyle w:val="Heading1"/><w:numPr><w:numId w:val="0"/></w:numPr>')
    )
    path = package(tmp_path / "a.docx", body, parts={"numbering.xml": definition, "styles.xml": linked})
    assert text_of(path) == "# 1 Background\nSee 2.1.\n# 2 Dosing\n## 2.1 Children\n# Unnumbered"


def test_a_list_style_links_to_its_definition(tmp_path: Path) -> None:
    definition = numbering(
        "lowerLetter %1)",
        extra='<w:abstractNum w:abstractNumId="5"><w:numStyleLink w:val="Steps"/></w:abstractNum>',
        instances='<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="5"/></w:num>',
    )
    linked = styles(style("Steps", of="numbering", paragraph='<w:numPr><w:numId w:val="1"/></w:numPr>'))
    path = package(tmp_path / "a.docx", item("a", number=2), parts={"numbering.xml": definition, "styles.xml": linked})
    assert text_of(path) == "a) a"


CHECKED = "<w:sdt><w:sdtPr><w14:checkbox><w14:checked w14:val='1'/></w14:checkbox></w:sdtPr><w:sdtContent>" + r("☒") + "</w:sdtContent></w:sdt>"  # fmt: skip


@pytest.mark.parametrize(
    ("body", "text"),
    [
        pytest.param(p(r("Dose 5 ") + '<w:r><w:sym w:font="Symbol" w:char="F06D"/></w:r>' + r("g")), "Dose 5 μg", id="sym"),
        pytest.param(p(r("BP ") + '<w:r><w:sym w:font="Symbol" w:char="00B3"/></w:r>' + r(" 140")), "BP ≥ 140", id="sym without F0"),
        pytest.param(p('<w:r><w:sym w:font="Wingdings" w:char="F0FE"/></w:r>' + r(" yes")), "☑ yes", id="wingdings"),
        pytest.param(p('<w:r><w:sym w:font="Nobody" w:char="F0FE"/></w:r>' + r(" yes")), "\ufffd yes", id="unknown font"),
        pytest.param(p('<w:r><w:sym w:font="Arial" w:char="2265"/></w:r>' + r(" 3")), "≥ 3", id="a plain character"),
        pytest.param(p(r("5 ") + r("m", '<w:rFonts w:ascii="Symbol" w:hAnsi="Symbol"/>') + r("g")), "5 μg", id="symbol run"),
        pytest.param(p(r("5 ") + r("\uf06d", '<w:rFonts w:ascii="Symbol" w:hAnsi="Symbol"/>') + r("g")), "5 μg", id="symbol run, private"),
        pytest.param(p(r("10") + r("6", '<w:vertAlign w:val="superscript"/>') + r(" cells")), "10^6 cells", id="power"),
        pytest.param(p(r("CO") + r("2", '<w:vertAlign w:val="subscript"/>')), "CO2", id="index"),
        pytest.param(p(r("who", "<w:caps/>") + r(" grade 2")), "WHO grade 2", id="caps"),
        pytest.param(p(r("who", "<w:smallCaps/>") + r(" 2")), "WHO 2", id="small caps"),
        pytest.param(p(r("5 µg", "<w:caps/>")), "5 µG", id="the micro sign is no letter to capitalise"),
        pytest.param(p(r("who", '<w:caps w:val="0"/>') + r(" 2")), "who 2", id="caps off"),
        pytest.param(p(r("Give 5 mg.") + r(" HIDDEN 500 mg", "<w:vanish/>")), "Give 5 mg.", id="hidden"),
        pytest.param(p(r("50", "<w:strike/>") + r("5 mg")), "5 mg", id="struck out"),
        pytest.param(p(r("50", "<w:dstrike/>") + r("5 mg")), "5 mg", id="struck out twice"),
        pytest.param(p(r("5 mg") + "<w:del><w:r><w:delText>0</w:delText></w:r></w:del>"), "5 mg", id="deleted"),
        pytest.param(p(r("5 mg") + "<w:ins>" + r(" daily") + "</w:ins>"), "5 mg daily", id="inserted"),
        pytest.param(p("<w:moveFrom>" + r("away") + "</w:moveFrom>" + r("here")) + p("<w:moveTo>" + r("there") + "</w:moveTo>"), "here\nthere", id="moved"),
        pytest.param(
            p(r("方中") + "<w:r><w:ruby><w:rubyPr/><w:rt>" + r("huang") + "</w:rt><w:rubyBase>" + r("黄") + "</w:rubyBase></w:ruby></w:r>" + r("芪15克")),
            "方中黄芪15克",
            id="ruby",
        ),
        pytest.param(p(box(p("WARNING: 3 mg."))) + p("Next."), "WARNING: 3 mg.\nNext.", id="a text box once"),
        pytest.param(
            p(r("Beside. ") + "<w:r><w:pict><v:shape><v:textbox><w:txbxContent>" + p("Old box.") + "</w:txbxContent></v:textbox></v:shape></w:pict></w:r>"),
            "Beside.\nOld box.",
            id="an old text box",
        ),
        pytest.param(p(box(table(row("a", "b"), row("1", "2")))), grid("| a | b |", "| 1 | 2 |"), id="a table in a box"),
        pytest.param("<w:sdt><w:sdtPr/><w:sdtContent>" + p("In a control.") + "</w:sdtContent></w:sdt>", "In a control.", id="control"),
        pytest.param(p(CHECKED + r(" febrile")), "☒ febrile", id="checkbox"),
        pytest.param(
            p(r("Name: ") + "<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>" + r("Click to enter text") + "</w:sdtContent></w:sdt>"),
            "Name:",
            id="a control that nobody filled in",
        ),
        pytest.param(
            p('<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> REF x </w:instrText></w:r>'
              '<w:r><w:fldChar w:fldCharType="separate"/></w:r>' + r("Table 3") + '<w:r><w:fldChar w:fldCharType="end"/></w:r>' + r(" shows")),
            "Table 3 shows",
            id="a field's result",
        ),
        pytest.param(
            p('<w:r><w:fldChar w:fldCharType="begin"/></w:r>' + r("Not the result") + '<w:r><w:fldChar w:fldCharType="separate"/></w:r>'
              + r("5 mg") + '<w:r><w:fldChar w:fldCharType="end"/></w:r>'),
            "5 mg",
            id="text in a field's code",
        ),
        pytest.param(
            p('<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>SYMBOL 179 \\f "Symbol" \\s 11</w:instrText></w:r>'
              '<w:r><w:fldChar w:fldCharType="end"/></w:r>' + r(" 140")),
            "≥ 140",
            id="a field that is a symbol",
        ),
        pytest.param(
            p('<w:r><w:fldChar w:fldCharType="begin"><w:ffData><w:checkBox><w:default w:val="1"/></w:checkBox></w:ffData></w:fldChar></w:r>'
              '<w:r><w:instrText> FORMCHECKBOX </w:instrText></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>' + r(" yes")),
            "☒ yes",
            id="a ticked form field",
        ),
        pytest.param(p('<w:fldSimple w:instr="PAGE">' + r("7") + "</w:fldSimple>" + r(" of 9")), "7 of 9", id="simple field"),
        pytest.param(
            p('<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>EQ \\f(140 - age,72)</w:instrText></w:r>'
              '<w:r><w:fldChar w:fldCharType="end"/></w:r>'),
            "$\\frac{140 - age}{72}$",
            id="a formula in a field",
        ),
        pytest.param(p('<w:hyperlink r:id="x">' + r("linked") + "</w:hyperlink>"), "linked", id="link"),
        pytest.param(p(r("a<w:br/>b".replace("<w:br/>", "</w:t><w:br/><w:t>"))), "a b", id="line break"),
        pytest.param(p(r("non") + "<w:r><w:noBreakHyphen/></w:r>" + r("steroidal")), "non-steroidal", id="hyphen"),
        pytest.param(p(r("a") + "<w:r><w:tab/></w:r>" + r("b")), "a b", id="tab"),
        pytest.param(
            p(r("is ") + "<m:oMath><m:f><m:num><m:r><m:t>a</m:t></m:r></m:num><m:den><m:r><m:t>b</m:t></m:r></m:den></m:f></m:oMath>" + r(".")),
            "is $\\frac{a}{b}$.",
            id="inline formula",
        ),
        pytest.param(
            p("<m:oMathPara><m:oMath><m:r><m:t>C=D/V</m:t></m:r></m:oMath></m:oMathPara>"), "formula: $$C=D/V$$", id="formula"
        ),
        pytest.param(
            p("<m:oMath><m:r><m:t>a=b</m:t></m:r></m:oMath><m:oMath><m:r><m:t>c=d</m:t></m:r></m:oMath>"),
            "formula: $$a=b$$\n$$c=d$$",
            id="two formulas",
        ),
        pytest.param(
            p("<m:oMath><m:r><m:t>5×</m:t></m:r><m:sSup><m:e><m:r><m:t>10</m:t></m:r></m:e><m:sup><m:r><m:t>-3</m:t></m:r></m:sup></m:sSup></m:oMath>" + r(" M")),
            "5×10^-3 M",
            id="a power in a formula is text",
        ),
        pytest.param("<w:customXml>" + p("In custom XML.") + "</w:customXml>", "In custom XML.", id="custom XML"),
        pytest.param(p("<w:smartTag>" + r("Basel") + "</w:smartTag>"), "Basel", id="smart tag"),
        pytest.param(p("<w:bdo>" + r("abc") + "</w:bdo>"), "abc", id="direction"),
        pytest.param(p(r("Title"), '<w:outlineLvl w:val="1"/>'), "## Title", id="outline level"),
        pytest.param(p(r("a") + '<w:commentReference w:id="1"/>' + r("b")), "ab", id="comment mark"),
    ],
)  # fmt: skip
def test_text(tmp_path: Path, body: str, text: str) -> None:
    assert text_of(package(tmp_path / "a.docx", body)) == text


RESTART, ON = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        pytest.param(
            table(row("Drug", "Dose"), f"<w:sdt><w:sdtPr/><w:sdtContent>{row('A', '5 mg')}{row('B', '9 mg')}</w:sdtContent></w:sdt>"),
            grid("| Drug | Dose |", "| A | 5 mg |", "| B | 9 mg |"),
            id="rows in a control",
        ),
        pytest.param(
            table(row("Drug", "Dose"), row("A", f"<w:sdt><w:sdtPr/><w:sdtContent>{tc('5 mg')}</w:sdtContent></w:sdt>")),
            grid("| Drug | Dose |", "| A | 5 mg |"),
            id="a cell in a control",
        ),
        pytest.param(
            table(row("A", "B", "C"), row("2", "3", properties='<w:gridBefore w:val="1"/>'), row("4", "5", properties='<w:gridAfter w:val="1"/>')),
            grid("| A | B | C |", "|  | 2 | 3 |", "| 4 | 5 |  |"),
            id="cells left out at an end",
        ),
        pytest.param(
            table(row(tc("Both", '<w:gridSpan w:val="2"/>'), "C"), row("1", "2", "3")),
            grid("| Both | Both | C |", "| 1 | 2 | 3 |"),
            id="over two columns",
        ),
        pytest.param(
            table(row("A", "B"), row(tc("x", RESTART), "1"), row(tc("", ON), "2"), row("y", "3")),
            grid("| A | B |", "| x | 1 |", "| x | 2 |", "| y | 3 |"),
            id="over two rows",
        ),
        pytest.param(
            table(row("A", "B", "C"), row(tc("x", '<w:gridSpan w:val="2"/>' + RESTART), "1"), row(tc("", '<w:gridSpan w:val="2"/>' + ON), "2")),
            grid("| A | B | C |", "| x | x | 1 |", "| x | x | 2 |"),
            id="over rows and columns",
        ),
        pytest.param(
            table(row("A", "B"), row("1", tc(p("first") + p("second")))),
            grid("| A | B |", "| 1 | first second |"),
            id="paragraphs in a cell",
        ),
        pytest.param(
            table(row("Group", "Labs"), row("A", tc(table(row("Hb", "120"), row("Na", "140")) + p("")))),
            grid("| Group | Labs |", "| A | Hb: 120; Na: 140 |"),
            id="a table in a cell",
        ),
        pytest.param(
            table(row("A", "B"), row("1", tc(p(box(p("In a box: 3 mg.")))))),
            grid("| A | B |", "| 1 | In a box: 3 mg. |"),
            id="a box in a cell",
        ),
        pytest.param(
            table(row("A", "B"), row("gone", "9", properties="<w:del/>"), row("1", "2")),
            grid("| A | B |", "| 1 | 2 |"),
            id="a deleted row",
        ),
        pytest.param(
            table(row("A", "B"), "<w:ins>" + row("1", "2") + "</w:ins>"), grid("| A | B |", "| 1 | 2 |"), id="an inserted row"
        ),
        pytest.param(table(row("Only one cell.")), "Only one cell.", id="a frame around a paragraph"),
        pytest.param(
            table(row(tc(p("Title") + table(row("a", "b"), row("1", "2"))))),
            "Title\n" + grid("| a | b |", "| 1 | 2 |"),
            id="a frame around a table",
        ),
    ],
)  # fmt: skip
def test_tables(tmp_path: Path, body: str, text: str) -> None:
    assert text_of(package(tmp_path / "a.docx", body)) == text


def test_lists_in_cells_keep_their_labels(tmp_path: Path) -> None:
    bullets = '<w:abstractNum w:abstractNumId="8"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/><w:lvlText w:val="\uf0b7"/></w:lvl></w:abstractNum>'
    both = (
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="8"/></w:num>'
    )
    body = table(
        row("A", "B"),
        row(
            tc(item("Stop.") + item("Give 1 mg.")), tc(item("Halve to 1 mg.", number=2) + item("Check INR.", number=2))
        ),
    )
    path = package(
        tmp_path / "a.docx", body, parts={"numbering.xml": numbering("decimal %1.", extra=bullets, instances=both)}
    )
    assert text_of(path) == grid("| A | B |", "| 1. Stop. 2. Give 1 mg. | • Halve to 1 mg. • Check INR. |")


def test_properties_of_styles_hold(tmp_path: Path) -> None:
    given = styles(
        style("Loud", run="<w:caps/>"),
        style("Quiet", of="character", run="<w:vanish/>"),
        style("Void", of="character", run="<w:strike/>"),
        style("Raised", of="character", run='<w:vertAlign w:val="superscript"/>'),
        style("Louder", of="character", run="<w:caps/>"),
    )
    body = (
        p(r("who ") + r("x", '<w:rStyle w:val="Louder"/>'), '<w:pStyle w:val="Loud"/>')
        + p(r("5 mg") + r(" secret", '<w:rStyle w:val="Quiet"/>') + r("50", '<w:rStyle w:val="Void"/>'))
        + p(r("10") + r("9", '<w:rStyle w:val="Raised"/>') + r("/L"))
    )
    assert text_of(package(tmp_path / "a.docx", body, parts={"styles.xml": given})) == "WHO x\n5 mg\n10^9/L"


def test_what_is_left_out_is_counted(tmp_path: Path) -> None:
    body = (
        p(r("Shown.") + r("abcde", "<w:vanish/>") + r("50", "<w:strike/>"))
        + p(r("x") + "<w:del><w:r><w:delText>old</w:delText></w:r></w:del>")
        + table(row("A", "B"), row("gone", "9", properties="<w:del/>"))
    )
    comments = f'<w:comments {NAMES}><w:comment w:id="1">{p("Ask Dr. X")}</w:comment></w:comments>'
    found = page(package(tmp_path / "a.docx", body, parts={"comments.xml": comments}))
    assert found.conservation is not None
    assert dict(found.conservation.left_out) == {"hidden": 5, "struck out": 2, "deleted": 8, "comment": 7}


def test_notes_are_numbered_where_they_are_referred_to(tmp_path: Path) -> None:
    notes = (
        f'<w:footnotes {NAMES}><w:footnote w:type="separator" w:id="0">{p("")}</w:footnote>'
        f'<w:footnote w:id="7">{p("<w:r><w:footnoteRef/></w:r>" + r(" Daily."))}</w:footnote>'
        f'<w:footnote w:id="5">{p("With food.")}</w:footnote></w:footnotes>'
    )
    ends = f'<w:endnotes {NAMES}><w:endnote w:id="2">{p("Ng 2001.")}</w:endnote></w:endnotes>'
    raised = '<w:vertAlign w:val="superscript"/>'
    body = p(
        r("Dose 10")
        + f'<w:r><w:rPr>{raised}</w:rPr><w:footnoteReference w:id="7"/></w:r>'
        + r(" or 12")
        + f'<w:r><w:rPr>{raised}</w:rPr><w:footnoteReference w:id="5"/></w:r>'
        + r(" mg.")
        + f'<w:r><w:rPr>{raised}</w:rPr><w:endnoteReference w:id="2"/></w:r>'
    )
    path = package(tmp_path / "a.docx", body, parts={"footnotes.xml": notes, "endnotes.xml": ends})
    assert (
        text_of(path)
        == "Dose 10[1] or 12[2] mg.[i]\nfootnote: [1] Daily.\nfootnote: [2] With food.\nfootnote: [i] Ng 2001."
    )


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.docm", "application/vnd.ms-word.document.macroEnabled.main+xml"),
        ("a.dotx", "application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml"),
        ("a.dotm", "application/vnd.ms-word.template.macroEnabledTemplate.main+xml"),
    ],
)
def test_macro_and_template_variants(tmp_path: Path, name: str, kind: str) -> None:
    path = package(tmp_path / name, p("Take 5 mg."), kind=kind)
    assert READER.sniff(path.read_bytes()[:8192], name)
    assert text_of(path) == "Take 5 mg."


def test_strict_documents(tmp_path: Path) -> None:
    body = p(r("10") + r("9", '<w:vertAlign w:val="superscript"/>')) + table(row("A", "B"), row("1", "2")) + item("a")
    path = package(tmp_path / "a.docx", body, parts={"numbering.xml": numbering("upperRoman %1.")}, strict=True)
    assert text_of(path) == "10^9\n" + grid("| A | B |", "| 1 | 2 |") + "\nI. a"


def test_parts_brought_in_whole(tmp_path: Path) -> None:
    inner = package(tmp_path / "inner.docx", p("From another document."))
    path = package(
        tmp_path / "a.docx",
        p("Before.") + '<w:altChunk r:id="x"/><w:altChunk r:id="y"/><w:altChunk r:id="z"/>' + p("After."),
        parts={"chunk.html": "<html><body><p>From a web page, 5 mg.</p></body></html>", "chunk.docx": inner.read_bytes(),
               "chunk.txt": "From a text."},
        links={"x": ("aFChunk", "chunk.html"), "y": ("aFChunk", "chunk.docx"), "z": ("aFChunk", "chunk.txt")},
    )  # fmt: skip
    assert text_of(path) == "Before.\nFrom a web page, 5 mg.\nFrom another document.\nFrom a text.\nAfter."


def test_what_is_drawn_by_other_programs_is_told(tmp_path: Path) -> None:
    chart = "<w:r><w:drawing><wp:inline><a:graphic><a:graphicData><c:chart r:id='c1'/></a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"
    embedded = "<w:r><w:object><o:OLEObject Type='Embed' ProgID='Excel.Sheet.12' r:id='e1'/></w:object></w:r>"
    reason = page(package(tmp_path / "a.docx", p(r("Text.") + chart + embedded))).reason
    assert "1 chart" in reason and "1 embedded file" in reason


def test_the_words_of_a_diagram_are_read(tmp_path: Path) -> None:
    drawn = "<w:r><w:drawing><wp:inline><a:graphic><a:graphicData><dgm:relIds r:dm='d1'/></a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"
    points = "".join(
        f"<dgm:pt><dgm:t><a:p><a:r><a:t>{text}</a:t></a:r></a:p></dgm:t></dgm:pt>"
        for text in ("K below 3.0", "Give 40 mmol")
    )
    data = f"<dgm:dataModel {NAMES}><dgm:ptLst>{points}</dgm:ptLst></dgm:dataModel>"
    path = package(
        tmp_path / "a.docx",
        p(drawn),
        parts={"diagrams/data1.xml": data},
        links={"d1": ("diagramData", "diagrams/data1.xml")},
    )
    assert text_of(path) == "- K below 3.0\n- Give 40 mmol"


def picture(width: int, height: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), "white").save(out, "PNG")
    return out.getvalue()


def drawn(link: str, width: int, height: int) -> str:
    """A picture of some EMU (914,400 to the inch)."""
    return (
        f"<w:r><w:drawing><wp:inline><wp:extent cx='{width}' cy='{height}'/><a:graphic><a:graphicData>"
        f"<a:blip r:embed='{link}'/></a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"
    )


def test_without_ocr_pictures_are_told(tmp_path: Path) -> None:
    path = package(
        tmp_path / "a.docx",
        p("Text.") + p(drawn("i1", 5_000_000, 6_000_000)) + p(drawn("i2", 300_000, 300_000)),
        parts={"media/a.png": picture(1200, 1500), "media/b.png": picture(40, 40)},
        links={"i1": ("image", "media/a.png"), "i2": ("image", "media/b.png")},
    )
    assert "1 picture" in page(path, ocr="never").reason


def written_picture(*lines: str, width: int = 1300) -> bytes:
    """A picture of some lines of text, as a scanner gives it."""
    image = Image.new("RGB", (width, 90 * len(lines) + 80), "white")
    for number, line in enumerate(lines):
        ImageDraw.Draw(image).text((60, 50 + 90 * number), line, "black", ImageFont.load_default(44))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def test_a_scan_that_was_pasted_in_is_read(tmp_path: Path) -> None:
    scan = written_picture("Discharge plan of the ward", "Give 5 mg fenolamide once daily", "Stop tebrazole on day 3")
    path = package(
        tmp_path / "a.docx",
        p("Before.") + p(drawn("i1", 5_900_000, 1_600_000)) + p("After."),
        parts={"media/a.png": scan},
        links={"i1": ("image", "media/a.png")},
    )
    text = text_of(path)
    assert text.startswith("Before.") and text.endswith("After.")
    assert "Give 5 mg fenolamide once daily" in text and "1 picture read by OCR" in page(path).reason


@pytest.mark.parametrize("cut", [0.2, 0.5, 0.9])
def test_damaged_packages_say_so(tmp_path: Path, cut: float) -> None:
    raw = package(tmp_path / "a.docx", p("x" * 5000)).read_bytes()
    path = tmp_path / "b.docx"
    path.write_bytes(raw[: int(len(raw) * cut)])
    with pytest.raises(UnreadableError):
        READER.probe(path, ReadOptions())


def test_hostile_numbers_and_loops_end(tmp_path: Path) -> None:
    looped = styles(style("A", based="B", run="<w:caps/>"), style("B", based="A"))
    definition = numbering("decimal %1." + "%9" * 50 + "|start=99999999999", "upperRoman %2|start=-7")
    body = p("x", '<w:pStyle w:val="A"/>') + item("y") + item("z", 1) + item("w", 99) + item("v", number=404)
    body += "<w:tbl>" * 80 + "</w:tbl>" * 80
    assert "y" in text_of(package(tmp_path / "a.docx", body, parts={"styles.xml": looped, "numbering.xml": definition}))
