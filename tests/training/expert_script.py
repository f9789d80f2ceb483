"""Experts who answer by the book: what the scripted server says to each prompt of synthesis and sampling."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from training.sampling.question import PROMPTS as JUDGING
from training.synthesis.prompting import PROMPTS

Reply = Any
"""Whatever `scripted_server` can answer with, or a function of (prompt, number of the call for this step)."""

_FIRST_LINES = {
    path.read_text(encoding="utf-8").splitlines()[0]: path.name.split(".")[0]
    for folder in (PROMPTS, JUDGING)
    for path in folder.glob("*.md")
}

CYSTITIS = {
    "id": "cystitis",
    "question": "A 23-year-old woman in week 22 of pregnancy has burned on passing urine since yesterday. She has no fever."
    " Which of the following is the best treatment?",
    "options": {"A": "Ampicillin", "B": "Ceftriaxone", "C": "Doxycycline", "D": "Nitrofurantoin", "E": "Ciprofloxacin"},
    "answer": "D",
    "lang": "en",
}
OPEN = "A 23-year-old woman in week 22 of pregnancy has burned on passing urine since yesterday. She has no fever. What is the best treatment?"
STEPS = [
    "Burning without fever in pregnancy speaks for an infection of the bladder, not of the kidney.",
    "Quinolones harm cartilage and tetracyclines stain teeth, so both are out in pregnancy.",
    "Of the drugs that reach the urine, one is concentrated there and safe in the second trimester.",
    "A short oral course is enough, with a culture afterwards.",
]
FEEDBACK = [
    "Ask which groups of drugs are unsafe for the child.",
    "Ask which drug reaches the urine in high concentration.",
    "Consider how long she should be treated.",
    "Now conclude.",
]
REWRITTEN = (
    "<think>She burns on passing urine and has no fever, so the bladder is infected and the kidney is not. I must think of"
    " the child: quinolones and tetracyclines are out. What is left has to reach the urine, and in the second trimester"
    " nitrofurantoin does so safely.</think><answer>Nitrofurantoin</answer>"
)
MYOCARDIAL = {
    "id": "胸痛",
    "question": "患者男，65岁，突发胸骨后压榨样疼痛3小时，心电图示II、III、aVF导联ST段抬高。下列哪项诊断最可能？",
    "options": {"A": "主动脉夹层", "B": "急性下壁心肌梗死", "C": "肺栓塞", "D": "急性心包炎"},
    "answer": "B",
    "lang": "zh",
}
OPEN_ZH = "患者男，65岁，突发胸骨后压榨样疼痛3小时，心电图示II、III、aVF导联ST段抬高。最可能的诊断是什么？"
REWRITTEN_ZH = (
    "<think>患者突发胸骨后压榨样疼痛，持续三小时，首先要考虑心脏缺血。心电图上下壁导联的ST段抬高，提示右冠状动脉供血区受累。"
    "主动脉夹层多为撕裂样疼痛，心包炎的抬高多为广泛性，都不符合。因此下壁的心肌已经坏死。</think>"
    "<answer>急性下壁心肌梗死</answer>"
)


def step_of(messages: list[dict[str, str]]) -> str:
    """Which prompt a conversation opens with: open, reason, reflect, …, or `sample` for a question itself."""
    return _FIRST_LINES.get(messages[0]["content"].splitlines()[0], "sample")


def as_json(**values: Any) -> str:
    return json.dumps(values, ensure_ascii=False)


def opened(text: str) -> str:
    """The question in a prompt without its options."""
    if "ST段" in text:
        return OPEN_ZH
    asked = next(line for line in text.splitlines() if line.startswith("A 23-year-old"))
    return asked.replace("Which of the following", "What")


class Script:
    """Good replies to everything, those of some steps replaced. Call it as a script of `scripted_server`."""

    def __init__(self, **replies: Reply) -> None:
        self.replies: dict[str, Reply] = {
            "open": lambda text, n: as_json(question=opened(text)),
            "complexity": as_json(
                sentences=[{"text": "It is a fact.", "kind": "knowledge"}, {"text": "Hence.", "kind": "reasoning"}]
            ),
            "reason": lambda text, n: STEPS[(n - 1) % 4],
            "reflect": lambda text, n: as_json(rating=1, feedback=FEEDBACK[(n - 1) % 4]),
            "complete": as_json(complete=True),
            "rewrite": lambda text, n: REWRITTEN_ZH if "ST段" in text else REWRITTEN,
            "verify": as_json(agrees=True),
            **replies,
        }
        self.calls: Counter[str] = Counter()

    def __call__(self, messages: list[dict[str, str]], number: int) -> Reply:
        step = step_of(messages)
        self.calls[step] += 1
        reply = self.replies[step]
        if isinstance(reply, list):
            reply = reply[min(self.calls[step], len(reply)) - 1]
        return reply(messages[0]["content"], self.calls[step]) if isinstance(reply, Callable) else reply  # type: ignore[arg-type]


def bodies_of(received: list[dict[str, Any]], step: str) -> list[str]:
    """All that was said in each request of a step."""
    return ["\n".join(m["content"] for m in b["messages"]) for b in received if step_of(b["messages"]) == step]


def write_questions(path: Path, *questions: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(q, ensure_ascii=False) + "\n" for q in questions), encoding="utf-8")
    return path


def many(count: int, question: dict[str, Any] = CYSTITIS) -> list[dict[str, Any]]:
    """The question many times, each time about somebody else."""
    return [
        question | {"id": f"q{n}", "question": question["question"].replace("yesterday", f"day {n}")}
        for n in range(count)
    ]


async def no_pause(seconds: float) -> None:
    """Instead of waiting between two tries."""
    await asyncio.sleep(0)
