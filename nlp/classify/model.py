"""A linear classifier over hashed character n-grams: small, fast, and open to anyone's eyes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlp.classify.features import FEATURES_VERSION, FeatureConfig, hash_texts
from nlp.classify.tensors import read_tensors, write_tensors

_CHARACTERS_AT_ONCE = 200_000
"""Their n-grams are sorted: in this number they stay near the processor."""


@dataclass(frozen=True, kw_only=True)
class LinearClassifier:
    """One-against-the-rest weights, eight bits each, and a temperature that makes their sums probabilities."""

    task: str
    """What is told apart, for example "kind"."""
    labels: tuple[str, ...]
    """The classes, in the order of the columns."""
    features: FeatureConfig
    """How a text becomes features."""
    weights: NDArray[np.int8]
    """Shape (2 ** bits, classes)."""
    scales: NDArray[np.float32]
    """Shape (classes,): what one step of a weight is worth."""
    bias: NDArray[np.float32]
    """Shape (classes,)."""
    temperature: float
    """The decision values are multiplied by it before the softmax (Guo et al. 2017)."""

    @cached_property
    def _float_weights(self) -> NDArray[np.float32]:
        return self.weights.astype(np.float32) * self.scales

    def decisions(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Decision values, shape (texts, classes); memory stays bounded whatever the number of texts."""
        pieces = []
        for batch in _batches(texts, self.features.longest_text):
            pieces.append(hash_texts(batch, self.features) @ self._float_weights + self.bias)
        return np.concatenate(pieces) if pieces else np.zeros((0, len(self.labels)), np.float32)

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Probabilities of the classes, shape (texts, classes)."""
        logits = self.decisions(texts) * np.float32(self.temperature)
        logits -= logits.max(axis=1, keepdims=True, initial=0.0)
        exponents = np.exp(logits)
        return exponents / exponents.sum(axis=1, keepdims=True)

    def predict(self, texts: Sequence[str]) -> list[tuple[str, float]]:
        """The likeliest class of each text and its probability."""
        probabilities = self.probabilities(texts)
        best = probabilities.argmax(axis=1) if len(texts) else np.zeros(0, np.int64)
        return [(self.labels[column], float(probabilities[row, column])) for row, column in enumerate(best)]

    def save(self, folder: Path, card: dict[str, Any]) -> None:
        """Write `model.safetensors` and `model.json` (configuration and the given facts of the model card)."""
        folder.mkdir(parents=True, exist_ok=True)
        write_tensors(folder / "model.safetensors", {"weights": self.weights, "scales": self.scales, "bias": self.bias})
        config = {
            "task": self.task,
            "labels": list(self.labels),
            "features": self.features.as_dict(),
            "features_version": FEATURES_VERSION,
            "temperature": round(self.temperature, 4),
            "card": card,
        }
        (folder / "model.json").write_text(json.dumps(config, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> LinearClassifier:
        """Read a model folder; raises FileNotFoundError or ValueError with what to do."""
        if not (folder / "model.json").is_file():
            raise FileNotFoundError(f"no classifier in {folder}: it should hold model.json and model.safetensors")
        config = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        if config.get("features_version") != FEATURES_VERSION:
            raise ValueError(f"the classifier in {folder} was trained with other features: train it again")
        tensors = read_tensors(folder / "model.safetensors")
        labels = tuple(config["labels"])
        features = FeatureConfig(**config["features"])
        if tensors["weights"].shape != (1 << features.bits, len(labels)):
            raise ValueError(f"the weights in {folder} do not fit model.json")
        return cls(
            task=config["task"],
            labels=labels,
            features=features,
            weights=tensors["weights"],
            scales=tensors["scales"],
            bias=tensors["bias"],
            temperature=float(config["temperature"]),
        )


def _batches(texts: Sequence[str], longest: int) -> list[list[str]]:
    batches: list[list[str]] = []
    size = 0
    for text in texts:
        length = min(len(text), longest or len(text))
        if not batches or size + length > _CHARACTERS_AT_ONCE:
            batches.append([])
            size = 0
        batches[-1].append(text)
        size += length
    return batches
