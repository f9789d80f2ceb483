"""Exact and near duplicates as passes over key-partitioned columns; no step holds all signatures or all texts."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from corpus.dedup import exact, passes
from corpus.dedup.index import KNOWN, Index, known_rows
from corpus.steps import models
from medpress.location import location
from medpress.run.task import Mark, Task
from medpress.store import dataset, read_table, select, write_table

VERSION = "5"
RECORDS_PER_PARTITION = 250_000
"""Records, or keys of one band, in a partition of the search, about."""
SHINGLES_PER_SLICE = 12_000_000
"""Shingles of the texts whose pairs are verified together, at most about: 14 bytes each, the text included."""


def gather_signatures(task: Task, mark: Mark) -> None:
    """What the duplicate search needs of the candidates that passed. Argument: `screened` (files)."""
    passed = pc.field("stage").is_null()
    names = [name for name in dataset(task.arguments["screened"][:1]).schema.names if name not in NOT_SIGNED]
    write_table(task.output, dataset(task.arguments["screened"]).to_table(names, filter=passed))


NOT_SIGNED = ("stage", "reason", "value", "threshold")
"""Columns of a screened file that are the filters' verdict."""


def exact_partition(task: Task, mark: Mark) -> None:
    """Exact duplicates among the passed candidates of one hash partition, and of the records of the indexes.

    Arguments: `signed` (files), `low`, `high` (hash prefixes), `indexes` (folders). Writes `exact.EXACT` rows.
    """
    low, high = task.arguments["low"], task.arguments["high"]
    in_partition = (pc.field("content_hash") >= low) & (pc.field("content_hash") < high)
    table = dataset(task.arguments["signed"]).to_table(
        columns=["id", "content_hash", "quality", "priority"], filter=in_partition
    )
    known = [index.hashes(table["content_hash"]) for index in _indexes(task)]
    write_table(task.output, exact.decide_exact(known_rows(known, table)))


def band_candidates(task: Task, mark: Mark) -> None:
    """Pairs that agree in one band, and pairs with records of the indexes.

    Arguments: `signed`, `exact` (files), `band`, `low`, `high` (keys), `indexes` (folders). Writes `passes.PAIRS`.
    """
    band = passes.band_name(task.arguments["band"])
    low, high = (pa.scalar(task.arguments[name], pa.uint64()) for name in ("low", "high"))
    in_partition = (pc.field("n_shingles") > 0) & (pc.field(band) >= low) & (pc.field(band) <= high)
    columns = ["id", "quality", "priority", "numbers", band]
    table = dataset(task.arguments["signed"]).to_table(columns, filter=in_partition)
    copies = dataset(task.arguments["exact"]).to_table(["id"], filter=pc.field("duplicate_of").is_valid())
    table = table.filter(pc.invert(pc.is_in(table["id"], copies["id"].combine_chunks())))
    table = table.rename_columns(["key" if name == band else name for name in table.column_names])
    known = [index.keys(task.arguments["band"], table["key"].to_numpy()) for index in _indexes(task)]
    write_table(task.output, passes.candidates([known_rows(known, table)]))


def _indexes(task: Task) -> list[Index]:
    return [Index(location(folder)) for folder in task.arguments["indexes"]]


def verify_pairs(task: Task, mark: Mark) -> None:
    """Exact Jaccard and the medical guard for one slice of the pairs.

    Arguments: `pairs` (files), `low`, `high` (prefixes of `a`), `candidates` (files), `indexes` (folders), `threshold`.
    Writes `passes.EDGES`.
    """
    low, high = task.arguments["low"], task.arguments["high"]
    in_slice = (pc.field("a") >= low) & (pc.field("a") < high)
    pairs = passes.merge_pairs([dataset(task.arguments["pairs"], schema=passes.PAIRS).to_table(filter=in_slice)])
    wanted = pc.unique(pa.chunked_array([*pairs["a"].chunks, *pairs["b"].chunks], type=pa.string()))
    texts = select(task.arguments["candidates"], ["id", "text"], pc.field("id").isin(wanted))
    known = wanted.filter(pc.starts_with(wanted, KNOWN))
    if len(known):
        texts = known_rows([index.texts(known) for index in _indexes(task)], texts)
    write_table(task.output, passes.verify(pairs, texts, task.arguments["threshold"], find_drugs))


def find_drugs(text: str) -> list[tuple[int, int]]:
    """Where the lexicon sees a drug: the guard compares what is said of it."""
    return [(entity.start, entity.end) for entity in models.tagger("lexicon").tag([text])[0] if entity.label == "drug"]


def decide_clusters(task: Task, mark: Mark) -> None:
    """Who stays for whom. Arguments: `edges`, `exact`, `signed` (files).

    Writes `passes.DECISIONS`, with the similarity to the record that replaces it and the document, for every record that
    has copies or near-duplicates, sorted by document: a part is some documents in a row, and finds its own at once.
    """
    edges = dataset(task.arguments["edges"], schema=passes.EDGES).to_table()
    exact_rows = dataset(task.arguments["exact"], schema=exact.EXACT).to_table()
    chunks = [*edges["a"].chunks, *edges["b"].chunks, *exact_rows["id"].chunks]
    touched = pc.unique(pa.chunked_array(chunks, type=pa.string()))
    columns = ["id", "doc_id", "quality", "priority"]
    records = dataset(task.arguments["signed"]).to_table(columns, filter=pc.field("id").isin(touched))
    known = touched.filter(pc.starts_with(touched, KNOWN))
    quality = known_rows([pa.table({"id": known})], records.drop_columns("doc_id"))
    decisions = passes.combine(exact_rows, passes.decide(edges, quality))
    one, other = decisions["id"], decisions["duplicate_of"]
    ends = pc.if_else(pc.less(one, other), one, other), pc.if_else(pc.less(one, other), other, one)
    edge = pc.index_in(_joined(*ends), _joined(edges["a"], edges["b"]).combine_chunks())
    decisions = decisions.append_column("jaccard", edges["jaccard"].take(edge))
    owner = pc.index_in(one, records["id"].combine_chunks())
    decisions = decisions.append_column("doc_id", records["doc_id"].take(owner))
    write_table(task.output, decisions.sort_by([("doc_id", "ascending"), ("id", "ascending")]))


def _joined(one: pa.ChunkedArray, other: pa.ChunkedArray) -> pa.ChunkedArray:
    """Two ids as one key; null where one is."""
    return pc.binary_join_element_wise(one, other, " ")


def settle(task: Task, mark: Mark) -> None:
    """The final decision on each candidate of one part. Arguments: `screened`, `clusters` (files), `threshold`.

    Writes `SETTLED` rows, sorted by id.
    """
    table = read_table(task.arguments["screened"], ["id", "doc_id", "stage", "reason", "value", "threshold"])
    bounds = pc.min_max(table["doc_id"]).as_py()
    of_part = (pc.field("doc_id") >= bounds["min"]) & (pc.field("doc_id") <= bounds["max"])
    of_part &= pc.field("id").isin(table["id"].combine_chunks())
    clusters = dataset([task.arguments["clusters"]]).to_table(filter=of_part).to_pylist()
    cluster_of = {row["id"]: row for row in clusters}
    rows = [row | _settled(cluster_of.get(row["id"]), task.arguments["threshold"]) for row in table.to_pylist()]
    write_table(task.output, pa.Table.from_pylist(rows, schema=SETTLED).sort_by("id"))


def _settled(cluster: dict[str, Any] | None, threshold: float) -> dict[str, Any]:
    if cluster is None:
        return {"duplicate_of": None, "dup_cluster": None, "dup_count": 1}
    row = {name: cluster[name] for name in ("duplicate_of", "dup_cluster", "dup_count")}
    for name in ("duplicate_of", "dup_cluster"):
        row[name] = row[name] and row[name].removeprefix(KNOWN)
    if cluster["duplicate_of"] is None:
        return row
    where = ", of a record in an index" if cluster["duplicate_of"].startswith(KNOWN) else ""
    if cluster["jaccard"] is None:
        return row | {"stage": "exact duplicates", "reason": f"same text{where}"}
    reason = f"nearly the same text, and all of its clinical facts{where}"
    return row | {"stage": "near duplicates", "reason": reason, "value": cluster["jaccard"], "threshold": threshold}


SETTLED = pa.schema(
    [
        pa.field("id", pa.string()),
        pa.field("stage", pa.string()),
        pa.field("reason", pa.string()),
        pa.field("value", pa.float64()),
        pa.field("threshold", pa.float64()),
        pa.field("duplicate_of", pa.string()),
        pa.field("dup_cluster", pa.string()),
        pa.field("dup_count", pa.int32()),
    ]
)
"""The decision on a candidate after filters and duplicates; `stage` null: kept so far."""
