"""Look through a table of notes once."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ingest.document import Mark, UnreadableError
from ingest.note_columns import NoteColumns
from ingest.note_tables import survey
from medpress.location import local_copy, location
from medpress.run.step import Step
from medpress.run.task import Task
from medpress.store import write_json


def survey_table(task: Task, mark: Mark) -> None:
    """Arguments: `path`, `size`, `stamp`, `columns`. Writes JSON: the `layout`, or the `failure`."""
    result: dict[str, Any] = {"layout": None, "failure": None}
    try:
        path = local_copy(location(task.arguments["path"]))
        result["layout"] = asdict(survey(path, NoteColumns(**task.arguments["columns"])))
    except UnreadableError as error:
        result["failure"] = {"kind": error.kind, "message": error.message}
    write_json(task.output, result)


SURVEY_TABLE = Step(survey_table, settings=("path", "size", "stamp", "columns"), per="table", suffix=".json")
