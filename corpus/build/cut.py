"""Documents to candidate records: cleaned, cut, without PHI, with the scores that the filters look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from corpus import filters
from corpus.build import models
from corpus.build.config import PhiPolicy
from corpus.dedup.boilerplate import paragraph_hashes
from corpus.dedup.exact import content_hash
from corpus.normalise import normalise
from corpus.offsets import apply_edits
from corpus.runner import Mark, Task
from corpus.schema import DOCUMENT, PAGE, RECORD
from corpus.sections import Section, SectionConfig, cut
from corpus.store import identity, write_rows
from nlp import phi
from nlp.language import detect
from nlp.spans import Entity
from nlp.tagging.density import medical_density

VERSION = "3"

CANDIDATE = pa.schema(
    [
        *RECORD,
        pa.field("reference", pa.bool_(), metadata={"description": "a reference list"}),
        pa.field("paragraphs", pa.list_(pa.uint64()), metadata={"description": "hashes of its paragraphs"}),
    ]
)
"""A record before the decisions."""


def cut_documents(task: Task, mark: Mark) -> None:
    """Cut some documents of one bucket. Arguments: `documents`, `pages` (files), `doc_ids`, `section`, `phi`.

    A document without any text gives one candidate with empty text, so that it is dropped with a reason.
    """
    arguments = task.arguments
    ids = arguments["doc_ids"]
    chosen = pc.field("doc_id").isin(ids)
    documents = ds.dataset(arguments["documents"], schema=DOCUMENT).to_table(filter=chosen).to_pylist()
    pages: dict[str, list[dict[str, Any]]] = {doc_id: [] for doc_id in ids}
    for row in ds.dataset(arguments["pages"], schema=PAGE).to_table(filter=chosen).to_pylist():
        pages[row["doc_id"]].append(row)
    config = SectionConfig(**arguments["section"])
    rows: list[dict[str, Any]] = []
    for document in documents:
        mark(document["doc_id"])
        policy = arguments["phi"].get(document["source_type"], arguments["phi"]["other"])
        rows.extend(_candidates(document, sorted(pages[document["doc_id"]], key=lambda p: p["page"]), config, policy))
    write_rows(Path(task.output), rows, CANDIDATE)


def _candidates(
    document: Mapping[str, Any], pages: Sequence[dict[str, Any]], config: SectionConfig, policy: PhiPolicy
) -> list[dict[str, Any]]:
    lang = document["lang"]
    for page in pages:
        for block in page["blocks"]:
            block["text"] = normalise(block["text"], lang)
    sections = cut(pages, document["title"], config) or [_nothing(pages)]
    headings = sorted({heading for section in sections for heading in section.path})
    redacted = _redact([document["title"], *headings, *(section.text for section in sections)], lang, policy)
    heading_of = dict(zip(headings, (redaction.text for redaction in redacted[1:]), strict=False))
    rows = []
    for section, redaction in zip(sections, redacted[1 + len(headings) :], strict=True):
        rows.append(
            {
                "id": identity(document["doc_id"], section.ordinal, None, 0),
                "doc_id": document["doc_id"],
                "text": redaction.text,
                "spans": _moved(section, redaction),
                "source_type": document["source_type"],
                "source": document["source"],
                "lang": detect(redaction.text),
                "title": redacted[0].text,
                "section": [heading_of[heading] for heading in section.path],
                "page_start": section.page_start,
                "page_end": section.page_end,
                "license": document["license"],
                "topics": {},
                "phi_actions": [{"type": kind, "start": start, "end": end} for kind, start, end in redaction.actions],
                "dup_count": 1,
                "content_hash": content_hash(redaction.text),
                "reference": section.kind == "reference",
                "paragraphs": paragraph_hashes(document["source"], redaction.text),
                "confidence": section.confidence,
            }
        )
    for row, entities in zip(rows, models.tagger("lexicon").tag([row["text"] for row in rows]), strict=True):
        row["entities"] = [entity_row(entity) for entity in entities]
        row["quality"] = quality(row, entities)
    return rows


def _nothing(pages: Sequence[Mapping[str, Any]]) -> Section:
    numbers = [page["page"] for page in pages] or [1]
    return Section(0, "text", (), "", (), numbers[0], numbers[-1], None)


def _redact(texts: list[str], lang: str, policy: PhiPolicy) -> list[phi.Redaction]:
    """The texts of one document without PHI; a name that one gives away is taken out of all."""
    if policy == "off":
        return [phi.Redaction(text, [], []) for text in texts]
    return phi.redact_sections(texts, lang=lang, policy=policy)


def _moved(section: Section, redaction: phi.Redaction) -> list[dict[str, int]]:
    """The section's spans in the redacted text."""
    _, mapper = apply_edits(section.text, redaction.edits)
    moved = []
    for span in section.spans:
        start, end = mapper.span(span.start, span.end)
        moved.append({"start": start, "end": end, "page": span.page, "block": span.block})
    return moved


def entity_row(entity: Entity) -> dict[str, Any]:
    """An entity as it is stored."""
    return {name: getattr(entity, name) for name in Entity.__dataclass_fields__}


def quality(row: Mapping[str, Any], entities: Sequence[Entity]) -> dict[str, float]:
    """All scores of a record (`text`, and `confidence` of its OCR or None) with these entities of the lexicon."""
    scores = filters.score(row)
    scores["medical_density"] = medical_density(row["text"], entities)
    if row["confidence"] is not None:
        scores["ocr_confidence"] = row["confidence"]
    return dict(sorted(scores.items()))
