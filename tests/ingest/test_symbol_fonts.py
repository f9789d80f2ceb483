"""The tables of symbol fonts against tables that others made."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from ingest.symbol_fonts import symbol

STYLE = frozenset(
    (
        "HEAVY",
        "LIGHT",
        "MEDIUM",
        "BOLD",
        "SMALL",
        "VERY",
        "SLIGHTLY",
        "LARGE",
        "TINY",
        "EXTREMELY",
        "SANS-SERIF",
        "DINGBAT",
        "WIDE-HEADED",
        "TRIANGLE-HEADED",
        "BARB",
        "SCRIPT",
        "EQUILATERAL",
        "CENTRED",
        "TURNED",
    )
)
"""What a character's name says of weight, size and face, which a reader of text need not know."""
SAME = {
    "CIRCLE": "WHITE CIRCLE",
    "WHITE CIRCLE CONTAINING BLACK CIRCLE": "FISHEYE",
    "ROUND TARGET": "BULLSEYE",
}
TCL_SYMBOL = Path("/usr/share/tcltk/tcl8.6/encoding/symbol.enc")
SYMBOL_SYNONYMS = {0x27: "∍", 0x2A: "*", 0x7E: "~", 0xE0: "⋄", 0xE1: "\u2329", 0xF1: "\u232a"}
"""Where Tcl takes another character than Adobe's glyph list and Unicode's table: for the glyph names suchthat, asteriskmath,
similar, lozenge, angleleft and angleright."""


def shape(character: str) -> list[str]:
    """The words of a character's name, those of its style left out."""
    name = " ".join(word for word in unicodedata.name(character, character).split() if word not in STYLE)
    return sorted(SAME.get(name, name).split())


@pytest.mark.parametrize("font", ["Wingdings", "Wingdings 2", "Wingdings 3", "Webdings"])
def test_dingbats_are_those_of_mammoth(font: str) -> None:
    """Each code of mammoth's table has a character of the same shape, whatever its weight and size.

    Rows that were missing were filled from it, so this holds them and does not prove them.
    """
    dingbats = pytest.importorskip("mammoth.docx.dingbats").dingbats
    wrong = {}
    for (name, code), expected in dingbats.items():
        if name == font and shape(symbol(font, code) or "") != shape(chr(expected)):
            wrong[f"{code:02X}"] = (symbol(font, code), chr(expected))
    assert not wrong


@pytest.mark.skipif(not TCL_SYMBOL.exists(), reason="Tcl's encodings are not installed")
def test_symbol_is_that_of_tcl() -> None:
    """Every code that both give is the same character; what Tcl leaves private is not asked."""
    digits = "".join(TCL_SYMBOL.read_text(encoding="ascii").splitlines()[4:])
    theirs = [chr(int(digits[at : at + 4], 16)) for at in range(0, 1024, 4)]
    wrong = {}
    for code in [*range(0x20, 0x7F), *range(0xA1, 0xFF)]:
        ours = symbol("Symbol", code)
        if unicodedata.category(theirs[code]) in ("Co", "Cc") or SYMBOL_SYNONYMS.get(code) == theirs[code]:
            continue
        if ours is None or unicodedata.normalize("NFKC", ours) != unicodedata.normalize("NFKC", theirs[code]):
            wrong[f"{code:02X}"] = (ours, theirs[code])
    assert not wrong


@pytest.mark.parametrize(
    ("font", "code", "character"),
    [
        ("Wingdings", 0xFC, "✓"),
        ("Wingdings", 0xFE, "☑"),
        ("Wingdings", 0xA8, "◻"),
        ("Wingdings 2", 0x52, "☑"),
        ("Wingdings 3", 0x23, "↑"),
        ("Wingdings 3", 0xF024, "↓"),
        ("Webdings", 0x61, "✓"),
        ("Symbol", 0xB3, "≥"),
    ],
)
def test_what_forms_and_laboratory_reports_use(font: str, code: int, character: str) -> None:
    """Ticks, boxes, and the arrows of raised and lowered values."""
    assert symbol(font, code) == character


def test_a_code_without_a_character_is_not_guessed() -> None:
    """The Windows logo of Wingdings has no character."""
    assert symbol("Wingdings", 0xFF) is None
