"""What changed between two builds.

Records are matched by id (document, section, method of augmentation), so a record whose text was cleaned in another way is
a changed one, not one removed and one added. Both builds are read side by side in ranges of ids, a few thousand records
at a time: shards and dropped records are sorted by id, so each range is a few row groups.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from corpus.duplicates.passes import hex_ranges
from corpus.steps.shards import unequal
from medpress.command import UserError
from medpress.errors import to_run
from medpress.location import check_reachable
from medpress.schema import DOCUMENT, DROPPED, RECORD
from medpress.store import open_parquet, parts, read_dataset, read_manifest, refuse_older_layout

RECORDS_AT_ONCE = 4_000
"""Records of a build that are in memory at a time, about."""
MOST_RANGES = 16**3
"""Of ids: a range looks at every file."""
EXAMPLES = 20
"""Ids told for each kind of change, to be looked at with `corpus trace`."""

ANNOTATIONS = ["lang", "topics", "quality", "entities", "relations", "phi_actions", "dup_cluster", "dup_count"]
"""What the build says of a text."""
PROVENANCE = ["title", "section", "license", "source_type", "source", "spans", "page_start", "page_end"]
"""Where the build says that it comes from."""
_DECISION = ["stage", "reason", "duplicate_of"]


@dataclass(slots=True)
class Diff:
    """Everything that differs."""

    records: Counter[str] = field(default_factory=Counter)
    """added, removed, unchanged; changed: text, decision, annotations, provenance (one record may change in several)."""
    sources: dict[str, Counter[str]] = field(default_factory=dict)
    """The same by source, with `tokens before` and `tokens after` of what is in the shards."""
    decisions: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(decision before, decision after) of the records whose decision changed, or that are in one build only (`–`)."""
    documents: Counter[str] = field(default_factory=Counter)
    """Documents added and removed."""
    configuration: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    """Settings that differ, by dotted name: before and after."""
    versions: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    """Stages and models whose version differs: before and after."""
    examples: dict[str, list[str]] = field(default_factory=dict)
    """Ids of the first records of each kind of change."""

    @property
    def tokens(self) -> tuple[int, int]:
        """Tokens in the shards, before and after."""
        counts = self.sources.values()
        return sum(c["tokens before"] for c in counts), sum(c["tokens after"] for c in counts)

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        pair = ("before", "after")
        return {
            "records": dict(sorted(self.records.items())),
            "tokens": dict(zip(pair, self.tokens, strict=True)),
            "sources": {source: dict(sorted(counts.items())) for source, counts in sorted(self.sources.items())},
            "decisions": [
                {"before": before, "after": after, "records": count}
                for (before, after), count in sorted(self.decisions.items(), key=lambda row: (-row[1], row[0]))
            ],
            "documents": dict(sorted(self.documents.items())),
            "configuration": {name: dict(zip(pair, both, strict=True)) for name, both in self.configuration.items()},
            "versions": {name: dict(zip(pair, both, strict=True)) for name, both in self.versions.items()},
            "examples": dict(sorted(self.examples.items())),
        }


def diff(before: Path, after: Path) -> Diff:
    """Compare the builds in two data folders. Raises `UserError` when one of them holds none."""
    result = Diff()
    manifests = []
    for data in (before, after):
        check_reachable(data)
        refuse_older_layout(data)
        try:
            manifests.append(read_manifest(data / "shards"))
        except FileNotFoundError as error:
            raise UserError(f"there are no shards in {data}; run {to_run('corpus build', data)} first.") from error
    result.configuration = _differing(*(_flat(manifest["config"]) for manifest in manifests))
    result.versions = _differing(*(_flat(manifest["versions"]) for manifest in manifests))
    documents = [
        set(read_dataset(data / "documents", DOCUMENT, ["doc_id"])["doc_id"].to_pylist()) for data in (before, after)
    ]
    result.documents.update(added=len(documents[1] - documents[0]), removed=len(documents[0] - documents[1]))
    rows = max(sum(_rows(data / kind) for kind in ("shards", "dropped")) for data in (before, after))
    for low, high in hex_ranges(min(MOST_RANGES, -(-rows // RECORDS_AT_ONCE))):
        _compare(_read(before, low, high), _read(after, low, high), result)
    return result


def _flat(config: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    """Settings, or versions, by dotted name."""
    flat: dict[str, Any] = {}
    for name, value in config.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{above}{name}.")
        else:
            flat[above + name] = value
    return flat


def _differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    names = sorted(before.keys() | after.keys())
    return {name: (before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)}


def _rows(folder: Path) -> int:
    return sum(open_parquet(file).metadata.num_rows for file in parts(folder))


def _read(data: Path, low: str, high: str) -> pa.Table:
    """Kept and dropped records of a range of ids, sorted by id; `stage` null: kept."""
    in_range = (pc.field("id") >= low) & (pc.field("id") < high)
    kept = read_dataset(data / "shards", RECORD, filter=in_range)
    for name in _DECISION:
        kept = kept.append_column(name, pa.nulls(kept.num_rows, pa.string()))
    dropped = read_dataset(data / "dropped", DROPPED, filter=in_range).select(kept.column_names)
    return pa.concat_tables([kept, dropped]).sort_by("id").combine_chunks()


def _compare(before: pa.Table, after: pa.Table, result: Diff) -> None:
    in_both = pc.is_in(before["id"], after["id"]), pc.is_in(after["id"], before["id"])
    for table, when in ((before, "tokens before"), (after, "tokens after")):
        kept = table.filter(pc.is_null(table["stage"])).group_by("source").aggregate([("n_tokens", "sum")])
        for source, tokens in zip(*kept.select(["source", "n_tokens_sum"]).to_pydict().values(), strict=True):
            result.sources.setdefault(source, Counter())[when] += tokens
    for table, alone, kind in ((before, in_both[0], "removed"), (after, in_both[1], "added")):
        for row in _told(table.filter(pc.invert(alone))):
            _note(result, kind, row)
            decision = _decision(row)
            result.decisions[(decision, "–") if kind == "removed" else ("–", decision)] += 1
    before, after = before.filter(in_both[0]).combine_chunks(), after.filter(in_both[1]).combine_chunks()
    changed: set[int] = set()
    same_fate = pc.equal(pc.is_null(before["stage"]), pc.is_null(after["stage"])).to_pylist()
    kinds = {"text": ["text"], "decision": _DECISION, "annotations": ANNOTATIONS, "provenance": PROVENANCE}
    for kind, columns in kinds.items():
        rows = list(unequal(before.select(columns), after.select(columns)))
        if kind == "annotations":  # what is dropped is not annotated: the decision says it already
            rows = [row for row in rows if same_fate[row]]
        changed.update(rows)
        numbers = pa.array(rows, pa.int64())
        for old, new in zip(_told(before.take(numbers)), _told(after.take(numbers)), strict=True):
            _note(result, kind, new)
            if kind == "decision":
                result.decisions[_decision(old), _decision(new)] += 1
    result.records["unchanged"] += before.num_rows - len(changed)


def _told(table: pa.Table) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = table.select(["id", "source", "stage", "reason"]).to_pylist()
    return rows


def _note(result: Diff, kind: str, row: Mapping[str, Any]) -> None:
    result.records[kind] += 1
    result.sources.setdefault(row["source"], Counter())[kind] += 1
    examples = result.examples.setdefault(kind, [])
    if len(examples) < EXAMPLES:
        examples.append(row["id"])


def _decision(row: Mapping[str, Any]) -> str:
    return "kept" if row["stage"] is None else f"{row['stage']}: {row['reason']}"
