"""Is a measured value below, within or above a range that is given?"""

from __future__ import annotations

from training.rewards.quantities import numbers
from training.tasks.task import Family, Lang, Source, Task, shown

_ASKED = {
    "en": "Reference range of {name}: {low} to {high} {unit}. Measured: {value} {unit}. How is the value?",
    "zh": "{name}参考范围：{low}至{high} {unit}。测得：{value} {unit}。该值如何？",
}
_LEVELS = {"en": ("low", "normal", "high"), "zh": ("偏低", "正常", "偏高")}
_REASONS = {
    "en": (
        "{value} is below {low}. The value is low.",
        "{value} lies from {low} to {high}. The value is normal.",
        "{value} is above {high}. The value is high.",
    ),
    "zh": ("{value}小于{low}。该值偏低。", "{value}在{low}至{high}之间。该值正常。", "{value}大于{high}。该值偏高。"),
}
_UNITS = ("mmol/L", "U/L", "mg/dL", "g/L")


def make(source: Source, lang: Lang) -> Task:
    """Bounds and value of one decimal; each level is as likely."""
    level = source.random.randrange(3)
    while True:
        low, high, value = (source.number(1, 40, 1) for _ in range(3))
        if low < high and (value < low, low <= value <= high, value > high)[level]:
            break
    given = {"low": shown(low), "high": shown(high), "value": shown(value)}
    levels = _LEVELS[lang]
    return Task(
        question=_ASKED[lang].format(name=source.name(lang), unit=source.random.choice(_UNITS), **given),
        options=(levels[level], *(other for other in levels if other != levels[level])),
        reasoning=_REASONS[lang][level].format(**given),
    )


def solve(question: str, lang: Lang) -> str:
    """From the three numbers, in their order."""
    low, high, value = numbers(question)
    return _LEVELS[lang][(value >= low) + (value > high)]


FAMILY = Family(name="reference range", make=make, solve=solve)
