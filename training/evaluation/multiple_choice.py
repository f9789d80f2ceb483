"""Ask a model multiple-choice questions, by the likelihood of the options or by letting it answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from training.evaluation.answers import conclusion, option_of
from training.evaluation.questions import Question
from training.generate import Generator, Sampling
from training.model import TokenLoss
from training.packing import as_piece, assemble
from training.tokenizer import begin_of_document

_ASK = {
    "en": (
        "{context}Question: {question}\n\n{options}\n\nThink it through inside <think></think>, then give the letter of the"
        " right option inside <answer></answer>."
    ),
    "zh": (
        "{context}问题：{question}\n\n{options}\n\n请先在<think></think>中思考，再在<answer></answer>中给出正确选项的字母。"
    ),
}
_PLAIN = {"en": ("{context}Question: {question}\nAnswer:", " "), "zh": ("{context}问题：{question}\n答案：", "")}


def ask(question: Question) -> str:
    """A question with its options, as it is put to a model that answers by itself."""
    options = "\n".join(f"{letter}. {text}" for letter, text in question.options.items())
    return _ASK[question.lang].format(context=_context(question), question=question.question, options=options)


def _context(question: Question) -> str:
    return f"{question.context}\n\n" if question.context else ""


class ByLikelihood:
    """The option whose text is likeliest after the question, in nats a byte of its text (lm-eval's `acc_norm`).

    The options are not shown; the prompt is plain text, not a conversation, so that base and tuned models compare.
    """

    name = "likelihood"

    def __init__(self, generator: Generator) -> None:
        self._generator = generator
        self._head = TokenLoss(generator.model)
        begin = begin_of_document(generator.tokenizer)
        self._begin = [] if begin is None else [begin]

    def answer(self, questions: Sequence[Question], seeds: Sequence[int]) -> list[dict[str, Any]]:
        """For each question the letter chosen and the score of each option; no letter when it is too long to be read."""
        pieces, owners = [], []
        for number, question in enumerate(questions):
            form, joint = _PLAIN[question.lang]
            before = self._ids(form.format(context=_context(question), question=question.question))
            for text in question.options.values():
                option = self._ids(joint + text)
                pieces.append(
                    as_piece(
                        [*self._begin, *before, *option],
                        [False] * (len(self._begin) + len(before)) + [True] * len(option),
                    )
                )
                owners.append((number, len(text.encode())))
        losses = self._losses(pieces)
        results: list[dict[str, Any]] = []
        for number, question in enumerate(questions):
            scores = [-loss / size for loss, (owner, size) in zip(losses, owners, strict=True) if owner == number]
            scored = dict(zip(question.options, scores, strict=True))
            best = max(scored, key=lambda letter: scored[letter]) if np.isfinite(scores).all() else None
            results.append({"chosen": best, "scores": scored})
        return results

    def _ids(self, text: str) -> list[int]:
        return list(self._generator.tokenizer(text, add_special_tokens=False)["input_ids"])

    @torch.inference_mode()
    def _losses(self, pieces: list[Any]) -> list[float]:
        """Summed loss of each piece's labels; infinite for one that is longer than the model can see."""
        losses = [float("inf")] * len(pieces)
        fitting = [i for i, piece in enumerate(pieces) if len(piece) <= self._generator.context]
        if fitting:
            length = max(len(pieces[i]) for i in fitting)
            rows = [assemble([pieces[i]], length, padding=0) for i in fitting]
            found = self._head(
                *(np.stack([getattr(row, name) for row in rows]) for name in ("input_ids", "position_ids", "labels"))
            ).sum(dim=1)
            for i, loss in zip(fitting, found.tolist(), strict=True):
                losses[i] = loss
        return losses


class ByGeneration:
    """The option that the model's own answer names, asked through its chat template with the options shown."""

    name = "generation"

    def __init__(self, generator: Generator, sampling: Sampling) -> None:
        self._generator, self._sampling = generator, sampling

    def answer(self, questions: Sequence[Question], seeds: Sequence[int]) -> list[dict[str, Any]]:
        """For each question the letter chosen (None when the answer names no option) and the answer's text."""
        prompts = [self._generator.chat([{"role": "user", "content": ask(question)}]) for question in questions]
        results: list[dict[str, Any]] = [{"chosen": None, "output": "", "finished": False} for _ in questions]
        fitting = [i for i, prompt in enumerate(prompts) if len(prompt) < self._generator.context]
        if fitting:
            found = self._generator.complete([prompts[i] for i in fitting], [seeds[i] for i in fitting], self._sampling)
            for i, completion in zip(fitting, found, strict=True):
                results[i] = {
                    "chosen": option_of(conclusion(completion.text), questions[i].options),
                    "output": completion.text,
                    "finished": completion.finished,
                }
        return results
