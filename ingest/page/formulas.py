"""Formulas of a page's text layer: found where fonts of mathematics are, and put into its lines as LaTeX.

Only pages with such fonts are looked at letter by letter. A formula is a stretch of a line whose words hold glyphs of
these fonts, with the numbers and signs between them; what it says in one line without scripts stays running text. A line
that is nothing but a formula, set in from the margin, is a formula of its own.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import pairwise
from typing import Any

import pymupdf

from ingest.formula.latex import FUNCTIONS, is_plain, written
from ingest.formula.tree import Accent, Fraction, Limits, Node, Root, Row, Scripts, Symbol
from ingest.page.formula_layout import (
    AXIS,
    ON_LINE,
    SCRIPT,
    Glyph,
    Rule,
    hangs,
    line_node,
    on_line,
    reduced,
)

FLAGS = pymupdf.TEXT_COLLECT_VECTORS | pymupdf.TEXT_MEDIABOX_CLIP | pymupdf.TEXT_ACCURATE_BBOXES
"""As the text layer is read, with the boxes of the ink."""
GAP = 0.9
"""White space within a line of a formula, in sizes, at most."""
QUAD = 2.6
"""White space between two parts of a formula, in sizes, at most."""
INDENT = 1.2
"""How far a formula of its own is set in from the margin, in sizes, at least."""
MAX_PAGE = 12_000
"""A page of more letters is not looked at."""
MAX_LINES = 600
"""Nor is a page of more lines."""

MAX_NAME = 12
"""Letters of the name of a quantity, at most."""

_SUITES = re.compile(
    r"Kp--?M-|[rt]?[tp]xb?mi\b|newtx.*mi|MathDesign|LMMath|Libertin\w*T1Math|Fourier-Math|zplm", re.IGNORECASE
)
"""Fonts that only TeX's packages of mathematics use: their letters may come from the italics of the text."""
_MATH_LETTERS = re.compile(
    r"CMMI|CMBMI|CMMIB|rm-lmmi|EURM\d|EURB\d|STIX.*Math|XITS.*Math|Asana.?Math|Cambria.?Math|MathJax_Math|KaTeX_Math|"
    r"Libertin\w*Math|DejaVu.*Math|TeXGyre\w*Math|MTMI|RMTMI|CMEX|txex|EUEX",
    re.IGNORECASE,
)
"""Fonts for the letters and the large signs of formulas; many publishers take no more than Greek letters and small signs from them."""
_VARIABLE = re.compile("[A-Za-z\U0001d400-\U0001d7ff∑∏∫√⋃⋂⨁⨂]")
_MATH_SIGNS = re.compile(
    r"CMSY|CMBSY|MSAM|MSBM|tx(?:b?sy|sy[abc]|mia)|EU(?:SM|FM|SB|FB)\d|MathJax|KaTeX|rsfs|stmary|wasy|esint|bbm|MTSY|MTEX|cmsy|"
    r"Math(?:Symbol|Extension|Calligraphy)",
    re.IGNORECASE,
)
_MATH_ROMAN = re.compile(r"^(?:[rt][tp]xb?r|LM?Roman\d+-Math)", re.IGNORECASE)
"""Fonts whose signs, but not whose letters, are those of mathematics."""
_BLACKBOARD = re.compile(r"MSBM|bbm|Bbb", re.IGNORECASE)
_FRAKTUR = re.compile(r"EUFM|EUFB|Frak", re.IGNORECASE)
_SCRIPT_FONT = re.compile(
    r"CMSY|CMBSY|txsy|EUSM|EUSB|LMMathSymbols|M-Sy|MathDesign.*Symbol-|rsfs|Calligra|Script", re.IGNORECASE
)
_ALPHABETS = (("DOUBLE-STRUCK", "mathbb"), ("FRAKTUR", "mathfrak"), ("BLACK-LETTER", "mathfrak"), ("SCRIPT", "mathcal"))
"""Words in the names of letters to the commands for their alphabets."""
_OWN_SIGNS = frozenset("ℏℓℜℑ")
_BOLD = re.compile(r"bold|CMBX|CMMIB|CMB\d|bmi|Medi$|-Bd|Mediumitalic|EURB|-Medium", re.IGNORECASE)
_ITALIC = re.compile(r"ital|obli|CMMI|mi\d*$|EURM", re.IGNORECASE)
_NEUTRAL = frozenset("0123456789()[]{}=+-−–±∓×÷·⋅∗*/|<>≤≥,;:.!%′'°")
"""Signs that running text has too: part of a formula only beside one."""
_LINKS = frozenset("=+−±∓×÷·⋅∗/<>≤≥≈≠≡∼≃≅∝→↦⇒⇔∈∉⊂⊆∪∩⊗⊕∘∧∨|∣:")
"""What ties a number or a name to what stands beside it."""
_ARROWS = frozenset("→←↔⇒⇐⇔⟹⟺")
_ENDS = ".,;:"


@dataclass(slots=True)
class _Row:
    """Glyphs of one line of the page, from left to right."""

    glyphs: list[Glyph]
    """In any order until rows are joined, then from left to right."""
    base: float
    """Baseline of most of them."""
    size: float
    """Font size of most of them."""
    homes: set[tuple[int, int]] = field(default_factory=set)
    """The lines of the content that it is made of."""
    x0: float = 0.0
    """Left edge."""
    x1: float = 0.0
    """Right edge."""

    def __post_init__(self) -> None:
        self.x0 = min(glyph.x0 for glyph in self.glyphs)
        self.x1 = max(glyph.x1 for glyph in self.glyphs)


@dataclass(frozen=True, slots=True)
class _Token:
    """A stretch of a line without white space."""

    glyphs: tuple[Glyph, ...]
    """What stands on the line."""
    scripts: tuple[Glyph, ...]
    """What stands off it."""
    kind: str
    """math, neutral or text."""


@lru_cache(maxsize=4096)
def _is_math(font: str) -> bool:
    return any(each.search(font) is not None for each in (_SUITES, _MATH_LETTERS, _MATH_SIGNS))


@lru_cache(maxsize=4096)
def _kind(font: str) -> str:
    """suite, letters, or empty for all other fonts."""
    return "suite" if _SUITES.search(font) else "letters" if _MATH_LETTERS.search(font) else ""


def _may_hold_formulas(blocks: Sequence[dict[str, Any]]) -> bool:
    """Whether a page has variables: publishers set the µ of a unit in fonts of mathematics too."""
    return any(
        (kind := _kind(span["font"])) == "suite" or (kind and _VARIABLE.search(span["text"]))
        for block in blocks
        for line in block["lines"]
        for span in line["spans"]
    )


def with_formulas(page: pymupdf.Page, content: dict[str, Any]) -> set[tuple[int, int]]:
    """Put the formulas of a page into its content (of `get_text("dict")`, changed in place), each as one run of its line.

    Gives the lines that changed, by the numbers of block of text and line. Each of them keeps what it said in `said`, with
    the parts of a formula apart. Pages without fonts of mathematics, and those shown rotated, stay as they are.
    """
    blocks = [block for block in content["blocks"] if block["type"] == 0]
    if page.rotation or not _may_hold_formulas(blocks):
        return set()
    raw = page.get_text("rawdict", flags=FLAGS)
    lettered = [block for block in raw["blocks"] if block["type"] == 0]
    if sum(len(block["lines"]) for block in blocks) > MAX_LINES or [len(block["lines"]) for block in blocks] != [
        len(block["lines"]) for block in lettered
    ]:
        return set()
    glyphs, letters = _glyphs(lettered)
    if not glyphs or len(letters) > MAX_PAGE:
        return set()
    rules = [
        Rule(x0, x1, (y0 + y1) / 2)
        for block in raw["blocks"]
        if block["type"] == 3
        for x0, y0, x1, y1 in [_inked(block)]
        if y1 - y0 < 2.5 and 2.0 < x1 - x0 < 0.7 * page.rect.width
    ]
    rows = _rows(glyphs, letters, rules)
    prose = _in_prose(rows)
    formulas = [formula for one in rows for formula in _formulas(one, rows, prose)]
    return _replace(blocks, lettered, letters, formulas)


def _inked(block: dict[str, Any]) -> tuple[float, float, float, float]:
    """The box of a path without the margin that the library adds to a stroke."""
    x0, y0, x1, y1 = block["bbox"]
    margin = (y1 - y0) / 2 if block["stroked"] else 0.0
    return (x0 + margin, y0, x1 - margin, y1) if x1 - x0 > y1 - y0 else (x0, y0, x1, y1)


@dataclass(frozen=True, slots=True)
class _Letter:
    """A letter of the page and where it stands in its content."""

    glyph: Glyph
    home: tuple[int, int]
    """Block of text and line."""
    index: int
    """Place within its line."""


def _glyphs(blocks: Sequence[dict[str, Any]]) -> tuple[list[Glyph], list[_Letter]]:
    """(glyphs that are not white space, all letters of upright lines)."""
    letters: list[_Letter] = []
    lettered = {
        span["font"]
        for block in blocks
        for line in block["lines"]
        for span in line["spans"]
        if _is_math(span["font"]) and any("\U0001d400" <= letter["c"] <= "\U0001d7ff" for letter in span["chars"])
    }  # the letters of mathematics have codes of their own there: the others are those of text
    for number, block in enumerate(blocks):
        for row, line in enumerate(block["lines"]):
            if abs(line["dir"][1]) > 0.01 or line["dir"][0] < 0:
                continue
            index = 0
            for span in line["spans"]:
                font, size = span["font"], span["size"]
                math = _is_math(font)
                upright = not math and _ITALIC.search(font) is None
                roman = _MATH_ROMAN.search(font) is not None
                for letter in span["chars"]:
                    x0, y0, x1, y1 = letter["bbox"]
                    text = letter["c"]
                    alphabet = _alphabet(font, text) if text.isalpha() else ""
                    coded = None if text.isascii() else letter_of_alphabet(text)
                    if coded is not None:
                        alphabet, text = coded
                    plain = font in lettered and coded is None and text.isascii() and text.isalpha()
                    is_math = (math and not plain) or (
                        roman and not (text.isascii() and text.isalpha()) and text not in "ﬀﬁﬂﬃﬄ"
                    )
                    glyph = Glyph(
                        text,
                        x0,
                        y0,
                        x1,
                        y1,
                        letter["origin"][1],
                        size,
                        upright or plain,
                        is_math,
                        alphabet,
                        None,
                        (len(letters),),
                    )
                    letters.append(_Letter(glyph, (number, row), index))
                    index += 1
    return [letter.glyph for letter in letters if not letter.glyph.text.isspace()], letters


@lru_cache(maxsize=4096)
def letter_of_alphabet(text: str) -> tuple[str, str] | None:
    """The command for the alphabet of one of Unicode's letters of mathematics, and the letter; None for other characters.

    Some stand among the letterlike symbols, where the alphabets have holes: ℎ, ℝ, ℋ (The Unicode Standard, 22.2). What is
    a sign of its own there, ℏ or ℓ, is none of them.
    """
    if text in _OWN_SIGNS or not unicodedata.decomposition(text).startswith("<font>"):
        return None
    name, letter = unicodedata.name(text), unicodedata.normalize("NFKC", text)
    for word, command in _ALPHABETS:
        if word in name:
            return command, letter
    return ("mathbf" if " CAPITAL " in name or " SMALL " in name else "") if "BOLD" in name else "", letter


@lru_cache(maxsize=8192)
def _alphabet(font: str, text: str) -> str:
    if _BLACKBOARD.search(font):
        return "mathbb"
    if _FRAKTUR.search(font):
        return "mathfrak"
    if _SCRIPT_FONT.search(font) and text.isascii():
        return "mathcal"
    if _BOLD.search(font):
        return "mathbf" if text.isascii() else "boldsymbol"
    return ""


def _rows(glyphs: list[Glyph], letters: Sequence[_Letter], rules: Sequence[Rule]) -> list[_Row]:
    """The lines of the page, those parts of which are two-dimensional put together."""
    homes = {letter.glyph.members[0]: letter.home for letter in letters}
    glyphs = reduced(glyphs, rules)
    by_home: dict[tuple[int, int], list[Glyph]] = {}
    loose: list[Glyph] = []
    for glyph in glyphs:
        if len(glyph.members) > 1 and len({homes[member] for member in glyph.members}) > 1:
            loose.append(glyph)
        else:
            by_home.setdefault(homes[glyph.members[0]], []).append(glyph)
    rows = []
    for home, members in by_home.items():
        base, size = _base_and_size(members)
        rows.append(_Row(members, base, size, {home}))
    for glyph in loose:
        rows.append(_Row([glyph], glyph.base, glyph.size, {homes[member] for member in glyph.members}))
    return _joined(rows)


def _base_and_size(glyphs: Sequence[Glyph]) -> tuple[float, float]:
    weights: dict[tuple[float, float], float] = {}
    for glyph in glyphs:
        if hangs(glyph):
            continue
        key = (round(glyph.size, 1), round(glyph.base, 1))
        weights[key] = weights.get(key, 0.0) + (glyph.x1 - glyph.x0 if glyph.node is None else glyph.size)
    if not weights:
        first = glyphs[0]
        return (first.y0 + first.y1) / 2 + AXIS * first.size, first.size
    largest = max(size for size, _ in weights)
    sizes: dict[float, float] = {}
    for (size, _), weight in weights.items():
        sizes[size] = sizes.get(size, 0.0) + weight
    main = max(sizes, key=lambda size: (sizes[size] * (1 if size > 0.85 * largest else 0.5), size))
    base = max((key for key in weights if key[0] == main), key=lambda key: weights[key])[1]
    return base, main


def _joined(rows: list[_Row]) -> list[_Row]:
    """Rows on one baseline that stand close to one another as one, and what is small with the row whose script it is."""
    before = len(rows) + 1
    while len(rows) < before:
        before = len(rows)
        rows.sort(key=lambda one: (one.x0, one.base))
        number = 0
        while number < len(rows):
            left = rows[number]
            found = next((at for at in range(number + 1, len(rows)) if _go_together(left, rows[at])), None)
            if found is None:
                number += 1
            else:
                rows[number] = _together(left, rows.pop(found))
    return rows


def _together(left: _Row, right: _Row) -> _Row:
    larger = left if left.size >= right.size or abs(left.size - right.size) < 0.5 else right
    glyphs = sorted([*left.glyphs, *right.glyphs], key=lambda glyph: glyph.x0)
    return _Row(glyphs, larger.base, larger.size, left.homes | right.homes)


def _go_together(left: _Row, right: _Row) -> bool:
    size = max(left.size, right.size)
    if abs(left.base - right.base) > 1.5 * size:
        return False
    start, end = right.x0, left.x1
    gap = start - end
    if not (
        0 <= gap < (QUAD if _ends_a_part(left, right) else GAP) * size
        or (-3.0 * size < gap < 0 and _apart_from(left, right, start))
    ):
        inside = start >= left.x0 and right.x1 <= end
        if not (inside and _fits_a_hole(left, right)):
            return False
    if not (_ends_in_math(left, right=True) or _ends_in_math(right, right=False)):
        return False
    if abs(left.size - right.size) < (1 - SCRIPT) * size:
        return abs(left.base - right.base) < ON_LINE * size
    small, large = (left, right) if left.size < right.size else (right, left)
    return gap < 0.3 * size and large.base - 1.2 * size < small.base < large.base + 0.6 * size and small is right


def _ends_a_part(left: _Row, right: _Row) -> bool:
    """Whether white space between two rows may be that between the parts of one formula, which an em or two divide."""
    if not all(glyph.math or glyph.text in _NEUTRAL or not glyph.upright for glyph in right.glyphs[:2]):
        return False
    last = max(left.glyphs, key=lambda glyph: glyph.x1)
    first = min(right.glyphs, key=lambda glyph: glyph.x0)
    return (last.text in ",;" and last.math) or last.text in _ARROWS or first.text in _ARROWS


def _apart_from(left: _Row, right: _Row, start: float) -> bool:
    """Whether no ink of one row covers that of the other."""
    near = [glyph for glyph in left.glyphs if glyph.x1 > start]
    return not any(
        min(one.x1, other.x1) - max(one.x0, other.x0) > 0.15 * one.size
        and min(one.y1, other.y1) - max(one.y0, other.y0) > 0.5
        for one in near
        for other in right.glyphs
    )


def _fits_a_hole(left: _Row, right: _Row) -> bool:
    """Whether a row stands in the white space within another."""
    x0, x1 = right.x0, right.x1
    return all(glyph.x1 <= x0 + 0.3 * left.size or glyph.x0 >= x1 - 0.3 * left.size for glyph in left.glyphs)


def _ends_in_math(one: _Row, *, right: bool) -> bool:
    glyph = max(one.glyphs, key=lambda each: each.x1) if right else min(one.glyphs, key=lambda each: each.x0)
    return glyph.math or glyph.node is not None or glyph.text in _NEUTRAL or not glyph.upright


@dataclass(frozen=True, slots=True)
class _Formula:
    """A formula and where it stands."""

    text: str
    """As it is written on the page of text."""
    members: frozenset[int]
    """Its letters."""
    first: int
    """The letter in whose place it stands."""
    base: float
    size: float
    x0: float
    x1: float


def _formulas(one: _Row, rows: Sequence[_Row], prose: Container[int]) -> list[_Formula]:
    """The formulas of a line that say more than its characters do."""
    if not any(glyph.math for glyph in one.glyphs):
        return []
    tokens = _named(_tokens(one))
    stretches = _stretches(tokens)
    if len(stretches) == 1 and all(token.kind != "text" for token in tokens) and _is_set_in(one, rows, prose):
        found = _written(tokens, one, display=True)
        return [found] if found else []
    return [found for stretch in stretches if (found := _written(stretch, one, display=False))]


def _written(stretch: Sequence[_Token], one: _Row, *, display: bool) -> _Formula | None:
    glyphs = [glyph for token in stretch for glyph in (*token.glyphs, *token.scripts)]
    glyphs.sort(key=lambda glyph: glyph.x0)
    while (
        len(glyphs) > 1
        and glyphs[-1].text in _ENDS
        and glyphs[-1].node is None
        and on_line(glyphs[-1], one.base, one.size)
    ):
        glyphs.pop()
    if not any(_is_variable(glyph) for glyph in glyphs):
        return None
    node = line_node(glyphs)
    if not display and not _has_structure(node):
        return None
    if _begins_broken(node):
        return None
    text = written(node, display=display)
    if not text.startswith("$") or "\ufffd" in text:
        return None
    members = frozenset(member for glyph in glyphs for member in glyph.members)
    on = [glyph for glyph in glyphs if on_line(glyph, one.base, one.size)] or glyphs
    return _Formula(
        text,
        members,
        min(on[0].members),
        one.base,
        one.size,
        min(glyph.x0 for glyph in glyphs),
        max(glyph.x1 for glyph in glyphs),
    )


def _begins_broken(node: Node) -> bool:
    """Whether a formula begins with a script that stands on nothing and before no letter: its base was not found."""
    parts = node.parts if isinstance(node, Row) else (node,)
    first = parts[0] if parts else None
    if not (isinstance(first, Scripts) and first.base == Row(())):
        return False
    after = parts[1] if len(parts) > 1 else None
    if isinstance(after, Scripts):
        after = after.base
    return not (isinstance(after, Symbol) and len(after.text) == 1 and after.text.isalpha())


def _is_variable(glyph: Glyph) -> bool:
    """Whether a glyph is what only formulas have: not a number, nor a sign or the letter of a unit that texts have too."""
    if glyph.node is not None:
        return True
    if glyph.text.isalpha():
        return (glyph.math or not glyph.upright or glyph.alphabet != "") and glyph.text not in "µμΩ"
    return glyph.math and glyph.text not in _NEUTRAL and glyph.text not in "≈∼∞"


def _has_structure(node: Node) -> bool:
    """Whether a formula says more than its characters: a number to a power and a unit are written so without LaTeX."""
    if isinstance(node, Row):
        return any(_has_structure(part) for part in node.parts)
    if isinstance(node, Scripts):
        base = node.base
        if isinstance(base, Symbol) and (base.text.isdigit() or base.text in "°%"):
            above = node.above
            if node.below is not None or above is None:
                return False
            parts = above.parts if isinstance(above, Row) else (above,)
            return not all(isinstance(part, Symbol) and re.fullmatch(r"[\d−+–-]+|[∘◦°′']", part.text) for part in parts)
        return True
    return isinstance(node, (Fraction, Limits, Root, Accent)) or not is_plain(node)


def _tokens(one: _Row) -> list[_Token]:
    """A line cut at its white space."""
    ordered = sorted(one.glyphs, key=lambda glyph: (glyph.x0, glyph.x1))
    groups: list[tuple[list[Glyph], list[Glyph]]] = []
    end = float("-inf")
    for glyph in ordered:
        on = on_line(glyph, one.base, one.size)
        gap = glyph.x0 - end
        fresh = not groups or (gap > (0.12 if on else 0.3) * one.size)
        if fresh:
            groups.append(([], []))
        groups[-1][0 if on else 1].append(glyph)
        end = max(end, glyph.x1) if not fresh else glyph.x1
    tokens: list[_Token] = []
    for on_it, off_it in groups:
        tokens.extend(_classed(on_it, off_it, one))
    return tokens


def _classed(glyphs: list[Glyph], scripts: list[Glyph], one: _Row) -> list[_Token]:
    """A stretch as math, neutral or text; one that is a word with a sign of mathematics at its end is cut there."""
    if not glyphs:
        return [_Token((), tuple(scripts), "math" if any(glyph.math for glyph in scripts) else "neutral")]
    if not any(_is_mathematical(glyph, glyphs) for glyph in glyphs):
        text = "".join(glyph.text for glyph in glyphs)
        if all(character in _NEUTRAL for character in text):
            return [_Token(tuple(glyphs), tuple(scripts), "neutral")]
        bare = text.strip("()[]{},;|")
        if bare in FUNCTIONS or (len(bare) <= 4 and bare.isalpha() and (scripts or len(bare) == 1)):
            return [_Token(tuple(glyphs), tuple(scripts), "name")]
        if re.fullmatch(r"[\d().,/+=\[\]|−-]*[A-Za-z]{0,3}[\d().,/+=\[\]|−-]*", text) and re.search(r"[(=]", text):
            return [_Token(tuple(glyphs), tuple(scripts), "name")]
        return [_Token(tuple(glyphs), tuple(scripts), "text")]
    # words that touch: x-axis, the p-value
    cut = _word_at_end(glyphs)
    if cut:
        head, tail = glyphs[:cut], glyphs[cut:]
        edge = tail[0].x0
        return [
            *_classed(head, [glyph for glyph in scripts if glyph.x0 < edge], one),
            _Token(tuple(tail), tuple(glyph for glyph in scripts if glyph.x0 >= edge), "text"),
        ]
    return [_Token(tuple(glyphs), tuple(scripts), "math")]


def _word_at_end(glyphs: Sequence[Glyph]) -> int:
    """Where a word of running text begins that hangs on a formula by a hyphen; 0 where none does."""
    for number, glyph in enumerate(glyphs):
        if number and glyph.text in "-‐" and not glyph.math:
            rest = glyphs[number + 1 :]
            if len(rest) > 1 and all(other.text.isalpha() and not other.math for other in rest[:2]):
                return number
    return 0


def _is_prefix(glyph: Glyph, token: Sequence[Glyph]) -> bool:
    """Whether a micro sign, or an ohm, belongs to a unit: a letter of text stands right behind it, or a number before it."""
    number = next(number for number, other in enumerate(token) if other is glyph)
    after = token[number + 1] if number + 1 < len(token) else None
    if after is not None and after.upright and after.text.isalpha() and not after.math:
        return True
    return after is None and number > 0 and token[number - 1].text.isdigit()


def _is_mathematical(glyph: Glyph, token: Sequence[Glyph]) -> bool:
    if glyph.text in "µμΩ" and _is_prefix(glyph, token):
        return False
    if glyph.math or glyph.node is not None:
        return True
    if glyph.alphabet and glyph.text.isalpha():  # a bold letter by itself
        letters = [other for other in token if other.text.isalpha()]
        return len(letters) == 1
    if not glyph.upright and glyph.text.isalpha():
        run = 0
        for other in token:
            run = run + 1 if other.text.isalpha() and not other.upright else 0
            if run > 3:
                return False
        return True
    return not glyph.text.isascii() and glyph.text in "ΓΔΘΛΞΠΣΥΦΨΩ"


def _named(tokens: Sequence[_Token]) -> list[_Token]:
    """Tokens, among which a word right before an equals sign is the name of a quantity."""
    result = list(tokens)
    for number, (left, right) in enumerate(pairwise(tokens)):
        word = "".join(glyph.text for glyph in left.glyphs)
        if (
            left.kind == "text"
            and word.isalpha()
            and len(word) <= MAX_NAME
            and right.glyphs
            and right.glyphs[0].text == "="
        ):
            result[number] = replace(left, kind="name")
    return result


def _stretches(tokens: Sequence[_Token]) -> list[list[_Token]]:
    """The formulas among tokens: math, and what is tied to it."""
    result: list[list[_Token]] = []
    current: list[_Token] = []
    for token in [*tokens, _Token((), (), "text")]:
        if token.kind == "text":
            trimmed = _trimmed(current)
            if trimmed:
                result.append(trimmed)
            current = []
        else:
            current.append(token)
    return result


def _trimmed(tokens: list[_Token]) -> list[_Token]:
    """Tokens from the first to the last that are mathematics or tied to it by an operator."""
    kinds = [token.kind for token in tokens]
    if "math" not in kinds:
        return []
    first, last = kinds.index("math"), len(kinds) - 1 - kinds[::-1].index("math")
    while first > 0 and _tied(tokens[first - 1], tokens[first]):
        first -= 1
    while last + 1 < len(tokens) and _tied(tokens[last], tokens[last + 1]):
        last += 1
    return tokens[first : last + 1]


def _tied(left: _Token, right: _Token) -> bool:
    """Whether two tokens belong to one formula, where one of them may be of running text."""
    end = left.glyphs[-1] if left.glyphs else None
    start = right.glyphs[0] if right.glyphs else None
    if end is None or start is None:
        return True
    if (start.text in ")]}" and not start.math and _is_open(left)) or end.text in "([{":
        return True
    if end.text in _ENDS and not end.math and end.node is None:
        return False
    if end.text in _LINKS or start.text in _LINKS or (start.text in "+-" and len(right.glyphs) == 1):
        return True
    if left.kind == "name":
        return "".join(glyph.text for glyph in left.glyphs).strip("([{") in FUNCTIONS or end.text in "(["
    return False


_NUMBER = re.compile(r"\(?[A-Z]?\.?\d{1,3}(?:\.\d{1,3})*[a-z]?\)?")
"""Of an equation."""
PROSE = 30
"""Characters of what stands beside a formula in another column, at least; beside less it is a cell of a table."""
REACH = 14.0
"""How far over and under a line its column is looked at, in sizes."""


def _is_open(token: _Token) -> bool:
    """Whether a bracket is opened in a token that it does not close."""
    text = "".join(glyph.text for glyph in token.glyphs)
    return any(text.count(opening) > text.count(closing) for opening, closing in ("()", "[]", "{}"))


def _is_set_in(one: _Row, rows: Sequence[_Row], prose: Container[int]) -> bool:
    """Whether a line begins to the right of the margin of its column, and has nothing beside it but its number.

    `prose` are the ids of rows that stand in running text.
    """
    left = one.x0
    for other in rows:
        if other is one:
            continue
        near = abs(other.base - one.base)
        if other.x0 < one.x1 and other.x1 > one.x0:
            if near < 0.6 * one.size:
                return False
            if near < REACH * one.size:
                left = min(left, other.x0)
        elif near < 0.6 * one.size and id(other) not in prose:
            text = "".join(glyph.text for glyph in other.glyphs)
            if other.x0 < one.x1 or _NUMBER.fullmatch(text) is None:
                return False
    return one.x0 - left > INDENT * one.size


def _in_prose(rows: Sequence[_Row]) -> set[int]:
    """The ids of rows that are, or stand right over or under, lines as long as those of running text."""
    long = [one for one in rows if len(one.glyphs) >= PROSE]
    return {
        id(one)
        for one in rows
        if any(
            abs(other.base - one.base) < REACH * one.size and other.x0 < one.x1 and other.x1 > one.x0 for other in long
        )
    }


def _replace(
    blocks: Sequence[dict[str, Any]],
    lettered: Sequence[dict[str, Any]],
    letters: Sequence[_Letter],
    formulas: Sequence[_Formula],
) -> set[tuple[int, int]]:
    """Put formulas into their lines, in place of their letters."""
    starts = {formula.first: formula for formula in formulas}
    gone = {member: formula for formula in formulas for member in formula.members}
    touched = {letters[member].home for member in gone}
    if not touched:
        return set()
    numbers: dict[tuple[int, int], list[int]] = {}
    for number, letter in enumerate(letters):
        if letter.home in touched:
            numbers.setdefault(letter.home, []).append(number)
    for home in touched:
        line = blocks[home[0]]["lines"][home[1]]
        raw = lettered[home[0]]["lines"][home[1]]
        order = iter(numbers[home])
        spans: list[dict[str, Any]] = []
        said: list[Glyph] = []
        inside: _Formula | None = None
        x0, x1 = float("inf"), float("-inf")
        for span in raw["spans"]:
            text = ""
            origin = None
            for letter in span["chars"]:
                number = next(order)
                glyph = letters[number].glyph
                said.append(glyph)
                formula = gone.get(number)
                if formula is None and letter["c"].isspace() and inside is not None and _within(glyph, inside):
                    continue
                inside = formula or (inside if letter["c"].isspace() else None)
                if formula is None:
                    if not text:
                        origin = letter["origin"]
                    text += letter["c"]
                    if not letter["c"].isspace():
                        x0, x1 = min(x0, glyph.x0), max(x1, glyph.x1)
                    continue
                if number in starts:
                    if text:
                        spans.append({**span, "text": text, "origin": origin})
                        text = ""
                    spans.append(
                        {**span, "text": formula.text, "origin": (formula.x0, formula.base), "size": formula.size}
                    )
                    x0, x1 = min(x0, formula.x0), max(x1, formula.x1)
            if text:
                spans.append({**span, "text": text, "origin": origin})
        for span in spans:
            span.pop("chars", None)
        line["said"] = _apart(said)
        line["spans"] = spans
        if x1 > x0:
            line["bbox"] = (x0, line["bbox"][1], x1, line["bbox"][3])
    return touched


def _within(space: Glyph, formula: _Formula) -> bool:
    return formula.x0 <= space.x0 and space.x1 <= formula.x1


def _apart(said: Sequence[Glyph]) -> str:
    """What a line says, with white space where it goes from one height or size to another: `x2` with a raised 2 is no number."""
    text = said[0].text if said else ""
    for left, right in pairwise(said):
        if abs(left.size - right.size) > 0.05 * left.size or abs(left.base - right.base) > ON_LINE * left.size:
            text += " "
        text += right.text
    return text.replace("↦→", "↦")  # the foot of the arrow and the arrow
