"""The three things a worker does with a file: examine it, read a range of its pages, assemble the document."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from ingest.assembly.assemble import assemble
from ingest.assembly.page_rows import WORK_PAGE, from_tables, to_table
from ingest.containers import spread_out
from ingest.discover import recognise, wanted
from ingest.document import Probe, ReadOptions, UnreadableError
from ingest.readers import load_reader
from medpress.location import local_copy, location
from medpress.run.task import Mark, Task
from medpress.schema import DOC_ID_DIGITS, PAGE
from medpress.store import Place, canonical_json, file_sha256, open_parquet, read_table, write_json, write_table
from nlp.language import detect

VERSION = "3"
"""Code version of these stages; a reader's own version comes on top."""


def unpack(task: Task, mark: Mark) -> None:
    """Spread a container out. Arguments: `path`, `uri`, `folder`, `formats`.

    Writes JSON: the held files of these formats and those that could not be had, and how many were left alone.
    """
    arguments = task.arguments
    held: list[dict[str, Any]] = []
    ignored = 0
    for file in spread_out(local_copy(location(arguments["path"])), arguments["uri"], location(arguments["folder"])):
        mark(file.uri)
        if file.error is not None:
            failure = {"kind": file.error.kind, "message": file.error.message}
            held.append({"uri": file.uri, "path": "", "failure": failure})
        elif file.path is not None and wanted(file.path, arguments["formats"]):
            held.append({"uri": file.uri, "path": str(file.path), "failure": None})
        else:
            ignored += 1
    write_json(task.output, {"held": held, "ignored": ignored})


def examine(task: Task, mark: Mark) -> None:
    """Hash a file, recognise its format and probe it. Writes JSON.

    Arguments: `path`, `formats`, `options`. The result has `doc_id`, and either `format` and `probe`, or `failure`.
    """
    path = local_copy(location(task.arguments["path"]))
    result: dict[str, Any] = {"doc_id": file_sha256(path)[:DOC_ID_DIGITS]}
    try:
        if path.stat().st_size == 0:
            raise UnreadableError("empty", "The file has no bytes.")
        name = recognise(path, task.arguments["formats"])
        if name is None:
            raise UnreadableError(*_unrecognised(task.arguments["formats"]))
        reader = load_reader(name)
        probe = reader.probe(path, ReadOptions(**task.arguments["options"]))
        result |= {"format": name, "reader_version": reader.version, "probe": _probe_values(probe)}
    except UnreadableError as error:
        result["failure"] = {"kind": error.kind, "message": error.message}
    write_json(task.output, result)


def _unrecognised(formats: list[str]) -> tuple[str, str]:
    if "text" in formats:
        return "unsupported", "Its first bytes are of no format that can be read."
    return f"not-a-{formats[0]}", f"Its first bytes are not those of a {formats[0]} file."


def _probe_values(probe: Probe) -> dict[str, Any]:
    return {name: getattr(probe, name) for name in Probe.__dataclass_fields__}


def probe_of(values: dict[str, Any]) -> Probe:
    """A `Probe` from its JSON values."""
    tuples = {name: tuple(values[name]) for name in ("authors", "warnings")}
    outline = tuple((int(level), str(title), int(page)) for level, title, page in values["outline"])
    return Probe(**(values | tuples | {"outline": outline}))


def read_pages(task: Task, mark: Mark) -> None:
    """Read pages `first` to `last` of a file.

    Arguments: `path`, `doc_id`, `format`, `first`, `last`, `options`, `first_failure` (of a page that is tried by the
    other route; when that finds nothing, the first failure stands).
    """
    arguments = task.arguments
    reader = load_reader(arguments["format"])
    options = ReadOptions(**arguments["options"])
    pages = list(
        reader.read(local_copy(location(arguments["path"])), arguments["first"], arguments["last"], options, mark)
    )
    if arguments["first_failure"] and not any(page.blocks for page in pages):
        raise UnreadableError(**arguments["first_failure"])
    write_table(task.output, to_table(arguments["doc_id"], pages, WORK_PAGE))


def assemble_document(task: Task, mark: Mark) -> None:
    """Put the parts of a document together. Arguments: `parts` (files), `probe`, `document` (known fields).

    Writes the pages in the dataset's schema; the document's row stands as JSON in the file's metadata.
    """
    pages, probe = assemble(
        from_tables([read_table(part) for part in task.arguments["parts"]]), probe_of(task.arguments["probe"])
    )
    text = "\n".join(block.text for page in pages for block in page.blocks)
    row = task.arguments["document"] | {
        "title": probe.title,
        "authors": list(probe.authors),
        "date": probe.date,
        "version": probe.version,
        "identifiers": dict(sorted(probe.identifiers.items())),
        "n_ocr_pages": sum(page.route == "ocr" for page in pages),
        "warnings": list(probe.warnings),
    }
    row["lang"] = row["lang"] or detect(text)
    row["license"] = row["license"] or probe.license
    table = to_table(row["doc_id"], pages, PAGE)
    write_table(task.output, table.replace_schema_metadata({b"document": canonical_json(row).encode()}))


def document_row(place: Place) -> dict[str, Any]:
    """The document's row from an assembled file."""
    import json

    row: dict[str, Any] = json.loads(open_parquet(place).schema_arrow.metadata[b"document"])
    return row


def write_bucket(task: Task, mark: Mark) -> None:
    """Write the pages of all documents of one bucket, one document after the other. Argument: `files`."""
    tables = [read_table(file).replace_schema_metadata(None).cast(PAGE) for file in task.arguments["files"]]
    write_table(task.output, pa.concat_tables(tables))


def count_routes(place: Place) -> dict[str, int]:
    """How many pages of an assembled document went which way."""
    routes = read_table(place, ["route"])["route"].value_counts().to_pylist()
    return {row["values"]: row["counts"] for row in routes}
