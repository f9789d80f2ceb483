"""What a build is made of, counted from its datasets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from medpress.schema import BOILERPLATE, DOCUMENT, PAGE, QUARANTINE, by_name
from medpress.store import open_parquet, parts, read_dataset, read_manifest

EXAMPLES_PER_REASON = 3
"""Dropped texts shown for each reason."""
PARAGRAPHS_SHOWN = 50
"""Recurring paragraphs shown, the most frequent first."""
EXAMPLE_CHARACTERS = 300
"""How much of each is shown."""


def figures(data: Path) -> dict[str, Any]:
    """All counts of the report, as plain JSON values. One row group is in memory at a time."""
    return {
        "documents": _documents(data),
        "pages": _pages(data),
        "quarantine": _quarantine(data),
        "shards": _shards(data),
        "augmentation": _augmentation(data),
        "dropped": _dropped(data),
        "boilerplate": _boilerplate(data),
        "manifest": {k: v for k, v in read_manifest(data / "shards").items() if k != "files"},
    }


def _documents(data: Path) -> list[dict[str, Any]]:
    table = read_dataset(data / "documents", DOCUMENT, ["source", "source_type", "format", "n_pages", "n_ocr_pages"])
    grouped = table.group_by(["source", "source_type", "format"]).aggregate(
        [("n_pages", "count"), ("n_pages", "sum"), ("n_ocr_pages", "sum")]
    )
    names = {"n_pages_count": "documents", "n_pages_sum": "pages", "n_ocr_pages_sum": "ocr_pages"}
    rows = [{names.get(k, k): v for k, v in row.items()} for row in grouped.to_pylist()]
    return sorted(rows, key=lambda row: (row["source"], row["format"]))


def _pages(data: Path) -> list[dict[str, Any]]:
    counts: Counter[tuple[str, str]] = Counter()
    table = read_dataset(data / "pages", PAGE, ["route", "reason"])
    for row in table.group_by(["route", "reason"]).aggregate([([], "count_all")]).to_pylist():
        counts[row["route"], row["reason"]] = row["count_all"]
    return [{"route": route, "reason": reason, "pages": n} for (route, reason), n in counts.most_common()]


def _quarantine(data: Path) -> list[dict[str, Any]]:
    rows = read_dataset(data / "quarantine", QUARANTINE).to_pylist()
    return sorted(rows, key=lambda row: (row["stage"], row["doc_id"] or row["place"] or "", row["page"] or 0))


def row_groups(folder: Path, columns: list[str]) -> Iterator[pa.Table]:
    """The row groups of a dataset, one after the other."""
    for file in parts(folder):
        parquet = open_parquet(file)
        for group in range(parquet.num_row_groups):
            yield parquet.read_row_group(group, columns=columns)


def _shards(data: Path) -> dict[str, Any]:
    columns = ["source", "source_type", "lang", "license", "n_tokens", "augmentation", "dup_count"]
    by_source: dict[str, Counter[str]] = {}
    langs, licenses, phi, labels, relations = (Counter[str]() for _ in range(5))
    scores: dict[str, list[pa.Array]] = {}
    for table in row_groups(data / "shards", [*columns, "phi_actions", "entities", "relations", "quality"]):
        for row in table.select(columns).to_pylist():
            counts = by_source.setdefault(row["source"], Counter())
            counts.update(records=1, tokens=row["n_tokens"], augmented=row["augmentation"] is not None)
            counts["clusters"] += row["dup_count"] > 1
            langs[row["lang"]] += row["n_tokens"]
            licenses[row["license"] or "unknown"] += row["n_tokens"]
        phi.update(_values(table, "phi_actions", "type"))
        labels.update(_values(table, "entities", "label"))
        relations.update(_values(table, "relations", "label"))
        flat = pc.list_flatten(table["quality"]).combine_chunks()
        names, values = pc.struct_field(flat, "name"), pc.struct_field(flat, "value")
        for name in names.unique().to_pylist():
            scores.setdefault(name, []).append(values.filter(pc.equal(names, name)))
    return {
        "sources": [{"source": source, **counts} for source, counts in sorted(by_source.items())],
        "tokens_by_language": dict(langs.most_common()),
        "tokens_by_license": dict(licenses.most_common()),
        "phi_removed": dict(phi.most_common()),
        "entities": dict(labels.most_common()),
        "relations": dict(relations.most_common()),
        "scores": {name: _spread(values) for name, values in sorted(scores.items())},
    }


def _values(table: pa.Table, column: str, name: str) -> Iterator[str]:
    flat = pc.list_flatten(table[column]).combine_chunks()
    for row in pc.value_counts(pc.struct_field(flat, name)).to_pylist():
        yield from [row["values"]] * row["counts"]


def _spread(values: list[pa.Array]) -> dict[str, float]:
    """Minimum, median and maximum."""
    low, middle, high = pc.quantile(pa.chunked_array(values), [0, 0.5, 1]).to_pylist()
    return {"min": low, "median": middle, "max": high}


def _augmentation(data: Path) -> list[dict[str, Any]]:
    """What each method gave: records and tokens in the shards, records dropped, and the share that its most frequent
    wording has of all augmented records."""
    kept, tokens, dropped = Counter[str](), Counter[str](), Counter[str]()
    templates: dict[str, Counter[str]] = {}
    for table in row_groups(data / "shards", ["augmentation", "n_tokens", "topics"]):
        for row in table.filter(pc.is_valid(table["augmentation"])).to_pylist():
            method = row["augmentation"]
            kept[method] += 1
            tokens[method] += row["n_tokens"]
            templates.setdefault(method, Counter())[by_name(row["topics"]).get("template", "")] += 1
    for table in row_groups(data / "dropped", ["augmentation"]):
        dropped.update(table["augmentation"].drop_null().to_pylist())
    return [
        {
            "method": method,
            "records": kept[method],
            "tokens": tokens[method],
            "dropped": dropped[method],
            "wording_share": max(templates[method].values()) / kept.total() if method in templates else 0.0,
        }
        for method in sorted(kept | dropped)
    ]


def _dropped(data: Path) -> list[dict[str, Any]]:
    counts: Counter[tuple[str, str]] = Counter()
    examples: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for table in row_groups(data / "dropped", ["id", "stage", "reason", "value", "threshold", "text", "duplicate_of"]):
        for row in table.to_pylist():
            key = (row["stage"], row["reason"])
            counts[key] += 1
            kept = examples.setdefault(key, [])
            if len(kept) < EXAMPLES_PER_REASON:
                kept.append(row | {"text": row["text"][:EXAMPLE_CHARACTERS]})
    return [
        {"stage": stage, "reason": reason, "records": count, "examples": examples[stage, reason]}
        for (stage, reason), count in counts.most_common()
    ]


def _boilerplate(data: Path) -> dict[str, Any]:
    table = read_dataset(data / "boilerplate", BOILERPLATE)
    order = [("documents", "descending"), ("id", "ascending")]
    shown = table.sort_by(order).slice(0, PARAGRAPHS_SHOWN).to_pylist()
    return {
        "taken_out": pc.sum(table["taken_out"]).as_py() or 0,
        "left_in": pc.sum(pc.invert(table["taken_out"])).as_py() or 0,
        "paragraphs": [row | {"text": row["text"][:EXAMPLE_CHARACTERS]} for row in shown],
    }
