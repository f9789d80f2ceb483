"""The assessment of training data that China's standards for generative services ask for.

TC260-003 (February 2024), sections 5 and 9, and GB/T 45652-2025: a source with more than 5 % of unlawful or harmful content is
not used; at least 4,000 items are checked by hand, at least 96 % of them without fault; at least 10 % of all by machine, at
least 98 % without fault; the provenance of each source is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from corpus.report.entry import Entry
from corpus.report.facts import Facts
from corpus.review.precision import wilson

TITLE = "Assessment of training data (TC260-003, GB/T 45652-2025)"
SOURCES = (
    "TC260-003, Basic security requirements for generative artificial intelligence service, 29 February 2024, sections 5 and 9",
    "GB/T 45652-2025, Security specification for generative AI pre-training and fine-tuning data",
)
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
            "Share of unlawful content before collection",
            by=f"{_PROVIDER}: a sample of the source is read before it is taken in",
        )
        yield Entry(
            section,
            "Share of unlawful content after collection",
            _refused(row),
            by="" if row["reviewed"] else f"{_PROVIDER}: `corpus sample --by source`, then `corpus review`",
        )
    languages = ", ".join(f"{lang} {count:,} tokens" for lang, count in facts.languages.items())
    yield Entry("5.1 Diversity", "Several sources in each language", f"{len(facts.sources)} sources; {languages}")
    content = "5.2 Content"
    yield Entry(content, "Filtering of unlawful content: key words, classification, reading", by=_PROVIDER)
    yield Entry(
        content,
        "Intellectual property: who answers for it, complaints",
        f"{facts.takedowns:,} documents taken down",
        by=_PROVIDER,
    )
    yield Entry(
        content,
        "Personal information",
        f"{sum(facts.placeholders.values()):,} identities taken out: "
        + ", ".join(f"{kind} {count:,}" for kind, count in facts.placeholders.items()),
    )
    yield Entry(
        "5.3 Annotation",
        "Annotators, rules and checks",
        "entities, relations and topics are made by models; see the manifest",
        by=_PROVIDER,
    )
    assessment = "9 Assessment"
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
