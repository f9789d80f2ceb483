"""The values of `cases.py` as files, each written by another program or in another way that real documents are written.

A producer takes values and gives files: (name, bytes). Those that need a library which is not installed raise
ImportError, and whoever runs them says so.
"""

from __future__ import annotations

import html
import io
import zipfile
from collections.abc import Callable, Sequence

import pymupdf

from tests.ingest.values.cases import Value, sentence

Files = list[tuple[str, bytes]]
PER_PAGE = 36
_SIGNS = dict(zip("αβγδκσχΔΩ≤≥±×°−≈", "abgdkscDW\xa3\xb3\xb1\xb4\xb0\x2d\xbb", strict=True))
"""What the Symbol font has on which key."""


def markup(value: Value, raised: str = "sup", lowered: str = "sub") -> str:
    """A value's sentence in HTML."""
    wrap = {"raised": raised, "citation": raised, "lowered": lowered}
    return "".join(
        f"<{wrap[kind]}>{html.escape(text)}</{wrap[kind]}>" if kind in wrap else html.escape(text)
        for kind, text in sentence(value)
    )


def _stories(values: Sequence[Value], style: str) -> pymupdf.Document:
    document = pymupdf.open()
    for start in range(0, len(values), PER_PAGE):
        body = "".join(f"<p>{markup(value)}.</p>" for value in values[start : start + PER_PAGE])
        page = document.new_page()
        page.insert_htmlbox((50, 50, 545, 790), f"<style>p{{margin:0 0 4pt;font-size:11pt}}{style}</style>{body}")
    return document


def story(values: Sequence[Value]) -> Files:
    """MuPDF's own typesetter, its own superscripts."""
    return [("story.pdf", _stories(values, "").tobytes())]


def story_serif(values: Sequence[Value]) -> Files:
    """The same with a serif face and marks of 60 %."""
    return [("serif.pdf", _stories(values, "p{font-family:serif} sup,sub{font-size:60%}").tobytes())]


def story_large_marks(values: Sequence[Value]) -> Files:
    """Marks of 90 % of the text's size."""
    return [("large.pdf", _stories(values, "sup,sub{font-size:90%}").tobytes())]


def scan(values: Sequence[Value]) -> Files:
    """Pages as images of 200 dpi."""
    pages = _stories(values, "p{font-size:11pt}")
    scanned = pymupdf.open()
    for page in pages:
        target = scanned.new_page(width=page.rect.width, height=page.rect.height)
        target.insert_image(target.rect, stream=page.get_pixmap(dpi=200, colorspace=pymupdf.csGRAY).tobytes("png"))
    return [("scan.pdf", scanned.tobytes())]


def _by_hand(
    values: Sequence[Value],
    *,
    size: float = 0.65,
    rise: float = 0.35,
    drop: float = 0.15,
    claim: Callable[[int], str] | None = None,
    sideways: bool = False,
    apart: bool = False,
) -> bytes:
    """A PDF written operator by operator: Times, and the Symbol font for signs.

    `size`, `rise` and `drop` of marks are in ems of the text. With `claim` the Symbol font is embedded and has a map
    that says so of each code. `apart` sets a raised sign and its number as two runs.
    """
    document = pymupdf.open()
    times = pymupdf.Font("tiro")
    symbol = pymupdf.Font("symb")
    fonts = document.get_new_xref()
    document.update_object(fonts, "<</Type/Font/Subtype/Type1/BaseFont/Times-Roman/Encoding/WinAnsiEncoding>>")
    signs = document.get_new_xref()
    if claim is None:
        document.update_object(signs, "<</Type/Font/Subtype/Type1/BaseFont/Symbol>>")
    else:
        program, descriptor, mapped = (document.get_new_xref() for _ in range(3))
        document.update_object(program, "<</Subtype/Type1C>>")
        document.update_stream(program, symbol.buffer)
        document.update_object(
            descriptor,
            f"<</Type/FontDescriptor/FontName/ABCDEF+AdvPi9/Flags 4/FontBBox[0 -300 1100 1000]/ItalicAngle 0/Ascent 1000"
            f"/Descent -300/CapHeight 700/StemV 80/FontFile3 {program} 0 R>>",
        )
        used = sorted({ord(code) for code in _SIGNS.values()})
        widths = [
            round(1000 * symbol.glyph_advance(ord(character))) if code in used else 0
            for code in range(256)
            for character in [next((sign for sign, key in _SIGNS.items() if ord(key) == code), " ")]
        ]
        document.update_object(mapped, "<<>>")
        entries = "\n".join(f"<{code:02x}> <{claim(code).encode('utf-16-be').hex()}>" for code in used)
        document.update_stream(
            mapped,
            f"begincmap 1 begincodespacerange <00> <ff> endcodespacerange {len(used)} beginbfchar\n{entries}\nendbfchar "
            "endcmap".encode(),
        )
        document.update_object(
            signs,
            f"<</Type/Font/Subtype/Type1/BaseFont/ABCDEF+AdvPi9/FirstChar 0/LastChar 255/Widths[{' '.join(map(str, widths))}]"
            f"/FontDescriptor {descriptor} 0 R/ToUnicode {mapped} 0 R>>",
        )
    for start in range(0, len(values), PER_PAGE):
        page = document.new_page(width=842, height=842)
        content = []
        for line, value in enumerate(values[start : start + PER_PAGE]):
            x, y = 50.0, 50.0 + 20 * line
            for kind, text in sentence(value):
                em = 11.0 if kind == "plain" else 11.0 * size
                up = 0.0 if kind == "plain" else -11 * drop if kind == "lowered" else 11 * rise
                runs: list[tuple[str, str]] = []
                for character in text:
                    font = "S" if character in _SIGNS else "T"
                    key = _SIGNS.get(character, character)
                    if runs and runs[-1][0] == font and not (apart and kind == "raised"):
                        runs[-1] = (font, runs[-1][1] + key)
                    else:
                        runs.append((font, key))
                originals = iter(text)
                for font, keys in runs:
                    where = (x, 842 - y + up)
                    matrix = (
                        f"0 1 -1 0 {842 - where[1]:.2f} {where[0]:.2f}"
                        if sideways
                        else f"1 0 0 1 {where[0]:.2f} {where[1]:.2f}"
                    )
                    codes = keys.encode("latin-1" if font == "S" else "cp1252").hex()
                    content.append(f"BT /{font} {em:.2f} Tf {matrix} Tm <{codes}> Tj ET")
                    face = symbol if font == "S" else times
                    x += em * sum(
                        face.glyph_advance(ord(character)) for character, _ in zip(originals, keys, strict=False)
                    )
        stream = document.get_new_xref()
        document.update_object(stream, "<<>>")
        document.update_stream(stream, "\n".join(content).encode())
        document.xref_set_key(page.xref, "Resources", f"<</Font<</T {fonts} 0 R/S {signs} 0 R>>>>")
        page.set_contents(stream)
    return document.tobytes()


def symbol_font(values: Sequence[Value]) -> Files:
    """Signs in the Symbol font, not embedded."""
    return [("symbol.pdf", _by_hand(values))]


def lying_letters(values: Sequence[Value]) -> Files:
    """Signs in an embedded pi font whose map claims the letter on whose key they sit."""
    return [("letters.pdf", _by_hand(values, claim=chr))]


def silent_controls(values: Sequence[Value]) -> Files:
    """Signs in a pi font whose map gives control characters."""
    return [("controls.pdf", _by_hand(values, claim=lambda code: chr(1 + code % 8)))]


def private_codes(values: Sequence[Value]) -> Files:
    """Signs in a pi font whose map gives private codes."""
    return [("private.pdf", _by_hand(values, claim=lambda code: chr(0xE000 + code)))]


def raised_little(values: Sequence[Value]) -> Files:
    """Small marks that are raised by an eighth of an em."""
    return [("little.pdf", _by_hand(values, size=0.7, rise=0.12, drop=0.1))]


def nearly_full_size(values: Sequence[Value]) -> Files:
    """Marks of 95 % of the text's size."""
    return [("full.pdf", _by_hand(values, size=0.95, rise=0.3, drop=0.2))]


def sideways(values: Sequence[Value]) -> Files:
    """Lines that run up the page."""
    return [("sideways.pdf", _by_hand(values, sideways=True))]


def marks_apart(values: Sequence[Value]) -> Files:
    """A raised sign and its number as two runs of two fonts."""
    return [("apart.pdf", _by_hand(values, apart=True))]


def reportlab(values: Sequence[Value]) -> Files:
    """ReportLab's paragraphs, with an embedded TrueType face."""
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.platypus import Paragraph, SimpleDocTemplate

    pdfmetrics.registerFont(TTFont("DejaVu", "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"))
    style = ParagraphStyle("body", fontName="DejaVu", fontSize=10, leading=16)
    buffer = io.BytesIO()
    SimpleDocTemplate(buffer).build([Paragraph(markup(value, "super", "sub") + ".", style) for value in values])
    return [("reportlab.pdf", buffer.getvalue())]


def fpdf(values: Sequence[Value]) -> Files:
    """fpdf2, with its own superscripts."""
    from fpdf import FPDF

    pdf = FPDF()
    pdf.add_font("DejaVu", fname="/usr/share/fonts/truetype/dejavu/DejaVuSerif.ttf")
    pdf.set_font("DejaVu", size=11)
    pdf.add_page()
    for value in values:
        for kind, text in sentence(value):
            pdf.char_vpos = {"plain": "LINE", "lowered": "SUB"}.get(kind, "SUP")
            pdf.write(7, text)
        pdf.char_vpos = "LINE"
        pdf.ln(7)
    return [("fpdf.pdf", bytes(pdf.output()))]


def typst(values: Sequence[Value]) -> Files:
    """Typst, with its own faces."""
    import typst as compiler

    def piece(kind: str, text: str) -> str:
        literal = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
        call = {"plain": "text", "lowered": "sub"}.get(kind, "super")
        return f"#{call}({literal})"

    body = "\n\n".join("".join(piece(kind, text) for kind, text in sentence(value)) + "." for value in values)
    return [("typst.pdf", compiler.compile(body.encode()))]


def matplotlib_type3(values: Sequence[Value]) -> Files:
    """Matplotlib's formulas, in Type 3 fonts."""
    import matplotlib

    matplotlib.use("pdf")
    from matplotlib import pyplot
    from matplotlib.backends.backend_pdf import PdfPages

    def formula(value: Value) -> str:
        parts = []
        for kind, text in sentence(value):
            safe = text.replace("%", r"\%").replace(" ", r"\ ").replace("$", r"\$").replace("-", "{-}")
            parts.append(safe if kind == "plain" else f"_{{{safe}}}" if kind == "lowered" else f"^{{{safe}}}")
        return rf"$\mathdefault{{{''.join(parts)}}}$"

    buffer = io.BytesIO()
    with PdfPages(buffer) as book:
        for start in range(0, len(values), PER_PAGE):
            figure = pyplot.figure(figsize=(8.3, 11.7))
            for line, value in enumerate(values[start : start + PER_PAGE]):
                figure.text(0.1, 0.95 - 0.025 * line, formula(value), fontsize=11)
            book.savefig(figure)
            pyplot.close(figure)
    return [("matplotlib.pdf", buffer.getvalue())]


def docx(values: Sequence[Value]) -> Files:
    """Word's superscripts and subscripts."""
    return [("styled.docx", _docx(values, by_position=False))]


def docx_position(values: Sequence[Value]) -> Files:
    """Word's runs that are raised by points."""
    return [("position.docx", _docx(values, by_position=True))]


def _docx(values: Sequence[Value], *, by_position: bool) -> bytes:
    import docx as word
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    document = word.Document()
    for value in values:
        paragraph = document.add_paragraph()
        for kind, text in sentence(value):
            run = paragraph.add_run(text)
            if kind == "plain":
                continue
            if by_position:
                height = OxmlElement("w:position")
                height.set(qn("w:val"), "-6" if kind == "lowered" else "8")
                run._r.get_or_add_rPr().append(height)
            elif kind == "lowered":
                run.font.subscript = True
            else:
                run.font.superscript = True
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def web(values: Sequence[Value]) -> Files:
    """A web page."""
    body = "".join(f"<p>The record of this entry, as it was kept: {markup(value)}.</p>" for value in values)
    page = f"<!doctype html><html lang=en><head><meta charset=utf-8><title>Values</title></head><body><main><article><h1>Values</h1>{body}</article></main></body></html>"
    return [("page.html", page.encode())]


def epub(values: Sequence[Value]) -> Files:
    """A book of one chapter."""
    chapter = f'<html xmlns="http://www.w3.org/1999/xhtml"><head><title>V</title></head><body><h1>Values</h1>{"".join(f"<p>{markup(value)}.</p>" for value in values)}</body></html>'
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr(
            "META-INF/container.xml",
            '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container" version="1.0"><rootfiles><rootfile full-path="b.opf" media-type="application/oebps-package+xml"/></rootfiles></container>',
        )
        archive.writestr(
            "b.opf",
            '<package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Values</dc:title></metadata><manifest><item id="c" href="c.xhtml" media-type="application/xhtml+xml"/></manifest><spine><itemref idref="c"/></spine></package>',
        )
        archive.writestr("c.xhtml", chapter)
    return [("book.epub", buffer.getvalue())]


def jats(values: Sequence[Value]) -> Files:
    """A journal article whose citations are linked."""
    body = "".join(
        "<p>"
        + "".join(
            f'<xref ref-type="bibr" rid="r1"><sup>{text}</sup></xref>'
            if kind == "citation"
            else f"<sup>{html.escape(text)}</sup>"
            if kind == "raised"
            else f"<sub>{html.escape(text)}</sub>"
            if kind == "lowered"
            else html.escape(text)
            for kind, text in sentence(value)
        )
        + ".</p>"
        for value in values
    )
    article = f'<?xml version="1.0"?><!DOCTYPE article PUBLIC "-//NLM//DTD JATS (Z39.96) Journal Archiving and Interchange DTD v1.2 20190208//EN" "JATS-archivearticle1.dtd"><article article-type="research-article"><front><article-meta><title-group><article-title>Values</article-title></title-group></article-meta></front><body><sec><title>R</title>{body}</sec></body></article>'
    return [("article.xml", article.encode())]


def cnxml(values: Sequence[Value]) -> Files:
    """A module of a textbook."""
    body = "".join(f"<para>{markup(value)}.</para>" for value in values)
    module = f'<document xmlns="http://cnx.rice.edu/cnxml"><title>Values</title><content>{body}</content></document>'
    return [("module.cnxml", module.encode())]


PRODUCERS: dict[str, Callable[[Sequence[Value]], Files]] = {
    producer.__name__: producer
    for producer in (
        story,
        story_serif,
        story_large_marks,
        symbol_font,
        lying_letters,
        silent_controls,
        private_codes,
        raised_little,
        nearly_full_size,
        sideways,
        marks_apart,
        reportlab,
        fpdf,
        typst,
        matplotlib_type3,
        docx,
        docx_position,
        web,
        epub,
        jats,
        cnxml,
        scan,
    )
}
"""Twenty-two ways to write the same values."""
