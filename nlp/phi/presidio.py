"""Microsoft Presidio as a finder beside the patterns, for those who have it installed (about a hundred times slower).

Presidio knows persons and places from a spaCy model; the patterns know medical and Chinese identifiers. The findings
of both are put together. With the precise policy Presidio's persons, places and dates are left out: they cannot tell
an author from a patient.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from nlp.phi.engine import find_with_patterns, without_overlaps
from nlp.phi.kinds import PhiSpan, Policy

KIND_OF_ENTITY = {
    "PERSON": "NAME", "LOCATION": "ADDRESS", "DATE_TIME": "DATE", "EMAIL_ADDRESS": "EMAIL", "PHONE_NUMBER": "PHONE",
    "US_SSN": "SSN", "CREDIT_CARD": "BANK_CARD", "IBAN_CODE": "ACCOUNT", "US_BANK_NUMBER": "ACCOUNT",
    "US_DRIVER_LICENSE": "LICENSE", "MEDICAL_LICENSE": "LICENSE", "US_PASSPORT": "PASSPORT", "IP_ADDRESS": "IP",
    "UK_NHS": "RECORD",
}  # fmt: skip
"""Presidio's entity -> our kind; other entities are ignored."""
_ONLY_THOROUGH = frozenset({"PERSON", "LOCATION", "DATE_TIME"})
_LEAST_SCORE = 0.5


def find_with_presidio(text: str, lang: str, policy: Policy, known_names: Iterable[str] = ()) -> list[PhiSpan]:
    """Findings of the patterns and of Presidio's English analyser; raises ValueError when it is not installed."""
    spans = find_with_patterns(text, lang, policy, known_names)
    if lang == "zh" or not text:
        return spans
    for result in _analyser().analyze(text=text, language="en", score_threshold=_LEAST_SCORE):
        kind = KIND_OF_ENTITY.get(result.entity_type)
        if kind and (policy == "thorough" or result.entity_type not in _ONLY_THOROUGH):
            spans.append(PhiSpan(result.start, result.end, kind))
    return without_overlaps(text, spans)


@cache
def _analyser() -> Any:
    try:
        from presidio_analyzer import AnalyzerEngine
    except ImportError as error:
        raise ValueError(
            "the PHI engine 'presidio' needs presidio-analyzer and a spaCy model: pip install presidio-analyzer"
        ) from error
    return AnalyzerEngine()
