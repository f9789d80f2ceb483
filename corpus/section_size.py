"""How long a record is cut."""

from __future__ import annotations

from dataclasses import dataclass

from medpress.ranges import Count


@dataclass(frozen=True, kw_only=True)
class SectionConfig:
    """How long a section is. Sizes are bytes of UTF-8: a token is about 4.5 of them in English and in Chinese."""

    max_bytes: Count = 12_000
    """A document up to this size is one record; a longer section is cut between paragraphs (about 2,700 tokens)."""
    min_bytes: Count = 1_500
    """A smaller section joins its neighbour under the same parent heading (about 330 tokens)."""
