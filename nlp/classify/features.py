"""Hashed character n-grams of many texts at once, as one sparse matrix; everything in numpy, no Python per character."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

FEATURES_VERSION = 1
"""Raised when the same text gives other features; a model of another version is refused."""

_MULTIPLIER = np.uint32(0x01000193)
_MIX = np.uint32(0x9E3779B1)
_SPACE = 32


@dataclass(frozen=True, kw_only=True, slots=True)
class FeatureConfig:
    """How a text becomes numbers."""

    shortest: int = 1
    """Shortest n-gram, in characters."""
    longest: int = 4
    """Longest n-gram, in characters; English needs 5 to see words, Chinese 3."""
    bits: int = 16
    """There are 2 ** bits features; n-grams share them by hashing (the hashing trick, Weinberger et al. 2009)."""
    longest_text: int = 8000
    """Of a longer text its head, middle and end are taken, a third each; 0 takes all."""

    def as_dict(self) -> dict[str, int]:
        """For a model's configuration file."""
        return asdict(self)


def excerpt(text: str, longest: int) -> str:
    """The head, middle and end of a text that is longer than `longest` characters."""
    if not longest or len(text) <= longest:
        return text
    third = longest // 3
    middle = (len(text) - third) // 2
    return f"{text[:third]}\n{text[middle : middle + third]}\n{text[-third:]}"


def hash_texts(texts: Sequence[str], config: FeatureConfig) -> csr_matrix:
    """Matrix of shape (number of texts, 2 ** bits), float32: square roots of the n-gram counts, rows of length one.

    Letters are lower-cased, runs of white space are one space, digits are one digit each (so that numbers look alike).
    """
    pieces = [" " + " ".join(excerpt(text, config.longest_text).lower().split()) + " " for text in texts]
    lengths = np.array([len(piece) for piece in pieces], dtype=np.int64)
    codes = np.frombuffer("".join(pieces).encode("utf-32-le", "surrogatepass"), dtype=np.uint32).copy()
    codes[(codes >= 48) & (codes <= 57)] = 48
    # How many characters stand between a place and the end of its text: an n-gram must not run over.
    ends = np.repeat(np.cumsum(lengths), lengths)
    left = ends - np.arange(len(codes))
    shift = np.uint32(32 - config.bits)
    width = np.min_scalar_type((1 << config.bits) - 1)
    inside, columns = [], []
    rolling = np.zeros(len(codes), dtype=np.uint32)
    for n in range(1, config.longest + 1):
        if n > len(codes):
            break
        following = np.zeros(len(codes), dtype=np.uint32)
        following[: len(codes) - n + 1] = codes[n - 1 :]
        rolling = (rolling ^ (following * _MIX)) * _MULTIPLIER + np.uint32(n)
        if n < config.shortest:
            continue
        inside.append(left >= n if n > 1 else codes != _SPACE)
        mixed = (rolling ^ (rolling >> np.uint32(15))) * _MIX
        columns.append((mixed >> shift).astype(width))
    edges = np.concatenate([[0], np.cumsum(lengths)])
    return _count(np.array(columns), np.array(inside), edges, config.bits)


def _count(columns: NDArray[Any], inside: NDArray[np.bool_], edges: NDArray[np.int64], bits: int) -> csr_matrix:
    """Rows of counts. `columns` and `inside`: the feature of each n-gram length (row) at each place (column), and whether it
    is one; text i has the places from edges[i] to edges[i + 1].
    """
    n_texts = len(edges) - 1
    texts = [columns[:, a:b][inside[:, a:b]] for a, b in pairwise(edges)] if len(columns) else []
    for found in texts:
        found.sort(
            kind="stable"
        )  # of 16 bits and less this is a radix sort, several times faster than one of all texts
    sizes = np.array([len(found) for found in texts], dtype=np.int64) if texts else np.zeros(n_texts, np.int64)
    ordered = np.concatenate(texts) if texts else np.zeros(0, np.uint16)
    row_of = np.repeat(np.arange(n_texts), sizes)
    starts = np.flatnonzero(
        np.concatenate([[True], (ordered[1:] != ordered[:-1]) | (row_of[1:] != row_of[:-1])])[: len(ordered)]
    )
    counts = np.diff(np.append(starts, len(ordered)))
    rows = row_of[starts]
    values = np.sqrt(counts).astype(np.float32)
    pointers = np.searchsorted(rows, np.arange(n_texts + 1)).astype(np.int64)
    squares = np.bincount(rows, weights=counts, minlength=n_texts)
    values /= np.sqrt(np.maximum(squares, 1)).astype(np.float32)[rows]
    return csr_matrix((values, ordered[starts].astype(np.int32), pointers), shape=(n_texts, 1 << bits))
