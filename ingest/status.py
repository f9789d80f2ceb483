"""What was read, by which route, and what was not."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ingest.ledger import LEDGER, read_ledger
from medpress.command import UserError
from medpress.errors import to_run
from medpress.location import check_reachable
from medpress.lock import exclusive
from medpress.page_account import worst_pages
from medpress.run.runner import forget_failures as forget
from medpress.schema import DOCUMENT, PAGE, QUARANTINE
from medpress.store import read_dataset

WORST_SHOWN = 10
"""Pages named on which words or numbers were lost, doubled or changed."""


@dataclass(frozen=True, slots=True)
class Overview:
    """Rows of the four tables that `ingest status` prints."""

    documents: list[tuple[Any, ...]]
    """source, format, documents, pages, pages by OCR."""
    routes: list[tuple[Any, ...]]
    """route, reason (numbers as #), pages."""
    quarantine: list[tuple[Any, ...]]
    """id of the document or pseudonym of the file, page, kind, message."""
    worst: list[tuple[Any, ...]]
    """document, page, characters lost, characters too many, how many numbers lost and new: where the check found most."""


def overview(data: Path) -> Overview:
    """Read the datasets of a data folder. Raises `UserError` when nothing was ingested there."""
    check_reachable(data)
    if not (data / "documents").exists():
        raise UserError(f"there are no documents in {data}; run {to_run('ingest auto PATH', data)} first.")
    documents: dict[tuple[str, str], list[int]] = {}
    for row in read_dataset(data / "documents", DOCUMENT, ["source", "format", "n_pages", "n_ocr_pages"]).to_pylist():
        totals = documents.setdefault((row["source"], row["format"]), [0, 0, 0])
        for index, value in enumerate((1, row["n_pages"], row["n_ocr_pages"])):
            totals[index] += value
    pages = read_dataset(data / "pages", PAGE, ["route", "reason"]).to_pylist()
    routes = Counter((row["route"], re.sub(r"(?<![\w-])\d+(?:\.\d+)?", "#", row["reason"])) for row in pages)
    quarantine = read_dataset(data / "quarantine", QUARANTINE).to_pylist()
    return Overview(
        [(*key, *totals) for key, totals in sorted(documents.items())],
        [(*key, count) for key, count in routes.most_common(40)],
        [
            (row["doc_id"] or row["place"], row["page"] or "", row["kind"], row["message"])
            for row in quarantine
            if row["record_id"] is None
        ],
        [
            (
                row["doc_id"],
                row["page"],
                row["lost"],
                row["new"],
                len(row["numbers_lost"]),  # which they are is text of the page
                len(row["numbers_new"]),
            )
            for row in worst_pages(data, WORST_SHOWN).to_pylist()
        ],
    )


def forget_failures(data: Path) -> int:
    """Forget what could not be read, so that the next run over the same paths tries it again; returns how many."""
    ledger = read_ledger(data)
    if not ledger.files:
        raise UserError(f"nothing was ingested into {data}.")
    with exclusive(data):
        rows = ledger.rows
        lost = pc.greater(pc.fill_null(pc.list_value_length(rows["failed_pages"]), 0), 0)
        failed = rows.filter(pc.or_(pc.is_valid(rows["kind"]), lost))
        again = pa.nulls(failed.num_rows, pa.string())
        ledger.append(failed.set_column(LEDGER.get_field_index("reading"), LEDGER.field("reading"), again))
        forget(data / "work" / "ingest")
    return failed.num_rows
