"""The documents of a data folder and what could not be read, a row each."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from ingest.ledger import read_ledger
from medpress.command import UserError, console, print_table
from medpress.errors import to_run
from medpress.location import check_reachable
from medpress.pseudonym import Pseudonyms
from medpress.segments import read_segments
from medpress.store import open_parquet, refuse_older_layout

SHOWN_DIGITS = 12
"""Of an id."""
_CONTROLS = r"[\p{Cc}\x{202a}-\x{202e}\x{2066}-\x{2069}]"
"""What a name could do something to a terminal with."""
_SHOWN = ["doc_id", "uris", "source_type", "lang", "n_pages", "license"]


def documents(data: Path, wanted: Mapping[str, str | None]) -> Iterator[Sequence[pa.Array]]:
    """Columns id, name, type, language, pages and licence of the documents, a segment at a time.

    `wanted` are values that columns of `DOCUMENT` must have; None stands for any. Raises `UserError` when nothing was
    ingested.
    """
    check_reachable(data)
    refuse_older_layout(data)
    if not (segments := read_segments(data)):
        raise UserError(f"there are no documents in {data}; run {to_run('ingest auto PATH', data)} first.")
    filters = {name: value for name, value in wanted.items() if value is not None}
    columns = list(dict.fromkeys([*_SHOWN, *filters]))
    for segment in segments:
        with open_parquet(segment.files(data)[0]) as file:
            table = file.read(columns=columns, use_threads=False)
        for name, value in filters.items():
            table = table.filter(pc.equal(pc.fill_null(table[name], ""), value))
        if table.num_rows:
            table = table.combine_chunks()
            names = pc.binary_join(table["uris"], ", ")
            digits = pc.utf8_slice_codeunits(table["doc_id"], 0, SHOWN_DIGITS)
            yield [column.combine_chunks() for column in (digits, names, *(table[name] for name in _SHOWN[2:]))]


def failures(data: Path) -> Iterator[Sequence[pa.Array]]:
    """Columns id (a pseudonym of what has none, as `ingest` and the quarantine call it), name, page, kind and message of the
    files and pages that could not be read, as the ledger has them."""
    check_reachable(data)
    rows = read_ledger(data).rows
    rows = rows.append_column("digits", pc.utf8_slice_codeunits(pc.fill_null(rows["doc_id"], ""), 0, SHOWN_DIGITS))
    files = rows.filter(rows["kind"].is_valid()).combine_chunks()
    if pc.any(files["doc_id"].is_null()).as_py():
        called = Pseudonyms(data)
        ids = [row["digits"] or called(row["uri"]) for row in files.select(["digits", "uri"]).to_pylist()]
        files = files.set_column(files.schema.get_field_index("digits"), "digits", pa.array(ids, pa.string()))
    if files.num_rows:
        yield [*_names(files), pa.nulls(files.num_rows, pa.int32()), *_columns(files, ["kind", "message"])]
    pages = rows.filter(pc.greater(pc.fill_null(pc.list_value_length(rows["failed_pages"]), 0), 0)).combine_chunks()
    if pages.num_rows:
        (lists,) = _columns(pages, ["failed_pages"])
        failed = pc.list_flatten(lists)
        owners = _names(pages.take(pc.list_parent_indices(lists)))
        yield [*owners, *(failed.field(name) for name in ("page", "kind", "message"))]


def _names(rows: pa.Table) -> list[pa.Array]:
    return _columns(rows, ["digits", "uri"])


def _columns(rows: pa.Table, names: Sequence[str]) -> list[pa.Array]:
    return [column.combine_chunks() for column in (rows[name] for name in names)]


def print_rows(header: Sequence[str], batches: Iterable[Sequence[pa.Array]]) -> None:
    """Print rows given as columns: aligned on a terminal, divided by tabs elsewhere, as they come."""
    clean = (
        [pc.replace_substring_regex(pc.fill_null(column.cast(pa.string()), ""), _CONTROLS, " ") for column in columns]
        for columns in batches
    )
    if console.is_terminal:
        rows = (row for columns in clean for row in zip(*(column.to_pylist() for column in columns), strict=True))
        return print_table("", header, list(rows))
    sys.stdout.write("\t".join(header) + "\n")
    for columns in clean:
        sys.stdout.write("\n".join(pc.binary_join_element_wise(*columns, "\t").to_pylist()) + "\n")
