"""Who stays for whom: the duplicates of some whole clusters at a time."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from corpus.duplicates import exact, passes
from corpus.duplicates.ids import KNOWN
from corpus.duplicates.index import known_rows
from corpus.steps.components import ROUTED
from corpus.steps.signatures import PASSED
from medpress.run.step import Step
from medpress.run.task import Mark, Task
from medpress.store import dataset, read_table, write_table

RECORDS_PER_SLICE = 20_000
"""Records whose clusters are decided together, about: each has up to some fifty pairs."""


def decide_clusters(task: Task, mark: Mark) -> None:
    """Arguments: `duplicates` (files of pairs, by slice), `exact`, `passed` (files), `slices` (file), `slice`.

    Writes `passes.DECISIONS`, with the similarity to the record that replaces it and the document, for every record of the
    slice that has copies or near-duplicates, sorted by document.
    """
    a = task.arguments
    slices = read_table(a["slices"])
    ids = slices["id"].filter(pc.equal(slices["slice"], a["slice"])).combine_chunks()
    edges = dataset(a["duplicates"], schema=ROUTED).to_table(passes.EDGES.names, filter=pc.field("slice") == a["slice"])
    edges = edges.cast(passes.EDGES)
    copies = dataset(a["exact"], schema=exact.EXACT).to_table(filter=pc.field("id").isin(ids))
    records = _records(a["passed"], ids, mark)
    known = ids.filter(pc.starts_with(ids, KNOWN))
    quality = known_rows([pa.table({"id": known})], records.drop_columns("doc_id"))
    decisions = passes.combine(copies, passes.decide(edges, quality))
    one, other = decisions["id"], decisions["duplicate_of"]
    ends = pc.if_else(pc.less(one, other), one, other), pc.if_else(pc.less(one, other), other, one)
    edge = pc.index_in(_joined(*ends), _joined(edges["a"], edges["b"]).combine_chunks())
    decisions = decisions.append_column("jaccard", edges["jaccard"].take(edge))
    owner = pc.index_in(one, records["id"].combine_chunks())
    decisions = decisions.append_column("doc_id", records["doc_id"].take(owner))
    write_table(task.output, decisions.sort_by([("doc_id", "ascending"), ("id", "ascending")]))


DECIDE_CLUSTERS = Step(
    decide_clusters, inputs=("duplicates", "exact", "passed", "slices"), settings=("slice",), per="slice of clusters"
)


def _records(files: list[str], ids: pa.Array, mark: Mark) -> pa.Table:
    """The records of the slice, with what ranks them."""
    columns = [name for name in PASSED if name not in ("content_hash", "n_shingles")]
    tables = []
    for file in files:
        mark("records")
        table = read_table(file, columns)
        tables.append(table.filter(pc.is_in(table["id"], ids)))
    return pa.concat_tables(tables)


def _joined(one: pa.ChunkedArray, other: pa.ChunkedArray) -> pa.ChunkedArray:
    """Two ids as one key; null where one is."""
    return pc.binary_join_element_wise(one, other, " ")
