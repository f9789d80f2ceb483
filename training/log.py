"""The log of a run: one JSON object a line, and the same numbers for TensorBoard."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from medpress.store import write_text


class RunLog:
    """Appends to `metrics.jsonl`. A run that resumes from `step` first forgets the lines after it, which come again."""

    def __init__(self, folder: Path, step: int) -> None:
        path = folder / "metrics.jsonl"
        kept = [line for line in whole_lines(path) if json.loads(line)["step"] <= step] if step else []
        write_text(path, "".join(line + "\n" for line in kept))
        self._file = open(path, "a", encoding="utf-8")  # noqa: SIM115 - closed in close()
        self._board: Any = None
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            return
        self._board = SummaryWriter(str(folder / "tensorboard"), purge_step=step + 1 if step else None)

    def write(self, step: int, values: Mapping[str, Any]) -> None:
        """Record numbers, or one level of named numbers (`loss_by_source`), of a step."""
        self._file.write(json.dumps({"step": step, **values}, ensure_ascii=False) + "\n")
        self._file.flush()
        if self._board is not None:
            for name, value in values.items():
                for tag, number in (
                    ((f"{name}/{key}", v) for key, v in value.items())
                    if isinstance(value, Mapping)
                    else ((name, value),)
                ):
                    if not isinstance(number, str):
                        self._board.add_scalar(tag, number, step)

    def close(self) -> None:
        """Finish the files."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        if self._board is not None:
            self._board.close()


def whole_lines(path: Path) -> list[str]:
    """The whole lines of a log; a line that a killed process left unfinished is not one."""
    if not path.exists():
        return []
    text = path.read_text(encoding="utf-8", errors="replace")
    return [line for line in text[: text.rfind("\n") + 1].split("\n") if line]


def read_metrics(folder: Path) -> list[dict[str, Any]]:
    """The lines of a run's log."""
    return [json.loads(line) for line in whole_lines(folder / "metrics.jsonl")]
