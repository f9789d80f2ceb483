"""Markup, books, Word documents and plain texts that were made to hurt: file name to what writes the bytes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

WORDS = "The patient was treated with aspirin and is doing well on the present dose. "
MEGABYTE = 2**20


def page(body: str, head: str = "") -> bytes:
    return f"<!DOCTYPE html><html lang='en'><head><title>T</title>{head}</head><body><h1>T</h1><p>{WORDS * 8}</p>{body}</body></html>".encode()


def table(rows: int, columns: int, span: str, text: str = "cell") -> str:
    return "<table>" + f"<tr>{f'<td {span}>{text}</td>' * columns}</tr>" * rows + "</table>"


HTML: dict[str, Callable[[], bytes]] = {
    "colspan.html": lambda: page(table(400, 20, "colspan='9999'")),
    "rowspan.html": lambda: page(table(400, 20, "rowspan='9999' colspan='9999'")),
    "spans_of_long_cells.html": lambda: page(table(40, 3, "rowspan='9999' colspan='9999'", WORDS * 100)),
    "colspan_signs.html": lambda: page(table(3, 3, "colspan='-5' rowspan='²³'") + table(3, 3, "colspan='1e9'")),
    "tables_in_tables.html": lambda: page("<table><tr><td>a" * 800),
    "deep.html": lambda: page("<div>" * 20_000 + "x" + "</div>" * 20_000),
    "deep_inline.html": lambda: page("<b><i>" * 5_000 + "x"),
    "deep_list.html": lambda: page("<ul><li>a" * 1_500),
    "attributes.html": lambda: page("<p " + " ".join(f"a{n}='1'" for n in range(30_000)) + ">x</p>"),
    "long_attribute.html": lambda: page(f"<p title='{'a' * 8 * MEGABYTE}'>x</p>"),
    "entities.html": lambda: page("&amp;" * 200_000 + "&#x110000;&#xd800;&#0;&bogus;"),
    "one_line.html": lambda: page(f"<p>{WORDS * 30_000}</p>"),
    "headings.html": lambda: page("<h2>Heading</h2>" * 5_000),
    "elements.html": lambda: page("<br>" * 150_000),
    "open_comment.html": lambda: page("<!--" + "<p>x" * 10_000),
    "plaintext.html": lambda: page("<plaintext>" + "</p><b>" * 10_000),
    "script.html": lambda: page("<script>" + "if(a<b){" * 20_000),
    "nul.html": lambda: page("\0" * 100_000 + "<p>\0x\0</p>"),
    "utf7.html": lambda: page("+ADw-script+AD4-", "<meta charset='utf-7'>"),
    "charset_lie.html": lambda: page("é" * 1000, "<meta charset='utf-16'>").decode().encode("cp1252", "replace"),
    "two_marks.html": lambda: b"\xff\xfe" + b"\xef\xbb\xbf" + page("x"),
    "svg.html": lambda: page("<svg>" + "<g>" * 5_000 + "<text>x</text>"),
    "mathml.html": lambda: page("<math>" + "<msup><mrow>" * 3_000 + "<mi>x</mi></math>"),
    "links.html": lambda: page("<a href='#'>x</a> " * 10_000),
    "pre.html": lambda: page("<pre>" + "a  b\n" * 50_000 + "</pre>"),
    "superscripts.html": lambda: page("<sup>1</sup>" * 10_000),
    "empty_tags.html": lambda: b"<!DOCTYPE html><html>" + b"<" * 100_000,
    "base64.html": lambda: page(f"<img src='data:image/png;base64,{'A' * 4 * MEGABYTE}'>"),
    "attributes_unclosed.html": lambda: page("<p " + " ".join(f"a{n}='" for n in range(30_001))),
    "rows_of_one.html": lambda: page("<table><tr>" + "<td>x" * 1_000 + "<tr><td>y" * 8_000 + "</table>"),
    "spans_of_many_tables.html": lambda: page(
        "<table><tr><td colspan=1000 rowspan=1000>a<td>b<tr><td>a</table>" * 5_000
    ),
    "struck_out.html": lambda: page("<s>a</s>b" * 40_000),
    "inputs_before_hidden.html": lambda: page("<input>" * 20_000 + "<i hidden>a</i>" * 20_000),
    "furniture_in_furniture.html": lambda: page("<aside>" * 200 + "<b>x</b>" * 20_000),
    "list_in_list.html": lambda: page("<ul><li>" * 120 + "<p>x" * 20_000),
    "nothing_alike.html": lambda: page(
        "".join(f"<p>The dose of drug {n} is {n * 7} mg each {n * 13} days, not {n * 31}.</p>" for n in range(4_000))
        + "".join(f"<div class='card'><b>Number {n * 17} or {n * 19} of ward {n * 23}</b></div>" for n in range(4_000))
    ),
    "too_many.html": lambda: page("<p>x" * 600_000),
}


def article(body: str, prolog: str = "") -> bytes:
    front = "<front><article-meta><title-group><article-title>T</article-title></title-group></article-meta></front>"
    return f"<?xml version='1.0'?>{prolog}<article article-type='x'>{front}<body><sec><title>S</title><p>{WORDS * 4}</p>{body}</sec></body></article>".encode()


def laughs() -> bytes:
    entities = "<!ENTITY a0 'laugh'>" + "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 12))
    return article("<p>&a11;</p>", f"<!DOCTYPE article [{entities}]>")


XML: dict[str, Callable[[], bytes]] = {
    "laughs.xml": laughs,
    "quadratic.xml": lambda: article(
        f"<p>{'&a;' * 100_000}</p>", f"<!DOCTYPE article [<!ENTITY a '{'x' * 100_000}'>]>"
    ),
    "outside.xml": lambda: article("<p>&a;</p>", "<!DOCTYPE article [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>"),
    "parameter.xml": lambda: article(
        "<p>x</p>", "<!DOCTYPE article [<!ENTITY % a SYSTEM 'http://127.0.0.1:9/x.dtd'> %a; %a;]>"
    ),
    "dtd.xml": lambda: article("<p>x</p>", "<!DOCTYPE article SYSTEM 'file:///dev/zero'>"),
    "itself.xml": lambda: article("<p>&a;</p>", "<!DOCTYPE article [<!ENTITY a '&a;'>]>"),
    "xinclude.xml": lambda: article(
        "<xi:include xmlns:xi='http://www.w3.org/2001/XInclude' href='/etc/passwd' parse='text'/>"
    ),
    "deep.xml": lambda: article("<sec>" * 100_000),
    "deep_closed.xml": lambda: article("<sec><title>t</title>" * 240 + "<p>x</p>" + "</sec>" * 240),
    "attributes.xml": lambda: article("<p " + " ".join(f"a{n}='1'" for n in range(30_000)) + ">x</p>"),
    "namespaces.xml": lambda: article("<p " + " ".join(f"xmlns:n{n}='u{n}'" for n in range(5_000)) + ">x</p>"),
    "instruction.xml": lambda: article(f"<?php {'a' * 4 * MEGABYTE}?>"),
    "cdata.xml": lambda: article(f"<p><![CDATA[{WORDS * 30_000}]]></p>"),
    "rows.xml": lambda: article(
        "<table-wrap><table>" + "<row><entry morerows='9999'>x</entry></row>" * 3_000 + "</table></table-wrap>"
    ),
    "columns.xml": lambda: article(
        "<table-wrap><table><colspec colname='a'/>"
        + "<colspec/>" * 100_000
        + "<colspec colname='z'/>"
        + "<row><entry namest='a' nameend='z'>x</entry></row>" * 500
        + "</table></table-wrap>"
    ),
    "elements.xml": lambda: article("<p/>" * 200_000),
    "crossing.xml": lambda: article("<b><i></b></i>" * 5_000),
    "references.xml": lambda: article("<p>" + "<xref ref-type='bibr' rid='r1'>1</xref>," * 10_000 + "</p>"),
    "markup_decl.xml": lambda: b"<!" * 1_000_000 + b"<article/>",
    "cnxml.cnxml": lambda: (
        "<document xmlns='http://cnx.rice.edu/cnxml'><title>T</title><content>" + "<section>" * 5_000
    ).encode(),
}


def zipped(members: dict[str, bytes | str]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return held.getvalue()


CONTAINER = '<container><rootfiles><rootfile full-path="{}"/></rootfiles></container>'
CHAPTER = page("").decode()
KIND = 'media-type="application/xhtml+xml"'


def book(items: str, spine: str, chapters: dict[str, bytes | str], root: str = "b.opf", package: str = "") -> bytes:
    package = package or (
        '<package xmlns="http://www.idpf.org/2007/opf"><metadata><title xmlns="http://purl.org/dc/elements/1.1/">T</title>'
        f"</metadata><manifest>{items}</manifest><spine>{spine}</spine></package>"
    )
    return zipped(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": CONTAINER.format(root),
            "b.opf": package,
            **chapters,
        }
    )


def many(count: int, same: bool) -> bytes:
    """A book of many items: of one chapter under many names, or of many chapters."""
    names = ["a.xhtml"] * count if same else [f"{n}.xhtml" for n in range(count)]
    items = "".join(f'<item id="i{n}" href="{name}" {KIND}/>' for n, name in enumerate(names))
    spine = "".join(f'<itemref idref="i{n}"/>' for n in range(count))
    return book(items, spine, dict.fromkeys(dict.fromkeys(names), CHAPTER))


def heavy_chapters() -> bytes:
    """Forty chapters, each just under what a chapter may unpack to."""
    text = page(f"<p>{' ' * 16 * MEGABYTE}</p>")
    items = "".join(f'<item id="i{n}" href="{n}.xhtml" {KIND}/>' for n in range(40))
    spine = "".join(f'<itemref idref="i{n}"/>' for n in range(40))
    return book(items, spine, {f"{n}.xhtml": text for n in range(40)})


ONE = f'<item id="a" href="a.xhtml" {KIND}/>'
BOOKS: dict[str, Callable[[], bytes]] = {
    "spine_repeats.epub": lambda: book(
        ONE, '<itemref idref="a"/>' * 2_000, {"a.xhtml": page("<p>" + WORDS * 500 + "</p>").decode()}
    ),
    "items_repeat.epub": lambda: many(2_000, same=True),
    "heavy_chapters.epub": heavy_chapters,
    "long_spine.epub": lambda: book(ONE, '<itemref idref="a"/>' * 100_000, {"a.xhtml": CHAPTER}),
    "itself.epub": lambda: book(ONE.replace("a.xhtml", "b.opf"), '<itemref idref="a"/>', {}),
    "climbing.epub": lambda: book(ONE.replace("a.xhtml", "../../../etc/passwd"), '<itemref idref="a"/>', {}),
    "root_elsewhere.epub": lambda: book(ONE, '<itemref idref="a"/>', {"a.xhtml": CHAPTER}, root="/etc/passwd"),
    "root_itself.epub": lambda: book(ONE, '<itemref idref="a"/>', {"a.xhtml": CHAPTER}, root="META-INF/container.xml"),
    "laughing.epub": lambda: book(ONE, '<itemref idref="a"/>', {"a.xhtml": laughs()}),
    "bomb_chapter.epub": lambda: book(ONE, '<itemref idref="a"/>', {"a.xhtml": bytes(200 * MEGABYTE)}),
    "deep_contents.epub": lambda: book(
        ONE + '<item id="n" href="n.ncx" media-type="application/x-dtbncx+xml"/>', '<itemref idref="a"/>',
        {"a.xhtml": CHAPTER, "n.ncx": "<ncx><navMap>" + "<navPoint><navLabel><text>x</text></navLabel>" * 200 + "</navMap></ncx>"},
    ),
    "long_contents.epub": lambda: book(
        ONE + '<item id="n" href="n.xhtml" properties="nav" media-type="application/xhtml+xml"/>', '<itemref idref="a"/>',
        {"a.xhtml": CHAPTER, "n.xhtml": "<html><body><nav>" + "<ol><li><a href='a.xhtml'>x</a>" * 100 + "<a href='a.xhtml'>x</a>" * 30_000 + "</nav></body></html>"},
    ),
    "no_spine.epub": lambda: book(ONE, "", {"a.xhtml": CHAPTER}),
    "not_xml.epub": lambda: book("", "", {}, package="\0\1\2"),
}  # fmt: skip

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def word(body: str, parts: dict[str, bytes | str] | None = None, relations: str = "") -> bytes:
    kinds = "application/vnd.openxmlformats-officedocument.wordprocessingml"
    types = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/>'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{kinds}.document.main+xml"/>'
        f'<Override PartName="/word/styles.xml" ContentType="{kinds}.styles+xml"/></Types>'
    )
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    styles = (parts or {}).pop("word/styles.xml", f'<w:styles xmlns:w="{W}"/>')
    return zipped(
        {
            "[Content_Types].xml": types,
            "_rels/.rels": f'<Relationships xmlns="{package}"><Relationship Id="r1" Type="{office}/officeDocument" Target="word/document.xml"/></Relationships>',
            "word/document.xml": f'<w:document xmlns:w="{W}"><w:body>{body}</w:body></w:document>',
            "word/_rels/document.xml.rels": f'<Relationships xmlns="{package}"><Relationship Id="r1" Type="{office}/styles" Target="styles.xml"/>{relations}</Relationships>',
            "word/styles.xml": styles,
            **(parts or {}),
        }
    )


def paragraph(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


STYLES_IN_A_RING = (
    f'<w:styles xmlns:w="{W}"><w:style w:type="paragraph" w:styleId="a"><w:name w:val="a"/><w:basedOn w:val="b"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="b"><w:name w:val="b"/><w:basedOn w:val="a"/></w:style></w:styles>'
)
WORD: dict[str, Callable[[], bytes]] = {
    "runs.docx": lambda: word("<w:p>" + "<w:r><w:t>a</w:t></w:r>" * 1_000_000 + "</w:p>"),
    "paragraphs.docx": lambda: word(paragraph("word word") * 20_000),
    "grid_spans.docx": lambda: word(
        "<w:tbl>" + ("<w:tr>" + ('<w:tc><w:tcPr><w:gridSpan w:val="999"/></w:tcPr>' + paragraph(WORDS) + "</w:tc>") * 50 + "</w:tr>") * 100 + "</w:tbl>"
    ),
    "tables_in_tables.docx": lambda: word(
        paragraph(WORDS) + "<w:tbl><w:tr><w:tc>" * 60 + paragraph("x") + "</w:tc></w:tr></w:tbl>" * 60
    ),
    "deep.docx": lambda: word(paragraph(WORDS) + "<w:sdt><w:sdtContent>" * 20_000),
    "styles_in_a_ring.docx": lambda: word(
        '<w:p><w:pPr><w:pStyle w:val="a"/></w:pPr><w:r><w:t>' + WORDS + "</w:t></w:r></w:p>", {"word/styles.xml": STYLES_IN_A_RING}
    ),
    "laughing.docx": lambda: word(paragraph("&a11;")).replace(b"<w:document", b"<w:document"),
    "bomb_part.docx": lambda: word(paragraph(WORDS), {"word/media/a.xml": bytes(200 * MEGABYTE)}),
    "outside.docx": lambda: word(
        paragraph(WORDS), relations='<Relationship Id="r2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes" Target="file:///etc/passwd" TargetMode="External"/>'
    ),
    "missing_part.docx": lambda: word(
        paragraph(WORDS), relations='<Relationship Id="r2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes" Target="nowhere.xml"/>'
    ),
    "part_many_times.docx": lambda: word(
        paragraph(WORDS) + '<w:altChunk xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" r:id="r9"/>' * 300,
        {"word/a.html": page("<p>x" * 5_000)},
        '<Relationship Id="r9" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/aFChunk" Target="a.html"/>',
    ),
    "deletions.docx": lambda: word(
        f"<w:p>{'<w:del><w:r><w:delText>a</w:delText></w:r></w:del><w:r><w:t>b</w:t></w:r>' * 20_000}</w:p>"
    ),
    "nothing.docx": lambda: word(""),
    "not_word.docx": lambda: zipped({"a.txt": "x"}),
}  # fmt: skip

TEXTS: dict[str, Callable[[], bytes]] = {
    "empty.txt": lambda: b"",
    "byte.txt": lambda: b"\xff",
    "nul.txt": lambda: bytes(5 * MEGABYTE),
    "blank.txt": lambda: b"\n" * 2_000_000,
    "line.txt": lambda: (WORDS * 40_000).encode(),
    "unbroken.txt": lambda: b"a" * (4 * MEGABYTE),
    "controls.txt": lambda: bytes(range(32)) * 10_000 + WORDS.encode(),
    "terminal.txt": lambda: ("\x1b]0;owned\x07\x1b[2J" + WORDS).encode() * 200,
    "halves.txt": lambda: b"\xff\xfe" + b"\x00\xd8" * 100_000,
    "bars.md": lambda: b"|" * 1_000_000 + b"\n|---|\n" + b"|a" * 1_000_000,
    "table_lines.md": lambda: b"| a | b |\n|---|---|\n" + b"| 1 | 2 |\n" * 20_000,
    "brackets.md": lambda: b"[" * 50_000 + b"](" * 50_000,
    "stars.md": lambda: b"**_*" * 50_000,
    "dollars.md": lambda: b"$" * 50_000 + b"\\(" * 100_000,
    "hashes.md": lambda: b"#" * 1_000_000 + b"\n" + b"# a\n" * 5_000,
    "nested_list.md": lambda: b"".join(b" " * n + b"- a\n" for n in range(800)),
    "quotes.md": lambda: b">" * 100_000,
    "parentheses.txt": lambda: b"(" * 100_000 + b"1" * 100_000,
    "digits.txt": lambda: b"1234567890 " * 50_000,
    "hyphens.txt": lambda: b"a-\n" * 100_000,
    "right_to_left.txt": lambda: ("\u202e\u2066\u200f" * 50_000 + WORDS).encode(),
    "joiners.txt": lambda: ("\u200d\ufe0f\U0001f468" * 50_000).encode(),
    "accents.txt": lambda: ("a" + "\u0301" * 100_000).encode(),
    "random.bin": lambda: __import__("random").Random(3).randbytes(MEGABYTE),
}
