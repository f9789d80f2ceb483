"""Which texts a run was trained on, written down as it goes: a file of `SEEN` rows for the steps up to each checkpoint.

The hash in the log proves a step as long as the shards are there (`training/trace.py`); these files answer when they are not,
and without training's code: `corpus remove` reads them. What was learned in steps that were taken back later stays in them.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from medpress.store import DATA, parts, write_table
from training.ahead import Ahead

FOLDER = "seen"
"""Of a run's folder: a dataset of `SEEN` rows."""


class SeenLog:
    """Remembers what steps took, and writes it at each checkpoint. A run that resumes from `step` first forgets what comes
    after it, which comes again."""

    def __init__(self, run: Path, step: int) -> None:
        self._folder = run / FOLDER
        self._steps: list[int] = []
        self._taken: list[np.ndarray] = []
        for file in parts(self._folder):
            if int(file.stem.removeprefix("step-")) > step:
                file.unlink()

    def add(self, step: int, taken: np.ndarray | None) -> None:
        """Remember what the weights of a step were changed by (`Batch.taken`)."""
        if taken is not None:
            self._steps += [step] * len(taken)
            self._taken.append(taken)

    def write(self, step: int, ahead: Ahead) -> None:
        """Write what was remembered, as the file of the checkpoint of `step`."""
        if self._taken:
            table = ahead.texts(np.array(self._steps), np.concatenate(self._taken))
            if table.num_rows:
                name = f"step-{step:08d}.parquet"
                write_table(self._folder / DATA / name, table.sort_by([("doc_id", "ascending"), ("id", "ascending")]))
        self._steps, self._taken = [], []
