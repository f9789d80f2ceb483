"""One piece of work, what became of it, and where such pieces run."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from medpress.location import location

Mark = Callable[[str], None]
"""Called inside a task with a short word for the step that begins; restarts the step's time limit."""

Stage = Callable[["Task", Mark], None]
"""A module-level function that does one task and writes `task.output` atomically."""


@dataclass(frozen=True, slots=True)
class Task:
    """One piece of work."""

    id: str
    """Identity: the step's code, its settings, models and inputs, hashed."""
    label: str
    """What a person calls it: `book.pdf, pages 33-64`."""
    arguments: dict[str, Any]
    """Plain JSON values for the stage function."""
    output: str
    """The file that exists when the task is done."""
    cpu_seconds: float | None = None
    """CPU-seconds that its document has left, from the first step that it tells of; None where nobody counts them."""
    several: bool = False
    """Whether each of its documents has so many; its marks then begin with a word for the one that it is at."""

    @property
    def failure_file(self) -> Path:
        """Where a failure is remembered, so that a re-run does not crash on it again; `ingest retry` forgets it."""
        return location(self.output + ".failed.json")


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a task did not finish."""

    kind: str
    """timeout (of CPU-seconds), stalled (used none for as long), memory, crash, budget (of its document), postponed (the run
    had used its own), the kind of an error that names one, or `error`."""
    message: str
    """One sentence without any text of the document."""
    mark: str = ""
    """The step it was at."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What a task took."""

    seconds: float = 0.0
    """Of the clock."""
    cpu_seconds: float = 0.0
    """Of the processor; where its worker was lost, as far as anybody has seen."""
    document_seconds: float = 0.0
    """Of these, what the document took that it was at; all of them where it has one."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a task."""

    task: Task
    status: Literal["done", "skipped", "failed", "split", "late"]
    """`late`: it stood still, perhaps for a disk or a host, and is tried once more at the end; no outcome that a run returns."""
    failure: Failure | None = None
    spent: Spent = Spent()


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What one worker may use."""

    step_seconds: float = 120.0
    """CPU-seconds between two marks of a task (a page, a record, or the whole task when it sets none), so that a busy
    machine costs nothing its page; and seconds that a task may stand still without using the processor at all."""
    memory_bytes: int = 2 * 2**30
    """Resident memory of one worker."""
    recycle_tasks: int = 200
    """A worker is replaced after so many tasks, against leaks of the libraries inside."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Budget:
    """What may be spent before nothing more is begun, by a run that is told which document a task is charged to.

    What has been begun is ended where the document's seconds are used up; several workers at one document may use as
    many each. What was done stays done.
    """

    document_seconds: float = math.inf
    """CPU-seconds of all tasks of one document in one run."""
    run_seconds: float = math.inf
    """CPU-seconds of all tasks of the run."""


class Executor(Protocol):
    """Where tasks run: local processes, or a cluster."""

    limits: Limits
    """What one worker may use."""

    def map(self, stage: Stage, tasks: Iterable[Task]) -> Iterator[tuple[Task, Failure | None, Spent]]:
        """Run all tasks, each asked for when there is a place for it; yields what became of them as they end, in any order."""
        ...

    def close(self) -> None:
        """Let the workers go."""
        ...
