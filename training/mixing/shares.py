"""Fixed shares, exactly kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from training.mixing.mixer import Feedback


class FixedShares:
    """Each arm gets its share of every batch; what rounding takes is carried over to the next batch.

    Nothing is random: after n sequences no arm is further than one sequence from its share.
    """

    def __init__(self, shares: Sequence[float]) -> None:
        self._shares = np.asarray(shares, dtype=np.float64) / np.sum(shares)
        self._credit = np.zeros(len(self._shares))

    def probabilities(self) -> np.ndarray:
        return self._shares.copy()

    def draw(self, count: int) -> np.ndarray:
        arms = np.empty(count, dtype=np.int64)
        for place in range(count):
            self._credit += self._shares
            arm = int(np.argmax(np.round(self._credit, 9)))  # rounded: equal shares take turns in a fixed order
            self._credit[arm] -= 1.0
            arms[place] = arm
        return arms

    def update(self, feedback: Feedback) -> None:
        pass

    def state(self) -> dict[str, Any]:
        return {"credit": self._credit.tolist()}

    def restore(self, state: dict[str, Any]) -> None:
        self._credit = np.asarray(state["credit"], dtype=np.float64)
