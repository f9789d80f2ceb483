"""What `train sample` can be told."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from medpress.command import group
from medpress.generation.config import GenerationConfig
from medpress.ranges import Amount, Count, CountOrNone, Share, between


@dataclass(frozen=True, kw_only=True)
class SamplingConfig:
    """Rejection sampling of preference pairs."""

    policy: Annotated[GenerationConfig, group("The model that answers", 10)] = field(default_factory=GenerationConfig)
    """The model whose answers are sampled."""
    judge: Annotated[GenerationConfig | None, Parameter(name="judge"), group("The judge", 20)] = None
    """A model that scores and compares the answers; without one a right answer beats a wrong one."""
    out: Path = Path("data/pairs")
    """Folder for the pairs; right answers go to OUT_right as conversations, all samples to OUT_samples, journals to OUT_work."""
    samples: Count = 10
    """Answers a question."""
    show_options: bool = True
    """Ask with the options, as `train eval` does; otherwise the question alone."""
    pairs: Count = 3
    """Pairs, and right answers, a question, at most."""
    best_score: Annotated[int, between(0, 100)] = 60
    """A chosen answer scores at least this, a rejected one less."""
    lowest: CountOrNone = 5
    """A rejected answer is among so many lowest scores."""
    least_think: CountOrNone = 200
    """Least characters of reasoning on both sides; small models write less."""
    max_tokens: Count = 2048
    """Longest reply in tokens."""
    temperature: Amount = 0.8
    """Sampling temperature of the answers; verdicts are greedy."""
    top_p: Share = 0.95
    """Sample from the likeliest tokens that together have this probability."""
    limit: CountOrNone = 0
    """Questions a file, at most; 0 takes all."""
