"""The models that the stages use, loaded once a process.

The fork server loads them before it forks workers (`preload`, `preload_tagger`): every worker shares them, which saves
seconds and hundreds of megabytes for each.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
from functools import cache

from tokenizers import Tokenizer

from medpress.tokenising import load_tokenizer
from nlp.relations import RelationExtractor, load_extractor
from nlp.tagging import Tagger, load_tagger
from nlp.tagging.lexicon import built_in_lexicon
from nlp.vocabulary import built_in_terms


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
    loaded = load_tokenizer(name)
    loaded.encode_special_tokens = True
    return loaded


def forget() -> None:
    """Let this process go of its models: whoever only hands out tasks has no use for half a gigabyte of them."""
    for kept in (tagger, extractor, tokenizer, built_in_lexicon, built_in_terms):
        kept.cache_clear()
    gc.collect()
    with contextlib.suppress(AttributeError):  # glibc keeps what was freed until it is asked
        ctypes.CDLL(None).malloc_trim(0)
