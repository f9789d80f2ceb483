"""Online data mixing: the share of each source as a multi-armed bandit (Albalak et al., arXiv 2312.02406).

With K arms, at step t:

    G_i    <- G_i + r_i
    eps_t   = min(1 / K, sqrt(ln K / (K t)))
    p_i     = (1 - K eps_t) exp(eps_(t-1) G_i) / sum_j exp(eps_(t-1) G_j) + eps_t

r_i is the reward (`training.mixing.reward`). During the warm-up all arms are equally likely and nothing is learned: the
first losses tell about the random start, not about the sources. The paper draws at random; here `Mixture` gives each arm its
share of every batch, which is the same in expectation and varies less.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from training.mixing.mixer import Feedback
from training.mixing.reward import reward


class OnlineDataMixing:
    """The bandit. `warm_up` counts steps."""

    def __init__(self, arms: int, *, warm_up: int) -> None:
        self._arms = arms
        self._warm_up = warm_up
        self._rewards = np.zeros(arms)
        self._probabilities = np.full(arms, 1.0 / arms)
        self._exploration = 1.0 / arms

    def shares(self) -> np.ndarray:
        return self._probabilities

    def update(self, feedback: Feedback) -> None:
        if feedback.step <= self._warm_up:
            return
        self._rewards += reward(feedback)
        before, self._exploration = (
            self._exploration,
            min(1.0 / self._arms, math.sqrt(math.log(self._arms) / (self._arms * feedback.step))),
        )
        # exp(x - max x) / sum exp(x - max x) is the same distribution, and cannot overflow
        exponents = before * self._rewards
        powers = np.exp(exponents - exponents.max())
        mixed = (1.0 - self._arms * self._exploration) * powers / powers.sum() + self._exploration
        self._probabilities = mixed / mixed.sum()

    def state(self) -> dict[str, Any]:
        return {
            "rewards": self._rewards.tolist(),
            "probabilities": self._probabilities.tolist(),
            "exploration": self._exploration,
        }

    def restore(self, state: dict[str, Any]) -> None:
        self._rewards = np.asarray(state["rewards"], dtype=np.float64)
        self._probabilities = np.asarray(state["probabilities"], dtype=np.float64)
        self._exploration = float(state["exploration"])
