"""What `train synthesize` can be told."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from medpress.command import group
from medpress.generation.config import GenerationConfig
from medpress.ranges import Amount, Count, CountOrNone, Share


@dataclass(frozen=True, kw_only=True)
class SynthesisConfig:
    """Synthesis of reasoning, by two experts or by search."""

    expert: Annotated[GenerationConfig, group("The model that reasons", 10)] = field(default_factory=GenerationConfig)
    """The model that reasons and rewrites, and judges unless another does."""
    judge: Annotated[GenerationConfig | None, Parameter(name="judge"), group("The judge", 20)] = None
    """Another model that reflects, judges and verifies."""
    out: Path = Path("data/synthesis")
    """Folder for the accepted conversations; what was rejected goes to OUT_rejected, journals to OUT_work."""
    paths: CountOrNone = 0
    """Search instead: the expert answers with the options shown, a rule verifies, and a wrong verdict sends it on another path,
    so many times at most. 0 is the dual-expert loop."""
    rounds: Count = 4
    """Steps that the reasoning expert may write, at most."""
    satisfied: CountOrNone = 2
    """Stop the rounds when the judge has found the work complete so many times."""
    least_reasoning: Share = 0.0
    """Least share of reasoning among the sentences that explain the answer; simpler questions are rejected."""
    max_tokens: Count = 2048
    """Longest reply in tokens."""
    temperature: Amount = 0.7
    """Sampling temperature of steps and rewriting; verdicts are greedy."""
    limit: CountOrNone = 0
    """Questions a file, at most; 0 takes all."""
    license: str = ""
    """Licence of the questions."""
    tokenizer: str = "deepseek"
    """Tokenizer that counts tokens."""
