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
    prior: float
    """Its share before anything is known; those of all arms sum to 1."""


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
    """The share that each arm had when they were drawn (float64)."""


class Policy(Protocol):
    """Says what share of the draws each arm deserves. Its state is plain JSON, so that a run resumes exactly."""

    def shares(self) -> np.ndarray:
        """The share of each arm that the policy wants now, float64, sums to 1."""

    def update(self, feedback: Feedback) -> None:
        """Learn from one step."""

    def state(self) -> dict[str, Any]:
        """Everything that the shares depend on."""

    def restore(self, state: dict[str, Any]) -> None:
        """Take a state back."""
