"""One file of instruction data to clean conversations without identities, and what is wrong with those that have a fault."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Literal

import pyarrow as pa

from corpus.duplicates.exact import content_hash
from corpus.instruct.containers import read_rows
from corpus.instruct.conversation import clean, fault, suggest_stage
from corpus.instruct.formats import Messages, conversation
from corpus.steps.tokenizers import tokenizer_identity
from medpress.location import location
from medpress.run.step import Step
from medpress.run.task import Mark, Task
from medpress.schema import INSTRUCTION
from medpress.store import identity, stored, write_tables
from medpress.tokenising import count_tokens, load_tokenizer
from nlp import phi
from nlp.language import detect

ROWS_TAKEN_AT_ONCE = 5_000
"""Rows of a file in memory together while they are taken in."""

DROPPED_INSTRUCTION = pa.schema(
    [
        *INSTRUCTION,
        pa.field("reason", pa.string(), metadata={"description": "why it was dropped"}),
        pa.field("duplicate_of", pa.string(), metadata={"description": "the kept conversation it repeats"}),
        pa.field("jaccard", pa.float64(), metadata={"description": "how similar the two are; null for the same words"}),
    ]
)
"""A conversation that is not trained on."""
PART = pa.schema([*DROPPED_INSTRUCTION, pa.field("content_hash", pa.string())])
"""What one file gives: `reason` null for those that may be kept."""


def take_in(task: Task, mark: Mark) -> None:
    """Read, clean and redact one file. Arguments: `path` and how it is taken in (`given_as`). Writes `PART` rows."""
    tokenizer = load_tokenizer(task.arguments["tokenizer"])
    given = enumerate(read_rows(location(task.arguments["path"])))
    key = given_as(task.arguments)

    def tables() -> Iterator[pa.Table]:
        while some := list(islice(given, ROWS_TAKEN_AT_ONCE)):
            mark(f"row {some[0][0]}")
            rows = [_taken(identity(key, number), place, row, task.arguments) for number, (place, row) in some]
            counts = count_tokens(tokenizer, ["\n".join(m["content"] for m in row["messages"]) for row in rows])
            rows = [stored(row | {"n_tokens": n}, PART) for row, n in zip(rows, counts, strict=True)]
            yield pa.Table.from_pylist(rows, schema=PART)

    write_tables(task.output, tables(), PART)


def given_as(arguments: dict[str, Any]) -> str:
    """A name of what a file holds and of how it is taken in, wherever it lies and whatever it is called: the ids of its rows
    follow from it."""
    return identity({name: value for name, value in arguments.items() if name != "path"})


TAKE_IN = Step(
    take_in,
    settings=("doc_id", "told", "stage", "source", "license", "phi"),
    models={"tokenizer": tokenizer_identity},
    aside=("path",),
    per="file",
)


def _taken(id: str, place: str, row: dict[str, Any], a: dict[str, Any]) -> dict[str, Any]:
    found = conversation(row)
    if found is None:
        return _row(id, [], place, a, "", "no known shape")
    name, messages = found
    lang = detect("\n\n".join(m["content"] for m in messages))
    messages = _redact(clean(messages, lang), lang, a["phi"], [phi.Told(*each) for each in a["told"]])
    return _row(id, messages, place, a, name, fault(messages)) | {"lang": lang}


def _row(id: str, messages: Messages, place: str, a: dict[str, Any], form: str, reason: str | None) -> dict[str, Any]:
    said = "\n".join(f"{m['role']}: {m['content']}" for m in messages)
    return {
        "id": id,
        "messages": messages,
        "stage": a["stage"] or (suggest_stage(messages) if reason is None else 1),
        "lang": "und",
        "source": a["source"],
        "license": a["license"],
        "topics": {},
        "provenance": {"doc_id": a["doc_id"], "place": place, "format": form},
        "reason": reason,
        "content_hash": content_hash(said),
    }


def _redact(messages: Messages, lang: str, policy: phi.Policy | Literal["off"], told: Sequence[phi.Told]) -> Messages:
    if policy == "off":
        return messages
    redacted = phi.redact_sections([m["content"] for m in messages], lang=lang, policy=policy, told=told)
    return [{"role": m["role"], "content": r.text} for m, r in zip(messages, redacted, strict=True)]
