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
from medpress.run.step import Step, read_list
from medpress.run.task import Mark, Task
from medpress.store import file_sha256, read_table, write_table

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
    resolved = read_table(task.arguments["resolved"], ["id", "stage"])
    kept = resolved.filter(pc.is_null(resolved["stage"]))["id"]
    table = read_table(task.arguments["candidates"], ["id", "text"])
    return table.filter(pc.is_in(table["id"], kept.combine_chunks()))


def count_common(task: Task, mark: Mark) -> None:
    """In how many records of a part each n-gram of the benchmarks stands. Arguments: `candidates`, `resolved`, `benchmarks`."""
    texts = _kept_texts(task)["text"].to_pylist()
    counts = decontaminate.count_grams(texts, _index(tuple(task.arguments["benchmarks"])))
    write_table(task.output, pa.table({"count": counts, "records": np.full(len(counts), len(texts))}))


def _checksums(files: Sequence[str]) -> str:
    return " ".join(file_sha256(file) for file in files)


COUNT_COMMON = Step(count_common, inputs=("candidates",), contents=("resolved",), models={"benchmarks": _checksums})


def find_common(task: Task, mark: Mark) -> None:
    """Which n-grams of the benchmarks are turns of phrase in this corpus. Arguments: `counts` (list of files of
    `count_common`), `benchmarks`. Writes one column, `common`."""
    counts = np.zeros(len(_index(tuple(task.arguments["benchmarks"])).grams), dtype=np.int64)
    records = 0
    for file in read_list(task.arguments["counts"]):
        table = read_table(file)
        counts += table["count"].to_numpy()
        records += table["records"][0].as_py() if table.num_rows else 0
    border = max(COMMON_RECORDS, int(COMMON_SHARE * records))
    write_table(task.output, pa.table({"common": pa.array(counts > border)}))


FIND_COMMON = Step(find_common, inputs=("counts",), models={"benchmarks": _checksums}, per="corpus")


def find_hits(task: Task, mark: Mark) -> None:
    """Arguments: `candidates`, `resolved`, `common` (file of `find_common`), `benchmarks`. Writes `HITS`."""
    common = read_table(task.arguments["common"])["common"].to_numpy().astype(np.int64)
    index = decontaminate.without_common(_index(tuple(task.arguments["benchmarks"])), common, 0)
    table = _kept_texts(task)
    ids = table["id"].to_pylist()
    rows = [
        _row(id, hit)
        for id, hits in zip(ids, decontaminate.find(table["text"].to_pylist(), index), strict=True)
        for hit in hits
    ]
    write_table(task.output, pa.Table.from_pylist(rows, schema=HITS))


FIND_HITS = Step(find_hits, inputs=("candidates",), contents=("resolved", "common"), models={"benchmarks": _checksums})


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
