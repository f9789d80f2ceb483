"""Documents to sections: cleaned and cut along their headings, each stretch traced to its page and block."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow.compute as pc

from corpus.section_size import SectionConfig
from corpus.sections import Section, cut
from corpus.steps.candidate import CANDIDATE
from medpress.location import location
from medpress.run.step import Halve, Step
from medpress.run.task import Mark, Task
from medpress.schema import DOCUMENT, PAGE
from medpress.store import canonical_json, dataset, identity, read_table, write_rows
from nlp.normalise import normalise
from nlp.phi.places import told_of

_TELLING = ["uris", "authors", "identifiers"]
"""What tells of a person, beside the title."""
DESCRIBED = ["doc_id", "title", "lang", "source_type", "source", "license"]
"""What the records of a document take from it."""
_PAGE = ["doc_id", "page", "blocks"]


def sections(task: Task, mark: Mark) -> None:
    """Cut the documents of a segment. Arguments: `documents`, `pages` (its files), `section` (settings), `only` (ids of
    documents, or null).

    A document without any text gives one section with empty text, so that it is dropped with a reason.
    """
    a = task.arguments
    chosen = pc.scalar(True) if a["only"] is None else pc.field("doc_id").isin(a["only"])
    documents = dataset([a["documents"]], schema=DOCUMENT).to_table([*DESCRIBED, *_TELLING], filter=chosen).to_pylist()
    pages: dict[str, list[dict[str, Any]]] = {row["doc_id"]: [] for row in documents}
    for row in dataset([a["pages"]], schema=PAGE).to_table(_PAGE, filter=chosen).to_pylist():
        pages[row["doc_id"]].append(row)
    config = SectionConfig(**a["section"])
    rows: list[dict[str, Any]] = []
    for document in sorted(documents, key=lambda row: row["doc_id"]):
        mark(document["doc_id"])
        its = sorted(pages[document["doc_id"]], key=lambda page: page["page"])
        told = [each._asdict() for each in told_of(document)]
        rows += [_row(document, section) | {"told": told} for section in _sections(document, its, config)]
    write_rows(task.output, rows, CANDIDATE)


def described(documents: str) -> str:
    """Changes whenever what the records take from these documents does: a file that is found in one more place is the same."""
    table = read_table(location(documents), [*DESCRIBED, *_TELLING])
    return identity(canonical_json(table.select(DESCRIBED).to_pydict()), [told_of(row) for row in table.to_pylist()])


SECTIONS = Step(
    sections,
    inputs=("pages",),
    models={"documents": described},
    settings=("section",),
    per="part",
    on_failure=Halve("documents", key="doc_id"),
)


def _sections(document: Mapping[str, Any], pages: Sequence[dict[str, Any]], config: SectionConfig) -> list[Section]:
    for page in pages:
        for block in page["blocks"]:
            block["text"] = normalise(block["text"], document["lang"])
    return cut(pages, document["title"], config) or [_nothing(pages)]


def _row(document: Mapping[str, Any], section: Section) -> dict[str, Any]:
    return {
        **{name: document[name] for name in DESCRIBED},
        "id": identity(document["doc_id"], section.ordinal, None, 0),
        "ordinal": section.ordinal,
        "text": section.text,
        "spans": [span._asdict() for span in section.spans],
        "section": list(section.path),
        "page_start": section.page_start,
        "page_end": section.page_end,
        "topics": {},
        "dup_count": 1,
        "fault": "reference list" if section.kind == "reference" else None,
        "confidence": section.confidence,
    }


def _nothing(pages: Sequence[Mapping[str, Any]]) -> Section:
    numbers = [page["page"] for page in pages] or [1]
    return Section(0, "text", (), "", (), numbers[0], numbers[-1], None)
