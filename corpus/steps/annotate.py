"""Annotate the records that are left, count their tokens, and mark where each row goes."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from corpus.steps import models
from corpus.steps.cap import mark_capped
from corpus.steps.contamination import mark_contaminated
from medpress.run.task import Mark, Task
from medpress.schema import DROPPED, by_name, named, with_number
from medpress.store import read_table, write_row_groups
from medpress.tokenising import count_tokens
from nlp import context
from nlp.classify import classify
from nlp.spans import Entity, Relation

VERSION = "5"
TAG_BATCH = 64
"""Records tagged together; fixed, so that a record's neighbours in the batch follow from its part alone."""

ANNOTATED = pa.schema(
    [
        *DROPPED,
        pa.field("ordinal", pa.int32(), metadata={"description": "position of its section in the document"}),
        pa.field("place", pa.string(), metadata={"description": "shards/<source type>/<shard>/<id>, or dropped/…"}),
    ]
)
"""A record with its decision, and where it goes; `stage` null: into the shards."""


KEPT = pc.field("stage").is_null()
"""Of such rows, those that go into the shards."""

_READ = (
    "id", "doc_id", "source", "source_type", "lang", "augmentation", "text", "entities", "relations", "topics", "n_tokens",
    "stage", "reason", "value", "threshold",
)  # fmt: skip
_WRITTEN = ("entities", "relations", "topics", "n_tokens", "stage", "reason", "value", "threshold", "place")


def annotate(task: Task, mark: Mark) -> None:
    """Arguments: `candidates`, `settled`, `hits`, `borders` (files; the last two may be null), `only` (ids, or null),
    `tagger`, `relations`, `tokenizer`, `shards`.

    Writes all rows that are settled, kept and dropped, sorted by `place`. An augmented record keeps its parent's topics: a
    text of two lines says little about its own.
    """
    arguments = task.arguments
    table = _decided(read_table(arguments["candidates"]), read_table(arguments["settled"]), arguments["only"])
    rows = table.select(_READ).to_pylist()
    if arguments["hits"]:
        mark_contaminated(rows, read_table(arguments["hits"]).to_pylist())
    if arguments["borders"]:
        mark_capped(rows, read_table(arguments["borders"]).to_pylist())
    kept = [row for row in rows if row["stage"] is None]
    for start in range(0, len(kept), TAG_BATCH):
        batch = kept[start : start + TAG_BATCH]
        mark(batch[0]["id"])
        _annotate_batch(batch, arguments)
    cut = [row for row in kept if row["augmentation"] is None]
    if cut:
        # The records of a document stand in one part, so that its kind follows from all that is kept of it.
        classified = classify([row["text"] for row in cut], [row["doc_id"] for row in cut])
        for row, classes in zip(cut, classified, strict=True):
            found = {"kind": classes.kind} | ({"specialty": classes.specialty} if classes.specialty else {})
            row["topics"] = named(by_name(row["topics"]) | found)
            row["educational"] = classes.quality
    counts = count_tokens(models.tokenizer(arguments["tokenizer"]), [row["text"] for row in kept])
    for row, count in zip(kept, counts, strict=True):
        row["n_tokens"] = count
    for row in rows:
        kind = "shards" if row["stage"] is None else "dropped"
        row["place"] = f"{kind}/{row['source_type']}/{int(row['id'][:8], 16) % arguments['shards']:05d}/{row['id']}"
    for name in _WRITTEN:
        table = _with(table, name, pa.array([row[name] for row in rows], ANNOTATED.field(name).type))
    educational = pa.array([row.get("educational") for row in rows], pa.float32())
    table = _with(table, "quality", with_number(table["quality"], "educational", educational))
    table = table.select(ANNOTATED.names).cast(ANNOTATED).sort_by("place").combine_chunks()
    write_row_groups(task.output, ANNOTATED, _by_folder(table))  # a shard reads its groups only


def _decided(candidates: pa.Table, settled: pa.Table, only: list[str] | None) -> pa.Table:
    """The chosen candidates, or all that are settled, with their decisions."""
    ids = settled["id"].combine_chunks() if only is None else pa.array(only, pa.string())
    chosen = candidates.filter(pc.is_in(candidates["id"], ids))
    decisions = settled.take(pc.index_in(chosen["id"], settled["id"].combine_chunks()))
    for name in decisions.column_names:
        chosen = _with(chosen, name, decisions[name])
    return chosen


def _with(table: pa.Table, name: str, column: pa.Array | pa.ChunkedArray) -> pa.Table:
    """The table with a column added, or another in its place."""
    number = table.schema.get_field_index(name)
    return table.append_column(name, column) if number < 0 else table.set_column(number, name, column)


def _by_folder(table: pa.Table) -> list[pa.Table]:
    """A table sorted by `place` cut where the folder changes; one empty table when there is no row."""
    folders = [place.rpartition("/")[0] for place in table["place"].to_pylist()]
    starts = [n for n in range(len(folders)) if n == 0 or folders[n] != folders[n - 1]]
    return [table.slice(a, b - a) for a, b in pairwise([*starts, len(folders)])] or [table]


def _annotate_batch(rows: list[dict[str, Any]], arguments: dict[str, Any]) -> None:
    if arguments["tagger"] == "none":
        tagged: list[list[Entity]] = [[] for _ in rows]
    elif arguments["tagger"] == "lexicon":  # the scoring pass has tagged already
        tagged = [[Entity(**entity) for entity in row["entities"]] for row in rows]
    else:
        tagged = models.tagger(arguments["tagger"]).tag([row["text"] for row in rows])
    for row, entities in zip(rows, tagged, strict=True):
        entities = context.annotate(row["text"], entities, row["lang"])
        row["entities"] = [_values(entity) for entity in entities]
        relations = []
        if arguments["relations"] != "none":
            relations = models.extractor(arguments["relations"]).extract(row["text"], entities)
        row["relations"] = [_values(relation) for relation in relations]


def _values(annotation: Entity | Relation) -> dict[str, Any]:
    return {name: getattr(annotation, name) for name in type(annotation).__dataclass_fields__}
