"""Exact duplicates on canonical text: of records, and of paragraphs that a source repeats on every page."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from corpus.dedup.ranking import rank
from corpus.normalise import canonical

EXACT = pa.schema(
    [
        pa.field("id", pa.string()),
        pa.field("duplicate_of", pa.string()),
        pa.field("dup_count", pa.int64()),
    ]
)
"""A record with copies: the best copy (null for the best one itself), and how many there are."""

PARAGRAPHS = pa.schema(
    [
        pa.field("source", pa.string()),
        pa.field("paragraph", pa.string()),
        pa.field("documents", pa.int64()),
        pa.field("keeper", pa.string()),
    ]
)
"""A paragraph (hash) of a source, in how many documents it stands, and the first of them by id."""


@dataclass(frozen=True, kw_only=True)
class BoilerplateConfig:
    """Which repeated paragraphs are boilerplate of a source."""

    min_documents: int = 10
    """Documents of one source that hold the paragraph; all but one lose it."""
    min_characters: int = 12
    """A shorter paragraph stays: it is a label or a heading."""


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


_PARAGRAPH = re.compile(r"(?:(?!\n[ \t]*\n).)+", re.DOTALL)
_DOSE = re.compile(r"\d\s?(?:[kmµμun]?g|mcg|ml|mL|IU|U|mmol|%|毫克|微克|克|毫升|片|粒)(?![a-zA-Z])")


def _paragraphs(text: str, config: BoilerplateConfig) -> Iterator[tuple[int, int, str]]:
    """(start, end, hash) of each paragraph that may be boilerplate: no heading, no table, no dose."""
    for match in _PARAGRAPH.finditer(text):
        paragraph = match.group().strip()
        start = match.start() + len(match.group()) - len(match.group().lstrip())
        if len(paragraph) < config.min_characters or paragraph[0] in "#|" or _DOSE.search(paragraph):
            continue
        yield start, start + len(paragraph), content_hash(paragraph)


def paragraph_counts(table: pa.Table, config: BoilerplateConfig = BoilerplateConfig()) -> pa.Table:
    """`PARAGRAPHS` of a table of records (source, doc_id, text) that holds all records of its documents."""
    seen: dict[tuple[str, str], set[str]] = {}
    columns = (table[name].to_pylist() for name in ("source", "doc_id", "text"))
    for source, doc_id, text in zip(*columns, strict=True):
        for _, _, key in _paragraphs(text, config):
            seen.setdefault((source, key), set()).add(doc_id)
    keys = sorted(seen)
    return pa.table(
        [
            pa.array([source for source, _ in keys], pa.string()),
            pa.array([key for _, key in keys], pa.string()),
            pa.array([len(seen[key]) for key in keys], pa.int64()),
            pa.array([min(seen[key]) for key in keys], pa.string()),
        ],
        schema=PARAGRAPHS,
    )


def merge_counts(tables: Sequence[pa.Table]) -> pa.Table:
    """Add up `PARAGRAPHS` of several parts (of one partition by paragraph)."""
    joined = pa.concat_tables([PARAGRAPHS.empty_table(), *tables])
    grouped = joined.group_by(["source", "paragraph"]).aggregate([("documents", "sum"), ("keeper", "min")])
    grouped = grouped.rename_columns(["source", "paragraph", "documents", "keeper"])
    return (
        grouped.select(PARAGRAPHS.names).cast(PARAGRAPHS).sort_by([("source", "ascending"), ("paragraph", "ascending")])
    )


def boilerplate(counts: pa.Table, config: BoilerplateConfig = BoilerplateConfig()) -> pa.Table:
    """The rows of merged counts that are boilerplate."""
    return counts.filter(pc.greater_equal(counts["documents"], config.min_documents))


def boilerplate_edits(
    text: str, repeated: Collection[str], config: BoilerplateConfig = BoilerplateConfig()
) -> list[tuple[int, int, str]]:
    """Edits for `offsets.apply_edits` that take the repeated paragraphs (hashes) out, with the space after them."""
    edits: list[tuple[int, int, str]] = []
    for start, end, key in _paragraphs(text, config):
        if key in repeated:
            after = len(text) - len(text[end:].lstrip())
            if after == len(text):  # the last one takes the space before it along, unless the one before it did
                start = max(len(text[:start].rstrip()), edits[-1][1] if edits else 0)
            edits.append((start, after, ""))
    return edits
