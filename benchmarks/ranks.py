"""Whether the number of processes changes a run: losses of 50 steps on 1, 2 and 4 processes (gloo), and of runs that go on with
another number of them than they began with.

    python benchmarks/ranks.py SHARDS OUT

SHARDS are text or token shards. What is printed is the largest difference of a step's loss from that of one process.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from cyclopts import App

from training.log import read_metrics

app = App(help=__doc__)
SIZE = ("--width", "32", "--layers", "2", "--heads", "2", "--sequence-length", "48", "--batch-size", "8")


@app.default
def run(shards: Path, out: Path, *, steps: int = 50, processes: tuple[int, ...] = (1, 2, 4)) -> None:
    """Train with each number of processes, then carry the largest run on with the others from the middle."""
    for count in processes:
        _train(shards, out / f"on-{count}", steps, count)
    alone = _losses(out / f"on-{processes[0]}")
    for count in processes[1:]:
        print(f"{count} processes: {_apart(alone, _losses(out / f'on-{count}')):.2e} apart over {len(alone)} steps")
    began = out / f"on-{processes[-1]}"
    for count in processes[:-1]:
        again = out / f"from-{processes[-1]}-to-{count}"
        left = ("result.json", "model", f"step-{steps:08d}", "tensorboard")
        shutil.copytree(began, again, ignore=shutil.ignore_patterns(*left))
        _train(shards, again, steps, count)
        apart = _apart(_losses(began), _losses(again))
        print(f"begun on {processes[-1]}, from step {steps // 2} on {count}: {apart:.2e} apart")


def _train(shards: Path, out: Path, steps: int, processes: int) -> None:
    if (out / "result.json").exists():
        return
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
    command = ["-m", "training.cli", "cpt", "--shards", str(shards), "--out", str(out), "--steps", str(steps)]
    saving = ["--checkpoint-every", str(steps // 2), "--keep", "2", "--evaluate-every", str(steps)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    call = [sys.executable, *(launcher if processes > 1 else []), *command, *saving, *SIZE]
    subprocess.run(call, check=True, env=environment, stdout=subprocess.DEVNULL)


def _losses(out: Path) -> list[float]:
    return [line["loss"] for line in read_metrics(out) if "loss" in line]


def _apart(one: list[float], other: list[float]) -> float:
    return max(abs(a - b) for a, b in zip(one, other, strict=True))


if __name__ == "__main__":
    app()
