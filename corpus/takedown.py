"""Takedown: a document out of everything that a data folder holds, with a record that says so.

The record is written first, so that a run that is killed can be finished by any later one. Then, in each dataset, the
rows of the document, of its records and of what was made from them are left out: the new file is written, the manifest
changed, and the new file put in the old one's place (of a segment, which is named by its content: the old one removed),
in this order, so that after a kill a file that still holds such a row is one that still has to be done. Work files that
hold such a row are removed whole: they can be made again. `ingest` and the build look at the record in each of their runs.

What goes by is found by what it is, not by where it lies: rows by `doc_id`, `keeper`, `id`, `parent_id`, `record_id` or a
value of `provenance`; JSON by the document's id; the original (unpacked from an archive, or fetched) by its checksum.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from corpus.card import write_card
from corpus.dedup.minhash import Scheme
from corpus.dedup.redis_index import connect, parse
from medpress.command import UserError
from medpress.lock import exclusive
from medpress.pseudonym import Pseudonyms
from medpress.quarantine import write_quarantine
from medpress.removed import failure, removed
from medpress.schema import DOCUMENT, DROPPED, RECORD, REMOVED
from medpress.segments import Segment, read_segments, replace_segments, write_part
from medpress.store import (
    DATA,
    file_sha256,
    move_file,
    open_parquet,
    parquet_files,
    parts,
    read_dataset,
    read_manifest,
    read_table,
    remove_leftovers,
    update_manifest,
    write_atomic,
    write_manifest,
    write_row_groups,
    write_rows,
)

FEWEST_DIGITS = 6
"""Digits of an id that are asked for at least."""
_ROWS_OF = {"doc_id": "documents", "keeper": "documents"} | dict.fromkeys(("id", "parent_id", "record_id"), "records")
_REPORTS = ("audit.html", "audit.json")


@dataclass(frozen=True, slots=True)
class _Gone:
    """What is taken down."""

    documents: pa.Array
    records: pa.Array

    @classmethod
    def of(cls, rows: Iterable[Mapping[str, Any]]) -> _Gone:
        rows = list(rows)
        records = sorted({id for row in rows for id in row["records"]})
        return cls(pa.array([row["doc_id"] for row in rows], pa.string()), pa.array(records, pa.string()))

    def rows(self, table: pa.Table) -> pa.Array:
        """Which rows of a table are its."""
        found = pa.array([False] * table.num_rows, pa.bool_())
        for name, what in _ROWS_OF.items():
            if name in table.column_names and pa.types.is_string(table.schema.field(name).type):
                its = pc.is_in(table[name], getattr(self, what))
                found = pc.or_(found, its.combine_chunks() if isinstance(its, pa.ChunkedArray) else its)
        if "provenance" in table.column_names:
            lists = table["provenance"].combine_chunks()
            values = pc.struct_field(lists.flatten(), "value")
            its = pc.or_(pc.is_in(values, self.documents), pc.is_in(values, self.records))
            hit = set(pc.list_parent_indices(lists).filter(its).to_pylist())
            found = pc.or_(found, pa.array([row in hit for row in range(table.num_rows)], pa.bool_()))
        return found

    def columns(self, schema: pa.Schema) -> list[str]:
        """The columns that `rows` looks at."""
        return [name for name in (*_ROWS_OF, "provenance") if name in schema.names]


@dataclass(slots=True)
class Removal:
    """What a takedown did, for the summary."""

    documents: list[dict[str, Any]] = field(default_factory=list)
    """`REMOVED` rows of the documents named."""
    rows: dict[str, int] = field(default_factory=dict)
    """Rows left out, by dataset."""
    work_files: int = 0
    """Work files removed."""
    alike: list[str] = field(default_factory=list)
    """Other documents that hold nearly the same text."""
    orphans: int = 0
    """Records that were dropped as duplicates of what is now gone: the next build takes them back."""


def remove(data: Path, names: Sequence[str], reason: str, shared: Sequence[str] = ()) -> Removal:
    """Take documents down: ids, first digits of ids, or uris. Without a name, finish what an earlier run began.

    `shared` are addresses of teams' indexes on Redis servers. Raises `UserError` when a name is of no document or of
    several.
    """
    if not (data / "documents").exists() and not (data / "instructions").exists():
        raise UserError(f"there are no documents in {data}.")
    addresses = [parse(text) for text in shared]
    with exclusive(data):
        known = removed(data)
        called = Pseudonyms(data)
        chosen = [_resolve(data, name, known, called) for name in names] if names else list(known.values())
        result = Removal()
        result.alike, result.orphans = _alike(data, _Gone.of(chosen))
        for row in chosen:
            known[row["doc_id"]] = _complete(data, row, reason or row["reason"])
        result.documents = [known[row["doc_id"]] for row in chosen]
        _write(data, known)
        gone = _Gone.of(result.documents)
        for address in addresses:
            with connect(address, _scheme(data)) as index, index.held():
                index.remove(gone.records.to_pylist())
        result.rows |= _compact(data, gone)
        for folder in [*datasets(data), data / "quarantine"]:
            if folder.name not in ("documents", "pages"):
                result.rows[folder.name] = _leave_out(folder, gone)
        _quarantine(data, known)
        if result.rows.get("shards"):
            write_card(data)
        result.work_files = _sweep(data, gone)
    return result


def restore(data: Path, names: Sequence[str]) -> list[str]:
    """Forget takedowns, so that `ingest` reads those documents again; returns their ids. Raises `UserError`."""
    with exclusive(data):
        known = removed(data)
        called = Pseudonyms(data)
        of_name = {name: [row for row in known.values() if _is(row, name, called)] for name in names}
        chosen = [_one(name, rows, data)["doc_id"] for name, rows in of_name.items()]
        for doc_id in chosen:
            known.pop(doc_id, None)
        _write(data, known)
        _quarantine(data, known)
    return chosen


def datasets(data: Path) -> list[Path]:
    """The folders of a data folder that may hold rows of a document."""
    apart = ("work", "log", "show", "removed", "quarantine")
    return sorted(path for path in data.iterdir() if path.is_dir() and path.name not in apart)


def holds(path: Path, rows: Iterable[Mapping[str, Any]]) -> bool:
    """Whether a Parquet file has a row of one of these documents (`REMOVED` rows)."""
    return _holds(path, _Gone.of(rows)) > 0


def refuse_unfinished(data: Path, doc_ids: Iterable[str]) -> None:
    """Raise `UserError` when documents that were taken down are still there: a takedown was interrupted."""
    left = removed(data).keys() & set(doc_ids)
    if left:
        raise UserError(
            f"{len(left)} documents of {data} were taken down but are still there; `corpus remove --data {data}` finishes it."
        )


def _scheme(data: Path) -> Scheme:
    """That of the index of this data folder."""
    config = read_manifest(data / "index")["config"]
    return Scheme(bands=config["bands"], rows=config["rows"], seed=config["seed"])


# What is meant.


def _resolve(data: Path, name: str, known: Mapping[str, dict[str, Any]], called: Pseudonyms) -> dict[str, Any]:
    """The `REMOVED` row of a document, as far as it is known now."""
    rows = [row for row in known.values() if _is(row, name, called)]
    columns = ["doc_id", "uris", "source", "n_pages"]
    for row in read_dataset(data / "documents", DOCUMENT, columns).to_pylist():
        if (name in row["uris"] or _begins(row, name)) and row["doc_id"] not in known:
            places = [called(uri) for uri in row.pop("uris")]
            rows.append({**row, "places": places, "reason": "", "n_tokens": 0, "records": []})
    for row in _instruction_files(data, called):
        if _is(row, name, called) and all(row["doc_id"] != other["doc_id"] for other in rows):
            rows.append(row)
    return _one(name, rows, data)


def _is(row: Mapping[str, Any], name: str, called: Pseudonyms) -> bool:
    return called(name) in row["places"] or _begins(row, name)


def _begins(row: Mapping[str, Any], name: str) -> bool:
    return len(name) >= FEWEST_DIGITS and bool(row["doc_id"].startswith(name))


def _one(name: str, rows: Sequence[dict[str, Any]], data: Path) -> dict[str, Any]:
    if len(rows) == 1:
        return rows[0]
    if rows:
        raise UserError(f"{name} names {len(rows)} documents: {', '.join(sorted(row['doc_id'] for row in rows))}.")
    raise UserError(
        f"{name} is no document of {data}; name its id (or at least {FEWEST_DIGITS} digits of it) or its uri, as"
        " `corpus trace` and `ingest status` show them."
    )


def _instruction_files(data: Path, called: Pseudonyms) -> Iterator[dict[str, Any]]:
    """Files of instruction data that were taken in, as the catalogue of `corpus instruct` has them."""
    from corpus.instruct.run import instruction_files  # a command of its own, which a build has no use for

    for path, doc_id in instruction_files(data).items():
        row = {"doc_id": doc_id, "places": [called(PurePath(path).name)], "source": "", "n_pages": 0}
        yield {**row, "reason": "", "n_tokens": 0, "records": []}


def _complete(data: Path, row: dict[str, Any], reason: str) -> dict[str, Any]:
    """With all ids of its records: those that are published, and those of builds that did not finish."""
    records = set(row["records"])
    tokens = row["n_tokens"]
    chosen = pc.field("doc_id") == row["doc_id"]
    for kind, schema in (("shards", RECORD), ("dropped", DROPPED)):
        table = read_dataset(data / kind, schema, ["id", "n_tokens"], chosen)
        tokens += pc.sum(table["n_tokens"]).as_py() or 0 if kind == "shards" else 0
        records.update(table["id"].to_pylist())
    for path in parquet_files(data / "work"):
        names = open_parquet(path).schema_arrow.names
        if "doc_id" in names and "id" in names:
            for table in _groups(path, ["doc_id", "id"]):
                records.update(table.filter(pc.equal(table["doc_id"], row["doc_id"]))["id"].to_pylist())
    return row | {"records": sorted(records), "n_tokens": tokens, "reason": reason}


def _alike(data: Path, gone: _Gone) -> tuple[list[str], int]:
    """Documents whose records share a cluster with one that goes, and how many were dropped in favour of such a one."""
    columns = ["id", "doc_id", "dup_cluster"]
    clusters: set[str] = set()
    for kind, schema in (("shards", RECORD), ("dropped", DROPPED)):
        its = read_dataset(data / kind, schema, columns, pc.field("doc_id").isin(gone.documents))
        clusters.update(its["dup_cluster"].drop_null().to_pylist())
    wanted = pc.field("dup_cluster").isin(pa.array(sorted(clusters), pa.string()))
    others: set[str] = set()
    for kind, schema in (("shards", RECORD), ("dropped", DROPPED)):
        others.update(read_dataset(data / kind, schema, columns, wanted)["doc_id"].to_pylist())
    of_those = pc.field("doc_id").isin(gone.documents)
    ids = [
        id
        for kind, schema in (("shards", RECORD), ("dropped", DROPPED))
        for id in read_dataset(data / kind, schema, ["id"], of_those)["id"].to_pylist()
    ]
    replaced = pc.field("duplicate_of").isin(pa.array(ids, pa.string())) & ~of_those
    orphans = read_dataset(data / "dropped", DROPPED, ["id"], replaced).num_rows
    return sorted(others - set(gone.documents.to_pylist())), orphans


# What is done.


def _write(data: Path, known: Mapping[str, dict[str, Any]]) -> None:
    """The record of all takedowns."""
    file = data / "removed" / DATA / "removed.parquet"
    if known:
        write_rows(file, [known[doc_id] for doc_id in sorted(known)], REMOVED)
    elif file.exists():
        file.unlink()
    write_manifest(data / "removed", kind="removed", config={}, versions={})


def _groups(path: Path, columns: list[str] | None = None) -> Iterator[pa.Table]:
    file = open_parquet(path)
    for number in range(file.num_row_groups):
        yield file.read_row_group(number, columns=columns)


def _holds(path: Path, gone: _Gone) -> int:
    """How many rows of a file go."""
    columns = gone.columns(open_parquet(path).schema_arrow)
    return sum(pc.sum(gone.rows(table)).as_py() or 0 for table in _groups(path, columns)) if columns else 0


def _leave_out(folder: Path, gone: _Gone) -> int:
    """Write a dataset again without these rows, row group by row group; returns how many there were."""
    ready: dict[Path, Path | None] = {}
    count = 0
    remove_leftovers(folder)
    for path in parts(folder):
        rows = _holds(path, gone)
        count += rows
        if rows == open_parquet(path).metadata.num_rows and rows:
            ready[path] = None
        elif rows:
            ready[path] = new = path.with_name(f".{path.name}.without.tmp")
            left = (table.filter(pc.invert(gone.rows(table))) for table in _groups(path))
            write_row_groups(new, open_parquet(path).schema_arrow, (table for table in left if table.num_rows))
    if ready and (folder / "manifest.json").exists():
        update_manifest(folder, ready)
    for path, replacement in ready.items():
        if replacement is None:
            path.unlink()
        else:
            move_file(replacement, path)
    return count


def _quarantine(data: Path, known: Mapping[str, dict[str, Any]]) -> None:
    """One row for each place where a document was found that is taken down."""
    rows = []
    for row in known.values():
        place = {"doc_id": row["doc_id"], "page": None, "record_id": None, "stage": "examine", **failure(row)}
        rows += [{"place": called, **place} for called in row["places"]]
    write_quarantine(data, "removed", rows)


def _compact(data: Path, gone: _Gone) -> dict[str, int]:
    """Write the segments that hold these documents again without them; returns how many rows went, by dataset."""
    changed: dict[Segment, Segment | None] = {}
    count = {"documents": 0, "pages": 0}
    ids = gone.documents.to_pylist()
    for segment in read_segments(data):
        if not any(segment.documents.least <= doc_id <= segment.documents.greatest for doc_id in ids):
            continue
        tables = [read_table(file) for file in segment.files(data)]
        kept = [table.filter(pc.invert(pc.is_in(table["doc_id"], gone.documents))) for table in tables]
        for kind, table, left in zip(count, tables, kept, strict=True):
            count[kind] += table.num_rows - left.num_rows
        if not kept[0].num_rows:
            changed[segment] = None
        elif kept[0].num_rows < tables[0].num_rows:
            new = [write_part(data / kind / DATA, table) for kind, table in zip(count, kept, strict=True)]
            changed[segment] = Segment(*new)
    if (data / "documents" / "manifest.json").exists():
        replace_segments(data, changed)
    return count


def _sweep(data: Path, gone: _Gone) -> int:
    """Remove the work files, reports and pictures that hold anything of it; returns how many."""
    doc_ids = gone.documents.to_pylist()
    count = 0
    for path in sorted((data / "work").rglob("*")) if (data / "work").exists() else []:
        if not path.is_file() or path.is_relative_to(data / "work" / "ingest" / "ledger"):  # names files, holds no text
            continue
        if path.suffix == ".jsonl":
            _filter_lines(path, [*doc_ids, *gone.records.to_pylist()])
        elif _is_its(path, gone, doc_ids):
            taken = data / "work" / "build" / "known"
            if path.is_relative_to(taken):  # an index is whole or it is none
                for other in (taken / path.relative_to(taken).parts[0]).rglob("*.*"):
                    other.unlink(missing_ok=True)
            path.unlink(missing_ok=True)
            count += 1
    for journal in (data / "journal").glob("*.jsonl"):  # what a model made of it
        _filter_lines(journal, gone.records.to_pylist())
    pictures = [path for doc_id in doc_ids for path in (data / "show").glob(f"{doc_id[:12]}-*")]
    for path in [*pictures, *(data / name for name in _REPORTS)]:
        path.unlink(missing_ok=True)
    return count


def _is_its(path: Path, gone: _Gone, doc_ids: Sequence[str]) -> bool:
    """Whether a work file holds anything of what goes."""
    if path.name.startswith("."):  # left by a run that was killed
        return True
    if path.suffix == ".parquet":
        return _holds(path, gone) > 0
    if path.suffix in (".json", ".part"):
        content = path.read_bytes()
        return any(doc_id.encode() in content for doc_id in doc_ids)
    return any(file_sha256(path).startswith(doc_id) for doc_id in doc_ids)


def _filter_lines(path: Path, ids: Sequence[str]) -> None:
    """Leave out the lines that name one of these."""
    wanted = [id.encode() for id in ids]

    def write(temporary: Path) -> None:
        with path.open("rb") as lines, open(temporary, "wb") as out:
            out.writelines(line for line in lines if not any(id in line for id in wanted))

    write_atomic(path, write)
