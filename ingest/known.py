"""Which files were read before, and would be read the same way again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ingest.identity import OCR_FORMATS, options_identity, reader_identity, sniff_identity
from ingest.ledger import Ledger
from ingest.readers import READERS
from ingest.session import Session
from ingest.steps.assemble_document import ASSEMBLE_DOCUMENT
from ingest.steps.read_files import READ_FILES
from ingest.steps.read_pages import READ_PAGES
from medpress.store import canonical_json, identity


def how_read(format: str | None, formats: Sequence[str], options: Mapping[str, Any]) -> str:
    """How a file of this format (None: it was not recognised) is read when these formats are asked for, as JSON.

    A format is asked when those before it in the registry have said no: how these tell their own files, and the reader
    itself, decide.
    """
    asked = [name for name in READERS if name in formats]
    options = dict(options) if format in OCR_FORMATS else {}
    reading = {"format": format, "asked": asked, "options": options}
    return canonical_json(reading | {"code": _code(format, tuple(asked), canonical_json(options))})


@cache
def _code(format: str | None, asked: tuple[str, ...], options: str) -> str:
    before = asked if format is None else asked[: asked.index(format) + 1]
    steps = [step.code.digest for step in (READ_FILES, READ_PAGES, ASSEMBLE_DOCUMENT)]
    recognition = [sniff_identity(name) for name in before]
    reader = reader_identity(format) if format else None
    return identity(steps, recognition, reader, options_identity(json.loads(options)) if options != "{}" else None)


def current_code(reading: Mapping[str, Any]) -> str:
    """What `code` would be in a reading of the ledger if the file were read now, in the same way."""
    return _code(reading["format"], tuple(reading["asked"]), canonical_json(reading["options"]))


def holds(reading: Mapping[str, Any], session: Session) -> bool:
    """Whether a file that was read so would be read so now."""
    format, asked = reading["format"], reading["asked"]
    if format is not None and format not in READERS:
        return True  # a table of notes stays one, whatever files are asked for; `ingest notes` looks after it
    if format is None:
        return bool(asked == session.formats and reading["code"] == current_code(reading))
    before = list(READERS)[: list(READERS).index(format)]
    return (
        format in session.formats
        and all(name in asked for name in session.formats if name in before)
        and reading["options"] == (session.options if format in OCR_FORMATS else {})
        and (reading["code"] == current_code(reading) or session.config.keep_pages_read_by_older_versions)
    )


def ledger_rows(files: pa.Table, ledger: Ledger) -> pa.Array:
    """For each file, the number of its place's row in the ledger; null for a new place."""
    found = pc.index_in(files["place"], value_set=ledger.rows["place"].combine_chunks())
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found


def known(files: pa.Table, session: Session, still: Mapping[str, bool] | None = None) -> pa.Array:
    """Which `FOUND` rows need no reading: the file is as it was, and so is the way in which it would be read.

    `still` says of each reading in the ledger whether it holds; without it that is worked out for files.
    """
    rows = session.ledger.rows
    of = ledger_rows(files, session.ledger)
    then = rows.select(
        ["size", "stamp", "reading", "seconds", "document_seconds", "memory_bytes", "state", "kind", "doc_id"]
    ).take(of)
    if still is None:
        different = [text for text in then["reading"].unique().to_pylist() if text is not None]
        still = {text: holds(json.loads(text), session) for text in different}
    holding = pa.array([text for text, held in still.items() if held], pa.string())
    conditions = [
        pc.equal(files["size"], then["size"]),
        pc.equal(files["stamp"], then["stamp"]),
        pc.is_in(then["reading"], value_set=holding),
    ]
    limits = {
        "seconds": session.config.page_seconds,
        "document_seconds": session.config.document_seconds,
        "memory_bytes": session.config.memory_bytes,
    }
    conditions += [pc.less_equal(now, pc.fill_null(then[name], now)) for name, now in limits.items()]
    if session.passwords:
        conditions.append(pc.invert(pc.equal(pc.fill_null(then["kind"], ""), "encrypted")))
    if not session.reconciled:
        lost = pc.and_(
            pc.equal(then["state"], "document"),
            pc.invert(pc.or_(session.in_store(then["doc_id"]), pc.is_in(then["doc_id"], value_set=session.gone_ids))),
        )
        conditions.append(pc.invert(lost))
    result = pc.is_valid(of)
    for condition in conditions:
        result = pc.and_(result, pc.fill_null(condition, False))
    return result.combine_chunks() if isinstance(result, pa.ChunkedArray) else result
