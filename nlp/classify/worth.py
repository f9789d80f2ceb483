"""How much a text is worth to who learns medicine: 1 for what teaches it or the sciences it rests on, 0 for all else.

Two witnesses speak: a linear classifier over character n-grams, whose margin of "teaches" over "elsewhere" and "page" tells how a
text is written, and the share of it that medical terms cover, which tells what it is about whatever its style. What both say of a
document's texts is added up by length, so that a document is judged as a whole: a preface belongs to its book.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nlp.classify import load_classifier

LANGUAGES = frozenset(("en", "zh", "und"))
"""Languages that it was trained on, and what is none; of other languages it says nothing."""
LEAST = 400
"""Characters from which on a text says enough about itself; Chinese ones count threefold."""
_CLIP = 3.0
_FLOOR = 0.003
_OF_DENSITY = 0.25
"""What the logarithm of the density counts beside the margin. The training texts part by the margin alone; on pages of the world what a
page is about parts what is merely written like an article. A logistic regression on the half of `benchmarks/junk.py` that may be looked at,
with half of the articles, books and banks of questions that were not trained on, gives it 0.22 to 0.31."""
_BORDER = 0.52
"""What scores a half, in a long text: of that half all articles, books and banks and 13 of 15 pages about health lie above the bound of the
filter."""
_CAUTION = 0.75
"""What it is less in a text of `_SHORT` characters, whose margin says less; it falls with the length."""
_SHORT = 500
_STEEP = 2.4


def size(text: str, lang: str) -> int:
    """The length of a text by which it is weighed."""
    return 3 * len(text) if lang == "zh" else len(text)


def margins(texts: Sequence[str]) -> NDArray[np.float32]:
    """Two numbers a text, between -3 and 3, shape (texts, 2): by how much "teaches" is likelier than the likelier of the other
    classes, and "page" than the likelier of the others.
    """
    model = load_classifier("worth")
    decisions = model.decisions(texts)

    def over(label: str) -> NDArray[np.float32]:
        column = model.labels.index(label)
        others = np.delete(decisions, column, axis=1)
        return np.clip(decisions[:, column] - others.max(axis=1, initial=-_CLIP), -_CLIP, _CLIP)

    return np.column_stack([over("teaches"), over("page")])


def worth(margin: NDArray[np.float32], density: NDArray[np.float32], sizes: NDArray[np.int64]) -> NDArray[np.float64]:
    """The score, 0 to 1, of texts with these margins of "teaches" (`margins`), medical densities (`nlp.tagging.density`) and sizes (`size`)."""
    border = _BORDER - _CAUTION * _SHORT / np.maximum(sizes, _SHORT)
    logit = _STEEP * (margin + _OF_DENSITY * np.log(np.maximum(density, 0) + _FLOOR) - border)
    return 1 / (1 + np.exp(-logit))


def page_likeness(margin: NDArray[np.float32]) -> NDArray[np.float64]:
    """How much texts with these margins of "page" are like what pages hold beside their text, 0 to 1: a half where it is as likely as
    text."""
    return 1 / (1 + np.exp(-_STEEP * margin))
