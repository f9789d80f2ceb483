"""What the stages after pre-training share: which model they start from, how long they run."""

from __future__ import annotations

from pathlib import Path

from torch import nn

from training.config import InputError
from training.model import parameters

PREDECESSOR = {"sft1": "runs/cpt", "sft2": "runs/sft1", "sft3": "runs/sft2", "rl": "runs/sft3"}
"""The run whose model a stage starts from."""


def start_of(stage: str, model: str) -> str:
    """The model that a stage starts from: the one named, or that of the stage before. Raises `InputError`."""
    if model:
        return model
    before = PREDECESSOR[stage]
    if not (Path(before) / "model").is_dir():
        raise InputError(f"there is no finished run in {before} to start from: train it first, or name a --model.")
    return before


def is_small(model: nn.Module) -> bool:
    """A model of fewer than 50 M parameters, which learns from larger and more numerous steps."""
    return parameters(model) < 50_000_000


def steps_for(items: float, batch_size: int, epochs: float, steps: int) -> int:
    """Steps given, or as many as make the epochs."""
    return steps or max(1, -(-round(items * epochs) // batch_size))
