"""Protected health information: find it, replace it by placeholders that agree within a document."""

from __future__ import annotations

from nlp.phi.content import is_publication
from nlp.phi.engine import may_hold
from nlp.phi.finders import FINDERS, find, finder_version, load_finder
from nlp.phi.kinds import KINDS, PhiSpan, Policy, policy_for
from nlp.phi.places import Told, collection_name, told_of
from nlp.phi.redaction import Redaction, redact, redact_sections
from nlp.phi.surrogates import Surrogates

__all__ = [
    "FINDERS",
    "KINDS",
    "PhiSpan",
    "Policy",
    "Redaction",
    "Surrogates",
    "Told",
    "collection_name",
    "find",
    "finder_version",
    "is_publication",
    "load_finder",
    "may_hold",
    "policy_for",
    "redact",
    "redact_sections",
    "told_of",
]
