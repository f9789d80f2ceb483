"""The relation extractor of the kept records, loaded once a process, and how its identity is told."""

from __future__ import annotations

from functools import cache

from medpress.run.identity import code_of
from nlp.relations import RelationExtractor, load_extractor, module_of


@cache
def extractor(name: str) -> RelationExtractor:
    """The relation extractor of this name."""
    return load_extractor(name)


def extractor_identity(name: str) -> str:
    """The extractor's name with the digest of its code and models; of one from outside with its version too."""
    if name == "none":
        return name
    version = f" {extractor(name).version}" if ":" in name else ""
    return f"{name} {code_of(module_of(name)).digest}{version}"
