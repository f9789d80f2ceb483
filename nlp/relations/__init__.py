"""Relation extractors: text and its entities in, relations out. An extractor is one file and one line here."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Final, Protocol

from nlp.spans import Entity, Relation


class RelationExtractor(Protocol):
    """What every extractor offers."""

    name: str
    version: str

    def extract(self, text: str, entities: Sequence[Entity]) -> list[Relation]:
        """Relations between `entities` (sorted by start), which it names by their indexes."""
        ...


EXTRACTORS: Final[dict[str, str]] = {
    "rules": "nlp.relations.rules:load_rules",
    "linear": "nlp.relations.linear:load_linear",
    "transformers": "nlp.relations.transformers:TransformersExtractor",
}
"""Name to `module:callable`, which makes the extractor of what stands behind the colon of its name, or of None."""


def load_extractor(name: str) -> RelationExtractor:
    """The extractor called `name`: ``rules``, ``linear`` (shipped model), ``linear:FOLDER``, ``transformers:PATH``.

    Raises ValueError for an unknown name, ImportError with the install command where a package is missing.
    """
    kind, _, argument = name.partition(":")
    if kind not in EXTRACTORS:
        raise ValueError(f"unknown relation extractor {name!r}: choose one of {', '.join(EXTRACTORS)}")
    module, _, attribute = EXTRACTORS[kind].partition(":")
    extractor: RelationExtractor = getattr(import_module(module), attribute)(argument or None)
    return extractor


def module_of(name: str) -> str:
    """The module that makes the extractor called `name`. Raises `KeyError` for an unknown name."""
    return EXTRACTORS[name.partition(":")[0]].partition(":")[0]
