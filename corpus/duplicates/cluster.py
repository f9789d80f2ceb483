"""Which record of a cluster of near-duplicates stays, and which it replaces."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corpus.duplicates.graph import components

I64 = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Decisions:
    """One entry a record."""

    cluster: I64
    """The smallest rank in its cluster."""
    size: I64
    """Records in the cluster; 1 when alone."""
    kept_by: I64
    """The kept record that replaces it, or -1 when it stays."""
    saved: NDArray[np.bool_]
    """It stays although a kept record resembles it: its clinical facts are not all in there."""


def decide(
    count: int,
    a: I64,
    b: I64,
    jaccard: NDArray[np.float64],
    a_covers_b: NDArray[np.bool_],
    b_covers_a: NDArray[np.bool_],
) -> Decisions:
    """Go through records 0 to count - 1, best first; drop one when a kept record has a verified edge to it and covers it.

    Records are ranks: 0 is the one to keep before all others. `a`, `b`, `jaccard` are the verified edges, `a_covers_b`
    whether a states the clinical facts of b. Only a direct edge to a record that stays drops anything; among several
    the most similar one counts, then the best. The order of the edges does not matter.
    """
    labels = components(count, a, b)
    sizes = np.bincount(labels, minlength=1)[labels].astype(np.int64)
    first = np.full(labels.max(initial=-1) + 1, count, dtype=np.int64)
    np.minimum.at(first, labels, np.arange(count))
    kept_by = np.full(count, -1, dtype=np.int64)
    saved = np.zeros(count, dtype=bool)
    # Each edge seen from its worse end: the better one was decided before.
    better, worse = np.minimum(a, b), np.maximum(a, b)
    covers = np.where(a < b, a_covers_b, b_covers_a)
    order = np.lexsort((better, -jaccard, worse))
    for edge in order:
        keeper, record = better[edge], worse[edge]
        if kept_by[record] >= 0 or kept_by[keeper] >= 0:
            continue
        if covers[edge]:
            kept_by[record] = keeper
            saved[record] = False
        else:
            saved[record] = True
    return Decisions(first[labels], sizes, kept_by, saved)
