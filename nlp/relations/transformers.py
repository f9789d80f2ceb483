"""A Hugging Face sequence classifier from a folder as a relation extractor: one sentence with two marked mentions.

The head is wrapped in ``<< >>`` and the tail in ``[[ ]]``, the marking of SciBERT's ChemProt files, so a model
fine-tuned on those loads as it is. Labels that are not labels of `nlp.labels` are passed on in lower case; ``false``,
``none``, ``no_relation`` and ``LABEL_0`` mean no relation.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from nlp.sentences import split
from nlp.spans import Entity, Relation

_BATCH: Final[int] = 32
_MOST_PAIRS: Final[int] = 200  # of one sentence; beyond that it is a list
_NONE: Final[frozenset[str]] = frozenset({"false", "none", "no_relation", "no-relation", "label_0", "na", "other"})
_HEADS: Final[frozenset[str]] = frozenset({"drug", "procedure", "test", "disease", "gene"})


class TransformersExtractor:
    """Classifies every ordered pair of mentions in a sentence whose labels can be related."""

    name = "transformers"

    def __init__(self, path: str) -> None:
        """Loads the model and tokenizer in `path`; nothing is downloaded.

        Raises ImportError where transformers is missing, FileNotFoundError where the folder is.
        """
        try:
            import torch
            from transformers import AutoModelForSequenceClassification, AutoTokenizer
        except ImportError as error:
            raise ImportError("transformers and torch are needed: pip install 'medpress[train]'") from error
        if not path or not Path(path).is_dir():
            raise FileNotFoundError(
                f"no model folder at {path!r}: give transformers:PATH with a saved sequence classifier"
            )
        self._torch = torch
        self._tokenizer: Any = AutoTokenizer.from_pretrained(path, local_files_only=True)
        model = AutoModelForSequenceClassification.from_pretrained(path, local_files_only=True, use_safetensors=True)
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        self._model: Any = model.to(self._device).eval()
        self._labels: dict[int, str] = {int(i): label.lower() for i, label in model.config.id2label.items()}
        self._limit = min(int(getattr(model.config, "max_position_embeddings", 512)), 512)
        self.version = Path(path).name

    def extract(self, text: str, entities: Sequence[Entity]) -> list[Relation]:
        """Relations within sentences."""
        examples: list[tuple[int, int, int, int, str]] = []
        position = 0
        for start, end in split(text):
            while position < len(entities) and entities[position].start < start:
                position += 1
            last = position
            while last < len(entities) and entities[last].end <= end:
                last += 1
            pairs = [(h, t) for h in range(position, last) for t in range(position, last) if h != t]
            if len(pairs) <= _MOST_PAIRS:
                for head, tail in pairs:
                    if entities[head].label in _HEADS:
                        marked = _marked(text, start, end, entities[head], entities[tail])
                        examples.append((head, tail, start, end, marked))
            position = last
        relations: list[Relation] = []
        for first in range(0, len(examples), _BATCH):
            relations += self._classify(examples[first : first + _BATCH])
        return sorted(relations, key=lambda r: (r.head, r.tail))

    def _classify(self, examples: list[tuple[int, int, int, int, str]]) -> list[Relation]:
        torch = self._torch
        inputs = self._tokenizer(
            [example[4] for example in examples],
            return_tensors="pt",
            padding=True,
            truncation=True,
            max_length=self._limit,
        )
        with torch.inference_mode():
            logits = self._model(**{name: value.to(self._device) for name, value in inputs.items()}).logits
        scores, best = torch.softmax(logits.float(), dim=-1).max(dim=-1)
        return [
            Relation(
                head, tail, self._labels[label], "positive", round(score, 4), start, end, f"transformers/{self.version}"
            )
            for (head, tail, start, end, _), label, score in zip(examples, best.tolist(), scores.tolist(), strict=True)
            if self._labels[label] not in _NONE
        ]


def _marked(text: str, start: int, end: int, head: Entity, tail: Entity) -> str:
    first, second = (head, tail) if head.start < tail.start else (tail, head)
    left, right = ("<< ", " >>"), ("[[ ", " ]]")
    opening, closing = (left, right) if first is head else (right, left)
    return (
        text[start : first.start] + opening[0] + text[first.start : first.end] + opening[1]
        + text[first.end : second.start] + closing[0] + text[second.start : second.end] + closing[1]
        + text[second.end : end]
    )  # fmt: skip
