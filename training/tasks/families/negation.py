"""Which finding of a note is present, which is denied, which is past?"""

from __future__ import annotations

import re

from training.tasks.task import Family, Lang, Source, Task

_STATES = {
    "en": {
        "present": ("There is {} since yesterday.", "The patient now reports {}.", "Today {} is seen."),
        "denied": ("The patient denies {}.", "There is no {}.", "No sign of {} is found."),
        "past": ("Years ago there was {}.", "The patient had {} as a child.", "Formerly {} was treated."),
    },
    "zh": {
        "present": ("昨起出现{}。", "目前诉{}。", "今日查见{}。"),
        "denied": ("患者否认{}。", "目前没有{}。", "检查未见{}。"),
        "past": ("多年前曾有{}。", "幼年患过{}。", "既往治疗过{}。"),
    },
}
_ASKED = {
    "en": {
        "present": "Which finding is present now?",
        "denied": "Which finding is absent?",
        "past": "Which finding is of the past?",
    },
    "zh": {"present": "现有哪项表现？", "denied": "哪项表现不存在？", "past": "哪项表现属于既往？"},
}
_REASON = {"en": "The note says: {} The finding is {}.", "zh": "记录写道：{}该表现是{}。"}


def make(source: Source, lang: Lang) -> Task:
    """Three findings, one in each state, in a drawn order."""
    findings = source.findings(3, lang)
    states = list(_STATES[lang])
    sentences = [
        source.random.choice(_STATES[lang][state]).format(finding)
        for state, finding in zip(states, findings, strict=True)
    ]
    place = source.random.randrange(3)
    shuffled = source.random.sample(sentences, 3)
    joint = " " if lang == "en" else ""
    return Task(
        question=joint.join([*shuffled, _ASKED[lang][states[place]]]),
        options=(findings[place], *(other for other in findings if other != findings[place])),
        reasoning=_REASON[lang].format(sentences[place], findings[place]),
    )


def solve(question: str, lang: Lang) -> str:
    """By the one sentence whose words are those of the state that is asked for."""
    state = next(state for state, asked in _ASKED[lang].items() if question.endswith(asked))
    for sentence in _STATES[lang][state]:
        pattern = re.escape(sentence).replace(r"\{\}", r"([^.。]+?)")
        if match := re.search(rf"(?:^|[.。]\s?){pattern}", question):
            return match[1]
    raise ValueError(question)


FAMILY = Family(name="negation", make=make, solve=solve)
