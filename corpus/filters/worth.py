"""Worth: how much a text, and the document it stands in, teaches medicine (`nlp.classify.worth`).

`quality_score` is the text's own. `document_score` is that of all texts of its document together, where nobody said what it is: that a
document is a textbook, a guideline, an article or a note is for whoever said so. `page_score` says of any document how much it is like
what pages hold beside their text: menus, shops, keys, contents, code, ruins. The scoring step finds all three, since they rest on the
lexicon's mentions and on a document's other texts; here they are only decided on. A document that breaks a bound is **set aside**, not
dropped: what it is worth is for a person to say (`corpus review`).
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
    """Chosen on pages and documents that the score was not trained on (`benchmarks/junk.py`, the half that may be looked at); two
    leaflets for patients in `sample_docs/` score 0.58."""

    min_document_score: Share = 0.4
    """Worth of a whole document of the web or of no known type, in English or Chinese and long enough to tell; 0 takes all."""
    max_page_score: Share = 0.55
    """Likeness of a whole document of any type to menus, shops, keys, code and ruins. Articles and books lie below 0.1."""
    min_quality_score: Share = 0.0
    """Worth of the text by itself. Off: that a model learns more from the better half has not been shown."""


STATED = frozenset(("textbook", "guideline", "literature", "note"))
"""Source types that somebody, or a format, says of a document."""


def score(view: View) -> dict[str, float]:
    """Nothing: `add_worth` adds the scores when those of all texts are known."""
    return {}


def add_worth(rows: Sequence[Mapping[str, Any]], scores: Sequence[dict[str, float]]) -> None:
    """Add `quality_score`, `document_score` and `page_score` to the scores of texts.

    A row holds `doc_id`, `text`, `lang`, `source_type` and `augmentation`; `scores` hold `medical_density`. Augmented texts say nothing
    of their document: they get none.
    """
    import numpy as np

    from nlp.classify import worth

    read = [n for n, row in enumerate(rows) if row["augmentation"] is None and row["lang"] in worth.LANGUAGES]
    sizes = np.array([worth.size(rows[n]["text"], rows[n]["lang"]) for n in read], np.int64)
    teaches, page = worth.margins([rows[n]["text"] for n in read]).T
    densities = np.array([scores[n]["medical_density"] for n in read], np.float32)
    names, of_document = np.unique([rows[n]["doc_id"] for n in read], return_inverse=True)
    total = np.bincount(of_document, sizes, len(names)).astype(np.int64)

    def together(values: Any) -> Any:
        return np.bincount(of_document, values * sizes, len(names)) / np.maximum(total, 1)

    of_texts = worth.worth(teaches, densities, sizes)
    of_documents = worth.worth(together(teaches), together(densities), total)
    of_pages = worth.page_likeness(together(page))
    for place, n in enumerate(read):
        document = of_document[place]
        if sizes[place] >= worth.LEAST:
            scores[n]["quality_score"] = round(float(of_texts[place]), 4)
        if total[document] >= worth.LEAST:
            scores[n]["page_score"] = round(float(of_pages[document]), 4)
            if rows[n]["source_type"] not in STATED:
                scores[n]["document_score"] = round(float(of_documents[document]), 4)
