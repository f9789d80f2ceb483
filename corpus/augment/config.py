"""What augmentation can be told."""

from __future__ import annotations

from dataclasses import dataclass, field

from corpus.augment import METHODS
from corpus.augment.model import MODEL_METHODS
from medpress.generation.client import GenerationConfig
from medpress.ranges import Count, Share


@dataclass(frozen=True, kw_only=True)
class AugmentConfig:
    """Augmented texts beside the source text. Off by default: a corpus holds what its documents say unless its owner asks
    for more."""

    max_share: Share = 0.0
    """Most that augmented texts may be of the tokens of a source: 0 makes none, 0.2 is a modest choice, 1 sets no cap."""
    methods: tuple[str, ...] = tuple(METHODS)
    """Methods to use, by name."""
    source_types: tuple[str, ...] = ("textbook",)
    """Source types whose records are augmented."""
    per_record: Count = 6
    """Texts that one method makes of one record at most, its best ones; of a method with a model, calls."""
    model_methods: tuple[str, ...] = tuple(MODEL_METHODS)
    """Methods to use with a model, by name; none without `model`."""
    generation: GenerationConfig = field(default_factory=GenerationConfig)
    """The model that is asked."""
