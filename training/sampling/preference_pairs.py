"""Which of a question's answers make pairs: the rules of rejection sampling, without any model."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from training.sampling.config import SamplingConfig
from training.synthesis.answer_format import Parts


@dataclass(kw_only=True)
class Candidate:
    """One sampled answer and what is known of it."""

    sample: int
    text: str = ""
    """The reply as it came; empty when none did."""
    parts: Parts | None = None
    error: str = ""
    """Why it cannot be used; empty when it can."""
    option: str | None = None
    """Letter of the option that it chooses; None for none of them."""
    correct: bool | None = None
    """It chooses the right option; None as long as that is unknown."""
    score: int | None = None
    """The judge's score 0 to 100; None without a judge."""

    @property
    def usable(self) -> bool:
        """It has all that a pair needs."""
        return not self.error and self.parts is not None and self.correct is not None


def without_repeats(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The usable candidates, each text once."""
    first: dict[str, Candidate] = {}
    for candidate in candidates:
        if candidate.usable and candidate.parts:
            first.setdefault(candidate.parts.text, candidate)
    return list(first.values())


def best(candidates: Sequence[Candidate], config: SamplingConfig) -> Candidate | None:
    """The answer to prefer: right, and with the highest score of at least `best_score` where there are scores.

    Equal ones: the first sampled.
    """
    right = [c for c in candidates if c.correct and (c.score is None or c.score >= config.best_score)]
    return max(right, key=lambda c: (c.score or 0, -c.sample), default=None)


def worse(candidates: Sequence[Candidate], chosen: Candidate, config: SamplingConfig) -> list[Candidate]:
    """The answers that may stand against the chosen one, in the order in which they are taken.

    With scores: those below `best_score` among the `lowest`, wrong options first, then low scores. Without: the wrong
    ones. An answer that says the same as the chosen one is none.
    """
    others = [c for c in candidates if c is not chosen]
    if chosen.score is None:
        others = [c for c in others if c.correct is False]
    else:
        others = sorted(others, key=lambda c: (c.score or 0, c.sample))[: config.lowest]
        others = [c for c in others if c.score is not None and c.score < config.best_score]
    others = [c for c in others if not same_words(c, chosen)]
    return sorted(others, key=lambda c: (c.correct is not False, c.score or 0, c.sample))


def same_words(a: Candidate, b: Candidate) -> bool:
    """Whether two answers conclude in the same words, whatever the case, width and punctuation."""
    return bool(a.parts and b.parts) and _plain(a.parts.answer) == _plain(b.parts.answer)  # type: ignore[union-attr]


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", " ", unicodedata.normalize("NFKC", text).casefold()).strip()


def why_none(candidates: Sequence[Candidate], config: SamplingConfig) -> str:
    """The reason why a question's candidates make no pair."""
    if not any(c.text for c in candidates):
        return f"no reply ({candidates[0].error})" if candidates else "no reply"
    usable = without_repeats(candidates)
    if not usable:
        errors = [c.error for c in candidates if c.error]
        return f"no usable answer (mostly: {max(sorted(set(errors)), key=errors.count)})"
    if not any(c.correct for c in usable):
        return "no right answer"
    chosen = best(usable, config)
    if chosen is None:
        return f"no right answer with a score of {config.best_score} or more"
    if chosen.score is None:
        return "no wrong answer"
    return f"no other answer with a score below {config.best_score}"
