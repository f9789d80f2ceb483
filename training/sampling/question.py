"""One question: sampled, mapped to options, scored, compared, paired."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import Any

from medpress.generation.request import GenerationError, Request
from medpress.store import identity
from training.evaluation.answers import option_of
from training.evaluation.multiple_choice import ask
from training.evaluation.questions import Question
from training.rewards.agreement import concluded_option
from training.sampling.config import SamplingConfig
from training.sampling.preference_pairs import Candidate, best, why_none, without_repeats, worse
from training.synthesis.answer_format import misfit, parts_of
from training.synthesis.dialogue import Clients, Dialogue, RejectedError
from training.synthesis.prompting import lettered, prompt
from training.synthesis.verdicts import BrokenReplyError, one_of, parse_object, whole

PROMPTS = Path(__file__).parent / "prompts"
"""The prompts of the judge."""
_VERDICT = {"en": {True: "right", False: "wrong"}, "zh": {True: "正确", False: "错误"}}


def posed(question: Question, config: SamplingConfig) -> str:
    """What the model is asked."""
    if config.show_options:
        return ask(question)
    return f"{question.context}\n\n{question.question}" if question.context else question.question


class Sampler:
    """Samples and pairs the answers to one question."""

    def __init__(self, question: Question, config: SamplingConfig, clients: Clients) -> None:
        self.question, self.config, self.clients = question, config, clients
        self.dialogue = Dialogue(clients, question.lang, config.max_tokens)
        self.endpoint_failed = False
        """A call got no reply, so that another run may find more."""

    async def run(self) -> dict[str, Any]:
        """The outcome: `pairs`, the `reason` when there are none, `again`, and all `candidates`."""
        candidates = list(await asyncio.gather(*(self._sample(i) for i in range(self.config.samples))))
        usable = without_repeats(candidates)
        if self.config.judge and any(c.correct for c in usable):
            await asyncio.gather(*(self._score(candidate) for candidate in usable))
            usable = [c for c in usable if c.usable]
        pairs, reason = await self._pair(usable)
        return {
            "pairs": pairs,
            "reason": "" if pairs else reason or why_none(candidates, self.config),
            "again": self.endpoint_failed,
            "candidates": [{k: v for k, v in asdict(c).items() if k != "parts"} for c in candidates],
        }

    async def _sample(self, number: int) -> Candidate:
        candidate = Candidate(sample=number)
        request = Request(
            messages=(("user", posed(self.question, self.config)),),
            max_tokens=self.config.max_tokens,
            temperature=self.config.temperature,
            top_p=self.config.top_p,
            sample=number,
        )
        try:
            reply = await self.clients["expert"].ask(request)
        except GenerationError as error:
            candidate.error = f"endpoint: {error.kind}"
            self.endpoint_failed = True
            return candidate
        candidate.text = reply.text
        if reply.finish_reason == "length":
            candidate.error = "cut off at --max-tokens"
            return candidate
        candidate.parts = parts_of(reply.text)
        if candidate.parts is None:
            candidate.error = "not in the form of think and answer"
            return candidate
        candidate.error = misfit(candidate.parts, self.question.lang, self.config.least_think) or ""
        if not candidate.error:
            await self._map(candidate, candidate.parts.answer)
        concluded = concluded_option(candidate.parts.think, self.question.options, self.question.lang)
        if not candidate.error and concluded not in (None, candidate.option):
            candidate.error = "reasoning and answer disagree"
        return candidate

    async def _map(self, candidate: Candidate, answer: str) -> None:
        """Find the option that an answer chooses: by its words, else by the judge."""
        candidate.option = option_of(answer, self.question.options)
        if candidate.option is None:
            if self.config.judge is None:
                candidate.error = "names no option"
                return
            asked = self._judging(
                "option", question=self._stem(), options=lettered(self.question.options), answer=answer
            )
            letters = one_of(*self.question.options, None)
            try:
                candidate.option = await self.dialogue.ask(
                    "option", asked, lambda reply: parse_object(reply, {"option": letters})["option"]
                )
            except RejectedError as error:
                self._spoil(candidate, error)
                return
        candidate.correct = candidate.option == self.question.answer

    async def _score(self, candidate: Candidate) -> None:
        asked = self._judging(
            "score",
            question=self._stem(),
            reference=self._truth(),
            verdict=_VERDICT[self.question.lang][bool(candidate.correct)],
            candidate=candidate.parts.text if candidate.parts else "",
        )
        try:
            candidate.score = await self.dialogue.ask(
                "score", asked, lambda reply: parse_object(reply, {"score": whole(0, 100)})["score"]
            )
        except RejectedError as error:
            self._spoil(candidate, error)

    async def _pair(self, usable: list[Candidate]) -> tuple[list[dict[str, Any]], str]:
        chosen = best(usable, self.config)
        if chosen is None:
            return [], ""
        pairs: list[dict[str, Any]] = []
        reason = ""
        for other in worse(usable, chosen, self.config):
            compared: dict[str, str] = {}
            if self.config.judge:
                verdict = await self._compare(chosen, other)
                if verdict is None:
                    reason = "the comparison disagrees with the scores"
                    continue
                compared = {"compared_chosen": str(verdict[0]), "compared_rejected": str(verdict[1])}
            pairs.append(self._row(chosen, other, compared))
            if len(pairs) == self.config.pairs:
                break
        return pairs, reason

    async def _compare(self, chosen: Candidate, other: Candidate) -> tuple[int, int] | None:
        """The judge's scores of both when it prefers the chosen one; None when it does not, or does not say.

        Which of them stands first is drawn by the hash of the two, so that no place is favoured.
        """
        assert chosen.parts and other.parts
        swapped = int(identity(self.question.id, chosen.text, other.text)[0], 16) % 2 == 1
        first, second = (other, chosen) if swapped else (chosen, other)
        asked = self._judging(
            "compare",
            question=self._stem(),
            reference=self._truth(),
            first=first.parts.text if first.parts else "",
            second=second.parts.text if second.parts else "",
        )
        try:
            a, b, better = await self.dialogue.ask("compare", asked, _comparison)
        except RejectedError as error:
            self._spoil(other, error)
            return None
        if better != ("B" if swapped else "A"):
            return None
        return (b, a) if swapped else (a, b)

    def _row(self, chosen: Candidate, other: Candidate, compared: dict[str, str]) -> dict[str, Any]:
        assert chosen.parts and other.parts
        prompt_messages = [{"role": "user", "content": posed(self.question, self.config)}]
        sides = [[{"role": "assistant", "content": c.parts.text if c.parts else ""}] for c in (chosen, other)]
        judge = {"judge": self.clients["judge"].endpoint.model} if self.config.judge else {}
        return {
            "id": identity(prompt_messages, *sides),
            "prompt": prompt_messages,
            "chosen": sides[0],
            "rejected": sides[1],
            "chosen_score": chosen.score,
            "rejected_score": other.score,
            "chosen_correct": chosen.correct,
            "rejected_correct": other.correct,
            "lang": self.question.lang,
            "provenance": {
                "method": "rejection sampling",
                "question": self.question.id,
                "model": self.clients["expert"].endpoint.model,
                "samples": f"{chosen.sample},{other.sample}",
                **judge,
                **compared,
            },
        }

    def _spoil(self, candidate: Candidate, error: RejectedError) -> None:
        candidate.error = str(error)
        self.endpoint_failed |= error.again

    def _judging(self, name: str, **values: str) -> str:
        return prompt(name, self.question.lang, PROMPTS, **values)

    def _stem(self) -> str:
        q = self.question
        return f"{q.context}\n\n{q.question}" if q.context else q.question

    def _truth(self) -> str:
        return f"{self.question.answer}. {self.question.options[self.question.answer]}"


def _comparison(reply: str) -> tuple[int, int, str]:
    fields = {"score_a": whole(0, 100), "score_b": whole(0, 100), "better": one_of("A", "B", "tie")}
    value = parse_object(reply, fields)
    a, b, better = value["score_a"], value["score_b"], value["better"]
    if better != ("A" if a > b else "B" if b > a else "tie"):
        raise BrokenReplyError("the value of better contradicts the scores")
    return a, b, better
