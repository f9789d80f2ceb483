"""The models that the stages use, loaded once a process.

The fork server imports this module before it forks workers, and loads the default models then: every worker shares
them, which saves seconds and hundreds of megabytes for each.
"""

from __future__ import annotations

from functools import cache

from tokenizers import Tokenizer

from corpus.tokenising import literal, load_tokenizer
from nlp.relations import RelationExtractor, load_extractor
from nlp.tagging import Tagger, load_tagger


@cache
def tagger(name: str) -> Tagger:
    """The tagger of this name."""
    return load_tagger(name)


@cache
def extractor(name: str) -> RelationExtractor:
    """The relation extractor of this name."""
    return load_extractor(name)


@cache
def tokenizer(name: str) -> Tokenizer:
    """The tokenizer of this name; control tokens spelled out in a text are text to it."""
    return literal(load_tokenizer(name))
