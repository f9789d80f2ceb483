"""Near-duplicates as passes from table to table: what each task of the build computes.

    records ── signatures ──> SIGNATURES           a part file at a time
    SIGNATURES ── band_rows ──> BANDS              sorted by key
    BANDS of one range of keys ── candidates ──> PAIRS
    PAIRS, texts of their records ── verify ──> EDGES
    EDGES of some clusters ── decide ──> DECISIONS

No pass holds more than one partition.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from corpus.duplicates import bands, cluster
from corpus.duplicates.graph import components
from corpus.duplicates.guard import DrugFinder, Facts, compare, facts
from corpus.duplicates.minhash import SCHEME, Scheme
from corpus.duplicates.minhash import signatures as minima_of
from corpus.duplicates.ranking import RANKED_BY, rank
from corpus.duplicates.shingles import U64, Tokens, shingles, splitmix, tokens
from corpus.duplicates.verify import batches, similar

PAIRS = pa.schema([pa.field("a", pa.string()), pa.field("b", pa.string())])
"""Ids of two records to compare, a < b."""

EDGES = pa.schema(
    [
        pa.field("a", pa.string()),
        pa.field("b", pa.string()),
        pa.field("jaccard", pa.float64()),
        pa.field("a_covers_b", pa.bool_()),
        pa.field("b_covers_a", pa.bool_()),
    ]
)
"""Verified pairs: exact similarity, and whether one states the clinical facts of the other."""

DECISIONS = pa.schema(
    [
        pa.field("id", pa.string()),
        pa.field("dup_cluster", pa.string()),
        pa.field("dup_count", pa.int64()),
        pa.field("duplicate_of", pa.string()),
        pa.field("saved_by_guard", pa.bool_()),
    ]
)
"""A record with near-duplicates: its cluster (id of the best record), the cluster's size, the kept record that replaces it
(null when it stays), and whether only the guard kept it."""


def hex_ranges(parts: int) -> list[tuple[str, str]]:
    """So many ranges of hex strings, at least one: (low, high) of prefixes, the high one excluded."""
    parts = max(1, parts)
    digits = max(2, len(f"{parts:x}") + 2)
    edges = [f"{(16**digits * part) // parts:0{digits}x}" for part in range(1, parts)]
    return list(pairwise(["", *edges, "~~"]))


def key_ranges(parts: int) -> list[tuple[int, int]]:
    """So many ranges of 64-bit keys, at least one: (low, high), both included."""
    parts = max(1, parts)
    edges = [(2**64 * part) // parts for part in range(parts + 1)]
    return [(low, high - 1) for low, high in pairwise(edges)]


def band_name(band: int) -> str:
    """Column of a band's key."""
    return f"band_{band:02d}"


def signatures(table: pa.Table, scheme: Scheme = SCHEME) -> pa.Table:
    """id, n_shingles, numbers (a hash of the numbers in the text), the ranking columns of `table`, and band_00 ….

    `table` holds id and text. Records of fewer than five tokens have n_shingles 0 and take no part in banding.
    """
    texts = table["text"].to_pylist()
    counts: list[U64] = []
    numbers: list[U64] = []
    keys: list[U64] = []
    for part in batches(texts):
        batch = tokens(texts[part])
        hashes, bounds = shingles(batch)
        counts.append(np.diff(bounds).astype(np.uint64))
        numbers.append(_number_hashes(batch))
        keys.append(bands.keys(minima_of(hashes, bounds, scheme), scheme))
    key = np.concatenate(keys) if keys else np.empty((0, scheme.bands), dtype=np.uint64)
    columns = {
        "id": table["id"],
        "n_shingles": np.concatenate(counts).astype(np.int64) if counts else np.empty(0, dtype=np.int64),
        "numbers": np.concatenate(numbers) if numbers else np.empty(0, dtype=np.uint64),
        **{name: table[name] for name in RANKED_BY if name in table.column_names},
        **{band_name(band): np.ascontiguousarray(key[:, band]) for band in range(scheme.bands)},
    }
    return pa.table(columns)


def _number_hashes(batch: Tokens) -> U64:
    """Sum of the mixed hashes of each document's numeric tokens: equal for equal multisets."""
    numbers = np.flatnonzero(batch.numeric)
    sums = np.zeros(len(numbers) + 1, dtype=np.uint64)
    np.cumsum(splitmix(batch.hashes[numbers]), out=sums[1:])
    return np.diff(sums[np.searchsorted(numbers, batch.bounds)])


def band_rows(signed: pa.Table) -> pa.Table:
    """Rows (key, id, numbers, ranking columns), one a band and record, of a table of signatures, sorted by key.

    A key holds its band, so that those of different bands do not meet.
    """
    signed = signed.filter(pc.greater(signed["n_shingles"], 0))
    names = [name for name in signed.column_names if name.startswith("band_")]
    carried = ["id", "numbers", *(name for name in RANKED_BY if name in signed.column_names)]
    rows = signed.select(carried)
    tables = [rows.add_column(0, "key", signed[name]) for name in names]
    return pa.concat_tables(tables).sort_by("key") if tables else rows.add_column(0, "key", pa.array([], pa.uint64()))


def candidates(tables: Sequence[pa.Table]) -> pa.Table:
    """`PAIRS` that share a band key among the rows of one partition; unique, sorted.

    Rows marked `known` (an index of the existing corpus) are compared with new ones only, not among themselves.
    """
    rows = pa.concat_tables(tables).combine_chunks() if tables else pa.table({"key": [], "id": [], "numbers": []})
    if rows.num_rows == 0:
        return PAIRS.empty_table()
    key = rows["key"].to_numpy()
    # Only keys that occur twice matter; dropping the others first makes the sort of ids small.
    order = np.argsort(key, kind="stable")
    same = key[order][1:] == key[order][:-1]
    shared = np.zeros(len(key), dtype=bool)
    shared[order[1:][same]] = shared[order[:-1][same]] = True
    rows = rows.filter(pa.array(shared))
    key = rows["key"].to_numpy()
    order = rank(rows)
    ids = rows["id"].take(pa.array(order)).combine_chunks()
    # One rank a record, though it stands in several rows.
    fresh = np.ones(len(order), dtype=bool)
    if len(order):
        fresh[1:] = pc.not_equal(ids[1:], ids[:-1]).to_numpy(zero_copy_only=False)
    ranks = np.empty(len(order), dtype=np.int64)
    ranks[order] = np.cumsum(fresh) - 1
    unique = ids.filter(pa.array(fresh))
    found = bands.pairs(key, ranks, rows["numbers"].to_numpy())
    if "known" in rows.column_names and len(found):
        known = np.zeros(len(unique), dtype=bool)
        known[ranks] = rows["known"].to_numpy()
        found = found[~(known[found[:, 0]] & known[found[:, 1]])]
    return _named_pairs(unique.take(pa.array(found[:, 0])), unique.take(pa.array(found[:, 1])))


def _named_pairs(one: pa.Array, other: pa.Array) -> pa.Table:
    ordered = pc.less(one, other)
    table = pa.table([pc.if_else(ordered, one, other), pc.if_else(ordered, other, one)], schema=PAIRS)
    return table.sort_by([("a", "ascending"), ("b", "ascending")])


def merge_pairs(tables: Sequence[pa.Table]) -> pa.Table:
    """`PAIRS` of several partitions, unique and sorted."""
    joined = pa.concat_tables([PAIRS.empty_table(), *tables])
    unique = joined.group_by(["a", "b"]).aggregate([])
    return unique.select(["a", "b"]).sort_by([("a", "ascending"), ("b", "ascending")])


_FACTS_AT_ONCE = 1_000
"""Texts whose facts are in memory together, at some tens of kilobytes each: pairs come cluster by cluster, so few are read twice."""


def _by_component(one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.int64]:
    """The order in which pairs of one connected component follow each other."""
    if not len(one):
        return np.empty(0, dtype=np.int64)
    count = int(max(one.max(), other.max())) + 1
    return np.lexsort((other, one, components(count, one, other)[one]))


def verify(pairs: pa.Table, texts: pa.Table, threshold: float = 0.8, find_drugs: DrugFinder | None = None) -> pa.Table:
    """`EDGES` of the pairs whose exact Jaccard similarity reaches the threshold.

    `texts` holds id and text of (at least) all records in `pairs`. `find_drugs` adds a lexicon to the guard.
    Raises `KeyError` when a text is missing.
    """
    wanted = pc.unique(pa.chunked_array([*pairs["a"].chunks, *pairs["b"].chunks], pa.string()))
    place = pc.index_in(wanted, texts["id"].combine_chunks())
    if place.null_count:
        raise KeyError(f"{place.null_count} records of the pairs have no text")
    contents = texts["text"].take(place).to_pylist()
    one = pc.index_in(pairs["a"], wanted).to_numpy().astype(np.int64)
    other = pc.index_in(pairs["b"], wanted).to_numpy().astype(np.int64)
    jaccard = similar(np.stack([one, other], axis=1), contents, threshold)
    met = np.flatnonzero(~np.isnan(jaccard))
    known: dict[int, Facts] = {}

    def facts_of(index: int) -> Facts:
        if index not in known:
            if len(known) >= _FACTS_AT_ONCE:
                known.clear()
            known[index] = facts(contents[index], find_drugs)
        return known[index]

    forth, back = np.zeros(len(met), dtype=bool), np.zeros(len(met), dtype=bool)
    order = _by_component(one[met], other[met])
    for place, a, b in zip(order.tolist(), one[met[order]].tolist(), other[met[order]].tolist(), strict=True):
        forth[place], back[place] = compare(facts_of(a), facts_of(b))
    kept = pairs.take(pa.array(met))
    return pa.table(
        [kept["a"], kept["b"], pa.array(jaccard[met]), pa.array(forth), pa.array(back)],
        schema=EDGES,
    )


def decide(edges: pa.Table, quality: pa.Table) -> pa.Table:
    """`DECISIONS` for all records that have an edge, sorted by id.

    `quality` holds id and the ranking columns of (at least) those records; see `ranking.rank`. The result depends on
    neither order.
    """
    if edges.num_rows == 0:
        return DECISIONS.empty_table()
    linked = pc.unique(pa.chunked_array([*edges["a"].chunks, *edges["b"].chunks], pa.string()))
    records = quality.take(pc.index_in(linked, quality["id"].combine_chunks()))
    ids = records["id"].take(pa.array(rank(records))).combine_chunks()
    decisions = cluster.decide(
        len(ids),
        pc.index_in(edges["a"], ids).to_numpy().astype(np.int64),
        pc.index_in(edges["b"], ids).to_numpy().astype(np.int64),
        edges["jaccard"].to_numpy(),
        edges["a_covers_b"].to_numpy(),
        edges["b_covers_a"].to_numpy(),
    )
    replaced = pa.array(decisions.kept_by, mask=decisions.kept_by < 0)
    table = pa.table(
        [
            ids,
            ids.take(pa.array(decisions.cluster)),
            pa.array(decisions.size),
            ids.take(replaced),
            pa.array(decisions.saved),
        ],
        schema=DECISIONS,
    )
    return table.sort_by("id")


def combine(exact: pa.Table, near: pa.Table) -> pa.Table:
    """`DECISIONS` of both passes together: `exact` (`EXACT` rows) ran first, `near` on the records that it left.

    A copy follows its original: when that one is replaced in turn, so is the copy, by the same record; clusters count
    all copies.
    """
    exact, near = exact.combine_chunks(), near.combine_chunks()
    best = exact.filter(pc.is_null(exact["duplicate_of"]))
    copies = pc.fill_null(best["dup_count"].take(pc.index_in(near["id"], best["id"].combine_chunks())), 1)
    sizes = (
        pa.table([near["dup_cluster"], copies], ["cluster", "copies"])
        .group_by("cluster")
        .aggregate([("copies", "sum")])
    )
    size = sizes["copies_sum"].take(pc.index_in(near["dup_cluster"], sizes["cluster"].combine_chunks()))
    near = near.set_column(near.column_names.index("dup_count"), "dup_count", size)
    # What the near pass says of the original of each copy; nulls where it says nothing.
    original = pc.coalesce(exact["duplicate_of"], exact["id"])
    of_original = near.take(pc.index_in(original, near["id"].combine_chunks()))
    followers = pa.table(
        [
            exact["id"],
            pc.coalesce(of_original["dup_cluster"], original),
            pc.coalesce(of_original["dup_count"], exact["dup_count"]),
            pc.coalesce(of_original["duplicate_of"], exact["duplicate_of"]),
            pa.array([False] * exact.num_rows, pa.bool_()),
        ],
        schema=DECISIONS,
    )
    told = pc.and_(pc.is_null(exact["duplicate_of"]), pc.is_valid(of_original["id"]))
    return pa.concat_tables([near, followers.filter(pc.invert(told))]).sort_by("id")
