"""Ordering: steps of a procedure or a course of events, shuffled, to be put in order again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from corpus.augment.checks import balanced
from corpus.augment.parent import Parent
from corpus.augment.statements import ENDS, MARKS
from corpus.augment.text import Augmented, Piece, Quote, phrase, pick

LEAST, MOST = 3, 5
"""Sentences to put in order."""
LENGTH = {"en": (25, 260), "zh": (6, 80)}
"""Characters of a sentence."""

PHRASINGS = {
    "en": (
        "Put these sentences in order.\n\n{shuffled}\n\nOrder: {order}",
        "The following sentences are mixed up. In which order do they belong?\n{shuffled}\nThey belong in the order {order}.",
        "Q: What comes first, what next?\n{shuffled}\nA: {order}",
        "Sort the statements as the course of events asks for.\n\n{shuffled}\n\n{order}",
        "{shuffled}\n\nBring the lines into their original sequence: {order}",
        "Which sequence of the letters gives back the text?\n{shuffled}\nSequence: {order}",
        "From “{title}”, out of order:\n{shuffled}\nCorrect order: {order}",
        "Restore the text.\n\n{shuffled}\n\nSolution: {order}",
        "Review question: arrange the sentences in the order of the text.\n{shuffled}\nAnswer: {order}",
        "How does it go on, step after step, in “{title}”?\n{shuffled}\nIt goes {order}.",
        "Order the steps:\n{shuffled}\nRight order: {order}",
        "Look for the words that show what comes first and what follows, then sort.\n{shuffled}\nResult: {order}",
        "Here are some lines of “{title}” in the wrong order.\n{shuffled}\nIn the right order: {order}",
        "Exercise: ordering\n{shuffled}\nKey\n{order}",
    ),
    "zh": (
        "给下列句子排序。\n{shuffled}\n顺序：{order}",
        "以下句子次序被打乱，请恢复原文次序。\n{shuffled}\n原文次序为{order}。",
        "问：哪句在先，哪句在后？\n{shuffled}\n答：{order}",
        "排列步骤：\n{shuffled}\n正确排列：{order}",
        "{shuffled}\n请按先后重新排列：{order}",
        "《{title}》中的几句，打乱后如下：\n{shuffled}\n还原：{order}",
        "把各句连成通顺的一段，应怎样排？\n{shuffled}\n应排为{order}。",
        "下面各句应以什么次序出现？\n{shuffled}\n次序是{order}。",
        "根据先后关系整理句子。\n\n{shuffled}\n\n整理结果：{order}",
        "排序题：按原文次序排列。\n{shuffled}\n答案：{order}",
        "句子排序题\n{shuffled}\n参考答案 {order}",
        "先看各句，再定先后。\n{shuffled}\n先后为：{order}",
    ),
}
_NEXT = re.compile(
    r"(?:[\w’'-]+,? ){0,3}?(?:first(?:ly)?|second(?:ly)?|third(?:ly)?|then|next|finally|afterwards?|subsequently|later|eventually|"
    r"thereafter|ultimately|once|after|following|when|the (?:first|second|third|last|final|next) (?:step|stage|phase))\b"
    r"|[再次](?!年|日|月|三)|然后|最后|随后|继而|其后|接着|[待俟]",
    re.IGNORECASE,
)
"""A sentence that begins by saying when its turn is."""
_POINTS = re.compile(r"\b(?:figures?|fig\.|tables?|link|answer)\b|\(\)|[见如][上下左右]?[图表]", re.IGNORECASE)
_LETTERS = "ABCDE"


def augment(parent: Parent) -> Iterator[Augmented]:
    """One text a paragraph in which successive sentences say what comes when."""
    for block in parent.blocks:
        if block.kind != "paragraph":
            continue
        inside = [(start, end) for start, end in parent.sentences if block.start <= start and end <= block.end]
        run = _run(parent, inside)
        if run:
            place = run[0][0]
            shuffled = _shuffled(parent, len(run), place)
            lines: list[Piece] = []
            for letter, number in zip(_LETTERS, shuffled, strict=False):
                lines += ["\n" if lines else "", f"{letter}. ", Quote(*run[number])]
            order = ", ".join(_LETTERS[shuffled.index(number)] for number in range(len(run)))
            slots = {"shuffled": lines, "order": order}
            yield phrase(parent, f"order/{parent.lang}", place, PHRASINGS[parent.lang], slots)


def _run(parent: Parent, sentences: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The first successive sentences of a fitting length of which at least two after the first begin with their turn."""
    low, high = LENGTH[parent.lang]
    run: list[tuple[int, int]] = []
    for start, end in [*sentences, (0, 0)]:
        sentence = parent.text[start:end]
        if len(run) < MOST and low <= end - start <= high and _is_step(sentence):
            run.append((start, end))
            continue
        if len(run) >= LEAST and sum(_NEXT.match(parent.text[s:e]) is not None for s, e in run[1:]) >= 2:
            return run
        run = []
    return []


def _is_step(sentence: str) -> bool:
    return bool(
        ENDS.search(sentence) and not MARKS.search(sentence) and not _POINTS.search(sentence) and balanced(sentence)
    )


def _shuffled(parent: Parent, count: int, place: int) -> list[int]:
    """Positions 0 to count - 1 in an order by hash that is never the original one."""
    order = sorted(range(count), key=lambda number: pick(1 << 30, parent.id, place, number))
    return order if order != sorted(order) else order[1:] + order[:1]
