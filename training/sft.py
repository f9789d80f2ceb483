"""`train sft`: instruction tuning, loss on the assistant's words only, conversations packed whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from medpress.store import DATA
from training.batch import Batch, from_rows
from training.config import SftConfig
from training.conversation import UnfitError
from training.cpt import language_modelling
from training.examples import Row, source_of
from training.packing import IGNORED, PackedRow, Piece, assemble, fit
from training.stages import start_of
from training.tuning import Stage, TuningBatches, tune

_GROUPS_LOOKED_AT = 50
"""Groups of rows that are packed in advance to learn how many sequences an epoch has; more are extrapolated."""

Bin = list[tuple[Piece, int]]


class ConversationBatches(TuningBatches[Bin]):
    """Batches of sequences, each packed with whole conversations."""

    def _encoded(self, rows: list[Row]) -> list[tuple[Piece, int]]:
        encoded = []
        for row in rows:
            try:
                piece = self._encoder.encode(row["messages"] or [])
            except UnfitError as error:
                self.left_out[str(error)] += 1
                continue
            if len(piece) > self._length:
                self.left_out["longer than --sequence-length"] += 1
            else:
                encoded.append((piece, self._numbers[source_of(row)]))
        return encoded

    def _units(self, rows: list[Row]) -> list[Bin]:
        encoded = self._encoded(rows)
        return [[encoded[i] for i in chosen] for chosen in fit([len(piece) for piece, _ in encoded], self._length)]

    def count(self) -> float:
        """Packed sequences that an epoch has: exact for up to 50 groups of rows, extrapolated beyond.

        Counts on the way what is left out, of these groups and of the held-out rows.
        """
        looked_at = self._examples.groups[:_GROUPS_LOOKED_AT]
        rows = [self._examples.training(group, np.random.default_rng(0)) for group in looked_at]
        bins = sum(len(self._units(of_group)) for of_group in rows)
        self._encoded(list(self._examples.held_out()))
        return bins * self._examples.count / sum(len(of_group) for of_group in rows)

    def _batch(self, bins: list[Bin]) -> Batch:
        rows: list[PackedRow] = [assemble([p for p, _ in chosen], self._length, self._padding) for chosen in bins]
        return from_rows(rows, [[source for _, source in chosen] for chosen in bins])

    def held_out(self) -> Batch | None:
        """The held-out conversations as one batch."""
        left = dict.fromkeys(range(len(self.sources)), self._held_out_tokens)
        chosen = []
        before = self.left_out.copy()
        for piece, source in self._encoded(list(self._examples.held_out())):
            if left[source] > 0:
                left[source] -= int((piece.labels != IGNORED).sum())
                chosen.append((piece, source))
        self.left_out = before
        bins = fit([len(piece) for piece, _ in chosen], self._length)
        return self._batch([[chosen[i] for i in of_bin] for of_bin in bins]) if bins else None


def conversations_of(place: Path, stage: int) -> Path:
    """The conversations of one stage where a dataset has its stages apart; else the whole folder, or the file."""
    stages = place / DATA
    return stages / f"stage-{stage}" if any(stages.glob("stage-*")) else place


def run_sft(config: SftConfig, progress: Callable[..., Any]) -> dict[str, Any]:
    """Tune a model on conversations; returns the result of `train` with what was left out and why."""
    name = f"sft{config.stage}"
    config = replace(
        config,
        out=config.out or Path("runs") / name,
        data=conversations_of(config.data or Path("data/instructions"), config.stage),
        model=start_of(name, config.model),
    )
    stage = Stage(
        name=name,
        data=config.data or Path(),
        columns=("messages",),
        what="conversations",
        batches=ConversationBatches,
        objective=language_modelling,
        batch_size=(1, 8),
        epochs=(10.0, 3.0),
        learning_rate=(1e-3, 1e-5),
        details=lambda examples, _: {"stage": config.stage, "records": examples.count},
    )
    return tune(config, stage, progress)
