"""The network of the learned finder: what it computes, against its definition word by word, and what fitting makes of notes."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from nlp.phi import network
from nlp.phi.network import DISTANCES, Network, read_network
from nlp.phi.tagger import LABELS, shipped_tagger, tokenize

CHANCE = np.random.default_rng(4)
WIDTH = 6


def some_network(rows: int = 40, labels: int = 3) -> Network:
    def made(*shape: int) -> np.ndarray:
        return CHANCE.normal(0, 0.4, shape).astype(np.float32)

    table = made(rows, WIDTH)
    table[0] = 0
    return Network(
        table=table,
        weights=[made(3 * WIDTH, WIDTH) for _ in DISTANCES],
        biases=[made(WIDTH) for _ in DISTANCES],
        out_weight=made(WIDTH, labels),
        out_bias=made(labels),
    )


def by_definition(of: Network, rows: np.ndarray) -> np.ndarray:
    """The likelihoods, computed one word after the other as the docstring of the module says."""
    nothing = np.zeros(WIDTH)
    hidden = [sum((of.table[row].astype(float) for row in word), nothing) for word in rows]
    for weight, bias, distance in zip(of.weights, of.biases, DISTANCES, strict=True):
        padded = [nothing] * distance + hidden + [nothing] * distance
        hidden = [
            here + np.maximum(np.concatenate([padded[i], here, padded[i + 2 * distance]]) @ weight + bias, 0)
            for i, here in enumerate(hidden)
        ]
    scores = np.array(hidden) @ of.out_weight + of.out_bias
    return np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)


@pytest.mark.parametrize("size", [1, 2, 3, 9, 40])
def test_it_computes_what_its_definition_says(size: int) -> None:
    of = some_network()
    rows = CHANCE.integers(0, 40, (size, 5)).astype(np.int32)
    assert np.allclose(of.probabilities(rows), by_definition(of, rows), atol=1e-5)


def test_a_long_text_in_windows_is_that_text_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    of = some_network()
    rows = CHANCE.integers(0, 40, (150, 5)).astype(np.int32)
    whole = of.probabilities(rows)
    monkeypatch.setattr(network, "WINDOW", 32)
    assert np.allclose(of.probabilities(rows), whole, atol=1e-6)


def test_no_word_has_no_label() -> None:
    assert some_network().probabilities(np.zeros((0, 5), np.int32)).shape == (0, 3)


def test_a_network_is_read_as_it_was_written(tmp_path: Path) -> None:
    of = some_network()
    of.write(tmp_path / "network.safetensors")
    rows = CHANCE.integers(0, 40, (50, 5)).astype(np.int32)
    assert np.allclose(
        read_network(tmp_path / "network.safetensors").probabilities(rows), of.probabilities(rows), atol=0.05
    )


def test_half_a_file_is_no_network(tmp_path: Path) -> None:
    path = tmp_path / "network.safetensors"
    some_network().write(path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match="cut off"):
        read_network(path)


def test_fitting_learns_what_the_words_beside_say() -> None:
    """A word is labelled by the word two places before it: only the convolutions can tell."""
    pytest.importorskip("torch")
    from nlp.phi.fitting import fit

    notes = []
    for _ in range(60):
        rows = CHANCE.integers(1, 12, (CHANCE.integers(3, 30), 2)).astype(np.int32)
        labels = np.append([0, 0], rows[:-2, 0] % 2).astype(np.int64)
        notes.append((rows, labels))
    of = fit(notes, n_rows=12, n_labels=2, width=16, rounds=90, seed=1)
    right = np.concatenate([of.probabilities(rows).argmax(axis=1) == labels for rows, labels in notes])
    assert right.mean() > 0.8  # one in two by chance


def test_the_shipped_network_has_a_label_for_each_kind_and_its_speed() -> None:
    tagger = shipped_tagger()
    text = "The patient was seen in clinic and the wound is clean; 体温正常，切口愈合良好。\n" * 400
    tagger.find(text)
    began = time.process_time()
    tagger.find(text)
    assert len(tokenize(text)) / (time.process_time() - began) > 3000
    assert len(LABELS) == 11
