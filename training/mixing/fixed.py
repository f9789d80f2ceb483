"""Shares that nothing changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from training.mixing.mixer import Feedback


class Fixed:
    """The same shares from the first step to the last."""

    def __init__(self, shares: Sequence[float]) -> None:
        self._shares = np.asarray(shares, dtype=np.float64) / np.sum(shares)

    def shares(self) -> np.ndarray:
        return self._shares

    def update(self, feedback: Feedback) -> None:
        pass

    def state(self) -> dict[str, Any]:
        return {}

    def restore(self, state: dict[str, Any]) -> None:
        pass
