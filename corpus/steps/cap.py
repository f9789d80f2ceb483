"""The cap on the share of augmented text in a source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from medpress.run.step import Step
from medpress.run.task import Mark, Task
from medpress.store import select, write_table

BORDERS = pa.schema(
    [
        pa.field("source", pa.string()),
        pa.field("last", pa.string()),
        pa.field("share", pa.float64()),
        pa.field("max_share", pa.float64()),
    ]
)
"""A source with more augmented text than its cap allows: the last id that stays (ids are hashes, so what stays is a fair
sample of methods and records; empty when none stays), and the share that all of it would have."""


def cap_share(task: Task, mark: Mark) -> None:
    """Which augmented records are over the cap. Arguments: `annotated` (files of the source text), `candidates` and
    `resolved` (files of the augmented text), `max_share`. Writes `BORDERS`."""
    a = task.arguments
    kept = pc.field("stage").is_null()
    text = select(a["annotated"], ["source", "n_tokens"], kept)
    tokens = {row["source"]: row["n_tokens_sum"] for row in _sums(text)}
    resolved = select(a["resolved"], ["id"], kept)
    columns = ["source", "id", "n_tokens"]
    chosen = pc.field("id").isin(resolved["id"].combine_chunks())
    made = select(a["candidates"], columns, chosen)
    rows = []
    for row in _sums(made):
        source, all_of_it = row["source"], row["n_tokens_sum"]
        room = int(tokens.get(source, 0) * a["max_share"] / (1 - a["max_share"]))
        if all_of_it <= room:
            continue
        of_source = made.filter(pc.equal(made["source"], source)).sort_by("id")
        stays = pc.sum(pc.less_equal(pc.cumulative_sum(of_source["n_tokens"]), room)).as_py()
        rows.append(
            {
                "source": source,
                "last": of_source["id"][stays - 1].as_py() if stays else "",
                "share": all_of_it / (all_of_it + tokens.get(source, 0)),
                "max_share": a["max_share"],
            }
        )
    write_table(task.output, pa.Table.from_pylist(rows, schema=BORDERS))


CAP_SHARE = Step(cap_share, inputs=("annotated", "candidates", "resolved"), settings=("max_share",), per="corpus")


def _sums(table: pa.Table) -> list[dict[str, Any]]:
    """Tokens by source, sorted by source."""
    return table.group_by("source").aggregate([("n_tokens", "sum")]).sort_by("source").to_pylist()


def mark_capped(rows: Sequence[dict[str, Any]], borders: Sequence[Mapping[str, Any]]) -> None:
    """Drop the augmented records beyond the border of their source."""
    border_of = {border["source"]: border for border in borders}
    for row in rows:
        border = border_of.get(row["source"])
        if border and row["stage"] is None and row["id"] > border["last"]:
            row |= {
                "stage": "augmentation",
                "reason": "over the share of augmented text in its source",
                "value": border["share"],
                "threshold": border["max_share"],
            }
