"""What a build did, and the check that nothing disappeared on the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from corpus.flow import count
from corpus.steps.ask_model import Asked
from medpress.errors import AccountError
from medpress.schema import BOILERPLATE
from medpress.store import parts, read_dataset, read_table


@dataclass(slots=True)
class BuildResult:
    """What a build did, for the summary and the audit."""

    documents: int = 0
    """Documents in."""
    sections: int = 0
    """Records cut from them."""
    kept: int = 0
    """Records in the shards that are not augmented."""
    dropped: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Records dropped, by (stage, reason)."""
    boilerplate: int = 0
    """Paragraphs that were taken out, since their source repeats them."""
    quarantined: int = 0
    """Records or documents that could not be processed."""
    asked: Asked | None = None
    """What a model was asked for augmentation; None without one."""
    augmented: int = 0
    """Augmented texts made."""
    methods: Counter[str] = field(default_factory=Counter)
    """Augmented records in the shards, by method."""
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Augmented records dropped, by (stage, reason)."""
    tokens: Counter[str] = field(default_factory=Counter)
    """Tokens in the shards, by source."""
    records: Counter[str] = field(default_factory=Counter)
    """Records in the shards, by source."""
    tasks: dict[str, int] = field(default_factory=dict)
    """Tasks done, skipped and failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What went into a build, and what it set apart."""

    documents: int
    """Documents in."""
    cut: Sequence[str]
    """Files of the sections that were cut from them."""
    made: Sequence[str]
    """Files of the texts that were augmented."""
    quarantine: Sequence[Mapping[str, Any]]
    """Rows of documents and sections that could not be processed."""
    augmentation_quarantine: Sequence[Mapping[str, Any]]
    """Rows of what failed while texts were augmented: their parents are in the shards all the same."""


def account_for(data: Path, given: Account) -> BuildResult:
    """Count what stands in the datasets of a data folder. Raises `AccountError` when the equations do not hold."""
    result = BuildResult(documents=given.documents)
    result.sections, result.augmented = count(given.cut), count(given.made)
    for row in _totals(data, "shards", ["source", "augmentation"], [("n_tokens", "sum")]):
        result.tokens[row["source"]] += row["n_tokens_sum"]
        result.records[row["source"]] += row["count_all"]
        if row["augmentation"] is None:
            result.kept += row["count_all"]
        else:
            result.methods[row["augmentation"]] += row["count_all"]
    for row in _totals(data, "dropped", ["stage", "reason", "augmentation"], []):
        counts = result.dropped if row["augmentation"] is None else result.refused
        counts[row["stage"], row["reason"]] += row["count_all"]
    taken_out = read_dataset(data / "boilerplate", BOILERPLATE, ["taken_out"])["taken_out"]
    result.boilerplate = pc.sum(taken_out).as_py() or 0
    result.quarantined = len(given.quarantine) + len(given.augmentation_quarantine)
    _check_sum("sections were cut", result.sections, result.kept, result.dropped, given.quarantine)
    of_texts = [row for row in given.augmentation_quarantine if row["stage"] != "augment"]
    _check_sum("texts were augmented", result.augmented, result.methods.total(), result.refused, of_texts)
    cut_documents = sum(pc.count_distinct(read_table(file, ["doc_id"])["doc_id"]).as_py() for file in given.cut)
    lost = given.documents - cut_documents - sum(row["stage"] == "cut" for row in given.quarantine)
    if lost:
        raise AccountError(f"{lost} documents were neither cut into sections nor quarantined")
    return result


def _totals(data: Path, kind: str, by: list[str], sums: list[tuple[str, str]]) -> Iterator[dict[str, Any]]:
    """Rows of a dataset counted by columns, and sums of others, file by file."""
    for file in parts(data / kind):
        table = read_table(file, [*by, *(name for name, _ in sums)])
        yield from table.group_by(by).aggregate([*sums, ([], "count_all")]).to_pylist()


def _check_sum(
    what: str, count: int, kept: int, dropped: Counter[Any], quarantine: Sequence[Mapping[str, Any]]
) -> None:
    """Every record comes out once. Raises `AccountError`."""
    quarantined = sum(row["record_id"] is not None for row in quarantine)
    if count != kept + dropped.total() + quarantined:
        raise AccountError(
            f"{count} {what} but {kept} kept + {dropped.total()} dropped + {quarantined} quarantined come out"
        )


def as_values(result: BuildResult) -> dict[str, Any]:
    """A result as plain JSON values; what was asked of a model and the tasks are of its run only."""
    values = {
        name: getattr(result, name) for name in BuildResult.__dataclass_fields__ if name not in ("asked", "tasks")
    }
    return {
        name: [[*(key if isinstance(key, tuple) else (key,)), count] for key, count in value.items()]
        if isinstance(value, Counter)
        else value
        for name, value in values.items()
    }


def as_result(values: Mapping[str, Any]) -> BuildResult:
    """The result of a build that had nothing to do."""
    result = BuildResult(tasks={"done": 0, "skipped": 0, "failed": 0})
    for name, value in values.items():
        if isinstance(value, list):
            value = Counter({tuple(key) if len(key) > 1 else key[0]: count for *key, count in value})
        setattr(result, name, value)
    return result
