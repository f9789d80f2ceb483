"""What augmentation can be told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

from medpress.generation.config import GenerationConfig
from medpress.ranges import Count, Share

MethodName = Literal["heading", "definition", "abbreviation", "cloze", "relation", "table", "order"]
"""The keys of `corpus.augment.METHODS`, in its order."""
ModelMethodName = Literal["rephrase", "questions", "entity_graph"]
"""The keys of `corpus.augment.model.MODEL_METHODS`, in its order."""


@dataclass(frozen=True, kw_only=True)
class AugmentConfig:
    """Augmented texts beside the source text. Off by default: a corpus holds what its documents say unless its owner asks
    for more."""

    max_share: Share = 0.0
    """Most that augmented texts may be of the tokens of a source: 0 makes none, 0.2 is a modest choice, 1 sets no cap."""
    max_method_share: Share = 0.35
    """Most that one method may make of all augmented tokens, where at least three have texts: a corpus is not to be filled with gaps
    to fill. 1 sets no cap."""
    methods: tuple[MethodName, ...] = get_args(MethodName)
    """Methods to use, by name."""
    source_types: tuple[str, ...] = ("textbook",)
    """Source types whose records are augmented."""
    per_record: Count = 6
    """Texts that one method makes of one record at most, its best ones; of a method with a model, calls."""
    model_methods: tuple[ModelMethodName, ...] = get_args(ModelMethodName)
    """Methods to use with a model, by name; none without `model`."""
    generation: GenerationConfig = field(default_factory=GenerationConfig)
    """The model that is asked."""
