"""One file through the steps of reading, in this process: what `ingest.read` is.

The steps are those of a run (`ingest.steps`), their results go through files in a folder that is gone afterwards, so the
text is to the byte that of a run. What a run has beyond that are its supervised workers: here no limit of time or memory
holds, and a file that crashes a library takes the process along. For files from strangers, `ingest auto` is the way.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ingest.assembly.page_rows import block_row, page_of
from ingest.config import IngestConfig
from ingest.document import Block, Page, ReadOptions, UnreadableError
from ingest.kept_pages import part_of
from ingest.markdown import to_markdown
from ingest.read_wave import PAGES_PER_TASK
from ingest.readers import READERS
from ingest.reading import probe_of
from ingest.session import Session
from ingest.steps.assemble_document import ASSEMBLE_DOCUMENT
from ingest.steps.read_files import READ_FILES
from ingest.steps.read_pages import READ_PAGES, smaller
from medpress.location import location
from medpress.run.call import call, reference
from medpress.run.step import Step
from medpress.run.task import Failure, Task
from medpress.schema import by_name
from medpress.store import read_table


@dataclass(frozen=True, slots=True)
class FailedPage:
    """A page that could not be read; a run would quarantine it."""

    page: int
    """Page number from 1."""
    kind: str
    """As of `UnreadableError`, or `error`."""
    message: str
    """One sentence."""


@dataclass(frozen=True, slots=True)
class Document:
    """A file as a run of `ingest` reads it."""

    doc_id: str
    """From the sha256 of its bytes, as in the store."""
    format: str
    """The reader: pdf, image, web, epub, docx, jats, cnxml or text."""
    title: str
    """As far as the file says; empty otherwise, like what follows."""
    authors: tuple[str, ...]
    """In the file's order."""
    date: str
    """ISO 8601, as far as known."""
    version: str
    """Edition or version."""
    lang: str
    """ISO 639-1, stated by the file or detected."""
    license: str
    """A URL or a name, as the file states it."""
    identifiers: Mapping[str, str]
    """doi, pmid, isbn, url, …"""
    warnings: tuple[str, ...]
    """What a person should know: "repaired", …"""
    pages: tuple[Page, ...]
    """Its pages, with their blocks in reading order, as they are stored."""
    failed_pages: tuple[FailedPage, ...]
    """Pages that could not be read."""

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The blocks of all pages, in reading order."""
        return tuple(block for page in self.pages for block in page.blocks)

    @property
    def markdown(self) -> str:
        """The text, byte for byte that of `ingest export`."""
        return to_markdown(block_row(block) for block in self.blocks)


def read(source: str | Path | bytes, *, name: str = "", options: ReadOptions = ReadOptions()) -> Document:
    """Read one file: a path, an address such as `s3://bucket/a.pdf`, or bytes.

    `name` is what bytes are called: where the first bytes leave the format open, the name's ending decides. The format's
    libraries are imported by the first call. Raises `FileNotFoundError`, `UnreadableError` for what cannot be read (a
    container is unpacked by `ingest auto` only), and `RuntimeError` for an OCR engine that cannot run here. Pages of a
    larger document that cannot be read are left out and named in `failed_pages`.
    """
    with tempfile.TemporaryDirectory(prefix="medpress-") as folder:  # mode 0700
        work = Path(folder)
        if isinstance(source, bytes):
            place = work / (Path(name).name or "document")
            place.write_bytes(source)
        else:
            place = location(str(source))
            if not place.is_file():
                raise FileNotFoundError(f"there is no file {source}.")
        row, failed = _read(place, options, work)
    return _document(row, failed)


def _read(place: Path, options: ReadOptions, work: Path) -> tuple[dict[str, Any], list[FailedPage]]:
    """The row of `READING`, and the pages that could not be read."""
    session = Session(IngestConfig(data=work, read=options), list(READERS))  # of its parts only what a task is told
    read = {"options": session.options, "passwords": session.passwords}
    listed = [str(place.absolute()), 0, "", True]
    arguments = {"files": [listed], "formats": session.formats, **read}
    task = _task(READ_FILES, work, "file", most_pages=PAGES_PER_TASK, **arguments)
    row = _only_row(task) if not _failure(READ_FILES, task) else None
    if row is None:  # it broke among its pages: they are read apart
        looked = _task(READ_FILES, work, "look", most_pages=0, **arguments)
        if failure := _failure(READ_FILES, looked):
            raise UnreadableError(failure.kind, failure.message)
        row = _only_row(looked)
    if row["state"] == "failed":
        raise UnreadableError(row["kind"], row["message"])
    if row["state"] == "container":
        raise UnreadableError("unsupported", "It holds other files; `ingest auto` unpacks and reads them.")
    if row["state"] != "apart":
        return row, []
    common = {"path": listed[0], "doc_id": row["doc_id"], "format": row["format"], "part": part_of(task.output), **read}
    return _read_apart(row, common, work)


def _read_apart(
    looked_at: Mapping[str, Any], common: dict[str, Any], work: Path
) -> tuple[dict[str, Any], list[FailedPage]]:
    """The pages of a larger document, in the ranges of a run; what breaks is done in smaller ones, down to a page."""
    n_pages = probe_of(looked_at["probe"]).n_pages
    waiting = []
    for first in range(1, n_pages + 1, PAGES_PER_TASK):
        last = min(first + PAGES_PER_TASK - 1, n_pages)
        asked = common | {"first": first, "last": last, "first_failure": None}
        waiting.append(_task(READ_PAGES, work / "pages", f"{first}", **asked))
    parts: list[str] = []
    failed: list[FailedPage] = []
    while waiting:
        task = waiting.pop(0)
        failure = _failure(READ_PAGES, task)
        if failure is None:
            parts.append(task.output)
        elif pieces := smaller(task, failure):
            waiting = [*pieces, *waiting]
        else:
            failed.append(FailedPage(task.arguments["first"], failure.kind, failure.message))
    if not parts:
        raise UnreadableError(failed[0].kind, failed[0].message)
    whole = {name: looked_at[name] for name in ("doc_id", "format", "probe")}
    task = _task(ASSEMBLE_DOCUMENT, work, "whole", parts=parts, **whole)
    if failure := _failure(ASSEMBLE_DOCUMENT, task):
        raise UnreadableError(failure.kind, failure.message)
    return _only_row(task), failed


def _task(step: Step, work: Path, name: str, **arguments: Any) -> Task:
    """A task of a step without its identity, which nobody asks for: nothing of it is kept."""
    step.check(arguments)
    return Task(name, name, arguments, str(work / name / "output.parquet"))


def _failure(step: Step, task: Task) -> Failure | None:
    """Do a task here; what goes wrong is told as by a worker."""
    marks = [""]
    failure = call(reference(step.function), asdict(task), marks.append)
    return failure and replace(failure, mark=marks[-1])


def _only_row(task: Task) -> dict[str, Any]:
    (row,) = read_table(task.output).to_pylist()
    return dict(row)


def _document(row: Mapping[str, Any], failed: list[FailedPage]) -> Document:
    texts = {name: row[name] or "" for name in ("doc_id", "format", "title", "date", "version")}
    found = {name: row[f"found_{name}"] or "" for name in ("lang", "license")}
    return Document(
        **texts,
        **found,
        authors=tuple(row["authors"] or ()),
        identifiers=by_name(row["identifiers"]),
        warnings=tuple(row["warnings"] or ()),
        pages=tuple(page_of(page) for page in row["pages"]),
        failed_pages=tuple(failed),
    )
