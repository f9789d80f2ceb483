"""Prompts: a task, the rules that all of them share, and a passage of the record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from corpus.augment.parent import Parent
from corpus.augment.text import Augmented, Stretch
from medpress.generation.request import Request

PASSAGE_CHARACTERS = {"en": 2_400, "zh": 900}
"""Longest passage that is asked about at once, about 600 tokens: small models lose the thread of longer ones."""
LEAST_CHARACTERS = {"en": 200, "zh": 80}
"""A shorter passage is not worth a call."""
FREE_TOKENS, TOKENS_PER_CHARACTER = 128, {"en": 0.5, "zh": 2.0}
"""Longest reply, by the length of the passage: a longer one would say more than the passage does."""

RULES = {
    "en": "You write training texts for medical students. Work from the given text alone. Keep every number, unit, dose and "
    "name of a drug, disease or test exactly as it is written there. Add nothing: no fact, drug, number, example or advice "
    "that the text does not hold, and do not turn what it denies or doubts into a statement. Write in English. Reply with "
    "the result only, without a heading, an introduction or a comment, and do not speak of “the text”.",
    "zh": "你为医学生编写学习材料。只能依据给出的原文。原文中的数字、单位、剂量以及药物、疾病、检查的名称必须原样保留。不得添加原文"
    "没有的事实、药物、数字、例子或建议，也不得把原文否定或不确定的内容说成肯定。用中文书写。只输出结果，不要标题、开场白或说明，"
    "也不要提到“原文”。",
}
"""What every prompt begins with."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """One call to a model, about `text[start:end]` of a record."""

    request: Request
    template: str
    """Name of the prompt, `rephrase/en/notes`."""
    start: int
    end: int
    about: tuple[str, ...] = ()
    """Names that the reply must speak of."""


def prompt(parent: Parent, passage: tuple[int, int], task: str, template: str, about: tuple[str, ...] = ()) -> Prompt:
    """Ask for `task` on a passage of the record."""
    start, end = passage
    asked = f"{task}\n\n<text>\n{parent.text[start:end]}\n</text>"
    messages = (("system", RULES[parent.lang]), ("user", asked))
    most = FREE_TOKENS + int(TOKENS_PER_CHARACTER[parent.lang] * (end - start))
    return Prompt(Request(messages=messages, max_tokens=most, subject=parent.id), template, start, end, about)


def passages(parent: Parent) -> list[tuple[int, int]]:
    """Stretches of whole blocks, none longer than `PASSAGE_CHARACTERS` (a longer block stands alone, cut at its sentences),
    none shorter than `LEAST_CHARACTERS`; empty for a language without prompts."""
    if parent.lang not in RULES:
        return []
    found: list[tuple[int, int]] = []
    for start, end in _pieces(parent):
        if found and end - found[-1][0] <= PASSAGE_CHARACTERS[parent.lang]:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return [(start, end) for start, end in found if end - start >= LEAST_CHARACTERS[parent.lang]]


def _pieces(parent: Parent) -> Iterator[tuple[int, int]]:
    """Blocks, and the sentences of blocks that are too long for a passage; a single longer sentence is left out."""
    most = PASSAGE_CHARACTERS[parent.lang]
    for block in parent.blocks:
        if block.end - block.start <= most:
            yield block.start, block.end
        else:
            yield from (
                s for s in parent.sentences if block.start <= s[0] and s[1] <= block.end and s[1] - s[0] <= most
            )


def augmented(prompt: Prompt, text: str, fault: str | None = None) -> Augmented:
    """A text that rests on the passage of its prompt, in other words."""
    return Augmented(text, (Stretch(0, len(text), prompt.start, prompt.end, verbatim=False),), prompt.template, fault)
