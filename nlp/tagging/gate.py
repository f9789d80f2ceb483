"""Which words are worth a model: a logistic regression that predicts where the dictionaries' reading is wrong.

Most words of a text are read rightly by the dictionaries already: words that are never in a mention, and names that always
are. A CRF pays only around the others. The regression adds a few weights a word (the word, its ending, its shape, what the
dictionaries say of it, its neighbours), so it costs a twentieth of the CRF's features. It is trained on the texts of the
CRF, each read with the mentions of the other folds, so that it learns how far such a reading can be trusted.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

_MIN_COUNT: Final[int] = 3
"""Features seen on fewer words of the training set are left out."""
_KNOWN: Final[int] = 400_000
"""Words whose weights are remembered at most."""


class Example(NamedTuple):
    """A sentence as the gate sees it in training."""

    words: list[str]
    """Words (en) or characters (zh)."""
    readings: list[str]
    """What the dictionaries say of each, one string a word."""
    wrong: list[bool]
    """Whether the dictionaries' answer differs from the annotation there."""


def _own(word: str) -> list[str]:
    """Features of a word by itself."""
    lower = word.lower()
    if word.isascii() and word.isalpha():
        case = "x" if word.islower() else "Xx" if word[1:].islower() else "X"
        return [f"w={lower}", f"e={lower[-3:]}", f"e4={lower[-4:]}", f"p={lower[:4]}", f"l={case}{min(len(word), 9)}"]
    return [f"w={lower}", "digit" if word[0].isdigit() else "mixed" if word[0].isalpha() else "sign"]


def _features(words: Sequence[str], readings: Sequence[str], i: int) -> list[str]:
    before = words[i - 1].lower() if i else "<"
    after = words[i + 1].lower() if i + 1 < len(words) else ">"
    word, reading = words[i].lower(), readings[i]
    said_before = readings[i - 1] if i else "<"
    said_after = readings[i + 1] if i + 1 < len(words) else ">"
    features = [*_own(words[i]), f"-={before}", f"+={after}", f"r={said_before} {reading} {said_after}"]
    if reading:
        features.append(f"rw={reading} {word}")
    if word > "\u2e7f":
        features += [f"b-={before}{word}", f"b+={word}{after}"]
    return features


class Gate:
    """Scores the words of a sentence; those above the cutoff are worth a model."""

    def __init__(self, weights: dict[str, float], cutoff: float) -> None:
        self._weight = weights.get
        self._bias = weights.get("", 0.0) - cutoff
        self._quiet = weights.get("r=  ", 0.0)
        self._words: dict[str, tuple[float, float, float]] = {}
        self._readings: dict[tuple[str, str, str], float] = {}

    def _of(self, word: str) -> tuple[float, float, float]:
        """Weights of a word by itself, as the one before, as the one after; remembered, for text is made of few words."""
        weight, lower = self._weight, word.lower()
        own = self._bias + sum(weight(feature, 0.0) for feature in _own(word))
        made = own, weight("-=" + lower, 0.0), weight("+=" + lower, 0.0)
        if len(self._words) < _KNOWN:
            self._words[word] = made
        return made

    def uncertain_tokens(self, words: Sequence[str], readings: Sequence[str]) -> list[int]:
        """Places of the words of which the reading is uncertain, so that they are worth a model, ascending; arguments as in `Example`."""
        known, weight = self._words.get, self._weight
        facts = [known(word) or self._of(word) for word in words]
        following = [fact[2] for fact in facts[1:]]
        following.append(weight("+=>", 0.0))
        found = []
        left = weight("-=<", 0.0)
        said_before, before = "<", "<"
        said_after = [*readings[1:], ">"]
        for i, (own, as_before, _) in enumerate(facts):
            score = own + left + following[i]
            left = as_before
            reading, after = readings[i], said_after[i]
            if said_before or reading or after:
                said = said_before, reading, after
                more = self._readings.get(said)
                if more is None:
                    more = self._readings[said] = weight(f"r={said_before} {reading} {after}", 0.0)
                score += more
                if reading:
                    score += weight(f"rw={reading} {words[i].lower()}", 0.0)
            else:
                score += self._quiet
            word = words[i]
            if word > "\u2e7f":
                next_word = words[i + 1].lower() if i + 1 < len(words) else ">"
                score += weight(f"b-={before}{word}", 0.0) + weight(f"b+={word}{next_word}", 0.0)
            if score > 0:
                found.append(i)
            said_before, before = reading, word.lower()
        return found


def train_gate(
    folds: Sequence[Sequence[Example]], path: Path, caught: float, strength: float = 1.0
) -> dict[str, float]:
    """Trains a gate on the examples of all `folds` and writes it to `path`; returns its cutoff and how much it opens.

    `caught` is the share of the wrongly read words for which the gate must open, cross-validated over the folds.
    `strength` is the inverse L1 regularisation of the regression.
    """
    import numpy as np
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression

    rows: list[list[str]] = []
    answers: list[bool] = []
    parts: list[int] = []
    for number, examples in enumerate(folds):
        for words, readings, wrong in examples:
            rows.extend(_features(words, readings, i) for i in range(len(words)))
            answers.extend(wrong)
            parts.extend([number] * len(words))
    counts = Counter(feature for row in rows for feature in row)
    names = sorted(feature for feature, n in counts.items() if n >= _MIN_COUNT)
    column = {feature: i for i, feature in enumerate(names)}
    indices = [[column[feature] for feature in row if feature in column] for row in rows]
    indptr = np.cumsum([0, *map(len, indices)])
    columns = np.fromiter((i for row in indices for i in row), np.int32, indptr[-1])
    matrix = csr_matrix((np.ones(indptr[-1], np.float32), columns, indptr), shape=(len(rows), len(names)))
    answered, part = np.array(answers), np.array(parts)

    def fitted(chosen: np.ndarray) -> tuple[np.ndarray, float]:
        if len(set(answered[chosen])) < 2:  # a dictionary that is always right, or always wrong
            return np.zeros(len(names)), 1.0 if answered[chosen].any() else -1.0
        model = LogisticRegression(C=strength, l1_ratio=1.0, solver="liblinear", max_iter=50, random_state=0)
        model.fit(matrix[chosen], answered[chosen])
        return np.round(model.coef_[0], 2), round(float(model.intercept_[0]), 2)

    held = np.zeros(len(answered))
    for number in range(len(folds)):
        weights, bias = fitted(part != number)
        held[part == number] = matrix[part == number] @ weights + bias
    cutoff = round(float(np.quantile(held[answered], 1 - caught)), 3) if answered.any() else 0.0
    weights, bias = fitted(np.ones(len(answered), bool))
    with path.open("w", encoding="utf-8", newline="") as lines:
        table = csv.writer(lines, delimiter="\t", lineterminator="\n")
        table.writerow(["feature", "weight"])
        table.writerow(["", bias])
        table.writerows((name, round(float(w), 2)) for name, w in zip(names, weights, strict=True) if w)
    return {"cutoff": cutoff, "opened": float((held >= cutoff).mean())}


def read_gate(path: Path, cutoff: float) -> Gate:
    """The gate of a model folder."""
    with path.open(encoding="utf-8", newline="") as lines:
        rows = csv.reader(lines, delimiter="\t")
        next(rows)
        return Gate({feature: float(weight) for feature, weight in rows}, cutoff)
