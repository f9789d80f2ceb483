"""Duplicate resolution: the final decision on each candidate of a part, after filters and duplicates."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from corpus.duplicates.ids import KNOWN
from medpress.run.step import Step
from medpress.run.task import Mark, Task
from medpress.store import dataset, read_table, write_table

RESOLVED = pa.schema(
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
"""The decision on a candidate; `stage` null: kept so far."""

_SCREENED = ["id", "doc_id", "stage", "reason", "value", "threshold", "duplicate_of"]


def resolve(task: Task, mark: Mark) -> None:
    """Arguments: `screened` (file), `clusters` (files), `threshold`. Writes `RESOLVED` rows, sorted by id."""
    table = read_table(task.arguments["screened"], _SCREENED).sort_by("id")
    bounds = pc.min_max(table["doc_id"]).as_py()
    decided = pa.table({"id": pa.array([], pa.string())})
    if task.arguments["clusters"] and table.num_rows:
        of_part = (pc.field("doc_id") >= bounds["min"]) & (pc.field("doc_id") <= bounds["max"])
        decided = dataset(task.arguments["clusters"]).to_table(filter=of_part)
    mine = decided.filter(pc.is_in(decided["id"], table["id"].combine_chunks())).to_pylist()
    found = {row["id"]: resolved(row, task.arguments["threshold"]) for row in mine}
    alone = {"dup_cluster": None, "dup_count": 1}
    columns: dict[str, list[Any]] = table.drop_columns("doc_id").to_pydict()
    columns |= {name: [value] * table.num_rows for name, value in alone.items()}
    for number, id in enumerate(columns["id"]):
        for name, value in found.get(id, {}).items():
            columns[name][number] = value
    write_table(task.output, pa.table(columns, schema=RESOLVED))


RESOLVE = Step(resolve, inputs=("screened", "clusters"), settings=("threshold",))


def resolved(cluster: dict[str, Any], threshold: float) -> dict[str, Any]:
    """What changes for a record that has duplicates."""
    row = {name: cluster[name] for name in ("duplicate_of", "dup_cluster", "dup_count")}
    for name in ("duplicate_of", "dup_cluster"):
        row[name] = row[name] and row[name].removeprefix(KNOWN)
    if cluster["duplicate_of"] is None:
        return row
    where = ", of a record in an index" if cluster["duplicate_of"].startswith(KNOWN) else ""
    if cluster["jaccard"] is None:
        return row | {"stage": "exact duplicates", "reason": f"same text{where}"}
    reason = f"nearly the same text, and all of its clinical facts{where}"
    return row | {"stage": "near duplicates", "reason": reason, "value": cluster["jaccard"], "threshold": threshold}
