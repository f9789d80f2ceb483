"""Numbers with their units, exactly: a value is a fraction, a unit a dimension and a size."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from medpress.units import names, pattern

_NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d{1,15})(?:\.\d{1,15})?"
_ONE_NUMBER = re.compile(rf"(?<![\d.,A-Za-z])({_NUMBER})(?!\d)")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A value in the units of its dimensions."""

    value: Fraction
    """The number times the size of its unit."""
    dimension: str
    """As `mass`, or `mass/volume`."""


@cache
def _units() -> dict[str, tuple[str, Fraction]]:
    """Name without white space -> dimension and size."""
    return {"".join(name.spelling.split()): (name.kind, name.size) for name in names("answer") if name.size}


@cache
def _quantity() -> re.Pattern[str]:
    one = rf"{pattern(name.spelling for name in names('answer'))}(?![A-Za-z])"
    return re.compile(rf"(?<![\d.,A-Za-z])([-−]?)({_NUMBER})\s*({one}(?:\s*/\s*{one})?)(?!\s*/)")


def quantity(text: str) -> Quantity | None:
    """The quantity that a text is, with nothing but a full stop after it; None when it is anything else."""
    match = _quantity().fullmatch(text.strip().rstrip(".。"))
    return _of(match) if match else None


def quantities(text: str) -> list[tuple[str, Quantity]]:
    """The quantities that stand in a text, in order, each as it stands there and as it is."""
    return [(match[0], _of(match)) for match in _quantity().finditer(text)]


def without_units(text: str) -> str:
    """A text with the numbers alone of its quantities: units are of no language."""
    return _quantity().sub(lambda match: match[2], text)


def numbers(text: str) -> list[Fraction]:
    """The numbers that stand in a text, in order, without signs and units."""
    return [_fraction(match) for match in _ONE_NUMBER.findall(text)]


def _of(match: re.Match[str]) -> Quantity:
    above, _, below = "".join(match[3].split()).partition("/")
    dimension, size = _units()[above]
    if below:
        other, divisor = _units()[below]
        dimension, size = f"{dimension}/{other}", size / divisor
    return Quantity((-1 if match[1] else 1) * _fraction(match[2]) * size, dimension)


def _fraction(text: str) -> Fraction:
    return Fraction(text.replace(",", ""))
