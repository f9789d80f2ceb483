"""`train sft`: instruction tuning, loss on the assistant's words only, conversations packed whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from corpus.packing import IGNORED, PackedRow, Piece, assemble, fit
from training.batch import Batch, check_divisible, from_rows
from training.config import InputError, SftConfig
from training.conversation import ChatEncoder, UnfitError
from training.cpt import language_modelling, silent
from training.distributed import join_world
from training.examples import Cycle, Examples, Row, source_of
from training.mixing import Feedback
from training.model import open_model
from training.stages import is_small, start_of, steps_for
from training.trainer import begin, train

_GROUPS_LOOKED_AT = 50
"""Groups of rows that are packed in advance to learn how many sequences an epoch has; more are extrapolated."""

Bin = list[tuple[Piece, int]]


class ConversationBatches:
    """Batches of sequences, each packed with whole conversations."""

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
        self._cycle: Cycle[Bin] = Cycle(examples, self._bins, seed)
        self.left_out: Counter[str] = Counter()
        """Reasons for which conversations were left out, as often as they were met."""

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

    def _bins(self, rows: list[Row]) -> list[Bin]:
        encoded = self._encoded(rows)
        return [[encoded[i] for i in chosen] for chosen in fit([len(piece) for piece, _ in encoded], self._length)]

    def sequences_per_epoch(self) -> float:
        """Packed sequences that an epoch has: exact for up to 50 groups of rows, extrapolated beyond.

        Counts on the way what is left out, of these groups and of the held-out rows.
        """
        looked_at = self._examples.groups[:_GROUPS_LOOKED_AT]
        rows = [self._examples.training(group, np.random.default_rng(0)) for group in looked_at]
        bins = sum(len(self._bins(of_group)) for of_group in rows)
        self._encoded(list(self._examples.held_out()))
        return bins * self._examples.count / sum(len(of_group) for of_group in rows)

    def next(self) -> Batch:
        """The next global batch."""
        return self._batch(self._cycle.take(self._batch_size))

    def _batch(self, bins: list[Bin]) -> Batch:
        rows: list[PackedRow] = [assemble([p for p, _ in chosen], self._length, self._padding) for chosen in bins]
        return from_rows(rows, [[source for _, source in chosen] for chosen in bins])

    def observe(self, feedback: Feedback) -> None:
        """Nothing mixes here."""

    def report(self) -> dict[str, Any]:
        """For the log."""
        return {"epoch": self._cycle.epoch}

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

    def state(self) -> dict[str, Any]:
        """Where the stream stands."""
        return {"data": self.data_hash, "cycle": self._cycle.state()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take a state back."""
        self._cycle.restore(state["cycle"])


def run_sft(config: SftConfig, progress: Callable[..., Any]) -> dict[str, Any]:
    """Tune a model on conversations; returns the result of `train` with what was left out and why."""
    name = f"sft{config.stage}"
    config = replace(
        config,
        out=config.out or Path("runs") / name,
        data=config.data or Path("data/instructions") / f"stage={config.stage}",
        model=start_of(name, config.model),
    )
    with join_world() as world:
        examples = Examples(config.data or Path(), ["messages"], config.held_out, "conversations")
        if finished := begin(config, examples.hash, world):
            return finished
        model, tokenizer = open_model(config.model)
        small = is_small(model)
        config = replace(config, batch_size=config.batch_size or (1 if small else 8))
        check_divisible(config.batch_size, world.size)
        batches = ConversationBatches(
            examples,
            ChatEncoder(tokenizer),
            batch_size=config.batch_size,
            sequence_length=config.sequence_length,
            padding=int(tokenizer.pad_token_id),  # type: ignore[arg-type]
            seed=config.seed,
            held_out_tokens=config.held_out_tokens,
        )
        sequences = batches.sequences_per_epoch()
        if not sequences:
            raise InputError(f"nothing in {config.data} can be trained on: {reasons(batches.left_out)}.")
        left_out = dict(batches.left_out)
        steps = steps_for(sequences, config.batch_size, config.epochs or (10.0 if small else 3.0), config.steps)
        with progress(f"train {name}", steps, "steps") if world.first else silent() as tick:
            return train(
                config,
                model=model,
                tokenizer=tokenizer,
                batches=batches,
                objective=language_modelling,
                steps=steps,
                learning_rate=config.learning_rate or (1e-3 if small else 1e-5),
                world=world,
                tick=tick,
                details={
                    "stage": config.stage,
                    "records": examples.count,
                    "left_out": left_out,
                    "epochs": steps * config.batch_size / sequences,
                },
            )


def reasons(left_out: Mapping[str, int]) -> str:
    """Counts and reasons in words."""
    return ", ".join(f"{count} {reason}" for reason, count in sorted(left_out.items())) or "no records"
