"""How far a share that was counted on a sample can be trusted."""

from __future__ import annotations

import math
from dataclasses import dataclass

Z = 1.959963984540054
"""Of the normal distribution, for 95 %."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A share of a sample, and the 95 % interval of the share of the whole."""

    share: float
    """What was counted, 0 to 1; 0 for an empty sample."""
    low: float
    """The lower end."""
    high: float
    """The upper end."""


def wilson(hits: int, size: int) -> Interval:
    """The score interval of a share (Wilson, 1927); all of 0 to 1 for an empty sample. Raises `ValueError` for more hits than that."""
    if not 0 <= hits <= size:
        raise ValueError(f"{hits} of {size} is no share")
    if not size:
        return Interval(0.0, 0.0, 1.0)
    share = hits / size
    middle = share + Z * Z / (2 * size)
    reach = Z * math.sqrt(share * (1 - share) / size + Z * Z / (4 * size * size))
    whole = 1 + Z * Z / size
    low = (middle - reach) / whole if hits else 0.0
    return Interval(share, low, (middle + reach) / whole if hits < size else 1.0)
