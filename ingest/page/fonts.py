"""Fonts are read against their shapes: what a code claims to be, and what its glyph draws.

A PDF says which character a code stands for (ToUnicode, an encoding, a glyph's name) beside the outline that it draws, and
the two differ: pi fonts claim the letter whose key they sat on, others claim nothing. For each font in doubt every code
is drawn once on a page of its own, where the library also says what it takes the code for; `glyph_shapes` says what is drawn.
Where the claim is wrong or void the font gets a map of its own before its pages are read, so that all that follows —
lines, tables, search — reads the right characters. A code that stays unreadable becomes U+FFFD: it is never dropped.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pymupdf

from ingest.page.glyph_names import TEX_SYMBOLS, parts, tex_character
from ingest.page.glyph_shapes import BASE, CELL, EM, LEFT, OTHER, Shapes, classify
from ingest.page.reading_order import BULLETS
from ingest.symbol_fonts import symbol

UNREADABLE = "\ufffd"
"""Stands where a glyph could not be read."""
FEW = 24
"""A font of so few codes is looked at whatever it claims: signs come in small fonts of their own."""
SMALL_PROGRAM = 1_500
"""Bytes of a compressed CFF program with so few glyphs."""
MAX_CODES = 400
"""Codes of one font that are drawn, at most."""
MAX_CELLS = 2_048
"""Glyphs drawn for one window of pages, at most."""
MAX_MAP = 1 << 20
"""Bytes of a character map that are looked at."""
SURE = 0.9
"""How sure a shape has to be where there is no claim worth keeping."""
SURE_AGAINST = 0.97
"""How sure it has to be to stand against a claim."""
UNLIKELY = 0.002
"""A claim that the shape makes less likely than this is contradicted."""

_COLUMNS, _ROWS = 16, 64
_ERRORS = (RuntimeError, ValueError, TypeError, IndexError, pymupdf.mupdf.FzErrorBase)
"""What the library raises on damaged files."""
_PI_NAME = re.compile(
    r"symb|math|pi\d?$|pi\b|advp(?!times|sft|stim)|advmt_sy|euclid|wingding|webding|dingbat|cmsy|cmmi|cmex|msam|msbm|mt-?extra|universal|"
    r"greek|mtsy|mtmi|rmtmi|mtgu|ttz|special|fences|sign",
    re.IGNORECASE,
)
_VOID = re.compile("[\x00-\x1f\x7f-\x9f\ufffd\ue000-\uf8ff\U000f0000-\U0010ffff]")
"""Claims that say nothing: controls, the replacement character, private codes."""
_TWINS = (
    "-‐‑–—−_¯",
    ".·•∙⋅●",
    ",‚",
    "^ˆ",
    "¨:",
    "▲▴",
    "□◻",
    "■▪",
    "ΑA",
    "ΒB",
    "ΕE",
    "ΖZ",
    "ΗH",
    "ΙI",
    "ΚK",
    "ΜM",
    "ΝN",
    "ΡP",
    "ΤT",
    "ΥY",
    "ΧX",
    "ιi",
    "'’‘′´`",
    '"“”″',
    "oO0○◦∘°º˚οΟ",
    "lI1|∣ℓ",
    "xX×",
    "*∗",
    "~∼˜",
    "<⟨‹≪",
    ">⟩›≫",
    "ϕφ",
    "ε∈ϵ",
    "θϑ",
    "/⁄",
    "≤⩽",
    "≥⩾",
    "cC",
    "sS",
    "vV",
    "wW",
    "zZ",
    "≅≃",
)
"""Characters that fonts draw alike."""
_LOOKALIKES = (
    "vν",
    "wω",
    "kκ",
    "pρ",
    "uυ",
    "yγ",
    "aα",
    "AΔ",
    "Bβ",
    "nη",
    "it",
    "≈~",
    "=≡",
    "i!",
    "l/",
    "I/",
    "f∫",
    "t†",
    "ƒ∫",
)
"""Characters that italics and display faces draw alike: told apart only in fonts of signs."""
_TWIN = {
    character: {other for group in _TWINS if character in group for other in group}
    for group in _TWINS
    for character in group
}
_LOOKALIKE = {
    character: {other for group in _LOOKALIKES if character in group for other in group}
    for group in _LOOKALIKES
    for character in group
}
_FALSE_LETTERS = "ªºÐðÞþ"
"""Letters of Latin-1 on whose codes signs stand more often than they themselves do."""
_SAME = str.maketrans(
    {"μ": "µ", "\u2206": "\u0394", "\u2126": "\u03a9", "\u00ad": "-", "\u2010": "-", "\u2011": "-", "⋅": "·"}
)
_LIGATURES = {"ff": "ﬀ", "fi": "ﬁ", "fl": "ﬂ", "ffi": "ﬃ", "ffl": "ﬄ"}


@dataclass(slots=True)
class _Font:
    """A font in doubt."""

    xref: int
    codes: list[int]
    width: int
    """Bytes of a code."""
    name: str
    is_pi: bool
    """Its name is one of those that fonts of signs have."""
    whole: bool
    """All of its codes are looked at, not only those that claim nothing or a sign: it can be told whether it lies."""
    names: dict[int, str] = field(default_factory=dict)
    """Names of its glyphs by code, where the encoding gives them."""
    mapped: dict[int, str] = field(default_factory=dict)
    """Its own ToUnicode map."""
    tex: dict[int, str] = field(default_factory=dict)
    """What the names of its program say that only TeX's fonts have."""
    claims: dict[int, str] = field(default_factory=dict)
    """What the library takes each code for that has a glyph."""


class FontMender:
    """Gives the fonts of one open document that lie or say nothing a map of their own, each once."""

    def __init__(self, document: pymupdf.Document) -> None:
        self._document = document
        self._seen: set[int] = set()

    def mend(self, fonts: Sequence[Sequence[Any]]) -> None:
        """Look at fonts as `Document.get_page_fonts` lists them, before any of their pages is read.

        A damaged font stays as it is, and so do those of which none was in doubt.
        """
        try:
            self._mend(fonts)
        except _ERRORS:
            for font in fonts:  # one of them is damaged: each by itself
                self._seen.discard(font[0])
                with suppress(*_ERRORS):
                    self._mend([font])

    def _mend(self, fonts: Sequence[Sequence[Any]]) -> None:
        doubtful = []
        for xref, extension, kind, name, *_ in fonts:
            if xref > 0 and xref not in self._seen:
                self._seen.add(xref)
                family = re.sub(r"^[A-Z]{6}\+|,.*$", "", name)
                font = _in_doubt(self._document, xref, kind, family, extension != "n/a")
                if kind == "Type1" and (named := _tex_characters(self._document, xref, family)):
                    if font is None:
                        font = _Font(xref, [], 1, family, True, False)
                        font.mapped = (
                            _character_map(self._document, self._document.xref_object(xref, compressed=True)) or {}
                        )
                        if all(font.mapped.get(code) == character for code, character in named.items()):
                            continue
                        _write_map(self._document, font, named)
                        continue
                    font.tex = named
                if font is not None:
                    doubtful.append(font)
        if not doubtful:
            return
        cells, places = _drawn(self._document, doubtful)
        if not places:
            return
        shapes, inked = classify(cells)
        rows: dict[int, dict[int, int]] = {}
        for number, (font, code) in enumerate(places):
            if inked[number]:
                rows.setdefault(font.xref, {})[code] = number
        for font in doubtful:
            read = _read(font, rows.get(font.xref, {}), shapes) | font.tex
            if read != font.claims:
                _write_map(self._document, font, read)


def _in_doubt(document: pymupdf.Document, xref: int, kind: str, name: str, embedded: bool) -> _Font | None:
    """A font that has to be looked at, by its dictionary alone; None for one that is to be trusted."""
    is_pi = _PI_NAME.search(name) is not None
    if not embedded and kind != "Type3" and not is_pi:
        return None
    text = document.xref_object(xref, compressed=True)
    mapped = _character_map(document, text)
    if kind == "Type0":
        if mapped is None:
            return None
        whole = is_pi or len(mapped) <= FEW
        codes = [code for code, target in mapped.items() if whole or _VOID.search(target)]
        codes += sorted(_several_of_one(mapped) - set(codes))
        return _Font(xref, codes[:MAX_CODES], 2, name, is_pi, whole, mapped=mapped) if codes else None
    codes = _simple_codes(document, text)
    names = _encoding_names(document, text)
    whole = is_pi or len(codes) <= FEW or _is_small(document, text)
    if not whole:
        if mapped is not None:
            doubles = _several_of_one({code: mapped[code] for code in codes if code in mapped})
            codes = [code for code in codes if code in doubles or (code in mapped and _VOID.search(mapped[code]))]
        elif names:
            codes = [code for code in codes if code in names and not _known(names[code])]
        elif re.search(r"/Encoding\s*/(?:WinAnsi|MacRoman|Standard)Encoding", text):
            return None
        else:
            whole = True  # all that is claimed is what the library makes of the font's own program
    return _Font(xref, codes[:MAX_CODES], 1, name, is_pi, whole, names, mapped or {}) if codes else None


_SCRIPTED = dict(zip("0123456789+-−=()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾", strict=True))
"""Digits and signs that many faces have a small raised glyph of, and the character for that."""


def _several_of_one(mapped: dict[int, str]) -> set[int]:
    """Codes of figures and signs, where a font draws any of them in several ways: one may be raised, which no map says."""
    codes: dict[str, list[int]] = {}
    for code, target in mapped.items():
        if target in _SCRIPTED:
            codes.setdefault(target, []).append(code)
    if all(len(found) == 1 for found in codes.values()):
        return set()
    return {code for found in codes.values() for code in found}


_POSITION = re.compile(r"[A-Za-z]{1,2}\d+|(?:glyph|cid|index|char)\d+")
"""Names that number glyphs."""


def _is_small(document: pymupdf.Document, text: str) -> bool:
    """Whether the program of a font, if it is in the compact format, has room for a few glyphs only, whatever it has widths for."""
    descriptor = re.search(r"/FontDescriptor (\d+) 0 R", text)
    program = document.xref_get_key(int(descriptor.group(1)), "FontFile3") if descriptor is not None else ("null", "")
    if program[0] != "xref":
        return False
    kind, length = document.xref_get_key(int(program[1].split()[0]), "Length")
    return kind == "int" and int(length) < SMALL_PROGRAM


_TEX_ITALIC = re.compile(r"^(?:CMMI|CMBMI|LMMathItalic|[rt]?[tp]xb?mi|Kp--?M-|MathDesign.*MathItalic|EURM|EURB)")
"""Fonts of the letters of mathematics."""
_PROGRAM_CODE = re.compile(rb"dup\s+(\d{1,3})\s*/([A-Za-z0-9.]+)\s+put")
MAX_HEADER = 1 << 16
"""Bytes of a font's program in which its encoding stands in clear text."""


def _tex_characters(document: pymupdf.Document, xref: int, name: str) -> dict[int, str]:
    """Code -> character for the glyphs of a Type 1 font whose names are those of TeX's extension and symbol fonts.

    A program in the first format has its encoding in clear text ("Adobe Type 1 Font Format", chapter 2).
    """
    text = document.xref_object(xref, compressed=True)
    names = _encoding_names(document, text)
    descriptor = re.search(r"/FontDescriptor (\d+) 0 R", text)
    program = document.xref_get_key(int(descriptor.group(1)), "FontFile") if descriptor is not None else ("null", "")
    if not names and program[0] == "xref":
        header = (document.xref_stream(int(program[1].split()[0])) or b"")[:MAX_HEADER]
        names = {int(code): name.decode() for code, name in _PROGRAM_CODE.findall(header)}
    italic = _TEX_ITALIC.search(name) is not None
    found = {code: tex_character(glyph, italic=italic) for code, glyph in names.items()}
    return {code: character for code, character in found.items() if character}


def _known(name: str) -> bool:
    found = pymupdf.mupdf.fz_unicode_from_glyph_name(name)
    return "_" not in name and found not in (0, 0xFFFD) and _POSITION.fullmatch(name) is None


def _stream(document: pymupdf.Document, reference: re.Match[str] | None) -> bytes | None:
    if reference is None:
        return None
    return (document.xref_stream(int(reference.group(1))) or b"")[:MAX_MAP]


_BFCHAR = re.compile(rb"beginbfchar(.*?)endbfchar", re.DOTALL)
_BFRANGE = re.compile(rb"beginbfrange(.*?)endbfrange", re.DOTALL)
_PAIR = re.compile(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f\s]*)>")
_RANGE = re.compile(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*(?:<([0-9A-Fa-f]+)>|\[(.*?)\])", re.DOTALL)


def _character_map(document: pymupdf.Document, text: str) -> dict[int, str] | None:
    """Code -> text of a font's ToUnicode map; None when it has none."""
    stream = _stream(document, re.search(r"/ToUnicode (\d+) 0 R", text))
    if stream is None:
        return None
    found: dict[int, str] = {}
    for block in _BFCHAR.findall(stream):
        for code, target in _PAIR.findall(block):
            found[int(code, 16)] = _utf16(target)
    for block in _BFRANGE.findall(stream):
        for first, last, target, listed in _RANGE.findall(block):
            start, end = int(first, 16), min(int(last, 16), int(first, 16) + 0xFFFF)
            targets = re.findall(rb"<([0-9A-Fa-f]+)>", listed) if listed else []
            base = _utf16(target) if target else ""
            for code in range(start, end + 1):
                if targets:
                    found[code] = _utf16(targets[code - start]) if code - start < len(targets) else ""
                elif base and ord(base[-1]) + code - start < 0x110000:
                    found[code] = base[:-1] + chr(ord(base[-1]) + code - start)
    return found


def _utf16(digits: bytes) -> str:
    digits = re.sub(rb"\s", b"", digits)
    raw = bytes.fromhex(digits.decode() if len(digits) % 2 == 0 else "0" + digits.decode())
    return raw.decode("utf-16-be", "replace") if len(raw) > 1 else raw.decode("latin-1")


def _simple_codes(document: pymupdf.Document, text: str) -> list[int]:
    """The codes that a simple font has a width for."""
    first, last = (re.search(rf"/{key} (\d+)", text) for key in ("FirstChar", "LastChar"))
    if first is None or last is None:
        return list(range(256)) if "/Widths" not in text else []
    start, end = int(first.group(1)), min(int(last.group(1)), 255)
    inline = re.search(r"/Widths\s*\[([^\]]*)\]", text)
    reference = re.search(r"/Widths (\d+) 0 R", text)
    if inline is None and reference is not None:
        inline = re.search(r"\[([^\]]*)\]", document.xref_object(int(reference.group(1)), compressed=True))
    widths = inline.group(1).split() if inline else []
    if any("R" in width for width in widths):
        return list(range(start, end + 1))
    used = [code for code, width in zip(range(start, end + 1), widths, strict=False) if float(width) != 0.0]
    return used or list(range(start, end + 1))


def _encoding_names(document: pymupdf.Document, text: str) -> dict[int, str]:
    """The glyph names that the /Differences of a font's encoding give."""
    reference = re.search(r"/Encoding (\d+) 0 R", text)
    if reference is not None:
        text = document.xref_object(int(reference.group(1)), compressed=True)
    listed = re.search(r"/Differences\s*\[([^\]]*)\]", text)
    if listed is None:
        return {}
    names: dict[int, str] = {}
    code = 0
    for number, name in re.findall(r"(\d+)(?![^/\s\]])|/([^\s/\[\]<>()]+)", listed.group(1)):
        if number:
            code = int(number)
        else:
            names[code] = name
            code += 1
    return names


def _drawn(document: pymupdf.Document, fonts: Sequence[_Font]) -> tuple[Any, list[tuple[_Font, int]]]:
    """(cells, whose code each is): every code of some fonts drawn on pages of their own; sets what they claim."""
    import numpy as np

    mupdf = pymupdf.mupdf
    places = [(font, code) for font in fonts for code in font.codes][:MAX_CELLS]
    cells: list[Any] = []
    with pymupdf.open() as scratch:
        target = mupdf.pdf_document_from_fz_document(scratch.this)
        source = mupdf.pdf_document_from_fz_document(document.this)
        copies = mupdf.pdf_new_graft_map(target)
        resources = ""
        for font in fonts:
            copy = mupdf.pdf_graft_mapped_object(copies, mupdf.pdf_new_indirect(source, font.xref, 0))
            resources += f"/F{font.xref} {mupdf.pdf_to_num(copy)} 0 R"
        for start in range(0, len(places), _COLUMNS * _ROWS):
            here = places[start : start + _COLUMNS * _ROWS]
            rows = -(-len(here) // _COLUMNS)
            page = scratch.new_page(width=_COLUMNS * CELL, height=rows * CELL)
            content = ["BT"]
            for number, (font, code) in enumerate(here):
                x, y = number % _COLUMNS * CELL + LEFT, rows * CELL - number // _COLUMNS * CELL - BASE
                content.append(f"/F{font.xref} {EM} Tf 1 0 0 1 {x} {y} Tm <{code:0{2 * font.width}x}> Tj")
            xref = scratch.get_new_xref()
            scratch.update_object(xref, "<<>>")
            scratch.update_stream(xref, "\n".join([*content, "ET"]).encode(), compress=False)
            scratch.xref_set_key(page.xref, "Resources", f"<</Font<<{resources}>>>>")
            page.set_contents(xref)
            page = scratch[page.number]
            _set_claims(page, here)
            pixels = page.get_pixmap(colorspace=pymupdf.csGRAY, alpha=False)
            image = np.frombuffer(pixels.samples, dtype=np.uint8).reshape(rows, CELL, _COLUMNS, CELL)
            cells.append(image.transpose(0, 2, 1, 3).reshape(-1, CELL, CELL)[: len(here)])
    drawn = [number for number, (font, code) in enumerate(places) if code in font.claims]
    return np.concatenate(cells)[drawn], [places[number] for number in drawn]


def _set_claims(page: pymupdf.Page, places: Sequence[tuple[_Font, int]]) -> None:
    """What the library takes each code for, by the place of its characters on the page."""
    for span in page.get_texttrace():
        for character, glyph, (x, y), _ in span["chars"]:
            number = int((y - BASE + CELL / 2) // CELL) * _COLUMNS + int((x - LEFT + 4) // CELL)
            if 0 <= number < len(places):
                font, code = places[number]
                if glyph == 0 or (glyph < 0 and code not in font.claims and "Type3" not in span["font"]):
                    continue  # what is drawn where a code has no glyph; the parts of a ligature have -1 after the first
                font.claims[code] = font.claims.get(code, "") + chr(max(character, 0))


def _read(font: _Font, rows: dict[int, int], shapes: Shapes) -> dict[int, str]:
    """Code -> what it is, from its claim and its shape (`rows`: the row of each code that draws something)."""
    read = dict(font.claims)
    for code, target in font.mapped.items():
        if code in read and _VOID.search(target):
            read[code] = target  # where a map says nothing the library may take the code itself for the character
    for code, name in font.names.items():
        if code not in font.mapped and code in read and parts(name):
            read[code] = parts(name)
    agreeing = 0
    against: dict[int, str] = {}
    for code, row in rows.items():
        claim = _plain(read.get(code, ""))
        if len(claim) != 1 or _VOID.search(claim) or claim.isspace():
            continue
        best, _ = shapes.best(row)
        if (
            best.lower() == claim.lower()
            or best in _TWIN.get(claim, ())
            or shapes.share(row, claim) > 0.3
            or (not font.is_pi and best in _LOOKALIKE.get(claim, ()))
        ):
            agreeing += 1
        elif not shapes.knows(claim) and claim.isalpha() and claim not in _FALSE_LETTERS:
            continue  # a letter with an accent, or of a script that the model was not shown
        elif best != OTHER and shapes.share(row, claim) < UNLIKELY and _with_twins(shapes, row, best) >= SURE_AGAINST:
            against[code] = best
    lies = font.whole and len(against) > 0 and len(against) >= agreeing
    for code, claim in list(read.items()):
        void = claim.isspace() or _VOID.search(claim) is not None
        if code not in rows:
            if void:
                read[code] = " "
            continue
        best, sure = shapes.best(rows[code])
        if void:
            named = TEX_SYMBOLS.get(font.names.get(code, "")) or _keyed(font, claim, code, rows[code], shapes)
            read[code] = named or (
                best if best != OTHER and _with_twins(shapes, rows[code], best) >= SURE else _kept(claim)
            )
        elif lies and font.is_pi and (keyed := _on_key(font, claim, rows[code], best, shapes)):
            read[code] = keyed
        elif code in against:
            is_sign = not against[code].isalnum()
            if lies or not (claim.isascii() and claim.isalnum()) or (font.whole and is_sign):
                read[code] = against[code]
        elif lies and font.is_pi and len(claim) == 1 and best not in _TWIN.get(_plain(claim), claim):
            read[code] = best if best != OTHER and sure >= SURE else UNREADABLE
    for code, row in rows.items():
        if font.claims[code] in _SCRIPTED and shapes.is_raised(row):
            read[code] = _SCRIPTED[font.claims[code]]
    if not any(text.isascii() and text.isalpha() for code, text in read.items() if code in rows):
        for code in rows:  # among signs a dash is a minus, unless the font itself says otherwise
            if read[code] in ("-", "–", "—") and (lies or font.claims.get(code) != read[code]):
                read[code] = "−"
    return {
        code: unicodedata.normalize("NFKC", text) if text in _LIGATURES.values() else text
        for code, text in read.items()
    }


def _keyed(font: _Font, claim: str, code: int, row: int, shapes: Shapes) -> str | None:
    """What a Symbol or Wingdings font draws for a private character, or for a code where the shape does not say otherwise."""
    if len(claim) == 1 and "\uf000" <= claim <= "\uf0ff":
        return symbol(font.name, ord(claim))
    keyed = symbol(font.name, code)
    return keyed if keyed is not None and shapes.share(row, keyed.translate(_SAME)) > 0.1 else None


def _on_key(font: _Font, claim: str, row: int, best: str, shapes: Shapes) -> str | None:
    """What the Symbol font has on the key that a pi font claims, where the shape agrees: the others keep to its layout."""
    if len(claim) != 1:
        return None
    keyed = symbol(font.name, ord(claim)) or symbol("symbol", ord(claim))
    if keyed is None or keyed == claim:
        return None
    plain = keyed.translate(_SAME)
    return keyed if best in _TWIN.get(plain, plain) or shapes.share(row, plain) > 0.1 else None


def _with_twins(shapes: Shapes, row: int, best: str) -> float:
    """How sure a shape is a character or one that is drawn alike."""
    return sum(shapes.share(row, character) for character in _TWIN.get(best, {best}))


def _kept(claim: str) -> str:
    """A private code that list items begin with stays; everything else that says nothing is marked."""
    return claim if claim and claim in BULLETS else UNREADABLE


def _plain(claim: str) -> str:
    """A claim as the shapes are called: one character for a ligature, plain letters for those of mathematics."""
    claim = _LIGATURES.get(claim, claim)
    if len(claim) == 1 and "\U0001d400" <= claim <= "\U0001d7ff":
        claim = unicodedata.normalize("NFKC", claim)
    return claim.translate(_SAME)


def _write_map(document: pymupdf.Document, font: _Font, read: dict[int, str]) -> None:
    """Give a font a ToUnicode map (PDF 32000-1, 9.10.3)."""
    digits = 2 * font.width
    entries = [
        f"<{code:0{digits}x}> <{text.encode('utf-16-be').hex()}>"
        for code, text in sorted((font.mapped | read).items())
        if text
    ]
    blocks = [entries[start : start + 100] for start in range(0, len(entries), 100)]
    lines = [
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapType 2 def",
        f"1 begincodespacerange <{'00' * font.width}> <{'ff' * font.width}> endcodespacerange",
        *(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks),
        "endcmap end end",
    ]
    xref = document.get_new_xref()
    document.update_object(xref, "<<>>")
    document.update_stream(xref, "\n".join(lines).encode())
    document.xref_set_key(font.xref, "ToUnicode", f"{xref} 0 R")
