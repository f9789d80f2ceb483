"""What a glyph draws: small renderings to characters, by a model that ships with the package.

A glyph is drawn with its origin at a fixed place of a square cell, so that its height above the baseline and its size
tell a degree sign from a zero and a minus from an underscore. The model is a network of one hidden layer over 16 × 16 grey
values and the box of the ink; `glyph_training.py` makes it from fonts whose characters are known.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from nlp.classify.tensors import read_tensors

CELL = 80
"""Side of the square in which a glyph is drawn, in pixels."""
EM = 36
"""Size at which it is drawn, in pixels."""
LEFT, BASE = 20, 54
"""Its origin in the cell: pixels from the left, and of the baseline from the top."""
SIDE = 16
"""Side of the picture that the model sees."""
_AT_ONCE = 32
"""Cells that are worked on at once: they stay near the processor."""
OTHER = ""
"""What a shape is called that is none of the characters."""
MODEL = Path(__file__).parent / "glyph_model"


@dataclass(frozen=True, slots=True)
class Shapes:
    """What some glyphs look like."""

    characters: list[str]
    """Of each column of `shares`."""
    boxes: Any
    """Upper and lower edge of the ink of each glyph, in ems above the baseline: glyphs × 2."""
    shares: Any
    """How sure the model is of each character: glyphs × characters, float32, each row adds up to 1."""

    def best(self, row: int) -> tuple[str, float]:
        """The likeliest character of a glyph and how sure it is."""
        column = int(self.shares[row].argmax())
        return self.characters[column], float(self.shares[row, column])

    def is_raised(self, row: int) -> bool:
        """Whether a glyph has the size and the place of a raised figure."""
        top, bottom = self.boxes[row]
        is_dash = top - bottom < 0.12
        return bool(bottom > (0.36 if is_dash else 0.22) and top - bottom < 0.5 and top > (0.38 if is_dash else 0.55))

    def knows(self, character: str) -> bool:
        """Whether the model has a character."""
        return character in self.characters

    def share(self, row: int, character: str) -> float:
        """How likely a glyph is a character; 0 where the model does not know it."""
        return float(self.shares[row, self.characters.index(character)]) if character in self.characters else 0.0


def features(cells: Any) -> tuple[Any, Any]:
    """(features, whether there is ink) of glyphs: cells is n × CELL × CELL, uint8, ink dark on white.

    The picture is the box of the ink, shrunk by averaging so that its longer side fills the square; beside it stand the
    box's edges, width and height in ems.
    """
    ink = 1.0 - cells.astype(np.float32) / 255.0
    dark = ink > 0.25
    inked = dark.any(axis=(1, 2))
    rows, columns = dark.any(axis=2), dark.any(axis=1)
    top, left = rows.argmax(axis=1), columns.argmax(axis=1)
    bottom, right = CELL - rows[:, ::-1].argmax(axis=1), CELL - columns[:, ::-1].argmax(axis=1)
    height, width = bottom - top, right - left
    side = np.maximum(height, width)
    steps = np.linspace(0.0, 1.0, SIDE + 1, dtype=np.float32) - 0.5
    down = _overlaps((top + bottom)[:, None] / 2 + steps * side[:, None])
    across = _overlaps((left + right)[:, None] / 2 + steps * side[:, None])
    picture = down @ ink @ across.transpose(0, 2, 1)
    picture /= np.maximum(side / SIDE, 0.1)[:, None, None] ** 2
    box = np.stack([BASE - top, BASE - bottom, left - LEFT, right - LEFT, height, width, side], axis=1) / EM
    return np.concatenate([picture.reshape(len(cells), -1), 2.0 * box], axis=1).astype(np.float32), inked


def _overlaps(edges: Any) -> Any:
    """How much of each pixel of a cell lies between neighbouring edges: n × SIDE × CELL, from n × (SIDE + 1)."""
    pixels = np.arange(CELL, dtype=np.float32)
    edges = edges.astype(np.float32)[:, :, None]
    return np.clip(np.minimum(edges[:, 1:], pixels + 1) - np.maximum(edges[:, :-1], pixels), 0.0, 1.0)


@cache
def _model() -> tuple[list[str], dict[str, Any]]:
    tensors = read_tensors(MODEL / "model.safetensors")
    return json.loads((MODEL / "characters.json").read_text(encoding="utf-8")), tensors


def classify(cells: Any) -> tuple[Shapes, Any]:
    """(what each glyph draws, whether it draws anything) from cells, n × CELL × CELL, uint8."""
    characters, weights = _model()
    parts = [features(cells[start : start + _AT_ONCE]) for start in range(0, len(cells), _AT_ONCE)]
    x, inked = np.concatenate([part for part, _ in parts]), np.concatenate([seen for _, seen in parts])
    hidden = np.maximum(x @ weights["hidden"] + weights["hidden_bias"], 0.0)
    scores = hidden @ weights["output"] + weights["output_bias"]
    scores -= scores.max(axis=1, keepdims=True)
    shares = np.exp(scores)
    shares /= shares.sum(axis=1, keepdims=True)
    return Shapes(characters, x[:, SIDE * SIDE : SIDE * SIDE + 2] / 2.0, shares), inked
