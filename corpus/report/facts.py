"""What the reports tell of a build, counted once for all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus.audit.database import Database
from corpus.audit.second_reading import Reading, read_again, sample_of
from corpus.card.license import hub_license
from corpus.review.verdicts import Precision, precision
from medpress.store import MANIFEST, file_sha256, read_manifest
from nlp.phi import collection_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """A build in figures."""

    manifest: Mapping[str, Any]
    """That of the shards."""
    build: str
    """Its identity: digits of the manifest's checksum."""
    documents: int
    """Documents that were read."""
    sources: Sequence[Mapping[str, Any]]
    """By source and source type: records, tokens, languages, licences, by web, dropped by people and by rules."""
    languages: Mapping[str, int]
    """Tokens by language."""
    licences: Mapping[str, int]
    """Tokens by licence, as the dataset hub names it."""
    domains: Sequence[Mapping[str, Any]]
    """Domains of the pages that were fetched, with tokens; the largest first."""
    methods: Mapping[str, int]
    """Tokens by method of augmentation."""
    placeholders: Mapping[str, int]
    """Identities taken out, by type."""
    takedowns: int
    """Documents that were taken down."""
    opt_outs: int
    """Addresses that were not fetched because the robots.txt of their host does not allow it."""
    held: int
    """Documents with a licence."""
    latest: str
    """The latest date that a document bears; empty when none does."""
    reading: Reading
    """What a second reading for identities found in a sample."""
    reviews: Sequence[Precision]
    """What people said of samples."""


def facts(data: Path) -> Facts:
    """Count a build. Raises `FileNotFoundError` when there is none."""
    manifest = read_manifest(data / "shards")
    db = Database(data)
    try:
        licences: dict[str, int] = {}
        for row in db.ask("select license, sum(tokens) as tokens from records group by license").to_pylist():
            name = hub_license(row["license"])
            licences[name] = licences.get(name, 0) + row["tokens"]
        return Facts(
            manifest=manifest,
            build=file_sha256(data / "shards" / MANIFEST)[:24],
            documents=int(db.number("select count(*) from documents")),
            sources=db.ask(_SOURCES).to_pylist(),
            languages=_counts(db, "select lang, sum(tokens) from records group by lang order by 2 desc, 1"),
            licences=dict(sorted(licences.items(), key=lambda one: (-one[1], one[0]))),
            domains=_domains(db),
            methods=_counts(
                db, "select augmentation, sum(tokens) from records where augmentation is not null group by 1 order by 1"
            ),
            placeholders=_counts(
                db,
                "select action.type, count(*) from (select unnest(phi_actions) as action from shards) group by 1 order by 2 desc, 1",
            ),
            takedowns=int(db.number("select count(*) from removed")),
            opt_outs=int(db.number("select count(*) from quarantine where kind = 'robots'")),
            held=int(db.number("select count(*) from documents where trim(coalesce(license, '')) <> ''")),
            latest=_latest(db),
            reading=read_again(sample_of(data, file_sha256(data / "shards" / MANIFEST))),
            reviews=precision(data),
        )
    finally:
        db.close()


def _counts(db: Database, question: str) -> dict[str, int]:
    table = db.ask(question)
    return {str(name): int(count or 0) for name, count in zip(*(table[n].to_pylist() for n in (0, 1)), strict=True)}


def _domains(db: Database) -> list[dict[str, Any]]:
    """Domains by size; one whose name may be a person's is not told, but counted."""
    counted: dict[str, dict[str, Any]] = {}
    for row in db.ask(_DOMAINS).to_pylist():
        name = collection_name(row["domain"]) or "a domain whose name may be a person's"
        into = counted.setdefault(name, {"domain": name, "documents": 0, "tokens": 0, "characters": 0})
        for column in ("documents", "tokens", "characters"):
            into[column] += row[column]
    return sorted(counted.values(), key=lambda row: (-row["characters"], row["domain"]))


def _latest(db: Database) -> str:
    (row,) = db.ask("select max(date) as latest from documents where date similar to '(19|20)[0-9]{2}.*'").to_pylist()
    return row["latest"] or ""


_SOURCES = """
with kept as (
    select source, source_type, count(*) as records, sum(tokens) as tokens,
        string_agg(distinct lang, ', ' order by lang) as languages,
        sum((license = '')::int) as unlicensed, list(distinct license order by license) as licences
    from records where augmentation is null group by source, source_type
), gone as (
    select source, source_type, count(*) as dropped, sum((stage = 'review')::int) as dropped_by_people
    from dropped where augmentation is null group by source, source_type
), read as (
    select source, source_type, count(*) as reviewed, sum((verdict = 'drop')::int) as refused
    from reviews join (select id, source, source_type from records union all select id, source, source_type from dropped) using (id)
    group by source, source_type
)
select source, source_type, coalesce(records, 0) as records, coalesce(tokens, 0) as tokens, coalesce(languages, '') as languages,
    coalesce(unlicensed, 0) as unlicensed, licences, coalesce(dropped, 0) as dropped,
    coalesce(dropped_by_people, 0) as dropped_by_people, coalesce(reviewed, 0) as reviewed, coalesce(refused, 0) as refused
from kept full join gone using (source, source_type) left join read using (source, source_type)
order by tokens desc, source, source_type
"""
_DOMAINS = """
with addresses as (
    select doc_id, regexp_extract(list_filter(uris, lambda uri: uri like 'http%')[1], '^https?://([^/:?#]+)', 1) as domain
    from raw_documents
)
select domain, count(distinct doc_id) as documents, sum(tokens) as tokens, sum(characters) as characters
from addresses join records using (doc_id) where domain <> '' group by domain order by characters desc, domain
"""
