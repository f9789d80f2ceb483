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


def similar(pairs: NDArray[np.int64], texts: Sequence[str], threshold: float) -> NDArray[np.float64]:
    """Jaccard similarity of each pair (two columns of indices into `texts`); NaN where it is below the threshold.

    Pairs whose sizes alone rule the threshold out are not compared.
    """
    sets = shingle_sets(texts)
    sizes = np.array([len(s) for s in sets], dtype=np.float64)
    result = np.full(len(pairs), np.nan)
    if len(pairs) == 0:
        return result
    one, other = sizes[pairs[:, 0]], sizes[pairs[:, 1]]
    possible = np.minimum(one, other) >= threshold * np.maximum(np.maximum(one, other), 1)
    for index in np.flatnonzero(possible):
        value = jaccard(sets[pairs[index, 0]], sets[pairs[index, 1]])
        if value >= threshold:
            result[index] = value
    return result
