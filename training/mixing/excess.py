"""Excess loss: a source deserves its prior times what this model has still to learn of it, by what a reference has learned.

    share_k  ~  prior_k * max(0, L_k - R_k)

L_k is the loss of the steps, smoothed; R_k that of a finished, frozen run on held-out text of the same source. What cannot be learned
is as dear for the reference, so its excess goes to nothing, and so does that of a source that is learned already. The excess is
that of group DRO in DoReMi (Xie et al., arXiv 2305.10429), which trains a proxy to find fixed shares by exponentiated steps; here it
decides within the run, in proportion.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from training.mixing.mixer import Arm, Feedback

MEMORY = 0.9
"""What a smoothed loss keeps at each step."""


class ExcessLoss:
    """The policy. `reference` are the losses of the frozen run, one an arm."""

    def __init__(self, arms: Sequence[Arm], reference: Sequence[float]) -> None:
        self._prior = np.array([arm.prior for arm in arms])
        self._reference = np.asarray(reference, dtype=np.float64)
        self._losses = np.full(len(arms), np.nan)

    def shares(self) -> np.ndarray:
        known = np.isfinite(self._losses)
        if not known.all():
            return self._prior
        wanted = self._prior * np.maximum(self._losses - self._reference, 0.0)
        return wanted / wanted.sum() if wanted.sum() > 0 else self._prior

    def update(self, feedback: Feedback) -> None:
        drawn = feedback.tokens > 0
        before = np.where(np.isfinite(self._losses), self._losses, feedback.losses)
        self._losses[drawn] = MEMORY * before[drawn] + (1 - MEMORY) * feedback.losses[drawn]

    def state(self) -> dict[str, Any]:
        return {"losses": [None if np.isnan(loss) else float(loss) for loss in self._losses]}

    def restore(self, state: dict[str, Any]) -> None:
        self._losses = np.array([np.nan if loss is None else loss for loss in state["losses"]])
