"""A command run in a process of its own, and what it and all processes below it took."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

GIBIBYTE = 2**30
ROOT = Path(__file__).parent.parent.parent


@dataclass(frozen=True)
class Watched:
    """What became of a command."""

    code: int
    """Its exit code."""
    output: str
    """Standard output and standard error."""
    seconds: float
    """How long it took."""
    peak: int
    """Resident bytes of the largest process, at its largest."""


def run(words: Sequence[str | bytes | Path], seconds: float, folder: Path | None = None) -> Watched:
    """Run a console script and watch it; it is ended after `seconds`."""
    script = Path(sys.executable).parent / os.fsdecode(words[0])
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TERM": "dumb"}
    started, peak = time.monotonic(), 0
    with subprocess.Popen(
        [script, *words[1:]], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=folder, env=environment
    ) as process:
        os.set_blocking(process.stdout.fileno(), False)  # type: ignore[union-attr]
        output = b""
        while process.poll() is None and time.monotonic() - started < seconds:
            peak = max(peak, _peak(process.pid))
            with contextlib.suppress(BlockingIOError):
                output += process.stdout.read() or b""  # type: ignore[union-attr]
            time.sleep(0.05)
        if process.poll() is None:
            for child in psutil.Process(process.pid).children(recursive=True):
                child.kill()
            process.kill()
        os.set_blocking(process.stdout.fileno(), True)  # type: ignore[union-attr]
        output += process.stdout.read() or b""  # type: ignore[union-attr]
    return Watched(process.returncode, output.decode(errors="replace"), time.monotonic() - started, peak)


def _peak(pid: int) -> int:
    found = 0
    with contextlib.suppress(psutil.Error):
        for process in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
            with contextlib.suppress(OSError, StopIteration, ValueError, IndexError):
                lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
                found = max(found, next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024)
    return found


def complaint(result: Watched) -> str:
    """What is wrong with how a command ended, whatever it was given; empty when nothing is."""
    if result.code < 0:
        return f"it had to be ended after {result.seconds:.0f} s"
    if "Traceback" in result.output or "Error:" in result.output:
        return f"a traceback: {result.output[-2000:]}"
    if result.code not in (0, 1, 2):
        return f"exit code {result.code}"
    if result.peak > GIBIBYTE:
        return f"{result.peak / GIBIBYTE:.2f} GiB in one process"
    return ""
