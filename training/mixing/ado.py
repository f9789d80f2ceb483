"""Adaptive data optimisation: more of the sources from which there is still to be learned (Jiang et al., arXiv 2410.11820).

The loss of each source is taken to fall as a power of the tokens n seen of all sources,

    L_k(n) = e_k + b_k n^(-a_k)

with e_k what cannot be learned, and its speed is -dL_k/dlog n = a_k b_k n^(-a_k). A source deserves

    share_k  ~  prior_k * speed_k^(1/2)

so text that is too easy or cannot be learned at all (noise: its loss is soon e_k) gives its share to the others. The paper
weighs by the speed itself and remembers its shares; the square root here halves what an error of the fit does.

The losses are kept as means over stretches of steps that grow with the run, so the state and each fit stay small. Curves
are fitted by least squares over a grid of exponents, anew whenever a stretch is complete.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from training.mixing.mixer import Arm, Feedback

EXPONENTS = np.geomspace(0.05, 1.6, 16)
"""Values of a_k that are tried."""
GROWTH = 1.08
"""A stretch ends when the tokens have grown so much since it began."""
FEWEST = 6
"""Stretches that a curve is fitted to, at least."""


class AdaptiveDataOptimisation:
    """The policy. The losses of the first `ignored` steps tell of the random start and of the rising learning rate."""

    def __init__(self, arms: Sequence[Arm], *, ignored: int) -> None:
        self._prior = np.array([arm.prior for arm in arms])
        self._ignored = ignored
        self._seen = 0.0
        self._began = 0.0
        self._open = np.zeros((2, len(arms)))
        """Of the stretch under way: summed losses and tokens of each arm."""
        self._stretches: list[list[list[float]]] = []
        """Of each complete stretch: for each arm tokens of all arms at its middle, mean loss, own tokens."""
        self._shares = self._prior

    def shares(self) -> np.ndarray:
        return self._shares

    def update(self, feedback: Feedback) -> None:
        self._seen += float(feedback.tokens.sum())
        if feedback.step <= self._ignored:
            self._began = self._seen
            return
        drawn = feedback.tokens > 0
        self._open[0, drawn] += feedback.losses[drawn] * feedback.tokens[drawn]
        self._open[1, drawn] += feedback.tokens[drawn]
        if self._seen < GROWTH * self._began:
            return
        losses, tokens = self._open
        middle = (self._seen * self._began) ** 0.5
        self._stretches.append(
            [[middle, float(losses[k] / tokens[k]) if tokens[k] else 0.0, float(tokens[k])] for k in range(len(tokens))]
        )
        self._open, self._began = np.zeros_like(self._open), self._seen
        self._fit()

    def _fit(self) -> None:
        if len(self._stretches) < FEWEST:
            return
        history = np.array(self._stretches)
        middles, losses, tokens = history.transpose(2, 1, 0)
        speeds = np.array([speed(*arm, self._seen) for arm in zip(middles, losses, tokens, strict=True)])
        known = np.isfinite(speeds)
        if known.any() and speeds[known].sum() > 0:
            wanted = self._prior * np.sqrt(np.where(known, speeds, speeds[known].mean()))
            self._shares = wanted / wanted.sum()

    def state(self) -> dict[str, Any]:
        return {
            "seen": self._seen,
            "began": self._began,
            "open": self._open.tolist(),
            "stretches": self._stretches,
            "shares": self._shares.tolist(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        self._seen, self._began = state["seen"], state["began"]
        self._open = np.array(state["open"])
        self._stretches = state["stretches"]
        self._shares = np.array(state["shares"])


def speed(tokens: np.ndarray, losses: np.ndarray, weights: np.ndarray, now: float) -> float:
    """How fast a loss falls in the logarithm of the tokens, by the curve that fits best; nan when too little is known.

    `tokens`, `losses` and `weights` [n]: where a loss was measured, the loss, and on how many tokens.
    """
    real = weights > 0
    if real.sum() < FEWEST:
        return float("nan")
    x, y, w = tokens[real] / now, losses[real], weights[real] / weights[real].sum()
    best, found = np.inf, 0.0
    for exponent in EXPONENTS:
        power = x**-exponent
        mean_p, mean_y = w @ power, w @ y
        spread = w @ (power - mean_p) ** 2
        slope = max(0.0, float(w @ ((power - mean_p) * (y - mean_y)) / spread)) if spread > 0 else 0.0
        slope = min(slope, float(mean_y / mean_p))  # what cannot be learned is not negative
        error = float(w @ (y - mean_y - slope * (power - mean_p)) ** 2)
        if error < best:
            best, found = error, float(exponent * slope)
    return found
