"""Pairs of texts that differ in one clinical fact, and true copies of one text, made from `data/facts.txt`.

A text is some sentences of ordinary medicine with the sentence of the fact among them, long enough that a changed word
leaves four fifths of the shingles. The copies are made by what happens to texts: other line breaks, punctuation, spelling,
inflexion and marks, characters that OCR confuses.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

FACTS = Path(__file__).with_name("data") / "facts.txt"

ENGLISH = """
The team met every morning to speak about each patient on the ward.
Blood pressure, pulse and temperature were written on the chart by the nurse.
Relatives could visit in the afternoon and were told what had been planned.
The physiotherapist showed exercises that can be done in bed or on a chair.
Meals came from the kitchen at noon, and a dietitian looked after those who ate little.
A letter went to the family doctor on the day of discharge.
Questions about work and driving were answered before the patient went home.
The laboratory sent its results by the afternoon, and unusual values were phoned through.
Whoever had pain was asked about it again after half an hour.
The social worker helped to find a place for those who could not live alone.
Wounds were looked at every other day and dressed with clean material.
The tumour centre organised a programme for oedema, anaemia and haemorrhage.
Visits to the outpatient clinic were arranged at the patient's wish.
""".strip().split("\n")  # fmt: skip
CHINESE = """
医疗组每天早晨讨论病房里的每一位患者。
护士把体温、脉搏和血压记录在护理单上。
家属下午可以探视，并由医生告知治疗计划。
康复师指导患者在床上或椅子上进行锻炼。
营养师关注进食较少的患者，并调整饮食。
出院当天将病情摘要寄给社区医生。
患者回家之前，医生解答有关工作和驾驶的问题。
检验科下午发出报告，异常结果电话通知病房。
疼痛的患者半小时后再次接受评估。
社会工作者帮助独居困难的患者寻找住所。
伤口隔日检查一次，并更换清洁敷料。
门诊复查的时间按患者的意愿安排。
""".strip().split("\n")  # fmt: skip


class Pair(NamedTuple):
    """Two texts and what is between them."""

    kind: str
    lang: str
    one: str
    other: str


class _Fact(NamedTuple):
    kind: str
    lang: str
    sentence: str
    values: list[str]


def _facts() -> list[_Fact]:
    facts = []
    for line in FACTS.read_text(encoding="utf-8").split("\n"):
        if line and not line.startswith("#"):
            kind, lang, sentence, *values = (field.strip() for field in line.split("|"))
            facts.append(_Fact(kind, lang, sentence, values))
    return facts


def _text(fact: _Fact, value: str, rng: random.Random) -> str:
    sentences = rng.sample(ENGLISH if fact.lang == "en" else CHINESE, 11)
    glued = value + " " if value and fact.kind == "negation" and fact.lang == "en" else value
    sentences.insert(rng.randrange(1, 10), fact.sentence.replace("{}", glued))
    return (" " if fact.lang == "en" else "").join(sentences)


def different(count: int = 600) -> list[Pair]:
    """Pairs that differ in one fact."""
    facts, pairs = _facts(), []
    for number in range(count):
        fact = facts[number % len(facts)]
        rng = random.Random(f"different {number}")
        one, other = rng.sample(fact.values, 2)
        seed = rng.random()
        texts = [_text(fact, value, random.Random(seed)) for value in (one, other)]
        pairs.append(Pair(fact.kind, fact.lang, *texts))
    return pairs


_WAYS: dict[str, list[Callable[[str, random.Random], str]]] = {}


def _way(*langs: str) -> Callable[[Callable[[str, random.Random], str]], Callable[[str, random.Random], str]]:
    def register(function: Callable[[str, random.Random], str]) -> Callable[[str, random.Random], str]:
        for lang in langs:
            _WAYS.setdefault(lang, []).append(function)
        return function

    return register


def copies(count: int = 600) -> list[Pair]:
    """Texts and what became of them."""
    facts, pairs = _facts(), []
    for number in range(count):
        fact = facts[number % len(facts)]
        rng = random.Random(f"copies {number}")
        text = _text(fact, rng.choice(fact.values), rng)
        ways = _WAYS[fact.lang]
        way = ways[(number // 2) % len(ways)]
        pairs.append(Pair(way.__name__[1:], fact.lang, text, way(text, rng)))
    return pairs


@_way("en")
def _broken_lines(text: str, rng: random.Random) -> str:
    lines, line = [], ""
    for word in text.split():
        if len(line) + len(word) > 50:
            lines.append(line)
            line = ""
        if len(word) > 8 and word.isalpha() and rng.random() < 0.2:
            lines.append(f"{line} {word[:4]}-".strip())
            word = word[4:]
            line = ""
        line = f"{line} {word}".strip()
    return "\n".join([*lines, line])


@_way("zh")
def _wrapped(text: str, rng: random.Random) -> str:
    return "\n".join(text[start : start + 23] for start in range(0, len(text), 23))


@_way("en", "zh")
def _paragraphs(text: str, rng: random.Random) -> str:
    return re.sub(r"(?<=[.。]) ?", "\n\n", text, count=4)


@_way("en")
def _punctuation(text: str, rng: random.Random) -> str:
    return text.replace(", and", " and").replace(",", ";").replace("'", "’").replace(". ", " . ").replace("-", "–")


@_way("zh")
def _punctuation_zh(text: str, rng: random.Random) -> str:
    return text.replace("，", ", ").replace("。", ". ").replace("、", "，")


_AMERICAN = [("tumour", "tumor"), ("dietitian", "dietician"), ("colour", "color"), ("behaviour", "behavior"),
             ("centre", "center"), ("haem", "hem"), ("paed", "ped"), ("oedema", "edema"), ("anaes", "anes"),
             ("organise", "organize"), ("recognised", "recognized"), ("programme", "program")]  # fmt: skip


@_way("en")
def _spelling(text: str, rng: random.Random) -> str:
    for british, american in _AMERICAN:
        text = text.replace(british, american)
    return text


@_way("en")
def _inflexion(text: str, rng: random.Random) -> str:
    for one, other in (("exercises that", "exercise that"), ("Visits to", "Visit to"), ("results by", "result by"),
                       ("Meals came", "Meal came"), ("Questions about", "Question about"), ("Wounds were", "Wound was"),
                       ("values were", "value was"), ("was asked", "is asked"), ("helped to", "helps to"),
                       ("showed exercise", "shows exercise")):  # fmt: skip
        text = text.replace(one, other)
    return text


_CONFUSED = [
    ("rn", "m"),
    ("l", "1"),
    ("o", "0"),
    ("e", "c"),
    ("m", "rn"),
    ("d", "cl"),
    ("i", "l"),
    ("w", "vv"),
    ("l", "I"),
]


@_way("en")
def _ocr(text: str, rng: random.Random) -> str:
    words = text.split(" ")
    for place in rng.sample(range(len(words)), 4):
        right, wrong = rng.choice(_CONFUSED)
        if len(words[place]) > 4 and words[place].isalpha():
            words[place] = words[place].replace(right, wrong, 1)
    return " ".join(words)


_SHAPES = {"己": "已", "未": "末", "日": "曰", "土": "士", "人": "入", "住": "往", "间": "问", "体": "休", "末": "未"}


@_way("zh")
def _ocr_zh(text: str, rng: random.Random) -> str:
    places = [place for place, character in enumerate(text) if character in _SHAPES]
    for place in rng.sample(places, min(2, len(places))):
        text = text[:place] + _SHAPES[text[place]] + text[place + 1 :]
    return text


@_way("en")
def _marked(text: str, rng: random.Random) -> str:
    words = text.split(" ")
    for place in rng.sample(range(len(words)), 5):
        words[place] = f"**{words[place]}**"
    return " ".join(words)


@_way("zh")
def _marked_zh(text: str, rng: random.Random) -> str:
    return "**" + text.replace("患者", "*患者*").replace("。", "。\n\n", 3) + "**"


@_way("en")
def _split_words(text: str, rng: random.Random) -> str:
    words = text.split(" ")
    for place in rng.sample(range(len(words)), 6):
        if len(words[place]) > 7 and words[place].isalpha():
            words[place] = words[place][:3] + " " + words[place][3:]
    return " ".join(words)


@_way("zh")
def _spaced(text: str, rng: random.Random) -> str:
    return "".join(c + (" " if rng.random() < 0.2 else "") for c in text)


@_way("en")
def _articles(text: str, rng: random.Random) -> str:
    return text.replace("by the nurse", "by a nurse").replace("The team", "This team").replace("A letter", "The letter")


@_way("zh")
def _particles(text: str, rng: random.Random) -> str:
    return (
        text.replace("病房里的", "病房里")
        .replace("按患者的意愿", "按患者意愿")
        .replace("并由", "由")
        .replace("和血压", "及血压")
    )


@_way("en")
def _headed(text: str, rng: random.Random) -> str:
    return text + " [12, 13]" + " (c) 2011 Example Press."


@_way("en")
def _capitals(text: str, rng: random.Random) -> str:
    return text.upper() if rng.random() < 0.3 else text.replace("The ", "THE ")
