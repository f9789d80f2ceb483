"""Spread a container out: an archive, a web archive."""

from __future__ import annotations

from typing import Any

from ingest.containers import spread_out
from ingest.document import Mark, UnreadableError
from ingest.identity import readers_identity
from ingest.passwords import passwords_in
from ingest.recognition import wanted
from medpress.location import local_copy, location
from medpress.run.step import Step
from medpress.run.task import Task
from medpress.store import write_json


def unpack(task: Task, mark: Mark) -> None:
    """Arguments: `path`, `uri`, `size`, `stamp`, `folder` (for the files), `formats`, `passwords` (place,
    size and time of a file of them, or none).

    Writes JSON: the held files of these formats and those that could not be had, and how many were left alone; or the
    `failure` of the whole container.
    """
    arguments = task.arguments
    held: list[dict[str, Any]] = []
    ignored = 0
    failure = None
    try:
        passwords = passwords_in(arguments["passwords"][0] if arguments["passwords"] else "")
        source = local_copy(location(arguments["path"]))
        for number, file in enumerate(spread_out(source, arguments["uri"], location(arguments["folder"]), passwords)):
            mark(f"member {number}")
            if file.error is not None:
                held.append({"uri": file.uri, "kind": file.error.kind, "message": file.error.message})
            elif file.path is not None and wanted(file.path, arguments["formats"]):
                held.append({"uri": file.uri, "path": str(file.path), "size": file.path.stat().st_size})
            else:
                ignored += 1
    except UnreadableError as error:
        failure = {"kind": error.kind, "message": error.message}
    write_json(task.output, {"held": held, "ignored": ignored, "failure": failure})


UNPACK = Step(
    unpack,
    settings=("path", "uri", "size", "stamp", "passwords"),
    models={"formats": readers_identity},
    aside=("folder",),
    per="container",
    suffix=".json",
)
