"""The assessment of training data that China's standards for generative services ask for.

TC260-003 (February 2024), sections 5 and 9.2, which GB/T 45654-2025 took over, and GB/T 45652-2025 on the data of training: a
source with more than 5 % of unlawful or harmful content is neither collected nor used; at least 4,000 items are checked by
hand, at least 96 % of them without fault; at least 10 % of all by key words and classifiers, at least 98 % without fault; each
source can be traced. The fields follow the sections of TC260-003.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from corpus.report.entry import Entry
from corpus.report.facts import Facts
from corpus.review.precision import wilson

TITLE = "Assessment of training data (TC260-003, GB/T 45654-2025, GB/T 45652-2025)"
SOURCES = (
    "TC260-003, Basic security requirements for generative artificial intelligence service, 29 February 2024, sections 5 and 9.2",
    "GB/T 45654-2025, Cybersecurity technology: basic security requirements for generative artificial intelligence service",
    "GB/T 45652-2025, Security specification for generative AI pre-training and fine-tuning data",
)
UNVERIFIED = (
    "TC260-003: its sections and their titles, and the 5 %, the 4,000 items, the papers of open, own and bought data were held against"
    " translations and commentaries, not against the Chinese text",
    "GB/T 45654-2025 and GB/T 45652-2025: their clauses and figures could not be read; where they ask for more than TC260-003, this"
    " report does not tell it",
)
"""What of the form was not held against its text."""
MOST_UNLAWFUL = 0.05
"""Share of unlawful or harmful content from which on a source must not be used."""
BY_HAND = 4_000
"""Items that people have to check."""
GOOD_BY_HAND = 0.96
"""Share of these that must be without fault."""
BY_MACHINE = 0.1
"""Share of all items that a machine has to check."""
GOOD_BY_MACHINE = 0.98
"""Share of these that must be without fault."""
_PROVIDER = "the provider"


def tc260(facts: Facts) -> Iterator[Entry]:
    """The fields of the assessment."""
    for row in facts.sources:
        section = f"5.1 Source {row['source']} ({row['source_type']})"
        yield Entry(
            section,
            "Provenance",
            f"{row['records']:,} records, {row['tokens']:,} tokens, {row['languages']}; licence: {_licences(row)}",
            by=_PROVIDER,
        )
        yield Entry(
            section,
            "Share of unlawful content before collection (above 5 % it must not be collected)",
            by=f"{_PROVIDER}: a sample of the source is read before it is taken in",
        )
        yield Entry(
            section,
            "Share of unlawful content after collection (above 5 % it must not be used)",
            _refused(row),
            by="" if row["reviewed"] else f"{_PROVIDER}: `corpus sample --by source`, then `corpus review`",
        )
        yield Entry(section, "Papers by which it can be traced", _papers(row), by=_PROVIDER)
    languages = ", ".join(f"{lang} {count:,} tokens" for lang, count in facts.languages.items())
    diverse = "5.1 Matching of different sources"
    yield Entry(
        diverse, "Several sources for each language and each type", f"{len(facts.sources)} sources; {languages}"
    )
    yield Entry(diverse, "Sources inside China and abroad, matched reasonably", by=_PROVIDER)
    content = "5.2 Content"
    yield Entry(content, "Filtering of unlawful content: key words, classifiers, spot checks by hand", by=_PROVIDER)
    yield Entry(content, "Intellectual property: who answers for it, and the rules for it", by=_PROVIDER)
    yield Entry(
        content,
        "Intellectual property: works of literature, art and science with a risk of infringement",
        f"tokens by licence: {', '.join(f'{name} {count:,}' for name, count in facts.licences.items())}",
        by=_PROVIDER,
    )
    yield Entry(
        content,
        "Intellectual property: channel of complaints, and what they led to",
        f"{facts.takedowns:,} documents taken down",
        by=_PROVIDER,
    )
    yield Entry(
        content,
        "Personal information: consent, or another basis in law, before it is used",
        f"{sum(facts.placeholders.values()):,} identities taken out: "
        + (", ".join(f"{kind} {count:,}" for kind, count in facts.placeholders.items()) or "none was found"),
        by=_PROVIDER,
    )
    yield Entry(content, "Sensitive personal information: separate consent, or another basis in law", by=_PROVIDER)
    annotation = "5.3 Annotation"
    yield Entry(annotation, "Annotators: training, examination, separate functions", by=_PROVIDER)
    yield Entry(annotation, "Annotation rules, for functions and for safety", by=_PROVIDER)
    yield Entry(
        annotation,
        "Accuracy of the content: spot checks, and checks of what was annotated for safety",
        f"entities, relations and topics are made by models, which the manifest names; {sum(one.reviewed for one in facts.reviews):,}"
        " records were read by people",
        by=_PROVIDER,
    )
    assessment = "9.2 Assessment of the corpus"
    read, kept = sum(one.reviewed for one in facts.reviews), sum(one.kept for one in facts.reviews)
    yield Entry(assessment, f"Items checked by hand (at least {BY_HAND:,})", f"{read:,}: {_met(read >= BY_HAND)}")
    good = wilson(kept, read)
    told = f"{good.share:.2%} (95 % interval {good.low:.2%} to {good.high:.2%}): {_met(read >= BY_HAND and good.share >= GOOD_BY_HAND)}"
    yield Entry(
        assessment, f"Without fault (at least {GOOD_BY_HAND:.0%})", told if read else f"none were read: {_met(False)}"
    )
    checked, rows = facts.reading.records, int(facts.manifest["rows"])
    yield Entry(
        assessment,
        f"Items checked by machine (at least {BY_MACHINE:.0%})",
        f"{checked:,} of {rows:,}, for identities: {_met(checked >= BY_MACHINE * rows)}",
        by=f"{_PROVIDER}, for unlawful content",
    )
    held = facts.reading.held
    yield Entry(
        assessment,
        f"Without fault (at least {GOOD_BY_MACHINE:.0%})",
        f"{1 - held.share:.2%} without anything like an identity: {_met(checked > 0 and 1 - held.share >= GOOD_BY_MACHINE)}",
    )


def _papers(row: Mapping[str, Any]) -> str:
    """What TC260-003 wants kept of a source: the licence of open data, records of one's own collection."""
    if row["source_type"] == "web":
        return "records of its collection: addresses in `documents/`; pages are fetched as robots.txt allows"
    return "open data: licence agreement; bought data: contract, and the seller's proof of its sources"


def _met(holds: bool) -> str:
    return "met" if holds else "**not met**"


def _licences(row: Mapping[str, Any]) -> str:
    named = [str(name) for name in row["licences"] or () if name]
    return ", ".join([*named, *([f"none for {row['unlicensed']} records"] if row["unlicensed"] else [])]) or "none"


def _refused(row: Mapping[str, Any]) -> str:
    size, hits = row["reviewed"], row["refused"]
    if not size:
        return ""
    at = wilson(hits, size)
    verdict = "must not be used" if at.share > MOST_UNLAWFUL else "may be used"
    return f"{hits} of {size} records refused by people, {at.share:.1%} (95 % interval {at.low:.1%} to {at.high:.1%}): {verdict}"
