"""Tasks on a Ray cluster: the same stage functions, the same files.

All nodes must see the data folder at the same place: an object store (with its credentials in each node's environment),
or a shared file system. Ray restarts dead workers; a task that dies
is not tried again, so a poison document costs its own task only, as on one machine.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from typing import Any

import psutil

from medpress.command import UserError
from medpress.errors import CorruptError
from medpress.location import location
from medpress.run.call import call, reference
from medpress.run.task import Failure, Limits, Spent, Stage, Task
from medpress.run.watch import Watch
from medpress.store import read_json, write_json

WORD = ".ended.json"
"""After the name of a task's output: why its worker was ended, and in which attempt, until the driver has read it."""
AHEAD = 4
"""Tasks given to Ray for each worker slot, so that no slot waits for the driver; one that is counted waits for its slot."""
POLL_SECONDS = 1.0
"""How often limits are looked at."""
WORD_SECONDS = 5.0
"""How long a worker that is over a limit may take to leave word of it: the disk may be what it stands still at."""


class RayExecutor:
    """Runs tasks as Ray tasks, one a slot."""

    def __init__(self, *, workers: int, limits: Limits, address: str | None = None) -> None:
        """`workers` 0 means all CPUs of the cluster. Raises `UserError` without Ray or without the cluster."""
        try:
            import ray
        except ImportError as error:
            raise UserError('Ray is not installed: pip install "medpress[ray]".') from error
        self.ray = ray
        try:
            ray.init(
                address=address,
                num_cpus=workers or None if address is None else None,
                log_to_driver=False,
                logging_level=logging.ERROR,
            )
        except (ConnectionError, RuntimeError) as error:
            raise UserError(f"no Ray cluster at {address}: {str(error).splitlines()[0]}") from error
        self.slots = workers or int(ray.cluster_resources().get("CPU", 1))
        self.limits = limits
        self._remote = ray.remote(max_retries=0, max_calls=limits.recycle_tasks, memory=limits.memory_bytes)(_call)

    def map(self, stage: Stage, tasks: Iterable[Task]) -> Iterator[tuple[Task, Failure | None, Spent]]:
        """Run all tasks; yields what became of them as they end."""
        waiting = iter(tasks)
        running: dict[Any, tuple[Task, str, float]] = {}
        exhausted, ahead = False, 1
        while running or not exhausted:
            while not exhausted and len(running) < self.slots * ahead:
                task = next(waiting, None)
                if task is None:
                    exhausted = True
                else:
                    ahead = AHEAD if task.cpu_seconds is None else 1
                    attempt = uuid.uuid4().hex
                    future = self._remote.remote(reference(stage), asdict(task), attempt, asdict(self.limits))
                    running[future] = task, attempt, time.monotonic()
            if not running:
                break
            ready, _ = self.ray.wait(list(running), timeout=POLL_SECONDS)
            for future in ready:
                task, attempt, started = running.pop(future)
                yield task, *self._result(future, task, attempt, time.monotonic() - started)

    def _result(self, future: Any, task: Task, attempt: str, seconds: float) -> tuple[Failure | None, Spent]:
        """What became of a task, and what it took; by the clock where its worker could not tell."""
        errors = self.ray.exceptions
        unknown = Spent(seconds, seconds, seconds)
        try:
            told = self.ray.get(future)
        except errors.OutOfMemoryError:
            return Failure("memory", "The node ran out of memory."), unknown
        except (errors.WorkerCrashedError, errors.NodeDiedError, errors.LocalRayletDiedError):
            told = _word(task, attempt)
            if told is None:
                return Failure("crash", "The worker was ended."), unknown
        except errors.RayError as error:
            return Failure("crash", f"The worker failed ({type(error).__name__})."), unknown
        return Failure(**told["failure"]) if told["failure"] else None, Spent(**told["spent"])

    def close(self) -> None:
        """Leave the cluster."""
        self.ray.shutdown()


def _word(task: Task, attempt: str) -> dict[str, Any] | None:
    """What a worker that ended itself has left, and takes it away; None where it was ended by something else."""
    place = location(task.output + WORD)
    try:
        word: dict[str, Any] = read_json(place)
    except (FileNotFoundError, CorruptError):
        return None
    place.unlink(missing_ok=True)
    return word if word["attempt"] == attempt else None


def _call(stage: str, task: dict[str, Any], attempt: str, limits: dict[str, Any]) -> dict[str, Any]:
    """One task on a Ray worker: its failure, if any, and what it took. A thread ends the process when the task is over a
    limit, so that a hang costs its task; the exit code tells nothing on the other side, so word of it is left in a file."""
    import os
    import threading

    process = psutil.Process()
    watch = Watch(Task(**task), time.process_time(), time.monotonic())
    finished, one_end = threading.Event(), threading.Lock()

    def told(failure: Failure | None) -> dict[str, Any]:
        spent = watch.spent(time.process_time(), time.monotonic())
        return {"attempt": attempt, "failure": asdict(failure) if failure else None, "spent": asdict(spent)}

    def look() -> None:
        while not finished.wait(POLL_SECONDS):
            runs = process.status() == psutil.STATUS_RUNNING
            failure = watch.excess(Limits(**limits), time.process_time(), time.monotonic(), runs=runs)
            with one_end:
                if failure and not finished.is_set():
                    word = location(task["output"] + WORD)
                    leaving = threading.Thread(target=write_json, args=(word, told(failure)), daemon=True)
                    leaving.start()
                    leaving.join(WORD_SECONDS)
                    os._exit(1)

    threading.Thread(target=look, daemon=True).start()
    try:
        failure = call(stage, task, lambda word: watch.step(word, time.process_time(), time.monotonic()))
    finally:
        with one_end:
            finished.set()
    return told(replace(failure, mark=watch.mark) if failure else None)
