"""Formulas set as TeX sets them (The TeXbook, appendix G) are read back from where their glyphs stand."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from ingest.formula.latex import is_plain, latex
from ingest.formula.tree import Row, Symbol
from ingest.page.formula_layout import UNREAD, Glyph, Rule, line_node, reduced
from ingest.page.glyph_names import tex_character

EM = 10.0


@dataclass
class Box:
    """Set material: glyphs and rules around a baseline at 0, from 0 to the right."""

    width: float
    glyphs: list[Glyph] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)

    def moved(self, right: float, down: float) -> Box:
        return Box(
            self.width,
            [
                replace(g, x0=g.x0 + right, x1=g.x1 + right, y0=g.y0 + down, y1=g.y1 + down, base=g.base + down)
                for g in self.glyphs
            ],
            [Rule(rule.x0 + right, rule.x1 + right, rule.y + down) for rule in self.rules],
        )


def letter(text: str, size: float = EM, **more: bool | str) -> Box:
    """A character half an em wide; letters with a descender hang below the line, signs stand about the axis."""
    top, bottom = 0.68 * size, 0.0
    if text in "gjpqy":
        top, bottom = 0.43 * size, -0.2 * size
    elif text in "acemnorsuvwxz":
        top = 0.43 * size
    elif text in "=+−→":
        top, bottom = 0.4 * size, 0.1 * size
    elif text in "()[]|":
        top, bottom = 0.75 * size, -0.25 * size
    elif text in "′":
        top, bottom = 0.55 * size, 0.1 * size
    elif text in ".,":
        top, bottom = 0.1 * size, -0.1 * size
    math = not text.isdigit() and text not in "()[]"
    return Box(
        0.5 * size, [Glyph(text, 0.0, -top, 0.5 * size, -bottom, 0.0, size, math=math, upright=text.isdigit(), **more)]
    )


def line(*parts: Box) -> Box:
    whole = Box(0.0)
    for part in parts:
        placed = part.moved(whole.width, 0.0)
        whole = Box(whole.width + part.width, whole.glyphs + placed.glyphs, whole.rules + placed.rules)
    return whole


def word(text: str, size: float = EM) -> Box:
    return line(*(letter(each, size) for each in text))


def scripts(base: Box, below: Box | None = None, above: Box | None = None, size: float = EM) -> Box:
    parts = [base]
    if below is not None:
        parts.append(below.moved(base.width, 0.15 * size))
    if above is not None:
        parts.append(above.moved(base.width, -0.36 * size))
    width = base.width + max(part.width for part in parts[1:])
    return Box(width, [g for part in parts for g in part.glyphs], [r for part in parts for r in part.rules])


def fraction(over: Box, under: Box, size: float = EM, shift: float = 0.68) -> Box:
    """Numerator and denominator centred over a rule on the axis, as wide as the wider one."""
    width = max(over.width, under.width)
    one = over.moved((width - over.width) / 2, -shift * size)
    two = under.moved((width - under.width) / 2, (shift + 0.01) * size)
    return Box(width, one.glyphs + two.glyphs, [*one.rules, *two.rules, Rule(0.0, width, -0.25 * size)])


def root(inside: Box, size: float = EM) -> Box:
    sign = Glyph("√", 0.0, -0.95 * size, 0.8 * size, 0.25 * size, -0.9 * size, size, math=True)
    moved = inside.moved(0.8 * size, 0.0)
    rule = Rule(0.8 * size, 0.8 * size + inside.width, -0.93 * size)
    return Box(0.8 * size + inside.width, [sign, *moved.glyphs], [*moved.rules, rule])


def sum_(below: Box, above: Box, size: float = EM) -> Box:
    """A sum of display style, which hangs from its baseline, with limits centred under and over it."""
    sign = Glyph("∑", 0.0, -0.95 * size, 1.4 * size, 0.45 * size, -0.95 * size, size, math=True)
    one = above.moved((1.4 * size - above.width) / 2, -1.15 * size)
    two = below.moved((1.4 * size - below.width) / 2, 1.1 * size)
    return Box(1.4 * size, [sign, *one.glyphs, *two.glyphs])


def big(text: str, size: float = EM) -> Box:
    """A delimiter of TeX's extension font, which hangs from its baseline."""
    return Box(0.6 * size, [Glyph(text, 0.0, -1.15 * size, 0.6 * size, 0.65 * size, -1.1 * size, size, math=True)])


def read(box: Box) -> str:
    numbered = [replace(glyph, members=(number,)) for number, glyph in enumerate(box.glyphs)]
    return latex(line_node(reduced(numbered, box.rules)))


SMALL, TINY = 0.7 * EM, 0.5 * EM


@pytest.mark.parametrize(
    ("box", "text"),
    [
        (line(word("y="), scripts(letter("x"), above=word("2", SMALL))), "y=x^2"),
        (line(scripts(letter("x"), below=word("12", SMALL)), word("−y")), "x_{12}-y"),
        (scripts(letter("x"), word("i", SMALL), word("2", SMALL)), "x_i^2"),
        (line(scripts(letter("x"), below=word("1", SMALL)), word("2")), "x_{1}2"),
        (scripts(letter("f"), above=word("′", SMALL)), "f'"),
        (
            scripts(letter("a"), below=scripts(letter("x", SMALL), below=word("k", TINY), size=SMALL)),
            "a_{x_k}",
        ),
        (
            scripts(letter("e"), above=line(word("−", SMALL), scripts(letter("t", SMALL), above=word("2", TINY), size=SMALL))),
            "e^{-t^2}",
        ),
        (line(word("v="), fraction(word("ab"), word("c"))), r"v=\frac{ab}{c}"),
        (
            line(word("v="), fraction(scripts(letter("x"), above=word("2", SMALL)), line(word("1+"), word("y")))),
            r"v=\frac{x^2}{1+y}",
        ),
        (fraction(word("1", SMALL), word("2", SMALL), shift=0.4), r"\frac{1}{2}"),
        (line(word("r="), root(word("a+b"))), r"r=\sqrt{a+b}"),
        (fraction(word("a"), root(word("b+c"))), r"\frac{a}{\sqrt{b+c}}"),
        (
            line(sum_(word("i=1", SMALL), word("n", SMALL)), scripts(letter("x"), below=word("i", SMALL))),
            r"\sum_{i=1}^nx_i",
        ),
        (
            line(big("("), fraction(word("a"), word("b")), big(")")),
            r"(\frac{a}{b})",
        ),
        (
            line(letter("p"), big("("), fraction(word("a"), word("b")), scripts(big(")"), above=word("2", SMALL).moved(0.0, -6.0))),
            r"p(\frac{a}{b})^2",
        ),
    ],
)  # fmt: skip
def test_what_tex_sets_is_read_back(box: Box, text: str) -> None:
    assert read(box) == text
    assert read(box.moved(137.3, 411.7)) == text


def test_an_accent_and_a_line_over_letters() -> None:
    accent = Glyph("ˆ", 0.0, -7.6, 5.0, -6.9, 0.0, EM, math=True)
    assert read(Box(5.0, [*letter("x").glyphs, accent])) == r"\hat{x}"
    assert read(Box(10.0, word("xy").glyphs, [Rule(0.0, 10.0, -5.7)])) == r"\overline{xy}"


def test_a_rule_that_is_wider_than_what_it_divides_is_no_fraction() -> None:
    over, under = word("ab").moved(10.0, -6.8), word("c").moved(12.0, 6.9)
    assert "frac" not in read(Box(60.0, over.glyphs + under.glyphs, [Rule(0.0, 60.0, -2.5)]))


def test_a_large_glyph_off_the_line_is_not_read_as_a_script() -> None:
    assert UNREAD in read(line(word("x="), letter("b").moved(0.0, -5.0)))


def test_dots_and_the_bar_of_a_condition_by_their_white_space() -> None:
    dots = line(word("a,"), *(letter(".").moved(1.7, 0.0) for _ in range(3)), Box(4.0), word("b"))
    spread = [replace(g, x0=g.x0 + 1.7 * n, x1=g.x1 + 1.7 * n) for n, g in enumerate(dots.glyphs)]
    assert r"\ldots" in read(Box(60.0, spread))
    given = line(word("A"), Box(2.8), letter("|"), Box(2.8), word("B"))
    assert read(given) == r"A\mid B"
    assert read(word("|A|")) == "|A|"


def test_a_list_of_numbers_does_not_become_one_number() -> None:
    assert read(line(word("i=0,"), Box(1.7), word("1"))) == "i=0, 1"


@pytest.mark.parametrize(
    ("name", "character"),
    [
        ("summationdisplay", "∑"), ("summationtext", "∑"), ("parenleftBigg", "("), ("radicalbig", "√"),
        ("braceleftbig4", "{"), ("vextendsingle", "|"), ("bracketlefttp", "⎡"), ("uniE22D", "A"), ("uniE246", "Z"),
        ("nequal", "≠"), ("hatwide1", "ˆ"), ("A", ""), ("alpha", ""), ("phi", ""), ("textbig", ""),
    ],
)  # fmt: skip
def test_names_of_tex_glyphs(name: str, character: str) -> None:
    assert tex_character(name) == character


def test_the_straight_phi_of_tex() -> None:
    assert tex_character("phi", italic=True) == "ϕ"
    assert tex_character("phi1", italic=True) == "φ"


def test_signs_of_sets_are_no_running_text() -> None:
    assert is_plain(Row((Symbol("p"), Symbol("<"), Symbol("0.05"))))
    assert not is_plain(Row((Symbol("x"), Symbol("∈"), Symbol("A"))))
