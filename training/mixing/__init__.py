"""Which source the next sequence comes from: one interface, several policies, chosen by name.

`stratified` (equal shares) is the default and the measure of the others: no published method beats it consistently
(Chen et al., Aioli, ICLR 2025). A new policy is one file here and one line in `MIXERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from training.config import InputError
from training.mixing.mixer import Arm, Feedback, Mixer
from training.mixing.odm import OnlineDataMixing
from training.mixing.shares import FixedShares


def stratified(arms: Sequence[Arm], weights: Mapping[str, float], steps: int, seed: int) -> Mixer:
    """The same number of sequences from every source."""
    return FixedShares([1.0] * len(arms))


def static(arms: Sequence[Arm], weights: Mapping[str, float], steps: int, seed: int) -> Mixer:
    """Shares by given weights, or by the sources' tokens when none are given."""
    names = {arm.name for arm in arms}
    if unknown := sorted(set(weights) - names):
        raise InputError(f"there is no source {unknown[0]!r}; the shards have {', '.join(sorted(names))}.")
    shares = [weights.get(arm.name, 0.0) if weights else float(arm.tokens) for arm in arms]
    if min(shares) < 0 or sum(shares) <= 0:
        raise InputError("the weights of --mix static must not be negative, and one must be above zero.")
    return FixedShares(shares)


def odm(arms: Sequence[Arm], weights: Mapping[str, float], steps: int, seed: int) -> Mixer:
    """Online data mixing, with a warm-up in proportion to the run."""
    return OnlineDataMixing(len(arms), warm_up=max(5 * len(arms), round(0.02 * steps)), seed=seed)


MIXERS: dict[str, Callable[[Sequence[Arm], Mapping[str, float], int, int], Mixer]] = {
    "stratified": stratified,
    "static": static,
    "odm": odm,
}
"""Name to a factory (arms, weights by name, steps of the run, seed) -> Mixer."""

__all__ = ["MIXERS", "Arm", "Feedback", "Mixer"]
