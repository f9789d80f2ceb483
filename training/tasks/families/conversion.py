"""How much is a quantity in another unit?"""

from __future__ import annotations

import re
from fractions import Fraction

from training.rewards.quantities import quantity
from training.tasks.task import Family, Lang, Source, Task, shown

_ASKED = {"en": "How many {to} are {value} {of} of {name}?", "zh": "{value} {of}{name}等于多少{to}？"}
_REASONS = {
    "en": "1 {of} is {factor} {to}. {value} × {factor} = {result}. That makes {result} {to}.",
    "zh": "1 {of}等于{factor} {to}。{value} × {factor} = {result}。即{result} {to}。",
}
_UNITS = (
    ("g", "mg", 1000),
    ("kg", "g", 1000),
    ("L", "mL", 1000),
    ("mg", "mcg", 1000),
    ("m", "cm", 100),
    ("h", "min", 60),
)


def make(source: Source, lang: Lang) -> Task:
    """From the larger unit to the smaller. The wrong options swap the unit or shift the result by tens."""
    of, to, factor = source.random.choice(_UNITS)
    value = source.number(0.1, 30, source.random.choice((1, 2)))
    result = value * factor
    given = {"value": shown(value), "of": of, "to": to, "factor": str(factor), "result": shown(result)}
    wrong = [f"{shown(result / 10)} {to}", f"{shown(result * 10)} {to}", f"{shown(result)} {of}"]
    return Task(
        question=_ASKED[lang].format(name=source.name(lang), **given),
        options=(f"{shown(result)} {to}", *wrong),
        reasoning=_REASONS[lang].format(**given),
    )


def solve(question: str, lang: Lang) -> str:
    """By the sizes of the units."""
    value, of = re.findall(r"([\d.]+) (kg|mg|g|L|m|h)(?![A-Za-z])", question)[-1]
    to = re.findall(r"(?:many|多少) ?(mcg|mg|g|mL|cm|min)", question)[0]
    found, one = quantity(f"{value} {of}"), quantity(f"1 {to}")
    if found is None or one is None:
        raise ValueError(question)
    return f"{shown(Fraction(found.value / one.value))} {to}"


FAMILY = Family(name="conversion", make=make, solve=solve)
