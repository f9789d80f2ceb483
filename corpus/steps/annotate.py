"""Annotate the records that are left, count their tokens, and mark where each row goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby, pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus.steps.annotated import ANNOTATED, shard_of
from corpus.steps.candidate import with_column
from corpus.steps.cap import mark_capped
from corpus.steps.contamination import mark_contaminated
from corpus.steps.extractors import extractor, extractor_identity
from corpus.steps.taggers import tagger, tagger_identity
from corpus.steps.tokenizers import load, tokenizer_identity
from medpress.run.step import Halve, Step
from medpress.run.task import Mark, Task
from medpress.schema import by_name, named
from medpress.store import read_table, write_row_groups
from medpress.tokenising import count_tokens
from nlp import annotation
from nlp.classify import classify
from nlp.spans import Entity, Relation

TAG_BATCH = 64
"""Records tagged together."""

_DECIDED = ("topics", "stage", "reason", "value", "threshold")
_READ = ["id", "doc_id", "source", "source_type", "augmentation", *_DECIDED]
_FROM_MODELS = ("kind", "specialty")
"""Topics that the models find."""


def annotate(task: Task, mark: Mark) -> None:
    """Arguments: `candidates`, `resolved`, `hits`, `borders` (files; the last two may be null), `previous` (what this step
    wrote of the same part earlier, or null), `only` (ids, or null), `tagger`, `relations`, `tokenizer`, `shards`.

    Writes all rows that are resolved, kept and dropped, sorted by `place`. An augmented record keeps its parent's topics: a
    text of two lines says little about its own. A document of which the same records with the same texts are kept as
    in `previous` is not given to the models again: they would say the same.
    """
    a = task.arguments
    table = _decided(read_table(a["candidates"]), read_table(a["resolved"]), a["only"])
    rows = table.select(_READ).to_pylist()
    if a["hits"]:
        mark_contaminated(rows, read_table(a["hits"]).to_pylist())
    if a["borders"]:
        mark_capped(rows, read_table(a["borders"]).to_pylist())
    kept = [number for number, row in enumerate(rows) if row["stage"] is None]
    places = _annotated_before(table.take(pa.array(kept, pa.int64())), a["previous"])
    known = [(number, place) for number, place in zip(kept, places, strict=True) if place is not None]
    fresh = [number for number, place in zip(kept, places, strict=True) if place is None]
    dropped = [number for number, row in enumerate(rows) if row["stage"] is not None]
    tables = [
        _with_decisions(table, rows, dropped),
        _with_models(table, rows, fresh, a, mark),
        _with_previous(table, rows, known, a["previous"]),
    ]
    whole = pa.concat_tables(t.select(ANNOTATED.names[:-1]).cast(pa.schema([*ANNOTATED][:-1])) for t in tables)
    ids, types, stages = (whole[name].to_pylist() for name in ("id", "source_type", "stage"))
    goes_to = [
        f"{'shards' if stage is None else 'dropped'}/{kind}/{shard_of(id, a['shards']):05d}/{id}"
        for id, kind, stage in zip(ids, types, stages, strict=True)
    ]
    whole = whole.append_column(ANNOTATED.field("place"), pa.array(goes_to, pa.string())).cast(ANNOTATED)
    write_row_groups(task.output, ANNOTATED, _by_folder(whole.sort_by("place").combine_chunks()))


ANNOTATE = Step(
    annotate,
    inputs=("candidates",),
    contents=("resolved", "hits", "borders"),
    settings=("shards",),
    models={
        "tagger": tagger_identity,
        "relations": extractor_identity,
        "tokenizer": tokenizer_identity,
    },
    aside=("previous",),
    on_failure=Halve("resolved"),
)


def _decided(candidates: pa.Table, resolved: pa.Table, only: list[str] | None) -> pa.Table:
    """The chosen candidates, or all that are resolved, with their decisions."""
    ids = resolved["id"].combine_chunks() if only is None else pa.array(only, pa.string())
    chosen = candidates.filter(pc.is_in(candidates["id"], ids))
    decisions = resolved.take(pc.index_in(chosen["id"], resolved["id"].combine_chunks()))
    for name in decisions.column_names:
        chosen = with_column(chosen, name, decisions[name])
    return chosen.combine_chunks()


def _annotated_before(kept: pa.Table, previous: str | None) -> Sequence[int | None]:
    """For each kept record its row in `previous`, when all that was kept of its document then is kept now, as it was."""
    if previous is None:
        return [None] * kept.num_rows
    before = read_table(previous, ["id", "doc_id", "text", "stage"])
    numbers = pa.array(np.arange(before.num_rows))
    of_kept = pc.is_null(before["stage"])
    numbers, before = numbers.filter(of_kept.combine_chunks()), before.filter(of_kept)
    place = pc.index_in(kept["id"], before["id"].combine_chunks())
    same = pc.fill_null(pc.equal(kept["text"], before["text"].take(place)), False)
    counts = [_per_document(side["doc_id"]) for side in (kept, before)]
    changed = set(kept["doc_id"].filter(pc.invert(same)).to_pylist())
    rows = numbers.take(place).to_pylist()
    return [
        row if doc_id not in changed and counts[0][doc_id] == counts[1].get(doc_id) else None
        for row, doc_id in zip(rows, kept["doc_id"].to_pylist(), strict=True)
    ]


def _per_document(doc_ids: pa.ChunkedArray) -> dict[str, int]:
    return {row["values"]: row["counts"] for row in pc.value_counts(doc_ids).to_pylist()}


def _with_decisions(table: pa.Table, rows: Sequence[Mapping[str, Any]], numbers: Sequence[int]) -> pa.Table:
    """Rows of the table with what was decided of them."""
    chosen = table.take(pa.array(numbers, pa.int64()))
    for name in _DECIDED:
        values = [rows[number][name] for number in numbers]
        chosen = with_column(chosen, name, pa.array(values, ANNOTATED.field(name).type))
    return chosen


def _with_models(
    table: pa.Table, rows: list[dict[str, Any]], numbers: Sequence[int], arguments: Mapping[str, Any], mark: Mark
) -> pa.Table:
    """Kept rows with what the models say of them."""
    content = table.select(["text", "lang", "entities"]).take(pa.array(numbers, pa.int64())).to_pylist()
    for number, more in zip(numbers, content, strict=True):
        rows[number] |= more
    kept = [rows[number] for number in numbers]
    for start in range(0, len(kept), TAG_BATCH):
        mark(kept[start]["id"])
        _tag(kept[start : start + TAG_BATCH], arguments)
    mark("classes")
    cut = [row for row in kept if row["augmentation"] is None]
    if cut:
        # The records of a document stand in one part, so that its kind follows from all that is kept of it.
        classified = classify([row["text"] for row in cut], [row["doc_id"] for row in cut])
        for row, classes in zip(cut, classified, strict=True):
            found = {"kind": classes.kind} | ({"specialty": classes.specialty} if classes.specialty else {})
            row["topics"] = named(by_name(row["topics"]) | found)
    mark("tokens")
    counts = count_tokens(load(arguments["tokenizer"]), [row["text"] for row in kept])
    chosen = _with_decisions(table, rows, numbers)
    for name in ("entities", "relations"):
        chosen = with_column(chosen, name, pa.array([row[name] for row in kept], ANNOTATED.field(name).type))
    return with_column(chosen, "n_tokens", pa.array(counts, pa.int32()))


def _with_previous(
    table: pa.Table, rows: list[dict[str, Any]], known: Sequence[tuple[int, int]], previous: str | None
) -> pa.Table:
    """Kept rows with what the models said of them before."""
    numbers = [number for number, _ in known]
    if previous is None or not known:
        return _with_decisions(table, rows, numbers)
    columns = ["entities", "relations", "n_tokens", "topics"]
    before = read_table(previous, columns).take(pa.array([place for _, place in known], pa.int64()))
    for number, topics in zip(numbers, before["topics"].to_pylist(), strict=True):
        found = {name: value for name, value in by_name(topics).items() if name in _FROM_MODELS}
        rows[number]["topics"] = named(by_name(rows[number]["topics"]) | found)
    chosen = _with_decisions(table, rows, numbers)
    for name in ("entities", "relations", "n_tokens"):
        chosen = with_column(chosen, name, before[name])
    return chosen


def _by_folder(table: pa.Table) -> list[pa.Table]:
    """A table sorted by `place` cut where the folder changes, so that a shard reads its groups only; one empty table when
    there is no row."""
    folders = [place.rpartition("/")[0] for place in table["place"].to_pylist()]
    starts = [len(list(group)) for _, group in groupby(folders)]
    edges = np.cumsum([0, *starts]).tolist()
    return [table.slice(a, b - a) for a, b in pairwise(edges)] or [table]


def _tag(rows: list[dict[str, Any]], arguments: Mapping[str, Any]) -> None:
    if arguments["tagger"] == "none":
        tagged: list[list[Entity]] = [[] for _ in rows]
    elif arguments["tagger"] == "lexicon":  # the scoring pass has tagged already
        tagged = [[Entity(**entity) for entity in row["entities"]] for row in rows]
    else:
        tagged = tagger(arguments["tagger"]).tag([row["text"] for row in rows])
    relations = None if arguments["relations"] == "none" else extractor(arguments["relations"])
    for row, entities in zip(rows, tagged, strict=True):
        said = annotation.annotate(row["text"], entities, relations, row["lang"])
        row["entities"] = [_values(entity) for entity in said.entities]
        row["relations"] = [_values(relation) for relation in said.relations]


def _values(annotation: Entity | Relation) -> dict[str, Any]:
    return {name: getattr(annotation, name) for name in type(annotation).__dataclass_fields__}
