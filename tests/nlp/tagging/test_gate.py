"""The gate of the cascade: it scores what it was trained on, opens for what the dictionaries read wrongly, and costs no mention."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from nlp.tagging.gate import Example, Gate, _features, read_gate, train_gate

WORDS = st.sampled_from(["aspirin", "Aspirin", "ACE", "急", "性", "5", "(", "肾", "β", "TNF", "the", "mg"])
READINGS = st.sampled_from(["", "Sdru", "Bdis|Idis"])


@given(st.lists(st.tuples(WORDS, READINGS), min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_scores_are_the_sum_of_the_weights_of_the_features(sentence: list[tuple[str, str]], random: object) -> None:
    words, readings = [word for word, _ in sentence], [reading for _, reading in sentence]
    rows = [_features(words, readings, i) for i in range(len(words))]
    weights = {feature: random.uniform(-1, 1) for row in rows for feature in row} | {"": 0.1}  # type: ignore[attr-defined]
    scores = [0.1 + sum(weights[feature] for feature in row) - 0.25 for row in rows]
    if all(abs(score) > 1e-9 for score in scores):
        assert Gate(weights, 0.25).uncertain_tokens(words, readings) == [
            i for i, score in enumerate(scores) if score > 0
        ]


def test_opens_where_the_dictionary_is_wrong_and_is_repeatable(tmp_path: Path) -> None:
    right = Example(["Patients", "took", "aspirin", "daily"], ["", "", "Sdru", ""], [False] * 4)
    wrong = Example(["The", "lead", "pipe", "burst"], ["", "Sdru", "", ""], [False, True, False, False])
    folds = [[right] * 10 + [wrong] * 3 for _ in range(3)]
    figures = train_gate(folds, tmp_path / "gate.tsv", 0.95)
    gate = read_gate(tmp_path / "gate.tsv", figures["cutoff"] - 0.01)
    assert gate.uncertain_tokens(wrong.words, wrong.readings) == [1]
    assert gate.uncertain_tokens(right.words, right.readings) == []
    assert 0 < figures["opened"] < 0.5
    first = (tmp_path / "gate.tsv").read_bytes()
    train_gate(folds, tmp_path / "gate.tsv", 0.95)
    assert (tmp_path / "gate.tsv").read_bytes() == first
