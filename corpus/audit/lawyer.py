"""For the lawyer: under which licences, what was taken out of whom, what was taken down."""

from __future__ import annotations

import pyarrow as pa

from corpus.audit.database import Database
from corpus.audit.figure import Figure, Section
from corpus.card.license import hub_license


def lawyer(db: Database) -> Section:
    """The section."""
    documents = db.ask(_DOCUMENTS)
    spdx = [hub_license(text) for text in documents["licence as stated"].to_pylist()]
    documents = documents.add_column(1, "licence", pa.array(spdx, pa.string()))
    return Section(
        name="lawyer",
        title="Lawyer",
        question="May we use it?",
        figures=[
            Figure.of("licences", "Tokens by licence", _licences(documents), bars="share"),
            Figure.of(
                "documents",
                "Documents by licence",
                documents,
                "Licences as given or stated, and as the dataset hub names them; whoever redistributes checks them.",
            ),
            Figure.of("phi", "Identities taken out, by type", db.ask(_PHI), bars="placeholders"),
            Figure.of("takedowns", "Taken down", db.ask(_TAKEDOWNS)),
        ],
    )


def _licences(documents: pa.Table) -> pa.Table:
    names = [("doc_id", "count"), ("records", "sum"), ("tokens", "sum")]
    table = documents.group_by("licence").aggregate(names)
    table = table.rename_columns(["licence", "documents", "records", "tokens"])
    rows = sorted(table.to_pylist(), key=lambda row: (-(row["tokens"] or 0), row["licence"]))
    whole = sum(row["tokens"] or 0 for row in rows) or 1
    shares = [row | {"share": (row["tokens"] or 0) / whole} for row in rows]
    schema = pa.schema([*table.schema, ("share", pa.float64())])
    return pa.Table.from_pylist(shares, schema=schema)


_DOCUMENTS = """
select documents.doc_id, trim(coalesce(documents.license, '')) as "licence as stated", documents.source, documents.source_type,
    documents.date, documents.n_pages as pages, coalesce(counted.records, 0) as records, coalesce(counted.tokens, 0) as tokens
from documents left join (select doc_id, count(*) as records, sum(tokens) as tokens from records group by doc_id) as counted
using (doc_id) order by tokens desc, doc_id
"""
_PHI = """
select action.type as type, count(*) as placeholders, count(distinct id) as records, count(distinct doc_id) as documents
from (select id, doc_id, unnest(phi_actions) as action from shards) group by action.type order by placeholders desc, type
"""
_TAKEDOWNS = """
select doc_id, date, requester, reason, source, n_pages as pages, n_tokens as tokens, len(records) as records
from removed order by date, doc_id
"""
