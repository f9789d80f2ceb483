"""What `train sft` and `train rl` share: a stream of encoded examples, and the run over it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
import pyarrow as pa

from medpress.schema import SEEN
from training.batch import Batch, check_divisible
from training.card import corpus_of
from training.config import InputError, TrainingConfig
from training.conversation import ChatEncoder
from training.cpt import silent
from training.distributed import join_world
from training.examples import Cycle, Examples, Row, document_of, row_id, source_of
from training.mixing import Feedback
from training.model import open_model
from training.stages import is_small, steps_for
from training.trainer import Objective, begin, telling, train

Unit = TypeVar("Unit")
"""What a batch is made of: a packed sequence, or a pair."""


class TuningBatches(ABC, Generic[Unit]):
    """Batches of examples that are encoded as they come up, epoch after epoch."""

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
        self._cycle: Cycle[Unit] = Cycle(examples, self._units, seed)
        self.left_out: Counter[str] = Counter()
        """Reasons for which examples were left out, as often as they were met."""

    @abstractmethod
    def _units(self, rows: list[Row]) -> list[Unit]:
        """What some rows give; what cannot be used is counted in `left_out`."""

    @abstractmethod
    def _batch(self, units: list[Unit]) -> Batch: ...

    @abstractmethod
    def count(self) -> float:
        """Units of an epoch."""

    @abstractmethod
    def held_out(self) -> Batch | None:
        """The held-out examples as one batch."""

    def draw(self) -> dict[str, Any]:
        """Nothing mixes here."""
        return {}

    def make(self, drawn: Mapping[str, Any]) -> Batch:
        """The next global batch."""
        batch = self._batch(self._cycle.take(self._batch_size))
        return replace(batch, taken=np.array(self._cycle.met)[:, None], log={"epoch": self._cycle.epoch})

    def observe(self, feedback: Feedback) -> None:
        """Nothing mixes here."""

    def texts(self, steps: np.ndarray, taken: np.ndarray) -> pa.Table:
        """All training rows of the groups of which something was taken, as `SEEN` has them: which rows of a group were left
        out, and which came later, is not known."""
        found = []
        for group in np.unique(taken):
            at = steps[taken[:, 0] == group]
            for row in self._examples.training(int(group), np.random.default_rng(0)):
                found.append(
                    {
                        "id": row_id(row),
                        "doc_id": document_of(row),
                        "source": source_of(row),
                        "license": str(row.get("license") or ""),
                        "first_step": int(at.min()),
                        "last_step": int(at.max()),
                        "tokens": None,
                    }
                )
        return pa.Table.from_pylist(found, schema=SEEN)

    def place(self) -> dict[str, Any]:
        """Where the stream stands."""
        return {"cycle": self._cycle.state()}

    def learned(self) -> dict[str, Any]:
        """Nothing mixes here."""
        return {}

    def restore(self, place: Mapping[str, Any], learned: Mapping[str, Any]) -> None:
        """Take a place back."""
        self._cycle.restore(place["cycle"])


@dataclass(frozen=True, kw_only=True)
class Stage:
    """What a stage does in its own way. Of two defaults the first is that of a small model."""

    name: str
    """As the command has it: sft1, rl."""
    data: Path
    """Folder or file of the examples."""
    columns: tuple[str, ...]
    """Those that are read."""
    what: str
    """What the examples are called."""
    batches: Callable[..., TuningBatches[Any]]
    """The stream of the examples."""
    objective: Objective
    """The loss."""
    batch_size: tuple[int, int]
    """Units a step."""
    epochs: tuple[float, float]
    """Passes over the examples."""
    learning_rate: tuple[float, float]
    """Peak learning rate."""
    details: Callable[[Examples, float], dict[str, Any]]
    """What the result says of the examples and the units of an epoch."""


def tune(config: TrainingConfig, stage: Stage, progress: Callable[..., Any]) -> dict[str, Any]:
    """Tune a model on examples; returns the result of `train` with what was left out and why. Raises `InputError`."""
    with join_world() as world:
        examples = Examples(stage.data, list(stage.columns), config.held_out, stage.what)
        if finished := begin(config, examples.hash, world):
            return finished
        model, tokenizer = open_model(config.model)
        size = 0 if is_small(model) else 1
        config = replace(config, batch_size=config.batch_size or stage.batch_size[size])
        check_divisible(config.batch_size, world.size)
        batches = stage.batches(
            examples,
            ChatEncoder(tokenizer),
            batch_size=config.batch_size,
            sequence_length=config.sequence_length,
            padding=int(tokenizer.pad_token_id),  # type: ignore[arg-type]
            seed=config.seed,
            held_out_tokens=config.held_out_tokens,
        )
        units = batches.count()
        if not units:
            raise InputError(f"nothing in {stage.data} can be trained on: {reasons(batches.left_out)}.")
        left_out = dict(batches.left_out)
        steps = steps_for(units, config.batch_size, config.epochs or stage.epochs[size], config.steps)
        watched = progress(f"train {stage.name}", steps, "steps") if world.first else silent()
        with watched as tick, telling(config, f"train {stage.name}", stage.data, world):
            return train(
                config,
                model=model,
                tokenizer=tokenizer,
                batches=batches,
                objective=stage.objective,
                steps=steps,
                learning_rate=config.learning_rate or stage.learning_rate[size],
                world=world,
                tick=tick,
                details={
                    **stage.details(examples, units),
                    "left_out": left_out,
                    "corpus": corpus_of(stage.data),
                    "epochs": steps * config.batch_size / units,
                },
            )


def reasons(left_out: Mapping[str, int]) -> str:
    """Counts and reasons in words."""
    return ", ".join(f"{count} {reason}" for reason, count in sorted(left_out.items())) or "no records"
