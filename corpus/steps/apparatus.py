"""Leave out of records what serves the printed page: citations, back matter, prompts, empty brackets (`corpus.apparatus`)."""

from __future__ import annotations

from itertools import groupby

import pyarrow as pa
import pyarrow.compute as pc

from corpus import apparatus
from corpus.duplicates.boilerplate import paragraph_hashes
from corpus.left_out import leave_out
from corpus.steps.candidate import CANDIDATE, with_column
from medpress.run.step import Halve, Step
from medpress.run.task import Mark, Task
from medpress.store import read_table, write_table

FAULT = "nothing but back matter"
"""Why a record is dropped whole."""
_READ = ["id", "doc_id", "ordinal", "source", "source_type", "text", "spans", "phi_actions", "left_out", "fault"]
_WRITTEN = ("text", "spans", "phi_actions", "left_out", "fault", "page_start", "page_end", "paragraphs")


def leave_out_apparatus(task: Task, mark: Mark) -> None:
    """Arguments: `sections` (file), `only` (ids of documents, or null). Writes `CANDIDATE` rows.

    Records of patients are left as they are: what they say of funding and consent is theirs.
    """
    table = read_table(task.arguments["sections"])
    if task.arguments["only"] is not None:
        table = table.filter(pc.field("doc_id").isin(task.arguments["only"]))
    order = [("doc_id", "ascending"), ("ordinal", "ascending"), ("id", "ascending")]
    table = table.cast(CANDIDATE).sort_by(order).combine_chunks()
    rows = table.select([*_READ, "page_start", "page_end", "paragraphs"]).to_pylist()
    for doc_id, group in groupby(rows, key=lambda row: row["doc_id"]):
        mark(doc_id)
        its = list(group)
        texts = [row for row in its if row["fault"] is None and row["source_type"] != "note"]
        found = apparatus.stretches([row["text"] for row in texts], references=len(texts) < len(its))
        for row, stretches in zip(texts, found, strict=True):
            rest = row["text"]
            for start, end, _ in reversed(stretches):
                rest = rest[:start] + rest[end:]
            if not stretches:
                continue
            if apparatus.holds_text(rest):
                leave_out(row, stretches)
                row["paragraphs"] = paragraph_hashes(row["source"], row["text"])
            else:
                row["fault"] = FAULT
    for name in _WRITTEN:
        table = with_column(table, name, pa.array([row[name] for row in rows], CANDIDATE.field(name).type))
    write_table(task.output, table.cast(CANDIDATE))


LEAVE_OUT_APPARATUS = Step(leave_out_apparatus, inputs=("sections",), on_failure=Halve("sections", key="doc_id"))
