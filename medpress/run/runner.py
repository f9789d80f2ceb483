"""Run the tasks of a step: atomic outputs, skip what is done, contain what breaks.

A task is done when its output exists. Its output's name carries its identity — the hash of its input, of the step's
settings and of the step's code — so a re-run after a kill, or after a change, does exactly what is missing.
"""

from __future__ import annotations

import itertools
import json
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path

from medpress.command import Ticker, UserError
from medpress.errors import CorruptError
from medpress.location import location
from medpress.run.step import Step
from medpress.run.task import Budget, Executor, Failure, Outcome, Task
from medpress.store import LineFile, is_whole, names_in, read_json, read_table, write_json

Charge = Callable[[Task, str], str | None]
"""Says which document a task is charged to: `""` where it has several, None where it costs nothing worth counting. Of a task
of several that failed the mark is told as well, and what the document took that it was at is charged to that one."""


@dataclass(slots=True)
class Runner:
    """Runs steps on an executor and keeps the run log."""

    executor: Executor
    log: Path
    """JSON lines: timings, attempts, failures. Never part of a dataset or an identity."""
    counts: dict[str, int] = field(default_factory=lambda: {"done": 0, "skipped": 0, "failed": 0})
    """Attempts and skips over all stages, for the closing summary."""
    budget: Budget = field(default_factory=Budget)
    """What the steps may spend that say what their tasks are charged to."""
    _spent: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    """CPU-seconds of each document so far, and of all tasks under `""`."""
    _lines: LineFile = field(init=False)

    def __post_init__(self) -> None:
        self._lines = LineFile(self.log)

    def run(
        self,
        step: Step,
        tasks: Sequence[Task],
        *,
        split: Callable[[Task, Failure], Sequence[Task]] | None = None,
        charge: Charge | None = None,
        tick: Ticker | None = None,
    ) -> list[Outcome]:
        """Do what is not done yet.

        What stood still is tried once more when all else is done: a disk or a host may have been slow. A task that failed
        is handed to `split`, which may answer with smaller tasks that take its place (pages instead of a range); without
        `split` the step says whether it is halved, down to the one row that breaks it. Where neither gives smaller
        tasks the failure stands; a step that has neither cannot go on without one of its tasks.

        With `charge` the budget holds: what it does not allow fails as `budget` or `postponed`, and is not remembered.

        Returns one outcome for each task and for each piece, sorted by task id, whatever the order in which they ended.
        Raises `UserError` when a task failed that the run needs.
        """
        outcomes: list[Outcome] = []
        smaller = split or (partial(_halves, step) if step.on_failure else None)
        waiting = list({task.id: task for task in tasks}.values())
        late: list[Task] = []
        again: set[str] = set()
        while waiting or late:
            if not waiting:
                waiting, late = late, []
                again.update(task.id for task in waiting)
            done, failed, fresh = self._by_state(waiting)
            results = self._remembered(done, failed)
            if fresh:
                results = itertools.chain(results, self._attempt(step, fresh, again, charge))
            waiting = []
            for outcome in results:
                if outcome.status == "late":
                    late.append(outcome.task)
                    continue
                pieces = list(smaller(outcome.task, outcome.failure)) if outcome.failure and smaller else []
                waiting += pieces
                outcomes.append(replace(outcome, status="split") if pieces else outcome)
                if outcome.failure and not smaller:
                    kind, message = outcome.failure.kind, outcome.failure.message
                    raise UserError(f"the step `{step.name}` failed ({kind}): {message}", exit_code=1)
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
            remembered = _remembered_failure(task)
            yield Outcome(task, "failed", remembered[0] if remembered else None)

    def _attempt(
        self, step: Step, tasks: Sequence[Task], again: Collection[str], charge: Charge | None
    ) -> Iterator[Outcome]:
        refused: list[Outcome] = []
        allowed = self._allowed(tasks, charge, refused) if charge else tasks
        for task, failure, spent in self.executor.map(step.function, allowed):
            self._spent[""] += spent.cpu_seconds
            if charge and (document := charge(task, failure.mark if failure else "")):
                self._spent[document] += spent.document_seconds if task.several else spent.cpu_seconds
            if failure and failure.kind == "budget":
                failure = replace(failure, message=self._over_budget().message)
            outcome = Outcome(task, "failed" if failure else "done", failure, spent)
            self._write_log(step, outcome)
            if failure and failure.kind == "stalled" and task.id not in again:
                yield replace(outcome, status="late")
                continue
            if failure and failure.kind == "storage":
                raise UserError(f"cannot go on with {task.output.rpartition('/')[0]}: {failure.message}", exit_code=1)
            if failure and failure.kind == "corrupt":  # the fault of a stored file, not of a document
                raise CorruptError(failure.message)
            if failure and failure.kind != "budget":
                write_json(task.failure_file, asdict(failure) | {"limits": asdict(self.executor.limits)})
            self.counts[outcome.status] += 1
            yield outcome
        for outcome in refused:
            self._write_log(step, outcome)
            self.counts["failed"] += 1
            yield outcome

    def _allowed(self, tasks: Sequence[Task], charge: Charge, refused: list[Outcome]) -> Iterator[Task]:
        """The tasks that the budget allows at the moment when they are asked for, with what is left to each."""
        for task in tasks:
            document = charge(task, "")
            left = self.budget.document_seconds - (self._spent[document] if document else 0.0)
            if document is not None and self._spent[""] >= self.budget.run_seconds:
                refused.append(Outcome(task, "failed", self._postponed()))
            elif document is None:
                yield task
            elif left > 0:
                yield replace(task, cpu_seconds=left, several=not document)
            else:
                refused.append(Outcome(task, "failed", self._over_budget()))

    def _over_budget(self) -> Failure:
        seconds = self.budget.document_seconds
        return Failure(
            "budget", f"The document took more than the {seconds:,g} CPU-seconds that a run may spend on one."
        )

    def _postponed(self) -> Failure:
        seconds = self.budget.run_seconds
        return Failure("postponed", f"The run had used its {seconds:,g} CPU-seconds; the same command goes on.")

    def _write_log(self, step: Step, outcome: Outcome) -> None:
        row = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
            "step": step.name,
            "task": outcome.task.id,
            "label": outcome.task.label,
            "status": outcome.status,
            "seconds": round(outcome.spent.seconds, 3),
            "cpu_seconds": round(outcome.spent.cpu_seconds, 3),
            "failure": asdict(outcome.failure) if outcome.failure else None,
        }
        self._lines.append(json.dumps(row, ensure_ascii=False))

    def _by_state(self, tasks: Sequence[Task]) -> tuple[list[Task], list[Task], list[Task]]:
        """Tasks that are done, that failed before, and that are still to do: one listing of each output folder.

        A Parquet file without its end is none: what a failing disk left of it is written anew. A failure at a limit
        that was raised since is forgotten.
        """
        names: dict[str, set[str]] = {}
        states: tuple[list[Task], list[Task], list[Task]] = ([], [], [])
        for task in tasks:
            folder, _, name = task.output.rpartition("/")
            present = names[folder] if folder in names else names.setdefault(folder, names_in(location(folder)))
            if name in present and is_whole(task.output):
                states[0].append(task)
            elif f"{name}.failed.json" in present and self._fails_still(task):
                states[1].append(task)
            else:
                states[2].append(task)
        return states

    def _fails_still(self, task: Task) -> bool:
        """Whether an earlier failure is remembered, and was not at a limit that is higher now."""
        remembered = _remembered_failure(task)
        if remembered is None:
            return False
        failure, then = remembered
        now = self.executor.limits
        raised = {
            "timeout": (longer := now.step_seconds > then.get("step_seconds", now.step_seconds)),
            "stalled": longer,
            "memory": now.memory_bytes > then.get("memory_bytes", now.memory_bytes),
        }
        return not raised.get(failure.kind, False)


def _remembered_failure(task: Task) -> tuple[Failure, dict[str, float]] | None:
    """The failure of an earlier run, and the limits that it ran under; None when what stands there is damaged."""
    try:
        stored = read_json(task.failure_file)
        limits = stored.pop("limits", {})
        return Failure(**stored), {name: float(limit) for name, limit in limits.items()}
    except (CorruptError, AttributeError, TypeError, ValueError):
        return None


def _halves(step: Step, task: Task, failure: Failure) -> list[Task]:
    """The task on each half of its rows; nothing when it has only one."""
    assert step.on_failure is not None
    keys = rows_of(step, task)
    middle = len(keys) // 2
    return [step.again(task, only=half) for half in (keys[:middle], keys[middle:])] if middle else []


def rows_of(step: Step, task: Task) -> list[str]:
    """The keys of the rows that a task of a step which halves is done for, sorted."""
    assert step.on_failure is not None
    only: list[str] | None = task.arguments["only"]
    if only is not None:
        return only
    column = read_table(task.arguments[step.on_failure.rows], [step.on_failure.key])[step.on_failure.key]
    return sorted(set(column.to_pylist()))


def forget_failures(folder: Path) -> int:
    """Remove all remembered failures below a work folder, so that the next run tries again; returns how many there were."""
    found = list(folder.rglob("*.failed.json")) if folder.exists() else []
    for path in found:
        path.unlink()
    return len(found)
