"""The duplicates among some texts, in this process: what `corpus.dedup` is.

The passes are those of a build (`corpus.duplicates.passes`), with its ranking and its medical guard; what a build does in
ranges and slices of its data is done here at once, for texts that fit into memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from corpus import filters
from corpus.duplicates import exact, passes
from corpus.duplicates.config import DedupConfig
from corpus.steps.resolve import resolved
from corpus.steps.verify import find_drugs


@dataclass(frozen=True, slots=True)
class DroppedText:
    """A text that another one replaces."""

    place: int
    """Its place among the texts, from 0."""
    duplicate_of: int
    """The place of the kept text that replaces it."""
    reason: str
    """In the words of a build: `same text`, or `nearly the same text, and all of its clinical facts`."""
    jaccard: float | None
    """Similarity of the two as sets of five tokens in a row; None when the texts are the same."""


@dataclass(frozen=True, slots=True)
class Deduplicated:
    """What stays of some texts, and why the others go."""

    kept: tuple[int, ...]
    """Places of the texts that stay, in order."""
    dropped: tuple[DroppedText, ...]
    """The others, in order."""
    guarded: tuple[int, ...]
    """Places of kept texts that only the medical guard keeps: nearly the same text is kept, but not all of their clinical
    facts stand in it."""


def dedup(texts: Sequence[str], config: DedupConfig = DedupConfig()) -> Deduplicated:
    """Exact and near duplicates among texts, decided as by a build: of those that say the same the best stays, by the
    quality that a build gives them, then the first.

    Nothing is dropped for a text that is only similar: the kept one states all of its clinical facts (drugs, values with
    units, negations, sides), and they are compared directly, not over a third.
    """
    ids = [f"{place:024x}" for place in range(len(texts))]
    quality = [filters.overall(filters.score({"text": text})) for text in texts]
    columns = {"id": ids, "text": list(texts), "quality": quality}
    schema = pa.schema([("id", pa.string()), ("text", pa.string()), ("quality", pa.float64())])
    table = pa.table(columns, schema=schema)
    table = table.append_column("content_hash", exact.content_hashes(texts))
    copies = exact.decide_exact(table)
    copied = copies.filter(pc.is_valid(copies["duplicate_of"]))["id"].combine_chunks()
    rest = table.filter(pc.invert(pc.is_in(table["id"], copied)))
    pairs = passes.candidates([passes.band_rows(passes.signatures(rest, config.scheme))])
    edges = passes.verify(pairs, rest, config.threshold, find_drugs)
    near = passes.decide(edges, rest)
    rows = passes.combine(copies, near).to_pylist()
    similarity = {frozenset((row["a"], row["b"])): row["jaccard"] for row in edges.to_pylist()}
    dropped = []
    for row in rows:
        if row["duplicate_of"] is not None:
            jaccard = similarity.get(frozenset((row["id"], row["duplicate_of"])))
            reason = resolved(row | {"jaccard": jaccard}, config.threshold)["reason"]
            dropped.append(DroppedText(int(row["id"], 16), int(row["duplicate_of"], 16), reason, jaccard))
    gone = {text.place for text in dropped}
    guarded = [int(row["id"], 16) for row in rows if row["saved_by_guard"]]
    return Deduplicated(tuple(n for n in range(len(texts)) if n not in gone), tuple(dropped), tuple(guarded))
