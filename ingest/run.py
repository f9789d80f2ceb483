"""From paths to the datasets `documents`, `pages` and `quarantine`."""

from __future__ import annotations

import importlib.util
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from ingest import notes, stages
from ingest.discover import UNREACHABLE, Discovery, Found, discover, discover_tables
from ingest.document import ReadOptions
from ingest.fetching.fetch import FetchConfig, FetchError, fetch, is_url, sitemap_urls
from ingest.note_tables import KINDS, NoteColumns
from ingest.readers import READERS, load_reader
from medpress.command import Location, UserError, progress, resolved
from medpress.location import location
from medpress.lock import exclusive
from medpress.removed import failure as taken_down
from medpress.removed import removed
from medpress.run.engine import open_executor
from medpress.run.runner import Runner
from medpress.run.task import Failure, Limits, Outcome, Task, make_task
from medpress.schema import DOCUMENT, QUARANTINE, SOURCE_TYPES
from medpress.store import (
    fingerprint,
    identity,
    make_folder,
    place_file,
    read_json,
    write_json,
    write_manifest,
    write_rows,
)

PAGES_PER_TASK = 16
"""A book is read in ranges of so many pages: parallel, resumable, small in memory."""
BUCKETS = 16
"""Files of a dataset; a document's is the first hex digit of its id."""
SHORTEST_TITLE = 8
"""A shorter title (`Contents`) does not tell that two documents are editions of one."""
PRELOAD = ("numpy", "pyarrow.parquet", "pymupdf", "lxml.etree")
"""Imported once, before the workers are forked."""


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class IngestConfig:
    """What to read, as what, and with how much of the machine."""

    source_type: Literal["textbook", "guideline", "literature", "web", "note", "other"] | None = None
    """Kind of the documents; without it the folder's name or the format decides."""
    source: str | None = None
    """Name of the collection, an arm of the bandit; without it the first folder below the path."""
    license: str | None = None
    """Licence of the documents; without it what each file states."""
    lang: str | None = None
    """Language (ISO 639-1); without it detected."""
    read: Annotated[ReadOptions, Parameter(name="*")] = field(default_factory=ReadOptions)
    """How pages are read."""
    workers: int = 0
    """Worker processes; 0 means one per core."""
    page_seconds: float = 60.0
    """Time limit of one page."""
    worker_gib: float = 2.0
    """Memory limit of one worker, resident, in GiB."""
    engine: Literal["local", "ray"] = "local"
    """Where tasks run: processes of this machine, or a Ray cluster."""
    address: str | None = None
    """Address of the Ray cluster; without it a local one is started."""
    data: Location = Path("data")
    """The data folder."""
    strict: bool = False
    """End with exit code 1 when anything was quarantined."""


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
    routes: Counter[str] = field(default_factory=Counter)
    """Pages by route."""
    reasons: Counter[str] = field(default_factory=Counter)
    """Quarantined files and pages by kind."""
    failures: list[tuple[str, int | None, str]] = field(default_factory=list)
    """(uri, page or None, message) of everything quarantined."""
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
    if not found.files and not found.containers and not found.unreachable and not urls:
        raise UserError(_nothing_found(paths, formats, found))
    _check_backend(config.read)
    with exclusive(config.data):
        work = config.data / "work" / "ingest"
        limits = Limits(step_seconds=config.page_seconds, memory_bytes=int(config.worker_gib * 2**30))
        executor = open_executor(
            config.engine, workers=config.workers, limits=limits, preload=PRELOAD, address=config.address
        )
        try:
            runner = Runner(executor, config.data / "log" / "ingest.jsonl")
            unread = _unreachable(found, config)
            unread += _fetch(urls, fetching or FetchConfig(), config, work, found)
            gone = removed(config.data)
            unread += _unpack(found, formats, config, work, runner, gone)
            entries = unread + _examine(found.files, formats, config, work, runner)
            _refuse_removed(entries, gone, work)
            _read(entries, config, work, runner)
            catalogue = _update_catalogue(work, entries)
            _publish(catalogue, config.data, work, runner)
        finally:
            executor.close()
        write_json(
            config.data / "ingest.config.json", {"paths": list(paths), "formats": list(formats), **resolved(config)}
        )
        return _result(entries, found, runner)


def ingest_notes(paths: Sequence[str], columns: NoteColumns, config: IngestConfig) -> NotesResult:
    """Read tables with one note a row into the data folder, beside what is there already.

    Raises `UserError` when a path is missing or holds no table.
    """
    found = discover_tables(paths)
    if not found.files and not found.unreachable:
        raise UserError(f"there is no table ({', '.join(KINDS)}) below {', '.join(paths)}.")
    with exclusive(config.data):
        work = config.data / "work" / "ingest"
        limits = Limits(step_seconds=config.page_seconds, memory_bytes=int(config.worker_gib * 2**30))
        executor = open_executor(
            config.engine, workers=config.workers, limits=limits, preload=PRELOAD, address=config.address
        )
        try:
            runner = Runner(executor, config.data / "log" / "ingest.jsonl")
            entries = _unreachable(found, config) + _read_tables(found.files, columns, config, work, runner)
            _publish(_update_catalogue(work, entries), config.data, work, runner)
        finally:
            executor.close()
        settings = {"paths": list(paths), "columns": resolved(columns), **resolved(config)}
        write_json(config.data / "ingest.config.json", settings)
    result = NotesResult(tables=entries, tasks=dict(runner.counts))
    files = [task["output"] for entry in entries for task in entry.notes]
    result.rows, result.notes, result.broken = notes.counted(files)
    result.broken += sum(len(entry.failed_pages) for entry in entries)
    result.rows += sum(len(entry.failed_pages) for entry in entries)
    return result


def _read_tables(
    found: Sequence[Found], columns: NoteColumns, config: IngestConfig, work: Path, runner: Runner
) -> list[Entry]:
    surveys: dict[Found, Task] = {}
    for table in found:
        arguments = {"path": str(table.path), "columns": resolved(columns)}
        key = [str(table.path), *fingerprint(table.path), arguments["columns"]]
        surveys[table] = make_task(
            "survey", notes.VERSION, work / "tables", table.uri, arguments, key=key, suffix=".json"
        )
    with progress("look", len(surveys), "tables") as tick:
        runner.run(notes.survey_table, list(surveys.values()), tick=tick)
    entries: list[Entry] = []
    waiting: list[Task] = []
    for table, task in surveys.items():
        entry = Entry(str(table.path), table.uri, None, None, {"source": config.source or table.collection})
        entries.append(entry)
        entry.failed_tasks = [str(task.failure_file)]
        if task.failure_file.exists():
            failure = read_json(task.failure_file)
            entry.failure = {"kind": failure["kind"], "message": failure["message"]}
            continue
        examined = read_json(task.output)
        entry.format, entry.doc_id, entry.failure = "table", examined["doc_id"], examined.get("failure")
        if entry.failure:
            continue
        entry.probe = examined["layout"]
        document: dict[str, Any] = {
            "format": "table", "source": config.source or table.collection, "source_type": config.source_type or "note",
            "license": config.license or "", "lang": config.lang or "", "authors": [], "version": "", "supersedes": None,
            "n_pages": 1, "n_ocr_pages": 0, "warnings": [], "extractor": f"table {notes.VERSION}",
        }  # fmt: skip
        for rows in examined["layout"]["ranges"]:
            arguments = {"path": entry.path, "uri": entry.uri, "layout": examined["layout"] | {"ranges": []}}
            arguments |= {"range": rows, "document": document}
            waiting.append(notes.read_task(work, arguments, examined["doc_id"]))
    with progress("read", len(waiting), "ranges of rows") as tick:
        outcomes = runner.run(
            notes.read_notes, waiting, split=lambda task, failure: notes.smaller(task, failure, work), tick=tick
        )
    of_path = {entry.path: entry for entry in entries}
    for outcome in outcomes:
        entry = of_path[outcome.task.arguments["path"]]
        if outcome.status in ("done", "skipped"):
            entry.notes.append(asdict(outcome.task))
        elif outcome.failure:
            entry.failed_tasks.append(str(outcome.task.failure_file))
            if outcome.status == "failed":
                page = {"page": outcome.task.arguments["range"][0]}
                entry.failed_pages.append(page | {"kind": outcome.failure.kind, "message": outcome.failure.message})
    return entries


def _write_notes(catalogue: Sequence[dict[str, Any]], data: Path, work: Path, runner: Runner) -> list[dict[str, Any]]:
    """The notes of all tables of the catalogue; ranges that a takedown removed are read again. Returns quarantine rows."""
    tasks = [Task(**task) for row in catalogue for task in row.get("notes", []) if not row["failure"]]
    succeed = notes.runs(runner)
    succeed(notes.read_notes, tasks)
    return notes.publish([task.output for task in tasks], sorted(removed(data)), data, work, succeed)


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


def _nothing_found(paths: Sequence[str], formats: Sequence[str], found: Discovery) -> str:
    where = ", ".join(paths)
    if not found.ignored:
        return f"there is no file below {where}."
    others = ", ".join(f"{count} {ending}" for ending, count in found.ignored.most_common(5))
    return f"no {' or '.join(formats)} file below {where}, only {others}; `ingest auto` reads every known format."


@dataclass(slots=True)
class Entry:
    """One file on its way through the run; what is kept of it in the catalogue."""

    path: str
    uri: str
    doc_id: str | None
    failure: dict[str, str] | None
    """Why the whole file could not be read."""
    document: dict[str, Any]
    """What is known of the document before it is assembled."""
    format: str = ""
    probe: dict[str, Any] = field(default_factory=dict)
    parts: list[str] = field(default_factory=list)
    """Files with its pages."""
    failed_pages: list[dict[str, Any]] = field(default_factory=list)
    """page, kind and message of each page that could not be read."""
    failed_tasks: list[str] = field(default_factory=list)
    """Failure files that `ingest retry` forgets."""
    assembled: str = ""
    """The assembled document."""
    routes: dict[str, int] = field(default_factory=dict)
    notes: list[dict[str, Any]] = field(default_factory=list)
    """Of a table of notes: the tasks that read its ranges of rows."""


@dataclass(slots=True)
class NotesResult:
    """What a run over tables did, for the summary."""

    tables: list[Entry]
    """The tables, with their layouts or why they could not be read."""
    rows: int = 0
    """Rows in."""
    notes: int = 0
    """Distinct notes among them."""
    broken: int = 0
    """Rows that were quarantined."""
    tasks: dict[str, int] = field(default_factory=dict)
    """Tasks done, skipped and failed."""


def _fetch(
    urls: Sequence[str], fetching: FetchConfig, config: IngestConfig, work: Path, found: Discovery
) -> list[Entry]:
    """Fetch addresses and sitemaps and add their files to what was found; returns those that could not be had."""
    if not urls:
        return []
    addresses: list[str] = []
    unread = []
    for url in urls:
        try:
            is_sitemap = url.lower().split("?")[0].endswith((".xml", ".xml.gz"))
            addresses += sitemap_urls(url, fetching) if is_sitemap else [url]
        except FetchError as error:
            unread.append(_unread(url, url, {"kind": error.kind, "message": error.message}, config))
    folder = work / "fetched"
    with progress("fetch", len(addresses), "pages") as tick:
        outcomes = fetch(addresses, folder, fetching, seen=lambda fetched: tick(note=fetched.url))
    for fetched in outcomes:
        if fetched.outcome == "failed":
            failure = {"kind": fetched.kind, "message": fetched.message}
            unread.append(_unread(fetched.url, fetched.url, failure, config))
        else:
            path = (folder / fetched.file).absolute()
            found.files.append(Found(path, fetched.url, Path(fetched.file).parts[0]))
    return unread


def _refuse_removed(entries: Sequence[Entry], gone: Mapping[str, dict[str, Any]], work: Path) -> None:
    """What was taken down is not read again, and what was unpacked or fetched of it does not stay here."""
    for entry in entries:
        if entry.doc_id and entry.doc_id in gone:
            entry.failure = taken_down(gone[entry.doc_id])
            if Path(entry.path).is_relative_to(work.absolute()):
                Path(entry.path).unlink(missing_ok=True)


def _unpack(
    found: Discovery,
    formats: Sequence[str],
    config: IngestConfig,
    work: Path,
    runner: Runner,
    gone: Mapping[str, dict[str, Any]],
) -> list[Entry]:
    """Spread containers out and add their files to what was found; returns those that could not be had."""
    tasks = {}
    for container in found.containers:
        folder = str((work / "unpacked").absolute())
        arguments = {"path": str(container.path), "uri": container.uri, "folder": folder, "formats": list(formats)}
        key = [str(container.path), container.uri, *fingerprint(container.path), sorted(formats)]
        task = make_task("unpack", stages.VERSION, work / "unpacked", container.uri, arguments, key=key, suffix=".json")
        tasks[task.id] = (container, task)
    unread = []
    taken_down = {uri: row for row in gone.values() for uri in row["uris"]}
    with progress("unpack", len(tasks), "containers") as tick:
        outcomes = runner.run(stages.unpack, [task for _, task in tasks.values()], tick=tick)
    for outcome in outcomes:
        container, task = tasks[outcome.task.id]
        if outcome.failure:
            failure = {"kind": outcome.failure.kind, "message": outcome.failure.message}
            entry = _unread(str(container.path), container.uri, failure, config)
            entry.failed_tasks = [str(task.failure_file)]
            unread.append(entry)
            continue
        contents = read_json(task.output)
        found.ignored["in archives"] += contents["ignored"]
        for held in contents["held"]:
            if held["failure"]:
                unread.append(_unread(held["uri"], held["uri"], held["failure"], config))
            elif held["uri"] in taken_down and not location(held["path"]).exists():
                row = taken_down[held["uri"]]
                entry = _unread(held["uri"], held["uri"], taken_down(row), config)
                entry.doc_id = row["doc_id"]
                unread.append(entry)
            else:
                found.files.append(Found(location(held["path"]), held["uri"], container.collection))
    return unread


def _unreachable(found: Discovery, config: IngestConfig) -> list[Entry]:
    failure = {"kind": "unsupported", "message": UNREACHABLE}
    return [_unread(str(lost.path), lost.uri, failure, config) for lost in found.unreachable]


def _unread(path: str, uri: str, failure: dict[str, str], config: IngestConfig) -> Entry:
    return Entry(path, uri, None, failure, {"source": config.source or ""})


def _examine(
    files: Sequence[Found], formats: Sequence[str], config: IngestConfig, work: Path, runner: Runner
) -> list[Entry]:
    """Hash, recognise and probe every file."""
    options = resolved(config.read)
    tasks = {}
    for found in files:
        key = [str(found.path), *fingerprint(found.path), sorted(formats), options, _reader_versions(formats)]
        arguments = {"path": str(found.path), "formats": list(formats), "options": options}
        tasks[found] = make_task(
            "examine", stages.VERSION, work / "examined", found.uri, arguments, key=key, suffix=".json"
        )
    with progress("examine", len(tasks), "files") as tick:
        outcomes = {outcome.task.id: outcome for outcome in runner.run(stages.examine, list(tasks.values()), tick=tick)}
    return [_entry(found, task, outcomes[task.id], config) for found, task in tasks.items()]


def _reader_versions(formats: Sequence[str]) -> dict[str, str]:
    return {name: load_reader(name).version for name in formats}


def _entry(found: Found, task: Task, outcome: Outcome, config: IngestConfig) -> Entry:
    document = {
        "source": config.source or found.collection,
        "source_type": config.source_type or "",
        "license": config.license or "",
        "lang": config.lang or "",
    }
    entry = Entry(str(found.path), found.uri, None, None, document)
    if outcome.failure:
        entry.failure = {"kind": outcome.failure.kind, "message": outcome.failure.message}
        entry.failed_tasks = [str(task.failure_file)]
        return entry
    examined = read_json(task.output)
    entry.doc_id, entry.failure = examined["doc_id"], examined.get("failure")
    if entry.failure:
        return entry
    entry.format, entry.probe = examined["format"], examined["probe"]
    extractor = f"{entry.format} {examined['reader_version']} {identity(resolved(config.read))[:8]}"
    document |= {
        "doc_id": entry.doc_id,
        "format": entry.format,
        "source_type": config.source_type or _source_type(found.collection, entry.probe["source_type"]),
        "lang": config.lang or entry.probe["lang"],
        "n_pages": entry.probe["n_pages"],
        "extractor": extractor,
    }
    return entry


def _source_type(collection: str, of_format: str) -> str:
    """The folder's word (`guidelines/`), else the format's (a JATS article is literature), else `other`."""
    word = collection.lower()
    for known in SOURCE_TYPES:
        if word in (known, known + "s"):
            return known
    return of_format or "other"


def _read(entries: Sequence[Entry], config: IngestConfig, work: Path, runner: Runner) -> None:
    """Read the pages of each document once, in ranges, and assemble it."""
    first_of: dict[str, Entry] = {}
    for entry in entries:
        if entry.failure is None and entry.doc_id:
            first_of.setdefault(entry.doc_id, entry)
    options = resolved(config.read)
    tasks = [task for entry in first_of.values() for task in _range_tasks(entry, options, work)]
    with progress("read", len(tasks), "page ranges") as tick:
        outcomes = runner.run(
            stages.read_pages, tasks, split=lambda task, failure: _smaller(task, failure, work), tick=tick
        )
    for outcome in outcomes:
        entry = first_of[outcome.task.arguments["doc_id"]]
        if outcome.status in ("done", "skipped"):
            entry.parts.append(outcome.task.output)
        else:
            entry.failed_tasks.append(str(outcome.task.failure_file))
        if outcome.status == "failed" and outcome.failure:
            page = {
                "page": outcome.task.arguments["first"],
                "kind": outcome.failure.kind,
                "message": outcome.failure.message,
            }
            entry.failed_pages.append(page)
    _assemble(list(first_of.values()), work, runner)
    for entry in entries:
        if entry.failure is None and entry.doc_id and first_of[entry.doc_id] is not entry:
            first = first_of[entry.doc_id]
            entry.failure, entry.assembled, entry.routes = first.failure, first.assembled, {}


def _range_tasks(entry: Entry, options: dict[str, Any], work: Path) -> list[Task]:
    last_page = entry.probe["n_pages"]
    starts = range(1, last_page + 1, PAGES_PER_TASK)
    return [
        _read_task(entry.path, entry.doc_id, entry.format, s, min(s + PAGES_PER_TASK - 1, last_page), options, work)
        for s in starts
    ]


def _read_task(
    path: str,
    doc_id: str | None,
    format: str,
    first: int,
    last: int,
    options: dict[str, Any],
    work: Path,
    first_failure: dict[str, str] | None = None,
) -> Task:
    arguments = {"path": path, "doc_id": doc_id, "format": format, "first": first, "last": last, "options": options}
    key = [doc_id, format, load_reader(format).version, first, last, options, first_failure]
    pages = f"page {first}" if first == last else f"pages {first}-{last}"
    arguments["first_failure"] = first_failure
    return make_task("read", stages.VERSION, work / "read", f"{Path(path).name}, {pages}", arguments, key=key)


def _smaller(task: Task, failure: Failure, work: Path) -> list[Task]:
    """Single pages instead of a range; for a single page the other route, once."""
    a = task.arguments
    if a["first"] < a["last"]:
        return [
            _read_task(a["path"], a["doc_id"], a["format"], page, page, a["options"], work)
            for page in range(a["first"], a["last"] + 1)
        ]
    if a["format"] != "pdf" or a["options"]["ocr"] != "auto":
        return []
    options = a["options"] | {"ocr": "never" if "ocr" in failure.mark else "always"}
    first_failure = {"kind": failure.kind, "message": failure.message}
    return [_read_task(a["path"], a["doc_id"], a["format"], a["first"], a["first"], options, work, first_failure)]


def _assemble(entries: Sequence[Entry], work: Path, runner: Runner) -> None:
    tasks = {}
    for entry in entries:
        entry.parts.sort()
        if not entry.parts:
            first = min(entry.failed_pages, key=lambda page: page["page"])
            entry.failure = {"kind": first["kind"], "message": first["message"]}
            continue
        arguments = {"parts": entry.parts, "probe": entry.probe, "document": entry.document}
        key = [[Path(part).name for part in entry.parts], entry.probe, entry.document]
        task = make_task("assemble", stages.VERSION, work / "assembled", entry.uri, arguments, key=key)
        tasks[task.id] = (task, entry)
    with progress("assemble", len(tasks), "documents") as tick:
        outcomes = runner.run(stages.assemble_document, [task for task, _ in tasks.values()], tick=tick)
    for outcome in outcomes:
        task, entry = tasks[outcome.task.id]
        if outcome.failure:
            entry.failure = {"kind": outcome.failure.kind, "message": outcome.failure.message}
            entry.failed_tasks.append(str(task.failure_file))
        else:
            entry.assembled = task.output
            entry.routes = stages.count_routes(task.output)


def _update_catalogue(work: Path, entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Put this run's files beside those of earlier runs; a path read again takes its old place."""
    file = work / "catalogue.json"
    known: dict[str, dict[str, Any]] = read_json(file) if file.exists() else {}
    kept = (
        "path",
        "uri",
        "doc_id",
        "failure",
        "failed_pages",
        "failed_tasks",
        "assembled",
        "routes",
        "document",
        "format",
        "notes",
    )
    for entry in entries:
        # Two containers may hold the same bytes, which lie in one place.
        place = entry.uri if "!" in entry.uri else entry.path
        known[place] = {name: getattr(entry, name) for name in kept}
    write_json(file, known)
    return sorted(known.values(), key=lambda row: (row["uri"], row["path"]))


def _publish(catalogue: Sequence[dict[str, Any]], data: Path, work: Path, runner: Runner) -> None:
    """Write the three datasets from the catalogue."""
    assembled: dict[str, str] = {}
    uris: dict[str, set[str]] = {}
    quarantine: list[dict[str, Any]] = []
    for row in catalogue:
        uris.setdefault(row["doc_id"] or "", set()).add(row["uri"])
        if row["failure"]:
            quarantine.append(_quarantine_row(row, None, row["failure"]))
            continue
        if row["assembled"]:
            assembled[row["doc_id"]] = row["assembled"]
        quarantine.extend(_quarantine_row(row, page["page"], page) for page in row["failed_pages"])
    documents = [
        stages.document_row(file) | {"uris": sorted(uris[doc_id])} for doc_id, file in sorted(assembled.items())
    ]
    _link_editions(documents)
    _write_documents(data / "documents", documents)
    _write_pages(data / "pages", assembled, work, runner)
    quarantine += _write_notes(catalogue, data, work, runner)
    write_rows(data / "quarantine" / "ingest.parquet", sorted(quarantine, key=_quarantine_order), QUARANTINE)
    versions = {"ingest": stages.VERSION} | {
        name: load_reader(name).version for name in sorted({d["format"] for d in documents})
    }
    for kind in ("documents", "pages"):
        write_manifest(data / kind, kind=kind, config={"buckets": BUCKETS}, versions=versions)


def _quarantine_row(row: dict[str, Any], page: int | None, failure: dict[str, Any]) -> dict[str, Any]:
    return {
        "uri": row["uri"],
        "doc_id": row["doc_id"],
        "page": page,
        "record_id": None,
        "stage": "read" if page else "examine",
        "kind": failure["kind"],
        "message": failure["message"],
    }


def _quarantine_order(row: Mapping[str, Any]) -> tuple[str, str, int]:
    return row["uri"], row["doc_id"] or "", row["page"] or 0


def _link_editions(documents: list[dict[str, Any]]) -> None:
    """Set `supersedes` where title, publisher and collection agree and the editions differ, each to the next older one."""
    editions: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in documents:
        row["supersedes"] = None
        title = re.sub(r"[\W\d_]+", " ", row["title"].casefold()).strip()
        if len(title) >= SHORTEST_TITLE and _edition(row):
            key = (title, row["identifiers"].get("publisher", "").casefold(), row["source"])
            editions.setdefault(key, []).append(row)
    for rows in editions.values():
        rows.sort(key=lambda row: (_edition(row), row["doc_id"]))
        for older, newer in pairwise(rows):
            if _edition(older) < _edition(newer):
                newer["supersedes"] = older["doc_id"]
                older["warnings"] = [*older["warnings"], f"superseded by the edition of {_edition(newer)}"]


def _edition(row: Mapping[str, Any]) -> str:
    """When a document appeared: a year in its title or edition, which a reprint does not change, else its date."""
    year = re.search(r"(?<!\d)(?:19|20)\d\d(?!\d)", f"{row['title']} {row['version']}")
    return year.group() if year else row["date"]


def _write_documents(folder: Path, documents: Sequence[dict[str, Any]]) -> None:
    for bucket in range(BUCKETS):
        rows = [row for row in documents if int(row["doc_id"][0], 16) % BUCKETS == bucket]
        path = folder / f"documents-{bucket:02d}.parquet"
        if rows:
            write_rows(path, rows, DOCUMENT)
        else:
            path.unlink(missing_ok=True)


def _write_pages(folder: Path, assembled: dict[str, str], work: Path, runner: Runner) -> None:
    tasks = {}
    for bucket in range(BUCKETS):
        files = [file for doc_id, file in sorted(assembled.items()) if int(doc_id[0], 16) % BUCKETS == bucket]
        target = folder / f"pages-{bucket:02d}.parquet"
        if not files:
            target.unlink(missing_ok=True)
            continue
        key = [Path(file).name for file in files]
        task = make_task(
            "bucket", stages.VERSION, work / "buckets", f"pages bucket {bucket}", {"files": files}, key=key
        )
        tasks[task.id] = (task, target)
    for outcome in runner.run(stages.write_bucket, [task for task, _ in tasks.values()]):
        if outcome.failure:
            raise UserError(f"could not write {outcome.task.label}: {outcome.failure.message}", exit_code=1)
    make_folder(folder)
    for task, target in tasks.values():
        place_file(task.output, target)


def _result(entries: Sequence[Entry], found: Discovery, runner: Runner) -> IngestResult:
    result = IngestResult(files=len(entries), ignored=found.ignored, tasks=dict(runner.counts))
    seen: set[str] = set()
    for entry in entries:
        if entry.failure:
            result.quarantined_files += 1
            result.reasons[entry.failure["kind"]] += 1
            result.failures.append((entry.uri, None, entry.failure["message"]))
            continue
        assert entry.doc_id is not None
        if entry.doc_id in seen:
            result.copies += 1
            continue
        seen.add(entry.doc_id)
        result.documents += 1
        result.routes.update(entry.routes)
        result.quarantined_pages += len(entry.failed_pages)
        result.reasons.update(page["kind"] for page in entry.failed_pages)
        result.failures += [(entry.uri, page["page"], page["message"]) for page in entry.failed_pages]
    assert result.files == result.documents + result.copies + result.quarantined_files
    return result


FORMATS = {
    "pdf": ["pdf", "image"],
    "web": ["web"],
    "epub": ["epub"],
    "docx": ["docx"],
    "jats": ["jats"],
    "text": ["text", "cnxml"],
    "auto": list(READERS),
}
"""Command to the formats that it reads."""
