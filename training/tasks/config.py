"""What `train tasks` can be told."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from medpress.ranges import Count, between


@dataclass(frozen=True, kw_only=True)
class TasksConfig:
    """Tasks that rules make and check."""

    out: Path = Path("data/tasks")
    """Folder for `train.jsonl` and `test.jsonl`."""
    train: Count = 200
    """Tasks of each family and language to train on."""
    test: Count = 90
    """Tasks of each family and language in the test."""
    kinds: tuple[str, ...] = ()
    """Families to make, as "staging"; none named makes all."""
    langs: tuple[Literal["en", "zh"], ...] = ("en", "zh")
    """Languages to make them in."""
    seed: Annotated[int, between(0, 2**32 - 1)] = 0
    """Seed of names, numbers and order."""
