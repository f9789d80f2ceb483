"""Which policy of redaction a source type gets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

PhiPolicy = Literal["precise", "thorough", "off"]


@dataclass(frozen=True, kw_only=True)
class PhiConfig:
    """How patients' identities are removed, by source type.

    `precise` leaves authors, affiliations and publication dates alone; `thorough` prefers to remove too much; `off`
    is for text that is known to hold none.
    """

    textbook: PhiPolicy = "precise"
    """Policy for textbooks."""
    guideline: PhiPolicy = "precise"
    """Policy for guidelines."""
    literature: PhiPolicy = "precise"
    """Policy for articles."""
    web: PhiPolicy = "thorough"
    """Policy for web pages."""
    note: PhiPolicy = "thorough"
    """Policy for clinical notes."""
    other: PhiPolicy = "thorough"
    """Policy for everything else. What is a publication by its content is read with the precise one, also a web page."""
    engine: str = "learned"
    """How identifiers are found: `learned` with rules beneath, `patterns` (the rules alone), or `presidio` beside them
    (`presidio:NAME` for another spaCy pipeline than Presidio's own; about a hundred times slower)."""

    def policy(self, source_type: str) -> PhiPolicy:
        """The policy of a source type; an unknown one is treated like `other`."""
        chosen: PhiPolicy = getattr(self, source_type, self.other)
        return chosen
