"""Search: the expert answers a question with its options, a rule verifies, and after a wrong verdict it takes another path.

Unlike the dual-expert loop this needs no judge, so that a model of any size can be the expert of questions that a rule can
check (rejection sampling that stops at the first success; the verifier in the loop as in Chen et al., arXiv 2412.18925).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from medpress.generation.request import GenerationError, Request
from training.evaluation.multiple_choice import ask
from training.evaluation.questions import Question
from training.rewards.reward import verify
from training.synthesis.answer_format import Parts, parts_of
from training.synthesis.config import SynthesisConfig
from training.synthesis.dialogue import Clients, RejectedError, Turn


@dataclass(kw_only=True)
class Search:
    """One question on its way."""

    question: Question
    config: SynthesisConfig
    clients: Clients
    turns: list[Turn] = field(default_factory=list)
    """Every path, with the rule that it broke."""
    tokens: list[int] = field(default_factory=list)
    """Tokens of each path."""

    @property
    def asked(self) -> str:
        """What the expert is asked."""
        return ask(self.question)

    async def run(self) -> Parts:
        """The first path that keeps every rule. Raises `RejectedError` with the rule that the last one broke."""
        reason = ""
        for number in range(self.config.paths):
            request = Request(
                messages=(("user", self.asked),),
                max_tokens=self.config.max_tokens,
                temperature=self.config.temperature,
                sample=number,
            )
            try:
                reply = await self.clients["expert"].ask(request)
            except GenerationError as error:
                raise RejectedError(f"endpoint: {error.kind}", again=True) from error
            verdict = verify(reply.text, self.question)
            reason = "cut off at --max-tokens" if reply.finish_reason == "length" else verdict.reason
            self.tokens.append(reply.completion_tokens)
            self.turns.append({"step": "path", "prompt": self.asked, "reply": reply.text, "error": reason})
            if not reason and (parts := parts_of(reply.text)):
                return parts
        raise RejectedError(reason)
