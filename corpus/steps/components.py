"""Connected components of pairs, by rounds: forests of some pairs each, merged until one is left, then cut into slices.

A forest of some pairs has at most as many rows as they have records, however many pairs there are. So a round makes
forests of groups of files, and the next one forests of those; what the last task holds grows with the records that have
a pair at all, not with the pairs and not with the corpus.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from corpus.duplicates.graph import components
from medpress.run.step import Step
from medpress.run.task import Mark, Task
from medpress.store import dataset, read_table, write_keys, write_row_groups

ROWS_PER_FOREST = 1_000_000
"""Pairs, or rows of forests, that one task joins, about."""

SHINGLES_OF_PAIRS = 200
"""A record has up to some fifty pairs, which take as much memory as so many shingles."""

FOREST = pa.schema([pa.field("a", pa.string()), pa.field("b", pa.string())])
"""A record and the least id of its component (itself for that one)."""

SLICES = pa.schema([pa.field("id", pa.string()), pa.field("slice", pa.int32())])
"""The slice of work that a record belongs to: whole components, unless one alone is larger than a slice."""

ROUTED = pa.schema(
    [
        pa.field("a", pa.string()),
        pa.field("b", pa.string()),
        pa.field("jaccard", pa.float64()),
        pa.field("a_covers_b", pa.bool_()),
        pa.field("b_covers_a", pa.bool_()),
        pa.field("slice", pa.int32()),
    ]
)
"""A pair and the slice of its first record."""

WANTED = {
    "unverified": ~pc.field("verified"),
    "duplicates": pc.field("jaccard").is_valid(),
    "copies": pc.field("b").is_valid(),
    "all": pc.scalar(True),
}
"""Which rows of a file are pairs."""


def span_forest(task: Task, mark: Mark) -> None:
    """Arguments: `pairs` (files), `wanted` (which of their rows, a name in `WANTED`). Writes `FOREST` rows, sorted."""
    wanted = WANTED[task.arguments["wanted"]]
    tables = []
    for file in task.arguments["pairs"]:
        rows = dataset([file])
        names = {"id": "a", "duplicate_of": "b"} if "duplicate_of" in rows.schema.names else {"a": "a", "b": "b"}
        columns = {new: pc.field(old) for old, new in names.items()}
        chosen = pc.field("duplicate_of").is_valid() if "id" in names else wanted
        tables.append(rows.to_table(columns, filter=chosen).cast(FOREST))
    edges = pa.concat_tables([FOREST.empty_table(), *tables]).combine_chunks()
    write_keys(task.output, _forest(edges))


SPAN_FOREST = Step(span_forest, inputs=("pairs",), settings=("wanted",), per="group of pairs")


def _forest(edges: pa.Table) -> pa.Table:
    nodes = pc.unique(pa.chunked_array([*edges["a"].chunks, *edges["b"].chunks], pa.string())).sort()
    if not len(nodes):
        return FOREST.empty_table()
    ends = [pc.index_in(edges[name], nodes).to_numpy(zero_copy_only=False).astype(np.int32) for name in ("a", "b")]
    labels = components(len(nodes), *ends)
    first = np.full(labels.max() + 1, len(nodes), dtype=np.int64)
    np.minimum.at(first, labels, np.arange(len(nodes)))
    return pa.table([nodes, nodes.take(pa.array(first[labels]))], schema=FOREST)


def slice_components(task: Task, mark: Mark) -> None:
    """Whole components laid into slices of about `limit` in size; a larger one is cut by id.

    Arguments: `forest` (file), `passed` (files that say how large a record is: `n_shingles`, or null: each counts one),
    `limit`. Writes `SLICES` rows, sorted by id.
    """
    forest = read_table(task.arguments["forest"])
    ids, roots = forest["a"].combine_chunks(), forest["b"].combine_chunks()
    weights = np.ones(len(ids), dtype=np.int64)
    for file in task.arguments["passed"] or ():
        mark("sizes")
        sizes = read_table(file, ["id", "n_shingles"])
        place = pc.index_in(ids, sizes["id"].combine_chunks())
        found = place.is_valid().to_numpy(zero_copy_only=False)
        weights[found] = sizes["n_shingles"].take(place.drop_null()).to_numpy() + SHINGLES_OF_PAIRS
    component = pc.rank(roots, tiebreaker="dense").to_numpy().astype(np.int64) if len(roots) else np.empty(0, np.int64)
    order = np.argsort(component, kind="stable")  # within a component by id
    before = np.cumsum(weights[order]) - weights[order]
    slices = np.empty(len(ids), dtype=np.int32)
    slices[order] = before // max(1, task.arguments["limit"])
    slices = _kept_whole(component, slices, weights, task.arguments["limit"])
    write_keys(task.output, pa.table([ids, pa.array(slices)], schema=SLICES))


SLICE_COMPONENTS = Step(slice_components, inputs=("forest", "passed"), settings=("limit",), per="corpus")


def _kept_whole(
    component: NDArray[np.int64], slices: NDArray[np.int32], weights: NDArray[np.int64], limit: int
) -> NDArray[np.int32]:
    """A component that fits into a slice stands in the one in which it begins."""
    if not len(component):
        return slices
    size = np.bincount(component, weights=weights)
    first = np.full(len(size), np.iinfo(np.int32).max, dtype=np.int32)
    np.minimum.at(first, component, slices)
    return np.where(size[component] <= limit, first[component], slices).astype(np.int32)


def route_pairs(task: Task, mark: Mark) -> None:
    """The wanted pairs of a file, sorted by the slice of their first record, a row group a slice.

    Arguments: `pairs` (file), `wanted` (a name in `WANTED`), `slices` (file). Writes `ROUTED`.
    """
    table = dataset([task.arguments["pairs"]]).to_table(filter=WANTED[task.arguments["wanted"]]).combine_chunks()
    slices = read_table(task.arguments["slices"])
    place = pc.index_in(table["a"], slices["id"].combine_chunks())
    table = table.append_column("slice", slices["slice"].take(place)).select(ROUTED.names).cast(ROUTED)
    table = table.sort_by("slice").combine_chunks()
    numbers = table["slice"].to_numpy()
    edges = [0, *(np.flatnonzero(np.diff(numbers)) + 1).tolist(), table.num_rows]
    groups = [table.slice(a, b - a) for a, b in pairwise(edges) if b > a] or [table]
    write_row_groups(task.output, table.schema, groups)


ROUTE_PAIRS = Step(route_pairs, inputs=("pairs", "slices"), settings=("wanted",), per="range of pairs")


def count_slices(slices: str) -> int:
    """How many slices there are."""
    return int(pc.max(read_table(slices, ["slice"])["slice"]).as_py() or 0) + 1


def grouped(files: Sequence[str], rows: Sequence[int], limit: int = ROWS_PER_FOREST) -> list[list[str]]:
    """Consecutive files with about `limit` rows together, at least two where there are two."""
    groups: list[list[str]] = []
    held = 0
    for file, count in zip(files, rows, strict=True):
        if groups and (held + count <= limit or len(groups[-1]) < 2):
            groups[-1].append(file)
            held += count
        else:
            groups.append([file])
            held = count
    return groups
