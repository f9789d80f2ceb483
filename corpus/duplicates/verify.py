"""Exact Jaccard similarity of candidate pairs."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from corpus.duplicates.shingles import U64, shingles, tokens

_BATCH_CHARACTERS = 1 << 18


def batches(texts: Sequence[str], characters: int = _BATCH_CHARACTERS) -> Iterator[slice]:
    """Slices of consecutive texts of bounded length together; a longer text stands alone."""
    start = total = 0
    for index, text in enumerate(texts):
        if total and total + len(text) > characters:
            yield slice(start, index)
            start, total = index, 0
        total += len(text)
    if start < len(texts):
        yield slice(start, len(texts))


def shingle_sets(texts: Sequence[str]) -> list[U64]:
    """The distinct shingle hashes of each text, sorted."""
    sets: list[U64] = []
    for part in batches(texts):
        hashes, bounds = shingles(tokens(texts[part]))
        sets += [np.unique(hashes[start:end]) for start, end in itertools.pairwise(bounds)]
    return sets


def jaccard(one: U64, other: U64) -> float:
    """Jaccard similarity of two sorted sets; 0 when both are empty."""
    if len(one) == 0 or len(other) == 0:
        return 0.0
    merged = np.concatenate([one, other])
    merged.sort(kind="stable")  # two sorted runs: one merge
    shared = int(np.count_nonzero(merged[1:] == merged[:-1]))
    return shared / (len(merged) - shared)


_TOGETHER = 1 << 20
"""Shingles of the pairs that are compared in one pass."""


def shared(pairs: NDArray[np.int64], sets: Sequence[U64]) -> NDArray[np.int64]:
    """How many hashes the two sorted sets of each pair share, shape (pairs,).

    The sets are the rows of a sparse matrix, with the hash, less its last bit, as the column: the product of two rows, place by place,
    has as many entries as they share columns. So thousands of pairs are one pass of compiled code.
    """
    from scipy.sparse import csr_array

    sizes = np.fromiter(map(len, sets), np.int64, len(sets))
    columns = (np.concatenate([np.empty(0, np.uint64), *sets]) >> np.uint64(1)).astype(np.int64)
    bounds = np.concatenate([[0], np.cumsum(sizes)])
    rows = csr_array((np.ones(len(columns), np.int8), columns, bounds), shape=(len(sets), np.iinfo(np.int64).max))
    rows.has_canonical_format = True
    passes = np.cumsum(sizes[pairs].sum(axis=1)) // _TOGETHER
    edges = [0, *(np.flatnonzero(np.diff(passes)) + 1), len(pairs)]
    counts = [np.diff((rows[pairs[a:b, 0]] * rows[pairs[a:b, 1]]).indptr) for a, b in itertools.pairwise(edges)]
    return np.concatenate(counts).astype(np.int64)


def similar(pairs: NDArray[np.int64], texts: Sequence[str], threshold: float) -> NDArray[np.float64]:
    """Jaccard similarity of each pair (two columns of indices into `texts`); NaN where it is below the threshold.

    Pairs whose sizes alone rule the threshold out are not compared.
    """
    result = np.full(len(pairs), np.nan)
    if len(pairs) == 0:
        return result
    sets = shingle_sets(texts)
    sizes = np.fromiter(map(len, sets), np.int64, len(sets))
    less, more = np.sort(sizes[pairs], axis=1).T
    possible = np.flatnonzero(less >= threshold * np.maximum(more, 1))
    both = shared(pairs[possible], sets)
    values = both / np.maximum(less[possible] + more[possible] - both, 1)
    result[possible] = np.where(values >= threshold, values, np.nan)
    return result
