"""`train rl --online`: answers sampled from the model as it is, rewarded by rule, trained on by GRPO."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from threading import Event
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import torch
from torch import Tensor

from medpress.schema import SEEN
from medpress.store import identity, write_json
from training.batch import Batch, from_rows
from training.card import corpus_of, write_card
from training.config import InputError, RlConfig
from training.distributed import join_world
from training.evaluation.multiple_choice import ask
from training.evaluation.questions import Question, questions_hash, read_questions
from training.generate import Completion, Generator, Sampling
from training.losses import group_advantages, grpo
from training.mixing import Feedback
from training.model import TokenLoss, open_model
from training.packing import IGNORED, as_piece, assemble
from training.rewards.reward import verify
from training.stages import is_small, start_of, steps_for
from training.trainer import begin, telling, train

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerFast

_BATCH_SIZE, _LEARNING_RATE, _EPOCHS = (4, 8), (5e-5, 1e-6), (3.0, 1.0)
"""Questions a step, peak learning rate and passes over the questions; of two the first is a small model's."""


class OnlineBatches:
    """Batches of answers: a unit is a question with its answers, one row each, labels on the answers alone.

    Questions come in a seeded order, epoch after epoch; what is drawn depends on the seed, the step and the model's weights.
    """

    sources: list[str]

    def __init__(self, questions: Sequence[Question], generator: Generator, config: RlConfig, steps: int) -> None:
        self._questions, self._generator, self._config = questions, generator, config
        self.sources = ["online"]
        self.data_hash = questions_hash(questions)
        self._head = TokenLoss(generator.model)
        self._reference = TokenLoss(copy.deepcopy(generator.model)).eval() if config.kl else None
        self._sampling = Sampling(max_new_tokens=config.max_new_tokens, temperature=1.0)
        self._pad = int(generator.tokenizer.pad_token_id)  # type: ignore[arg-type]
        self._steps, self._step = steps, 0
        self._stepped = Event()
        self._stepped.set()
        self._batch: Batch | None = None
        self.rewards: list[float] = []
        """Mean reward of each set of answers."""

    def draw(self) -> dict[str, Any]:
        """Nothing mixes here."""
        return {}

    def make(self, drawn: Mapping[str, Any]) -> Batch:
        """Answers to the next questions, or the same ones again for as many steps as `updates` says.

        Waits until the step before has changed the weights, since it is they that answer.
        """
        self._stepped.wait()
        self._stepped.clear()
        fresh = self._step < self._steps and self._step % self._config.updates == 0
        if self._batch is None or fresh:
            self._batch = self._sample(self._step // self._config.updates)
        self._step += 1
        return self._batch

    def _sample(self, number: int) -> Batch:
        size, count = self._config.batch_size, self._config.answers
        places = [divmod(number * size + i, len(self._questions)) for i in range(size)]
        orders = {epoch: _order(self._config.seed, epoch, len(self._questions)) for epoch, _ in places}
        asked = [self._questions[orders[epoch][place]] for epoch, place in places]
        model = self._generator.model
        model.eval()
        trained = model.config._attn_implementation
        model.set_attn_implementation("sdpa")  # answers grow token by token, training reads whole pieces
        prompts = [self._generator.chat([{"role": "user", "content": ask(question)}]) for question in asked]
        found = self._generator.complete(
            [prompt for prompt in prompts for _ in range(count)],
            [int(identity(self._config.seed, number, q.id, i)[:12], 16) for q in asked for i in range(count)],
            self._sampling,
        )
        rows, rewards = [], []
        for place, (question, prompt) in enumerate(zip(asked, prompts, strict=True)):
            answers = found[place * count : (place + 1) * count]
            rewards.append([_reward(answer, question) for answer in answers])
            # where all earn the same there is nothing to learn, and no pass over them to pay
            told = self._config.kl > 0 or len(set(rewards[-1])) > 1
            for answer in answers:
                rows.append(as_piece([*prompt, *answer.ids], [False] * len(prompt) + [told] * len(answer.ids)))
        sizes = [answer.tokens for answer in found]
        model.set_attn_implementation(trained)
        length = max(map(len, rows))
        batch = from_rows([assemble([row], length, self._pad) for row in rows], [[0]] * len(rows))
        advantages = group_advantages(torch.tensor(rewards, dtype=torch.float64)).flatten().numpy()
        previous = self._losses(self._head, batch) if self._config.updates > 1 else None
        reference = self._losses(self._reference, batch) if self._reference else None
        model.train()
        self.rewards.append(float(np.mean(rewards)))
        log = {
            "reward": self.rewards[-1],
            "groups_that_differ": float(np.mean([len(set(group)) > 1 for group in rewards])),
            "answer_tokens": float(np.mean(sizes)),
        }
        return replace(batch, unit=count, log=log, advantages=advantages, previous=previous, reference=reference)

    @torch.no_grad()
    def _losses(self, head: TokenLoss, batch: Batch) -> np.ndarray:
        parts = [
            batch.part(start, start + self._config.answers) for start in range(0, batch.units, self._config.answers)
        ]
        found = [head(part.input_ids, part.position_ids, part.labels) for part in parts]
        return torch.cat(found).float().cpu().numpy()

    def observe(self, feedback: Feedback) -> None:
        """The weights have changed: the next answers may be sampled."""
        self._stepped.set()

    def held_out(self) -> None:
        """Nothing is held out: `train eval` measures on a test of its own."""

    def texts(self, steps: np.ndarray, taken: np.ndarray) -> pa.Table:
        """None: the texts are the model's own."""
        return SEEN.empty_table()

    def place(self) -> dict[str, Any]:
        """Where the stream stands."""
        return {"step": self._step, "rewards": list(self.rewards)}

    def learned(self) -> dict[str, Any]:
        """Nothing mixes here."""
        return {}

    def restore(self, place: Mapping[str, Any], learned: Mapping[str, Any]) -> None:
        """Take a place back. Answers that were to be used again are sampled anew, from the weights as they are."""
        self._step, self.rewards = place["step"], list(place["rewards"])


def _order(seed: int, epoch: int, count: int) -> np.ndarray:
    return np.random.default_rng([seed, 0x0415, epoch]).permutation(count)


def _reward(answer: Completion, question: Question) -> float:
    return verify(answer.text, question).reward if answer.finished else 0.0


class Grpo:
    """The objective of this stage."""

    def __init__(self, *, epsilon: float, kl: float) -> None:
        self._epsilon, self._kl = epsilon, kl

    def __call__(self, losses: Tensor, part: Batch, whole: Batch) -> tuple[Tensor, Mapping[str, Tensor]]:
        def tensor(values: np.ndarray | None) -> Tensor | None:
            return None if values is None else torch.from_numpy(values).to(losses.device)

        advantages, predicted = tensor(part.advantages), tensor(part.labels != IGNORED)
        if advantages is None or predicted is None:
            raise ValueError("a batch of answers needs their advantages.")
        return grpo(
            losses,
            predicted,
            advantages,
            rows=len(whole.input_ids),
            epsilon=self._epsilon,
            kl=self._kl,
            previous=tensor(part.previous),
            reference=tensor(part.reference),
        )


def run_online(config: RlConfig, progress: Callable[..., Any]) -> dict[str, Any]:
    """Tune a model on its own answers; returns the result of `train` with the mean reward at the start and the end.

    Raises `InputError`, also on more than one process: answers are sampled by one.
    """
    if config.online is None:
        raise InputError("--online needs a file of questions.")
    place = config.online
    questions, left_out = read_questions(place)
    config = replace(config, model=start_of("rl", config.model))
    single = [question for question in questions if not question.several]
    if not single or config.answers < 2:
        raise InputError("online training needs questions with one right option, and --answers of at least 2.")
    with join_world() as world:
        if world.size > 1:
            raise InputError("--online samples on one process: start it without torchrun.")
        if finished := begin(config, questions_hash(single), world):
            return finished
        model, tokenizer = open_model(config.model)
        size = 0 if is_small(model) else 1
        config = replace(config, batch_size=config.batch_size or _BATCH_SIZE[size])
        steps = config.updates * steps_for(len(single), config.batch_size, config.epochs or _EPOCHS[size], config.steps)
        batches = OnlineBatches(single, _generator(model, tokenizer), config, steps)
        with progress("train rl", steps, "steps") as tick, telling(config, "train rl --online", place, world):
            result = train(
                config,
                model=model,
                tokenizer=tokenizer,
                batches=batches,
                objective=Grpo(epsilon=config.epsilon, kl=config.kl),
                steps=steps,
                learning_rate=config.learning_rate or _LEARNING_RATE[size],
                world=world,
                tick=tick,
                details={
                    "questions": len(single),
                    "left_out": dict(left_out),
                    "corpus": corpus_of(place),
                },
            )
        tenth = max(1, len(batches.rewards) // 10)
        result |= {
            "answers": len(batches.rewards) * config.batch_size * config.answers,
            "first_reward": float(np.mean(batches.rewards[:tenth])),
            "last_reward": float(np.mean(batches.rewards[-tenth:])),
        }
        write_json(config.out / "result.json", result)
        write_card(config.out)
        return result


def _generator(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast) -> Generator:
    return Generator(model, tokenizer, torch.float32)  # the same weights are trained
