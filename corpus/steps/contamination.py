"""Look for benchmark questions in what is kept so far."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus import decontaminate
from medpress.location import location
from medpress.run.task import Mark, Task
from medpress.store import read_table, write_table

VERSION = "1"
COMMON_RECORDS = 20
"""An n-gram that stands in more records than this (and than `COMMON_SHARE` of them) is a turn of phrase."""
COMMON_SHARE = 0.001
"""The same as a share of all records, for large corpora."""

HITS = pa.schema(
    [
        pa.field("id", pa.string()),
        pa.field("benchmark", pa.string()),
        pa.field("item", pa.string()),
        pa.field("part", pa.string()),
        pa.field("coverage", pa.float64()),
        pa.field("start", pa.int32()),
        pa.field("end", pa.int32()),
    ]
)
"""One row a stretch of a record that holds a benchmark's question or context."""


@lru_cache(maxsize=1)
def _index(files: tuple[str, ...]) -> decontaminate.Index:
    items = [item for file in files for item in decontaminate.load_items(location(file))]
    return decontaminate.build_index(items)


def _kept_texts(task: Task) -> pa.Table:
    settled = read_table(task.arguments["settled"], ["id", "stage"])
    kept = settled.filter(pc.is_null(settled["stage"]))["id"]
    table = read_table(task.arguments["candidates"], ["id", "text"])
    return table.filter(pc.is_in(table["id"], kept.combine_chunks()))


def count_common(task: Task, mark: Mark) -> None:
    """In how many records of a part each n-gram of the benchmarks stands. Arguments: `candidates`, `settled`, `benchmarks`."""
    texts = _kept_texts(task)["text"].to_pylist()
    counts = decontaminate.count_grams(texts, _index(tuple(task.arguments["benchmarks"])))
    write_table(task.output, pa.table({"count": counts, "records": np.full(len(counts), len(texts))}))


def find_hits(task: Task, mark: Mark) -> None:
    """Arguments: `candidates`, `settled`, `benchmarks`, `counts` (files of `count_common`). Writes `HITS`."""
    index = _index(tuple(task.arguments["benchmarks"]))
    tables = [read_table(file) for file in task.arguments["counts"]]
    counts = np.sum([table["count"].to_numpy() for table in tables], axis=0)
    records = sum(table["records"][0].as_py() for table in tables if table.num_rows)
    index = decontaminate.without_common(index, counts, max(COMMON_RECORDS, int(COMMON_SHARE * records)))
    table = _kept_texts(task)
    ids = table["id"].to_pylist()
    rows = [
        _row(id, hit)
        for id, hits in zip(ids, decontaminate.find(table["text"].to_pylist(), index), strict=True)
        for hit in hits
    ]
    write_table(task.output, pa.Table.from_pylist(rows, schema=HITS))


def _row(id: str, hit: decontaminate.Hit) -> dict[str, Any]:
    where = {"coverage": hit.coverage, "start": hit.start, "end": hit.end}
    return {"id": id, "benchmark": hit.item.benchmark, "item": hit.item.id, "part": hit.item.part} | where


def mark_contaminated(rows: Sequence[dict[str, Any]], hits: Sequence[dict[str, Any]]) -> None:
    """Drop the records that hold a question; note on the others whose context they hold (contexts are public text)."""
    by_id = {row["id"]: row for row in rows}
    for hit in sorted(
        hits, key=lambda hit: (hit["part"] != "question", -hit["coverage"], hit["benchmark"], hit["item"])
    ):
        row = by_id.get(hit["id"])
        if row is None or row["stage"] is not None:
            continue
        where = f"{hit['benchmark']} {hit['item']}, characters {hit['start']} to {hit['end']}"
        row["topics"] = [*row["topics"], {"name": f"benchmark_{hit['part']}", "value": where}]
        if hit["part"] == "question":
            row |= {
                "stage": "decontamination",
                "reason": f"holds a question of {hit['benchmark']}",
                "value": hit["coverage"],
                "threshold": decontaminate.DEFAULT.min_coverage,
            }
