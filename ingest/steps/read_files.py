"""Read small files, many to a task: recognise each, look at what it says of itself, read its pages, put them together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa

from ingest.containers import is_container, needs_file
from ingest.document import Mark, ReadOptions, UnreadableError, options_of
from ingest.identity import options_identity, readers_identity
from ingest.kept_pages import keep, part_of
from ingest.readers import load_reader
from ingest.reading import READING, apart, document, failed
from ingest.recognition import HEAD_BYTES, recognise, recognise_file, unread
from medpress.location import is_remote, local_copy, location
from medpress.run.step import Step
from medpress.run.task import Task
from medpress.schema import DOC_ID_DIGITS
from medpress.store import file_sha256, read_head, write_table

WHOLE = "whole"
"""In a mark: the file is looked at as a whole, before its pages; its doc_id follows."""


def read_files(task: Task, mark: Mark) -> None:
    """Read some files. Writes `READING`, a row a file; its `number` is the place in `files`.

    Arguments: `files` (path, size, stamp, and whether one of unknown first bytes is an error), `formats`, `options`,
    `most_pages` (a document of more is only looked at), `passwords` (place, size and time of a file of them, or none).
    The mark tells the number of the file and where in it: at first its doc_id, then its pages.
    """
    a = task.arguments
    options = options_of(a["options"], a["passwords"])
    for name in a["formats"]:
        load_reader(name)  # before the first mark: what their libraries take is no document's
    rows = []
    for number, (path, _, _, sure) in enumerate(a["files"]):
        mark(str(number))
        row = _read(location(path), sure, options, task, lambda word, at=number: mark(f"{at} {word}"))  # type: ignore[misc]
        rows.append({"number": number, **row})
    write_table(task.output, pa.Table.from_pylist(rows, schema=READING))
    location(part_of(task.output)).unlink(missing_ok=True)


def _read(place: Path, sure: bool, options: ReadOptions, task: Task, mark: Mark) -> dict[str, Any]:
    """A row of a file; one that was written to while it was read is read once more, and then quarantined."""
    for _ in range(2):
        before = _state(place)
        row = _read_once(place, sure, options, task, mark)
        if _state(place) == before:
            return row
    return failed("changed", "The file was written to while it was read; run the same command again when it is whole.")


def _state(place: Path) -> tuple[int, ...]:
    """What changes when a file on a disk does, whatever its times are set to afterwards; of a remote one a copy is read."""
    if is_remote(place):
        return ()
    stat = place.stat()
    return (stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)


def _read_once(place: Path, sure: bool, options: ReadOptions, task: Task, mark: Mark) -> dict[str, Any]:
    formats = task.arguments["formats"]
    head = read_head(place, HEAD_BYTES)
    here = local_copy(place) if needs_file(head) else None
    if is_container(head, place.name, here):
        return {"state": "container"}
    try:
        name = recognise_file(here, head, place.name, formats) if here else recognise(head, place.name, formats)
    except UnreadableError as error:
        if not sure:
            return {"state": "ignored"}
        return failed(error.kind, error.message, file_sha256(here or place)[:DOC_ID_DIGITS])
    if name is None and not sure:
        return {"state": "ignored"}
    path = here or local_copy(place)
    doc_id = file_sha256(path)[:DOC_ID_DIGITS]
    mark(f"{WHOLE} {doc_id}")
    if not head:
        return failed("empty", "The file has no bytes.", doc_id)
    if name is None:
        return failed(*unread(head, formats), doc_id)
    reader = load_reader(name)
    try:
        probe = reader.probe(path, options)
    except UnreadableError as error:
        return failed(error.kind, error.message, doc_id) | {"format": name}
    if probe.n_pages > task.arguments["most_pages"]:
        return apart(doc_id, name, probe)
    mark("pages")
    try:
        pages = reader.read(path, 1, probe.n_pages, options, mark)
        return document(doc_id, name, probe, keep(pages, doc_id, task.output) if probe.n_pages > 1 else pages)
    except UnreadableError as error:
        if probe.n_pages > 1 or name == "pdf":  # other pages may do, or the other route
            return apart(doc_id, name, probe)
        return failed(error.kind, error.message, doc_id) | {"format": name}


READ_FILES = Step(
    read_files,
    settings=("files", "most_pages", "passwords"),
    models={"formats": readers_identity, "options": options_identity},
    per="file",
)
"""The identity of what is read by name, readers and OCR, is that of their code and weights."""
