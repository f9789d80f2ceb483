"""What was taken down: the record that `corpus remove DOCUMENT` writes and every later run looks at."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from medpress.errors import CorruptError
from medpress.schema import REMOVED
from medpress.store import read_dataset

KIND = "removed"
"""Kind of the quarantine rows of what was taken down."""


def removed(data: Path) -> dict[str, dict[str, Any]]:
    """`REMOVED` rows of a data folder by document. Raises `CorruptError`: without them nobody knows what must not come back."""
    try:
        return {row["doc_id"]: row for row in read_dataset(data / "removed", REMOVED).to_pylist()}
    except CorruptError as error:
        raise CorruptError(
            f"the record of takedowns in {data / 'removed'} is damaged; put a copy of it back, or remove the folder and take"
            " the documents down again with `corpus remove DOCUMENT`."
        ) from error


def failure(row: Mapping[str, Any]) -> dict[str, str]:
    """Kind and message of the quarantine row of a document that was taken down."""
    why = f": {row['reason']}" if row["reason"] else ""
    return {"kind": KIND, "message": f"It was taken down{why}."}
