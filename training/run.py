"""One training run of any stage: what `training.train` and the commands `train cpt`, `train sft` and `train rl` are."""

from __future__ import annotations

from typing import Any

from medpress.command import progress
from training.config import CptConfig, RlConfig, SftConfig


def train(config: CptConfig | SftConfig | RlConfig) -> dict[str, Any]:
    """Run the stage that a configuration is of, or carry an interrupted run of it on, and say what it gave: steps, losses,
    and under `model` the folder of the finished model.

    Raises `InputError` for what the user can put right.
    """
    if isinstance(config, CptConfig):
        from training.cpt import run_cpt

        return run_cpt(config, progress)
    if isinstance(config, SftConfig):
        from training.sft import run_sft

        return run_sft(config, progress)
    if config.online:
        from training.online import run_online

        return run_online(config, progress)
    from training.rl import run_rl

    return run_rl(config, progress)
