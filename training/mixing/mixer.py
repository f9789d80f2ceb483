"""The seam between the training loop and the policies that mix sources."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np


@dataclass(frozen=True, kw_only=True)
class Arm:
    """One source, as a policy sees it before the run."""

    name: str
    """The source."""
    tokens: int
    """Tokens that it has for training."""


@dataclass(frozen=True, kw_only=True)
class Feedback:
    """What one step showed. Arrays have one value an arm."""

    step: int
    """The step, from 1."""
    sequences: np.ndarray
    """Sequences drawn from each arm (int64)."""
    tokens: np.ndarray
    """Tokens predicted of each arm (int64)."""
    losses: np.ndarray
    """Mean loss of each arm in nats a token (float64); nan for an arm that was not drawn."""
    chances: np.ndarray
    """The chance that each arm had when they were drawn (float64)."""
    held_out: np.ndarray | None = None
    """The latest held-out loss of each arm, for policies that steer by it; None before the first measurement."""


class Mixer(Protocol):
    """Draws arms and learns from what came of it. Its state is plain JSON, so that a run resumes exactly."""

    def probabilities(self) -> np.ndarray:
        """The chance of each arm at the next draw, float64, sums to 1."""

    def draw(self, count: int) -> np.ndarray:
        """The arm of each of the next `count` sequences (int64)."""

    def update(self, feedback: Feedback) -> None:
        """Learn from one step."""

    def state(self) -> dict[str, Any]:
        """Everything that the next draw depends on."""

    def restore(self, state: dict[str, Any]) -> None:
        """Take a state back."""
