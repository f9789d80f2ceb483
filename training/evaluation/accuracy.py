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


def mcnemar(gained: int, lost: int) -> float:
    """Exact two-sided p-value of a paired comparison (McNemar, Psychometrika 12, 1947): under no change each item that
    differs is as likely gained as lost. 1 when none differs."""
    differ = gained + lost
    if not differ:
        return 1.0
    tail = sum(math.comb(differ, k) for k in range(min(gained, lost) + 1))
    return min(1.0, 2 * tail / 2**differ)


def paired_difference(gained: int, lost: int, total: int, z: float = 1.959963984540054) -> tuple[float, float, float]:
    """Difference of two accuracies on the same `total` items, with its interval: Wald's with half an item added to each
    cell of the two-by-two table (Agresti and Min, Statistics in Medicine 24, 2005), which holds for few items."""
    if not total:
        return 0.0, -1.0, 1.0
    b, c, n = gained + 0.5, lost + 0.5, total + 2.0
    middle = (b - c) / n
    half = z * math.sqrt(max(0.0, (b + c) - (b - c) ** 2 / n)) / n
    return (gained - lost) / total, max(-1.0, middle - half), min(1.0, middle + half)
