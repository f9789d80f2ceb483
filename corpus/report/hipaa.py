"""What was done about the identifiers of patients, by the safe-harbour method of HIPAA (45 CFR 164.514(b)(2))."""

from __future__ import annotations

import re
from collections.abc import Iterator

from corpus.report.entry import Entry
from corpus.report.facts import Facts
from nlp.phi import KINDS, policy_for

TITLE = "De-identification (HIPAA, 45 CFR 164.514)"
SOURCES = (
    "45 CFR 164.514(a) and (b)",
    "HHS, Guidance Regarding Methods for De-identification of Protected Health Information, 26 November 2012",
)
UNVERIFIED: tuple[str, ...] = ()
"""What of the form was not held against its text."""
IDENTIFIERS = {
    "A": "Names",
    "B": "Geographic subdivisions smaller than a state; of a postal code three digits may stay where 20,000 people live there",
    "C": "Elements of dates but the year; ages over 89, and elements of dates that tell them",
    "D": "Telephone numbers", "E": "Fax numbers", "F": "Electronic mail addresses", "G": "Social security numbers",
    "H": "Medical record numbers", "I": "Health plan beneficiary numbers", "J": "Account numbers",
    "K": "Certificate and licence numbers", "L": "Vehicle identifiers and serial numbers, licence plates",
    "M": "Device identifiers and serial numbers", "N": "Web addresses (URLs)", "O": "Internet protocol (IP) addresses",
    "P": "Biometric identifiers, finger and voice prints", "Q": "Full-face photographs and comparable images",
    "R": "Any other unique identifying number, characteristic or code, but for a code of (c)",
}  # fmt: skip
"""The eighteen identifiers of 45 CFR 164.514(b)(2)(i), by letter."""
_EXPERT = "an expert, if (b)(1) is relied on"
_LETTER = re.compile(r"\(\D*([A-R])\)$")


def hipaa(facts: Facts) -> Iterator[Entry]:
    """Method, identifiers, residual risk."""
    method = "Method"
    phi = facts.manifest["config"].get("phi", {})
    kinds = sorted({str(row["source_type"]) for row in facts.sources})
    policies = ", ".join(f"{kind} {phi.get(kind, policy_for(kind))}" for kind in kinds)
    yield Entry(
        method,
        "Method",
        "safe harbour, 45 CFR 164.514(b)(2); no determination by an expert",
        by="an expert, if (b)(1) is relied on",
    )
    yield Entry(
        method,
        "How identifiers are found",
        f"engine {phi.get('engine', 'unknown')}; policy by kind of source: {policies}",
    )
    expert = "Determination by an expert (b)(1)"
    yield Entry(
        expert, "Who the expert is, with knowledge and experience of statistical and scientific principles", by=_EXPERT
    )
    yield Entry(
        expert, "(i) That the risk of identifying somebody is very small, alone or with other information", by=_EXPERT
    )
    yield Entry(expert, "(ii) Methods and results of the analysis", by=_EXPERT)
    published = [kind for kind in kinds if policy_for(kind) == "precise"]
    told = (
        f"{', '.join(published)}: authors, affiliations and dates of publication stay, what is a patient's goes"
        if published
        else "none"
    )
    yield Entry(method, "Published texts, which are no health information of their authors", told)
    yield Entry(
        method,
        "What becomes of them",
        "placeholders that agree within a document; no value and no hash is kept outside the raw part",
    )
    for letter, name in IDENTIFIERS.items():
        found = {kind: facts.placeholders.get(kind, 0) for kind, what in KINDS.items() if _letter(what) == letter}
        told = ", ".join(f"{kind} {count:,}" for kind, count in found.items())
        what = "names of files of photographs; pictures are not part of the corpus: " if letter == "Q" else ""
        yield Entry("Identifiers", f"({letter}) {name}", f"{what}{told}")
    risk = "Residual risk"
    held = facts.reading.held
    yield Entry(
        risk,
        "Second reading of a sample by another method",
        f"{facts.reading.records:,} records, {held.share:.2%} hold something like an identity (95 % interval {held.low:.2%} to {held.high:.2%})",
    )
    yield Entry(
        risk, "Actual knowledge that the information could identify somebody (b)(2)(ii)", by="the covered entity"
    )
    yield Entry(
        risk,
        "Re-identification codes (c)",
        "placeholders are numbered within a document and derived from nothing of the person",
    )


def _letter(description: str) -> str:
    found = _LETTER.search(description)
    return found[1] if found else ""
