"""The runner: a task's output is its memory, and what breaks costs only itself."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pyarrow as pa
import pytest

from medpress.command import UserError
from medpress.lock import exclusive
from medpress.run.local import LocalExecutor
from medpress.run.runner import Runner, forget_failures
from medpress.run.step import Halve, Step
from medpress.run.task import Budget, Executor, Failure, Limits, Task
from medpress.store import read_table, write_table, write_text

LEFT: list[bytearray] = []
"""What a task leaves in the memory of its worker."""


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
    elif str(what).endswith("MiB"):
        verb, size, _ = what.split()
        block = bytearray(int(size) * 2**20)
        if verb == "leaves":
            LEFT.append(block)
        time.sleep(1)
    elif what == "slow":
        for step in range(6):
            mark(str(step))
            time.sleep(0.4)
    elif what == "pause":
        time.sleep(3)
    elif str(what).startswith("second"):
        mark("begins")
        began = time.process_time()
        while time.process_time() - began < 1:
            pass
    elif what == "lock":
        write_text(Path(task.output), "begun")
        sum(range(10**11))  # a library that holds the interpreter's lock
    elif str(what).startswith("busy"):
        mark("begins")
        began = time.process_time()
        while time.process_time() - began < 60:
            pass
    write_text(Path(task.output), str(what))


def read_several(task: Task, mark) -> None:
    """CPU-seconds for each of several documents, in two steps."""
    for number, seconds in enumerate(task.arguments["what"]):
        for part in ("begins", "goes on"):
            mark(f"{number} {part}")
            began = time.process_time()
            while time.process_time() - began < seconds / 2:
                pass
    write_text(Path(task.output), "done")


def read_when_ready(task: Task, mark) -> None:
    """Two CPU-seconds for the process, then few for the document."""
    began = time.process_time()
    while time.process_time() - began < 2:
        pass
    mark("0 begins")
    write_text(Path(task.output), "done")


WORK = Step(work, settings=("what",), per="thing", suffix=".txt")
SEVERAL = Step(read_several, settings=("what",), per="thing", suffix=".txt")
READY = Step(read_when_ready, settings=("what",), per="thing", suffix=".txt")


def keep(task: Task, mark) -> None:
    """Rows to words; one of them is poison."""
    ids = read_table(task.arguments["rows"])["id"].to_pylist()
    chosen = [i for i in ids if task.arguments["only"] is None or i in task.arguments["only"]]
    for item in chosen:
        if item == "poison":
            os.kill(os.getpid(), signal.SIGSEGV)
    write_text(Path(task.output), " ".join(chosen))


KEEP = Step(keep, inputs=("rows",), on_failure=Halve("rows"), suffix=".txt")


@pytest.fixture
def runner(tmp_path):
    executor = LocalExecutor(workers=2, limits=Limits(step_seconds=2, memory_bytes=1000 * 2**20, recycle_tasks=3))
    yield Runner(executor, tmp_path / "log.jsonl")
    executor.close()


def tasks_for(folder: Path, things: list) -> list[Task]:
    return [WORK.task(folder, str(what), what=what) for what in things]


def stands(task: Task, failure: Failure) -> list[Task]:
    """There are no smaller tasks."""
    return []


def of_last_word(task: Task, mark: str) -> str:
    """Tasks are charged to what their last word names."""
    return task.arguments["what"].split()[-1]


def test_what_breaks_costs_only_its_own_task(runner, tmp_path):
    things = ["a", "raise", "b", "segfault", "c", "hang", "busy", "d", "memory", "slow", *"efgh"]
    outcomes = runner.run(WORK, tasks_for(tmp_path, things), split=stands)
    failed = {o.task.arguments["what"]: o.failure for o in outcomes if o.status == "failed"}
    assert {name: failure.kind for name, failure in failed.items()} == {
        "raise": "error", "segfault": "crash", "hang": "stalled", "busy": "timeout", "memory": "memory",
    }  # fmt: skip
    assert failed["hang"].mark == "page 7"
    assert sum(o.status == "done" for o in outcomes) == len(things) - 5
    assert "secret" not in failed["raise"].message + (tmp_path / "log.jsonl").read_text()


def test_what_an_earlier_task_left_in_memory_is_not_charged_to_the_next(tmp_path):
    executor = LocalExecutor(workers=1, limits=Limits(step_seconds=20, memory_bytes=500 * 2**20))
    runner = Runner(executor, tmp_path / "log.jsonl")
    outcomes = runner.run(WORK, tasks_for(tmp_path, ["leaves 250 MiB", "needs 250 MiB", "needs 450 MiB"]), split=stands)
    executor.close()
    assert {o.task.arguments["what"]: o.failure and o.failure.kind for o in outcomes} == {
        "leaves 250 MiB": None, "needs 250 MiB": None, "needs 450 MiB": "memory",
    }  # fmt: skip


def test_a_second_run_does_nothing(runner, tmp_path):
    tasks = tasks_for(tmp_path, list("abc"))
    assert {o.status for o in runner.run(WORK, tasks)} == {"done"}
    assert {o.status for o in runner.run(WORK, tasks)} == {"skipped"}
    Path(tasks[1].output).unlink()
    assert sorted(o.status for o in runner.run(WORK, tasks)) == ["done", "skipped", "skipped"]


def test_a_poison_item_is_bisected_out(runner, tmp_path):
    def split(task: Task, failure: Failure) -> list[Task]:
        items = task.arguments["what"]
        middle = len(items) // 2
        return tasks_for(tmp_path, [items[:middle], items[middle:]]) if len(items) > 1 else []

    outcomes = runner.run(WORK, tasks_for(tmp_path, [["a", "b", "poison", "d", "e"]]), split=split)
    assert [o.task.arguments["what"] for o in outcomes if o.status == "failed"] == [["poison"]]
    done = sorted(item for o in outcomes if o.status == "done" for item in o.task.arguments["what"])
    assert done == ["a", "b", "d", "e"]


def test_a_failure_is_remembered_until_its_limit_is_raised(tmp_path):
    def run(seconds: float) -> tuple[str, int]:
        executor = LocalExecutor(workers=1, limits=Limits(step_seconds=seconds))
        runner = Runner(executor, tmp_path / "log.jsonl")
        (outcome,) = runner.run(WORK, tasks_for(tmp_path, ["pause"]), split=stands)
        executor.close()
        return outcome.status, runner.counts["skipped"]

    assert run(1) == ("failed", 0)
    assert run(1) == ("failed", 1)  # remembered
    assert run(30) == ("done", 0)


def test_a_document_has_a_budget_and_so_has_a_run(tmp_path):
    """One-second tasks of three documents: what is begun above a document's budget is ended, what is left of it is not begun."""
    log = tmp_path / "log.jsonl"

    def run(things: list[str], budget: Budget) -> dict[str, str]:
        executor = LocalExecutor(workers=1, limits=Limits())
        runner = Runner(executor, log, budget=budget)
        tasks = tasks_for(tmp_path, things)
        outcomes = runner.run(WORK, tasks, split=stands, charge=of_last_word)
        executor.close()
        return {o.task.arguments["what"]: o.failure.kind if o.failure else o.status for o in outcomes}

    hasty = Budget(document_seconds=1.6)
    assert run(["second a", "second 2 a", "second 3 a", "b"], hasty) == {
        "second a": "done", "second 2 a": "budget", "second 3 a": "budget", "b": "done",
    }  # fmt: skip
    assert log.read_text().count("The document took more than the 1.6 CPU-seconds") == 2
    assert run(["second a", "second 2 a"], Budget(document_seconds=30)) == {
        "second a": "skipped", "second 2 a": "done",
    }  # fmt: skip
    assert run(["second c", "d", "e"], Budget(run_seconds=0.5)) == {
        "second c": "done",
        "d": "postponed",
        "e": "postponed",
    }
    assert run(["d", "e"], Budget(run_seconds=0.5)) == {"d": "done", "e": "done"}


def budgets_of_several(executor: Executor, folder: Path) -> None:
    """Each of several documents of a task has the budget of a document, and the run has its own."""
    runner = Runner(executor, folder / "log.jsonl", budget=Budget(document_seconds=1.4))
    fits, dear = [SEVERAL.task(folder, str(what), what=what) for what in ([0.8, 0.8, 0.8], [0.2, 30.0, 0.2])]

    def alone(task: Task, failure: Failure) -> list[Task]:
        if len(task.arguments["what"]) == 1:
            return []
        assert failure.mark == "1 begins"
        return [SEVERAL.task(folder, "[30.0]", what=[30.0])]

    def charged(task: Task, mark: str) -> str:
        number = mark.partition(" ")[0]
        several = len(task.arguments["what"]) > 1
        return str(task.arguments["what"][int(number)]) if number else "" if several else "30.0"

    outcomes = runner.run(SEVERAL, [fits, dear], split=alone, charge=charged)
    assert {str(o.task.arguments["what"]): o.failure.kind if o.failure else o.status for o in outcomes} == {
        "[0.8, 0.8, 0.8]": "done", "[0.2, 30.0, 0.2]": "budget", "[30.0]": "budget",
    }  # fmt: skip
    log = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    assert [row["cpu_seconds"] for row in log if row["label"] == "[30.0]"] == [0.0], "what it took is remembered"


def test_what_a_process_needs_before_the_first_step_is_no_documents(tmp_path):
    executor = LocalExecutor(workers=1, limits=Limits())
    runner = Runner(executor, tmp_path / "log.jsonl", budget=Budget(document_seconds=1))
    (outcome,) = runner.run(READY, [READY.task(tmp_path, "x", what="x")], split=stands, charge=lambda task, mark: "x")
    executor.close()
    assert outcome.status == "done"


def test_each_of_several_documents_has_a_budget(tmp_path):
    executor = LocalExecutor(workers=1, limits=Limits())
    budgets_of_several(executor, tmp_path)
    executor.close()


@pytest.mark.parametrize(("what", "kind", "times"), [("hang", "stalled", 2), ("busy", "timeout", 1)])
def test_what_stood_still_is_tried_once_more_and_what_used_its_seconds_is_not(runner, tmp_path, what, kind, times):
    (outcome,) = runner.run(WORK, tasks_for(tmp_path, [what]), split=stands)
    assert outcome.failure.kind == kind
    assert (tmp_path / "log.jsonl").read_text().count('"status": "failed"') == times
    assert forget_failures(tmp_path) == 1


DRIVER = """
import sys
from test_runner import WORK, tasks_for
from pathlib import Path
from medpress.run.local import LocalExecutor
from medpress.run.task import Limits
executor = LocalExecutor(workers=2, limits=Limits(step_seconds=500))
list(executor.map(WORK.function, tasks_for(Path(sys.argv[1]), ["lock", "hang"])))
"""


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_workers_end_with_their_driver(tmp_path, how):
    path = os.pathsep.join([str(Path(__file__).parent), *filter(None, sys.path)])
    driver = subprocess.Popen([sys.executable, "-c", DRIVER, str(tmp_path)], env={**os.environ, "PYTHONPATH": path})
    at_work = Path(tasks_for(tmp_path, ["lock"])[0].output)
    for _ in range(300):
        if at_work.exists():
            break
        time.sleep(0.1)
    processes = psutil.Process(driver.pid).children(recursive=True)
    assert at_work.exists() and len(processes) >= 3
    driver.send_signal(how)
    driver.wait()
    _, left = psutil.wait_procs(processes, timeout=10)
    for process in left:
        process.kill()
    assert not left


def test_a_busy_machine_costs_nothing_its_task(tmp_path):
    """Eight processes fight for each core: a task of one CPU-second takes many seconds, and is not taken for hanging."""
    hogs = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(8 * len(os.sched_getaffinity(0)))
    ]
    try:
        executor = LocalExecutor(workers=2, limits=Limits(step_seconds=4))
        outcomes = Runner(executor, tmp_path / "log.jsonl").run(
            WORK, tasks_for(tmp_path, ["second 1", "second 2"]), split=stands
        )
        executor.close()
    finally:
        for hog in hogs:
            hog.kill()
    assert {o.status for o in outcomes} == {"done"}
    assert max(o.spent.seconds for o in outcomes) > 4


def test_a_step_that_names_its_rows_is_halved_down_to_the_one_that_breaks_it(runner, tmp_path):
    rows = tmp_path / "rows.parquet"
    write_table(rows, pa.table({"id": ["a", "b", "poison", "d", "e"]}))
    outcomes = runner.run(KEEP, [KEEP.task(tmp_path, rows=str(rows))])
    assert [o.task.arguments["only"] for o in outcomes if o.status == "failed"] == [["poison"]]
    assert sorted(i for o in outcomes if o.status == "done" for i in Path(o.task.output).read_text().split()) == [
        *"abde"
    ]


def test_a_step_without_smaller_tasks_ends_the_run_in_one_sentence(runner, tmp_path):
    with pytest.raises(UserError, match="the step `work` failed"):
        runner.run(WORK, tasks_for(tmp_path, ["raise"]))


def test_an_argument_that_no_step_declares_is_an_error(tmp_path):
    with pytest.raises(TypeError, match="undeclared"):
        WORK.task(tmp_path, what="a", how="b")


def test_a_folder_is_held_by_one_run(tmp_path):
    with exclusive(tmp_path), pytest.raises(UserError, match="another run"), exclusive(tmp_path):
        pass


def test_ray_gives_what_local_processes_give(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    pytest.importorskip("ray", reason="the ray extra is not installed")
    from medpress.run.ray import RayExecutor

    executor = RayExecutor(workers=2, limits=Limits(step_seconds=2))
    things = ["a", "raise", "segfault", "b", "hang", "busy"]
    try:
        outcomes = Runner(executor, tmp_path / "log.jsonl").run(WORK, tasks_for(tmp_path, things), split=stands)
        counted = []
        for budget, whats in (
            (Budget(document_seconds=1.4), ["second x", "busy x", "busy 2 x"]),
            (Budget(run_seconds=0.5), ["second y", "second z", "y"]),
        ):
            some = Runner(executor, tmp_path / "log.jsonl", budget=budget)
            counted += some.run(WORK, tasks_for(tmp_path, whats), split=stands, charge=of_last_word)
        budgets_of_several(executor, tmp_path / "several")
    finally:
        executor.close()
    failed = {o.task.arguments["what"]: o.failure for o in outcomes if o.failure}
    assert {name: failure.kind for name, failure in failed.items()} == {
        "raise": "error", "segfault": "crash", "hang": "stalled", "busy": "timeout",
    }  # fmt: skip
    assert failed["hang"].mark == "page 7"
    assert sorted(o.task.arguments["what"] for o in outcomes if o.status == "done") == ["a", "b"]
    assert {o.task.arguments["what"]: o.failure.kind if o.failure else o.status for o in counted} == {
        "second x": "done", "busy x": "budget", "busy 2 x": "budget",
        "second y": "done", "second z": "done", "y": "postponed",
    }  # fmt: skip
    assert not list(tmp_path.rglob("*.ended.json"))


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
