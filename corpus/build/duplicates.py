"""Exact and near duplicates as passes over key-partitioned columns; no step holds all signatures or all texts."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from corpus.dedup import exact, passes
from corpus.dedup.config import DedupConfig
from corpus.runner import Mark, Task
from corpus.store import read_table, write_table

VERSION = "1"


def exact_partition(task: Task, mark: Mark) -> None:
    """Exact duplicates among the passed candidates of one hash partition.

    Arguments: `screened` (files), `low`, `high` (hash prefixes). Writes (id, duplicate_of) of those to drop.
    """
    low, high = task.arguments["low"], task.arguments["high"]
    in_partition = (pc.field("content_hash") >= low) & (pc.field("content_hash") < high) & pc.field("stage").is_null()
    table = ds.dataset(task.arguments["screened"]).to_table(
        columns=["id", "content_hash", "quality", "priority"], filter=in_partition
    )
    write_table(Path(task.output), exact.duplicates(table))


def band_candidates(task: Task, mark: Mark) -> None:
    """Pairs that agree in one band. Arguments: `screened`, `exact` (files), `band`, `dedup`. Writes (a, b)."""
    band = f"band_{task.arguments['band']}"
    table = ds.dataset(task.arguments["screened"]).to_table(
        columns=["id", band], filter=pc.field(band).is_valid() & pc.field("stage").is_null()
    )
    gone = dropped_ids(task.arguments["exact"])
    table = table.filter(pc.invert(pc.is_in(table["id"], gone))).rename_columns(["id", "key"])
    write_table(Path(task.output), passes.candidates(table, DedupConfig(**task.arguments["dedup"])))


def dropped_ids(files: list[str]) -> pa.Array:
    """Ids that the exact pass drops."""
    tables = [read_table(Path(file), ["id"]) for file in files]
    return pa.concat_tables(tables)["id"].combine_chunks()


def verify_pairs(task: Task, mark: Mark) -> None:
    """Exact Jaccard and the medical guard for one slice of the pairs.

    Arguments: `pairs` (files), `low`, `high` (prefixes of `a`), `candidates` (files), `dedup`. Writes edges.
    """
    low, high = task.arguments["low"], task.arguments["high"]
    tables = [ds.dataset(task.arguments["pairs"]).to_table(filter=(pc.field("a") >= low) & (pc.field("a") < high))]
    pairs = (
        pa.concat_tables(tables).group_by(["a", "b"]).aggregate([]).sort_by([("a", "ascending"), ("b", "ascending")])
    )
    wanted = pc.unique(pa.chunked_array([*pairs["a"].chunks, *pairs["b"].chunks], type=pa.string()))
    texts = ds.dataset(task.arguments["candidates"]).to_table(
        columns=["id", "text"], filter=pc.field("id").isin(wanted)
    )
    write_table(Path(task.output), passes.verify(pairs, texts, DedupConfig(**task.arguments["dedup"])))


def decide_clusters(task: Task, mark: Mark) -> None:
    """Whom each near-duplicate is dropped for. Arguments: `edges`, `screened` (files), `dedup`.

    Writes (id, dup_cluster, dup_count, duplicate_of, saved_by_guard, jaccard) for every record with an edge.
    """
    edges = pa.concat_tables([read_table(Path(file)) for file in task.arguments["edges"]])
    touched = pc.unique(pa.chunked_array([*edges["a"].chunks, *edges["b"].chunks], type=pa.string()))
    quality = ds.dataset(task.arguments["screened"]).to_table(
        columns=["id", "quality", "priority"], filter=pc.field("id").isin(touched)
    )
    write_table(Path(task.output), passes.decide(edges, quality, DedupConfig(**task.arguments["dedup"])))


def settle(task: Task, mark: Mark) -> None:
    """The final decision on each candidate of one part. Arguments: `screened` (file), `exact` (files), `clusters` (file).

    Writes id, stage, reason, value, threshold, duplicate_of, dup_cluster, dup_count, sorted by id.
    """
    columns = ["id", "stage", "reason", "value", "threshold"]
    table = read_table(Path(task.arguments["screened"]), columns)
    ids = table["id"].combine_chunks()
    of_part = pc.field("id").isin(ids)
    same = ds.dataset(task.arguments["exact"]).to_table(filter=of_part)
    near = ds.dataset([task.arguments["clusters"]]).to_table(filter=of_part)
    exact_of = dict(zip(same["id"].to_pylist(), same["duplicate_of"].to_pylist(), strict=True))
    near_of = {row["id"]: row for row in near.to_pylist()}
    rows = []
    for row in table.to_pylist():
        cluster = near_of.get(row["id"], {})
        row |= {
            "duplicate_of": None,
            "dup_cluster": cluster.get("dup_cluster"),
            "dup_count": cluster.get("dup_count", 1),
        }
        if row["id"] in exact_of:
            row |= {"stage": "exact duplicates", "reason": "same text", "duplicate_of": exact_of[row["id"]]}
        elif cluster.get("duplicate_of"):
            row |= {
                "stage": "near duplicates",
                "reason": "nearly the same text with the same clinical facts",
                "value": cluster["jaccard"],
                "threshold": task.arguments["threshold"],
                "duplicate_of": cluster["duplicate_of"],
            }
        rows.append(row)
    write_table(Path(task.output), pa.Table.from_pylist(rows, schema=SETTLED).sort_by("id"))


SETTLED = pa.schema(
    [
        pa.field("id", pa.string()),
        pa.field("stage", pa.string()),
        pa.field("reason", pa.string()),
        pa.field("value", pa.float64()),
        pa.field("threshold", pa.float64()),
        pa.field("duplicate_of", pa.string()),
        pa.field("dup_cluster", pa.string()),
        pa.field("dup_count", pa.int32()),
    ]
)
"""The decision on a candidate after filters and duplicates; `stage` null: kept so far."""
