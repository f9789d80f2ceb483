"""Any installed spaCy pipeline as a tagger: `en_ner_bc5cdr_md`, `en_core_sci_sm`, a folder of your own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from nlp.labels import map_label
from nlp.spans import Entity

# Labels of scispaCy's models; labels of other pipelines are passed on as they are, in lower case.
_SPACY_LABELS: Final[dict[str, str]] = {
    "CHEMICAL": "drug", "DISEASE": "disease", "SIMPLE_CHEMICAL": "drug", "CANCER": "disease", "ORGAN": "anatomy",
    "TISSUE": "anatomy", "CELL": "anatomy", "ORGANISM_SUBDIVISION": "anatomy", "GENE_OR_GENE_PRODUCT": "gene",
    "DNA": "gene", "PROTEIN": "gene", "RNA": "gene", "CELL_TYPE": "anatomy", "CELL_LINE": "anatomy",
    "PATHOLOGICAL_FORMATION": "disease", "ANATOMICAL_SYSTEM": "anatomy", "MULTI-TISSUE_STRUCTURE": "anatomy",
}  # fmt: skip
_PIECE: Final[int] = 900_000  # characters; spaCy refuses a million


class SpacyTagger:
    """The entities of a spaCy pipeline, without keeping its documents."""

    name = "spacy"

    def __init__(self, pipeline: str) -> None:
        """Loads `pipeline` (a package name or a path).

        Raises ImportError where spaCy is missing, ValueError where the pipeline is or has no entity recogniser.
        """
        try:
            import spacy
        except ImportError as error:
            raise ImportError(
                "spaCy is not installed: pip install 'medpress[scispacy]' or pip install spacy"
            ) from error
        if not pipeline:
            raise ValueError("name the pipeline: spacy:en_ner_bc5cdr_md, or spacy:PATH")
        try:
            self._pipeline = spacy.load(pipeline)
        except OSError as error:
            raise ValueError(f"no spaCy pipeline {pipeline!r}: install its package or give its folder") from error
        if not {"ner", "entity_ruler", "span_ruler"} & set(self._pipeline.pipe_names):
            raise ValueError(f"the spaCy pipeline {pipeline!r} has no entity recogniser")
        meta = self._pipeline.meta
        self.version = f"{meta.get('name', pipeline)}-{meta.get('version', '0')}"

    def tag(self, texts: Sequence[str]) -> list[list[Entity]]:
        """Entities of each text."""
        pieces = [
            (i, offset, text[offset : offset + _PIECE])
            for i, text in enumerate(texts)
            for offset in range(0, len(text), _PIECE)
        ]
        found: list[list[Entity]] = [[] for _ in texts]
        documents = self._pipeline.pipe((piece for _, _, piece in pieces), batch_size=32)
        for (i, offset, _), document in zip(pieces, documents, strict=True):
            for span in document.ents:
                label = _label(span.label_)
                if label:
                    found[i].append(
                        Entity(offset + span.start_char, offset + span.end_char, label, span.kb_id_ or None)
                    )
        return found


def _label(label: str) -> str | None:
    if label in _SPACY_LABELS:
        return _SPACY_LABELS[label]
    try:
        return map_label(label)
    except ValueError:
        return label.lower()
