"""What the documents of one work repeat: their texts are gathered and compared, and parts lose what is repeated."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus.duplicates import repeated
from corpus.duplicates.boilerplate import paragraph_hashes
from corpus.left_out import leave_out
from corpus.steps.candidate import CANDIDATE
from medpress.location import location
from medpress.run.step import Halve, Step
from medpress.run.task import Mark, Task
from medpress.store import dataset, read_table, stored, write_row_groups, write_table

RECORDS_PER_SLICE = 2_000
"""Records whose works are compared together, about; a work is not cut."""
REASON = "a better document of the work says it"
"""Why a stretch, or a whole record, is left out."""

TEXTS = pa.schema(
    [
        pa.field("work", pa.string()),
        pa.field("doc_id", pa.string()),
        pa.field("id", pa.string()),
        pa.field("ordinal", pa.int32()),
        pa.field("part", pa.string()),
        pa.field("fault", pa.string()),
        pa.field("text", pa.string()),
    ]
)
"""A record of a document that may be one work with others; `part` is the name of its file."""


def gather_works(task: Task, mark: Mark) -> None:
    """The records of documents of works in some parts. Arguments: `sections` (files), `forest` (of each such document the
    least of its work). Writes `TEXTS`, sorted."""
    forest = read_table(task.arguments["forest"])
    tables = [TEXTS.empty_table()]
    for file in map(location, task.arguments["sections"]):
        mark("part")
        rows = read_table(file, ["doc_id", "id", "ordinal", "fault", "text"])
        place = pc.index_in(rows["doc_id"], forest["a"].combine_chunks())
        rows = rows.filter(pc.is_valid(place))
        rows = rows.append_column("work", forest["b"].take(place.drop_null()))
        rows = rows.append_column("part", pa.array([file.name] * rows.num_rows, pa.string()))
        tables.append(rows.select(TEXTS.names).cast(TEXTS))
    order = [("work", "ascending"), ("doc_id", "ascending"), ("ordinal", "ascending"), ("id", "ascending")]
    table = pa.concat_tables(tables).sort_by(order).combine_chunks()
    groups = [table.slice(start, RECORDS_PER_SLICE) for start in range(0, table.num_rows, RECORDS_PER_SLICE)] or [table]
    write_row_groups(task.output, TEXTS, groups)


GATHER_WORKS = Step(gather_works, inputs=("sections",), contents=("forest",), per="group of parts")

REPEATED = pa.schema(
    [
        pa.field("work", pa.string()),
        pa.field("doc_id", pa.string()),
        pa.field("part", pa.string()),
        pa.field("id", pa.string()),
        pa.field("stretches", pa.list_(pa.int32())),
        pa.field("share", pa.float64()),
        pa.field("of", pa.string()),
        pa.field("of_document", pa.string()),
        pa.field("of_part", pa.string()),
    ]
)
"""A record that repeats better ones of its work: starts and ends in turn, empty where that is all that it says; which
record has most of it, of which document, in which part."""


def compare_works(task: Task, mark: Mark) -> None:
    """What the documents of some works repeat of each other. Arguments: `texts`, `works` (files), `first`, `last` (works).

    Writes `REPEATED` rows. Lists of references are no texts that something repeats: they are dropped as they are.
    """
    a = task.arguments
    of_slice = (pc.field("work") >= a["first"]) & (pc.field("work") <= a["last"])
    rows = dataset(a["texts"], schema=TEXTS).to_table(filter=of_slice)
    rows = rows.sort_by([("work", "ascending"), ("doc_id", "ascending"), ("ordinal", "ascending"), ("id", "ascending")])
    about = {row["doc_id"]: row for row in dataset(a["works"]).to_table(filter=of_slice).to_pylist()}
    found: list[dict[str, Any]] = []
    for work, its in groupby(rows.to_pylist(), key=lambda row: row["work"]):
        mark(work)
        sources, part_of, faulted = [], {}, set()
        for doc_id, records in groupby(its, key=lambda row: row["doc_id"]):
            texts = []
            for record in records:
                part_of[doc_id] = record["part"]
                texts.append(repeated.Text(record["id"], record["text"]))
                faulted |= {record["id"]} if record["fault"] else set()
            known = about[doc_id]
            keys, authors = frozenset(known["keys"]), tuple(known["authors"])
            sources.append(repeated.Source(doc_id, known["form"], known["year"], keys, authors, known["title"], texts))
        for each in repeated.compare(sources):
            if each.id not in faulted:
                found.append(
                    {
                        **{"work": work, "doc_id": each.doc_id, "part": part_of[each.doc_id], "id": each.id},
                        "stretches": [edge for stretch in each.stretches for edge in stretch],
                        **{"share": each.share, "of": each.of, "of_document": each.of_document},
                        "of_part": part_of[each.of_document],
                    }
                )
    write_table(task.output, pa.Table.from_pylist(found, schema=REPEATED))


COMPARE_WORKS = Step(
    compare_works, inputs=("texts",), contents=("works",), settings=("first", "last"), per="slice of works"
)


def slices(files: list[str]) -> Iterator[tuple[str, str]]:
    """The first and last work of each slice, given the files of `TEXTS`."""
    tables = [TEXTS.empty_table().select(["work"]), *(read_table(file, ["work"]) for file in files)]
    counts = pc.value_counts(pa.concat_tables(tables)["work"])
    table = pa.table({"work": counts.field("values"), "count": counts.field("counts")}).sort_by("work")
    numbers = (np.cumsum(table["count"].to_numpy()) - 1) // RECORDS_PER_SLICE
    for _, its in groupby(zip(table["work"].to_pylist(), numbers.tolist(), strict=True), key=lambda pair: pair[1]):
        names = [work for work, _ in its]
        yield names[0], names[-1]


def tell_works(task: Task, mark: Mark) -> None:
    """A part whose records say of which work they are, without what better documents of it say.

    Arguments: `sections` (file), `only` (ids, or null), `repeated` (id of a record to its stretches, share and the record
    that has it), `works` (doc_id to work and witnesses). Writes `CANDIDATE` rows.
    """
    a = task.arguments
    table = read_table(a["sections"])
    if a["only"] is not None:
        table = table.filter(pc.field("id").isin(a["only"]))
    table = table.cast(CANDIDATE).combine_chunks()
    touched = pc.is_in(table["doc_id"], pa.array(sorted(a["works"]), pa.string()))
    places = np.flatnonzero(touched.to_numpy(zero_copy_only=False))
    rows = table.take(places).to_pylist()  # the others go by untouched
    for row in rows:
        row |= a["works"][row["doc_id"]]
        if known := a["repeated"].get(row["id"]):
            mark(row["id"])
            edges, share, of = known
            if edges:
                leave_out(row, [(start, end, REASON) for start, end in zip(edges[::2], edges[1::2], strict=True)])
                row["paragraphs"] = paragraph_hashes(row["source"], row["text"])
            else:
                row |= {"fault": REASON, "fault_value": share, "fault_threshold": repeated.HELD, "copy_of": of}
    told = pa.Table.from_pylist([stored(row, CANDIDATE) for row in rows], schema=CANDIDATE)
    order = np.arange(table.num_rows)
    order[places] = table.num_rows + np.arange(len(places))
    write_table(task.output, pa.concat_tables([table, told]).take(order))


TELL_WORKS = Step(tell_works, inputs=("sections",), settings=("repeated", "works"), on_failure=Halve("sections"))
