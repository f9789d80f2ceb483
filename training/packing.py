"""Documents packed into sequences of one length, nothing cut away and nothing seen across a border.

A document of n tokens is n - 1 predictions: input x[i], label x[i + 1]. Labels are therefore shifted here, before
packing, and a document that is longer than the sequence is split over several without losing the prediction at the
cut; every other document stays whole. `position_ids` restart at 0 with every piece; with them and *no* attention mask the attention of Llama-like models in
transformers keeps the pieces apart (it derives a block-diagonal causal mask from the restarts).
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

IGNORED = -100
"""Label of a place where nothing is predicted."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of one document: equally long inputs and labels (int64)."""

    inputs: np.ndarray
    """Token ids."""
    labels: np.ndarray
    """The token to predict at each place, or `IGNORED`."""

    def __len__(self) -> int:
        return len(self.inputs)

    def split(self, length: int) -> tuple[Piece, Piece]:
        """The first `length` places and the rest."""
        return (
            Piece(self.inputs[:length], self.labels[:length]),
            Piece(self.inputs[length:], self.labels[length:]),
        )


@dataclass(frozen=True, slots=True)
class PackedRow:
    """One packed row: arrays of one length (int64)."""

    input_ids: np.ndarray
    """Token ids; the padding token fills the end."""
    position_ids: np.ndarray
    """Place within the piece; restarts at 0."""
    labels: np.ndarray
    """Token to predict, `IGNORED` on padding."""
    piece_ids: np.ndarray
    """Which piece each place belongs to, from 0; -1 on padding."""


def as_piece(tokens: Sequence[int] | np.ndarray, predict: Sequence[bool] | np.ndarray | None = None) -> Piece:
    """Shift a document: n tokens become n - 1 inputs with their labels.

    `predict` (n booleans) says which tokens count in the loss; all do when it is None.
    """
    ids = np.asarray(tokens, dtype=np.int64)
    labels = ids[1:]
    if predict is not None:
        labels = np.where(np.asarray(predict, dtype=bool)[1:], labels, IGNORED)
    return Piece(ids[:-1], labels)


def assemble(pieces: Sequence[Piece], length: int, padding: int) -> PackedRow:
    """Lay pieces one after the other into a row of `length` places and fill up with `padding`.

    Padding has positions of its own, from 0, so that no piece can be seen from it. Raises `ValueError` when the pieces are
    longer than the row.
    """
    total = sum(len(piece) for piece in pieces)
    if total > length:
        raise ValueError(f"{total} tokens do not fit into a sequence of {length}.")
    rest = length - total
    return PackedRow(
        input_ids=np.concatenate([*(p.inputs for p in pieces), np.full(rest, padding, dtype=np.int64)]),
        position_ids=np.concatenate([*(np.arange(len(p)) for p in pieces), np.arange(rest)]).astype(np.int64),
        labels=np.concatenate([*(p.labels for p in pieces), np.full(rest, IGNORED, dtype=np.int64)]),
        piece_ids=np.concatenate([*(np.full(len(p), i) for i, p in enumerate(pieces)), np.full(rest, -1)]).astype(
            np.int64
        ),
    )


def fit(lengths: Sequence[int] | np.ndarray, capacity: int) -> list[list[int]]:
    """Put whole items into bins: best fit in decreasing length (Ding et al., arXiv 2404.10830; at most 11/9 of the best
    number of bins, Johnson 1973).

    Returns lists of indices. Equal lengths keep their order, so the result is the same for the same input. Raises
    `ValueError` when an item is longer than a bin.
    """
    sizes = np.asarray(lengths, dtype=np.int64)
    bins: list[list[int]] = []
    rooms: list[tuple[int, int]] = []
    for index in np.argsort(-sizes, kind="stable").tolist():
        size = int(sizes[index])
        if size > capacity:
            raise ValueError(f"an item of {size} tokens does not fit into a sequence of {capacity}.")
        best = bisect_left(rooms, (size, -1))
        if best == len(rooms):
            place, left = len(bins), capacity - size
            bins.append([index])
        else:
            room, place = rooms.pop(best)
            bins[place].append(index)
            left = room - size
        if left:
            insort(rooms, (left, place))
    return bins
