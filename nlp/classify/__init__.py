"""Classes of a text: kind of document and specialty.

How medical a text is, is measured by the lexicon (`nlp.tagging.density`), what it is worth by `nlp.classify.worth`. Each classifier is a folder in `nlp/models/classify_<task>`; `nlp train classifier` makes one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nlp.classify.model import LinearClassifier

MODELS = Path(__file__).parents[1] / "models"
"""Where the shipped models are."""
SURE_OF_A_SPECIALTY = 0.3
"""Below this probability no specialty is named: many texts belong to none."""

__all__ = ["Classes", "LinearClassifier", "classify", "load_classifier"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Classes:
    """What a text is."""

    kind: str
    """textbook, guideline, article, patient_information, news, advertisement or forum."""
    kind_probability: float
    """Probability of the kind."""
    specialty: str
    """The likeliest specialty, or "" when none is likely enough."""
    specialty_probability: float
    """Probability of the likeliest specialty."""


@cache
def load_classifier(name: str) -> LinearClassifier:
    """A shipped classifier by its task ("kind", "specialty"), or one from a folder."""
    shipped = MODELS / f"classify_{name}"
    return LinearClassifier.load(shipped if shipped.is_dir() else Path(name))


def classify(texts: Sequence[str], documents: Sequence[str] | None = None) -> list[Classes]:
    """All classes of each text, with the shipped models.

    `documents` names the document of each text. A kind belongs to a whole document, so that its texts share one: the
    likeliest by the mean of their probabilities. Without it each text stands for itself.
    """
    kind_model = load_classifier("kind")
    kinds = kind_model.probabilities(texts)
    if documents is not None:
        kinds = _shared(kinds, documents)
    specialties = load_classifier("specialty").predict(texts)
    return [
        Classes(
            kind=kind_model.labels[int(kinds[row].argmax())],
            kind_probability=round(float(kinds[row].max()), 4),
            specialty=specialty if probability >= SURE_OF_A_SPECIALTY else "",
            specialty_probability=round(probability, 4),
        )
        for row, (specialty, probability) in enumerate(specialties)
    ]


def _shared(probabilities: NDArray[np.float32], documents: Sequence[str]) -> NDArray[np.float32]:
    """Each row replaced by the mean over the rows of its document."""
    _, of_document, counts = np.unique(np.asarray(documents), return_inverse=True, return_counts=True)
    sums = np.zeros((len(counts), probabilities.shape[1]), dtype=np.float64)
    np.add.at(sums, of_document, probabilities)
    return (sums / counts[:, None])[of_document].astype(np.float32)
