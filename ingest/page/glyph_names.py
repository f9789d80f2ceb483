"""Names of glyphs that say what they draw: positions of TeX's symbol encoding, and ligatures spelled by their parts."""

from __future__ import annotations

import re

_SYMBOL_ENCODING = (
    "−·×∗÷⋄±∓⊕⊖⊗⊘⊙◯∘•≍≡⊆⊇≤≥≼≽∼≈⊂⊃≪≫≺≻←→↑↓↔↗↘≃⇐⇒⇑⇓⇔↖↙∝′∞∈∋△▽̸↦∀∃¬∅ℜℑ⊤⊥ℵ"
    + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    + "∪∩⊎∧∨⊢⊣⌊⌋⌈⌉{}⟨⟩|‖↕⇕\\≀√⨿∇∫⊔⊓⊑⊒§†‡¶♣♢♡♠"
)
"""The 128 characters of the encoding OMS (Knuth, "Computer Modern Typefaces"; the font cmsy)."""
TEX_SYMBOLS = {f"C{number}": character for number, character in enumerate(_SYMBOL_ENCODING)}
"""What the names C0, C1, … draw in the pi fonts of several publishers."""

_PART = re.compile(r"[A-Za-z]|uni[0-9A-F]{4}")


def parts(name: str) -> str:
    """The text of a name that joins its parts with `_` (Adobe Glyph List specification): T_h is Th; empty for others."""
    stem = name.partition(".")[0]
    pieces = stem.split("_")
    if len(pieces) < 2 or not all(_PART.fullmatch(piece) for piece in pieces):
        return ""
    return "".join(chr(int(piece[3:], 16)) if len(piece) > 1 else piece for piece in pieces)


_STEMS = {
    "parenleft": "(", "parenright": ")", "bracketleft": "[", "bracketright": "]", "braceleft": "{", "braceright": "}",
    "angbracketleft": "⟨", "angbracketright": "⟩", "floorleft": "⌊", "floorright": "⌋", "ceilingleft": "⌈",
    "ceilingright": "⌉", "slash": "/", "backslash": "\\", "radical": "√", "summation": "∑", "product": "∏",
    "coproduct": "∐", "integral": "∫", "contintegral": "∮", "union": "⋃", "intersection": "⋂", "logicaland": "⋀",
    "logicalor": "⋁", "circleplus": "⨁", "circlemultiply": "⨂", "circledot": "⨀", "unionmulti": "⨄", "unionsq": "⨆",
    "vextend": "|",
}  # fmt: skip
_WHOLE = {
    "radical": "√", "radicallow": "√", "radicalbt": "√", "hatwide": "ˆ", "hatwider": "ˆ", "hatwidest": "ˆ",
    "tildewide": "˜", "tildewider": "˜", "tildewidest": "˜", "vextenddouble": "‖", "negationslash": "\u0338",
    "mapsto": "↦", "mapstochar": "↦", "planckover2pi1": "ℏ", "planckover2pi": "ℏ", "lscript": "ℓ", "vector": "\u20d7",
    "latticetop": "⊤", "turnstileleft": "⊢", "turnstileright": "⊣", "forces": "⊩", "angleleft": "⟨", "angleright": "⟩",
    "barex": "|", "nequal": "≠", "nelement": "∉", "simequal": "≃", "similarequal": "≃", "diamondmath": "⋄",
    "minusplus": "∓", "circledivide": "⊘", "circledot": "⊙", "circleminus": "⊖", "equivasymptotic": "≍",
    "precedesequal": "⪯", "followsequal": "⪰", "lessmuch": "≪", "greatermuch": "≫", "precedes": "≺", "follows": "≻",
    "arrownortheast": "↗", "arrowsoutheast": "↘", "arrownorthwest": "↖", "arrowsouthwest": "↙", "owner": "∋",
    "unionmulti": "⊎", "unionsq": "⊔", "intersectionsq": "⊓", "subsetsqequal": "⊑", "supersetsqequal": "⊒",
    "parenlefttp": "⎛", "parenleftex": "⎜", "parenleftbt": "⎝", "parenrighttp": "⎞", "parenrightex": "⎟",
    "parenrightbt": "⎠", "bracketlefttp": "⎡", "bracketleftex": "⎢", "bracketleftbt": "⎣", "bracketrighttp": "⎤",
    "bracketrightex": "⎥", "bracketrightbt": "⎦", "bracelefttp": "⎧", "braceleftmid": "⎨", "braceleftbt": "⎩",
    "bracerighttp": "⎫", "bracerightmid": "⎬", "bracerightbt": "⎭", "braceex": "⎪",
    "Ifractur": "ℑ", "Rfractur": "ℜ", "beth": "ℶ", "star": "⋆", "dotlessj": "ȷ",
}  # fmt: skip
_MATH_ITALIC = {"phi": "ϕ", "phi1": "φ", "epsilon": "ϵ", "epsilon1": "ε"}
"""TeX's italics of mathematics call the straight form by the plain name; the Adobe Glyph List has it the other way round."""
_STIX_SCRIPT = re.compile(r"uniE2(?:2[D-F]|3[0-9A-F]|4[0-6])")
"""Private codes of the script capitals of the STIX fonts (STIX Font Technical Notes, U+E22D to U+E246)."""
_SIZED = re.compile(r"([a-z]+)(?:text|display|single|[bB]igg?\d?)")


def tex_character(name: str, *, italic: bool = False) -> str:
    """The character of a glyph of TeX's extension and symbol fonts whose name no other list has; empty for others.

    One sign has several glyphs there, named by their size: `parenleftbigg`, `summationdisplay`. `italic` for a font that
    has the letters of mathematics.
    """
    if italic and name in _MATH_ITALIC:
        return _MATH_ITALIC[name]
    if _STIX_SCRIPT.fullmatch(name):
        return chr(ord("A") + int(name[3:], 16) - 0xE22D)
    sized = _SIZED.fullmatch(name)
    return (
        _WHOLE.get(name)
        or _WHOLE.get(name.rstrip("123456"))
        or (_STEMS.get(sized.group(1), "") if sized is not None else "")
    )
