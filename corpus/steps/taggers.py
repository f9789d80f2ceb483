"""The tagger of the kept records, loaded once a process, and how its identity is told.

The fork server loads that of the default before it forks workers (`preload_tagger`): every worker shares it, which saves
seconds and hundreds of megabytes for each.
"""

from __future__ import annotations

from functools import cache

from medpress.run.identity import code_of
from nlp.tagging import Tagger, load_tagger, module_of


@cache
def tagger(name: str) -> Tagger:
    """The tagger of this name."""
    return load_tagger(name)


def tagger_identity(name: str) -> str:
    """The tagger's name with the digest of its code and models; of one from outside with its version too."""
    if name == "none":
        return name
    version = f" {tagger(name).version}" if ":" in name else ""
    return f"{name} {code_of(module_of(name)).digest}{version}"
