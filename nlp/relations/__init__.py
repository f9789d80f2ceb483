"""Relation extractors: text and its entities in, relations out. An extractor is one file and one line here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from nlp.spans import Entity, Relation


class RelationExtractor(Protocol):
    """What every extractor offers."""

    name: str
    version: str

    def extract(self, text: str, entities: Sequence[Entity]) -> list[Relation]:
        """Relations between `entities` (sorted by start), which it names by their indexes."""
        ...


def _rules(argument: str) -> RelationExtractor:
    from nlp.relations.rules import RuleExtractor

    return RuleExtractor()


def _linear(argument: str) -> RelationExtractor:
    from nlp.relations.linear import load_linear

    return load_linear(argument or None)


def _transformers(argument: str) -> RelationExtractor:
    from nlp.relations.transformers import TransformersExtractor

    return TransformersExtractor(argument)


EXTRACTORS: Final[dict[str, Callable[[str], RelationExtractor]]] = {
    "rules": _rules,
    "linear": _linear,
    "transformers": _transformers,
}


def load_extractor(name: str) -> RelationExtractor:
    """The extractor called `name`: ``rules``, ``linear`` (shipped model), ``linear:FOLDER``, ``transformers:PATH``.

    Raises ValueError for an unknown name, ImportError with the install command where a package is missing.
    """
    kind, _, argument = name.partition(":")
    if kind not in EXTRACTORS:
        raise ValueError(f"unknown relation extractor {name!r}: choose one of {', '.join(EXTRACTORS)}")
    return EXTRACTORS[kind](argument)
