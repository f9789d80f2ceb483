"""Run a function over tasks: atomic outputs, skip what is done, contain what breaks.

A task is done when its output exists. Its output's name carries its identity — the hash of its input, of the stage's
configuration and of the stage's code version — so a re-run after a kill, or after a change, does exactly what is missing.
"""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from medpress.command import Ticker, UserError
from medpress.errors import CorruptError
from medpress.location import location
from medpress.run.task import Executor, Failure, Outcome, Stage, Task
from medpress.store import LineFile, is_whole, names_in, read_json, write_json


@dataclass(slots=True)
class Runner:
    """Runs stages on an executor and keeps the run log."""

    executor: Executor
    log: Path
    """JSON lines: timings, attempts, failures. Never part of a dataset or an identity."""
    counts: dict[str, int] = field(default_factory=lambda: {"done": 0, "skipped": 0, "failed": 0})
    """Attempts and skips over all stages, for the closing summary."""
    _lines: LineFile = field(init=False)

    def __post_init__(self) -> None:
        self._lines = LineFile(self.log)

    def run(
        self,
        stage: Stage,
        tasks: Sequence[Task],
        *,
        split: Callable[[Task, Failure], Sequence[Task]] | None = None,
        tick: Ticker | None = None,
    ) -> list[Outcome]:
        """Do what is not done yet.

        A failed task is handed to `split`, which may answer with smaller tasks (pages instead of a range, half of the
        records) that take its place; where it answers with none, the failure stands. Returns one outcome for each task
        and for each piece, sorted by task id, whatever the order in which they ended.
        """
        outcomes: list[Outcome] = []
        waiting = list({task.id: task for task in tasks}.values())
        while waiting:
            done, failed, fresh = _by_state(waiting)
            results = self._remembered(done, failed)
            if fresh:
                results = itertools.chain(results, self._attempt(stage, fresh))
            waiting = []
            for outcome in results:
                pieces = list(split(outcome.task, outcome.failure)) if outcome.failure and split else []
                waiting += pieces
                outcomes.append(replace(outcome, status="split") if pieces else outcome)
                if tick:
                    tick(note=outcome.task.label)
        self._lines.flush()
        return sorted(outcomes, key=lambda outcome: outcome.task.id)

    def _remembered(self, done: Sequence[Task], failed: Sequence[Task]) -> Iterator[Outcome]:
        """What earlier runs finished or failed at."""
        self.counts["skipped"] += len(done) + len(failed)
        for task in done:
            yield Outcome(task, "skipped")
        for task in failed:
            yield Outcome(task, "failed", Failure(**read_json(task.failure_file)))

    def _attempt(self, stage: Stage, tasks: Sequence[Task]) -> Iterator[Outcome]:
        for task, failure, seconds in self.executor.map(stage, tasks):
            outcome = Outcome(task, "failed" if failure else "done", failure, seconds)
            self._write_log(stage, outcome)
            if failure and failure.kind == "storage":
                raise UserError(f"cannot go on with {task.output.rpartition('/')[0]}: {failure.message}", exit_code=1)
            if failure and failure.kind == "corrupt":  # the fault of a stored file, not of a document
                raise CorruptError(failure.message)
            if failure:
                write_json(task.failure_file, asdict(failure))
            self.counts[outcome.status] += 1
            yield outcome

    def _write_log(self, stage: Stage, outcome: Outcome) -> None:
        row = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
            "stage": stage.__name__,
            "task": outcome.task.id,
            "label": outcome.task.label,
            "status": outcome.status,
            "seconds": round(outcome.seconds, 3),
            "failure": asdict(outcome.failure) if outcome.failure else None,
        }
        self._lines.append(json.dumps(row, ensure_ascii=False))


def _by_state(tasks: Sequence[Task]) -> tuple[list[Task], list[Task], list[Task]]:
    """Tasks that are done, that failed before, and that are still to do: one listing of each output folder.

    A Parquet file without its end is none: what a failing disk left of it is written anew.
    """
    names: dict[str, set[str]] = {}
    states: tuple[list[Task], list[Task], list[Task]] = ([], [], [])
    for task in tasks:
        folder, _, name = task.output.rpartition("/")
        present = names[folder] if folder in names else names.setdefault(folder, names_in(location(folder)))
        states[0 if name in present and is_whole(task.output) else 1 if f"{name}.failed.json" in present else 2].append(
            task
        )
    return states
