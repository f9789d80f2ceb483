"""Exact duplicates of records on canonical text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from corpus.duplicates.ranking import rank
from nlp.normalise import canonical

CONTENT_HASH = "xxh3-128 canonical-2"
"""Name of the hash in manifests; changes whenever a text would get another value."""

EXACT = pa.schema(
    [
        pa.field("id", pa.string()),
        pa.field("duplicate_of", pa.string()),
        pa.field("dup_count", pa.int64()),
    ]
)
"""A record with copies: the best copy (null for the best one itself), and how many there are."""


def content_hash(text: str) -> str:
    """32 hex digits over the canonical form; texts without letters or digits are hashed as they are."""
    return xxhash.xxh3_128_hexdigest((canonical(text) or text).encode("utf-8", "surrogatepass"))


def content_hashes(texts: Sequence[str]) -> pa.Array:
    """`content_hash` of each text."""
    return pa.array([content_hash(text) for text in texts], pa.string())


def decide_exact(table: pa.Table) -> pa.Table:
    """Which of the records with one `content_hash` stays.

    `table` holds id and content_hash and, where known, what `ranking.rank` orders by; all records of a hash must be in it (a
    partition by hash). Returns `EXACT` rows for records that have copies.
    """
    order = rank(table)
    ranked = table.take(pa.array(order))
    codes = pc.rank(ranked["content_hash"], tiebreaker="dense").to_numpy().astype(np.int64)
    by_hash = np.argsort(codes, kind="stable")
    codes = codes[by_hash]
    starts = np.flatnonzero(np.diff(codes, prepend=-1)) if len(codes) else np.empty(0, dtype=np.int64)
    sizes = np.diff(np.append(starts, len(codes)))
    size, first = np.repeat(sizes, sizes), np.repeat(starts, sizes)
    copied = np.flatnonzero(size > 1)
    ids = ranked["id"].take(pa.array(by_hash)).combine_chunks()
    keeper = pc.if_else(
        pa.array(first[copied] == copied), pa.scalar(None, pa.string()), ids.take(pa.array(first[copied]))
    )
    return pa.table([ids.take(pa.array(copied)), keeper, pa.array(size[copied])], schema=EXACT)
