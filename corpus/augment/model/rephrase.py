"""The same in other words, in several registers (in the spirit of Maini et al. 2024, arXiv 2401.16380)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from corpus.augment.model.prompt import Prompt, augmented, passages, prompt
from corpus.augment.model.reply import clean, prose_fault
from corpus.augment.parent import Parent
from corpus.augment.text import Augmented, pick
from medpress.generation.request import Reply

LEAST_SHARE = 0.25
"""A text shorter than this share of its passage has lost most of it."""
POOR = "says too little of its source"

TASKS = {
    "en": {
        "encyclopaedia": "Rewrite the following as an article of an encyclopaedia would put it: neutral, exact, in full "
        "sentences of your own.",
        "plain": "Rewrite the following in plain words for a reader without medical training. Explain a technical term only "
        "by what is said of it here.",
        "notes": "Turn the following into notes for revision: one statement a line, each of which can be understood without "
        "the others.",
        "dialogue": "Rewrite the following as a conversation in which a student asks and a teacher answers. Begin each line "
        "with “Student:” or “Teacher:”.",
        "lecture": "Rewrite the following as a lecturer would say it to a class, in the order in which it is easiest to follow.",
    },
    "zh": {
        "encyclopaedia": "用百科条目的文体重新表述下面的内容：客观、准确，用自己的完整句子。",
        "plain": "用没有医学背景的读者也能看懂的通俗语言重新表述下面的内容。术语只能用这里已有的说法来解释。",
        "notes": "把下面的内容整理成复习笔记：一行一条，每一条单独也能看懂。",
        "dialogue": "把下面的内容写成学生提问、老师回答的对话。每行以“学生：”或“老师：”开头。",
        "lecture": "按照最容易听懂的顺序，用老师讲课的口吻重新表述下面的内容。",
    },
}
"""Register to task, by language."""


def ask(parent: Parent) -> Iterator[Prompt]:
    """Every passage in one register, then every passage in the next; the first register varies from record to record."""
    stretches = passages(parent)
    if not stretches:
        return
    tasks = list(TASKS[parent.lang].items())
    first = pick(len(tasks), parent.id, "rephrase")
    for turn in range(len(tasks)):
        for place, passage in enumerate(stretches):
            register, task = tasks[(first + turn + place) % len(tasks)]
            yield prompt(parent, passage, task, f"rephrase/{parent.lang}/{register}")


def read(parent: Parent, prompt: Prompt, reply: Reply, sound: Callable[[Augmented], bool]) -> Iterator[Augmented]:
    """One text."""
    text = clean(reply)
    fault = prose_fault(reply, text, parent.text)
    if not fault and len(text) < LEAST_SHARE * (prompt.end - prompt.start):
        fault = POOR
    yield augmented(prompt, text, fault)
