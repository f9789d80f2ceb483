from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.offsets import apply_edits


def test_spans_move_through_replacements() -> None:
    text = "Seen by Dr Smith on 3 May in Leeds."
    new, mapper = apply_edits(text, [(20, 25, "[DATE]"), (11, 16, "[NAME]")])
    assert new == "Seen by Dr [NAME] on [DATE] in Leeds."
    assert mapper.placed == [(11, 17), (21, 27)]
    assert new[slice(*mapper.span(29, 34))] == "Leeds"
    assert new[slice(*mapper.span(11, 16))] == "[NAME]"
    assert new[slice(*mapper.span(13, 22))] == "[NAME] on [DATE]"
    assert new[slice(*mapper.span(0, len(text)))] == new


def test_insertion_belongs_to_the_enclosing_span() -> None:
    new, mapper = apply_edits("abcd", [(2, 2, "XX")])
    assert new == "abXXcd"
    assert [mapper.span(*s) for s in [(0, 2), (2, 4), (1, 3)]] == [(0, 2), (4, 6), (1, 5)]


@pytest.mark.parametrize("edits", [[(0, 3, ""), (2, 4, "")], [(3, 2, "")], [(0, 9, "")], [(-1, 1, "")]])
def test_bad_edits_are_refused(edits: list[tuple[int, int, str]]) -> None:
    with pytest.raises(ValueError, match="overlaps"):
        apply_edits("abcd", edits)


@st.composite
def edited(draw: st.DrawFn) -> tuple[str, list[tuple[int, int, str]], list[tuple[int, int]]]:
    text = draw(st.text(alphabet="abc糖尿 ", min_size=1, max_size=30))
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=8, unique=True)))
    edits = [(s, e, draw(st.text(alphabet="XY", max_size=4))) for s, e in zip(cuts[::2], cuts[1::2], strict=False)]
    bounds = st.integers(0, len(text))
    spans = [tuple(sorted((draw(bounds), draw(bounds)))) for _ in range(5)]
    return text, edits, spans  # type: ignore[return-value]


@settings(max_examples=400, deadline=None)
@given(edited())
def test_spans_stay_true(case: tuple[str, list[tuple[int, int, str]], list[tuple[int, int]]]) -> None:
    text, edits, spans = case
    new, mapper = apply_edits(text, edits)
    assert "".join(c for c in new if c not in "XY") == "".join(
        c for i, c in enumerate(text) if not any(s <= i < e for s, e, _ in edits)
    )
    starts, ends = mapper.spans(np.array([s for s, _ in spans]), np.array([e for _, e in spans]))
    for (start, end), new_start, new_end in zip(spans, starts, ends, strict=True):
        assert 0 <= new_start <= new_end <= len(new)
        assert mapper.span(start, end) == (new_start, new_end)
        touched = [(s, e, r) for s, e, r in edits if s < end and e > start]
        kept = [c for i, c in enumerate(text) if start <= i < end and not any(s <= i < e for s, e, _ in touched)]
        moved = [c for c in new[new_start:new_end] if c not in "XY"]
        assert moved == kept
        assert sum(c in "XY" for c in new[new_start:new_end]) == sum(len(r) for *_, r in touched)
