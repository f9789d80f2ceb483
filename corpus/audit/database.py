"""A build as tables that SQL can be asked about: DuckDB over its Parquet files, which are read where they lie.

The tables are those of `medpress.schema.SCHEMAS` by their names. What tells who somebody is stays out of them: `documents`
has no places, titles, authors and identifiers, `pages` no blocks, and a collection that is called like a person goes by a
document of it, so whatever a gate or a report shows of them is nobody's. The whole tables are `raw_…`.
Beside them stands `records`, a row a record of the shards with what most questions are about.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from corpus.tables import Corpus
from medpress.schema import DOCUMENT, PAGE, SCHEMAS
from medpress.store import read_dataset
from nlp.phi.places import told_by

MEMORY = "800MB"
"""What the database may hold before it writes to the disk."""
SCORES = (
    "medical_density", "medical_cues", "ocr_confidence", "broken_word_share", "lost_share", "single_letter_share", "quality_score",
    "document_score", "page_score",
)  # fmt: skip
"""Scores of the filters that are columns of `records`."""

_RAW = {
    "documents": [
        name for name in DOCUMENT.names if name not in ("uris", "title", "authors", "identifiers", "warnings")
    ],
    "pages": [name for name in PAGE.names if name != "blocks"],
}
_COLLECTIONS = ("documents", "shards", "dropped")
"""Datasets with the name of a collection."""
_RECORDS = f"""
create table records as
select id, doc_id, source, source_type, lang, trim(coalesce(license, '')) as license, n_tokens as tokens,
    length(text) as characters, augmentation, parent_id, dup_cluster, page_start, page_end,
    {", ".join(f"scores['{name}'] as {name}" for name in SCORES)}
from (select *, map_from_entries(quality) as scores from shards)
"""


class Database:
    """The tables of one data folder."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self._db = duckdb.connect(config={"memory_limit": MEMORY, "preserve_insertion_order": False})
        corpus = Corpus(data)
        called = _called({name: f"collection of {id}" for name, id in collections_of_persons(data).items()})
        for kind, schema in SCHEMAS.items():
            self._db.register(f"raw_{kind}", corpus.table(kind))
            columns = _RAW.get(kind, schema.names)
            named = ", ".join(called if name == "source" else f'"{name}"' for name in columns)
            self._db.execute(f"create view {kind} as select {named} from raw_{kind}")
        # Questions come from files too: none of them may read or write anything else.
        self._db.execute("set enable_external_access = false")
        self._db.execute("set lock_configuration = true")
        self._db.execute(_RECORDS)

    def add(self, name: str, rows: pa.Table) -> None:
        """Make a table of this process one of the database."""
        self._db.register(name, rows)

    def ask(self, question: str, values: Mapping[str, Any] | None = None) -> pa.Table:
        """The answer to a question in SQL; `values` are those that it calls `$name`. Raises `duckdb.Error`."""
        table = self._db.sql(question, params=dict(values) if values else None).to_arrow_table()
        whole = [
            pa.field(f.name, pa.int64() if f.type.scale == 0 else pa.float64()) if pa.types.is_decimal(f.type) else f
            for f in table.schema
        ]
        return table.cast(pa.schema(whole))  # sums of integers come as decimals

    def number(self, question: str, values: Mapping[str, Any] | None = None) -> float:
        """The answer to a question that has one number; nothing is 0."""
        (row,) = self._db.execute(question, dict(values) if values else None).fetchall()
        return float(row[0] or 0)

    def close(self) -> None:
        """Let go of the files."""
        self._db.close()


def collections_of_persons(data: Path) -> dict[str, str]:
    """Names of collections that are made like a person's name or a person's record, each with a document of it."""
    tables = [read_dataset(data / kind, SCHEMAS[kind], ["source", "doc_id"]) for kind in _COLLECTIONS]
    rows = pa.concat_tables(tables).group_by("source").aggregate([("doc_id", "min")]).to_pylist()
    return {
        row["source"]: row["doc_id_min"]
        for row in sorted(rows, key=lambda row: row["source"] or "")
        if row["source"] and told_by([row["source"]], [], [], "thorough", False)
    }


def _called(names: Mapping[str, str]) -> str:
    """The column `source` in SQL, with other names for some."""
    if not names:
        return "source"
    cases = " ".join(f"when {_quoted(name)} then {_quoted(other)}" for name, other in names.items())
    return f"case source {cases} else source end as source"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
