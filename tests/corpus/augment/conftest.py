"""Parents made from texts, annotated as the build does."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from corpus.augment.parent import Parent
from nlp import context
from nlp.language import detect
from nlp.relations import load_extractor
from nlp.tagging import load_tagger

MakeParent = Callable[..., Parent]


@pytest.fixture(scope="session")
def tag():
    return load_tagger("lexicon").tag


@pytest.fixture(scope="session")
def make_parent(tag) -> MakeParent:
    """A parent with the lexicon's entities, their context, and the rules' relations."""
    extractor = load_extractor("rules")

    def make(text: str, title: str = "A title", section: tuple[str, ...] = (), id: str = "0" * 24) -> Parent:
        lang = detect(text)
        entities = context.annotate(text, tag([text])[0], lang)
        relations = extractor.extract(text, entities)
        return Parent(id, lang, title, section, text, tuple(entities), tuple(relations))

    return make
