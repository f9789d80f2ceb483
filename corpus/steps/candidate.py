"""Candidate records: a text before any decision, without PHI, with the scores that the filters look at.

What is cut from documents and what is augmented from records become candidates here, by the same code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any

import numpy as np
import pyarrow as pa

from corpus import filters
from corpus.config import PhiConfig
from corpus.dedup.exact import content_hash
from corpus.offsets import apply_edits
from corpus.steps import models
from medpress.schema import RECORD
from nlp import phi
from nlp.language import detect
from nlp.spans import Entity
from nlp.tagging.density import medical_density

VERSION = "3"

_ENTITY = tuple(Entity.__dataclass_fields__)
_values_of = attrgetter(*_ENTITY)

CANDIDATE = pa.schema(
    [
        *RECORD,
        pa.field("ordinal", pa.int32(), metadata={"description": "position of its section in the document, from 0"}),
        pa.field(
            "fault", pa.string(), metadata={"description": "why it must be dropped, whatever its scores; or null"}
        ),
        pa.field("paragraphs", pa.list_(pa.uint64()), metadata={"description": "hashes of its paragraphs"}),
        pa.field("fault_value", pa.float64(), metadata={"description": "the value behind the fault"}),
        pa.field("fault_threshold", pa.float64(), metadata={"description": "what it was held against"}),
    ]
)
"""A record before the decisions."""


def redact(texts: Sequence[str], lang: str, source_type: str, config: PhiConfig) -> list[phi.Redaction]:
    """The texts of one document without PHI; a name that one gives away is taken out of all."""
    policy = config.policy(source_type)
    if policy == "off":
        return [phi.Redaction(text, [], []) for text in texts]
    return phi.redact_sections(texts, lang=lang, policy=policy, engine=config.engine)


def of_redaction(text: str, spans: Sequence[Mapping[str, int]], redaction: phi.Redaction) -> dict[str, Any]:
    """The redacted text, phi_actions, and spans (`start`, `end`, `page`, `block` into the text as it was) moved along."""
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


def describe(rows: Sequence[dict[str, Any]]) -> None:
    """Fill in what follows from the texts of candidates: lang, content_hash, the lexicon's entities, and the scores.

    `confidence`, where a row has one, is that of its OCR.
    """
    texts = [row["text"] for row in rows]
    for row, lang in zip(rows, map(detect, texts), strict=True):
        row["lang"] = lang
    for row, digest in zip(rows, map(content_hash, texts), strict=True):
        row["content_hash"] = digest
    tagged = models.tagger("lexicon").tag(texts)
    for row, scores, entities in zip(rows, map(filters.score, rows), tagged, strict=True):
        row["entities"] = [dict(zip(_ENTITY, _values_of(entity), strict=True)) for entity in entities]
        scores["medical_density"] = medical_density(row["text"], entities)
        if row.get("confidence") is not None:
            scores["ocr_confidence"] = row["confidence"]
        row["quality"] = scores
