"""Replace identifiers by typed placeholders that agree within a document."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from nlp.phi.engine import without_overlaps
from nlp.phi.finders import find
from nlp.phi.kinds import DEFAULT_ENGINE, PhiSpan, Policy
from nlp.phi.places import Finder, Told, finder_of
from nlp.phi.surrogates import Surrogates


@dataclass(frozen=True, slots=True)
class Redaction:
    """A text without its identifiers, and where they stood; neither a value nor a hash of one is kept."""

    text: str
    """The redacted text."""
    actions: list[tuple[str, int, int]]
    """(type, start, end) of every placeholder that was put in, as offsets into the redacted text."""
    edits: list[tuple[int, int, str]]
    """(start, end, replacement) as offsets into the original text, in order, without overlaps."""


def redact(
    text: str,
    lang: str = "en",
    policy: Policy = "thorough",
    surrogates: Surrogates | None = None,
    engine: str = DEFAULT_ENGINE,
    told: Finder | None = None,
) -> Redaction:
    """Replace every identifier in `text` by a placeholder such as [NAME-1]; `told` finds what the text's surroundings gave away.

    The same identifier gets the same number throughout a document: pass one `Surrogates` for all its sections.
    Redacting a redacted text changes nothing. `engine` names the finder (see `finders.FINDERS`).
    """
    surrogates = surrogates if surrogates is not None else Surrogates()
    surrogates.reserve(text)
    edits: list[tuple[int, int, str]] = []
    redacted = text
    # What stands beside a placeholder may be seen in a new light, so the search is repeated until it finds nothing;
    # every round takes away characters of the original, so it ends.
    while spans := _find(redacted, lang, policy, surrogates.names, engine, told):
        new = [
            (span.start, span.end, f"[{span.type}-{surrogates.number(span.type, redacted[span.start : span.end])}]")
            for span in spans
        ]
        edits = _merge(edits, new)
        redacted = _apply(text, edits)
    return Redaction(text=redacted, actions=_actions(edits), edits=edits)


def redact_sections(
    texts: Sequence[str],
    lang: str = "en",
    policy: Policy = "thorough",
    engine: str = DEFAULT_ENGINE,
    told: Sequence[Told] = (),
) -> list[Redaction]:
    """Redact the sections of one document together: a name that one section gives away is taken out of all, and so is what the
    places where the document lies, its title and its authors told (`nlp.phi.places`)."""
    surrogates = Surrogates()
    finder = finder_of(told)
    clean = []
    for text in texts:
        surrogates.reserve(text)
        spans = _find(text, lang, policy, (), engine, finder)
        surrogates.learn({text[span.start : span.end] for span in spans if span.type == "NAME"})
        clean.append(not spans)
    # Where nobody was named, a second look at a clean text finds nothing either: most text is spared it.
    return [
        Redaction(text, [], [])
        if is_clean and not surrogates.names
        else redact(text, lang, policy, surrogates, engine, finder)
        for text, is_clean in zip(texts, clean, strict=True)
    ]


def _find(
    text: str, lang: str, policy: Policy, names: Iterable[str], engine: str, told: Finder | None
) -> list[PhiSpan]:
    spans = find(text, lang, policy, names, engine=engine)
    found = told.find(text) if told else []
    return without_overlaps(text, [*spans, *found]) if found else spans


def _apply(text: str, edits: Sequence[tuple[int, int, str]]) -> str:
    pieces: list[str] = []
    position = 0
    for start, end, replacement in edits:
        pieces += (text[position:start], replacement)
        position = end
    pieces.append(text[position:])
    return "".join(pieces)


def _actions(edits: Sequence[tuple[int, int, str]]) -> list[tuple[str, int, int]]:
    actions: list[tuple[str, int, int]] = []
    shift = 0
    for start, end, replacement in edits:
        first = start + shift
        actions.append((replacement[1:].rpartition("-")[0], first, first + len(replacement)))
        shift += len(replacement) - (end - start)
    return actions


def _merge(done: Sequence[tuple[int, int, str]], new: Sequence[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """`new` edits, given as offsets into the text that `done` made, moved back to the original and put in order.

    A new edit never touches a placeholder, so it lies between two old ones.
    """
    merged: list[tuple[int, int, str]] = []
    shift = 0
    old = 0
    for start, end, replacement in new:
        while old < len(done) and done[old][0] + shift < start:
            merged.append(done[old])
            shift += len(done[old][2]) - (done[old][1] - done[old][0])
            old += 1
        merged.append((start - shift, end - shift, replacement))
    merged.extend(done[old:])
    return merged


__all__ = ["PhiSpan", "Redaction", "Surrogates", "redact", "redact_sections"]
