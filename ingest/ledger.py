"""The ledger of `ingest`: what became of every place that was ever read. Its own memory; no other room looks at it.

It grows by small Parquet files in `work/ingest/ledger/`; of a place the last row counts. A re-run compares the listing of
the files with it, column by column, and opens only what is new, has changed, or would be read otherwise now.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from medpress.location import location
from medpress.store import names_in, read_table, write_table

STATE = b"2"
"""Version of what a row means; a ledger of another is made anew, by reading the files again."""
MOST_FILES = 16
"""More are merged."""

FAILED_PAGE = pa.struct([pa.field("page", pa.int32()), pa.field("kind", pa.string()), pa.field("message", pa.string())])

LEDGER = pa.schema(
    [
        pa.field("place", pa.string()),  # path, or the uri within a container
        pa.field("path", pa.string()),
        pa.field("uri", pa.string()),
        pa.field("size", pa.int64()),
        pa.field("stamp", pa.string()),
        pa.field("reading", pa.string()),  # how it was read, as JSON; null: to be read again
        pa.field("state", pa.string()),  # document, table, container, ignored, failed, gone
        pa.field("doc_id", pa.string()),
        pa.field("source", pa.string()),  # source to lang: what the document says, of the user's words and its own
        pa.field("source_type", pa.string()),
        pa.field("license", pa.string()),
        pa.field("lang", pa.string()),
        pa.field("found_source_type", pa.string()),  # what the file itself says
        pa.field("found_license", pa.string()),
        pa.field("found_lang", pa.string()),
        pa.field("routes", pa.string()),  # how many pages went which way, as JSON
        pa.field("kind", pa.string()),  # why the whole file could not be read
        pa.field("message", pa.string()),
        pa.field("failed_pages", pa.list_(FAILED_PAGE)),
        pa.field("seconds", pa.float64()),  # the limit that something of it ran into, in CPU-seconds
        pa.field("document_seconds", pa.float64()),  # that of all its pages together
        pa.field("memory_bytes", pa.int64()),  # and in memory
    ],
    metadata={b"state": STATE},
)
"""A row a place."""


@dataclass(slots=True)
class Ledger:
    """The ledger of a data folder, in memory."""

    folder: Path
    """Where its files lie."""
    rows: pa.Table
    """The row that counts of each place."""
    replaced: pa.Table
    """doc_id and uri of rows that no longer count."""
    files: list[str]
    """Names of all files there, oldest first."""

    def append(self, rows: pa.Table) -> None:
        """Write more rows down (none: nothing)."""
        rows = rows.select(LEDGER.names).cast(LEDGER)
        if not rows.num_rows:
            return
        number = int(Path(self.files[-1]).stem) + 1 if self.files else 1
        self.files.append(f"{number:08d}.parquet")
        write_table(self.folder / self.files[-1], rows)
        again = pc.is_in(self.rows["place"], value_set=rows["place"].combine_chunks())
        if pc.any(again).as_py():
            self.replaced = pa.concat_tables([self.replaced, _held(self.rows.filter(again))])
            self.rows = self.rows.filter(pc.invert(again))
        self.rows = pa.concat_tables([self.rows, rows.filter(pc.not_equal(rows["state"], "gone"))])

    def merge(self) -> None:
        """Make one file of many. Forgets the rows that no longer count: only when the store says what the others say."""
        if len(self.files) <= MOST_FILES:
            return
        older, self.files = self.files, [f"{int(Path(self.files[-1]).stem) + 1:08d}.parquet"]
        write_table(self.folder / self.files[0], self.rows.replace_schema_metadata(LEDGER.metadata | {b"whole": b"1"}))
        for name in older:
            (self.folder / name).unlink()
        self.replaced = self.replaced.slice(0, 0)


def read_ledger(data: Path) -> Ledger:
    """The ledger of a data folder; empty when there is none, or one of another version. Raises `CorruptError`."""
    folder = data / "work" / "ingest" / "ledger"
    files = sorted(name for name in names_in(folder) if name.endswith(".parquet") and not name.startswith("."))
    tables: list[pa.Table] = []
    for name in files:
        table = read_table(folder / name)
        metadata = table.schema.metadata or {}
        if metadata.get(b"whole"):
            tables = []
        if metadata.get(b"state") == STATE:
            tables.append(table.cast(LEDGER))
    rows, replaced = _last(tables or [LEDGER.empty_table()])
    return Ledger(folder, rows, replaced, files)


def _last(tables: list[pa.Table]) -> tuple[pa.Table, pa.Table]:
    """The last row of each place, and doc_id and uri of all others."""
    rows = pa.concat_tables(tables)
    if len(tables) == 1:
        return rows, _held(rows.slice(0, 0))
    numbered = rows.select(["place"]).append_column("row", pa.array(range(rows.num_rows), pa.int64()))
    last = numbered.group_by("place").aggregate([("row", "max")])["row_max"].combine_chunks()
    replaced = _held(rows.filter(pc.invert(pc.is_in(numbered["row"], last))))
    rows = rows.take(last)
    return rows.filter(pc.not_equal(rows["state"], "gone")).combine_chunks(), replaced


def _held(rows: pa.Table) -> pa.Table:
    """doc_id and uri of rows that no longer count."""
    rows = rows.select(["doc_id", "uri"])
    return rows.filter(rows["doc_id"].is_valid())


def source_of(data: Path, doc_id: str) -> Path | None:
    """The place where a document was found last; None when nobody remembers."""
    folder = data / "work" / "ingest" / "ledger"
    for name in sorted((n for n in names_in(folder) if n.endswith(".parquet") and n[0] != "."), reverse=True):
        rows = read_table(folder / name, ["doc_id", "path"])
        paths = rows.filter(pc.equal(rows["doc_id"], doc_id))["path"]
        if len(paths):
            return location(paths[-1].as_py())
    return None
