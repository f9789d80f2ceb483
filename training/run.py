"""One training run of any stage: what `training.train` and the commands `train cpt`, `train sft` and `train rl` are."""

from __future__ import annotations

from typing import Any

from medpress.command import progress
from training.config import CptConfig, InputError, RlConfig, SftConfig


def train(config: CptConfig | SftConfig | RlConfig) -> dict[str, Any]:
    """Run the stage that a configuration is of, or carry an interrupted run of it on, and say what it gave: steps, losses,
    and under `model` the folder of the finished model.

    Raises `InputError` for what the user can put right.
    """
    try:
        return _stage(config)
    except (RuntimeError, MemoryError) as error:
        if not _out_of_memory(error):
            raise
        raise InputError(
            f"the memory does not suffice ({(str(error).splitlines() or [type(error).__name__])[0]}): a smaller --micro-batch"
            f" (it is {config.micro_batch or 'the whole share'}), a shorter --sequence-length or a smaller model needs less;"
            f" what {config.out} has of checkpoints is whole."
        ) from error


def _stage(config: CptConfig | SftConfig | RlConfig) -> dict[str, Any]:
    if isinstance(config, CptConfig):
        from training.cpt import run_cpt

        return run_cpt(config, progress)
    if isinstance(config, SftConfig):
        from training.sft import run_sft

        return run_sft(config, progress)
    from training.rl import run_rl

    return run_rl(config, progress)


def _out_of_memory(error: Exception) -> bool:
    """torch has a class of its own for a GPU's memory alone; what the machine's allocator says is only in the words."""
    words = str(error).lower()
    return (
        isinstance(error, MemoryError)
        or type(error).__name__ == "OutOfMemoryError"
        or any(text in words for text in ("out of memory", "can't allocate memory", "not enough memory"))
    )
