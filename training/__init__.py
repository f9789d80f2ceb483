"""Shards to model: continued pre-training, instruction tuning in three stages, preference tuning, evaluation.

training.train(training.CptConfig(shards="data/shards"))
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from medpress.door import door

if TYPE_CHECKING:
    from training.config import CptConfig as CptConfig
    from training.config import InputError as InputError
    from training.config import RlConfig as RlConfig
    from training.config import SftConfig as SftConfig
    from training.run import train as train
else:
    __getattr__, __dir__ = door(
        __name__,
        {
            "CptConfig": "training.config",
            "InputError": "training.config",
            "RlConfig": "training.config",
            "SftConfig": "training.config",
            "train": "training.run",
        },
    )

__all__ = ["CptConfig", "InputError", "RlConfig", "SftConfig", "train"]
