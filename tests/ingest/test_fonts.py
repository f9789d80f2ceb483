"""Fonts whose maps lie, say nothing or say too little: what is read is what is drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pymupdf
import pytest

from ingest.page.fonts import UNREADABLE, FontMender
from ingest.page.glyph_names import TEX_SYMBOLS, parts
from ingest.page.glyph_shapes import BASE, CELL, EM, LEFT, classify

SYMBOL = {"m": "µ", "b": "β", "\xb3": "≥", "\xa3": "≤", "\xb1": "±", "\xb4": "×", "\xb0": "°", "-": "−", "D": "Δ"}


def a_page(codes: bytes, targets: dict[int, str] | None, *, font: str = "symb", name: str = "ABCDEF+Pi1") -> bytes:
    """A PDF that shows some codes in an embedded face of the library, with a map that claims `targets`."""
    document = pymupdf.open()
    page = document.new_page()
    program, descriptor, mapped, face, content = (document.get_new_xref() for _ in range(5))
    document.update_object(program, "<</Subtype/Type1C>>")
    document.update_stream(program, pymupdf.Font(font).buffer)
    document.update_object(
        descriptor,
        f"<</Type/FontDescriptor/FontName/{name}/Flags 4/FontBBox[0 -300 1100 1000]/ItalicAngle 0/Ascent 1000"
        f"/Descent -300/CapHeight 700/StemV 80/FontFile3 {program} 0 R>>",
    )
    widths = " ".join("500" if code in codes else "0" for code in range(256))
    said = ""
    if targets is not None:
        entries = "\n".join(f"<{code:02x}> <{text.encode('utf-16-be').hex()}>" for code, text in targets.items())
        document.update_object(mapped, "<<>>")
        document.update_stream(
            mapped,
            f"begincmap 1 begincodespacerange <00> <ff> endcodespacerange {len(targets)} beginbfchar\n{entries}\nendbfchar endcmap".encode(),
        )
        said = f"/ToUnicode {mapped} 0 R"
    document.update_object(
        face,
        f"<</Type/Font/Subtype/Type1/BaseFont/{name}/FirstChar 0/LastChar 255/Widths[{widths}]"
        f"/FontDescriptor {descriptor} 0 R{said}>>",
    )
    document.update_object(content, "<<>>")
    document.update_stream(content, f"BT /F 20 Tf 1 0 0 1 50 700 Tm <{codes.hex()}> Tj ET".encode())
    document.xref_set_key(page.xref, "Resources", f"<</Font<</F {face} 0 R>>>>")
    page.set_contents(content)
    return document.tobytes()


def mended(raw: bytes) -> str:
    """The text of a page once its fonts are mended."""
    document = pymupdf.open("pdf", raw)
    FontMender(document).mend(document.get_page_fonts(0))
    return document[0].get_text(flags=pymupdf.TEXT_MEDIABOX_CLIP).strip()  # else an unknown glyph is given by its code


CODES = bytes(map(ord, SYMBOL))


@pytest.mark.parametrize(
    "targets",
    [
        {ord(key): key for key in SYMBOL},
        {ord(key): chr(1 + number) for number, key in enumerate(SYMBOL)},
        {ord(key): chr(0xE100 + number) for number, key in enumerate(SYMBOL)},
        {ord(key): "\ufffd" for key in SYMBOL},
        {ord(key): "¡¢£¤¥¦§¨©"[number] for number, key in enumerate(SYMBOL)},
    ],
    ids=["letters", "controls", "private", "unknown", "signs"],
)
def test_what_is_drawn_is_read(targets: dict[int, str]) -> None:
    assert mended(a_page(CODES, targets)).translate({0x3BC: "µ", 0x2206: "Δ"}) == "".join(SYMBOL.values())


def test_one_sign_alone() -> None:
    assert mended(a_page(b"m", {ord("m"): "m"})) in ("µ", "μ")


def test_a_font_that_says_the_truth_keeps_it() -> None:
    text = "Patients 0123456789 took 5 mg (12%) at 1/2"
    targets = {ord(character): character for character in text}
    raw = a_page(text.encode(), targets, font="tiro", name="ABCDEF+Body")
    assert mended(raw) == text
    small = "Dose 5"
    raw = a_page(small.encode(), {ord(character): character for character in small}, font="heit", name="ABCDEF+Head")
    assert mended(raw) == small


def test_accents_and_other_scripts_are_left_alone() -> None:
    document = pymupdf.open()
    page = document.new_page()
    text = "éüñßøÅ Жизнь ελλ"
    page.insert_htmlbox((50, 50, 500, 100), f"<p>{text}</p>")
    document = pymupdf.open("pdf", document.tobytes())
    FontMender(document).mend(document.get_page_fonts(0))
    assert " ".join(document[0].get_text().split()) == text


def test_what_cannot_be_told_is_marked(tmp_path: Path) -> None:
    from ingest.document import ReadOptions
    from ingest.readers.pdf import PdfReader

    raw = a_page(b"\x4c\xe1", {0x4C: "\ue000", 0xE1: "\ue001"}, font="zadb", name="ABCDEF+Own")
    assert UNREADABLE in mended(raw)
    path = tmp_path / "a.pdf"
    path.write_bytes(raw)
    [page] = PdfReader().read(path, 1, 1, ReadOptions(ocr="never"), lambda _: None)
    assert UNREADABLE in "".join(block.text for block in page.blocks)
    assert "glyphs could not be read" in page.reason


def test_damaged_fonts_are_passed_over() -> None:
    for cut in (40, 400, 4_000):
        raw = bytearray(a_page(CODES, {ord(key): key for key in SYMBOL}))
        start = raw.index(b"stream") + cut
        raw[start : start + 30] = b"\xff" * 30
        mended(bytes(raw))


def test_names_of_glyphs() -> None:
    assert [TEX_SYMBOLS[f"C{number}"] for number in (0, 1, 2, 4, 6, 20, 21)] == list("−·×÷±≤≥")
    assert len(TEX_SYMBOLS) == 128
    assert (parts("T_h"), parts("f_f_i"), parts("f_f_i.alt"), parts("uni0041_b")) == ("Th", "ffi", "ffi", "Ab")
    assert (parts("minus"), parts("a_minus"), parts("_"), parts(".notdef")) == ("", "", "", "")


def test_size_and_height_tell_signs_of_one_shape_apart() -> None:
    font = pymupdf.Font("tiro")
    signs = "o0.·-_,'"
    document = pymupdf.open()
    page = document.new_page(width=len(signs) * CELL, height=CELL)
    writer = pymupdf.TextWriter(page.rect)
    for number, sign in enumerate(signs):
        writer.append((number * CELL + LEFT, BASE), sign, font=font, fontsize=EM)
    writer.write_text(page)
    pixels = page.get_pixmap(colorspace=pymupdf.csGRAY, alpha=False)
    cells = np.frombuffer(pixels.samples, dtype=np.uint8).reshape(CELL, len(signs), CELL).transpose(1, 0, 2)
    shapes, inked = classify(cells)
    assert inked.all()
    assert [shapes.best(row)[0] for row in range(len(signs))] == list(signs)
