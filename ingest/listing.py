"""The documents of a data folder and what could not be read, a row each."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from ingest.ledger import read_ledger
from medpress.command import UserError, console, print_table
from medpress.location import check_reachable
from medpress.pseudonym import Pseudonyms
from medpress.schema import QUARANTINE
from medpress.segments import read_segments
from medpress.store import open_parquet, read_dataset, refuse_older_layout

SHOWN_DIGITS = 12
"""Of an id."""
_CONTROLS = r"[\p{Cc}\x{202a}-\x{202e}\x{2066}-\x{2069}]"
"""What a name could do something to a terminal with."""
_COLUMNS = ["doc_id", "uris", "source_type", "lang", "n_pages", "license"]


def documents(data: Path, wanted: Mapping[str, str | None]) -> Iterator[Sequence[pa.Array]]:
    """Columns id, name, type, language, pages and licence of the documents, a segment at a time.

    `wanted` are values that columns of `DOCUMENT` must have; None stands for any. Raises `UserError` when nothing was
    ingested.
    """
    check_reachable(data)
    refuse_older_layout(data)
    if not (segments := read_segments(data)):
        raise UserError(f"there are no documents in {data}; run `ingest` first.")
    filters = {name: value for name, value in wanted.items() if value is not None}
    columns = list(dict.fromkeys([*_COLUMNS, *filters]))
    for segment in segments:
        with open_parquet(segment.files(data)[0]) as file:
            table = file.read(columns=columns, use_threads=False)
        for name, value in filters.items():
            table = table.filter(pc.equal(pc.fill_null(table[name], ""), value))
        if table.num_rows:
            table = table.combine_chunks()
            names = pc.binary_join(table["uris"], ", ")
            digits = pc.utf8_slice_codeunits(table["doc_id"], 0, SHOWN_DIGITS)
            yield [column.combine_chunks() for column in (digits, names, *(table[name] for name in _COLUMNS[2:]))]


def failures(data: Path) -> Iterator[Sequence[pa.Array]]:
    """Columns id (or pseudonym), name, page, kind and message of the files and pages that could not be read.

    Their names stand in the ledger alone.
    """
    check_reachable(data)
    rows = read_dataset(data / "quarantine", QUARANTINE, filter=pc.field("record_id").is_null())
    if rows.num_rows:
        ids = pc.coalesce(rows["doc_id"], rows["place"], pa.scalar(""))
        name_of = _names(data, with_places=pc.any(rows["place"].is_valid()).as_py())
        told = zip(rows["place"].to_pylist(), rows["doc_id"].to_pylist(), strict=True)
        names = pa.array([name_of.get(place) or name_of.get(doc_id) for place, doc_id in told], pa.string())
        digits = pc.utf8_slice_codeunits(ids, 0, SHOWN_DIGITS)
        others = (rows[name].combine_chunks() for name in ("page", "kind", "message"))
        yield [digits.combine_chunks(), names, *others]


def _names(data: Path, with_places: bool) -> dict[str | None, str]:
    """The name of each place in the ledger by the document's id, and by its own pseudonym."""
    rows = read_ledger(data).rows.select(["doc_id", "uri"]).to_pylist()
    names: dict[str | None, str] = {row["doc_id"]: row["uri"] for row in reversed(rows) if row["doc_id"]}
    if with_places:
        called = Pseudonyms(data)
        names |= {called(row["uri"]): row["uri"] for row in rows}
    return names


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
