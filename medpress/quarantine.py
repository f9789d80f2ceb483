"""What could not be processed: one file a writer in `quarantine/data/`, and none for a writer that has nothing to say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from medpress.schema import QUARANTINE
from medpress.store import DATA, write_manifest, write_rows

Writer = Literal["ingest", "build", "removed"]
"""Who may put rows there: reading, the build, and takedown."""


def write_quarantine(data: Path, writer: Writer, rows: Iterable[Mapping[str, Any]]) -> None:
    """Put these `QUARANTINE` rows in the place of those that the writer wrote before."""
    folder = data / "quarantine"
    file = folder / DATA / f"{writer}.parquet"
    ordered = sorted(
        rows, key=lambda row: (row["doc_id"] or "", row["place"] or "", row["page"] or 0, row["record_id"] or "")
    )
    if ordered:
        write_rows(file, ordered, QUARANTINE)
    elif file.exists():
        file.unlink()
    write_manifest(folder, kind="quarantine", config={}, versions={})
