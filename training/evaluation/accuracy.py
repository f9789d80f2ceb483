"""Accuracy with its uncertainty."""

from __future__ import annotations

import math


def wilson(right: int, total: int, z: float = 1.959963984540054) -> tuple[float, float]:
    """Wilson's score interval of a proportion (JASA 22, 1927); z is the normal quantile, 95 % by default.

    Unlike right/total ± z·se it stays inside 0..1 and holds for few items. (0, 1) when there are none.
    """
    if total == 0:
        return 0.0, 1.0
    share = right / total
    scale = 1.0 + z * z / total
    middle = (share + z * z / (2 * total)) / scale
    half = z / scale * math.sqrt(share * (1.0 - share) / total + z * z / (4 * total * total))
    return max(0.0, middle - half), min(1.0, middle + half)
