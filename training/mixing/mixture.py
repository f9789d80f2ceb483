"""What every policy is held to, whatever it learns: a prior, a warm-up, a least and a largest share, a limit of epochs.

    lower_i = floor * prior_i
    upper_i = min(cap * prior_i, max(epochs, 2 * run / all) * tokens_i / run)
    p_i     = min(max(z * share_i, lower_i), upper_i)          with z such that they sum to 1

`run` are the tokens of the run, `all` those of all sources. Repeating text up to four times costs next to nothing against
new text, and more brings little (Muennighoff et al., arXiv 2305.16264). A run that repeats everything more often than half
of that has no new text to take instead: there a source comes at most twice as often as all text together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from training.mixing.mixer import Arm, Feedback, Policy


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What holds for every policy."""

    floor: float
    """Least share of an arm, as a part of its prior."""
    cap: float
    """Largest share of an arm, as a multiple of its prior."""
    epochs: float
    """Passes over an arm in the whole run, at most, or twice as many as over all text; 0 means no limit."""
    tokens: int
    """Tokens of the whole run."""
    warm_up: int
    """Steps in which the prior alone decides."""


class Mixture:
    """Draws the arms of a policy, within limits.

    Nothing is random: each arm gets its share of every batch, and what rounding takes is carried over to the next. A batch
    is in the order of the arms, so that a process with a few of its sequences reads few files.
    """

    def __init__(self, arms: Sequence[Arm], policy: Policy, limits: Limits) -> None:
        self._policy, self._limits = policy, limits
        self._prior = np.array([arm.prior for arm in arms])
        lower = limits.floor * self._prior
        upper = np.minimum(1.0, self._prior * min(limits.cap, 1e9))  # an arm without a prior is never drawn
        if limits.epochs:
            sizes = np.array([float(arm.tokens) for arm in arms])
            run = max(1, limits.tokens)
            upper = np.minimum(upper, max(limits.epochs, 2 * run / sizes.sum()) * sizes / run)
        self._upper = upper / min(1.0, upper.sum())
        self._lower = np.minimum(lower, self._upper)
        self._steps = 0
        self._credit = np.zeros(len(arms))

    def probabilities(self) -> np.ndarray:
        """The share of each arm at the next draw, float64, sums to 1."""
        shares = self._prior if self._steps < self._limits.warm_up else self._policy.shares()
        return within(shares, self._lower, self._upper)

    def draw(self, count: int) -> np.ndarray:
        """The arm of each of the next `count` sequences (int64), in the order of the arms."""
        self._credit += count * self.probabilities()
        owed = np.round(self._credit, 9)  # so that equal shares are met in a fixed order
        counts = np.maximum(np.floor(owed), 0.0)
        while (missing := count - int(counts.sum())) != 0:
            if missing > 0:
                counts[np.argsort(counts - owed, kind="stable")[:missing]] += 1.0
            else:
                counts[np.argmax(np.where(counts > 0, counts - owed, -np.inf))] -= 1.0
        self._credit -= counts
        return np.repeat(np.arange(len(counts)), counts.astype(np.int64))

    def update(self, feedback: Feedback) -> None:
        """Learn from one step."""
        self._steps = feedback.step
        self._policy.update(feedback)

    def state(self) -> dict[str, Any]:
        """Everything that the next draw depends on."""
        return {"steps": self._steps, "credit": self._credit.tolist(), "policy": self._policy.state()}

    def restore(self, state: dict[str, Any]) -> None:
        """Take a state back."""
        self._steps, self._credit = state["steps"], np.asarray(state["credit"], dtype=np.float64)
        self._policy.restore(state["policy"])


def within(shares: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
    """Shares in proportion to those given as far as the limits allow; they sum to 1. `lower` must sum to 1 at most, `upper`
    to 1 at least."""
    if ((lower <= shares) & (shares <= upper)).all():
        return shares
    low, high = 0.0, 1.0
    while np.clip(high * shares, lower, upper).sum() < 1.0 - 1e-12 and high < 1e18:
        high *= 2.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if np.clip(middle * shares, lower, upper).sum() < 1.0 else (low, middle)
    found = np.clip(high * shares, lower, upper)
    if (rest := 1.0 - found.sum()) > 1e-12:  # arms that the policy gives nothing take what the others may not
        room = upper - found
        found += rest * room / room.sum()
    return found / found.sum()
