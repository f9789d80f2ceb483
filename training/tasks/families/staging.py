"""Which stage does a size belong to, by limits that are given?"""

from __future__ import annotations

from training.rewards.quantities import numbers
from training.tasks.task import Family, Lang, Source, Task, shown

_ASKED = {
    "en": "{name} tumour. Stage I: up to {low} cm. Stage II: to {high} cm. Stage III: larger. It measures {size} cm. Which stage?",
    "zh": "{name}瘤分期：不超过{low} cm为一期，不超过{high} cm为二期，更大为三期。肿瘤大小为{size} cm。属于哪期？",
}
_STAGES = {"en": ("stage I", "stage II", "stage III"), "zh": ("一期", "二期", "三期")}
_REASONS = {
    "en": ("{size} is up to {low}.", "{size} is above {low} and up to {high}.", "{size} is above {high}."),
    "zh": ("{size}小于等于{low}。", "{size}大于{low}，小于等于{high}。", "{size}大于{high}。"),
}
_END = {"en": " That is {}.", "zh": "属于{}。"}


def make(source: Source, lang: Lang) -> Task:
    """Sizes of one decimal; each stage is as likely."""
    stage = source.random.randrange(3)
    while True:
        low, high, size = (source.number(0.5, 15, 1) for _ in range(3))
        if low < high and (size > low) + (size > high) == stage:
            break
    given = {"low": shown(low), "high": shown(high), "size": shown(size)}
    stages = _STAGES[lang]
    return Task(
        question=_ASKED[lang].format(name=source.name(lang).capitalize(), **given),
        options=(stages[stage], *(other for other in stages if other != stages[stage])),
        reasoning=_REASONS[lang][stage].format(**given) + _END[lang].format(stages[stage]),
    )


def solve(question: str, lang: Lang) -> str:
    """From the three numbers, in their order."""
    low, high, size = numbers(question)
    return _STAGES[lang][(size > low) + (size > high)]


FAMILY = Family(name="staging", make=make, solve=solve)
