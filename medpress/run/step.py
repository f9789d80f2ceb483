"""A declared step: a function from files to a file, and all that decides what it writes.

    SCORE = Step(score, inputs=("sections",), settings=("filters",), per="part", on_failure=Halve("sections"))
    runner.run(SCORE, [SCORE.task(work, sections=file, filters=values) for file in files])

The task's identity, the name of its output, its label and what happens when it fails follow from the declaration. An
argument that is declared nowhere is an error: whatever a function is given either decides its bytes or stands `aside`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from medpress.location import location
from medpress.run.identity import Code, code_of, model_digests
from medpress.run.task import Stage, Task
from medpress.store import file_sha256, identity, read_json, write_json


@dataclass(frozen=True, slots=True)
class Halve:
    """A task that fails is done in two halves, and so on, until the row that breaks it stands alone and is quarantined.

    The function takes the argument `only`: a list of keys, or None for all rows.
    """

    rows: str
    """The argument that names the Parquet file with the rows."""
    key: str = "id"
    """Column of that file by which `only` chooses."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a run. Every name below is that of an argument of its tasks."""

    function: Stage
    """A module-level function; its module and all that this imports decide the step's identity."""
    inputs: tuple[str, ...] = field(default=(), kw_only=True)
    """Files, or lists of files, whose *names* tell their content: what another step wrote, or a dataset's segment."""
    contents: tuple[str, ...] = field(default=(), kw_only=True)
    """Small files that count by their bytes: what was made anew but came out the same changes nothing behind it."""
    settings: tuple[str, ...] = field(default=(), kw_only=True)
    """Plain values that decide the bytes."""
    models: Mapping[str, Callable[[Any], str]] = field(default_factory=dict, kw_only=True)
    """Arguments that name something which is loaded by name, and how to tell its identity."""
    aside: tuple[str, ...] = field(default=(), kw_only=True)
    """Arguments that decide nothing: where something lies, how patiently it is asked."""
    per: str = field(default="part", kw_only=True)
    """What one task is done for: file, pages, segment, part, partition, shard or corpus."""
    on_failure: Halve | None = field(default=None, kw_only=True)
    """None: the run cannot go on without it, unless whoever runs it knows smaller tasks."""
    suffix: str = field(default=".parquet", kw_only=True)
    """Ending of the output."""

    @property
    def name(self) -> str:
        """What the step is called in logs, manifests and the work folder."""
        return self.function.__name__

    @property
    def code(self) -> Code:
        """What decides its output, but for the arguments."""
        return code_of(self.function.__module__)

    def task(self, work: Path, label: str = "", **arguments: Any) -> Task:
        """The task on these arguments; its output stands in `work/<name of the step>/`.

        Raises `TypeError` for an argument that the step does not declare, or that is missing.
        """
        if self.on_failure:
            arguments.setdefault("only", None)
        self.check(arguments)
        key = {name: file_names(arguments[name]) for name in self.inputs}
        key |= {name: _bytes_of(arguments[name]) for name in self.contents}
        key |= {name: tell(arguments[name]) for name, tell in self.models.items()}
        key |= {name: arguments[name] for name in (*self.settings, *(("only",) if self.on_failure else ()))}
        task_id = identity(self.name, self.code.digest, key)
        output = str(work / self.name / f"{task_id}{self.suffix}")
        return Task(task_id, label or f"{self.name}, a {self.per}", arguments, output)

    def check(self, arguments: Mapping[str, Any]) -> None:
        """Raise `TypeError` for an argument that the step does not declare, or that is missing."""
        declared = {*self.inputs, *self.contents, *self.settings, *self.models, *self.aside}
        declared |= {"only"} if self.on_failure else set()
        if declared != arguments.keys():
            raise TypeError(f"{self.name}: arguments {sorted(declared ^ arguments.keys())} are undeclared or missing")

    def again(self, task: Task, **changed: Any) -> Task:
        """The task with some arguments changed."""
        return self.task(location(task.output).parent.parent, task.label, **(task.arguments | changed))


def file_names(value: str | Sequence[str] | None) -> str | list[str] | None:
    """The last part of the name of a file, or of each of several."""
    if value is None or isinstance(value, str):
        return value and PurePosixPath(value).name
    return [PurePosixPath(each).name for each in value]


def _bytes_of(value: str | Sequence[str] | None) -> str | list[str] | None:
    if value is None or isinstance(value, str):
        return file_sha256(value) if value else None
    return [file_sha256(each) for each in value]


def write_list(work: Path, files: Sequence[str]) -> str:
    """Write a list of files down, so that a task names the list and not thousands of files; returns its place."""
    place = str(work / "lists" / f"{identity(file_names(files))}.json")
    write_json(place, list(files))
    return place


def read_list(place: str) -> list[str]:
    """The files of a list."""
    files: list[str] = read_json(place)
    return files


def identities(steps: Sequence[Step]) -> dict[str, dict[str, str]]:
    """For a manifest: the digest of each step's code, of each model and list that it opens, and the libraries' versions."""
    libraries: dict[str, str] = {}
    models: dict[str, str] = {}
    for step in steps:
        libraries |= step.code.libraries
        for file in step.code.files:
            models |= model_digests(file)
    return {
        "steps": {step.name: step.code.digest for step in sorted(steps, key=lambda step: step.name)},
        "models": dict(sorted(models.items())),
        "libraries": dict(sorted(libraries.items())),
    }
