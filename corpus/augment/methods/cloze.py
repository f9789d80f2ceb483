"""Fill the entity: a sentence of the text with one of its terms left out, and the term."""

from __future__ import annotations

import re
from collections.abc import Iterator

from corpus.augment.parent import Parent
from corpus.augment.statements import statements
from corpus.augment.text import Augmented, Quote, phrase, pick
from medpress.writing_systems import HAN
from nlp.spans import Entity

LABELS = frozenset({"disease", "symptom", "drug", "procedure", "test", "anatomy", "gene"})
"""What may be left out: names, not amounts."""

PHRASINGS = {
    "en": (
        "Fill in the blank: {before}_____{after}\nAnswer: {term}",
        "Complete the sentence.\n\n{before}_____{after}\n\nThe missing words: {term}",
        "Which words are missing here?\n{before}_____{after}\n→ {term}",
        "One expression was left out of this sentence from “{title}”. Which one?\n\n{before}_____{after}\n\nIt was “{term}”.",
        "{before}_____{after}\nWhat belongs in the gap? {term}",
        "Q: {before}_____{after} What is missing?\nA: {term}",
        "Gap text\n\n{before}[gap]{after}\n\n[gap] = {term}",
        "Read the sentence and supply what is missing.\n{before}______{after}\nSolution: {term}",
        "In “{title}” it says: {before}_____{after}\nThe gap reads: {term}",
        "Put the right expression in place of the question mark: {before}(?){after}\nRight: {term}",
        "Exercise ({title}): {before}_____{after}\nKey: {term}",
        "Complete the statement.\n{before}_____{after}\nCompleted with: {term}",
        "Question from the chapter on “{title}”: {before}_____{after}\nModel answer: {term}",
        "{before}_____{after}\n\nExpected answer: {term}",
        "What has to stand between the brackets?\n\n{before}(     ){after}\n\n{term}",
        "Cloze. {before}_____{after}\n\nFilled in: {term}",
        "Recall the sentence: {before}_____{after}\nThe part to recall is {term}.",
        "Supply the term that makes the statement agree with the text.\nStatement: {before}_____{after}\nTerm: {term}",
        "From the part on “{heading}”, with a gap: {before}_____{after}\nThe gap stands for {term}.",
        "Quiz on “{title}”\n{before}_____{after}\n- {term}",
        "Short answer. {before}___{after}\nAnswer: {term}",
        "Review question: {before}_____{after}\nAnswer key: {term}",
        "Which expression did the author use at the blank? {before}_____{after}\nThe author wrote “{term}”.",
        "Self-test\n\n{before}_____{after}\n\nAnswer: {term}",
    ),
    "zh": (
        "填空：{before}____{after}\n答案：{term}",
        "把句子补充完整。\n{before}____{after}\n所缺的是“{term}”。",
        "下面这句话缺了什么？\n{before}（　　）{after}\n缺“{term}”。",
        "《{title}》中的一句：{before}____{after}\n空格处应为：{term}",
        "问：{before}____{after} 横线上应填什么？\n答：{term}",
        "请根据原文填写：{before}____{after}\n填写：{term}",
        "{before}____{after}\n（空处原作“{term}”。）",
        "填空题：{before}____{after}\n标准答案：{term}",
        "默写练习\n{before}________{after}\n参考答案：{term}",
        "读句子，说出空缺的词。\n{before}（？）{after}\n空缺的词是{term}。",
        "在“{heading}”一节里有这样一句：{before}____{after}\n空白处是{term}。",
        "补全：{before}____{after}——{term}",
        "自测题：{before}____{after}\n答：{term}",
        "下句空格里该用哪个词？{before}____{after}\n该用“{term}”。",
        "{before}＿＿{after}\n横线处的词语：{term}",
        "《{title}》填空题：{before}（　）{after}\n括号内填：{term}",
        "完成句子：{before}____{after}\n完成后，空格里的词是“{term}”。",
        "复习题：{before}____{after}\n参考答案：{term}",
        "请写出原文此处所用的词：{before}____{after}\n原文用“{term}”。",
        "回忆原句：{before}____{after}\n要回忆的词：{term}",
        "学习《{title}》时遇到一道题：{before}____{after}\n解答：填“{term}”。",
        "简答：{before}____{after}\n答案要点：{term}",
        "缺词：{before}____{after}\n补词：{term}",
        "{before}____{after}\n请填入恰当的词语。\n\n{term}",
    ),
}


def augment(parent: Parent) -> Iterator[Augmented]:
    """One text a sentence, the sentences with most terms first; the term stands in its sentence once."""
    found = [(start, end, _terms(parent, start, end)) for start, end in statements(parent)]
    for start, end, terms in sorted(found, key=lambda row: (-len(row[2]), row[0])):
        if not terms:
            return
        entity = terms[pick(len(terms), parent.id, start)]
        slots = {
            "before": Quote(start, entity.start),
            "after": Quote(entity.end, end),
            "term": Quote(entity.start, entity.end),
        }
        yield phrase(parent, f"cloze/{parent.lang}", start, PHRASINGS[parent.lang], slots)


_BEFORE = re.compile(
    rf"(?:\A|[^{HAN}]|[之的有兼见或则及与和而以为若主治患生发宜用加入如因由于在令致成即名曰是无其此诸使服])\Z"
)
_AFTER = re.compile(rf"\Z|[^{HAN}]|[者也之的而则不为与和及或以等症证皆亦均可用时后前是有因宜加各所]")


def _is_word(text: str, entity: Entity) -> bool:
    """Whether a Chinese term stands between words that take no part in it, so that the gap cuts none."""
    before, after = text[max(0, entity.start - 1) : entity.start], text[entity.end : entity.end + 1]
    return _BEFORE.search(before) is not None and _AFTER.match(after) is not None


def _terms(parent: Parent, start: int, end: int) -> list[Entity]:
    """What may be left out. A single Chinese character is too often a part of a longer word."""
    sentence = parent.text[start:end].lower()
    chinese = parent.lang == "zh"
    least = 2 if chinese else 3
    return [
        entity
        for entity in parent.entities_in(start, end)
        if entity.label in LABELS
        and entity.end - entity.start >= least
        and sentence.count(parent.text[entity.start : entity.end].lower()) == 1
        and (not chinese or _is_word(parent.text, entity))
    ]
