"""Documents to candidate records: cleaned, cut, without PHI, with the scores that the filters look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from corpus import filters
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
from nlp.tagging import Tagger, load_tagger
from nlp.tagging.density import medical_density

VERSION = "1"

CANDIDATE = pa.schema([*RECORD, pa.field("reference", pa.bool_(), metadata={"description": "a reference list"})])
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


@cache
def _lexicon() -> Tagger:
    return load_tagger("lexicon")


def _candidates(
    document: Mapping[str, Any], pages: Sequence[dict[str, Any]], config: SectionConfig, policy: str
) -> list[dict[str, Any]]:
    lang = document["lang"]
    for page in pages:
        for block in page["blocks"]:
            block["text"] = normalise(block["text"], lang)
    sections = cut(pages, document["title"], config) or [_nothing(pages)]
    surrogates = phi.Surrogates()
    title, _, _ = _redact(document["title"], lang, policy, surrogates)
    rows = []
    for section in sections:
        text, actions, spans = _redact(section.text, lang, policy, surrogates, section.spans)
        path = [_redact(heading, lang, policy, surrogates)[0] for heading in section.path]
        rows.append(
            {
                "id": identity(document["doc_id"], section.ordinal, None, 0),
                "doc_id": document["doc_id"],
                "text": text,
                "spans": spans,
                "source_type": document["source_type"],
                "source": document["source"],
                "lang": detect(text),
                "title": title,
                "section": path,
                "page_start": section.page_start,
                "page_end": section.page_end,
                "license": document["license"],
                "topics": {},
                "phi_actions": actions,
                "dup_count": 1,
                "content_hash": content_hash(text),
                "reference": section.kind == "reference",
                "confidence": section.confidence,
            }
        )
    for row, entities in zip(rows, _lexicon().tag([row["text"] for row in rows]), strict=True):
        row["entities"] = [_entity_row(entity) for entity in entities]
        row["quality"] = _quality(row, entities)
    return rows


def _nothing(pages: Sequence[Mapping[str, Any]]) -> Section:
    numbers = [page["page"] for page in pages] or [1]
    return Section(0, "text", (), "", (), numbers[0], numbers[-1], None)


def _redact(
    text: str, lang: str, policy: str, surrogates: phi.Surrogates, spans: Sequence[Any] = ()
) -> tuple[str, list[dict[str, Any]], list[dict[str, Any]]]:
    """The text without PHI, what was replaced, and the spans moved along."""
    if policy == "off":
        return text, [], [span._asdict() for span in spans]
    redaction = phi.redact(text, lang=lang, policy=policy, surrogates=surrogates)
    redacted, mapper = apply_edits(text, redaction.edits)
    actions = [{"type": kind, "start": start, "end": end} for kind, start, end in redaction.actions]
    moved = []
    for span in spans:
        start, end = mapper.span(span.start, span.end)
        moved.append({"start": start, "end": end, "page": span.page, "block": span.block})
    return redacted, actions, moved


def _entity_row(entity: Entity) -> dict[str, Any]:
    return {name: getattr(entity, name) for name in Entity.__dataclass_fields__}


def _quality(row: Mapping[str, Any], entities: Sequence[Entity]) -> dict[str, float]:
    scores = filters.score(row)
    scores["medical_density"] = medical_density(row["text"], entities)
    if row["confidence"] is not None:
        scores["ocr_confidence"] = row["confidence"]
    return dict(sorted(scores.items()))
