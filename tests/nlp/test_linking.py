"""Linking: exact first, then character n-grams, nothing when nothing is near."""

from __future__ import annotations

from nlp.linking import Linker
from nlp.spans import Entity
from nlp.vocabulary import Term

LINKER = Linker(
    [
        Term("myocardial infarction", "disease", "D:1"),
        Term("心肌梗死", "disease", "D:1"),
        Term("metformin hydrochloride", "drug", "R:1"),
        Term("chronic kidney disease", "disease", "D:2"),
        Term("MI", "disease", "D:1", exact=True),
    ]
)


def test_exact_in_both_languages() -> None:
    assert LINKER.concept("Myocardial Infarction", "disease") == ("D:1", 1.0)
    assert LINKER.concept("心肌梗死", "disease") == ("D:1", 1.0)


def test_similar_spelling() -> None:
    found = LINKER.concept("myocardial infarctions", "disease")
    assert found is not None and found[0] == "D:1" and 0.75 <= found[1] < 1.0


def test_label_and_distance_forbid() -> None:
    assert LINKER.concept("myocardial infarctions", "drug") is None
    assert LINKER.concept("wombat", "disease") is None
    assert LINKER.concept("", "disease") is None


def test_link_keeps_what_is_known() -> None:
    text = "chronic kidney diseases after MI"
    linked = LINKER.link(text, [Entity(0, 23, "disease"), Entity(30, 32, "disease", "KEEP:1")])
    assert [e.concept_id for e in linked] == ["D:2", "KEEP:1"]
