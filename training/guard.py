"""Steps that would spoil the weights are not taken.

A step is skipped whose loss or gradient is no number, or that is a spike: a gradient many times the usual one on a batch whose
loss is above all of the last steps (large gradients alone are what clipping is for). After a few skipped steps in a row the
weights are suspected, not the batches: they are taken back from the last checkpoint, and the data go on, as PaLM was trained
(Chowdhery et al., arXiv 2204.02311, section 5.1). Everything here follows from the log's numbers, so processes agree and a run
that is killed comes to the same.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

USUAL = 50
"""Steps whose losses and gradients are the usual ones."""
SPIKE = 10.0
"""Times the median norm of the usual gradients that a spike has at least."""
IN_A_ROW = 3
"""Skipped steps after one another at which the weights are suspected."""
RETURNS = 3
"""How often a run goes back before it gives up."""


class Guard:
    """Judges steps by those before."""

    def __init__(self) -> None:
        self._losses: list[float] = []
        self._norms: list[float] = []
        self._skipped = 0
        self._returns = 0

    def judge(self, loss: float, norm: float) -> Literal["take", "skip", "go back", "give up"]:
        """What to do about a step with this loss and this norm of the gradient, before it changes the weights."""
        if math.isfinite(loss) and math.isfinite(norm) and not self._is_spike(loss, norm):
            self._losses, self._norms = [*self._losses, loss][-USUAL:], [*self._norms, norm][-USUAL:]
            self._skipped = 0
            return "take"
        self._skipped += 1
        if self._skipped < IN_A_ROW:
            return "skip"
        self._skipped = 0
        self._returns += 1
        return "go back" if self._returns <= RETURNS else "give up"

    def _is_spike(self, loss: float, norm: float) -> bool:
        return len(self._norms) == USUAL and norm > SPIKE * float(np.median(self._norms)) and loss > max(self._losses)

    def state(self) -> dict[str, Any]:
        """Everything that a judgement depends on, as JSON."""
        return {"losses": self._losses, "norms": self._norms, "skipped": self._skipped, "returns": self._returns}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take a state back."""
        self._losses, self._norms = list(state["losses"]), list(state["norms"])
        self._skipped, self._returns = state["skipped"], state["returns"]
