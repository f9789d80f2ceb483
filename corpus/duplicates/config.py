"""What the searches for repeated paragraphs and for near-duplicates can be told."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from medpress.ranges import Count, Share, between

if TYPE_CHECKING:
    from corpus.duplicates.minhash import Scheme


@dataclass(frozen=True, kw_only=True)
class BoilerplateConfig:
    """Which repeated paragraphs are boilerplate of a source. Both bounds must be reached."""

    min_documents: Count = 10
    """Documents of one source that hold the paragraph; a smaller source loses nothing. 0 turns the search off."""
    min_share: Share = 0.001
    """The same as a share of the source's documents, for large collections."""

    def threshold(self, documents: int) -> int:
        """Documents from which on a paragraph is boilerplate, in a source of so many."""
        return max(self.min_documents, math.ceil(self.min_share * documents))


@dataclass(frozen=True, kw_only=True)
class DedupConfig:
    """Near-duplicate search: which pairs are compared, and from when on they are duplicates."""

    threshold: Share = 0.8
    """Exact Jaccard similarity of the shingle sets from which a pair is a near-duplicate."""
    bands: Annotated[int, between(1, 4096)] = 20
    """Two records are compared when all rows of one band agree."""
    rows: Annotated[int, between(1, 256)] = 7
    """Minima a band: 20 x 7 compares 99 % of the pairs at a similarity of 0.8."""
    seed: Annotated[int, between(0, 2**32 - 1)] = 1
    """Seed of the permutations, as in datasketch."""

    @property
    def scheme(self) -> Scheme:
        """What the signatures depend on."""
        from corpus.duplicates.minhash import Scheme  # with numpy, which the command line does without

        return Scheme(bands=self.bands, rows=self.rows, seed=self.seed)
