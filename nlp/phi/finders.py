"""The ways to find protected health information, by name; a new one is a function and one line below."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from nlp.phi.engine import find_with_patterns
from nlp.phi.kinds import DEFAULT_ENGINE, Finder, PhiSpan, Policy
from nlp.phi.learned import find_learned
from nlp.phi.presidio import presidio_finder, presidio_version

FINDERS: dict[str, Callable[[str], Finder]] = {
    "learned": lambda _: find_learned,
    "patterns": lambda _: find_with_patterns,
    "presidio": presidio_finder,
}
"""Engine name -> maker of a finder, given what stands behind a colon: `presidio:en_core_web_lg`."""


def load_finder(engine: str) -> Finder:
    """The finder of an engine; raises ValueError in one sentence when there is none, or when it cannot run here."""
    name, _, model = engine.partition(":")
    if name not in FINDERS:
        raise ValueError(f"there is no PHI engine {engine!r}; choose one of: {', '.join(sorted(FINDERS))}")
    return FINDERS[name](model)


def finder_version(engine: str) -> str:
    """The versions of what an engine has from outside of the program's code; empty where the code and models of the project are all."""
    name, _, model = engine.partition(":")
    return presidio_version(model) if name == "presidio" else ""


def find(
    text: str,
    lang: str = "en",
    policy: Policy = "thorough",
    known_names: Iterable[str] = (),
    engine: str = DEFAULT_ENGINE,
) -> list[PhiSpan]:
    """Protected health information in `text`: spans in order, without overlaps, `text[start:end]` being the value."""
    return load_finder(engine)(text, lang, policy, known_names)
