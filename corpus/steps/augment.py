"""Kept records to augmented candidates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow.compute as pc

from corpus.augment.checks import check
from corpus.augment.methods import augment
from corpus.augment.model import read
from corpus.augment.model.reply import replies_by_record
from corpus.augment.parent import Parent
from corpus.augment.text import source_spans
from corpus.steps.annotated import ANNOTATED
from corpus.steps.candidate import CANDIDATE
from corpus.steps.taggers import tagger, tagger_identity
from corpus.steps.tokenizers import load, tokenizer_identity
from medpress.generation.request import Reply
from medpress.run.step import Halve, Step
from medpress.run.task import Mark, Task
from medpress.schema import by_name
from medpress.store import dataset, identity, read_table, write_rows
from medpress.tokenising import count_tokens

_INHERITED = ("doc_id", "ordinal", "source_type", "source", "title", "section", "license")


def augment_records(task: Task, mark: Mark) -> None:
    """Arguments: `annotated` (file), `replies` (file of what a model answered, or null), `only` (ids, or null), `methods`,
    `model_methods`, `source_types`, `per_record`, `model` (its name), `tagger`, `tokenizer`.

    Writes rows like those of sections that are cut from documents, for the same steps; what fails a check carries its fault.
    """
    a = task.arguments
    chosen = pc.field("stage").is_null() & pc.field("source_type").isin(a["source_types"])
    if a["only"] is not None:
        chosen &= pc.field("id").isin(a["only"])
    replies = replies_by_record(read_table(a["replies"])) if a["replies"] else {}
    rows: list[dict[str, Any]] = []
    for parent in dataset([a["annotated"]], schema=ANNOTATED).to_table(filter=chosen).sort_by("id").to_pylist():
        mark(parent["id"])
        rows += _candidates(parent, a, replies.get(parent["id"], {}))
    counts = count_tokens(load(a["tokenizer"]), [row["text"] for row in rows])
    for row, count in zip(rows, counts, strict=True):
        row["n_tokens"] = count
    write_rows(task.output, rows, CANDIDATE)


AUGMENT = Step(
    augment_records,
    inputs=("annotated",),
    contents=("replies",),
    settings=("methods", "model_methods", "source_types", "per_record", "model"),
    models={"tagger": tagger_identity, "tokenizer": tokenizer_identity},
    on_failure=Halve("annotated"),
)


def _candidates(
    row: Mapping[str, Any], arguments: Mapping[str, Any], replies: Mapping[tuple[str, int], Reply]
) -> list[dict[str, Any]]:
    parent = Parent.of(row)
    tag = tagger(arguments["tagger"]).tag
    made = [
        *augment(parent, tuple(arguments["methods"]), arguments["per_record"]),
        *read(
            parent,
            tuple(arguments["model_methods"]),
            arguments["per_record"],
            replies,
            lambda augmented: check(augmented, parent, tag) is None,
        ),
    ]
    topics = {name: topic for name, topic in by_name(row["topics"]).items() if name in ("kind", "specialty")}
    rows = []
    for method, k, augmented in made:
        fault = check(augmented, parent, tag)
        spans = source_spans(augmented.stretches, row["spans"])
        pages = [span["page"] for span in spans] or [row["page_start"], row["page_end"]]
        rows.append(
            {
                **{name: row[name] for name in _INHERITED},
                "text": augmented.text,
                "spans": spans,
                "lang": parent.lang,
                "id": identity(row["doc_id"], row["ordinal"], method, k),
                "parent_id": row["id"],
                "augmentation": method,
                "page_start": min(pages),
                "page_end": max(pages),
                "topics": topics | {"template": augmented.template},
                "dup_count": 1,
                "fault": fault.reason if fault else None,
                "fault_value": fault.value if fault else None,
                "fault_threshold": fault.threshold if fault else None,
            }
        )
    return rows
