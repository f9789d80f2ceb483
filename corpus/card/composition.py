"""What the shards are made of, counted for the card."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from corpus.review.verdicts import Precision, precision
from corpus.tables import row_groups
from medpress.schema import SOURCE_TYPES
from medpress.store import read_manifest


class Group(NamedTuple):
    """Records alike in all of these."""

    source_type: str
    source: str
    lang: str
    license: str
    augmentation: str


@dataclass(kw_only=True)
class Composition:
    """The counts that a card prints."""

    manifest: Mapping[str, Any]
    """The manifest of the shards."""
    records: Counter[Group] = field(default_factory=Counter)
    """Records in the shards."""
    tokens: Counter[Group] = field(default_factory=Counter)
    """Tokens in the shards."""
    dropped: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Dropped records by (stage, reason)."""
    redactions: Counter[str] = field(default_factory=Counter)
    """Placeholders in the shards by type."""
    documents: int = 0
    """Documents that were read."""
    reviews: Sequence[Precision] = ()
    """What people said of samples."""
    paragraphs: int = 0
    """Repeated paragraphs that were taken out of all but one document."""

    @property
    def source_types(self) -> list[str]:
        """The source types that have shards, in the order of the schema."""
        present = {group.source_type for group in self.records}
        return [name for name in SOURCE_TYPES if name in present]

    def by(self, *names: str) -> list[tuple[tuple[str, ...], int, int]]:
        """(values of these fields, records, tokens), sorted by the values."""
        records: Counter[tuple[str, ...]] = Counter()
        tokens: Counter[tuple[str, ...]] = Counter()
        for group, count in self.records.items():
            key = tuple(getattr(group, name) for name in names)
            records[key] += count
            tokens[key] += self.tokens[group]
        return [(key, records[key], tokens[key]) for key in sorted(records)]


def read_composition(data: Path) -> Composition:
    """Count the datasets of a data folder; one row group is in memory at a time."""
    shards = data / "shards"
    found = Composition(
        manifest=read_manifest(shards), documents=read_manifest(data / "documents")["rows"], reviews=precision(data)
    )
    for table in row_groups(shards, [*Group._fields, "n_tokens", "phi_actions"]):
        for row in _grouped(table.select([*Group._fields, "n_tokens"]), Group._fields):
            group = Group(*(row[name] or "" for name in Group._fields))
            found.records[group] += row["n_tokens_count"]
            found.tokens[group] += row["n_tokens_sum"] or 0
        types = pc.struct_field(pc.list_flatten(table["phi_actions"]).combine_chunks(), "type")
        found.redactions.update({row["values"]: row["counts"] for row in pc.value_counts(types).to_pylist()})
    for table in row_groups(data / "dropped", ["stage", "reason"]):
        for row in table.group_by(["stage", "reason"]).aggregate([([], "count_all")]).to_pylist():
            found.dropped[row["stage"], row["reason"]] += row["count_all"]
    for table in row_groups(data / "boilerplate", ["taken_out"]):
        found.paragraphs += pc.sum(table["taken_out"]).as_py() or 0
    return found


def _grouped(table: pa.Table, names: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    counts = [("n_tokens", "sum"), ("n_tokens", "count", pc.CountOptions(mode="all"))]
    yield from table.group_by(list(names)).aggregate(counts).to_pylist()
