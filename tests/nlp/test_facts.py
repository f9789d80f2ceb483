"""A finding that is denied, absent or a relative's is no fact of treatment or cause; a fact that is stated is found."""

from __future__ import annotations

import pytest

import nlp
from tests.nlp.facts import positive, sentences


@pytest.mark.parametrize("half", ["dev", "test", "look", "unseen"])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_is_denied_is_no_fact_and_what_is_stated_is_found(half: str, lang: str) -> None:
    listed = [sentence for sentence in sentences(half) if sentence.lang == lang]
    found = [positive(nlp.tag(sentence.text, lang=lang)) for sentence in listed]
    false = [s.text for s, given in zip(listed, found, strict=True) if s.fact is None and given]
    stated = [s.fact in given for s, given in zip(listed, found, strict=True) if s.fact is not None]
    assert len(listed) >= 96
    assert not false
    assert sum(stated) >= 0.85 * len(stated)
