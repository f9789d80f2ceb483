"""Training and measuring a classifier: labelled texts in, a model or figures out."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nlp.classify.features import FeatureConfig, hash_texts
from nlp.classify.model import LinearClassifier
from nlp.classify.phrases import LabelledText
from nlp.config import ClassifierConfig


@dataclass(frozen=True, kw_only=True, slots=True)
class ClassifierScore:
    """How a classifier did on labelled texts."""

    accuracy: float
    """Share of the texts with the right class."""
    macro_f1: float
    """Mean of the F1 of the classes that occur."""
    by_label: dict[str, tuple[float, float, float, int]]
    """Label -> precision, recall, F1, texts."""
    confusions: list[tuple[str, str, int]]
    """(right, given, how often), the most frequent first."""
    characters_per_second: float
    """Characters classified in a second of process time."""


def read_labelled(path: Path) -> list[LabelledText]:
    """Labelled texts of a .jsonl file (objects with `text` and `label`) or of lines `label<TAB>text`."""
    if not path.is_file():
        raise FileNotFoundError(f"no file at {path}: give a .jsonl file or lines of label, tab and text")
    texts = []
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            if path.suffix == ".jsonl":
                row = json.loads(line)
                label, text = row.get("label"), row.get("text")
            else:
                label, tab, text = line.rstrip("\n").partition("\t")
                text = text if tab else None
            if not isinstance(label, str) or not isinstance(text, str) or not label:
                raise ValueError(f"{path}, line {number}: a label and a text are needed")
            texts.append(LabelledText(text, label))
    return texts


def train_classifier(texts: Sequence[LabelledText], task: str, config: ClassifierConfig) -> LinearClassifier:
    """A linear support vector machine on hashed n-grams, rounded to eight bits (needs scikit-learn).

    The temperature is fitted on every tenth text, held out of a first training, and is at most 4: texts from elsewhere
    are harder than those held out.
    """
    from sklearn.svm import LinearSVC

    labels = sorted({text.label for text in texts})
    if len(labels) < 2:
        raise ValueError("a classifier needs texts of at least two labels")
    features = FeatureConfig(
        shortest=config.shortest, longest=config.longest, bits=config.bits, longest_text=config.longest_text
    )
    matrix = hash_texts([text.text for text in texts], features)
    target = np.array([labels.index(text.label) for text in texts])

    def fit(rows: NDArray[np.intp]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        machine = LinearSVC(C=config.penalty, class_weight="balanced" if config.balanced else None, random_state=0)
        machine.fit(matrix[rows], target[rows])
        weights, bias = np.zeros((matrix.shape[1], len(labels))), np.full(len(labels), -1.0)
        if len(machine.classes_) == 2:  # one plane tells two classes apart
            for column, sign in zip(machine.classes_, (-1.0, 1.0), strict=True):
                weights[:, column], bias[column] = sign * machine.coef_[0], sign * machine.intercept_[0]
        else:
            weights[:, machine.classes_], bias[machine.classes_] = machine.coef_.T, machine.intercept_
        return weights, bias

    order = np.random.default_rng(0).permutation(len(texts))
    held, rest = order[::10], np.setdiff1d(order, order[::10])
    weights, bias = fit(rest)
    temperature = _fit_temperature(matrix[held] @ weights + bias, target[held])
    weights, bias = fit(np.arange(len(texts)))
    scales = np.maximum(np.abs(weights).max(axis=0), 1e-12) / 127.0
    return LinearClassifier(
        task=task,
        labels=tuple(labels),
        features=features,
        weights=np.round(weights / scales).astype(np.int8),
        scales=scales.astype(np.float32),
        bias=bias.astype(np.float32),
        temperature=temperature,
    )


def _fit_temperature(decisions: NDArray[np.float64], target: NDArray[np.intp]) -> float:
    best, best_loss = 1.0, np.inf
    for temperature in np.geomspace(0.5, 4, 25):
        logits = decisions * temperature
        logits -= logits.max(axis=1, keepdims=True)
        loss = float(np.mean(np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(len(target)), target]))
        if loss < best_loss:
            best, best_loss = float(temperature), loss
    return best


def score_classifier(model: LinearClassifier, texts: Sequence[LabelledText]) -> ClassifierScore:
    """Accuracy, macro-F1 over the classes that occur, confusions and speed."""
    if not texts:
        raise ValueError("no labelled text to measure on")
    began = time.process_time()
    given = [label for label, _ in model.predict([text.text for text in texts])]
    return score_labels(texts, given, time.process_time() - began)


def score_labels(texts: Sequence[LabelledText], given: Sequence[str], seconds: float) -> ClassifierScore:
    """The same of labels that were given to the texts in `seconds` of process time."""
    pairs = Counter((text.label, label) for text, label in zip(texts, given, strict=True))
    by_label = {}
    for label in sorted({text.label for text in texts}):
        right = pairs[label, label]
        gold = sum(n for (a, _), n in pairs.items() if a == label)
        said = sum(n for (_, b), n in pairs.items() if b == label)
        precision, recall = right / said if said else 0.0, right / gold
        f1 = 2 * precision * recall / (precision + recall) if right else 0.0
        by_label[label] = (precision, recall, f1, gold)
    return ClassifierScore(
        accuracy=sum(n for (a, b), n in pairs.items() if a == b) / len(texts),
        macro_f1=float(np.mean([f1 for _, _, f1, _ in by_label.values()])),
        by_label=by_label,
        confusions=[(a, b, n) for (a, b), n in pairs.most_common() if a != b],
        characters_per_second=sum(len(text.text) for text in texts) / max(seconds, 1e-9),
    )
