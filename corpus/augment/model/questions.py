"""Sets of questions with their answers, from one passage each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from corpus.augment.model.prompt import Prompt, augmented, passages, prompt
from corpus.augment.model.reply import MALFORMED, RESIDUE, clean, has_residue, was_cut
from corpus.augment.parent import Parent
from corpus.augment.text import Augmented, pick
from medpress.generation.request import Reply

TASKS = {
    "en": {
        "facts": "Write {count} questions that can be answered from the following, each on another fact, with full answers.",
        "reasons": "Write {count} questions about causes, conditions, consequences and differences that the following states, "
        "with full answers.",
        "cases": "Write {count} questions that a physician at the bedside could answer from the following, with full answers.",
    },
    "zh": {
        "facts": "根据下面的内容写出{count}个问题并完整作答，每个问题针对一个不同的事实。",
        "reasons": "针对下面内容所述的原因、条件、后果和区别，写出{count}个问题并完整作答。",
        "cases": "写出{count}个医生在床旁可以依据下面内容回答的问题，并完整作答。",
    },
}
"""Kind of question to task, by language."""
FORMS = {
    "en": "Put each question on a line that begins with “Q:”, and its answer on the next line, which begins with “A:”.",
    "zh": "每个问题单独一行，以“问：”开头；答案写在下一行，以“答：”开头。",
}
LAYOUTS = {
    "en": ("Q: {q}\nA: {a}", "Question: {q}\nAnswer: {a}", "{q}\n{a}"),
    "zh": ("问：{q}\n答：{a}", "问题：{q}\n答案：{a}", "{q}\n{a}"),
}
"""How the pairs of a set are written."""
CHARACTERS_PER_PAIR = {"en": 350, "zh": 130}
MOST_PAIRS = 6

_MARK = r"^[ \t]*(?:[-*•]|\(?\d{1,2}[.)、）])?[ \t]*"
_PAIR = re.compile(
    rf"{_MARK}(?:Q|Question|问|问题)[ \t]*\d{{0,2}}[ \t]*[:：.．、][ \t]*(?P<q>\S.*?)\s*"
    rf"{_MARK}(?:A|Answer|答|答案|回答)[ \t]*\d{{0,2}}[ \t]*[:：.．、][ \t]*(?P<a>\S.*?)\s*"
    rf"(?={_MARK}(?:Q|Question|问|问题)[ \t]*\d{{0,2}}[ \t]*[:：.．、]|\Z)",
    re.MULTILINE | re.DOTALL | re.IGNORECASE,
)


def ask(parent: Parent) -> Iterator[Prompt]:
    """Every passage with one kind of question, then every passage with the next."""
    stretches = passages(parent)
    if not stretches:
        return
    tasks = list(TASKS[parent.lang].items())
    first = pick(len(tasks), parent.id, "questions")
    for turn in range(len(tasks)):
        for place, passage in enumerate(stretches):
            kind, task = tasks[(first + turn + place) % len(tasks)]
            size = (passage[1] - passage[0]) // CHARACTERS_PER_PAIR[parent.lang]
            asked = task.format(count=min(MOST_PAIRS, max(2, size))) + " " + FORMS[parent.lang]
            yield prompt(parent, passage, asked, f"questions/{parent.lang}/{kind}")


def read(parent: Parent, prompt: Prompt, reply: Reply, sound: Callable[[Augmented], bool]) -> Iterator[Augmented]:
    """The pairs that keep to the passage as one text, and each of the others as a text of its own, with its fault."""
    text = clean(reply)
    pairs = [(match["q"].strip(), match["a"].strip()) for match in _PAIR.finditer(text)]
    if was_cut(reply):
        pairs = pairs[:-1]  # nobody knows whether the last answer is whole
    if not pairs:
        yield augmented(prompt, text, MALFORMED)
        return
    layouts = LAYOUTS[parent.lang]
    layout = layouts[pick(len(layouts), parent.id, prompt.start, prompt.template)]
    written = list(dict.fromkeys(layout.format_map({"q": q, "a": a}) for q, a in pairs))
    made = [augmented(prompt, pair, RESIDUE if has_residue(pair, parent.text) else None) for pair in written]
    good = [one.text for one in made if sound(one)]
    if good:
        yield augmented(prompt, "\n\n".join(good))
    yield from (one for one in made if one.text not in good)
