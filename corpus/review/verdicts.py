"""What people said of records: taken in from the forms, kept as a dataset, counted, and handed to the next build."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from corpus.filters import SET_ASIDE
from corpus.review.precision import Interval, wilson
from medpress.errors import UserError
from medpress.schema import RECORD, REVIEW
from medpress.store import publish_tables, read_dataset, table_of, write_manifest

FOLDER = "reviews"
"""The dataset's folder in a data folder."""
VERDICTS = ("keep", "drop")
"""What can be said of a record."""
MAX_BYTES = 2**28
"""A larger form is refused."""
NEEDED = ("record", "content_hash", "sample", "verdict")
"""Columns of a form that are taken back."""


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What a form said."""

    verdicts: int
    """Verdicts that were taken in."""
    empty: int
    """Records without a verdict."""
    unknown: int
    """Verdicts on records that are in the shards no more, or with another text."""


@dataclass(frozen=True, slots=True)
class Precision:
    """What the verdicts on one sample say of the corpus."""

    sample: str
    """Its size, strata and seed."""
    reviewed: int
    """Records with a verdict."""
    kept: int
    """Of these, records that are to be kept."""
    interval: Interval
    """Share of records that are worth keeping; of a sample with strata only a rough one."""


def take_in(data: Path, form: Path) -> TakenIn:
    """Add the verdicts of a form (CSV, or JSON as Label Studio exports it) to the reviews of a data folder.

    A later verdict on the same record and sample takes the place of an earlier one. Raises `UserError` for a form that cannot
    be read, or with a verdict that is none.
    """
    given = list(_of_form(form))
    said = {row["record"]: row for row in given if row["verdict"]}
    wrong = sorted({row["verdict"] for row in said.values()} - set(VERDICTS))
    if wrong:
        raise UserError(f"{form} has the verdict {wrong[0]!r}; a verdict is {' or '.join(VERDICTS)}.")
    asked = pc.field("id").isin(sorted(said))
    texts = read_dataset(data / "shards", RECORD, ["id", "doc_id", "content_hash"], asked).to_pylist()
    of = {row["id"]: row for row in texts}
    today = datetime.now(UTC).date().isoformat()
    new = [
        {
            "id": id, "doc_id": of[id]["doc_id"], "content_hash": row["content_hash"], "verdict": row["verdict"],
            "sample": row["sample"], "stratum": row.get("stratum", ""), "date": today,
        }
        for id, row in said.items()
        if id in of and of[id]["content_hash"] == row["content_hash"]
    ]  # fmt: skip
    write(data, read_dataset(data / FOLDER, REVIEW).to_pylist(), new)
    return TakenIn(len(new), len({row["record"] for row in given}) - len(said), len(said) - len(new))


def write(data: Path, before: Iterable[dict[str, Any]], new: Iterable[dict[str, Any]]) -> None:
    """Write the reviews of a data folder: of a record and sample the newer row."""
    merged = {(row["sample"], row["id"]): row for row in (*before, *new)}
    rows = [merged[key] for key in sorted(merged)]
    publish_tables(data / FOLDER, "reviews.parquet", [table_of(rows, REVIEW)], REVIEW)
    write_manifest(data / FOLDER, kind=FOLDER, config={}, versions={})


def _of_form(form: Path) -> Iterator[dict[str, str]]:
    """The rows of a form, with at least `NEEDED`."""
    try:
        if form.stat().st_size > MAX_BYTES:
            raise UserError(f"{form} is larger than {MAX_BYTES >> 20} MB; split it.")
        text = form.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"{form} cannot be read: {getattr(error, 'strerror', None) or 'it is no text in UTF-8'}."
        ) from error
    rows = _of_label_studio(form, text) if text.lstrip().startswith("[") else _of_csv(text)
    try:
        for row in rows:
            if any(not isinstance(row.get(name), str) for name in NEEDED):
                raise UserError(f"{form} is no form of `corpus sample`: a row has not all of {', '.join(NEEDED)}.")
            yield row | {"verdict": row["verdict"].strip().lower()}
    except csv.Error as error:
        raise UserError(f"{form} is not readable as CSV: {error}.") from error


def _of_csv(text: str) -> Iterator[dict[str, Any]]:
    csv.field_size_limit(MAX_BYTES)
    yield from csv.DictReader(io.StringIO(text, newline=""))


def _of_label_studio(form: Path, text: str) -> Iterator[dict[str, Any]]:
    """Tasks of Label Studio's JSON export; of several annotations of a task the last counts."""
    try:
        tasks = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{form} is not readable as JSON.") from error
    for task in tasks:
        if not isinstance(task, dict) or not isinstance(task.get("data"), dict):
            raise UserError(f"{form} is no export of Label Studio: a task has no data.")
        verdict = ""
        for annotation in task.get("annotations") or ():
            results = annotation.get("result") if isinstance(annotation, dict) else None
            for result in results or ():
                if isinstance(result, dict) and result.get("from_name") == "verdict":
                    value = result.get("value")
                    choices = value.get("choices") if isinstance(value, dict) else None
                    verdict = str(choices[0]) if choices else verdict
        yield task["data"] | {"verdict": verdict}


def verdicts(data: Path) -> dict[str, tuple[str, str]]:
    """Record to (content hash, verdict): the newest of each, and of one day's verdicts the stricter."""
    rows = read_dataset(data / FOLDER, REVIEW, ["id", "content_hash", "verdict", "date"]).to_pylist()
    rows.sort(key=lambda row: (row["date"], row["verdict"] == "drop", row["content_hash"]))
    return {row["id"]: (row["content_hash"], row["verdict"]) for row in rows}


def precision(data: Path) -> list[Precision]:
    """What each sample says, the largest first."""
    return precision_of(read_dataset(data / FOLDER, REVIEW).to_pylist())


def precision_of(rows: Iterable[Mapping[str, Any]]) -> list[Precision]:
    """The same of rows of `REVIEW`; what was set aside is no sample of the corpus."""
    samples: dict[str, list[str]] = {}
    for row in rows:
        if row["sample"] == SET_ASIDE:
            continue
        samples.setdefault(row["sample"], []).append(row["verdict"])
    found = [
        Precision(sample, len(said), said.count("keep"), wilson(said.count("keep"), len(said)))
        for sample, said in samples.items()
    ]
    return sorted(found, key=lambda one: (-one.reviewed, one.sample))
