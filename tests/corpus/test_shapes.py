"""The sheet of shapes (`shapes.py`): what teaches is kept, whatever it looks like; what does not is dropped."""

from __future__ import annotations

import pytest
from shapes import Shape, shapes

from corpus.filters import FilterConfig, decide, score
from nlp.language import detect
from nlp.tagging.lexicon import built_in_lexicon

SHEET = shapes()


def kept(shape: Shape) -> bool:
    """Whether the build's filters keep a text."""
    lang = detect(shape.text)
    mentions = [(entity.start, entity.end) for entity in built_in_lexicon().tag([shape.text])[0]]
    return decide(score({"text": shape.text, "lang": lang, "mentions": mentions}), lang, FilterConfig()) is None


def test_the_sheet_is_large_and_each_shape_stands_in_it_once() -> None:
    assert len(SHEET) >= 300
    assert len({shape.name for shape in SHEET}) == len(SHEET)
    assert len({shape.genre for shape in SHEET if shape.keep}) >= 20
    assert len({shape.genre for shape in SHEET if not shape.keep}) >= 10


@pytest.mark.parametrize("looked_at", [True, False], ids=["looked at", "unseen"])
def test_what_teaches_is_kept(looked_at: bool) -> None:
    chosen = [shape for shape in SHEET if shape.keep and shape.looked_at == looked_at]
    lost = sum(len(shape.text) for shape in chosen if not kept(shape))
    assert lost <= 0.01 * sum(len(shape.text) for shape in chosen)


@pytest.mark.parametrize("looked_at", [True, False], ids=["looked at", "unseen"])
def test_what_teaches_nothing_is_dropped(looked_at: bool) -> None:
    chosen = [shape for shape in SHEET if not shape.keep and shape.looked_at == looked_at]
    assert sum(map(kept, chosen)) <= 0.05 * len(chosen)


def test_every_bank_and_every_language_is_kept() -> None:
    assert [shape.name for shape in SHEET if shape.genre in ("bank", "language") and not kept(shape)] == []
