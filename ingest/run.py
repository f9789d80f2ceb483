"""From paths to the datasets `documents`, `pages` and `quarantine`."""

from __future__ import annotations

import importlib.util
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ingest.batches import waves
from ingest.config import IngestConfig
from ingest.discover import FOUND, UNREACHABLE, discover, in_order
from ingest.document import ReadOptions, UnreadableError
from ingest.fetching.config import FetchConfig
from ingest.fetching.fetch import is_url
from ingest.known import known, ledger_rows
from ingest.ledger import LEDGER
from ingest.passwords import passwords_in
from ingest.publish import LABELS, labelled, publish
from ingest.read_wave import read_wave
from ingest.readers import READERS
from ingest.reconcile import reconcile
from ingest.session import Session
from ingest.sources import is_named
from ingest.steps.fetch_pages import fetch_supervised
from ingest.steps.unpack import UNPACK
from medpress import lineage
from medpress.command import UserError, progress, resolved
from medpress.errors import check_sum
from medpress.location import location
from medpress.lock import exclusive
from medpress.removed import failure as taken_down
from medpress.store import fingerprint, read_json, refuse_older_layout, remove_leftovers, write_json


@dataclass(slots=True)
class IngestResult:
    """What a run did, for the summary."""

    files: int = 0
    """Files found."""
    documents: int = 0
    """Distinct documents among them."""
    copies: int = 0
    """Files that are byte for byte a document already counted."""
    quarantined_files: int = 0
    """Files that could not be read at all."""
    quarantined_pages: int = 0
    """Pages that could not be read, of documents that otherwise could."""
    read: int = 0
    """Files that were opened: new, changed, or to be read otherwise than before."""
    routes: Counter[str] = field(default_factory=Counter)
    """Pages by route."""
    reasons: Counter[str] = field(default_factory=Counter)
    """Quarantined files and pages by kind."""
    failures: list[tuple[str, int | None, str]] = field(default_factory=list)
    """(id of the document or pseudonym of the file, page or None, message) of everything quarantined."""
    unnamed: int = 0
    """Folders whose names may be those of persons, so that their documents' source is called after its type."""
    ignored: Counter[str] = field(default_factory=Counter)
    """Files left alone, by ending."""
    tasks: dict[str, int] = field(default_factory=dict)
    """Tasks done, skipped and failed."""


def ingest(
    paths: Sequence[str], formats: Sequence[str], config: IngestConfig, fetching: FetchConfig | None = None
) -> IngestResult:
    """Read all files below `paths` into the data folder, beside what is there already.

    Web addresses among the paths are fetched first. Raises `UserError` when a path is missing or holds nothing of
    these formats.
    """
    urls = [path for path in paths if is_url(path)]
    found = discover([path for path in paths if not is_url(path)], formats)
    if not found.files.num_rows and not found.unreachable and not urls:
        raise UserError(_nothing_found(paths, formats, found.ignored))
    _check_backend(config.read)
    _check_passwords(config.read)
    with opened(config, formats) as session:
        unread = [unread_row(path, uri, "unsupported", UNREACHABLE) for path, uri in found.unreachable]
        fetched, not_fetched = _fetch(urls, fetching or FetchConfig(), session)
        files = in_order(pa.concat_tables([found.files, fetched]))
        read = read_new(files, session)
        held, not_unpacked = _unpack(files, session, found.ignored)
        read += read_new(held, session)
        note(unread + not_fetched + not_unpacked, session)
        files = pa.concat_tables([files, held])
        relabel(files, session)
        finish(session)
        unread += not_fetched + not_unpacked
        others = pa.array([row["place"] for row in unread], pa.string())
        result = _result(pa.concat_arrays([*files["place"].chunks, others]), found.ignored, session)
        if config.source is None:
            result.unnamed = sum(not is_named(folder) for folder in files["collection"].unique().to_pylist())
        write_config(session, {"formats": list(formats)}, paths)
    if not result.files:
        raise UserError(_nothing_found(paths, formats, found.ignored))
    result.read = read
    return result


def write_config(session: Session, more: Mapping[str, Any], paths: Sequence[str]) -> None:
    """Write what this run was told beside its output; the paths, which may name persons, among the work files."""
    write_json(session.data / "ingest.config.json", {**more, **resolved(session.config)})
    write_json(session.work / "paths.json", list(paths))


@contextmanager
def opened(config: IngestConfig, formats: Sequence[str]) -> Iterator[Session]:
    """A run that holds the data folder for itself. Raises `UserError`: another holds it, or its layout is another."""
    with exclusive(config.data):
        refuse_older_layout(config.data)
        remove_leftovers(config.data / "work")
        session = Session(config, [name for name in READERS if name in formats])
        try:
            yield session
        finally:
            session.close()


def read_new(files: pa.Table, session: Session) -> int:
    """Read the files that are new, have changed, or would be read otherwise now; returns how many they were."""
    fresh = files.filter(pc.invert(known(files, session)))
    for wave in waves(fresh):
        read, spent = read_wave(wave, session)
        columns = [*wave.columns, *read.columns]
        publish(labelled(pa.table(columns, names=[*wave.column_names, *read.column_names]), session), session, spent)
    return fresh.num_rows


def note(rows: Sequence[dict[str, Any]], session: Session) -> None:
    """Enter into the ledger what there was no need to read, as far as it does not stand there."""
    table = pa.Table.from_pylist(list(rows), schema=LEDGER)
    then = session.ledger.rows.take(ledger_rows(table, session.ledger))
    same = pc.fill_null(pc.equal(table["state"], then["state"]), False)
    same = pc.and_(same, pc.equal(pc.fill_null(table["message"], ""), pc.fill_null(then["message"], "")))
    _enter(table.filter(pc.invert(same)), session)


def relabel(files: pa.Table, session: Session) -> None:
    """Let the ledger say of known files what the user says of them now: their source, type, licence and language."""
    rows, of = session.ledger.rows, ledger_rows(files, session.ledger)
    found = ["found_source_type", "found_license", "found_lang"]
    then = rows.select(["state", *LABELS, *found]).take(of)
    now = labelled(then.select(found).append_column("collection", files["collection"]), session)
    differs = pc.not_equal(then[LABELS[0]], now[LABELS[0]])
    for name in LABELS[1:]:
        differs = pc.or_(differs, pc.not_equal(then[name], now[name]))
    differs = pc.and_(pc.equal(then["state"], "document"), pc.fill_null(differs, False))
    changed = rows.take(of.filter(differs))
    for name in LABELS:
        changed = changed.set_column(LEDGER.get_field_index(name), LEDGER.field(name), now[name].filter(differs))
    _enter(changed, session)


def _enter(rows: pa.Table, session: Session) -> None:
    if rows.num_rows:
        session.mark_unreconciled()
        session.ledger.append(rows)


def finish(session: Session) -> None:
    """Bring the store up to date when anything has changed, or when the last run was killed before it could."""
    if session.reconciled:
        return
    rows = session.ledger.rows
    own = str(session.work.absolute())
    for path in rows.filter(pc.is_in(rows["doc_id"], value_set=session.gone_ids))["path"].to_pylist():
        if path.startswith(own):  # what was unpacked or fetched of a document that was taken down does not stay here
            location(path).unlink(missing_ok=True)
    with lineage.told(session.data, "ingest", (), [session.data / kind for kind in ("documents", "pages")]):
        reconcile(session)


def unread_row(path: str, uri: str, kind: str, message: str) -> dict[str, Any]:
    """The ledger's row of a place that could not be had."""
    return {"place": uri, "path": path, "uri": uri, "state": "failed", "kind": kind, "message": message}


def _check_backend(options: ReadOptions) -> None:
    """Refuse an OCR engine or device that cannot run here at once, instead of at every page."""
    try:
        if options.ocr_backend == "paddleocr":
            from ingest.ocr.paddle import refuse_crashing_paddle

            if importlib.util.find_spec("paddleocr") is None:
                raise UserError('PaddleOCR is not installed: pip install "medpress[paddle]".')
            refuse_crashing_paddle()
        elif options.ocr_device == "cuda":
            from ingest.ocr.rapid import providers

            providers(options.ocr_device)
    except RuntimeError as error:
        raise UserError(str(error)) from error


def _check_passwords(options: ReadOptions) -> None:
    """Refuse a file of passwords that cannot be read at once, instead of at every locked file."""
    try:
        passwords_in(options.password_file)
    except UnreadableError as error:
        raise UserError(error.message) from error


def _nothing_found(paths: Sequence[str], formats: Sequence[str], ignored: Counter[str]) -> str:
    where = ", ".join(paths)
    if not ignored:
        return f"there is no file below {where}."
    others = ", ".join(f"{count} {ending}" for ending, count in ignored.most_common(5))
    *first, last = formats
    known = f"{', '.join(first)} or {last}" if first else last
    return f"no {known} file below {where}, only {others}; `ingest auto` reads every known format."


def _fetch(urls: Sequence[str], fetching: FetchConfig, session: Session) -> tuple[pa.Table, list[dict[str, Any]]]:
    """Fetch addresses and sitemaps; returns the files that they gave, and ledger rows of those that could not be had."""
    folder = session.work / "fetched"
    rows, unread = [], []
    for fetched in fetch_supervised(urls, folder, fetching, session.config.memory_bytes) if urls else ():
        if fetched.outcome == "failed":
            unread.append(unread_row(fetched.url, fetched.url, fetched.kind, fetched.message))
        else:
            path = (folder / fetched.file).absolute()
            size, stamp = (str(value) for value in [*fingerprint(path), ""][:2])
            rows.append(_held(str(path), fetched.url, Path(fetched.file).parts[0], 0, f"{size} {stamp}"))
    return pa.Table.from_pylist(rows, schema=FOUND), unread


def _unpack(files: pa.Table, session: Session, ignored: Counter[str]) -> tuple[pa.Table, list[dict[str, Any]]]:
    """Spread out the containers among some files; returns what they hold, and ledger rows of what could not be had."""
    of = ledger_rows(files, session.ledger)
    chosen = pc.fill_null(pc.equal(session.ledger.rows["state"].take(of), "container"), False)
    containers, entries = files.filter(chosen).to_pylist(), session.ledger.rows.take(of.filter(chosen)).to_pylist()
    folder = str((session.work / "unpacked").absolute())
    tasks = []
    for row in containers:
        arguments = {name: row[name] for name in ("path", "uri", "size", "stamp")} | {"passwords": session.passwords}
        tasks.append(UNPACK.task(session.work, folder=folder, formats=session.formats, **arguments))
    held: list[dict[str, Any]] = []
    unread = []
    with progress("unpack", len(tasks), "containers") as tick:
        outcomes = session.runner.run(UNPACK, tasks, split=lambda task, failure: [], tick=tick) if tasks else []
    done = {outcome.task.id: outcome for outcome in outcomes}
    for task, row, entry in zip(tasks, containers, entries, strict=True):
        failure = done[task.id].failure
        contents: dict[str, Any] = (
            read_json(task.output) if not failure else {"held": [], "ignored": 0, "failure": asdict(failure)}
        )
        told = contents["failure"] or {"kind": None, "message": None}
        if told["kind"] or entry["kind"]:
            unread.append(entry | {"kind": told["kind"], "message": told["message"]})
        if contents["ignored"]:
            ignored["in archives"] += contents["ignored"]
        for inside in contents["held"]:
            if "path" not in inside:
                unread.append(unread_row(inside["uri"], inside["uri"], inside["kind"], inside["message"]))
            else:
                held.append(_held(inside["path"], inside["uri"], row["collection"], inside["size"], inside["path"]))
    return in_order(pa.Table.from_pylist(held, schema=FOUND)), unread


def _held(path: str, uri: str, collection: str, size: int, stamp: str) -> dict[str, Any]:
    """The `FOUND` row of a file that does not lie where it was found. Several may hold the same bytes, in one place."""
    return {
        "place": uri,
        "path": path,
        "uri": uri,
        "collection": collection,
        "size": size,
        "stamp": stamp,
        "sure": True,
    }


def _result(places: pa.Array, ignored: Counter[str], session: Session) -> IngestResult:
    rows = session.ledger.rows
    columns = ["uri", "path", "state", "doc_id", "routes", "kind", "message", "failed_pages"]
    rows = rows.select(columns).filter(pc.is_in(rows["place"], value_set=places))
    rows = rows.take(pc.sort_indices(rows, [("uri", "ascending"), ("path", "ascending")]))
    whole_tables = pc.and_(pc.equal(rows["state"], "table"), rows["kind"].is_null())
    left_alone = pc.or_(pc.equal(rows["state"], "ignored"), whole_tables)
    for uri in rows.filter(left_alone)["uri"].to_pylist():
        ignored[PurePosixPath(uri).suffix.lower() or "no ending"] += 1
    result = IngestResult(ignored=ignored, tasks=dict(session.counts))
    documents = rows.filter(pc.equal(rows["state"], "document"))
    gone = pc.is_in(documents["doc_id"], value_set=session.gone_ids)
    for row in documents.filter(gone).to_pylist():
        _count_failure(result, row["doc_id"], None, taken_down(session.gone[row["doc_id"]]))
    for row in rows.filter(rows["kind"].is_valid()).to_pylist():
        _count_failure(result, session.called(row), None, row)
    documents = documents.filter(pc.invert(gone))
    first = documents.append_column("row", pa.array(range(documents.num_rows), pa.int64())).group_by("doc_id")
    distinct = documents.take(first.aggregate([("row", "min")])["row_min"])
    result.documents, result.copies = distinct.num_rows, documents.num_rows - distinct.num_rows
    result.files = result.documents + result.copies + result.quarantined_files
    spread = pc.and_(pc.equal(rows["state"], "container"), rows["kind"].is_null())
    no_files = pc.sum(pc.or_(spread, left_alone)).as_py() or 0
    found = len(pc.unique(places)) - no_files
    check_sum("files were found", found, result.documents, result.copies, result.quarantined_files)
    for counted in distinct["routes"].value_counts().to_pylist():
        for route, pages in json.loads(counted["values"]).items():
            result.routes[route] += pages * counted["counts"]
    lost = pc.greater(pc.fill_null(pc.list_value_length(distinct["failed_pages"]), 0), 0)
    for row in distinct.filter(lost).select(["doc_id", "failed_pages"]).to_pylist():
        for page in row["failed_pages"]:
            _count_failure(result, row["doc_id"], page["page"], page)
    return result


def _count_failure(result: IngestResult, called: str, page: int | None, failure: Mapping[str, Any]) -> None:
    result.quarantined_pages += page is not None
    result.quarantined_files += page is None
    result.reasons[failure["kind"]] += 1
    result.failures.append((called, page, failure["message"]))
