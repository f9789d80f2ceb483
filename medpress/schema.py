"""The records that pass between the rooms, declared once.

Each dataset kind is one `pyarrow.Schema`. A field's description stands in its metadata, so that a shard
explains itself: `describe(RECORD)` gives the table that the README and the dataset card print.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

SCHEMA_VERSION = "3"
"""Written into every manifest; raised when a field changes its meaning or a folder its layout."""

SOURCE_TYPES = ("textbook", "guideline", "literature", "web", "note", "other")
"""Allowed values of `source_type`."""


DOC_ID_DIGITS = 24
"""Of the sha256 of a file: 96 bits, no two of any imaginable collection meet."""


def _field(name: str, kind: pa.DataType, doc: str) -> pa.Field:
    return pa.field(name, kind, metadata={"description": doc})


def _named(value: pa.DataType) -> pa.DataType:
    """Values by name, as a list: Arrow's map type is unknown to `datasets`."""
    return pa.list_(pa.struct([pa.field("name", pa.string()), pa.field("value", value)]))


NAMED_TEXTS = _named(pa.string())
NAMED_NUMBERS = _named(pa.float32())


def by_name(pairs: Iterable[Mapping[str, Any]] | None) -> dict[str, Any]:
    """A stored list of names and values as a dict."""
    return {pair["name"]: pair["value"] for pair in pairs or ()}


def named(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A dict as the list of names and values that is stored, sorted by name."""
    return [{"name": name, "value": values[name]} for name in sorted(values)]


def with_number(column: pa.ChunkedArray, name: str, values: pa.Array) -> pa.Array:
    """Stored lists of names and numbers with one more entry each, in its place by name; a null value adds none."""
    lists = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
    entries, owners = pc.list_flatten(lists), pc.list_parent_indices(lists).to_numpy(zero_copy_only=False)
    sizes = np.bincount(owners, minlength=len(lists))
    starts = np.cumsum(sizes) - sizes
    smaller = pc.less(entries.field("name"), name).to_numpy(zero_copy_only=False)
    places = starts + np.bincount(owners[smaller], minlength=len(lists))
    wanted = values.is_valid().to_numpy(zero_copy_only=False)
    numbers = values.drop_null().cast(pa.float32())
    added = pa.StructArray.from_arrays([pa.array([name] * len(numbers), pa.string()), numbers], names=["name", "value"])
    order = np.insert(np.arange(len(entries)), places[wanted], len(entries) + np.arange(len(numbers)))
    offsets = np.concatenate([[0], np.cumsum(sizes + wanted)]).astype(np.int32)
    return pa.ListArray.from_arrays(offsets, pa.concat_arrays([entries, added]).take(pa.array(order)))


_BBOX = pa.list_(pa.float32())

BLOCK = pa.struct(
    [
        _field("kind", pa.string(), "heading, paragraph, list, table, caption, footnote, formula or reference"),
        _field("level", pa.int8(), "heading level from 1, else 0"),
        _field("text", pa.string(), "text with lines re-joined; tables as Markdown"),
        _field("bbox", _BBOX, "x0, y0, x1, y1 in points from the top left; null without page geometry"),
        _field("confidence", pa.float32(), "mean OCR confidence 0 to 1; null for native text"),
        _field("join", pa.string(), "null for a new block; else the glue with which it carries the previous one on"),
    ]
)

DOCUMENT = pa.schema(
    [
        _field("doc_id", pa.string(), "first 24 hex digits of the sha256 of the raw bytes"),
        _field("uris", pa.list_(pa.string()), "all places it was found, relative to the input root, sorted; raw names"),
        _field("format", pa.string(), "the reader: pdf, web, jats, …"),
        _field("source_type", pa.string(), "textbook, guideline, literature, web, note or other"),
        _field(
            "source", pa.string(), "the collection: given, or the folder where its name is nobody's, else source_type"
        ),
        _field("title", pa.string(), "title; empty when unknown"),
        _field("authors", pa.list_(pa.string()), "authors as printed"),
        _field("date", pa.string(), "publication date, ISO 8601 as far as known; empty when unknown"),
        _field("version", pa.string(), "edition or version as stated"),
        _field("supersedes", pa.string(), "doc_id of the older edition that this one replaces; null for none"),
        _field("lang", pa.string(), "ISO 639-1 of most of the text"),
        _field("license", pa.string(), "licence: given, or as the file states it"),
        _field("identifiers", NAMED_TEXTS, "doi, pmid, isbn, url, publisher"),
        _field("n_pages", pa.int32(), "pages read or quarantined"),
        _field("n_ocr_pages", pa.int32(), "pages that went through OCR"),
        _field("warnings", pa.list_(pa.string()), "what a person should know about this file"),
        _field("extractor", pa.string(), "the reader, and the digest of its code, its models and its options"),
    ]
)
"""One row a source file."""

PAGE = pa.schema(
    [
        _field("doc_id", pa.string(), "the document"),
        _field("page", pa.int32(), "page number from 1"),
        _field("route", pa.string(), "native, ocr, web, …"),
        _field("reason", pa.string(), "why this route"),
        _field("width", pa.float32(), "points; 0 without page geometry"),
        _field("height", pa.float32(), "points; 0 without page geometry"),
        _field("confidence", pa.float32(), "mean OCR confidence; null for native text"),
        _field(
            "source_characters", pa.int32(), "characters of the source's own text, white space aside; null without one"
        ),
        _field(
            "coverage", pa.float32(), "share of them in the blocks or left out with a reason; null without such a text"
        ),
        _field("inflation", pa.float32(), "characters written and left out over those of the source; null likewise"),
        _field("numbers_lost", pa.list_(pa.string()), "numbers of the source that stand nowhere"),
        _field("numbers_new", pa.list_(pa.string()), "numbers that the source does not have"),
        _field("left_out", NAMED_NUMBERS, "characters left out on purpose, by reason: header, hidden, figure label, …"),
        _field("blocks", pa.list_(BLOCK), "blocks in reading order"),
    ]
)
"""One row a page; a web page is one page."""

SPAN = pa.struct(
    [
        _field("start", pa.int32(), "offset into the text"),
        _field("end", pa.int32(), "end offset"),
        _field("page", pa.int32(), "page in the source"),
        _field("block", pa.int32(), "block on that page, from 0"),
    ]
)

ENTITY = pa.struct(
    [
        _field("start", pa.int32(), "offset into the text"),
        _field("end", pa.int32(), "end offset"),
        _field("label", pa.string(), "label of the scheme in nlp/labels.py"),
        _field("concept_id", pa.string(), "concept in the lexicon, null when unlinked"),
        _field("negated", pa.bool_(), "the text denies it"),
        _field("uncertain", pa.bool_(), "the text suspects it"),
        _field("history", pa.bool_(), "it lies in the past"),
        _field("family", pa.bool_(), "it concerns a relative"),
        _field("score", pa.float32(), "the tagger's confidence 0 to 1"),
    ]
)

RELATION = pa.struct(
    [
        _field("head", pa.int32(), "index into entities"),
        _field("tail", pa.int32(), "index into entities"),
        _field("label", pa.string(), "treats, causes, …"),
        _field("polarity", pa.string(), "positive, negative or uncertain"),
        _field("score", pa.float32(), "confidence 0 to 1"),
        _field("evidence_start", pa.int32(), "offset of the evidence"),
        _field("evidence_end", pa.int32(), "end offset of the evidence"),
        _field("rule", pa.string(), "the rule or model that found it"),
    ]
)

PHI_ACTION = pa.struct(
    [
        _field("type", pa.string(), "what was removed: NAME, PHONE, …"),
        _field("start", pa.int32(), "offset of the placeholder in the redacted text"),
        _field("end", pa.int32(), "end offset of the placeholder"),
    ]
)

LEFT_OUT = pa.struct(
    [
        _field("at", pa.int32(), "offset into the text where it stood"),
        _field("text", pa.string(), "what stood there"),
        _field("reason", pa.string(), "why it is no training text"),
    ]
)

RECORD = pa.schema(
    [
        _field("id", pa.string(), "hash of doc_id, section ordinal, augmentation method and k"),
        _field("doc_id", pa.string(), "the document it was cut from"),
        _field("parent_id", pa.string(), "the record it was augmented from; null for source text"),
        _field("augmentation", pa.string(), "method of augmentation; null for source text"),
        _field("text", pa.string(), "the training text, Markdown"),
        _field("spans", pa.list_(SPAN), "where each stretch of the text stands in the source"),
        _field("source_type", pa.string(), "textbook, guideline, literature, web, note or other"),
        _field("source", pa.string(), "the collection; an arm of the bandit"),
        _field("lang", pa.string(), "ISO 639-1"),
        _field("title", pa.string(), "title of the document"),
        _field("section", pa.list_(pa.string()), "heading path"),
        _field("page_start", pa.int32(), "first page"),
        _field("page_end", pa.int32(), "last page"),
        _field("license", pa.string(), "licence of the document"),
        _field("topics", NAMED_TEXTS, "specialty, kind"),
        _field("quality", NAMED_NUMBERS, "score name to value"),
        _field("entities", pa.list_(ENTITY), "medical mentions"),
        _field("relations", pa.list_(RELATION), "relations between them"),
        _field("phi_actions", pa.list_(PHI_ACTION), "what was redacted: no value, no hash"),
        _field("dup_cluster", pa.string(), "id of the near-duplicate cluster; null when alone"),
        _field("dup_count", pa.int32(), "records in that cluster, 1 when alone"),
        _field("n_tokens", pa.int32(), "tokens by the tokenizer that the manifest names"),
        _field("content_hash", pa.string(), "hash of the canonical text"),
        _field(
            "work_id", pa.string(), "the least doc_id of the documents of one work; null for a work's only document"
        ),
        _field("witnesses", pa.list_(pa.string()), "documents of that work whose text this one's stands for"),
        _field("left_out", pa.list_(LEFT_OUT), "stretches that the build left out of the text, in order"),
    ]
)
"""One row a training text: a document, or a section of a long one."""

TOKENS = pa.schema(
    [
        _field("id", pa.string(), "the record whose text this is"),
        _field("doc_id", pa.string(), "the document it was cut from: a takedown removes the rows of a document"),
        _field("parent_id", pa.string(), "the record it was augmented from; null for source text"),
        _field("source", pa.string(), "the collection; an arm of the bandit"),
        _field("license", pa.string(), "SPDX identifier, or the licence as stated; empty when unknown"),
        _field("input_ids", pa.list_(pa.int32()), "tokens of the text, without any that open or close a document"),
        _field("n_tokens", pa.int32(), "how many they are"),
    ]
)
"""One row a record of the shards, in the same file, row group and place: its text in tokens.

Arrow lays the lists of a row group out as one packed array with the border of each document beside it, nothing padded
and nothing cut, so the trainer packs sequences of any length from it, restarts positions at every border, keeps what is
held out by record, and draws by source.
"""

DROPPED = pa.schema(
    [
        *RECORD,
        _field("stage", pa.string(), "the stage that dropped it"),
        _field("reason", pa.string(), "why"),
        _field("value", pa.float64(), "the value that decided; null where none did"),
        _field("threshold", pa.float64(), "the threshold it was held against; null where none"),
        _field("duplicate_of", pa.string(), "the kept record it duplicates; null otherwise"),
    ]
)
"""A record that did not make it, whole (after PHI removal), with the decision."""

BOILERPLATE = pa.schema(
    [
        _field("id", pa.string(), "hash of the source and the paragraph; records that lost it name it in `topics`"),
        _field("source", pa.string(), "the collection that repeats it"),
        _field("text", pa.string(), "the paragraph, as its keeper has it"),
        _field("documents", pa.int64(), "documents of the source that hold it"),
        _field("of_documents", pa.int64(), "documents of the source"),
        _field("threshold", pa.int64(), "documents from which on a paragraph is boilerplate"),
        _field("keeper", pa.string(), "the document that keeps it: the first by id"),
        _field("action", pa.string(), "taken out of all but the keeper, or left in, and why"),
        _field("taken_out", pa.bool_(), "whether it was taken out"),
    ]
)
"""A paragraph that a source repeats: what was taken out of the records, and what was left in as it is clinical."""

QUARANTINE = pa.schema(
    [
        _field("doc_id", pa.string(), "the document, null when the file could not be hashed"),
        _field("place", pa.string(), "pseudonym of the file's place, where doc_id does not tell it; never a name"),
        _field("page", pa.int32(), "the page; null when the whole file or a record is meant"),
        _field("record_id", pa.string(), "the record; null for files and pages"),
        _field("stage", pa.string(), "where it failed"),
        _field("kind", pa.string(), "encrypted, truncated, not-a-pdf, timeout, stalled, memory, crash, …"),
        _field("message", pa.string(), "one sentence; never text of the document"),
    ]
)
"""What could not be processed."""

REMOVED = pa.schema(
    [
        _field("doc_id", pa.string(), "the document that was taken down"),
        _field("places", pa.list_(pa.string()), "pseudonyms of all places it was found; never names"),
        _field("source", pa.string(), "the collection"),
        _field("reason", pa.string(), "why, in the words of who took it down"),
        _field("requester", pa.string(), "who asked for it, in the same words; empty when nobody was named"),
        _field("date", pa.string(), "the day on which it was taken down, ISO 8601"),
        _field("n_pages", pa.int32(), "pages that went"),
        _field("n_tokens", pa.int64(), "tokens that went from the shards"),
        _field("records", pa.list_(pa.string()), "ids of its records, kept and dropped"),
    ]
)
"""A takedown: what went, and why; none of its text."""

REVIEW = pa.schema(
    [
        _field("id", pa.string(), "the record that somebody read"),
        _field("doc_id", pa.string(), "the document it was cut from"),
        _field("content_hash", pa.string(), "hash of the text that was read: of another text it says nothing"),
        _field("verdict", pa.string(), "keep or drop"),
        _field("sample", pa.string(), "the sample that it was drawn for: size, strata and seed"),
        _field("stratum", pa.string(), "the part of the corpus that it was drawn from; empty without strata"),
        _field("date", pa.string(), "the day on which the verdict was taken in, ISO 8601"),
    ]
)
"""What a person said of a record; the next build honours it."""

MESSAGE = pa.struct(
    [
        _field("role", pa.string(), "system, user or assistant"),
        _field("content", pa.string(), "the words"),
    ]
)

INSTRUCTION = pa.schema(
    [
        _field("id", pa.string(), "hash of the messages, or of where they come from"),
        _field("messages", pa.list_(MESSAGE), "the conversation; the last message is the assistant's"),
        _field("stage", pa.int8(), "1 simple, 2 multi-turn and complex, 3 reasoning"),
        _field("lang", pa.string(), "ISO 639-1"),
        _field("source", pa.string(), "the collection"),
        _field("license", pa.string(), "licence; empty when unknown"),
        _field("topics", NAMED_TEXTS, "specialty, kind"),
        _field("n_tokens", pa.int32(), "tokens by the tokenizer that the manifest names"),
        _field("provenance", NAMED_TEXTS, "doc_id, place, method, model: where it came from"),
    ]
)
"""One row a conversation; loads as it is in `datasets` and in TRL's SFT trainer."""

PAIR = pa.schema(
    [
        _field("id", pa.string(), "hash of prompt, chosen and rejected"),
        _field("prompt", pa.list_(MESSAGE), "the conversation up to the answer"),
        _field("chosen", pa.list_(MESSAGE), "the better answer"),
        _field("rejected", pa.list_(MESSAGE), "the worse answer"),
        _field("chosen_score", pa.float32(), "the judge's score 0 to 100; null without a judge"),
        _field("rejected_score", pa.float32(), "the judge's score 0 to 100; null without a judge"),
        _field("chosen_correct", pa.bool_(), "agrees with the ground truth"),
        _field("rejected_correct", pa.bool_(), "agrees with the ground truth"),
        _field("lang", pa.string(), "ISO 639-1"),
        _field("source", pa.string(), "the collection of questions"),
        _field("provenance", NAMED_TEXTS, "question id, models, seeds"),
    ]
)
"""One row a preference; loads as it is in TRL's CPO and DPO trainers."""

SEEN = pa.schema(
    [
        _field("id", pa.string(), "the record, conversation or pair"),
        _field("doc_id", pa.string(), "the document that it was made from; empty where it names none"),
        _field("source", pa.string(), "the collection"),
        _field("license", pa.string(), "licence as the data state it; empty when unknown"),
        _field("first_step", pa.int64(), "the first step, of those that the file is about, that it was trained on"),
        _field("last_step", pa.int64(), "the last of them"),
        _field("tokens", pa.int64(), "tokens of it that were predicted in them; null where only the rows are known"),
    ]
)
"""What a model was trained on: one row a text and stretch of steps, in `seen/` of a training run, sorted by document.

A file holds the steps from one checkpoint to the next and is named by the last, so it says which checkpoints met a text. It
outlives the shards: a takedown asks here.
"""

SCHEMAS = {
    "documents": DOCUMENT,
    "pages": PAGE,
    "shards": RECORD,
    "tokens": TOKENS,
    "dropped": DROPPED,
    "boilerplate": BOILERPLATE,
    "quarantine": QUARANTINE,
    "removed": REMOVED,
    "reviews": REVIEW,
    "instructions": INSTRUCTION,
    "pairs": PAIR,
}
"""Dataset folder name to schema."""


def describe(schema: pa.Schema) -> list[tuple[str, str, str]]:
    """(name, type, description) of each field."""
    return [(f.name, str(f.type), (f.metadata or {}).get(b"description", b"").decode()) for f in schema]
