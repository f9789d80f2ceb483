"""Heading and section: what a section says first, and under which heading a passage stands."""

from __future__ import annotations

import re
from collections.abc import Iterator

from corpus.augment.checks import balanced
from corpus.augment.parent import Block, Parent
from corpus.augment.statements import ENDS, MARKS
from corpus.augment.text import Augmented, Quote, phrase

LEAST, MOST = {"en": 100, "zh": 24}, {"en": 520, "zh": 150}
"""Characters of the passage: whole sentences from the start of the section."""
MOST_OF_RECORD = 0.6
"""A passage that is more than this share of its record would repeat it."""

PHRASINGS = {
    "en": (
        "What does the section “{topic}” say first?\n\n{passage}",
        "How does the part headed “{topic}” begin?\n\n{passage}",
        "Q: What is explained at the start of “{topic}”?\nA: {passage}",
        "What does “{title}” teach first under the heading “{topic}”?\n\n{passage}",
        "Topic: {topic}\n\nOpening of the section: {passage}",
        "Give the first lines of the section on “{topic}”.\n{passage}",
        "Which heading does this passage open?\n\n{passage}\n\nHeading: {topic}",
        "{passage}\n\nUnder which heading does the text above stand? “{topic}”",
        "Read the passage and name its heading.\n\n{passage}\n\n→ {topic}",
        "Choose a title for these lines, as the book has it.\n\n{passage}\n\nTitle: {topic}",
        "{passage}\n\n(What is this about? In “{title}” it stands under “{topic}”.)",
        "Review question: how is “{topic}” introduced?\nModel answer: {passage}",
        "Introduce “{topic}” in the words of the book.\n\n{passage}",
        "Section: {topic}\nQuestion: With what does it start?\nAnswer: {passage}",
        "Where in “{title}” would you find these lines?\n“{passage}”\nAt the beginning of “{topic}”.",
        "A reader wants to know about “{topic}”. The book starts with this:\n\n{passage}",
        "Summarise the opening of “{topic}” in the words of the text.\n\n{passage}",
        "{topic}: what does “{title}” tell us about it, to begin with?\n\n{passage}",
        "Label this passage with its heading.\n“{passage}”\nLabel: {topic}",
        "Look up “{topic}” and quote the beginning.\n“{passage}”",
        "Passage: {passage}\nHeading above it: {topic}",
        "Quote from “{title}”: {passage}\nIt opens the part called “{topic}”.",
        "What should I expect under “{topic}”? It begins like this. {passage}",
        "These sentences open a section of “{title}”. Which one?\n\n{passage}\n\nThe one named “{topic}”.",
    ),
    "zh": (
        "“{topic}”一节开头怎么说？\n{passage}",
        "问：题为“{topic}”的部分首先讲了什么？\n答：{passage}",
        "《{title}》里“{topic}”之下写道：{passage}",
        "请引用“{topic}”开头的几句。\n{passage}",
        "下面这段话在哪个标题之下？\n{passage}\n标题：{topic}",
        "{passage}\n以上文字出自“{topic}”。",
        "读下文，说出它的标题。\n\n{passage}\n\n答：{topic}",
        "主题：{topic}\n开篇：{passage}",
        "翻到“{topic}”，最先读到的是什么？\n{passage}",
        "给这段文字加上书中的标题。\n{passage}\n——{topic}",
        "《{title}》关于“{topic}”的论述从哪里说起？\n{passage}",
        "“{passage}”这几句是哪一节的开头？是“{topic}”一节的开头。",
        "想了解“{topic}”，书中先说：{passage}",
        "标题“{topic}”后面紧接着的内容是什么？\n{passage}",
        "摘录“{topic}”的起首。\n摘录：{passage}",
        "{passage}\n问：这段话归在什么题目下？\n答：归在“{topic}”之下。",
        "请用书中原话介绍“{topic}”。\n{passage}",
        "在《{title}》中查“{topic}”，可以看到：{passage}",
        "段落：{passage}\n所属标题：{topic}",
        "老师：“{topic}”怎样开头？\n学生：{passage}",
        "按原文写出“{topic}”的第一部分。\n\n{passage}",
        "这几句话引自《{title}》的哪一部分？\n{passage}\n引自“{topic}”。",
        "“{topic}”的内容，开头是这样的：{passage}",
        "阅读：{passage}\n此段的题目叫什么？叫“{topic}”。",
    ),
}

_GENERIC = re.compile(
    r"(?:key (?:concepts?|terms|points)|summary|chapter review|(?:chapter |learning )?(?:objectives?|outcomes)|multiple choice|"
    r"(?:critical thinking|review|short answer|interactive link|self-check)(?: questions?)?|fill in the blank|true/false|"
    r"matching|glossary|introduction|overview|references?|further reading|footnotes|check your understanding|"
    r"case(?: in point| study)?|conclusions?|discussion|abstract|contents|preface|exercises?|answers?|interactive|link to learning|clinical focus|resolution|part \d+|section \d+)"
    r"(?: and summary| questions?)*|[\W\d_]+|[【〔\[].{0,4}[】〕\]]|.{0,3}(?:方|论|歌|总论|集方|又方|序|跋|凡例|目录|附|按|卷.{1,2})",
    re.IGNORECASE,
)
_POINTS = re.compile(
    r"\b(?:figures?|fig\.|tables?|link|visit|watch|click|website|answer)\b|\(\)|[见如][上下左右]?[图表]", re.IGNORECASE
)


def augment(parent: Parent) -> Iterator[Augmented]:
    """One text a heading that is followed by sentences."""
    for heading, below in zip(parent.blocks, parent.blocks[1:], strict=False):
        topic = parent.text[heading.start : heading.end]
        if heading.kind != "heading" or below.kind not in ("paragraph", "list") or not _is_topic(topic):
            continue
        end = _passage_end(parent, below)
        if end is not None:
            slots = {"topic": Quote(heading.start, heading.end), "passage": Quote(below.start, end)}
            yield phrase(parent, f"heading/{parent.lang}", heading.start, PHRASINGS[parent.lang], slots)


def _is_topic(heading: str) -> bool:
    return (
        2 <= len(heading) <= 90
        and not MARKS.search(heading)
        and heading[-1] not in ":：∶，。"
        and not _GENERIC.fullmatch(heading.strip())
        and balanced(heading)
    )


def _passage_end(parent: Parent, block: Block) -> int | None:
    """Where the whole sentences from the start of a block end, as many as fit; None when too few do."""
    most = min(MOST[parent.lang], int(MOST_OF_RECORD * len(parent.text)))
    end = None
    for start, stop in parent.sentences:
        if start < block.start:
            continue
        sentence = parent.text[start:stop]
        if stop > block.end or stop - block.start > most or _POINTS.search(sentence) or MARKS.search(sentence):
            break
        end = stop if ENDS.search(sentence) else end
    if end is None or end - block.start < LEAST[parent.lang] or not balanced(parent.text[block.start : end]):
        return None
    return end
