"""Worth: how much a text, and the document it stands in, teaches medicine (`nlp.classify.worth`).

`quality_score` is the text's own, `document_score` that of all texts of its document together. The scoring step finds both, since they rest
on the lexicon's mentions and on a document's other texts; here they are only decided on. A document below the bound is **set
aside**, not dropped: what it is worth is for a person to say (`corpus review`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from medpress.ranges import Share

if TYPE_CHECKING:
    from corpus.filters.view import View


@dataclass(frozen=True, kw_only=True)
class WorthThresholds:
    """The score of a document is 0.5 where pages of the web begin to be kept for no reason; articles and books lie above 0.55."""

    min_document_score: Share = 0.5
    """Worth of the whole document, where it is in English or Chinese and long enough to tell; 0 takes all."""
    min_quality_score: Share = 0.0
    """Worth of the text by itself. Off: a small model trained on the better half was not shown to be better."""


def score(view: View) -> dict[str, float]:
    """Nothing: `add_worth` adds the scores when those of all texts are known."""
    return {}


def add_worth(rows: Sequence[Mapping[str, Any]], scores: Sequence[dict[str, float]]) -> None:
    """Add `quality_score` and `document_score` to the scores of texts.

    A row holds `doc_id`, `text`, `lang` and `augmentation`; `scores` hold `medical_density`. Augmented texts say nothing of their
    document: they get none.
    """
    import numpy as np

    from nlp.classify import worth

    read = [n for n, row in enumerate(rows) if row["augmentation"] is None and row["lang"] in worth.LANGUAGES]
    sizes = np.array([worth.size(rows[n]["text"], rows[n]["lang"]) for n in read], np.int64)
    margins = worth.margins([rows[n]["text"] for n in read])
    densities = np.array([scores[n]["medical_density"] for n in read], np.float32)
    names, of_document = np.unique([rows[n]["doc_id"] for n in read], return_inverse=True)
    total = np.bincount(of_document, sizes, len(names)).astype(np.int64)

    def together(values: Any) -> Any:
        return np.bincount(of_document, values * sizes, len(names)) / np.maximum(total, 1)

    of_texts = worth.worth(margins, densities, sizes)
    of_documents = worth.worth(together(margins), together(densities), total)
    for place, n in enumerate(read):
        if sizes[place] >= worth.LEAST:
            scores[n]["quality_score"] = round(float(of_texts[place]), 4)
        if total[of_document[place]] >= worth.LEAST:
            scores[n]["document_score"] = round(float(of_documents[of_document[place]]), 4)
