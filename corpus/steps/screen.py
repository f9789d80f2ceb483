"""Decide on each candidate by its scores, and sign those that pass for the duplicate search."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from corpus import filters
from corpus.duplicates import passes
from corpus.duplicates.config import DedupConfig
from medpress.run.step import Halve, Step
from medpress.run.task import Mark, Task
from medpress.schema import by_name
from medpress.store import read_table, write_table

DECISION = pa.schema(
    [
        pa.field("id", pa.string()),
        pa.field("doc_id", pa.string()),
        pa.field("source", pa.string()),
        pa.field("content_hash", pa.string()),
        pa.field("quality", pa.float64()),
        pa.field("priority", pa.int32()),
        pa.field("stage", pa.string()),
        pa.field("reason", pa.string()),
        pa.field("value", pa.float64()),
        pa.field("threshold", pa.float64()),
        pa.field("duplicate_of", pa.string()),
    ]
)
"""One row a candidate: what the duplicate search needs, and the filters' verdict (`stage` null: passed)."""


def screen(task: Task, mark: Mark) -> None:
    """Arguments: `candidates` (file), `only` (ids, or null), `reviewed` (id to the content hash and verdict of somebody who
    read it), `filters`, `dedup`, `source_priority`.

    Writes the decisions with the signatures' band keys.

    A candidate with a fault is dropped here, whatever its scores, and so is one that somebody dropped; one that somebody keeps
    passes whatever its scores are. A verdict on another text than the candidate's says nothing. Thresholds stand in this step, not in the scores', so
    changing one costs no re-scoring.
    """
    arguments = task.arguments
    config = filters.FilterConfig(**arguments["filters"])
    order = {name: rank for rank, name in enumerate(arguments["source_priority"])}
    columns = ["id", "doc_id", "text", "source", "source_type", "lang", "augmentation", "content_hash", "quality"]
    columns += ["fault", "fault_value", "fault_threshold", "copy_of"]
    table = read_table(arguments["candidates"], columns)
    if arguments["only"] is not None:
        table = table.filter(pc.field("id").isin(arguments["only"]))
    rows: list[dict[str, Any]] = []
    for row in table.select([c for c in columns if c != "text"]).to_pylist():
        scores = by_name(row["quality"])
        content, said = arguments["reviewed"].get(row["id"], ("", ""))
        said = said if content == row["content_hash"] else ""
        verdict = _verdict(row, scores, config, said)
        rows.append(
            {
                "id": row["id"],
                "doc_id": row["doc_id"],
                "source": row["source"],
                "content_hash": row["content_hash"],
                "quality": filters.overall(scores),
                "priority": order.get(row["source_type"], len(order)),
                "stage": _stage(row, verdict, said) if verdict else None,
                "reason": verdict.reason if verdict else None,
                "value": verdict.value if verdict else None,
                "threshold": verdict.threshold if verdict else None,
                "duplicate_of": row["copy_of"],
            }
        )
    decisions = pa.Table.from_pylist(rows, schema=DECISION)
    signed = passes.signatures(table.select(["id", "text"]), DedupConfig(**arguments["dedup"]).scheme)
    for name in signed.column_names[1:]:
        decisions = decisions.append_column(name, signed[name])
    write_table(task.output, decisions.sort_by("id"))


SCREEN = Step(
    screen,
    inputs=("candidates",),
    settings=("reviewed", "filters", "dedup", "source_priority"),
    on_failure=Halve("candidates"),
)


def _verdict(
    row: dict[str, Any], scores: dict[str, float], config: filters.FilterConfig, said: str
) -> filters.Verdict | None:
    if row["fault"]:
        return filters.Verdict(row["fault"], row["fault_value"], row["fault_threshold"])
    if said:
        return filters.Verdict("a person said so", None, None) if said == "drop" else None
    return filters.decide(scores, row["lang"], config)


def _stage(row: dict[str, Any], verdict: filters.Verdict, said: str) -> str:
    """Who drops it: what an augmented text or a copy in its work is faulted for is no matter of quality filters."""
    if verdict.doubtful:
        return filters.SET_ASIDE
    if row["copy_of"]:
        return "works"
    if row["fault"]:
        return "augmentation" if row["augmentation"] else "filter"
    return "review" if said else "filter"
