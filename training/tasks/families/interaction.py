"""What does a given table say of two drugs, if anything?"""

from __future__ import annotations

from training.tasks.task import Family, Lang, Source, Task

_ADVICE = {
    "en": ("avoid", "reduce the dose", "monitor", "nothing listed"),
    "zh": ("避免合用", "减量", "监测", "未列出"),
}
_LINE = {"en": "{a} with {b}: {advice}", "zh": "{a}与{b}：{advice}"}
_ASKED = {
    "en": "Table: {table}. What follows for {a} with {b}?",
    "zh": "表：{table}。{a}与{b}合用应如何处理？",
}
_REASONS = {
    "en": ("The table has {a} with {b}: {advice}. So the answer is {advice}.",
           "The table has no line for {a} with {b}. So the answer is {advice}."),
    "zh": ("表中有{a}与{b}：{advice}。所以是{advice}。", "表中没有{a}与{b}。所以是{advice}。"),
}  # fmt: skip


def make(source: Source, lang: Lang) -> Task:
    """Three lines; one task in four asks for a pair that is in none, of drugs that are."""
    names = source.names(4, lang)
    advice = list(_ADVICE[lang][:3])
    source.random.shuffle(advice)
    partners = names[1:]
    lines = [(names[0], partner) for partner in partners]
    table = "; " if lang == "en" else "；"
    joined = table.join(
        _LINE[lang].format(a=a, b=b, advice=advice) for (a, b), advice in zip(lines, advice, strict=True)
    )
    if source.random.random() < 0.25:
        a, b = source.random.sample(partners, 2)
        right, reason = _ADVICE[lang][3], _REASONS[lang][1]
    else:
        place = source.random.randrange(3)
        (a, b), right, reason = lines[place], advice[place], _REASONS[lang][0]
    return Task(
        question=_ASKED[lang].format(table=joined, a=a, b=b),
        options=(right, *(other for other in _ADVICE[lang] if other != right)),
        reasoning=reason.format(a=a, b=b, advice=right),
    )


def solve(question: str, lang: Lang) -> str:
    """By looking the pair up in the lines of the table."""
    if lang == "en":
        table, asked = question.removeprefix("Table: ").split(". What follows for ")
        lines, pair = dict(line.split(": ") for line in table.split("; ")), asked.removesuffix("?")
    else:
        table, asked = question.removeprefix("表：").split("。")
        lines, pair = dict(line.split("：") for line in table.split("；")), asked.removesuffix("合用应如何处理？")
    return lines.get(pair, _ADVICE[lang][3])


FAMILY = Family(name="interaction", make=make, solve=solve)
