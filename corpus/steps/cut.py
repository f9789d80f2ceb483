"""Documents to candidate records: cleaned, cut, without PHI, with the scores that the filters look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow.compute as pc

from corpus.config import PhiConfig
from corpus.dedup.boilerplate import paragraph_hashes
from corpus.sections import Section, SectionConfig, cut
from corpus.steps.candidate import CANDIDATE, describe, of_redaction, redact
from medpress.run.task import Mark, Task
from medpress.schema import DOCUMENT, PAGE
from medpress.store import dataset, identity, write_rows
from nlp.normalise import normalise

VERSION = "4"

_DOCUMENT = ["doc_id", "title", "lang", "source_type", "source", "license"]
_PAGE = ["doc_id", "page", "blocks"]


def cut_documents(task: Task, mark: Mark) -> None:
    """Cut some documents of one bucket. Arguments: `documents`, `pages` (files), `first`, `last` (ids), `section`, `phi`.

    A document without any text gives one candidate with empty text, so that it is dropped with a reason.
    """
    arguments = task.arguments
    chosen = (pc.field("doc_id") >= arguments["first"]) & (pc.field("doc_id") <= arguments["last"])
    documents = dataset([arguments["documents"]], schema=DOCUMENT).to_table(_DOCUMENT, filter=chosen).to_pylist()
    pages: dict[str, list[dict[str, Any]]] = {row["doc_id"]: [] for row in documents}
    for row in dataset([arguments["pages"]], schema=PAGE).to_table(_PAGE, filter=chosen).to_pylist():
        pages[row["doc_id"]].append(row)
    config, phi = SectionConfig(**arguments["section"]), PhiConfig(**arguments["phi"])
    # Pass by pass over all documents, not document by document: code and tables of a pass stay near the processor.
    sections: list[list[Section]] = []
    for document in documents:
        mark(document["doc_id"])
        sections.append(_sections(document, sorted(pages[document["doc_id"]], key=lambda p: p["page"]), config))
    rows: list[dict[str, Any]] = []
    for document, cut_from_it in zip(documents, sections, strict=True):
        mark(document["doc_id"])
        rows += _candidates(document, cut_from_it, phi)
    mark("scores")
    describe(rows)
    write_rows(task.output, rows, CANDIDATE)


def _sections(document: Mapping[str, Any], pages: Sequence[dict[str, Any]], config: SectionConfig) -> list[Section]:
    for page in pages:
        for block in page["blocks"]:
            block["text"] = normalise(block["text"], document["lang"])
    return cut(pages, document["title"], config) or [_nothing(pages)]


def _candidates(document: Mapping[str, Any], sections: Sequence[Section], phi: PhiConfig) -> list[dict[str, Any]]:
    headings = sorted({heading for section in sections for heading in section.path})
    texts = [document["title"], *headings, *(section.text for section in sections)]
    redacted = redact(texts, document["lang"], document["source_type"], phi)
    heading_of = dict(zip(headings, (redaction.text for redaction in redacted[1:]), strict=False))
    rows = []
    for section, redaction in zip(sections, redacted[1 + len(headings) :], strict=True):
        rows.append(
            {
                **of_redaction(section.text, [span._asdict() for span in section.spans], redaction),
                "id": identity(document["doc_id"], section.ordinal, None, 0),
                "doc_id": document["doc_id"],
                "ordinal": section.ordinal,
                "source_type": document["source_type"],
                "source": document["source"],
                "title": redacted[0].text,
                "section": [heading_of[heading] for heading in section.path],
                "page_start": section.page_start,
                "page_end": section.page_end,
                "license": document["license"],
                "topics": {},
                "dup_count": 1,
                "fault": "reference list" if section.kind == "reference" else None,
                "paragraphs": paragraph_hashes(document["source"], redaction.text),
                "confidence": section.confidence,
            }
        )
    return rows


def _nothing(pages: Sequence[Mapping[str, Any]]) -> Section:
    numbers = [page["page"] for page in pages] or [1]
    return Section(0, "text", (), "", (), numbers[0], numbers[-1], None)
