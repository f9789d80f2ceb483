"""Run steps on the parts of a corpus: what each part's files are called, what fails, and in which order it comes out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from medpress.command import progress
from medpress.location import location
from medpress.run.runner import Runner, rows_of
from medpress.run.step import Step
from medpress.run.task import Failure, Outcome, Task
from medpress.store import dataset, is_whole, read_table

PARTS_PER_GROUP = 64
"""Parts whose columns are gathered together."""


@dataclass(frozen=True, slots=True)
class Part:
    """The files of some records on their way; a step that halves a part makes two of it."""

    origin: str
    """What the part is called from build to build: where its sections, or its augmented texts, were first written."""
    sections: str
    candidates: str = ""
    screened: str = ""
    resolved: str = ""
    annotated: str = ""


@dataclass(slots=True)
class Flow:
    """Runs steps, and sets apart what fails alone."""

    runner: Runner
    work: Path
    """Where outputs stand, a folder a step."""
    quarantine: list[dict[str, Any]] = field(default_factory=list)
    """`QUARANTINE` rows."""

    def run(self, label: str, step: Step, tasks: Sequence[Task]) -> list[Outcome]:
        """One pass. Raises `UserError` when a task fails that the run needs."""
        if not tasks:
            return []
        with progress(label, len(tasks), _several(step.per)) as tick:
            return self.runner.run(step, tasks, tick=tick)

    def outputs(self, label: str, step: Step, tasks: Sequence[Task]) -> list[str]:
        """One pass, and its outputs in the order of the tasks; those of halves, which nobody foresaw, behind them."""
        return _in_order(tasks, self.run(label, step, tasks))

    def each(
        self,
        label: str,
        step: Step,
        given: Sequence[Part],
        input: str,
        output: str,
        more: Callable[[Part], Mapping[str, Any]],
    ) -> list[Part]:
        """Run a step on each part: the file `input` of a part gives its file `output`. What fails is quarantined."""
        tasks = [step.task(self.work, **{input: getattr(part, input)}, **more(part)) for part in given]
        owner = {_key(task, input): part for task, part in zip(tasks, given, strict=True)}
        outcomes = self.run(label, step, tasks)
        for doc_id, record_id, failure in self._alone(step, outcomes):
            self.set_apart(doc_id, record_id, label, failure)
        made: dict[Part, list[Part]] = {}
        for outcome in outcomes:
            if outcome.status in ("done", "skipped"):
                part = owner[_key(outcome.task, input)]
                made.setdefault(part, []).append(replace(part, **{output: outcome.task.output}))
        return [new for part in given for new in sorted(made.pop(part, []), key=lambda p: getattr(p, output))]

    def documents(self, label: str, step: Step, tasks: Sequence[Task]) -> list[str]:
        """A pass over documents, and its outputs. A document that fails alone is quarantined."""
        outcomes = self.run(label, step, tasks)
        for outcome in outcomes:
            if outcome.status == "failed" and outcome.failure:
                for doc_id in rows_of(step, outcome.task):
                    self.set_apart(doc_id, None, label, outcome.failure)
        return _in_order(tasks, outcomes)

    def _alone(self, step: Step, outcomes: Sequence[Outcome]) -> Iterator[tuple[str, str, Failure]]:
        """(document, record, failure) of each row that fails by itself."""
        for outcome in outcomes:
            if step.on_failure is None or outcome.status != "failed" or outcome.failure is None:
                continue
            a = outcome.task.arguments
            rows = read_table(a.get("candidates") or a.get("annotated") or a["sections"], ["id", "doc_id"])
            chosen = pc.is_in(rows[step.on_failure.key], pa.array(rows_of(step, outcome.task), pa.string()))
            for row in rows.filter(chosen).to_pylist():
                yield row["doc_id"], row["id"], outcome.failure

    def set_apart(self, doc_id: str, record_id: str | None, stage: str, failure: Failure) -> None:
        """Quarantine a document or a record."""
        row = {"doc_id": doc_id, "place": None, "page": None, "record_id": record_id, "stage": stage}
        self.quarantine.append(row | {"kind": failure.kind, "message": failure.message})


def groups(files: Sequence[str], size: int = PARTS_PER_GROUP) -> list[list[str]]:
    """Consecutive files: one more at the end leaves all groups but the last as they are."""
    return [list(files[start : start + size]) for start in range(0, len(files), size)]


def count(files: Sequence[str]) -> int:
    """Rows of some files."""
    return sum(dataset([file]).count_rows() for file in files)


def is_there(file: str) -> bool:
    """Whether a work file is there, and whole."""
    return location(file).exists() and is_whole(file)


def _in_order(tasks: Sequence[Task], outcomes: Sequence[Outcome]) -> list[str]:
    done = {outcome.task.id: outcome.task.output for outcome in outcomes if outcome.status in ("done", "skipped")}
    first = [done.pop(task.id) for task in tasks if task.id in done]
    return [*first, *sorted(done.values())]


def _key(task: Task, input: str) -> str:
    """What tells the parts of one pass apart: the file, and for the same file in two parts what was decided of it."""
    return f"{task.arguments[input]} {task.arguments.get('resolved', '')}"


def _several(unit: str) -> str:
    """What a step is done for, in the plural: `group of parts`, `groups of parts`."""
    head, of, rest = unit.partition(" of ")
    return f"{head}{'es' if head.endswith('s') else 's'}{of}{rest}"
