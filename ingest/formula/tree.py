"""What a formula is made of. Readers of markup build this tree, one writer turns it into LaTeX."""

from __future__ import annotations

from dataclasses import dataclass

MAX_DEPTH = 60
"""Markup nested deeper than this is taken as its characters: nobody writes such formulas by hand."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """Characters that are set as mathematics: a variable, a number, an operator, or a run of them."""

    text: str
    """The characters, in Unicode."""
    upright: bool = False
    """Set in roman: a name of several letters that is one thing (`Cr`), not a product of variables."""
    alphabet: str = ""
    """The command of an alphabet that it is set in: mathbf, mathcal, mathbb, mathfrak; empty for the usual ones."""


@dataclass(frozen=True, slots=True)
class Words:
    """Running text within a formula."""

    text: str
    """The text, white space as it is set."""


@dataclass(frozen=True, slots=True)
class Row:
    """Parts that stand side by side."""

    parts: tuple[Node, ...]
    """From left to right."""


@dataclass(frozen=True, slots=True)
class Fraction:
    """One part above another."""

    over: Node
    """Numerator."""
    under: Node
    """Denominator."""
    bar: bool = True
    """Whether a line divides them; without it they are stacked, as in a binomial coefficient."""


@dataclass(frozen=True, slots=True)
class Scripts:
    """A base with what is raised and lowered at its right and left."""

    base: Node
    """May be empty."""
    below: Node | None = None
    """Index, or lower limit of a sum."""
    above: Node | None = None
    """Exponent, or upper limit of a sum."""
    before_below: Node | None = None
    """Lowered at the left."""
    before_above: Node | None = None
    """Raised at the left, as the mass number of an isotope."""


@dataclass(frozen=True, slots=True)
class Limits:
    """A base with something set right under or over it."""

    base: Node
    """What the limits belong to."""
    under: Node | None = None
    """Set under it."""
    over: Node | None = None
    """Set over it."""


@dataclass(frozen=True, slots=True)
class Root:
    """A radical."""

    radicand: Node
    """What stands under it."""
    degree: Node | None = None
    """None for a square root."""


@dataclass(frozen=True, slots=True)
class Fenced:
    """Parts between delimiters that grow with them."""

    opening: str
    """One character, or empty."""
    parts: tuple[Node, ...]
    """What is between them."""
    closing: str
    """One character, or empty."""
    separator: str = ""
    """Between the parts."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """Rows of cells without delimiters."""

    rows: tuple[tuple[Node, ...], ...]
    """Cells by row."""


@dataclass(frozen=True, slots=True)
class Accent:
    """A base with a mark over or under all of it."""

    base: Node
    """What is marked."""
    mark: str
    """The mark as one character: ^, ¯, ~, →, ⏞ …"""
    under: bool = False
    """Set under the base."""


Node = Symbol | Words | Row | Fraction | Scripts | Limits | Root | Fenced | Matrix | Accent
"""A part of a formula."""


def row(parts: list[Node]) -> Node:
    """Parts side by side; one alone is itself."""
    return parts[0] if len(parts) == 1 else Row(tuple(parts))
