"""Texts around quotations: what is quoted stands in the parent, and its place in the source is known."""

from __future__ import annotations

import pytest

from corpus.augment.text import Quote, Stretch, compose, source_spans

PARENT = "Aspirin relieves pain.\n\nIt must not be given to children."
SPANS = [
    {"start": 0, "end": 22, "page": 3, "block": 0},
    {"start": 24, "end": 57, "page": 4, "block": 1},
]


def test_quotations_are_copied_and_their_stretches_noted():
    made = compose(PARENT, "What does {drug} do? {answer}", "x/0", {"drug": Quote(0, 7), "answer": Quote(0, 22)})
    assert made.text == "What does Aspirin do? Aspirin relieves pain."
    for stretch in made.stretches:
        assert made.text[stretch.start : stretch.end] == PARENT[stretch.parent_start : stretch.parent_end]


def test_a_slot_may_hold_several_pieces_and_words_of_our_own():
    made = compose(PARENT, "Order: {steps}.", "x/0", {"steps": [Quote(0, 7), ", ", Quote(17, 21)]})
    assert made.text == "Order: Aspirin, pain."
    assert [stretch[2:4] for stretch in made.stretches] == [(0, 7), (17, 21)]


def test_braces_in_a_quotation_are_no_slots():
    assert compose("a {b} c", "{all}", "x/0", {"all": Quote(0, 7)}).text == "a {b} c"


def test_a_slot_without_a_piece_is_a_fault_of_the_method():
    with pytest.raises(KeyError):
        compose(PARENT, "{nothing}", "x/0", {})


def test_a_quotation_is_cut_where_the_blocks_of_the_source_end():
    made = compose(PARENT, "Read: {all}", "x/0", {"all": Quote(0, 57)})
    spans = source_spans(made.stretches, SPANS)
    assert [(span["page"], span["block"]) for span in spans] == [(3, 0), (4, 1)]
    assert made.text[spans[0]["start"] : spans[0]["end"]] == PARENT[0:22]
    assert made.text[spans[1]["start"] : spans[1]["end"]] == PARENT[24:57]


def test_a_text_in_other_words_names_every_block_it_rests_on():
    spans = source_spans([Stretch(0, 9, 10, 40, verbatim=False)], SPANS)
    assert spans == [
        {"start": 0, "end": 9, "page": 3, "block": 0},
        {"start": 0, "end": 9, "page": 4, "block": 1},
    ]
