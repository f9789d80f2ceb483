"""`train rl`: preference tuning by CPO-SimPO on pairs of a better and a worse answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from corpus.packing import IGNORED, Piece, assemble
from training.batch import Batch, check_divisible, from_rows
from training.config import InputError, RlConfig
from training.conversation import ChatEncoder, UnfitError
from training.cpt import silent
from training.distributed import join_world
from training.examples import Cycle, Examples, Row, source_of
from training.losses import cpo_simpo
from training.mixing import Feedback
from training.model import open_model
from training.sft import reasons
from training.stages import is_small, start_of, steps_for
from training.trainer import begin, train

Pair = tuple[Piece, Piece, int]


class PairBatches:
    """Batches of pairs: two adjacent rows each, the chosen answer first; labels on the answers only."""

    def __init__(
        self,
        examples: Examples,
        encoder: ChatEncoder,
        *,
        batch_size: int,
        sequence_length: int,
        padding: int,
        seed: int,
        held_out_tokens: int,
    ) -> None:
        self.sources = examples.sources
        self.data_hash = examples.hash
        self._examples, self._encoder = examples, encoder
        self._batch_size, self._length, self._padding = batch_size, sequence_length, padding
        self._numbers = {name: number for number, name in enumerate(self.sources)}
        self._held_out_tokens = held_out_tokens
        self._cycle: Cycle[Pair] = Cycle(examples, self._pairs, seed)
        self.left_out: Counter[str] = Counter()
        """Reasons for which pairs were left out, as often as they were met."""

    def _pairs(self, rows: list[Row]) -> list[Pair]:
        pairs = []
        for row in rows:
            prompt = row["prompt"] or []
            try:
                chosen = self._encoder.encode([*prompt, *(row["chosen"] or [])], first=len(prompt))
                rejected = self._encoder.encode([*prompt, *(row["rejected"] or [])], first=len(prompt))
            except UnfitError as error:
                self.left_out[str(error)] += 1
                continue
            if max(len(chosen), len(rejected)) > self._length:
                self.left_out["longer than --sequence-length"] += 1
            else:
                pairs.append((chosen, rejected, self._numbers[source_of(row)]))
        return pairs

    def count(self) -> int:
        """Training pairs that can be used."""
        return sum(
            len(self._pairs(self._examples.training(g, np.random.default_rng(0)))) for g in self._examples.groups
        )

    def next(self) -> Batch:
        """The next global batch."""
        return self._batch(self._cycle.take(self._batch_size))

    def _batch(self, pairs: list[Pair]) -> Batch:
        length = max(len(piece) for pair in pairs for piece in pair[:2])
        rows = [assemble([piece], length, self._padding) for pair in pairs for piece in pair[:2]]
        return replace(from_rows(rows, [[pair[2]] for pair in pairs for _ in range(2)]), unit=2)

    def observe(self, feedback: Feedback) -> None:
        """Nothing mixes here."""

    def report(self) -> dict[str, Any]:
        """For the log."""
        return {"epoch": self._cycle.epoch}

    def held_out(self) -> Batch | None:
        """The held-out pairs as one batch."""
        before, left, chosen = self.left_out.copy(), self._held_out_tokens, []
        for pair in self._pairs(list(self._examples.held_out())):
            if left > 0:
                left -= len(pair[0]) + len(pair[1])
                chosen.append(pair)
        self.left_out = before
        return self._batch(chosen) if chosen else None

    def state(self) -> dict[str, Any]:
        """Where the stream stands."""
        return {"data": self.data_hash, "cycle": self._cycle.state()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take a state back."""
        self._cycle.restore(state["cycle"])


class CpoSimpo:
    """The objective of this stage."""

    def __init__(self, *, beta: float, gamma: float, alpha: float) -> None:
        self._beta, self._gamma, self._alpha = beta, gamma, alpha

    def __call__(self, losses: Tensor, part: Batch, whole: Batch) -> tuple[Tensor, Mapping[str, Tensor]]:
        lengths = torch.from_numpy((part.labels != IGNORED).sum(axis=1)).to(losses.device)
        return cpo_simpo(
            losses,
            lengths,
            beta=self._beta,
            gamma=self._gamma,
            alpha=self._alpha,
            pairs=whole.units,
            chosen_tokens=int((whole.labels[::2] != IGNORED).sum()),
        )


def run_rl(config: RlConfig, progress: Callable[..., Any]) -> dict[str, Any]:
    """Tune a model on pairs; returns the result of `train` with rewards, margins and lengths before and after."""
    config = replace(config, model=start_of("rl", config.model))
    with join_world() as world:
        examples = Examples(config.pairs, ["prompt", "chosen", "rejected"], config.held_out, "pairs")
        if finished := begin(config, examples.hash, world):
            return finished
        model, tokenizer = open_model(config.model)
        small = is_small(model)
        config = replace(config, batch_size=config.batch_size or (4 if small else 8))
        check_divisible(config.batch_size, world.size)
        batches = PairBatches(
            examples,
            ChatEncoder(tokenizer),
            batch_size=config.batch_size,
            sequence_length=config.sequence_length,
            padding=int(tokenizer.pad_token_id),  # type: ignore[arg-type]
            seed=config.seed,
            held_out_tokens=config.held_out_tokens,
        )
        pairs = batches.count()
        if not pairs:
            raise InputError(f"nothing in {config.pairs} can be trained on: {reasons(batches.left_out)}.")
        left_out = dict(batches.left_out)
        steps = steps_for(pairs, config.batch_size, config.epochs or (3.0 if small else 1.0), config.steps)
        with progress("train rl", steps, "steps") if world.first else silent() as tick:
            return train(
                config,
                model=model,
                tokenizer=tokenizer,
                batches=batches,
                objective=CpoSimpo(beta=config.beta, gamma=config.gamma, alpha=config.alpha),
                steps=steps,
                learning_rate=config.learning_rate or (1e-4 if small else 1e-6),
                world=world,
                tick=tick,
                details={
                    "pairs": pairs,
                    "left_out": left_out,
                    "epochs": steps * config.batch_size / pairs,
                },
            )
