"""Packing: nothing is lost, nothing is repeated, borders are marked."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.packing import IGNORED, as_piece, assemble, fit

DOCUMENTS = st.lists(st.lists(st.integers(1, 999), min_size=2, max_size=40), min_size=1, max_size=20)


def test_a_document_becomes_its_predictions() -> None:
    piece = as_piece([5, 6, 7, 8])
    assert piece.inputs.tolist() == [5, 6, 7]
    assert piece.labels.tolist() == [6, 7, 8]


def test_only_wanted_tokens_are_predicted() -> None:
    piece = as_piece([5, 6, 7, 8], predict=[True, False, True, True])
    assert piece.labels.tolist() == [IGNORED, 7, 8]


@given(documents=DOCUMENTS, length=st.integers(1, 17))
def test_splitting_loses_no_prediction(documents: list[list[int]], length: int) -> None:
    seen = []
    for tokens in documents:
        rest = as_piece(tokens)
        while len(rest):
            piece, rest = rest.split(length)
            row = assemble([piece], length, padding=0)
            real = row.labels != IGNORED
            seen += list(zip(row.input_ids[real].tolist(), row.labels[real].tolist(), strict=True))
    assert seen == [pair for tokens in documents for pair in itertools.pairwise(tokens)]


@given(documents=DOCUMENTS)
def test_positions_restart_with_every_piece(documents: list[list[int]]) -> None:
    pieces = [as_piece(tokens) for tokens in documents]
    total = sum(len(p) for p in pieces)
    row = assemble(pieces, total + 3, padding=0)
    assert (np.flatnonzero(row.position_ids == 0).tolist())[: len(pieces)] == np.cumsum(
        [0, *(len(p) for p in pieces)]
    ).tolist()[:-1]
    assert row.position_ids[total:].tolist() == [0, 1, 2]
    assert (row.labels[total:] == IGNORED).all()
    assert (row.piece_ids[total:] == -1).all()


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        assemble([as_piece(range(10))], 5, padding=0)
    with pytest.raises(ValueError, match="does not fit"):
        fit([6], 5)


@given(lengths=st.lists(st.integers(1, 50), max_size=60))
def test_bins_hold_every_item_once_and_are_few(lengths: list[int]) -> None:
    bins = fit(lengths, 50)
    assert sorted(index for chosen in bins for index in chosen) == list(range(len(lengths)))
    assert all(sum(lengths[i] for i in chosen) <= 50 for chosen in bins)
    assert len(bins) <= 11 / 9 * -(-sum(lengths) // 50) * 1.5 + 1
