"""A supervised pool of local processes.

Each worker has a pipe of its own to the supervisor and does one task at a time, so that a crash, a hang or a memory
blow-up costs that task and no other. Messages are JSON; results go through files. Memory is watched from outside by
resident size, because a native library that holds the interpreter's lock cannot be watched from inside. The step a worker
is at stands in memory that it shares with the supervisor: it changes with each document, and a message would cost more
than many a step.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import itertools
import json
import multiprocessing
import os
import signal
import struct
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from multiprocessing import forkserver
from multiprocessing.connection import Connection, wait
from types import ModuleType
from typing import Any

import psutil

from medpress.errors import UserError
from medpress.run.call import call, reference
from medpress.run.task import Failure, Limits, Spent, Stage, Task
from medpress.run.watch import Watch

POLL_SECONDS = 0.25
"""How often limits are looked at when no worker says anything."""
IDLE_SHARE = 0.1
"""Of its memory limit a worker may hold so much between two stages."""
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""One process per core: a library's own threads would only fight over it."""
_BOARD = struct.Struct("<Qd240s")
"""What a worker writes down of its step: how many it has begun so far, its CPU-seconds then, and the word for it."""


class LocalExecutor:
    """Runs tasks in processes of this machine; they start on first use and stay alive between stages."""

    def __init__(self, *, workers: int, limits: Limits, preload: Sequence[str] = ()) -> None:
        """`workers` 0 means one per core; `preload` names modules to import once, before the workers are forked."""
        try:
            tempfile.gettempdir()  # where the fork server's socket lies
        except FileNotFoundError as error:
            message = "no temporary folder can be written to (TMPDIR, /tmp); is the disk full?"
            raise UserError(message, exit_code=1) from error
        self.size = workers or len(os.sched_getaffinity(0))
        self.limits = limits
        self.context = multiprocessing.get_context("forkserver")
        self.context.set_forkserver_preload(["medpress.run.local", *preload])
        self.workers: list[_Worker] = []

    def map(self, stage: Stage, tasks: Iterable[Task]) -> Iterator[tuple[Task, Failure | None, Spent]]:
        """Run all tasks; yields what became of them as they end."""
        waiting = iter(tasks)
        name = reference(stage)
        busy: dict[Connection, _Worker] = {}
        exhausted = False
        while not exhausted or busy:
            while not exhausted and len(busy) < self.size:
                task = next(waiting, None)
                if task is None:
                    exhausted = True
                else:
                    worker = self._idle()
                    worker.give(name, task)
                    busy[worker.connection] = worker
            for connection in wait(list(busy), timeout=POLL_SECONDS):
                worker = busy[connection]  # type: ignore[index]
                message = worker.receive()
                del busy[worker.connection]
                if message is None:
                    yield self._lose(worker, worker.death())
                    continue
                failure = Failure(**message["failure"], mark=worker.step()) if message["failure"] else None
                yield worker.finish(failure)
                if worker.tasks_done >= self.limits.recycle_tasks:
                    self._replace(worker)
            for worker in list(busy.values()):
                excess = worker.excess(self.limits)
                if excess and not worker.connection.poll():
                    del busy[worker.connection]
                    if excess.kind == "memory" and worker.tasks_done and worker.task:
                        # Libraries keep what earlier tasks freed: only a new worker shows what this one needs.
                        task, worker = worker.task, self._replace(worker)
                        worker.give(name, task)
                        busy[worker.connection] = worker
                    else:
                        yield self._lose(worker, excess)
        self._let_go()

    def _idle(self) -> _Worker:
        """A worker that has nothing to do, started where there is none."""
        for worker in self.workers:
            if worker.task is None:
                return worker
        self.workers.append(self._start())
        return self.workers[-1]

    def _let_go(self) -> None:
        """End the workers that hold much memory: libraries keep what was freed, and the next stage has no use for it."""
        for worker in list(self.workers):
            if worker.own_memory() > self.limits.memory_bytes * IDLE_SHARE:
                worker.kill()
                self.workers.remove(worker)

    def close(self) -> None:
        """End the workers."""
        for worker in self.workers:
            worker.kill()
        self.workers.clear()

    def _lose(self, worker: _Worker, failure: Failure) -> tuple[Task, Failure | None, Spent]:
        result = worker.finish(failure)
        self._replace(worker)
        return result

    def _replace(self, worker: _Worker) -> _Worker:
        worker.kill()
        fresh = self.workers[self.workers.index(worker)] = self._start()
        return fresh

    def _start(self) -> _Worker:
        ours, theirs = self.context.Pipe()
        board = self.context.RawArray(ctypes.c_char, _BOARD.size)
        before = {name: os.environ.get(name) for name in ONE_THREAD}
        os.environ.update(ONE_THREAD)
        try:
            process = self.context.Process(target=_serve, args=(theirs, dict(os.environ), board), daemon=True)
            with _without_main():
                with _deaf_to_interrupts():
                    forkserver.ensure_running()
                process.start()
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value
        theirs.close()
        return _Worker(process, ours, board)


@contextlib.contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """What is started meanwhile does not hear Ctrl-C, which a terminal sends to all: ending is the main process's affair."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def _without_main() -> Iterator[None]:
    """Let a new process import the stages and not the script that called us, which would run once more in each."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


class _Worker:
    """The supervisor's side of one process."""

    def __init__(self, process: Any, connection: Connection, board: Any) -> None:
        self.process, self.connection, self.board = process, connection, board
        self.watch: Watch | None = None
        """Its task; None while it has none."""
        self.tasks_done = 0
        self.steps = 0
        """Steps of the worker that were seen on the board, those of earlier tasks included."""
        self.used = 0.0
        """Its CPU-seconds when they were last seen."""

    @property
    def task(self) -> Task | None:
        """What it is at."""
        return self.watch.task if self.watch else None

    def give(self, stage: str, task: Task) -> None:
        self.step()
        self.watch = Watch(task, self._cpu_seconds(), time.monotonic())
        # It may have died while idle; then the end of its pipe tells so in the next round.
        with contextlib.suppress(OSError):
            self.connection.send_bytes(json.dumps({"stage": stage, "task": asdict(task)}).encode())

    def receive(self) -> dict[str, Any] | None:
        """The next message, or None when the process is gone."""
        try:
            message: dict[str, Any] = json.loads(self.connection.recv_bytes())
        except (EOFError, OSError):
            return None
        return message

    def step(self) -> str:
        """Read off the board which step the worker is at."""
        steps, begun, label = _BOARD.unpack(self.board.raw)
        if steps != self.steps and self.watch:
            self.watch.step(label.rstrip(b"\0").decode(errors="replace"), begun, time.monotonic())
        self.steps = steps
        return self.watch.mark if self.watch else ""

    def _cpu_seconds(self) -> float:
        try:
            times = psutil.Process(self.process.pid).cpu_times()
        except psutil.Error:
            return self.used
        self.used = float(times.user + times.system)
        return self.used

    def finish(self, failure: Failure | None) -> tuple[Task, Failure | None, Spent]:
        assert self.watch is not None
        watch, self.watch = self.watch, None
        self.tasks_done += 1
        return watch.task, failure, watch.spent(self._cpu_seconds(), time.monotonic())

    def excess(self, limits: Limits) -> Failure | None:
        """The limit that the worker is over, if any."""
        self.step()
        assert self.watch is not None
        used, now = self._cpu_seconds(), time.monotonic()
        try:
            process = psutil.Process(self.process.pid)
            runs, resident = process.status() == psutil.STATUS_RUNNING, process.memory_info().rss
        except psutil.NoSuchProcess:
            return None
        if failure := self.watch.excess(limits, used, now, runs=runs):
            return failure
        if resident > limits.memory_bytes:
            mark = self.watch.mark
            return Failure("memory", f"It needed more than {limits.memory_bytes / 2**30:.1f} GiB of memory.", mark)
        return None

    def own_memory(self) -> int:
        """Bytes that would be free without it."""
        try:
            return int(psutil.Process(self.process.pid).memory_full_info().uss)
        except psutil.Error:
            return 0

    def death(self) -> Failure:
        """How the process ended."""
        self.process.join(5)
        code = self.process.exitcode
        mark = self.step()
        if code is not None and code < 0:
            return Failure("crash", f"The worker was ended by {signal.Signals(-code).name}.", mark)
        return Failure("crash", f"The worker ended with exit code {code}.", mark)

    def kill(self) -> None:
        self.process.kill()
        self.process.join(5)
        self.connection.close()


def _serve(connection: Connection, environment: dict[str, str], board: Any) -> None:
    """The worker's side: do tasks until the pipe closes.

    The environment is that of now, not of when the fork server started: credentials may have been set since.
    """
    os.environ.update(environment)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _leave_with_driver()

    steps = itertools.count(1)

    def mark(step: str) -> None:
        board.raw = _BOARD.pack(next(steps), time.process_time(), step.encode(errors="replace"))

    while True:
        try:
            message = json.loads(connection.recv_bytes())
        except (EOFError, OSError):
            return
        failure = call(message["stage"], message["task"], mark)
        answer = {"failure": {"kind": failure.kind, "message": failure.message} if failure else None}
        try:
            connection.send_bytes(json.dumps(answer).encode())
        except OSError:
            return


def _leave_with_driver() -> None:
    """End this process when the one that started the run is gone, also in the middle of a task that would never end.

    The fork server cannot tell: it lives as long as a worker does. The pipe that the driver holds open does: the kernel
    says SIGIO at its end, which ends a process that has not asked for it, even one whose library holds the interpreter's
    lock. The thread is for systems that signal no pipe, and for a driver that was gone before.
    """
    driver = multiprocessing.parent_process()
    assert driver is not None
    end = driver.sentinel  # type: ignore[attr-defined]  # of which the stubs do not know
    fcntl.fcntl(end, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(end, fcntl.F_SETFL, fcntl.fcntl(end, fcntl.F_GETFL) | os.O_ASYNC)

    def leave() -> None:
        wait([end])
        os._exit(1)

    threading.Thread(target=leave, daemon=True).start()
