"""The models that annotate, loaded once a process, and how their identities are told.

The fork server loads those of the default before it forks workers (`preload`, `preload_tagger`): every worker shares
them, which saves seconds and hundreds of megabytes for each.
"""

from __future__ import annotations

from functools import cache

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


def tagger_identity(name: str) -> str:
    """The tagger's name; of one from outside with its version, as what ships counts with the code that opens it."""
    return f"{name} {tagger(name).version}" if ":" in name else name


def extractor_identity(name: str) -> str:
    """The same for a relation extractor."""
    return f"{name} {extractor(name).version}" if ":" in name else name
