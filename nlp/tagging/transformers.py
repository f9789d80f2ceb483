"""A Hugging Face token classifier from a folder as a tagger, batched, on the GPU when there is one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from nlp.labels import map_label
from nlp.sentences import split
from nlp.spans import Entity

_BATCH: Final[int] = 32
_PIECE: Final[int] = 1200  # characters of neighbouring sentences that go to the model together


class TransformersTagger:
    """Token classification with IOB or plain labels; the first piece of a word decides for the word."""

    name = "transformers"

    def __init__(self, path: str) -> None:
        """Loads the model and tokenizer in `path`; nothing is downloaded.

        Raises ImportError where transformers is missing, FileNotFoundError where the folder is, ValueError where its
        tokenizer gives no offsets.
        """
        try:
            import torch
            from transformers import AutoModelForTokenClassification, AutoTokenizer
        except ImportError as error:
            raise ImportError("transformers and torch are needed: pip install 'medpress[train]'") from error
        if not path or not Path(path).is_dir():
            raise FileNotFoundError(
                f"no model folder at {path!r}: give transformers:PATH with a saved token classifier"
            )
        self._torch = torch
        self._tokenizer: Any = AutoTokenizer.from_pretrained(path, local_files_only=True)
        if not self._tokenizer.is_fast:
            raise ValueError(
                f"the tokenizer in {path} gives no offsets: save a fast one (tokenizer.json) beside the model"
            )
        model = AutoModelForTokenClassification.from_pretrained(path, local_files_only=True, use_safetensors=True)
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        self._model: Any = model.to(self._device).eval()
        self._labels: dict[int, str] = {int(i): label for i, label in model.config.id2label.items()}
        self._limit = min(int(getattr(model.config, "max_position_embeddings", 512)), 512)
        self.version = Path(path).name

    def tag(self, texts: Sequence[str]) -> list[list[Entity]]:
        """Entities of each text."""
        found: list[list[Entity]] = [[] for _ in texts]
        pieces = [(i, start, end) for i, text in enumerate(texts) for start, end in _pieces(text)]
        pieces.sort(key=lambda piece: piece[1] - piece[2])  # equal lengths together: little padding
        for first in range(0, len(pieces), _BATCH):
            batch = pieces[first : first + _BATCH]
            for (i, start, _), entities in zip(batch, self._batch([texts[i][a:b] for i, a, b in batch]), strict=True):
                found[i].extend(Entity(start + a, start + b, label, score=score) for a, b, label, score in entities)
        return [sorted(entities, key=lambda e: e.start) for entities in found]

    def _batch(self, pieces: list[str]) -> list[list[tuple[int, int, str, float]]]:
        torch = self._torch
        inputs = self._tokenizer(
            pieces,
            return_tensors="pt",
            padding=True,
            truncation=True,
            max_length=self._limit,
            return_offsets_mapping=True,
        )
        offsets = inputs.pop("offset_mapping").tolist()
        with torch.inference_mode():
            logits = self._model(**{name: value.to(self._device) for name, value in inputs.items()}).logits
        scores, best = torch.softmax(logits.float(), dim=-1).max(dim=-1)
        rows = zip(pieces, offsets, best.tolist(), scores.tolist(), inputs["attention_mask"].tolist(), strict=True)
        return [self._spans(*row) for row in rows]

    def _spans(
        self, piece: str, offsets: list[list[int]], best: list[int], scores: list[float], mask: list[int]
    ) -> list[tuple[int, int, str, float]]:
        spans: list[list[Any]] = []
        word_end = -1
        for (start, end), index, score, real in zip(offsets, best, scores, mask, strict=True):
            if not real or start == end:
                continue
            inside_word = (
                start == word_end and piece[start].isalnum() and piece[start - 1].isalnum() and piece[start].isascii()
            )
            word_end = end
            if inside_word:
                if spans and spans[-1][1] == start:
                    spans[-1][1] = end
                continue
            prefix, _, kind = self._labels[index].partition("-")
            if not kind:
                prefix, kind = ("O", "") if prefix in {"O", "0", "LABEL_0"} else ("I", prefix)
            label = _scheme(kind) if prefix != "O" else None
            if label is None:
                continue
            joined = (
                spans
                and spans[-1][2] == label
                and prefix in {"I", "E", "L"}
                and not piece[spans[-1][1] : start].strip()
            )
            if joined:
                spans[-1][1] = end
                spans[-1][3] = min(spans[-1][3], score)
            else:
                spans.append([start, end, label, score])
        return [(a, b, label, score) for a, b, label, score in spans]


def _pieces(text: str) -> list[tuple[int, int]]:
    """Neighbouring sentences glued to stretches of at most `_PIECE` characters; a longer sentence is cut."""
    pieces: list[tuple[int, int]] = []
    for start, end in split(text):
        if pieces and end - pieces[-1][0] <= _PIECE:
            pieces[-1] = (pieces[-1][0], end)
        else:
            pieces.extend((a, min(a + _PIECE, end)) for a in range(start, end, _PIECE))
    return pieces


def _scheme(label: str) -> str | None:
    try:
        return map_label(label)
    except ValueError:
        return label.lower()
