"""What dose follows from weight and dose per kilogram, when a largest dose is given?"""

from __future__ import annotations

from training.rewards.quantities import numbers
from training.tasks.task import Family, Lang, Source, Task, shown

_ASKED = {
    "en": "A child weighs {weight} kg. {name} is given at {rate} mg/kg, at most {most} mg a dose. What is the dose?",
    "zh": "患儿体重{weight} kg。{name}每次{rate} mg/kg，单次最多{most} mg。每次给多少？",
}
_REASONS = {
    "en": ("{weight} × {rate} = {product} mg. That is above {most} mg. The dose is {dose} mg.",
           "{weight} × {rate} = {product} mg. That is up to {most} mg. The dose is {dose} mg."),
    "zh": ("{weight} × {rate} = {product} mg，超过{most} mg。剂量为{dose} mg。",
           "{weight} × {rate} = {product} mg，未超过{most} mg。剂量为{dose} mg。"),
}  # fmt: skip


def make(source: Source, lang: Lang) -> Task:
    """In half of the tasks the largest dose counts. The wrong options are the usual errors: the limit overlooked or taken
    for the dose, the unit swapped, a decimal shifted."""
    above = source.random.random() < 0.5
    while True:
        weight, rate, most = source.number(3, 60), source.number(2, 30), source.number(20, 1500)
        product = weight * rate
        if product != most and (product > most) == above:
            break
    dose, other = (most, product) if above else (product, most)
    given = {"weight": shown(weight), "rate": shown(rate), "most": shown(most)}
    reasons = _REASONS[lang][0 if above else 1]
    return Task(
        question=_ASKED[lang].format(name=source.name(lang).capitalize(), **given),
        options=(f"{shown(dose)} mg", f"{shown(other)} mg", f"{shown(dose)} g", f"{shown(dose * 10)} mg"),
        reasoning=reasons.format(product=shown(product), dose=shown(dose), **given),
    )


def solve(question: str, lang: Lang) -> str:
    """The smaller of product and limit."""
    weight, rate, most = numbers(question)
    return f"{shown(min(weight * rate, most))} mg"


FAMILY = Family(name="dose", make=make, solve=solve)
