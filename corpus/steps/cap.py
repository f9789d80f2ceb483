"""The caps on augmented text: on its share in a source, and on the share of one method in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from medpress.run.step import Step
from medpress.run.task import Mark, Task
from medpress.store import select, write_table

BORDERS = pa.schema(
    [
        pa.field("source", pa.string()),
        pa.field("method", pa.string()),
        pa.field("last", pa.string()),
        pa.field("value", pa.float64()),
        pa.field("threshold", pa.float64()),
    ]
)
"""A source, or a method, with more augmented text than its cap allows (the other is null), and the last id that stays: ids are hashes,
so what stays is a fair sample; empty when none stays. Of a source the share that all of it would have, and the most that it may have;
of a method its tokens, and those that it may have so that none has more than its share."""


def cap_share(task: Task, mark: Mark) -> None:
    """Which augmented records are over a cap. Arguments: `annotated` (files of the source text), `candidates` and
    `resolved` (files of the augmented text), `max_share`, `max_method_share`. Writes `BORDERS`: those of the sources, then those of
    the methods in what the sources keep."""
    a = task.arguments
    kept = pc.field("stage").is_null()
    tokens = _tokens(select(a["annotated"], ["source", "n_tokens"], kept), "source")
    resolved = select(a["resolved"], ["id"], kept)
    columns = ["source", "augmentation", "id", "n_tokens"]
    made = select(a["candidates"], columns, pc.field("id").isin(resolved["id"].combine_chunks())).sort_by("id")
    rows: list[dict[str, Any]] = []
    for source, all_of_it in _tokens(made, "source").items() if a["max_share"] < 1 else ():
        own = tokens.get(source, 0)
        room = int(own * a["max_share"] / (1 - a["max_share"]))
        if all_of_it > room:
            last = _last(made.filter(pc.equal(made["source"], source)), room)
            of_source = {"source": source, "method": None, "last": last}
            rows.append(of_source | {"value": all_of_it / (all_of_it + own), "threshold": a["max_share"]})
            made = made.filter(pc.or_(pc.not_equal(made["source"], source), pc.less_equal(made["id"], last)))
    totals = _tokens(made, "augmentation")
    of_method = {method: made.filter(pc.equal(made["augmentation"], method)) for method in totals}
    sums = {method: np.cumsum(table["n_tokens"].to_numpy()) for method, table in of_method.items()}
    limit = balanced(sums, a["max_method_share"])
    for method, total in totals.items():
        if limit is not None and total > limit:
            of_it = {"source": None, "method": method, "last": _last(of_method[method], limit)}
            rows.append(of_it | {"value": total, "threshold": limit})
    write_table(task.output, pa.Table.from_pylist(rows, schema=BORDERS))


CAP_SHARE = Step(
    cap_share,
    inputs=("annotated", "candidates", "resolved"),
    settings=("max_share", "max_method_share"),
    per="corpus",
)


def balanced(sums: Mapping[str, NDArray[np.int64]], most: float) -> int | None:
    """The largest number of tokens up to which each method may keep its first texts, so that none has more than a share `most` of
    what is kept; None where nothing has to go, and where no limit helps, as with one or two methods.

    `sums` holds the running sums of the tokens of each method's texts.
    """
    if not sums:
        return None
    limits = np.unique(np.concatenate([*sums.values()]))
    kept = np.stack([np.append(0, tokens)[np.searchsorted(tokens, limits, side="right")] for tokens in sums.values()])
    right = np.flatnonzero(kept.max(axis=0) <= most * kept.sum(axis=0) + 1e-9)
    return int(limits[right[-1]]) if len(right) and right[-1] < len(limits) - 1 else None


def _last(texts: pa.Table, room: int) -> str:
    """The id of the last of these texts, in their order, that has room."""
    stays = pc.sum(pc.less_equal(pc.cumulative_sum(texts["n_tokens"]), room)).as_py()
    return texts["id"][stays - 1].as_py() if stays else ""


def _tokens(table: pa.Table, by: str) -> dict[str, int]:
    """Tokens by source or method, in the order of these."""
    sums = table.group_by(by).aggregate([("n_tokens", "sum")]).sort_by(by)
    return dict(zip(sums[by].to_pylist(), sums["n_tokens_sum"].to_pylist(), strict=True))


def mark_capped(rows: Sequence[dict[str, Any]], borders: Sequence[Mapping[str, Any]]) -> None:
    """Drop the augmented records beyond the border of their source or of their method."""
    of_source = {border["source"]: border for border in borders if border["source"]}
    of_method = {border["method"]: border for border in borders if border["method"]}
    for row in rows:
        for border, reason in (
            (of_source.get(row["source"]), "over the share of augmented text in its source"),
            (of_method.get(row["augmentation"]), "over the share of one method in the augmented text"),
        ):
            if border and row["stage"] is None and row["id"] > border["last"]:
                decided = {"stage": "augmentation", "reason": reason}
                row |= decided | {"value": border["value"], "threshold": border["threshold"]}
