"""`train rl`: preference tuning on pairs of a better and a worse answer, by CPO-SimPO or another objective."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from training.batch import Batch, from_rows
from training.config import RlConfig
from training.conversation import UnfitError
from training.examples import Row, source_of
from training.model import TokenLoss, open_model
from training.packing import IGNORED, Piece, assemble
from training.preference import Preference, preference, preference_of
from training.stages import start_of
from training.tuning import Stage, TuningBatches, tune

Pair = tuple[Piece, Piece, int]


class PairBatches(TuningBatches[Pair]):
    """Batches of pairs: two adjacent rows each, the chosen answer first; labels on the answers only."""

    def _units(self, rows: list[Row]) -> list[Pair]:
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
            len(self._units(self._examples.training(g, np.random.default_rng(0)))) for g in self._examples.groups
        )

    def _batch(self, pairs: list[Pair]) -> Batch:
        length = max(len(piece) for pair in pairs for piece in pair[:2])
        rows = [assemble([piece], length, self._padding) for pair in pairs for piece in pair[:2]]
        return replace(from_rows(rows, [[pair[2]] for pair in pairs for _ in range(2)]), unit=2)

    def held_out(self) -> Batch | None:
        """The held-out pairs as one batch."""
        before, left, chosen = self.left_out.copy(), self._held_out_tokens, []
        for pair in self._units(list(self._examples.held_out())):
            if left > 0:
                left -= len(pair[0]) + len(pair[1])
                chosen.append(pair)
        self.left_out = before
        return self._batch(chosen) if chosen else None


class OnPairs:
    """The objective of this stage."""

    def __init__(self, objective: Preference, reference: str) -> None:
        """`reference` names the model that the run starts from, opened where the objective is measured from it."""
        self._objective = objective
        self._reference: TokenLoss | None = None
        if objective.reference:
            model, _ = open_model(reference)
            self._reference = TokenLoss(model).eval()

    def __call__(self, losses: Tensor, part: Batch, whole: Batch) -> tuple[Tensor, Mapping[str, Tensor]]:
        lengths = torch.from_numpy((part.labels != IGNORED).sum(axis=1)).to(losses.device)
        return preference(
            losses,
            lengths,
            self._objective,
            pairs=whole.units,
            chosen_tokens=int((whole.labels[::2] != IGNORED).sum()),
            reference=self._losses(part, losses) if self._reference else None,
        )

    @torch.no_grad()
    def _losses(self, part: Batch, like: Tensor) -> Tensor:
        assert self._reference is not None
        head = self._reference.to(like.device)
        return head(part.input_ids, part.position_ids, part.labels)


def run_rl(config: RlConfig, progress: Callable[..., Any]) -> dict[str, Any]:
    """Tune a model on pairs; returns the result of `train` with rewards, margins and lengths before and after."""
    config = replace(config, model=start_of("rl", config.model))
    objective = preference_of(config.objective, beta=config.beta, gamma=config.gamma, alpha=config.alpha)
    stage = Stage(
        name="rl",
        data=config.pairs,
        columns=("prompt", "chosen", "rejected"),
        what="pairs",
        batches=PairBatches,
        objective=OnPairs(objective, config.model),
        batch_size=(4, 8),
        epochs=(3.0, 1.0),
        learning_rate=(1e-4, 1e-6),
        details=lambda _, pairs: {"pairs": int(pairs)},
    )
    return tune(config, stage, progress)
