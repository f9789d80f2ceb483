"""The ways to find protected health information, by name; a new one is a function here and one line below."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from nlp.phi.engine import find_with_patterns
from nlp.phi.kinds import PhiSpan, Policy
from nlp.phi.presidio import find_with_presidio

Finder = Callable[[str, str, Policy, Iterable[str]], list[PhiSpan]]
"""(text, language, policy, names known from elsewhere in the document) -> spans in order, without overlaps."""

FINDERS: dict[str, Finder] = {"patterns": find_with_patterns, "presidio": find_with_presidio}


def find(
    text: str, lang: str = "en", policy: Policy = "thorough", known_names: Iterable[str] = (), engine: str = "patterns"
) -> list[PhiSpan]:
    """Protected health information in `text`: spans in order, without overlaps, `text[start:end]` being the value."""
    if engine not in FINDERS:
        raise ValueError(f"there is no PHI engine {engine!r}; choose one of: {', '.join(sorted(FINDERS))}")
    return FINDERS[engine](text, lang, policy, known_names)
