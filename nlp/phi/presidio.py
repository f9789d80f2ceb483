"""Microsoft Presidio as a finder beside the patterns, for those who have it installed (about a hundred times slower).

Presidio knows persons and places from a spaCy model; the patterns know medical and Chinese identifiers. The findings
of both are put together. With the precise policy Presidio's persons, places and dates are left out: they cannot tell
an author from a patient.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from functools import cache
from typing import Any

from nlp.phi.engine import find_with_patterns, without_overlaps
from nlp.phi.kinds import Finder, PhiSpan, Policy

KIND_OF_ENTITY = {
    "PERSON": "NAME", "LOCATION": "ADDRESS", "DATE_TIME": "DATE", "EMAIL_ADDRESS": "EMAIL", "PHONE_NUMBER": "PHONE",
    "US_SSN": "SSN", "CREDIT_CARD": "BANK_CARD", "IBAN_CODE": "ACCOUNT", "US_BANK_NUMBER": "ACCOUNT",
    "US_DRIVER_LICENSE": "LICENSE", "MEDICAL_LICENSE": "LICENSE", "US_PASSPORT": "PASSPORT", "IP_ADDRESS": "IP",
    "UK_NHS": "RECORD",
}  # fmt: skip
"""Presidio's entity -> our kind; other entities are ignored."""
_ONLY_THOROUGH = frozenset({"PERSON", "LOCATION", "DATE_TIME"})
_LEAST_SCORE = 0.5


DEFAULT_MODEL = "en_core_web_lg"
"""The spaCy pipeline that Presidio itself takes."""
_ELSEWHERE = ("EmailRecognizer", "UrlRecognizer")
"""Presidio's recognisers of what the patterns find as well, left out because they ask the network for a list."""


def presidio_finder(model: str = "") -> Finder:
    """A finder with Presidio's English analyser on an installed spaCy pipeline (without a name, `DEFAULT_MODEL`).

    Raises ValueError when Presidio or the pipeline is not installed: nothing is downloaded.
    """
    analyser = _analyser(model or DEFAULT_MODEL)

    def find(text: str, lang: str, policy: Policy, known_names: Iterable[str] = ()) -> list[PhiSpan]:
        spans = find_with_patterns(text, lang, policy, known_names)
        if lang == "zh" or not text:
            return spans
        for result in analyser.analyze(text=text, language="en", score_threshold=_LEAST_SCORE):
            kind = KIND_OF_ENTITY.get(result.entity_type)
            if kind and (policy == "thorough" or result.entity_type not in _ONLY_THOROUGH):
                spans.append(PhiSpan(result.start, result.end, kind))
        return without_overlaps(text, spans)

    return find


@cache
def _analyser(model: str) -> Any:
    try:
        from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
        from presidio_analyzer.nlp_engine import NlpEngineProvider
    except ImportError as error:
        raise ValueError("the PHI engine `presidio` needs a package: pip install presidio-analyzer") from error
    import spacy.util

    if not spacy.util.is_package(model):
        raise ValueError(
            f"the PHI engine `presidio` needs the spaCy pipeline {model}, which is not installed; install it, or name"
            " another one: presidio:NAME"
        )
    # It complains about each recogniser of another language.
    logging.getLogger("presidio-analyzer").setLevel(logging.ERROR)
    models = [{"lang_code": "en", "model_name": model}]
    engine = NlpEngineProvider(nlp_configuration={"nlp_engine_name": "spacy", "models": models}).create_engine()
    registry = RecognizerRegistry(supported_languages=["en"])
    registry.load_predefined_recognizers(languages=["en"], nlp_engine=engine)
    for name in _ELSEWHERE:
        registry.remove_recognizer(name)
    return AnalyzerEngine(registry=registry, nlp_engine=engine, supported_languages=["en"])


def presidio_version(model: str = "") -> str:
    """What the findings depend on, for the identity of the stage that redacts."""
    from importlib.metadata import version

    model = model or DEFAULT_MODEL
    return f"presidio {version('presidio-analyzer')}, {model} {version(model)}"
