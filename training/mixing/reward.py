"""The bandit's reward: how much is to be gained from an arm, by what one step showed (Albalak et al., arXiv 2312.02406).

For the arms drawn in a step, with losses L_i and probabilities p_i:

    r_i = w_i (L_i / 10) / p_i

w_i is 1 when the whole batch comes from arm i, as in the paper. When a batch mixes arms, w_i is arm i's share of it: the
expectation of w_i / p_i is then 1 whatever the batch size, so that the estimate of each arm's loss is not biased and does
not grow with the batch.

It is the raw loss, so text that cannot be learned (noise) attracts draws; watch the held-out loss by source.
"""

from __future__ import annotations

import numpy as np

from training.mixing.mixer import Feedback

LOSS_SCALE = 10.0
"""Nats a token; brings losses to about 0 to 1, as in the paper."""


def reward(feedback: Feedback) -> np.ndarray:
    """The reward of each arm (float64), 0 for those that were not drawn."""
    rewards = np.zeros(len(feedback.chances))
    drawn = feedback.tokens > 0
    share = feedback.sequences[drawn] / feedback.sequences.sum()
    rewards[drawn] = share * (feedback.losses[drawn] / LOSS_SCALE) / feedback.chances[drawn]
    return rewards
