"""The dual-expert loop for one question (Citrus, arXiv 2502.18274, section 3.2).

    open question -> complexity -> rounds of (reason -> reflect -> complete?) -> rewrite -> verify

The reasoning expert sees the open question, the accepted steps with their feedback and the feedback of the last dropped
step; it never sees the truth. The reflection expert sees the truth, so what it says is checked for leaks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from training.evaluation.answers import option_of
from training.evaluation.questions import Question
from training.synthesis.answer_format import Parts, misfit, parts_of
from training.synthesis.config import SynthesisConfig
from training.synthesis.dialogue import Dialogue, RejectedError
from training.synthesis.leaks import closed, contains, names_answer, spoiled
from training.synthesis.prompting import lettered, prompt
from training.synthesis.verdicts import BrokenReplyError, boolean, one_of, parse_object, whole, without_reasoning, words

NOTHING = {"en": "(none yet)", "zh": "（暂无）"}
_KINDS = ("knowledge", "reasoning", "other")


@dataclass(frozen=True, kw_only=True)
class Step:
    """A step that the reflection expert accepted."""

    text: str
    feedback: str
    """Its remark; empty when it was withheld because it gave the answer away."""


@dataclass(kw_only=True)
class Synthesis:
    """A question on its way; what was found out so far."""

    question: Question
    config: SynthesisConfig
    dialogue: Dialogue
    open_question: str = ""
    shares: dict[str, float] = field(default_factory=dict)
    """Share of knowledge, reasoning and other sentences in an explanation of the answer."""
    steps: list[Step] = field(default_factory=list)
    rounds: int = 0
    satisfied: int = 0
    withheld: int = 0
    """Remarks that gave the answer away twice."""
    verified: str = ""
    """How the final answer was compared with the truth: `code` or `judge`."""

    async def run(self) -> Parts:
        """Reasoning and answer, verified. Raises `RejectedError`."""
        await self._open()
        await self._complexity()
        await self._reason()
        if not self.steps:
            raise RejectedError("empty chain")
        parts = await self._rewrite()
        await self._verify(parts)
        return parts

    @property
    def truth(self) -> str:
        """The text of the right option."""
        return self.question.options[self.question.answer]

    def _prompt(self, name: str, **values: str) -> str:
        return prompt(name, self.question.lang, **values)

    async def _open(self) -> None:
        def parse(reply: str) -> str:
            text: str = parse_object(reply, {"question": words})["question"]
            if text and (reason := closed(text, self.question)):
                raise BrokenReplyError(reason)
            return text

        asked = self._prompt("open", question=self.question.question, options=lettered(self.question.options))
        text = await self.dialogue.ask("open", asked, parse)
        if not text:
            raise RejectedError("no open question")
        self.open_question = f"{self.question.context}\n\n{text}" if self.question.context else text

    async def _complexity(self) -> None:
        asked = self._prompt("complexity", question=self.open_question, answer=self.truth)
        kinds = await self.dialogue.ask("complexity", asked, _kinds)
        counts = Counter(kinds)
        self.shares = {kind: round(counts[kind] / len(kinds), 4) for kind in _KINDS}
        if self.shares["reasoning"] < self.config.least_reasoning:
            raise RejectedError("too simple")

    async def _reason(self) -> None:
        remark = ""
        while self.rounds < self.config.rounds and self.satisfied < self.config.satisfied:
            self.rounds += 1
            asked = self._prompt(
                "reason",
                question=self.open_question,
                steps=self._listed(self.steps, remarks=True),
                remark=remark or NOTHING[self.question.lang],
            )
            text = await self.dialogue.ask(
                "reason", asked, _step, role="expert", temperature=self.config.temperature, sample=self.rounds
            )
            rating, feedback = await self._reflect(text)
            if rating == 0:
                remark = feedback
                continue
            remark = ""
            self.steps.append(Step(text=text, feedback=feedback))
            asked = self._prompt("complete", question=self.open_question, steps=self._listed(self.steps))
            verdict = await self.dialogue.ask(
                "complete", asked, lambda reply: parse_object(reply, {"complete": boolean})["complete"]
            )
            self.satisfied += verdict

    async def _reflect(self, step: str) -> tuple[int, str]:
        """Rating and feedback of a step; feedback that gives the answer away is asked for once more, then withheld."""

        def parse(reply: str) -> tuple[int, str]:
            value = parse_object(reply, {"rating": whole(0, 1), "feedback": words})
            return value["rating"], value["feedback"]

        asked = self._prompt(
            "reflect",
            question=self.open_question,
            answer=self.truth,
            steps=self._listed(self.steps, remarks=True),
            step=step,
        )
        rating, feedback = await self.dialogue.ask("reflect", asked, parse)
        if names_answer(feedback, self.question) is None:
            return rating, feedback
        again = asked + "\n\n" + self._prompt("leaked", feedback=feedback)
        _, feedback = await self.dialogue.ask("reflect again", again, parse)
        if names_answer(feedback, self.question) is None:
            return rating, feedback
        self.withheld += 1
        return rating, ""

    async def _rewrite(self) -> Parts:
        def parse(reply: str) -> Parts:
            parts = parts_of(reply) or parts_of(without_reasoning(reply))
            if parts is None or not parts.think:
                raise BrokenReplyError(
                    "it must be one <think>…</think> followed by one <answer>…</answer>, both filled"
                )
            return parts

        asked = self._prompt("rewrite", question=self.open_question, steps=self._listed(self.steps))
        parts = await self.dialogue.ask("rewrite", asked, parse, role="expert", temperature=self.config.temperature)
        if reason := misfit(parts, self.question.lang):
            raise RejectedError(reason)
        if reason := spoiled(parts.think, self.question):
            raise RejectedError(f"leaked truth: {reason}")
        return parts

    async def _verify(self, parts: Parts) -> None:
        agrees = same_answer(parts.answer, self.question)
        self.verified = "code" if agrees is not None else "judge"
        if agrees is None:
            asked = self._prompt("verify", question=self.open_question, reference=self.truth, answer=parts.answer)
            agrees = await self.dialogue.ask(
                "verify", asked, lambda reply: parse_object(reply, {"agrees": boolean})["agrees"]
            )
        if not agrees:
            raise RejectedError("wrong answer")

    def _listed(self, steps: Sequence[Step], *, remarks: bool = False) -> str:
        if not steps:
            return NOTHING[self.question.lang]
        label = {"en": "Remark", "zh": "意见"}[self.question.lang]
        lines = []
        for number, step in enumerate(steps, start=1):
            lines.append(f"{number}. {step.text}")
            if remarks and step.feedback:
                lines.append(f"   {label}: {step.feedback}")
        return "\n".join(lines)


def same_answer(answer: str, question: Question) -> bool | None:
    """Whether a free answer is the right option, as far as its words alone can tell; None when they cannot.

    They can when the answer is an option's text or letter and hardly anything else, or when it holds the right option's
    text, no other option's, and no word that could turn it around.
    """
    named = option_of(answer, question.options)
    if named is None:
        return None
    if named != question.answer:
        return False if len(answer) <= 2 * len(question.options[named]) + 40 and not _turned(answer, question) else None
    others = [text for letter, text in question.options.items() if letter != question.answer]
    if _turned(answer, question) or any(contains(answer, text) for text in others):
        return None
    return True


_TURNING_WORDS = frozenset(
    {"not", "no", "never", "rather", "instead", "without", "unlikely", "except", "excluded", "against", "avoid"}
)
_TURNING_CHARACTERS = ("不", "非", "无", "未", "排除", "除外", "避免", "禁", "否", "而是")


def _turned(answer: str, question: Question) -> bool:
    """Whether a word outside the option texts could turn the meaning around."""
    rest = answer.casefold()
    for text in sorted(question.options.values(), key=len, reverse=True):
        rest = rest.replace(text.casefold(), " ")
    said = set(rest.replace(",", " ").replace(".", " ").replace(";", " ").split())
    return bool(_TURNING_WORDS & said) or any(word in rest for word in _TURNING_CHARACTERS)


def _kinds(reply: str) -> list[str]:
    def sentences(value: Any) -> list[str]:
        if not isinstance(value, list) or not 1 <= len(value) <= 20:
            raise ValueError("a list of 1 to 20 entries")
        kinds = []
        for entry in value:
            if not isinstance(entry, dict) or entry.keys() != {"text", "kind"} or not words(entry["text"]):
                raise ValueError("a list of objects with the keys text and kind")
            kinds.append(str(one_of(*_KINDS)(entry["kind"])))
        return kinds

    kinds: list[str] = parse_object(reply, {"sentences": sentences})["sentences"]
    return kinds


def _step(reply: str) -> str:
    text = without_reasoning(reply)
    if not text:
        raise BrokenReplyError("the step is empty")
    return text
