"""Band keys of signatures, and the candidate pairs that share one.

Each band of a signature is one 64-bit key (its number mixed in). Rows (key, id, …) sorted by key are the whole index: a
partition of it holds all rows whose keys fall into one range of hash values, so partitions are worked on one by one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from corpus.duplicates.minhash import U32, Scheme
from corpus.duplicates.shingles import U64, splitmix

BUCKET_LIMIT = 48
"""Up to this many documents under one key all pairs are candidates: 1,128 of them."""
NEIGHBOURS = 8
"""In a larger bucket each document is compared with the bucket's best one and with this many that follow it."""


def keys(minima: U32, scheme: Scheme) -> U64:
    """Band keys per document (rows) and band (columns)."""
    shaped = minima.reshape(len(minima), scheme.bands, scheme.rows)
    mixed = np.broadcast_to(np.arange(scheme.bands, dtype=np.uint64), shaped.shape[:2]).copy()
    for row in range(scheme.rows):
        mixed = splitmix(mixed ^ shaped[:, :, row].astype(np.uint64))
    return mixed


def pairs(
    key: U64, rank: NDArray[np.int64], numbers: U64, limit: int = BUCKET_LIMIT, neighbours: int = NEIGHBOURS
) -> NDArray[np.int64]:
    """Candidate pairs (a, b) with a < b, of distinct ranks, unique and sorted, from the rows of one partition.

    `rank` numbers the documents from best to worst: whatever bound applies, each document of a bucket is compared with
    its best one. `numbers` is a hash of the numbers in the document: in a bucket beyond `limit` (a template) those with
    the same numbers are compared first, since the guard will keep the others apart anyway.
    """
    order = np.lexsort((rank, key))
    found = [np.empty((0, 2), dtype=np.int64)]
    oversized: list[NDArray[np.int64]] = []
    sizes, starts = _groups(key[order])
    for size in np.unique(sizes):
        if size < 2:
            continue
        chosen = starts[sizes == size]
        if size <= limit:
            found.append(_all_pairs(rank[order], chosen, int(size)))
        else:
            oversized += [order[start : start + size] for start in chosen]
    for bucket in oversized:
        best = rank[bucket[0]]
        found.append(np.stack([np.full(len(bucket) - 1, best), rank[bucket[1:]]], axis=1))
        inner = bucket[np.lexsort((rank[bucket], numbers[bucket]))]
        sizes, starts = _groups(numbers[inner])
        for size in np.unique(sizes):
            if 2 <= size <= limit:
                found.append(_all_pairs(rank[inner], starts[sizes == size], int(size)))
            elif size > limit:
                for start in starts[sizes == size]:
                    found.append(_chain(rank[inner[start : start + size]], neighbours))
        found.append(_chain(rank[inner], neighbours))
    joined = np.concatenate(found)
    joined.sort(axis=1)
    joined = joined[joined[:, 0] != joined[:, 1]]
    return np.unique(joined, axis=0) if len(joined) else joined


def _groups(values: U64) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Sizes and starts of the runs of equal values."""
    if len(values) == 0:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    starts = np.concatenate([[0], np.flatnonzero(values[1:] != values[:-1]) + 1])
    return np.diff(np.append(starts, len(values))), starts


def _all_pairs(ranks: NDArray[np.int64], starts: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """All pairs inside each run of `size` rows."""
    one, other = np.triu_indices(size, 1)
    return np.stack([ranks[starts[:, None] + one].ravel(), ranks[starts[:, None] + other].ravel()], axis=1)


def _chain(ranks: NDArray[np.int64], neighbours: int) -> NDArray[np.int64]:
    """The first row with each other one, and each row with those that follow it."""
    links = [np.stack([np.full(len(ranks) - 1, ranks[0]), ranks[1:]], axis=1)]
    links += [np.stack([ranks[:-step], ranks[step:]], axis=1) for step in range(1, min(neighbours, len(ranks) - 1) + 1)]
    return np.concatenate(links)
