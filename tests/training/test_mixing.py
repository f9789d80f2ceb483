"""Mixers: the bandit equals its formulas, shares are kept, state brings back the same draws."""

from __future__ import annotations

import json
import math
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medpress.store import write_json
from training.config import CptConfig, InputError
from training.mixing import POLICIES, Feedback, Mixture, arms_of, mixture
from training.mixing.ado import speed
from training.mixing.excess import ExcessLoss
from training.mixing.mixer import Arm
from training.mixing.odm import OnlineDataMixing

SIZES = {"book": 700, "web": 200, "指南": 100}
ARMS = arms_of(SIZES, CptConfig())


@cache
def reference(*names: str) -> Path:
    """The folder of a finished run that reached 2 nats on each source."""
    folder = Path(tempfile.mkdtemp())
    write_json(folder / "result.json", {"held_out": {"held_out_by_source": dict.fromkeys(names, 2.0)}})
    return folder


def made(name: str, steps: int = 1000, tokens: int = 1000, **settings: Any) -> Mixture:
    config = CptConfig(mix=name, reference=reference(*SIZES), **settings)  # type: ignore[arg-type]
    return mixture(arms_of(SIZES, config), config, steps, tokens)


def shown(mixer: Any, step: int, sequences: list[int], losses: list[float]) -> Feedback:
    count = np.array(sequences)
    return Feedback(
        step=step,
        sequences=count,
        tokens=count * 10,
        losses=np.array(losses),
        chances=(mixer.probabilities() if isinstance(mixer, Mixture) else mixer.shares()).copy(),
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
    mixer = OnlineDataMixing(3, warm_up=5)
    for step in steps:
        mixer.update(shown(mixer, *step))
    np.testing.assert_allclose(mixer.shares(), by_hand(steps, 3, 5), rtol=0, atol=1e-12)
    assert mixer.shares().argmax() == 0


def test_bandit_equals_the_group_update_when_a_batch_mixes_arms() -> None:
    rng = np.random.default_rng(3)
    steps = []
    for t in range(1, 200):
        drawn = np.bincount(rng.integers(0, 4, 8), minlength=4).tolist()
        steps.append((t, drawn, [5.0 + rng.normal(), 3.0, 2.0, math.nan if not drawn[3] else 7.0]))
    mixer = OnlineDataMixing(4, warm_up=20)
    for step in steps:
        mixer.update(shown(mixer, *step))
    np.testing.assert_allclose(mixer.shares(), by_hand(steps, 4, 20), rtol=0, atol=1e-12)


def test_first_probabilities_written_out() -> None:
    # K = 2, t = 3, only arm 0 drawn, loss 5: G = (1, 0); eps_2 = 1/2; eps_3 = sqrt(ln 2 / 6)
    mixer = OnlineDataMixing(2, warm_up=2)
    mixer.update(shown(mixer, 1, [8, 0], [9.0, math.nan]))
    assert mixer.shares().tolist() == [0.5, 0.5]
    mixer.update(shown(mixer, 3, [8, 0], [5.0, math.nan]))
    eps = math.sqrt(math.log(2) / 6)
    wanted = (1 - 2 * eps) * math.exp(0.5) / (math.exp(0.5) + 1) + eps
    assert mixer.shares()[0] == pytest.approx(wanted, abs=1e-12)


def test_bandit_survives_rewards_that_overflow_exp() -> None:
    mixer = OnlineDataMixing(3, warm_up=0)
    for step in range(1, 4):
        mixer.update(shown(mixer, step, [1, 0, 0], [1e9, math.nan, math.nan]))
    assert np.isfinite(mixer.shares()).all()
    assert mixer.shares().sum() == pytest.approx(1.0)
    assert mixer.shares().min() > 0


@pytest.mark.parametrize("name", sorted(POLICIES))
def test_state_brings_back_the_same_draws(name: str) -> None:
    one, again, rng = made(name), made(name), np.random.default_rng(0)
    for step in range(1, 200):
        arms = np.bincount(one.draw(8), minlength=3)
        one.update(shown(one, step, arms.tolist(), (3.0 + 4.0 / step + rng.normal(0, 0.1, 3)).tolist()))
    again.restore(json.loads(json.dumps(one.state())))
    assert one.draw(500).tolist() == again.draw(500).tolist()
    np.testing.assert_array_equal(one.probabilities(), again.probabilities())


@pytest.mark.parametrize("name", sorted(POLICIES))
@given(
    sizes=st.lists(st.integers(1, 10**6), min_size=1, max_size=6),
    floor=st.floats(0, 1),
    cap=st.sampled_from([0.0, 1.0, 1.5, 3.0]),
    epochs=st.sampled_from([0.0, 1.0, 4.0]),
    losses=st.lists(st.floats(0, 50), min_size=6, max_size=6),
)
@settings(max_examples=25, deadline=None)
def test_every_policy_stays_within_its_limits(
    name: str, sizes: list[int], floor: float, cap: float, epochs: float, losses: list[float]
) -> None:
    limits = {"floor": floor, "cap": cap, "most_epochs": epochs}
    config = CptConfig(mix=name, reference=reference(*map(str, range(6))), **limits)  # type: ignore[arg-type]
    arms = arms_of({str(i): size for i, size in enumerate(sizes)}, config)
    total = sum(sizes)
    mixer, drawn = mixture(arms, config, 60, total), np.zeros(len(sizes))
    learns = name in ("odm", "ado", "excess")
    for step in range(1, 61):
        shares = mixer.probabilities()
        assert shares.sum() == pytest.approx(1.0) and shares.min() >= 0
        for arm, share in zip(arms, shares, strict=True):
            upper = min(cap * arm.prior if cap else 1.0, max(epochs, 2.0) * arm.tokens / total if epochs else 1.0)
            assert share <= upper + 1e-6
            assert not learns or share >= min(floor * arm.prior, upper) - 1e-6
        now = np.bincount(mixer.draw(8), minlength=len(sizes))
        drawn += now - 8 * shares
        assert np.abs(drawn).max() < 2.0
        mixer.update(shown(mixer, step, now.tolist(), losses[: len(sizes)]))


def test_static_takes_sizes_their_power_quality_or_weights() -> None:
    for options, wanted in (
        ({}, [0.7, 0.2, 0.1]),
        ({"size_power": 0.0}, [1 / 3, 1 / 3, 1 / 3]),
        ({"size_power": 0.5}, np.sqrt([7, 2, 1]) / np.sqrt([7, 2, 1]).sum()),
        ({"quality": {"web": 0.5}}, np.array([7, 1, 1]) / 9),
        ({"weights": {"web": 3, "book": 1}}, [0.25, 0.75, 0]),
    ):
        np.testing.assert_allclose(made("static", **options).probabilities(), wanted, atol=1e-9)
    np.testing.assert_allclose(made("stratified", most_epochs=0.0).probabilities(), [1 / 3, 1 / 3, 1 / 3], atol=1e-9)
    for wrong in ({"weights": {"wbe": 1}}, {"quality": {"wbe": 1}}):
        with pytest.raises(InputError, match="no source 'wbe'"):
            made("static", **wrong)
    with pytest.raises(InputError, match="above zero"):
        made("static", weights={"web": 0})


def test_a_small_source_is_not_repeated_without_end() -> None:
    # 1,800 tokens from 1,000: equal shares would read the smallest source six times; what it may not have, others take
    shares = made("stratified", tokens=1_800, most_epochs=4.0).probabilities()
    assert shares[2] == pytest.approx(4 * 100 / 1_800) and shares[0] == pytest.approx(shares.max())
    # when all is repeated more often than that, none comes more than twice as often as all together
    np.testing.assert_allclose(made("stratified", tokens=50_000).probabilities(), [0.4, 0.4, 0.2], atol=1e-9)


def test_warm_up_scales_with_the_run() -> None:
    for steps in (100, 10_000):
        mixer = made("odm", steps=steps, most_epochs=0.0)
        for step in range(1, round(0.1 * steps)):
            mixer.update(shown(mixer, step, [8, 0, 0], [5.0, math.nan, math.nan]))
            np.testing.assert_allclose(mixer.probabilities(), [0.7, 0.2, 0.1], atol=1e-9)
        mixer.update(shown(mixer, round(0.1 * steps), [8, 0, 0], [5.0, math.nan, math.nan]))
        assert abs(mixer.probabilities()[0] - 0.7) > 0.05


def test_a_power_law_is_found_again() -> None:
    tokens = np.geomspace(1e4, 1e6, 60)
    for exponent, slope, floor in ((0.2, 3.0, 1.5), (0.5, 2.0, 3.0), (1.0, 0.7, 0.0)):
        losses = floor + slope * (tokens / 1e6) ** -exponent
        assert speed(tokens, losses, np.ones(60), 1e6) == pytest.approx(exponent * slope, rel=0.1)
    noise = 5.0 + np.random.default_rng(0).normal(0, 0.02, 60)
    assert speed(tokens, noise, np.ones(60), 1e6) < 0.05
    assert math.isnan(speed(tokens[:3], noise[:3], np.ones(3), 1e6))


def test_ado_gives_noise_less_than_its_size_and_what_is_still_learned_more() -> None:
    """Losses as they fall: one source slowly for long, one soon learned, one that is noise from the first hundred steps on."""
    mixer, rng, step = made("ado", steps=1_000, most_epochs=0.0), np.random.default_rng(1), 0
    while step < 1_000:
        step += 1
        drawn = np.bincount(mixer.draw(8), minlength=3)
        losses = np.array([2 + 4 * step**-0.15, 3 + 3 * step**-1.2, 5.5 + 2 * math.exp(-step / 20)])
        mixer.update(shown(mixer, step, drawn.tolist(), (losses + rng.normal(0, 0.03, 3)).tolist()))
    shares = mixer.probabilities()
    assert shares[2] < 0.07 and shares[1] < 0.2 and shares[0] > 0.75


def test_excess_gives_a_source_what_is_still_to_learn_of_it() -> None:
    """Noise is as dear for the reference: what is drawn of it falls to the floor, however dear it is."""
    arms = [Arm(name=name, tokens=100, prior=share) for name, share in [("book", 0.5), ("web", 0.3), ("noise", 0.2)]]
    policy = ExcessLoss(arms, [2.0, 3.0, 7.0])
    for step in range(1, 120):
        policy.update(shown(policy, step, [4, 2, 2], [3.0, 3.5, 7.0]))
    # of each: prior times excess, 0.5 * 1.0 and 0.3 * 0.5
    np.testing.assert_allclose(policy.shares(), [0.5 / 0.65, 0.15 / 0.65, 0.0], atol=1e-4)


def test_excess_wants_a_finished_run_that_knows_the_sources(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="needs --reference"):
        mixture(ARMS, CptConfig(mix="excess"), 10, 100)
    with pytest.raises(InputError, match="no held-out loss of the source 'web'"):
        mixture(ARMS, CptConfig(mix="excess", reference=reference("book", "指南")), 10, 100)
