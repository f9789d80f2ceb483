"""Which source the next sequence comes from: one interface, several policies, chosen by name, all within the same limits.

`static` shares are the measure of the others: no published method beats them consistently (Chen et al., Aioli, ICLR 2025). A
new policy is one file here and one line in `POLICIES`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from medpress.store import read_json
from training.config import CptConfig, InputError
from training.mixing.ado import AdaptiveDataOptimisation
from training.mixing.excess import ExcessLoss
from training.mixing.fixed import Fixed
from training.mixing.mixer import Arm, Feedback, Policy
from training.mixing.mixture import Limits, Mixture
from training.mixing.odm import OnlineDataMixing


def static(arms: Sequence[Arm], steps: int, config: CptConfig) -> Policy:
    """The prior and nothing else."""
    return Fixed([arm.prior for arm in arms])


def stratified(arms: Sequence[Arm], steps: int, config: CptConfig) -> Policy:
    """The same number of sequences from every source."""
    return Fixed([1.0] * len(arms))


def odm(arms: Sequence[Arm], steps: int, config: CptConfig) -> Policy:
    """Online data mixing, with a warm-up in proportion to the run."""
    return OnlineDataMixing(len(arms), warm_up=max(5 * len(arms), round(0.02 * steps)))


def ado(arms: Sequence[Arm], steps: int, config: CptConfig) -> Policy:
    """Adaptive data optimisation; what the first twentieth of the run shows is not looked at."""
    return AdaptiveDataOptimisation(arms, ignored=round(0.05 * steps))


def excess(arms: Sequence[Arm], steps: int, config: CptConfig) -> Policy:
    """Loss above that of a finished run, which `--reference` names. Raises `InputError` where it has none for a source."""
    result = Path(config.reference or "") / "result.json"
    if config.reference is None or not result.exists():
        raise InputError("--mix excess needs --reference: the folder of a finished run of train cpt on these sources.")
    known = read_json(result)["held_out"].get("held_out_by_source", {})
    if missing := [arm.name for arm in arms if arm.name not in known]:
        raise InputError(f"{config.reference} has no held-out loss of the source {missing[0]!r}.")
    return ExcessLoss(arms, [known[arm.name] for arm in arms])


POLICIES: dict[str, Callable[[Sequence[Arm], int, CptConfig], Policy]] = {
    "static": static,
    "stratified": stratified,
    "odm": odm,
    "ado": ado,
    "excess": excess,
}
"""Name to a factory (arms, steps of the run, its configuration) -> Policy."""


def arms_of(sizes: Mapping[str, int], config: CptConfig) -> list[Arm]:
    """Sources and their tokens as arms: the prior is by `--weights`, or by size to a power, times the quality.

    Raises `InputError` for a source that is not there, and when nothing is left.
    """
    for option in (config.weights, config.quality):
        if unknown := sorted(set(option) - set(sizes)):
            raise InputError(f"there is no source {unknown[0]!r}; the shards have {', '.join(sorted(sizes))}.")
    priors = {
        name: (config.weights.get(name, 0.0) if config.weights else max(1, size) ** config.size_power)
        * config.quality.get(name, 1.0)
        for name, size in sizes.items()
    }
    if (whole := sum(priors.values())) <= 0:
        raise InputError("of --weights and --quality one source must have both above zero.")
    return [Arm(name=name, tokens=max(1, size), prior=priors[name] / whole) for name, size in sizes.items()]


def mixture(arms: Sequence[Arm], config: CptConfig, steps: int, tokens: int) -> Mixture:
    """The mixture that a configuration asks for, for a run of so many steps and tokens.

    What does not learn needs no warm-up and no floor, and weights that are given are kept at any number of epochs.
    """
    policy = POLICIES[config.mix](arms, steps, config)
    learns = not isinstance(policy, Fixed)
    limits = Limits(
        floor=config.floor if learns else 0.0,
        cap=config.cap or float("inf"),
        epochs=0.0 if config.weights else config.most_epochs,
        tokens=tokens,
        warm_up=round(config.mix_warm_up * steps) if learns else 0,
    )
    return Mixture(arms, policy, limits)


__all__ = ["POLICIES", "Arm", "Feedback", "Mixture", "Policy", "arms_of", "mixture"]
