"""What the near-duplicate search can be told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from corpus.dedup.minhash import Scheme
from medpress.ranges import Share, between


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
        return Scheme(bands=self.bands, rows=self.rows, seed=self.seed)
