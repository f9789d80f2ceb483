"""The order in which records are preferred."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

RANKED_BY = ("known", "quality", "priority")
"""Columns that `rank` uses where a table has them, first one first."""


def rank(table: pa.Table) -> NDArray[np.int64]:
    """Row numbers, best first: `known` (already in the corpus), then the highest `quality`, then the lowest source
    `priority`, then the smallest `id`. Missing columns count as equal, missing values as worst."""
    keys = []
    if "known" in table.column_names:
        keys.append(("known", "descending"))
    if "quality" in table.column_names:
        keys.append(("quality", "descending"))
    if "priority" in table.column_names:
        keys.append(("priority", "ascending"))
    keys.append(("id", "ascending"))
    return pc.sort_indices(table, sort_keys=keys).to_numpy().astype(np.int64)
