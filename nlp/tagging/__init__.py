"""Taggers: texts in, entities out. A tagger is one file and one line in `TAGGERS`."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Final, Protocol

from nlp.spans import Entity


class Tagger(Protocol):
    """What every tagger offers. Its entities are sorted by start and do not overlap."""

    name: str
    version: str

    def tag(self, texts: Sequence[str]) -> list[list[Entity]]:
        """One list of entities a text, with offsets into that text."""
        ...


TAGGERS: Final[dict[str, str]] = {
    "lexicon": "nlp.tagging.lexicon:load_lexicon",
    "crf": "nlp.tagging.crf:load_crf",
    "cascade": "nlp.tagging.cascade:load_cascade",
    "spacy": "nlp.tagging.spacy:SpacyTagger",
    "transformers": "nlp.tagging.transformers:TransformersTagger",
}
"""Name to `module:callable`, which makes the tagger of what stands behind the colon of its name, or of None. By name, so
that a step that uses one tagger does not rest on the code of the others."""


def load_tagger(name: str) -> Tagger:
    """The tagger called `name`, ready to tag.

    ``lexicon`` (built-in vocabulary) or ``lexicon:TABLE``; ``crf`` (shipped models) or ``crf:FOLDER``;
    ``cascade`` (lexicon everywhere, CRF where the passage is medical); ``spacy:NAME`` or ``spacy:PATH``;
    ``transformers:PATH``. Raises ValueError for an unknown name, ImportError with the install command
    where a package is missing.
    """
    kind, _, argument = name.partition(":")
    if kind not in TAGGERS:
        raise ValueError(f"unknown tagger {name!r}: choose one of {', '.join(TAGGERS)}")
    module, _, attribute = TAGGERS[kind].partition(":")
    tagger: Tagger = getattr(import_module(module), attribute)(argument or None)
    return tagger


def module_of(name: str) -> str:
    """The module that makes the tagger called `name`. Raises `KeyError` for an unknown name."""
    return TAGGERS[name.partition(":")[0]].partition(":")[0]
