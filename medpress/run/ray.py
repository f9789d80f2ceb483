"""Tasks on a Ray cluster: the same stage functions, the same files.

All nodes must see the data folder at the same place: an object store (with its credentials in each node's environment),
or a shared file system. Ray restarts dead workers; a task that dies
is not tried again, so a poison document costs its own task only, as on one machine.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from medpress.command import UserError
from medpress.run.call import call, reference
from medpress.run.task import Failure, Limits, Spent, Stage, Task

AHEAD = 4
"""Tasks given to Ray for each worker slot, so that no slot waits for the driver."""
POLL_SECONDS = 1.0
"""How often time limits are looked at."""
LEAST_PROGRESS = 0.02
"""CPU-seconds between two looks, the watchdog's own included, below which a worker stands still."""


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
        """Run all tasks; yields what became of them as they end. What has begun is ended by its steps' limit alone."""
        waiting = iter(tasks)
        running: dict[Any, tuple[Task, float]] = {}
        exhausted = False
        while running or not exhausted:
            while not exhausted and len(running) < self.slots * AHEAD:
                task = next(waiting, None)
                if task is None:
                    exhausted = True
                else:
                    running[self._remote.remote(reference(stage), asdict(task), self.limits.step_seconds)] = (
                        task,
                        time.monotonic(),
                    )
            if not running:
                break
            ready, _ = self.ray.wait(list(running), timeout=POLL_SECONDS)
            for future in ready:
                task, started = running.pop(future)
                failure, cpu_seconds = self._result(future)
                seconds = time.monotonic() - started
                yield task, failure, Spent(seconds, seconds if cpu_seconds is None else cpu_seconds)

    def _result(self, future: Any) -> tuple[Failure | None, float | None]:
        """What became of a task, and its CPU-seconds where its worker could tell them."""
        errors = self.ray.exceptions
        try:
            value, cpu_seconds = self.ray.get(future)
        except errors.OutOfMemoryError:
            return Failure("memory", "The node ran out of memory."), None
        except (errors.WorkerCrashedError, errors.NodeDiedError, errors.LocalRayletDiedError):
            return Failure("crash", "The worker was ended."), None
        except errors.RayError as error:
            return Failure("crash", f"The worker failed ({type(error).__name__})."), None
        return Failure(**value) if value else None, cpu_seconds

    def close(self) -> None:
        """Leave the cluster."""
        self.ray.shutdown()


def _call(stage: str, task: dict[str, Any], step_seconds: float) -> tuple[dict[str, str] | None, float]:
    """One task on a Ray worker: its failure, if any, and its CPU-seconds. A watchdog thread ends the process when a step takes too long: a hang costs its task.

    The exit code tells nothing on the other side, so the watchdog's verdict is a crash there; the local executor, which
    sees its workers, says `timeout`.
    """
    import os
    import threading

    began = time.process_time()
    mark_state: dict[str, Any] = {"at": began, "mark": ""}
    finished = threading.Event()

    def mark(step: str) -> None:
        mark_state["at"], mark_state["mark"] = time.process_time(), step

    def watch() -> None:
        used, moved = time.process_time(), time.monotonic()
        while not finished.wait(POLL_SECONDS):
            now = time.process_time()
            if now - used > LEAST_PROGRESS:
                used, moved = now, time.monotonic()
            if now - mark_state["at"] > step_seconds or time.monotonic() - moved > step_seconds:
                os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
    try:
        failure = call(stage, task, mark)
    finally:
        finished.set()
    spent = time.process_time() - began
    if failure is None:
        return None, spent
    return {"kind": failure.kind, "message": failure.message, "mark": str(mark_state["mark"])}, spent
