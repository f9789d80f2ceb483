"""Fonts whose codes are not characters: Symbol, Wingdings, Wingdings 2 and 3, Webdings.

What each code draws stands in a table a font (code in hexadecimal, a tab, the character). The Symbol font's is that of the
PDF specification (ISO 32000-1, annex D.5); the others follow mammoth's `dingbats` (BSD-2), where a character that
differs in weight, size or face only is given as the plain one: an arrow as `↑`, a ticked box as `☑`.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "tables"
_TABLES = {
    "symbol": "symbol",
    "symbolmt": "symbol",
    "wingdings": "wingdings",
    "wingdings2": "wingdings-2",
    "wingdings3": "wingdings-3",
    "webdings": "webdings",
}
"""A font's name in lower-case letters and digits, to its table."""
PRIVATE = 0xF000
"""Windows gives the codes of a symbol font from here on, in the private use area."""


@cache
def _table(name: str) -> dict[int, str]:
    lines = (_FOLDER / f"{name}.tsv").read_text(encoding="utf-8").splitlines()
    return {int(code, 16): character for code, character in (line.split("\t") for line in lines if line)}


def is_symbol_font(font: str) -> bool:
    """Whether a font's codes are not characters and its table is known."""
    return _key(font) in _TABLES


def symbol(font: str, code: int) -> str | None:
    """The character that a symbol font draws for a code (0–255, or the same from U+F000 on); None when that is not known."""
    table = _TABLES.get(_key(font))
    if table is None:
        return None
    return _table(table).get(code - PRIVATE if PRIVATE <= code <= PRIVATE + 0xFF else code)


def _key(font: str) -> str:
    return "".join(c for c in font.lower() if c.isalnum())
