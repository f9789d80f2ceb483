"""The public summary of training content that Article 53(1)(d) of Regulation (EU) 2024/1689 asks of providers of models.

The sections are those of the template that the European Commission published on 24 July 2025.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from corpus.report.entry import Entry
from corpus.report.facts import Facts

TITLE = "Public summary of training content (Article 53(1)(d) AI Act)"
SOURCES = (
    "Regulation (EU) 2024/1689, Article 53(1)(d) and recital 107",
    "European Commission, Explanatory Notice and Template for the Public Summary of Training Content for general-purpose AI"
    " models, 24 July 2025",
)
TOP_DOMAINS = 0.1
"""Share of the crawled domains, by size of content, that the template wants listed."""
_RANGES = ((10**9, "less than 1 billion tokens"), (10**13, "1 billion to 10 trillion tokens"))
_PROVIDER = "the provider"


def eu_art53(facts: Facts) -> Iterator[Entry]:
    """The fields of the template."""
    general = "1.1 Provider"
    yield Entry(general, "Provider's name and contact details", by=_PROVIDER)
    yield Entry(general, "Authorised representative's name and contact details", by=f"{_PROVIDER}, where there is one")
    model = "1.2 Model"
    yield Entry(model, "Versioned model name", by=_PROVIDER)
    yield Entry(model, "Model dependencies", by=_PROVIDER)
    yield Entry(model, "Date of placement on the Union market", by=_PROVIDER)
    size = "1.3 Modalities, size and other characteristics"
    tokens = facts.manifest.get("tokens", 0)
    in_range = next((name for least, name in _RANGES if tokens < least), "more than 10 trillion tokens")
    yield Entry(size, "Modalities", "Text")
    yield Entry(
        size,
        "Training data size",
        f"{in_range} ({tokens:,} tokens, {facts.manifest['rows']:,} records; build {facts.build})",
    )
    kinds = sorted({row["source_type"] for row in facts.sources if row["records"]})
    yield Entry(size, "Types of content", f"medical texts: {', '.join(kinds)}")
    yield Entry(size, "Latest date of data acquisition or collection", by=f"{_PROVIDER} (MM/YYYY)", value=_dated(facts))
    yield Entry(size, "Linguistic characteristics", _shares(facts.languages))
    yield Entry(
        size, "Other relevant characteristics", f"{facts.documents:,} documents; licences: {_shares(facts.licences)}"
    )
    public = "2.1 Publicly available datasets"
    yield Entry(public, "Large publicly available datasets used, with links", _sources(facts, web=False), by=_PROVIDER)
    private = "2.2 Private datasets obtained from third parties"
    yield Entry(private, "Datasets commercially licensed by rightsholders or their representatives", by=_PROVIDER)
    yield Entry(private, "Private datasets obtained from other third parties", by=_PROVIDER)
    yield from _crawled(facts)
    user = "2.4 User data"
    yield Entry(user, "Data from interactions of users with the model or with other services", by=_PROVIDER)
    synthetic = "2.5 Synthetic data"
    made = sum(facts.methods.values())
    called = facts.manifest["config"].get("augment", {}).get("model") or "no model; rules on the texts themselves"
    yield Entry(
        synthetic,
        "Synthetic data used, its share and the models that made it",
        f"{made / max(1, tokens):.2%} of the tokens, by {', '.join(facts.methods)}; model: {called}"
        if made
        else "none in this corpus",
        by="" if made else f"{_PROVIDER}, for data outside this corpus",
    )
    yield Entry("2.6 Other sources", "Other sources of data", by=_PROVIDER)
    rights = "3.1 Reservation of rights from text and data mining"
    yield Entry(rights, "Signatory of the Code of Practice", by=_PROVIDER)
    yield Entry(
        rights,
        "Measures before and during collection",
        "pages are fetched as robots.txt allows; what is taken down stays out: "
        f"{facts.takedowns:,} documents were, and the same file is refused from then on",
        by=f"{_PROVIDER}, for other opt-outs",
    )
    yield Entry(
        "3.2 Removal of illegal content",
        "Measures to avoid or remove illegal content",
        f"identities of patients are taken out ({sum(facts.placeholders.values()):,} placeholders); takedown by document",
        by=_PROVIDER,
    )
    yield Entry("3.3 Other information", "Other information (optional)", by=f"{_PROVIDER}, if any")


def _crawled(facts: Facts) -> Iterator[Entry]:
    section = "2.3 Data crawled and scraped from online sources"
    if not facts.domains:
        yield Entry(
            section, "Crawlers used", "none: no document of this corpus was fetched from an address", by=_PROVIDER
        )
        for field in (
            "Purpose and behaviour of the crawlers",
            "Period of collection",
            "Type of content and of sources",
            "Most relevant domains",
        ):
            yield Entry(section, field, "none in this corpus")
        return
    yield Entry(section, "Crawlers used", "medpress (`ingest web`)", by=f"{_PROVIDER}, for other crawlers")
    yield Entry(
        section,
        "Purpose and behaviour of the crawlers",
        "collecting texts for training; robots.txt is respected, with a delay between requests",
    )
    yield Entry(section, "Period of collection", by=f"{_PROVIDER} (MM/YYYY to MM/YYYY)")
    yield Entry(section, "Type of content and of sources", f"medical web pages of {len(facts.domains):,} domains, text")
    top = facts.domains[: max(1, math.ceil(TOP_DOMAINS * len(facts.domains)))]
    whole = sum(row["characters"] for row in facts.domains)
    listing = ", ".join(f"{row['domain']} ({row['characters'] / whole:.1%})" for row in top)
    yield Entry(
        section,
        "Most relevant domains",
        f"the largest {len(top):,} of {len(facts.domains):,} by size of content: {listing}",
    )


def _dated(facts: Facts) -> str:
    return f"the latest document is of {facts.latest}" if facts.latest else ""


def _shares(tokens: Any) -> str:
    whole = sum(tokens.values()) or 1
    return ", ".join(f"{name or 'unknown'} {count / whole:.1%}" for name, count in tokens.items())


def _sources(facts: Facts, web: bool) -> str:
    kept = [row for row in facts.sources if row["records"] and (row["source_type"] == "web") == web]
    return (
        "; ".join(f"{row['source']} ({row['source_type']}, {row['tokens']:,} tokens)" for row in kept)
        or "none in this corpus"
    )
