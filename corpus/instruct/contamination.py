"""Look for benchmark questions in conversations: in all that is said, as `corpus build` does in records."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus import decontaminate
from corpus.steps.contamination import COMMON_RECORDS, COMMON_SHARE, HITS
from medpress.run.step import Step, read_list
from medpress.run.task import Mark, Task
from medpress.store import read_table, write_table


@lru_cache(maxsize=1)
def _index(files: tuple[str, ...]) -> decontaminate.Index:
    return decontaminate.build_index([item for file in files for item in decontaminate.load_items(Path(file))])


def _said(file: str) -> tuple[list[str], list[str]]:
    """Ids and texts of the conversations of a part that have no fault yet."""
    table = read_table(file, ["id", "messages", "reason"])
    table = table.filter(pc.is_null(table["reason"]))
    texts = ["\n".join(m["content"] for m in messages) for messages in table["messages"].to_pylist()]
    return table["id"].to_pylist(), texts


def count_common(task: Task, mark: Mark) -> None:
    """In how many conversations each n-gram of the benchmarks stands. Arguments: `part` (file), `benchmarks` (files)."""
    _, texts = _said(task.arguments["part"])
    counts = decontaminate.count_grams(texts, _index(tuple(task.arguments["benchmarks"])))
    write_table(task.output, pa.table({"count": counts, "records": np.full(len(counts), len(texts))}))


def find_hits(task: Task, mark: Mark) -> None:
    """Arguments: `part`, `benchmarks`, `counts` (list of the files of `count_common`). Writes `HITS`."""
    tables = [read_table(file) for file in read_list(task.arguments["counts"])]
    counts = np.sum([table["count"].to_numpy() for table in tables], axis=0)
    conversations = sum(table["records"][0].as_py() for table in tables if table.num_rows)
    index = _index(tuple(task.arguments["benchmarks"]))
    index = decontaminate.without_common(index, counts, max(COMMON_RECORDS, int(COMMON_SHARE * conversations)))
    ids, texts = _said(task.arguments["part"])
    rows = [
        {
            "id": id, "benchmark": hit.item.benchmark, "item": hit.item.id, "part": hit.item.part,
            "coverage": hit.coverage, "start": hit.start, "end": hit.end,
        }
        for id, hits in zip(ids, decontaminate.find(texts, index), strict=True)
        for hit in hits
    ]  # fmt: skip
    write_table(task.output, pa.Table.from_pylist(rows, schema=HITS))


COUNT_COMMON = Step(count_common, inputs=("part",), contents=("benchmarks",))
FIND_HITS = Step(find_hits, inputs=("part", "counts"), contents=("benchmarks",))


def items(hits: Iterable[Path]) -> dict[str, dict[str, tuple[str, str]]]:
    """Of each conversation with a hit: `question`, `context` to (benchmark, item) of the one that it holds best."""
    found: dict[str, dict[str, tuple[float, str, str]]] = {}
    for file in hits:
        for row in read_table(file).to_pylist():
            best = found.setdefault(row["id"], {})
            best[row["part"]] = max(
                best.get(row["part"], (0.0, "", "")), (row["coverage"], row["benchmark"], row["item"])
            )
    return {id: {part: item[1:] for part, item in best.items()} for id, best in found.items()}


def questions(hits: Iterable[Path]) -> dict[str, str]:
    """Why each conversation that holds a question is dropped."""
    held = {id: best["question"] for id, best in items(hits).items() if "question" in best}
    return {id: f"holds a question of {benchmark}" for id, (benchmark, _) in held.items()}
