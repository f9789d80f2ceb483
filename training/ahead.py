"""The next batch is made while a step computes, by one thread.

Which sources it draws from is decided before that, on the thread that trains, so it never depends on how fast either is: the
mixer has then learned from all steps but the last.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from training.batch import Batch
from training.mixing import Feedback

Drawn = Mapping[str, Any]
"""What was decided of a batch, as JSON: nothing where nothing mixes."""


class BatchBuilder(Protocol):
    """Where batches come from. Every process has its own and all of them draw the same batches."""

    sources: list[str]
    data_hash: str

    def draw(self) -> Drawn:
        """Decide what the next batch is made of."""

    def make(self, drawn: Drawn) -> Batch:
        """Make the batch that comes next, of what was decided."""

    def observe(self, feedback: Feedback) -> None:
        """Learn from a step."""

    def held_out(self) -> Batch | None:
        """What is never trained on, as one batch."""

    def texts(self, steps: np.ndarray, taken: np.ndarray) -> pa.Table:
        """The texts that rows `taken` (`Batch.taken`, one below the other) are of, each once, as `SEEN` has them; `steps` says
        at which step each row was."""

    def place(self) -> dict[str, Any]:
        """Where the data stands, as JSON."""

    def learned(self) -> dict[str, Any]:
        """All else that the next batch depends on, as JSON."""

    def restore(self, place: Mapping[str, Any], learned: Mapping[str, Any]) -> None:
        """Take both back. Raises `InputError` when they belong to other data."""


class Ahead:
    """The batches of a builder, one of them always under way."""

    def __init__(self, builder: BatchBuilder) -> None:
        self._builder = builder
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="batches")
        self._coming: Future[Batch] | None = None
        self._place: dict[str, Any] = {}
        self._drawn: Drawn = {}

    def next(self) -> Batch:
        """The next global batch."""
        batch = self._under_way().result()
        self._begin(self._builder.draw())
        return batch

    def _under_way(self) -> Future[Batch]:
        return self._coming or self._begin(self._builder.draw())

    def _begin(self, drawn: Drawn) -> Future[Batch]:
        self._drawn, self._place = drawn, self._builder.place()
        self._coming = self._thread.submit(self._builder.make, drawn)
        return self._coming

    def state(self) -> dict[str, Any]:
        """All that the batches to come depend on."""
        self._under_way()
        return {"place": self._place, "drawn": self._drawn, "learned": self._builder.learned()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take a state back."""
        self._builder.restore(state["place"], state["learned"])
        self._begin(state["drawn"])

    def texts(self, steps: np.ndarray, taken: np.ndarray) -> pa.Table:
        """`BatchBuilder.texts`, on the thread that reads the data."""
        return self._thread.submit(self._builder.texts, steps, taken).result()

    def close(self) -> None:
        """Let the thread end."""
        self._thread.shutdown(wait=True, cancel_futures=True)
