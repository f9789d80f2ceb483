"""Lines over the steps of a run, as SVG that a page holds in itself: a shape a line, a label a line, an axis on either side."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 640.0, 240.0
"""Of the drawing, in its own units; the page scales it."""
LEFT, RIGHT, TOP, BOTTOM = 62.0, 10.0, 8.0, 22.0
"""Margins, for the numbers of the axes."""
POINTS = 400
"""Points that a line has at most; of more steps the means of equal stretches are drawn."""

Point = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line."""

    name: str
    """What it is of."""
    points: str
    """Where it goes, as SVG has it."""
    first: float
    """Its first value."""
    last: float
    """Its last value."""


@dataclass(frozen=True, kw_only=True)
class Chart:
    """Lines on common axes."""

    title: str
    """What is drawn."""
    unit: str
    """In which unit."""
    lines: Sequence[Line]
    """The lines, in the order of their colours."""
    marks: Sequence[tuple[float, str]]
    """Heights of the numbers beside the vertical axis, and the numbers."""
    steps: tuple[float, float]
    """The first step and the last."""

    @property
    def about(self) -> str:
        """The chart in words, for who does not see it."""
        told = "; ".join(f"{line.name} from {line.first:.4g} to {line.last:.4g}" for line in self.lines)
        return f"{self.title} ({self.unit}), steps {self.steps[0]:,.0f} to {self.steps[1]:,.0f}: {told}"


def chart(title: str, unit: str, series: Mapping[str, Sequence[Point]], *, from_zero: bool = False) -> Chart | None:
    """A chart of named series of (step, value); None when none has a finite value. What is not finite leaves a line without it."""
    drawn = {name: _thinned(finite) for name, points in series.items() if (finite := _finite(points))}
    if not drawn:
        return None
    xs = [x for points in drawn.values() for x, _ in points]
    ys = [y for points in drawn.values() for _, y in points]
    low, high = (min(0.0, min(ys)) if from_zero else min(ys)), max(ys)
    if high == low:
        low, high = low - abs(low) / 2 - 0.5, high + abs(high) / 2 + 0.5

    def height(value: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (high - value) / (high - low)

    def across(step: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (step - min(xs)) / ((max(xs) - min(xs)) or 1)

    lines = [
        Line(
            name=name,
            points=" ".join(f"{across(x):.1f},{height(y):.1f}" for x, y in points),
            first=points[0][1],
            last=points[-1][1],
        )
        for name, points in drawn.items()
    ]
    values = [low + (high - low) * part / 4 for part in range(5)]
    marks = [(height(value), f"{value:,.4g}") for value in values]
    return Chart(title=title, unit=unit, lines=lines, marks=marks, steps=(min(xs), max(xs)))


def _finite(points: Sequence[Point]) -> list[Point]:
    return [(float(x), float(y)) for x, y in points if math.isfinite(y)]


def _thinned(points: list[Point]) -> list[Point]:
    """At most `POINTS` points: the means of stretches, each at its middle."""
    size = -(-len(points) // POINTS)
    stretches = [points[start : start + size] for start in range(0, len(points), size)]
    return [(sum(x for x, _ in some) / len(some), sum(y for _, y in some) / len(some)) for some in stretches]
