"""For the lawyer: under which licences, what was taken out of whom, what was taken down."""

from __future__ import annotations

import pyarrow as pa

from corpus.audit.database import Database
from corpus.audit.figure import ROWS_KEPT, Figure, Section
from corpus.card.license import hub_license


def lawyer(db: Database) -> Section:
    """The section."""
    stated = db.ask(_STATED)["license"].to_pylist()
    db.add("licences", pa.table({"license": stated, "licence": pa.array(map(hub_license, stated), pa.string())}))
    documents, total, _ = db.first(_DOCUMENTS, ROWS_KEPT)
    return Section(
        name="lawyer",
        title="Lawyer",
        question="May we use it?",
        figures=[
            Figure.of("licences", "Tokens by licence", db.ask(_LICENCES), bars="share"),
            Figure.of(
                "documents",
                "Documents by licence",
                documents,
                "Licences as given or stated, and as the dataset hub names them; whoever redistributes checks them.",
                total=total,
            ),
            Figure.of("phi", "Identities taken out, by type", db.ask(_PHI), bars="placeholders"),
            Figure.of("takedowns", "Taken down", db.ask(_TAKEDOWNS)),
        ],
    )


_STATED = "select distinct trim(coalesce(license, '')) as license from documents order by license"
_HELD = """
with held as (
    select licences.licence, documents.doc_id, licences.license as "licence as stated", documents.source, documents.source_type,
        documents.date, documents.n_pages as pages, coalesce(counted.records, 0) as records, coalesce(counted.tokens, 0) as tokens
    from documents join licences on licences.license = trim(coalesce(documents.license, ''))
    left join (select doc_id, count(*) as records, sum(tokens) as tokens from records group by doc_id) as counted using (doc_id)
)
"""
_LICENCES = f"""
{_HELD}
select licence, count(*) as documents, sum(records) as records, sum(tokens) as tokens,
    coalesce(sum(tokens) / nullif(sum(sum(tokens)) over (), 0), 0) as share
from held group by licence order by tokens desc, licence
"""
_DOCUMENTS = f"""
{_HELD}
select doc_id, licence, * exclude (doc_id, licence) from held order by tokens desc, doc_id
"""
_PHI = """
select action.type as type, count(*) as placeholders, count(distinct id) as records, count(distinct doc_id) as documents
from (select id, doc_id, unnest(phi_actions) as action from shards) group by action.type order by placeholders desc, type
"""
_TAKEDOWNS = """
select doc_id, date, requester, reason, source, n_pages as pages, n_tokens as tokens, len(records) as records
from removed order by date, doc_id
"""
