"""Shingles of mixed Chinese and Latin text, for many documents at once.

A token is a run of letters and digits of one alphabetic script, or one Chinese, Japanese or Korean character; case and
width are folded, everything else separates. A shingle is five tokens in a row, as a 64-bit hash. All documents of a
batch are one array of code points, so the cost per document is a few passes of numpy and no Python.
"""

from __future__ import annotations

import functools
import sys
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

HASH = "poly64-splitmix-2"
"""Name of the hash in manifests; changes whenever a shingle would get another value."""
SHINGLE_TOKENS = 5
"""Tokens a shingle."""

U64 = NDArray[np.uint64]
_SEPARATOR, _WORD, _SINGLE = 0, 1, 2
# Scripts without spaces between words: each character is a token.
_SINGLE_RANGES = (
    (0x3040, 0x30FF), (0x3105, 0x312F), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0xF900, 0xFAFF),
    (0x20000, 0x3134F),
)  # fmt: skip
_BASE = 0x9E3779B97F4A7C15


@functools.cache
def _tables() -> tuple[NDArray[np.uint8], U64]:
    """Per code point: its class, and a random 64-bit value of its folded form, zero for separators."""
    size = sys.maxunicode + 1
    kinds = np.zeros(size, dtype=np.uint8)
    folded = np.arange(size, dtype=np.uint32)
    # The large blocks of characters that are tokens by themselves fold to themselves.
    for code in (*range(0x3400), *range(0xA000, 0xAC00), *range(0xF900, 0x20000)):
        character = chr(code)
        if character.isalnum() or unicodedata.category(character) in ("Mn", "Mc"):
            kinds[code] = _WORD
            form = unicodedata.normalize("NFKC", character)
            form = form.lower() if len(form) == 1 else character.lower()
            if len(form) == 1:
                folded[code] = ord(form)
    for start, end in _SINGLE_RANGES:
        kinds[start : end + 1] = _SINGLE
    values = splitmix(folded.astype(np.uint64))
    values[kinds == _SEPARATOR] = 0
    return kinds, values


def splitmix(values: U64) -> U64:
    """The finaliser of SplitMix64: a bijection that makes every bit depend on every other."""
    mixed = values + np.uint64(_BASE)
    mixed ^= mixed >> np.uint64(30)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(27)
    mixed *= np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return mixed


@functools.lru_cache(maxsize=2)
def _powers(size: int) -> tuple[U64, U64]:
    """base^0 … base^(size - 1) and their inverses, modulo 2^64 (an odd base has one)."""
    powers, inverses = np.full(size, _BASE, dtype=np.uint64), np.full(size, pow(_BASE, -1, 2**64), dtype=np.uint64)
    powers[0] = inverses[0] = 1
    return np.multiply.accumulate(powers), np.multiply.accumulate(inverses)


@dataclass(frozen=True)
class Tokens:
    """Tokens of a batch, documents one after the other."""

    hashes: U64
    """One 64-bit hash a token."""
    bounds: NDArray[np.int64]
    """Document i has tokens bounds[i] to bounds[i + 1]."""
    numeric: NDArray[np.bool_]
    """Whether the token begins with a digit."""
    begins: NDArray[np.int64]
    """Where the token begins in the joined text of the batch, in characters."""
    closing: NDArray[np.bool_]
    """Whether each character of the joined text is a token's last."""
    edges: NDArray[np.int64]
    """Where each document begins in the joined text, and where the last one ends."""

    @functools.cached_property
    def starts(self) -> NDArray[np.int64]:
        """Where the token begins in its document's text, in characters."""
        return self.begins - np.repeat(self.edges[:-1], np.diff(self.bounds))

    @functools.cached_property
    def lengths(self) -> NDArray[np.int64]:
        """Characters of the token."""
        return np.flatnonzero(self.closing) - self.begins + 1


def tokens(texts: Sequence[str]) -> Tokens:
    """Tokens of a batch of texts."""
    kinds, values = _tables()
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    edges = np.concatenate([[0], np.cumsum(lengths + 1)])
    # One separator after each text, so that no token crosses from one document to the next. numpy looks up places of its
    # own index type twice as fast as 32-bit ones.
    codes = np.frombuffer("\n".join([*texts, ""]).encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.intp)
    kind = kinds[codes]
    opening = kind != _SEPARATOR
    closing = opening.copy()
    opening[1:] &= (kind[1:] == _SINGLE) | (kind[:-1] != _WORD)
    closing[:-1] &= (kind[1:] != _WORD) | (kind[:-1] == _SINGLE)
    begins = np.flatnonzero(opening)
    first = codes[begins]
    numeric = (first >= 0x30) & (first <= 0x39)
    # Hash of a token: sum of value * base^position. Positions count from the start of the batch, where the powers lie in
    # order; one factor a token brings them back to its own start. Separators have value 0, so the sum of a token is the
    # growth of the running sum up to the next token.
    powers, inverses = _powers(1 << max(18, len(codes).bit_length()))
    running = np.zeros(len(codes) + 1, dtype=np.uint64)
    np.take(values, codes, out=running[1:], mode="clip")  # every code is valid, and "raise" would work on a copy
    running[1:] *= powers[: len(codes)]
    np.cumsum(running, out=running)
    hashes = np.diff(running[begins], append=running[-1:])
    hashes *= inverses[begins]
    return Tokens(hashes, np.searchsorted(begins, edges), numeric, begins, closing, edges)


def shingles(batch: Tokens, size: int = SHINGLE_TOKENS) -> tuple[U64, NDArray[np.int64]]:
    """Hashes of all runs of `size` tokens, and their bounds per document as in `Tokens`; repeats are kept.

    A document with fewer tokens has none.
    """
    counts = np.maximum(np.diff(batch.bounds) - size + 1, 0)
    bounds = np.concatenate([[0], np.cumsum(counts)])
    if bounds[-1] == 0:
        return np.empty(0, dtype=np.uint64), bounds
    width = len(batch.hashes) - size + 1
    mixed = batch.hashes[:width].copy()
    for offset in range(1, size):
        mixed *= np.uint64(0xD6E8FEB86659FD93)
        mixed += batch.hashes[offset : offset + width]
    # Keep the windows that lie inside one document.
    index = np.arange(bounds[-1], dtype=np.int64) + np.repeat(batch.bounds[:-1] - bounds[:-1], counts)
    return splitmix(mixed[index]), bounds
