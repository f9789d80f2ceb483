"""A global batch: what one step trains on, the same on every process and for any number of processes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from training.config import InputError
from training.packing import IGNORED, PackedRow


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Rows of tokens. All arrays are int64 [rows, length]. A process may hold its own units of a batch alone."""

    input_ids: np.ndarray
    """Token ids."""
    position_ids: np.ndarray
    """Position within its piece; a restart is a border that attention does not cross."""
    labels: np.ndarray
    """Token to predict at each place, or `IGNORED`."""
    sources: np.ndarray
    """Number of the source of each label, -1 where there is none."""
    unit: int = 1
    """Rows that belong together and stay on one process: 2 for a pair of answers."""
    start: int = 0
    """Number of the first unit that is here."""
    whole: tuple[int, int] | None = None
    """Units and labels of the batch of all processes; None when all of it is here."""
    drawn: np.ndarray | None = None
    """Units drawn from each source by the mixer; None where nothing mixes."""
    advantages: np.ndarray | None = None
    """How much better each row's answer is than its unit's others (float64 [rows]); None where answers are not compared."""
    previous: np.ndarray | None = None
    """Token losses of the model that the answers were sampled from (float32 [rows, length]); None: the model as it is."""
    reference: np.ndarray | None = None
    """Token losses of the model that the divergence is measured from (float32 [rows, length]); None without one."""
    chances: np.ndarray | None = None
    """The chance that each source had then."""
    taken: np.ndarray | None = None
    """Which rows of the data the whole batch was made of, as its builder numbers them (int64 [rows, any]); None: of none."""
    log: Mapping[str, Any] = field(default_factory=dict)
    """What the log says of it."""

    @property
    def units(self) -> int:
        """Number of units, those of other processes too."""
        return self.whole[0] if self.whole else len(self.input_ids) // self.unit

    @property
    def tokens(self) -> int:
        """Number of labels, those of other processes too."""
        return self.whole[1] if self.whole else int((self.labels != IGNORED).sum())

    def part(self, start: int, stop: int) -> Batch:
        """The units start..stop, which must be here."""
        rows = slice((start - self.start) * self.unit, (stop - self.start) * self.unit)
        return Batch(
            input_ids=self.input_ids[rows],
            position_ids=self.position_ids[rows],
            labels=self.labels[rows],
            sources=self.sources[rows],
            unit=self.unit,
            advantages=None if self.advantages is None else self.advantages[rows],
            previous=None if self.previous is None else self.previous[rows],
            reference=None if self.reference is None else self.reference[rows],
            start=start,
        )

    def parts(self, rank: int, world: int, micro: int) -> Iterator[tuple[Batch, bool]]:
        """The parts of one process, of at most `micro` units each (0: one part), and whether each counts.

        Every process gets as many parts, since FSDP needs as many passes on each. One with fewer units (held-out data does
        not divide evenly) repeats a unit that does not count.
        """
        first, last = share(self.units, rank, world)
        size = -(-self.units // world)
        for low in range(first, first + size, micro or size):
            high = min(low + (micro or size), last)
            yield (self.part(low, high), True) if low < high else (self.part(self.start, self.start + 1), False)


def share(units: int, rank: int, world: int) -> tuple[int, int]:
    """The first unit of one process, and the one after its last."""
    size = -(-units // world)
    return min(rank * size, units), min((rank + 1) * size, units)


def check_divisible(batch_size: int, world: int) -> None:
    """Raise `InputError` when the processes could not have equal shares of a batch."""
    if batch_size < 1 or batch_size % world:
        raise InputError(f"--batch-size is {batch_size}: it must be a multiple of the {world} processes.")


def from_rows(rows: Sequence[PackedRow], piece_sources: Sequence[Sequence[int]]) -> Batch:
    """Stack packed rows; `piece_sources[r][p]` is the source of piece p of row r."""
    labels = np.stack([row.labels for row in rows])
    sources = np.stack(
        [
            np.append(np.asarray(of_pieces, dtype=np.int64), -1)[row.piece_ids]
            for row, of_pieces in zip(rows, piece_sources, strict=True)
        ]
    )
    return Batch(
        input_ids=np.stack([row.input_ids for row in rows]),
        position_ids=np.stack([row.position_ids for row in rows]),
        labels=labels,
        sources=np.where(labels == IGNORED, -1, sources),
    )
