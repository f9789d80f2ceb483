"""What a command costs: CPU-seconds of all of its processes, and memory, of all together and of the largest alone.

CPU-seconds are user and system time of every process of the command, those of a process that has lost its parent included
(the benchmark is its subreaper). The sum of the proportional set sizes (PSS) counts pages that workers share once, that of
the resident sizes once for each; both are looked at five times a second. The peak of a single process is the kernel's own
mark (`VmHWM`), which misses nothing as long as the process is seen once.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

BIN = Path(sys.executable).parent
"""Where the console scripts are: with PYTHONPATH set to another checkout they run its code."""
PR_SET_CHILD_SUBREAPER = 36
LOOK_SECONDS = 0.2
"""Between two looks at the processes."""


class Cost(NamedTuple):
    """What a command cost. Memory in MB of 2^20 bytes."""

    seconds: float
    """CPU-seconds of all its processes."""
    pss: float
    """Peak of the sum of proportional set sizes."""
    rss: float
    """Peak of the sum of resident sizes."""
    main: float
    """Peak of the command's first process, resident."""
    worker: float
    """Peak of the largest of its other processes, resident; 0 when it had none."""


def measured(command: Sequence[str], log: Path) -> Cost:
    """Run a command to its end and weigh all processes that came of it; what it says is added to `log`.

    It runs in the log's folder: workers look for their code in the current one first, and that may be another checkout.
    Raises `SystemExit` with the end of what it said when it fails.
    """
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    # An installed package has its bytecode; where it may not be written, each process would compile the project anew.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with open(log, "ab") as out:
        process = subprocess.Popen(
            command, stdout=out, stderr=out, cwd=log.parent, start_new_session=True, env=environment
        )
    pss = rss = main = worker = 0.0
    done = threading.Event()

    def watch() -> None:
        nonlocal pss, rss, main, worker
        while not done.wait(LOOK_SECONDS):
            sizes = {pid: size for pid in _session(process.pid) if (size := _memory(pid))}
            pss = max(pss, sum(size[0] for size in sizes.values()))
            rss = max(rss, sum(size[1] for size in sizes.values()))
            main = max(main, sizes.get(process.pid, (0, 0, 0))[2])
            worker = max([worker, *(size[2] for pid, size in sizes.items() if pid != process.pid)])

    watcher = threading.Thread(target=watch)
    watcher.start()
    seconds, code = 0.0, 0
    while True:  # orphans come to us, so their times are counted too
        try:
            pid, status, usage = os.wait4(-process.pid, 0)
        except ChildProcessError:
            break
        seconds += usage.ru_utime + usage.ru_stime
        code = os.waitstatus_to_exitcode(status) if pid == process.pid else code
    process.returncode = code  # waited for above
    done.set()
    watcher.join()
    if code:
        sys.exit(f"{' '.join(command)} ended with {code}:\n{log.read_text()[-2000:]}")
    return Cost(seconds, *(kilobytes / 1024 for kilobytes in (pss, rss, main, worker)))


def _session(session: int) -> Iterator[int]:
    for name in os.listdir("/proc"):
        try:
            if name.isdigit() and os.getsid(int(name)) == session:
                yield int(name)
        except OSError:
            continue


def _memory(pid: int) -> tuple[int, int, int] | None:
    """Proportional size, resident size and the peak of the latter, in kB; None for a process that has ended."""
    try:
        now = _sizes(Path(f"/proc/{pid}/smaps_rollup").read_text().split("\n", 1)[1])
        return now["Pss"], now["Rss"], _sizes(Path(f"/proc/{pid}/status").read_text())["VmHWM"]
    except (OSError, KeyError, IndexError):
        return None


def _sizes(lines: str) -> dict[str, int]:
    """The lines `name: number kB` of a file below /proc."""
    fields = (line.split() for line in lines.splitlines() if line.endswith(" kB"))
    return {name.rstrip(":"): int(number) for name, number, _ in fields}
