"""A small network over the words of a text: a sum of embeddings for each word, then dilated convolutions, in numpy alone.

Each word has some twenty features, all rows of one table; their sum goes through residual convolutions over three places,
h <- h + relu(W [h(t-d), h(t), h(t+d)] + b), with distances d that grow (Yu and Koltun 2016; Strubell et al. 2017 for words),
and a softmax over the labels. Weights are a safetensors file: the table in int8 with a scale for each row, the rest in float32.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nlp.tensors import read_tensors, write_tensors

DISTANCES: tuple[int, ...] = (1, 1, 2, 4, 8)
"""How far the neighbours are that each convolution looks at."""
REACH: int = sum(DISTANCES)
"""Words to either side that a label can depend on."""
WINDOW: int = 4096
"""Words that go through the network at once."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, slots=True)
class Network:
    """The weights of a trained network."""

    table: Floats
    """Row of a feature -> embedding, shape (rows, width); row 0 is that of no feature."""
    weights: Sequence[Floats]
    """Of each convolution: shape (3 * width, width), the three places one below the other."""
    biases: Sequence[Floats]
    """Of each convolution: shape (width,)."""
    out_weight: Floats
    """Shape (width, labels)."""
    out_bias: Floats
    """Shape (labels,)."""

    def probabilities(self, rows: NDArray[np.int32]) -> Floats:
        """How likely each label is for each word, shape (words, labels); `rows` has shape (words, features)."""
        if not len(rows):
            return np.zeros((0, len(self.out_bias)), np.float32)
        pieces = []
        for start in range(0, len(rows), WINDOW):
            first, last = max(0, start - REACH), min(len(rows), start + WINDOW + REACH)
            piece = self._label(rows[first:last])
            pieces.append(piece[start - first : start - first + WINDOW])
        return np.concatenate(pieces)

    def _label(self, rows: NDArray[np.int32]) -> Floats:
        hidden = self.table[rows[:, 0]]
        for column in range(1, rows.shape[1]):
            hidden += self.table[rows[:, column]]
        size, width = hidden.shape
        around = np.empty((size, 3 * width), np.float32)
        for weight, bias, distance in zip(self.weights, self.biases, DISTANCES, strict=True):
            around[:, width : 2 * width] = hidden
            around[:distance, :width] = 0
            around[distance:, :width] = hidden[:-distance]
            around[size - min(size, distance) :, 2 * width :] = 0
            around[:-distance, 2 * width :] = hidden[distance:]
            change = around @ weight
            change += bias
            hidden += np.maximum(change, 0, out=change)
        scores = hidden @ self.out_weight + self.out_bias
        scores -= scores.max(axis=1, keepdims=True)
        np.exp(scores, out=scores)
        scores /= scores.sum(axis=1, keepdims=True)
        return scores

    def write(self, path: Path) -> None:
        """Write the weights as a safetensors file."""
        scales = np.abs(self.table).max(axis=1) / 127
        whole = np.round(self.table / np.maximum(scales, 1e-12)[:, None]).astype(np.int8)
        tensors = {"table": whole, "scales": scales.astype(np.float32)}
        tensors |= {f"weight_{i}": weight for i, weight in enumerate(self.weights)}
        tensors |= {f"bias_{i}": bias for i, bias in enumerate(self.biases)}
        write_tensors(path, tensors | {"out_weight": self.out_weight, "out_bias": self.out_bias})


def read_network(path: Path) -> Network:
    """The network of a file; raises ValueError if it is not a whole safetensors file."""
    tensors = read_tensors(path)
    return Network(
        table=tensors["table"].astype(np.float32) * tensors["scales"][:, None],
        weights=[tensors[f"weight_{i}"] for i in range(len(DISTANCES))],
        biases=[tensors[f"bias_{i}"] for i in range(len(DISTANCES))],
        out_weight=tensors["out_weight"],
        out_bias=tensors["out_bias"],
    )
