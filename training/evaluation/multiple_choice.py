"""Ask a model multiple-choice questions: by the likelihood of letters or of texts, or by letting it answer.

The forms in which likelihoods are asked are those in which results are published: the options behind their letters as in
MMLU (Hendrycks et al., arXiv 2009.03300), MedQA and CMMLU, and question and answer alone as in PubMedQA and ARC. They are
lm-eval's word for word, so that figures compare.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Literal, Protocol, cast

import numpy as np
import torch
import torch.nn.functional as F

from medpress.generation.client import Client
from medpress.generation.request import GenerationError, Request
from training.evaluation.answers import conclusion, letters_of
from training.evaluation.questions import Question
from training.generate import Generator, Sampling
from training.model import TokenLoss
from training.packing import as_piece, assemble
from training.tokenizer import begin_of_document

_ASK = {
    "en": (
        "{context}Question: {question}\n\n{options}\n\nThink it through inside <think></think>, then give the right {noun}"
        " inside <answer></answer>."
    ),
    "zh": (
        "{context}问题：{question}\n\n{options}\n\n请先在<think></think>中思考，再在<answer></answer>中给出{noun}。"
    ),
}
_NOUNS = {
    ("en", False): "option, by its letter or in its words,",
    ("en", True): "options, of which there are several, by their letters",
    ("zh", False): "正确选项（字母或原文）",
    ("zh", True): "所有正确选项（不止一个）的字母",
}
_LETTERS = {"en": "{context}Question: {question}\n{options}Answer:", "zh": "{context}{question}\n{options}答案："}
_TEXT = {"en": ("{context}Question: {question}\nAnswer:", " "), "zh": ("{context}问题：{question}\n答案：", "")}
_CONTEXT = {"en": "Abstract: {}\n", "zh": "材料：{}\n"}


class Answerer(Protocol):
    """A way of asking."""

    several: bool
    """Questions with several right options can be asked."""

    def answer(self, questions: Sequence[Question], seeds: Sequence[int]) -> list[dict[str, Any]]:
        """For each question at least `chosen`: the letter, the letters, or None when none can be told."""
        ...


def ask(question: Question) -> str:
    """A question with its options, as it is put to a model that answers by itself."""
    options = "\n".join(f"{letter}. {text}" for letter, text in question.options.items())
    context = f"{question.context}\n\n" if question.context else ""
    noun = _NOUNS[question.lang, question.several]
    return _ASK[question.lang].format(context=context, question=question.question, options=options, noun=noun)


def conversation(question: Question, examples: Sequence[Question]) -> list[dict[str, str]]:
    """The turns that ask a question, after examples that are asked and answered."""
    turns = []
    for example in examples:
        turns += [
            {"role": "user", "content": ask(example)},
            {"role": "assistant", "content": f"<answer>{example.answer}</answer>"},
        ]
    return [*turns, {"role": "user", "content": ask(question)}]


def published(question: Question, form: Literal["letters", "text"]) -> tuple[str, dict[str, str]]:
    """A question in a published form, and what may follow it for each letter, with what stands between."""
    context = _CONTEXT[question.lang].format(question.context) if question.context else ""
    if form == "letters":
        options = "".join(f"{letter}. {text}\n" for letter, text in question.options.items())
        asked = _LETTERS[question.lang].format(context=context, question=question.question, options=options)
        return asked, {letter: f" {letter}" for letter in question.options}
    asked, joint = _TEXT[question.lang]
    asked = asked.format(context=context, question=question.question)
    return asked, {letter: joint + text for letter, text in question.options.items()}


class ByLikelihood:
    """The option that is likeliest after the question: by its letter, the options shown, or by its whole text.

    The prompt is plain text, not a conversation, so that base and tuned models compare: a preamble, examples with their
    answers, the question (lm-eval's description and few-shot form). Option and question are tokenised together.
    """

    several = False

    def __init__(
        self,
        generator: Generator,
        form: Literal["letters", "text"],
        examples: Sequence[Question] = (),
        preamble: str = "",
    ) -> None:
        self._generator, self._form = generator, form
        self._head = TokenLoss(generator.model)
        begin = begin_of_document(generator.tokenizer)
        self._begin = [] if begin is None else [begin]
        shown = [(asked + follows[e.answer]) for e in examples for asked, follows in [published(e, form)]]
        self._before = (f"{preamble}\n\n" if preamble else "") + "".join(f"{text}\n\n" for text in shown)

    def answer(self, questions: Sequence[Question], seeds: Sequence[int]) -> list[dict[str, Any]]:
        """For each question `scores`, the log-likelihood of each option in nats, `chosen`, the likeliest by character of
        its text (lm-eval's `acc_norm`), and `chosen_sum`, the likeliest as a whole (`acc`); None for both when it is
        longer than the model can see."""
        asked = [published(question, self._form) for question in questions]
        prompts = [self._ids(self._before + text) for text, _ in asked]
        options = [
            {
                letter: self._ids(self._before + text + follow)[len(prompt) :] or self._ids(follow)[-1:]
                for letter, follow in follows.items()
            }
            for (text, follows), prompt in zip(asked, prompts, strict=True)
        ]
        scores = self._scores(prompts, options)
        results: list[dict[str, Any]] = []
        for question, found in zip(questions, scores, strict=True):
            if not found:
                results.append({"chosen": None, "chosen_sum": None, "scores": {}})
                continue
            sizes = {a: 1 if self._form == "letters" else max(1, len(text)) for a, text in question.options.items()}
            results.append(
                {
                    "chosen": max(found, key=lambda letter: found[letter] / sizes[letter]),
                    "chosen_sum": max(found, key=lambda letter: found[letter]),
                    "scores": found,
                }
            )
        return results

    def _ids(self, text: str) -> list[int]:
        return [*self._begin, *self._generator.tokenizer(text, add_special_tokens=False)["input_ids"]]

    def _scores(self, prompts: list[list[int]], options: list[dict[str, list[int]]]) -> list[dict[str, float]]:
        """Log-likelihoods by letter; none for a question with an option that does not fit."""
        longest = [len(p) + max(map(len, o.values())) for p, o in zip(prompts, options, strict=True)]
        fits = [i for i, length in enumerate(longest) if length <= self._generator.context]
        short = [i for i in fits if all(len(ids) == 1 for ids in options[i].values())]
        found: list[dict[str, float]] = [{} for _ in prompts]
        if short:  # one reading of the question tells all letters
            ends = self._ends([prompts[i] for i in short])
            for i, end in zip(short, ends, strict=True):
                found[i] = {letter: float(end[ids[0]]) for letter, ids in options[i].items()}
        long = [(i, letter) for i in fits if i not in short for letter in options[i]]
        losses = self._losses([(prompts[i], options[i][letter]) for i, letter in long])
        for (i, letter), loss in zip(long, losses, strict=True):
            found[i][letter] = -loss
        return found

    @torch.inference_mode()
    def _ends(self, prompts: list[list[int]]) -> torch.Tensor:
        """Log-probabilities of each token of the vocabulary after each prompt [prompts, V], in fp32."""
        device, model = self._generator.device, cast(Any, self._generator.model)
        ids, positions = (torch.from_numpy(rows).to(device) for rows in _rows([(prompt, []) for prompt in prompts])[:2])
        hidden = model.get_decoder()(input_ids=ids, position_ids=positions, use_cache=False).last_hidden_state
        rows = torch.arange(len(prompts), device=hidden.device)
        last = hidden[rows, torch.tensor([len(prompt) - 1 for prompt in prompts], device=hidden.device)]
        head = model.get_output_embeddings()
        return F.linear(last, head.weight, getattr(head, "bias", None)).float().log_softmax(dim=-1).cpu()

    @torch.inference_mode()
    def _losses(self, pairs: list[tuple[list[int], list[int]]]) -> list[float]:
        """Summed loss of the second part of each pair after the first."""
        return self._head(*_rows(pairs)).sum(dim=1).tolist() if pairs else []


def _rows(pairs: Sequence[tuple[list[int], list[int]]]) -> list[np.ndarray]:
    """Ids, positions and labels [pairs, L] of the pairs, of which the second part is asked for."""
    pieces = [as_piece([*a, *b, 0], [False] * len(a) + [True] * len(b) + [False]) for a, b in pairs]
    length = max(map(len, pieces))
    rows = [assemble([piece], length, padding=0) for piece in pieces]
    return [np.stack([getattr(row, name) for row in rows]) for name in ("input_ids", "position_ids", "labels")]


class ByGeneration:
    """The options that the model's own answer names, asked through its chat template with the options shown."""

    several = True

    def __init__(self, generator: Generator, sampling: Sampling, examples: Sequence[Question] = ()) -> None:
        self._generator, self._sampling, self._examples = generator, sampling, examples

    def answer(self, questions: Sequence[Question], seeds: Sequence[int]) -> list[dict[str, Any]]:
        """For each question the letters chosen (None when the answer names no option) and the answer's text."""
        prompts = [self._generator.chat(conversation(question, self._examples)) for question in questions]
        results: list[dict[str, Any]] = [{"chosen": None, "output": "", "finished": False} for _ in questions]
        fitting = [i for i, prompt in enumerate(prompts) if len(prompt) < self._generator.context]
        if fitting:
            found = self._generator.complete([prompts[i] for i in fitting], [seeds[i] for i in fitting], self._sampling)
            for i, completion in zip(fitting, found, strict=True):
                results[i] = _named(questions[i], completion.text) | {"finished": completion.finished}
        return results


class ByEndpoint:
    """The same of a model behind an OpenAI-compatible endpoint; its journal keeps every reply, so none is paid twice."""

    several = True

    def __init__(
        self,
        client: Callable[[], Client],
        sampling: Sampling,
        examples: Sequence[Question] = (),
        tick: Callable[[], object] = lambda: None,
    ) -> None:
        self._client, self._sampling, self._examples, self._tick = client, sampling, examples, tick

    def answer(self, questions: Sequence[Question], seeds: Sequence[int]) -> list[dict[str, Any]]:
        """As `ByGeneration`; a question that got no reply has the kind of `error`."""
        return asyncio.run(self._all(questions, seeds))

    async def _all(self, questions: Sequence[Question], seeds: Sequence[int]) -> list[dict[str, Any]]:
        client = self._client()
        try:
            return list(await asyncio.gather(*(self._one(client, q, s) for q, s in zip(questions, seeds, strict=True))))
        finally:
            await client.close()

    async def _one(self, client: Client, question: Question, seed: int) -> dict[str, Any]:
        turns = conversation(question, self._examples)
        request = Request(
            messages=tuple((turn["role"], turn["content"]) for turn in turns),
            max_tokens=self._sampling.max_new_tokens,
            temperature=self._sampling.temperature,
            top_p=self._sampling.top_p,
            sample=seed % 2**31 if self._sampling.temperature else 0,
        )
        try:
            reply = await client.ask(request)
        except GenerationError as error:
            return {"chosen": None, "output": "", "finished": False, "error": error.kind}
        finally:
            self._tick()
        return _named(question, reply.text) | {"finished": reply.finish_reason != "length"}


def _named(question: Question, text: str) -> dict[str, Any]:
    return {"chosen": letters_of(conclusion(text), question.options, question.several), "output": text}
