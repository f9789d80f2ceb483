"""What augmentation can be told."""

from __future__ import annotations

from dataclasses import dataclass

from corpus.augment import METHODS


@dataclass(frozen=True, kw_only=True)
class AugmentConfig:
    """Augmented texts beside the source text. Off by default: a corpus holds what its documents say unless its owner asks
    for more."""

    max_share: float = 0.0
    """Most that augmented texts may be of the tokens of a source: 0 makes none, 0.2 is a modest choice, 1 sets no cap."""
    methods: tuple[str, ...] = tuple(METHODS)
    """Methods to use, by name."""
    source_types: tuple[str, ...] = ("textbook",)
    """Source types whose records are augmented."""
    per_record: int = 6
    """Texts that one method makes of one record at most, its best ones."""
