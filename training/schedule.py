"""The learning rate at each step."""

from __future__ import annotations

import math

WSD_DECAY = 0.2
"""Share of the run over which warm-up-stable-decay falls (Hu et al., MiniCPM, arXiv 2404.06395)."""


def rate(kind: str, step: int, steps: int, *, warm_up: float, final: float) -> float:
    """The share of the peak rate at `step` (from 1) of `steps`: linear warm-up, then cosine, wsd or constant."""
    rising = round(warm_up * steps)
    if step <= rising:
        return step / rising
    if kind == "constant":
        return 1.0
    if kind == "wsd":
        falling = max(1, round(WSD_DECAY * steps))
        done = max(0.0, (step - (steps - falling)) / falling)
        return 1.0 - (1.0 - final) * done
    done = (step - rising) / max(1, steps - rising)
    return final + (1.0 - final) * 0.5 * (1.0 + math.cos(math.pi * done))
