"""Take patients' identities out of sections, their headings, titles and licences: a name that one gives away goes from all.

So does what the names of folders and files, addresses and authors tell (`nlp.phi.places`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus.duplicates.boilerplate import paragraph_hashes
from corpus.offsets import apply_edits
from corpus.phi_policy import PhiConfig
from corpus.steps.candidate import CANDIDATE, with_column
from medpress.run.step import Halve, Step
from medpress.run.task import Mark, Task
from medpress.store import read_table, write_table

if TYPE_CHECKING:
    from nlp import phi

_READ = [
    "id",
    "doc_id",
    "parent_id",
    "text",
    "spans",
    "title",
    "section",
    "license",
    "lang",
    "source_type",
    "source",
    "told",
]
_WRITTEN = ("text", "spans", "phi_actions", "title", "section", "license", "paragraphs", "told")


def redact(task: Task, mark: Mark) -> None:
    """Arguments: `sections` (file), `phi` (policies), `engine`, `only` (ids of documents, or null).

    Writes the same rows without identifiers, with `phi_actions`, spans moved along, and the hashes of their paragraphs.
    """
    a = task.arguments
    table = read_table(a["sections"])
    if a["only"] is not None:
        table = table.filter(pc.field("doc_id").isin(a["only"]))
    table = table.sort_by([("doc_id", "ascending"), ("ordinal", "ascending"), ("id", "ascending")])
    config = PhiConfig(**a["phi"], engine=a["engine"])
    rows = table.select(_READ).to_pylist()
    for doc_id, its in groupby(rows, key=lambda row: row["doc_id"]):
        mark(doc_id)
        _redact_document(list(its), config)
    for name in _WRITTEN:
        table = with_column(table, name, pa.array([row[name] for row in rows], CANDIDATE.field(name).type))
    write_table(task.output, table.cast(CANDIDATE))


def engine_identity(engine: str) -> str:
    """The engine's name, with the versions of what it has from outside."""
    if engine in OURS:
        return engine
    from nlp import phi

    return f"{engine} {phi.finder_version(engine)}"


OURS = ("learned", "patterns")
"""The engines that are code and models of this project alone."""

REDACT = Step(
    redact,
    inputs=("sections",),
    settings=("phi",),
    models={"engine": engine_identity},
    on_failure=Halve("sections", key="doc_id"),
)


def _redact_document(rows: Sequence[dict[str, Any]], config: PhiConfig) -> None:
    """Redact the sections of one document, or what was augmented from them, in place."""
    from nlp import phi  # here, so that whoever only hands out tasks compiles none of its patterns
    from nlp.phi.engine import PLACEHOLDER

    first = rows[0]
    headings = sorted({heading for row in rows for heading in row["section"] or ()})
    texts = [first["title"] or "", first["license"] or "", *headings, *(row["text"] for row in rows)]
    policy = config.policy(first["source_type"])
    if policy == "off":
        redacted = [phi.Redaction(text, [], []) for text in texts]
    else:
        told = [phi.Told(**each) for each in first["told"] or ()]
        numbered = any(each.kind != "NAME" for each in told)
        if policy == "thorough" and first["source_type"] != "note" and not numbered and phi.is_publication(texts):
            policy, told = "precise", []  # names in its place are those of its authors
        elif told:  # it speaks of somebody, whatever its format is usually for
            policy = "thorough"
        redacted = phi.redact_sections(texts, lang=first["lang"], policy=policy, engine=config.engine, told=told)
    heading_of = dict(zip(headings, (redaction.text for redaction in redacted[2:]), strict=False))
    for row, redaction in zip(rows, redacted[2 + len(headings) :], strict=True):
        row |= _of_redaction(row["text"], row["spans"] or [], redaction)
        if row["parent_id"] is not None:  # what was redacted here, or in the record that it was made from
            found = PLACEHOLDER.finditer(redaction.text)
            row["phi_actions"] = [{"type": m["type"], "start": m.start(), "end": m.end()} for m in found]
        row["title"], row["license"], row["told"] = redacted[0].text, redacted[1].text, None
        row["section"] = [heading_of[heading] for heading in row["section"] or ()]
        row["paragraphs"] = paragraph_hashes(row["source"], row["text"])


def _of_redaction(text: str, spans: Sequence[Mapping[str, int]], redaction: phi.Redaction) -> dict[str, Any]:
    """The redacted text, what was redacted, and the spans into the text as it was moved along."""
    moved: Sequence[Mapping[str, int]] = spans
    if redaction.edits:
        _, mapper = apply_edits(text, redaction.edits)
        starts, ends = mapper.spans(*np.array([[span["start"], span["end"]] for span in spans]).reshape(-1, 2).T)
        moved = [
            {"start": start, "end": end, "page": span["page"], "block": span["block"]}
            for span, start, end in zip(spans, starts.tolist(), ends.tolist(), strict=True)
        ]
    actions = [{"type": kind, "start": start, "end": end} for kind, start, end in redaction.actions]
    return {"text": redaction.text, "spans": moved, "phi_actions": actions}
