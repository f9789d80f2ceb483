"""The learning rate rises, holds and falls where it should."""

from __future__ import annotations

import pytest

from training.schedule import rate


def rates(kind: str, steps: int = 100, warm_up: float = 0.1, final: float = 0.1) -> list[float]:
    return [rate(kind, step, steps, warm_up=warm_up, final=final) for step in range(1, steps + 1)]


@pytest.mark.parametrize("kind", ["cosine", "wsd", "constant"])
def test_warm_up_is_linear_and_reaches_the_peak(kind: str) -> None:
    found = rates(kind)
    assert found[:10] == pytest.approx([step / 10 for step in range(1, 11)])
    assert max(found) == pytest.approx(1.0)


def test_ends() -> None:
    assert rates("cosine")[-1] == pytest.approx(0.1)
    assert rates("cosine")[54] == pytest.approx(0.55)  # half way between warm-up and end
    assert rates("wsd")[79] == 1.0 and rates("wsd")[-1] == pytest.approx(0.1)
    assert rates("wsd")[89] == pytest.approx(0.55)
    assert set(rates("constant")[10:]) == {1.0}


@pytest.mark.parametrize("kind", ["cosine", "wsd", "constant"])
@pytest.mark.parametrize("steps", [1, 2, 3])
def test_short_runs_have_a_rate(kind: str, steps: int) -> None:
    assert all(0 < value <= 1 for value in rates(kind, steps=steps))
