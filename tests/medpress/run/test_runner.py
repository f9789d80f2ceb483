"""The runner: a task's output is its memory, and what breaks costs only itself."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from medpress.command import UserError
from medpress.lock import exclusive
from medpress.run.local import LocalExecutor
from medpress.run.runner import Runner
from medpress.run.task import Failure, Limits, Task, make_task
from medpress.store import write_text


def work(task: Task, mark) -> None:
    """What the tests let workers do."""
    what = task.arguments["what"]
    if isinstance(what, list):
        for item in what:
            mark(str(item))
            if item == "poison":
                os.kill(os.getpid(), signal.SIGSEGV)
    elif what == "raise":
        raise ValueError("secret text of the document")
    elif what == "segfault":
        ctypes.string_at(0)
    elif what == "hang":
        mark("page 7")
        time.sleep(60)
    elif what == "memory":
        block = bytearray(1300 * 2**20)
        time.sleep(60 if block else 0)
    elif what == "slow":
        for step in range(6):
            mark(str(step))
            time.sleep(0.4)
    write_text(Path(task.output), str(what))


@pytest.fixture
def runner(tmp_path):
    executor = LocalExecutor(workers=2, limits=Limits(step_seconds=2, memory_bytes=1000 * 2**20, recycle_tasks=3))
    yield Runner(executor, tmp_path / "log.jsonl")
    executor.close()


def tasks_for(folder: Path, things: list) -> list[Task]:
    return [make_task("work", "1", folder, str(what), {"what": what}, key=what, suffix=".txt") for what in things]


def test_what_breaks_costs_only_its_own_task(runner, tmp_path):
    things = ["a", "raise", "b", "segfault", "c", "hang", "d", "memory", "slow", *"efgh"]
    outcomes = runner.run(work, tasks_for(tmp_path, things))
    failed = {o.task.arguments["what"]: o.failure for o in outcomes if o.status == "failed"}
    assert {name: failure.kind for name, failure in failed.items()} == {
        "raise": "error", "segfault": "crash", "hang": "timeout", "memory": "memory",
    }  # fmt: skip
    assert failed["hang"].mark == "page 7"
    assert sum(o.status == "done" for o in outcomes) == len(things) - 4
    assert "secret" not in failed["raise"].message + (tmp_path / "log.jsonl").read_text()


def test_a_second_run_does_nothing(runner, tmp_path):
    tasks = tasks_for(tmp_path, list("abc"))
    assert {o.status for o in runner.run(work, tasks)} == {"done"}
    assert {o.status for o in runner.run(work, tasks)} == {"skipped"}
    Path(tasks[1].output).unlink()
    assert sorted(o.status for o in runner.run(work, tasks)) == ["done", "skipped", "skipped"]


def test_a_poison_item_is_bisected_out(runner, tmp_path):
    def split(task: Task, failure: Failure) -> list[Task]:
        items = task.arguments["what"]
        middle = len(items) // 2
        return tasks_for(tmp_path, [items[:middle], items[middle:]]) if len(items) > 1 else []

    outcomes = runner.run(work, tasks_for(tmp_path, [["a", "b", "poison", "d", "e"]]), split=split)
    assert [o.task.arguments["what"] for o in outcomes if o.status == "failed"] == [["poison"]]
    done = sorted(item for o in outcomes if o.status == "done" for item in o.task.arguments["what"])
    assert done == ["a", "b", "d", "e"]


def test_identity_follows_input_configuration_and_version(tmp_path):
    ids = {
        make_task(stage, version, tmp_path, "x", {}, key=key).id
        for stage, version, key in [("a", "1", 1), ("a", "2", 1), ("a", "1", 2), ("b", "1", 1)]
    }
    assert len(ids) == 4


def test_a_folder_is_held_by_one_run(tmp_path):
    with exclusive(tmp_path), pytest.raises(UserError, match="another run"), exclusive(tmp_path):
        pass


def test_ray_gives_what_local_processes_give(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    pytest.importorskip("ray", reason="the ray extra is not installed")
    from medpress.run.ray import RayExecutor

    executor = RayExecutor(workers=2, limits=Limits(step_seconds=3))
    try:
        outcomes = Runner(executor, tmp_path / "log.jsonl").run(
            work, tasks_for(tmp_path, ["a", "raise", "segfault", "b", "hang"])
        )
    finally:
        executor.close()
    assert {o.task.arguments["what"]: o.failure.kind for o in outcomes if o.failure} == {
        "raise": "error", "segfault": "crash", "hang": "crash",
    }  # fmt: skip
    assert sorted(o.task.arguments["what"] for o in outcomes if o.status == "done") == ["a", "b"]


def test_a_script_without_a_main_guard_may_use_it(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "from pathlib import Path\n"
        "from medpress.run.local import LocalExecutor\n"
        "from medpress.run.task import Limits\n"
        "from tests.medpress.run.test_runner import tasks_for, work\n"
        "print('begun', flush=True)\n"
        "executor = LocalExecutor(workers=2, limits=Limits())\n"
        f"print([f.kind if f else f for _, f, _ in executor.map(work, tasks_for(Path({str(tmp_path)!r}), list('abc')))])\n"
        "executor.close()\n"
    )
    root = Path(__file__).parents[3]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    done = subprocess.run(
        [sys.executable, script], env=environment, cwd=root, capture_output=True, text=True, timeout=120
    )
    assert done.stdout.splitlines() == ["begun", "[None, None, None]"], done.stderr
