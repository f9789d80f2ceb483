"""What starting costs: each import of a room, and the help of each command, in processes of their own.

    python benchmarks/start.py

CPU-seconds and memory of the whole process, the interpreter's own start included; the least of three tries. A yardstick
stands beside them, since a loaded machine inflates both: ten million additions.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib import import_module
from typing import Any

SCRIPTS = {"ingest": "ingest", "nlp": "nlp", "corpus": "corpus", "train": "training"}
"""Console script to its room."""
TRIES = 3


def cost(code: str, *words: str) -> tuple[float, float]:
    """CPU-seconds and MB (resident, at most) of Python code in a process of its own; the least of some tries."""
    # An installed package has its bytecode; where it may not be written, each process would compile the project anew.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    tries = []
    for _ in range(TRIES):
        with tempfile.TemporaryFile() as output:
            child = subprocess.Popen(
                [sys.executable, "-c", code, *words], stdout=output, stderr=subprocess.STDOUT, env=environment
            )
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            output.seek(0)
            text = output.read().decode()
        if child.returncode:
            raise RuntimeError(text)
        peak = int(text.rpartition("VmHWM")[2].split()[1]) / 1024
        tries.append((usage.ru_utime + usage.ru_stime, peak))
    return min(tries)


PEAK = "import re; print(re.search(r'VmHWM.*', open('/proc/self/status').read())[0])"
HELP = f"""
import sys
from importlib import import_module
from medpress import script
sys.argv[0] = sys.argv[1]
start = getattr(script, sys.argv.pop(1))
try:
    start()
except SystemExit:
    pass
{PEAK}
"""


def in_words(spent: tuple[float, float]) -> str:
    """CPU-seconds and MB, as they are printed."""
    return f"{spent[0]:.2f} CPU-s  {spent[1]:3.0f} MB"


def commands(app: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command below an app, itself included."""
    yield path
    for name in app:
        if not name.startswith("-"):
            yield from commands(app[name], (*path, name))


def main() -> None:
    """Print a table."""
    started = time.process_time()
    total = 0
    for number in range(10_000_000):
        total += number
    print(f"yardstick: {time.process_time() - started:.2f} CPU-s for ten million additions")
    print(f"{'python alone':40} {in_words(cost(PEAK))}")
    for room in ("medpress", *SCRIPTS.values()):
        print(f"{'import ' + room:40} {in_words(cost(f'import {room}; {PEAK}'))}")
    for script, room in SCRIPTS.items():
        for words in commands(import_module(f"{room}.cli").app):
            name = " ".join([script, *words, "--help"])
            print(f"{name:40} {in_words(cost(HELP, script, *words, '--help'))}")


if __name__ == "__main__":
    main()
