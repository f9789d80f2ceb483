"""Taggers: texts in, entities out. A tagger is one file and one line in `TAGGERS`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from nlp.spans import Entity


class Tagger(Protocol):
    """What every tagger offers. Its entities are sorted by start and do not overlap."""

    name: str
    version: str

    def tag(self, texts: Sequence[str]) -> list[list[Entity]]:
        """One list of entities a text, with offsets into that text."""
        ...


def _lexicon(argument: str) -> Tagger:
    from nlp.tagging.lexicon import LexiconTagger, built_in_lexicon
    from nlp.vocabulary import read_terms

    return LexiconTagger(read_terms(argument)) if argument else built_in_lexicon()


def _crf(argument: str) -> Tagger:
    from nlp.tagging.crf import load_crf

    return load_crf(argument or None)


def _cascade(argument: str) -> Tagger:
    from nlp.tagging.cascade import load_cascade

    return load_cascade(argument or None)


def _spacy(argument: str) -> Tagger:
    from nlp.tagging.spacy import SpacyTagger

    return SpacyTagger(argument)


def _transformers(argument: str) -> Tagger:
    from nlp.tagging.transformers import TransformersTagger

    return TransformersTagger(argument)


TAGGERS: Final[dict[str, Callable[[str], Tagger]]] = {
    "lexicon": _lexicon,
    "crf": _crf,
    "cascade": _cascade,
    "spacy": _spacy,
    "transformers": _transformers,
}


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
    return TAGGERS[kind](argument)
