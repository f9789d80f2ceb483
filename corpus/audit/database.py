"""A build as tables that SQL can be asked about: DuckDB over its Parquet files, which are read where they lie.

Memory is bounded, whatever the build's size: files of the declared schema are read by DuckDB itself, which counts what it
holds, and the tables that are made of them stand in a file of a private folder, as does what a question sorts or groups.

The tables are those of `medpress.schema.SCHEMAS` by their names. What tells who somebody is stays out of them: `documents`
has no places, titles, authors and identifiers, `pages` no blocks, and a collection that is called like a person goes by a
document of it, so whatever a gate or a report shows of them is nobody's. The whole tables are `raw_…`.
Beside them stand `records`, a row a record of the shards with what most questions are about; `scores`, a row a score of a
record of the shards; `composition`, the tokens of the shards by what a corpus is described by; `last_build`, the same of the build that was audited before this one; `specialties`, those
that the classifier tells; and `common_terms`, conditions and drugs that every corpus of medicine speaks of.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pyarrow as pa

from corpus.audit.history import DIMENSIONS, last_build
from corpus.tables import Corpus
from medpress.location import is_remote
from medpress.schema import DOCUMENT, PAGE, SCHEMAS
from medpress.store import open_parquet, parts, read_dataset
from nlp.classify.phrases import SPECIALTIES
from nlp.phi.places import told_by

MEMORY = "400MB"
"""What the database may hold before it writes to the disk; a million records need no more."""
THREADS = 4
"""Threads of the database at most: each holds a row group of its own."""
ROWS_AT_ONCE = 10_000
"""Rows of an answer that are held at a time where only its first rows are wanted."""
SCORES = (
    "medical_density", "medical_cues", "ocr_confidence", "broken_word_share", "lost_share", "single_letter_share", "quality_score",
    "document_score", "page_score",
)  # fmt: skip
"""Scores of the filters that are columns of `records`."""

TOPICS = ("specialty", "kind")
"""Topics that are columns of `records`."""

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
    {", ".join(f"topics[list_position(topic_names, '{name}')].value as {name}" for name in TOPICS)},
    {", ".join(f"quality[list_position(score_names, '{name}')].value::double as {name}" for name in SCORES)}
from (
    select *, list_transform(quality, lambda one: one.name) as score_names, list_transform(topics, lambda one: one.name) as topic_names
    from shards
)
"""
_EACH_SCORE = """
create table scores as
select score.name as name, score.value::double as value from (select unnest(quality) as score from shards)
"""
_COMPOSITION = f"""
create table composition as
select what, name, sum(tokens)::bigint as tokens from (
    select unnest([{", ".join(f"'{what}'" for what in DIMENSIONS)}]) as what, unnest([{", ".join(DIMENSIONS.values())}]) as name, tokens
    from records
) group by what, name
"""
COMMON = ("conditions", "drugs")
"""Kinds of `common_terms`; `corpus/audit/common` has a list of each in each language."""


class Database:
    """The tables of one data folder."""

    def __init__(self, data: Path) -> None:
        self.data = data
        # What does not fit holds texts: it is written where nobody else may read, and not where the command happens to run.
        self._folder = TemporaryDirectory(prefix="medpress-")
        self._db = duckdb.connect(
            str(Path(self._folder.name) / "audit.duckdb"),
            config={
                "memory_limit": MEMORY,
                "threads": min(THREADS, os.cpu_count() or 1),
                "preserve_insertion_order": False,
                "temp_directory": str(Path(self._folder.name) / "spilled"),
            },
        )
        called = _called({name: f"collection of {id}" for name, id in collections_of_persons(data).items()})
        readable: list[str] = []
        for kind, schema in SCHEMAS.items():
            if files := _of_declared_schema(data, kind):
                listed = ", ".join(map(_quoted, files))
                self._db.execute(
                    f"create view raw_{kind} as select * from read_parquet([{listed}], hive_partitioning = false)"
                )
                readable += files
            else:
                self._db.register(f"raw_{kind}", Corpus(data).table(kind))
            columns = _RAW.get(kind, schema.names)
            named = ", ".join(called if name == "source" else f'"{name}"' for name in columns)
            self._db.execute(f"create view {kind} as select {named} from raw_{kind}")
        self._db.register("last_build", last_build(data))
        self._db.register("specialties", pa.table({"name": list(SPECIALTIES)}))
        self._db.register("common_terms", common_terms())
        # Questions come from files too: none of them may read anything else, or write.
        self._db.execute(f"set allowed_paths = [{', '.join(map(_quoted, readable))}]")
        self._db.execute("set enable_external_access = false")
        self._db.execute("set lock_configuration = true")
        for table in (_RECORDS, _EACH_SCORE, _COMPOSITION):
            self._db.execute(table)

    def add(self, name: str, rows: pa.Table) -> None:
        """Make a table of this process one of the database."""
        self._db.register(name, rows)

    def keep(self, name: str, question: str) -> None:
        """Make the answer to a question a table of the database. Raises `duckdb.Error`."""
        self._db.execute(f"create or replace table {name} as {question}")

    def ask(self, question: str, values: Mapping[str, Any] | None = None) -> pa.Table:
        """The answer to a question in SQL; `values` are those that it calls `$name`. Raises `duckdb.Error`."""
        return _with_whole_numbers(self._asked(question, values).to_arrow_table())

    def first(
        self, question: str, rows: int, values: Mapping[str, Any] | None = None, weigh: str = ""
    ) -> tuple[pa.Table, int, float]:
        """The first rows of an answer, how many it has, and the sum of its column `weigh`, if one is named; the other rows are
        never held together. Raises `duckdb.Error`, and `KeyError` where there is no such column."""
        reader = self._asked(question, values).to_arrow_reader(ROWS_AT_ONCE)
        shown, total, weight = reader.schema.empty_table(), 0, 0.0
        for batch in reader:
            if total < rows:
                shown = pa.concat_tables([shown, pa.Table.from_batches([batch]).slice(0, rows - total)])
            total += batch.num_rows
            weight += sum(float(value or 0) for value in batch.column(weigh).to_pylist()) if weigh else 0.0
        return _with_whole_numbers(shown), total, weight

    def number(self, question: str, values: Mapping[str, Any] | None = None) -> float:
        """The answer to a question that has one number; nothing is 0."""
        (row,) = self._asked(question, values).fetchall()
        return float(row[0] or 0)

    def close(self) -> None:
        """Let go of the files."""
        self._db.close()
        self._folder.cleanup()

    def _asked(self, question: str, values: Mapping[str, Any] | None) -> duckdb.DuckDBPyRelation:
        """Questions may come from files: none of them changes anything."""
        kinds = [statement.type for statement in self._db.extract_statements(question)]
        if kinds != [duckdb.StatementType.SELECT]:
            raise duckdb.ParserException("a question is one statement that begins with select or with")
        return self._db.sql(question, params=dict(values) if values else None)


def _with_whole_numbers(table: pa.Table) -> pa.Table:
    """A table in which sums of integers, which come as decimals, are integers."""
    whole = [
        pa.field(f.name, pa.int64() if f.type.scale == 0 else pa.float64()) if pa.types.is_decimal(f.type) else f
        for f in table.schema
    ]
    return table.cast(pa.schema(whole))


def _of_declared_schema(data: Path, kind: str) -> Sequence[str]:
    """The files of a dataset, when DuckDB may read them itself: they lie on this machine, all have the declared schema, and no
    name is a pattern to it. Others are read by way of Arrow, which fills in what an older file does not have."""
    if is_remote(data):
        return ()
    files = parts(data / kind)
    try:
        fit = all(open_parquet(file).schema_arrow.equals(SCHEMAS[kind]) for file in files)
    except (OSError, pa.ArrowException):
        return ()  # whoever reads the damaged file says so
    names = [str(file.absolute()) for file in files]
    return names if fit and not any(letter in name for name in names for letter in "*?[") else ()


def common_terms() -> pa.Table:
    """Conditions and drugs that a corpus of medicine can be expected to mention: kind, lang, names; these in small letters."""
    rows = [
        {"kind": kind, "lang": folder.name, "names": line.strip().lower().split("|")}
        for folder in sorted(files("corpus.audit").joinpath("common").iterdir(), key=lambda one: one.name)
        if folder.is_dir()
        for kind in COMMON
        for line in folder.joinpath(f"{kind}.txt").read_text(encoding="utf-8").splitlines()
        if line.strip() and not line.startswith("#")
    ]
    return pa.Table.from_pylist(rows)


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
