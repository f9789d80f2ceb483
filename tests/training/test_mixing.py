"""Mixers: the bandit equals its formulas, shares are kept, state brings back the same draws."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from training.config import InputError
from training.mixing import MIXERS, Arm, Feedback, Mixer
from training.mixing.odm import OnlineDataMixing
from training.mixing.shares import FixedShares

ARMS = [Arm(name="book", tokens=700), Arm(name="web", tokens=200), Arm(name="指南", tokens=100)]


def shown(mixer: Mixer, step: int, sequences: list[int], losses: list[float]) -> Feedback:
    count = np.array(sequences)
    return Feedback(
        step=step, sequences=count, tokens=count * 10, losses=np.array(losses), chances=mixer.probabilities()
    )


def by_hand(steps: list[tuple[int, list[int], list[float]]], k: int, warm_up: int) -> list[float]:
    """The published update with plain floats, arm by arm, no guard."""
    rewards, p, eps = [0.0] * k, [1 / k] * k, 1 / k
    for t, drawn, losses in steps:
        if t <= warm_up:
            continue
        for i in range(k):
            if drawn[i]:
                rewards[i] += (drawn[i] / sum(drawn)) * (losses[i] / 10) / p[i]
        previous, eps = eps, min(1 / k, math.sqrt(math.log(k) / (k * t)))
        total = sum(math.exp(previous * g) for g in rewards)
        p = [(1 - k * eps) * math.exp(previous * g) / total + eps for g in rewards]
    return p


def test_bandit_equals_the_published_update_one_arm_a_batch() -> None:
    steps = [(t, [8 * (t % 3 == i) for i in range(3)], [6.0, 4.0, 2.5]) for t in range(1, 60)]
    mixer = OnlineDataMixing(3, warm_up=5, seed=0)
    for step in steps:
        mixer.update(shown(mixer, *step))
    np.testing.assert_allclose(mixer.probabilities(), by_hand(steps, 3, 5), rtol=0, atol=1e-12)
    assert mixer.probabilities().argmax() == 0


def test_bandit_equals_the_group_update_when_a_batch_mixes_arms() -> None:
    rng = np.random.default_rng(3)
    steps = []
    for t in range(1, 200):
        drawn = np.bincount(rng.integers(0, 4, 8), minlength=4).tolist()
        steps.append((t, drawn, [5.0 + rng.normal(), 3.0, 2.0, math.nan if not drawn[3] else 7.0]))
    mixer = OnlineDataMixing(4, warm_up=20, seed=0)
    for step in steps:
        mixer.update(shown(mixer, *step))
    np.testing.assert_allclose(mixer.probabilities(), by_hand(steps, 4, 20), rtol=0, atol=1e-12)


def test_first_probabilities_written_out() -> None:
    # K = 2, t = 3, only arm 0 drawn, loss 5: G = (1, 0); eps_2 = 1/2; eps_3 = sqrt(ln 2 / 6)
    mixer = OnlineDataMixing(2, warm_up=2, seed=0)
    mixer.update(shown(mixer, 1, [8, 0], [9.0, math.nan]))
    assert mixer.probabilities().tolist() == [0.5, 0.5]
    mixer.update(shown(mixer, 3, [8, 0], [5.0, math.nan]))
    eps = math.sqrt(math.log(2) / 6)
    wanted = (1 - 2 * eps) * math.exp(0.5) / (math.exp(0.5) + 1) + eps
    assert mixer.probabilities()[0] == pytest.approx(wanted, abs=1e-12)


def test_bandit_survives_rewards_that_overflow_exp() -> None:
    mixer = OnlineDataMixing(3, warm_up=0, seed=0)
    for step in range(1, 4):
        mixer.update(shown(mixer, step, [1, 0, 0], [1e9, math.nan, math.nan]))
    assert np.isfinite(mixer.probabilities()).all()
    assert mixer.probabilities().sum() == pytest.approx(1.0)
    assert mixer.probabilities().min() > 0


@pytest.mark.parametrize("name", sorted(MIXERS))
def test_state_brings_back_the_same_draws(name: str) -> None:
    mixer = MIXERS[name](ARMS, {}, 1000, 11)
    for step in range(1, 40):
        arms = np.bincount(mixer.draw(8), minlength=3)
        mixer.update(shown(mixer, step, arms.tolist(), [4.0, 3.0, 5.0]))
    state = json.loads(json.dumps(mixer.state()))
    again = MIXERS[name](ARMS, {}, 1000, 99)
    again.restore(state)
    assert mixer.draw(500).tolist() == again.draw(500).tolist()
    np.testing.assert_array_equal(mixer.probabilities(), again.probabilities())


def test_shares_are_kept_to_one_sequence() -> None:
    shares = np.array([0.61, 0.29, 0.1])
    mixer, seen = FixedShares(shares), np.zeros(3)
    for total in range(7, 700, 7):
        seen += np.bincount(mixer.draw(7), minlength=3)
        assert np.abs(seen - shares * total).max() < 1.0


def test_static_takes_sizes_or_weights() -> None:
    np.testing.assert_allclose(MIXERS["static"](ARMS, {}, 10, 0).probabilities(), [0.7, 0.2, 0.1])
    np.testing.assert_allclose(MIXERS["static"](ARMS, {"web": 3, "book": 1}, 10, 0).probabilities(), [0.25, 0.75, 0])
    with pytest.raises(InputError, match="no source 'wbe'"):
        MIXERS["static"](ARMS, {"wbe": 1}, 10, 0)
    with pytest.raises(InputError, match="above zero"):
        MIXERS["static"](ARMS, {"web": 0}, 10, 0)


def test_warm_up_scales_with_the_run() -> None:
    for steps, warm_up in ((100, 15), (10_000, 200)):
        mixer = MIXERS["odm"](ARMS, {}, steps, 0)
        mixer.update(shown(mixer, warm_up, [8, 0, 0], [5.0, math.nan, math.nan]))
        assert set(mixer.probabilities()) == {1 / 3}
        mixer.update(shown(mixer, warm_up + 1, [8, 0, 0], [5.0, math.nan, math.nan]))
        assert mixer.probabilities()[0] > 1 / 3
