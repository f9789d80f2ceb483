"""The public summary of training content that Article 53(1)(d) of Regulation (EU) 2024/1689 asks of providers of models.

Sections and fields are those of the template that the European Commission published on 24 July 2025 and adopted as
C(2025) 8311; the names of the fields are shortened. `UNVERIFIED` says what they were held against.
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
    " models, 24 July 2025; C(2025) 8311 final, 5 December 2025",
)
UNVERIFIED = (
    "sections, fields and thresholds (3 % of a modality, 10 % of the domains) were held against renderings of the template that others"
    " made, three of them independent of one another, and not against the Commission's document itself",
)
"""What of the form was not held against its text."""
TOP_DOMAINS = 0.1
"""Share of the crawled domains, by size of content, that the template wants listed."""
_RANGES = ((10**9, "less than 1 billion tokens"), (10**13, "1 billion to 10 trillion tokens"))
_PROVIDER = "the provider"
_COMMENTS = "Additional comments (optional)"


def eu_art53(facts: Facts) -> Iterator[Entry]:
    """The fields of the template, in its order."""
    yield from _general(facts)
    yield from _datasets(facts)
    yield from _crawled(facts)
    yield from _users()
    yield from _synthetic(facts)
    yield from _processing(facts)


def _general(facts: Facts) -> Iterator[Entry]:
    summary = "The summary"
    yield Entry(summary, "Version of the summary, with links to earlier ones", by=_PROVIDER)
    yield Entry(summary, "Last update", by=f"{_PROVIDER} (DD/MM/YYYY)")
    general = "1.1 Provider identification"
    yield Entry(general, "Provider's name and contact details", by=_PROVIDER)
    yield Entry(
        general,
        "Authorised representative's name and contact details",
        by=f"{_PROVIDER}, where it is established outside the Union",
    )
    model = "1.2 Model identification"
    yield Entry(model, "Versioned model name(s)", by=_PROVIDER)
    yield Entry(
        model,
        "Model dependencies: the model that it modifies or fine-tunes, with its summary",
        by=f"{_PROVIDER}, or none",
    )
    yield Entry(model, "Date of placement of the model on the Union market", by=_PROVIDER)
    size = "1.3 Modalities, overall training data size and other characteristics"
    tokens = facts.manifest.get("tokens", 0)
    in_range = next((name for least, name in _RANGES if tokens < least), "more than 10 trillion tokens")
    yield Entry(size, "Modalities", "text; no image, audio or video of this corpus reaches a model")
    yield Entry(
        size,
        "Training data size: text",
        f"{in_range} ({tokens:,} tokens, {facts.manifest['rows']:,} records; build {facts.build})",
        by=f"{_PROVIDER}, for data outside this corpus",
    )
    kinds = sorted({row["source_type"] for row in facts.sources if row["records"]})
    yield Entry(
        size, "Types of content: text", f"scientific and other non-fiction texts of medicine: {', '.join(kinds)}"
    )
    yield Entry(
        size,
        "Latest date of data acquisition or collection for model training",
        _dated(facts),
        by=f"{_PROVIDER} (MM/YYYY)",
    )
    yield Entry(size, "Whether the model is trained continuously on new data after that date", by=_PROVIDER)
    yield Entry(size, "Linguistic characteristics of the overall training data", _shares(facts.languages))
    yield Entry(
        size,
        "Other relevant characteristics of the overall training data",
        f"{facts.documents:,} documents; licences: {_shares(facts.licences)}",
    )
    yield Entry(size, _COMMENTS, by=f"{_PROVIDER}, if any")


def _datasets(facts: Facts) -> Iterator[Entry]:
    public = "2.1 Publicly available datasets"
    held = _sources(facts)
    yield Entry(public, "Were publicly available datasets used, and of which modalities", f"text: {held}", by=_PROVIDER)
    yield Entry(
        public,
        "List of large publicly available datasets: each above 3 % of all of its modality, with link and period",
        by=_PROVIDER,
    )
    yield Entry(public, "General description of other publicly available datasets", by=_PROVIDER)
    yield Entry(public, _COMMENTS, by=f"{_PROVIDER}, if any")
    licensed = "2.2.1 Datasets commercially licensed by rightsholders or their representatives"
    yield Entry(
        licensed, "Were transactional commercial licensing agreements concluded, and for which modalities", by=_PROVIDER
    )
    private = "2.2.2 Private datasets obtained from other third parties"
    yield Entry(private, "Were such datasets obtained, and of which modalities", by=_PROVIDER)
    yield Entry(private, "List of those that are publicly known", by=f"{_PROVIDER}, if any")
    yield Entry(private, "General description of those that are not publicly known", by=f"{_PROVIDER}, if any")
    yield Entry(private, _COMMENTS, by=f"{_PROVIDER}, if any")


def _crawled(facts: Facts) -> Iterator[Entry]:
    section = "2.3 Data crawled and scraped from online sources"
    others = f"{_PROVIDER}, for other crawlers"
    if not facts.domains:
        yield Entry(section, "Were crawlers used", "no document of this corpus was fetched from an address", by=others)
        for field in _CRAWLED:
            yield Entry(section, field, "none in this corpus")
        yield Entry(section, _COMMENTS, by=f"{_PROVIDER}, if any")
        return
    whole = sum(row["characters"] for row in facts.domains)
    top = facts.domains[: max(1, math.ceil(TOP_DOMAINS * len(facts.domains)))]
    listing = ", ".join(f"{row['domain']} ({row['characters'] / whole:.1%})" for row in top)
    answers = (
        Entry(section, _CRAWLED[0], "medpress (`ingest web`)", by=others),
        Entry(section, _CRAWLED[1], "collecting texts for the training of models"),
        Entry(
            section,
            _CRAWLED[2],
            "robots.txt is respected (RFC 9309), with a pause between requests to a host; passwords, paywalls and captchas are not"
            " passed",
        ),
        Entry(section, _CRAWLED[3], by=f"{_PROVIDER} (MM/YYYY to MM/YYYY)"),
        Entry(section, _CRAWLED[4], f"medical web pages of {len(facts.domains):,} domains"),
        Entry(section, _CRAWLED[5], "text"),
        Entry(
            section, _CRAWLED[6], f"the largest {len(top):,} of {len(facts.domains):,} by size of content: {listing}"
        ),
    )
    yield Entry(section, "Were crawlers used", "yes")
    yield from answers
    yield Entry(section, _COMMENTS, by=f"{_PROVIDER}, if any")


_CRAWLED = (
    "Names or identifiers of the crawlers",
    "Purposes of the crawlers",
    "General description of the crawlers' behaviour",
    "Period of data collection",
    "Description of the type of content and of the online sources",
    "Modalities",
    "Most relevant domain names crawled: the top 10 % by size of content (of a small or medium enterprise 5 %, or 1,000)",
)
"""The fields of section 2.3, in order, but for the question whether there is anything to tell."""


def _users() -> Iterator[Entry]:
    user = "2.4 User data"
    yield Entry(user, "Was data from users' interactions with the AI model used", by=_PROVIDER)
    yield Entry(
        user, "Was data from users' interactions with the provider's other services or products used", by=_PROVIDER
    )
    yield Entry(user, "Modalities, and general description of these services or products", by=f"{_PROVIDER}, if any")
    yield Entry(user, _COMMENTS, by=f"{_PROVIDER}, if any")


def _synthetic(facts: Facts) -> Iterator[Entry]:
    section = "2.5 Synthetic data"
    tokens = facts.manifest.get("tokens", 0)
    made = sum(facts.methods.values())
    model = facts.manifest["config"].get("augment", {}).get("model")
    outside = f"{_PROVIDER}, for data outside this corpus"
    said = (
        f"yes: {made / max(1, tokens):.2%} of the tokens, by {', '.join(facts.methods)}"
        if made
        else "none in this corpus"
    )
    yield Entry(
        section, "Was synthetic data made by the provider, or on its behalf, to train the model", said, by=outside
    )
    yield Entry(section, "Modalities", "text" if made else "none in this corpus")
    called = (
        f"{model}"
        if made and model
        else "none in this corpus: rules on the texts themselves"
        if made
        else "none in this corpus"
    )
    yield Entry(section, "General-purpose AI models on the market that made it", called, by=outside)
    yield Entry(section, "Other AI models that made it, with what they were trained on", by=f"{_PROVIDER}, if any")
    yield Entry(section, _COMMENTS, by=f"{_PROVIDER}, if any")
    other = "2.6 Other sources of data"
    yield Entry(other, "Were other sources of data used; narrative description of them", by=_PROVIDER)
    yield Entry(other, _COMMENTS, by=f"{_PROVIDER}, if any")


def _processing(facts: Facts) -> Iterator[Entry]:
    rights = "3.1 Respect of reservation of rights from text and data mining exception or limitation"
    yield Entry(rights, "Signatory of the Code of Practice for general-purpose AI models", by=_PROVIDER)
    yield Entry(
        rights,
        "Measures before training to respect reservations of rights, with the opt-out protocols that are honoured",
        f"pages are fetched as robots.txt allows, which kept out {facts.opt_outs:,} addresses; what is taken down stays out: "
        f"{facts.takedowns:,} documents were, and the same file is refused from then on; other protocols"
        " (TDM reservations in headers, pages or metadata) are not looked for",
        by=f"{_PROVIDER}, for other opt-outs and for data of others",
    )
    yield Entry(
        rights,
        "Rights holders, as the documents name them",
        f"{facts.held:,} of {facts.documents:,} documents have a licence, given or stated; authors and publishers stand in the raw"
        " part of the corpus alone",
        by=f"{_PROVIDER}, for the others",
    )
    yield Entry(rights, _COMMENTS, by=f"{_PROVIDER}, if any")
    yield Entry(
        "3.2 Removal of illegal content",
        "General description of measures to avoid or remove content that is illegal under Union law (block lists, key words, classifiers)",
        f"identities of patients are taken out ({sum(facts.placeholders.values()):,} placeholders); takedown by document",
        by=_PROVIDER,
    )
    yield Entry(
        "3.3 Other information", "Other information about data processing (optional)", by=f"{_PROVIDER}, if any"
    )


def _dated(facts: Facts) -> str:
    return f"the latest document is of {facts.latest}" if facts.latest else ""


def _shares(tokens: Any) -> str:
    whole = sum(tokens.values()) or 1
    return ", ".join(f"{name or 'unknown'} {count / whole:.1%}" for name, count in tokens.items())


def _sources(facts: Facts) -> str:
    kept = [row for row in facts.sources if row["records"] and row["source_type"] != "web"]
    return (
        "; ".join(f"{row['source']} ({row['source_type']}, {row['tokens']:,} tokens)" for row in kept)
        or "none in this corpus"
    )
