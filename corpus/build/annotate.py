"""Annotate the records that are left, count their tokens, and mark where each row goes."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import pyarrow as pa

from corpus.build import models
from corpus.build.cap import mark_capped
from corpus.build.contamination import mark_contaminated
from corpus.runner import Mark, Task
from corpus.schema import DROPPED, by_name, named
from corpus.store import read_table, write_row_groups
from corpus.tokenising import count_tokens
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


def annotate(task: Task, mark: Mark) -> None:
    """Arguments: `candidates`, `settled`, `hits`, `borders` (files; the last two may be null), `only` (ids, or null),
    `tagger`, `relations`, `tokenizer`, `shards`.

    Writes all rows that are settled, kept and dropped, sorted by `place`. An augmented record keeps its parent's topics: a
    text of two lines says little about its own.
    """
    arguments = task.arguments
    decisions = {row["id"]: row for row in read_table(arguments["settled"]).to_pylist()}
    table = read_table(arguments["candidates"])
    chosen = decisions.keys() if arguments["only"] is None else set(arguments["only"])
    columns = [name for name in table.column_names if name in ANNOTATED.names]
    rows = [row | decisions[row["id"]] for row in table.select(columns).to_pylist() if row["id"] in chosen]
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
            row["quality"] = named(by_name(row["quality"]) | {"educational": classes.quality})
    counts = count_tokens(models.tokenizer(arguments["tokenizer"]), [row["text"] for row in kept])
    for row, count in zip(kept, counts, strict=True):
        row["n_tokens"] = count
    for row in rows:
        kind = "shards" if row["stage"] is None else "dropped"
        row["place"] = f"{kind}/{row['source_type']}/{int(row['id'][:8], 16) % arguments['shards']:05d}/{row['id']}"
    rows.sort(key=lambda row: row["place"])
    groups = groupby(rows, key=lambda row: row["place"].rpartition("/")[0])
    tables = [pa.Table.from_pylist(list(group), schema=ANNOTATED) for _, group in groups]
    write_row_groups(task.output, ANNOTATED, tables or [ANNOTATED.empty_table()])  # a shard reads its groups only


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
