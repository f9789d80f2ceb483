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
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from corpus.card import write_card
from corpus.duplicates.minhash import Scheme
from corpus.duplicates.redis_index import connect, parse
from corpus.steps.sentences import FILTER_SENTENCES
from medpress import sentence_index
from medpress.command import UserError
from medpress.errors import to_run
from medpress.lock import exclusive
from medpress.lookup import one_document
from medpress.page_html import SHOWN
from medpress.pseudonym import Pseudonyms
from medpress.quarantine import write_quarantine
from medpress.removed import failure, removed
from medpress.schema import DOCUMENT, DROPPED, PAGE, RECORD, REMOVED
from medpress.segments import Segment, read_segments, replace_segments, write_part
from medpress.store import (
    DATA,
    MANIFEST,
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

_ROWS_OF = {"doc_id": "documents", "keeper": "documents"} | dict.fromkeys(("id", "parent_id", "record_id"), "records")
_REPORTS = ("audit.html", "audit.json", "report-eu-art53.md", "report-tc260.md", "report-hipaa.md")


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


def remove(
    data: Path,
    names: Sequence[str],
    reason: str,
    requester: str = "",
    shared: Sequence[str] = (),
    dry_run: bool = False,
) -> Removal:
    """Take documents down: whatever `medpress.lookup` takes for one. Without a name, finish what an earlier run began.

    `shared` are addresses of teams' indexes on Redis servers. With `dry_run` nothing is changed, and the result says what
    would be. Raises `UserError` when a name stands for no document or for several.
    """
    if not (data / "documents").exists() and not (data / "instructions").exists():
        raise UserError(f"there are no documents in {data}.")
    addresses = [parse(text) for text in shared]
    with exclusive(data):
        known = removed(data)
        called = None if dry_run else Pseudonyms(data)
        chosen = [_resolve(data, name, known, called) for name in names] if names else list(known.values())
        given = {name: value for name, value in (("reason", reason), ("requester", requester)) if value}
        result = Removal([_complete(data, row) | given for row in chosen])
        gone = _Gone.of(result.documents)
        result.alike, result.orphans = _alike(data, gone)
        if dry_run:
            result.rows = {folder.name: sum(_holds(path, gone) for path in parts(folder)) for folder in _holders(data)}
            result.work_files = sum(1 for _ in _its_files(data, gone))
            return result
        known |= {row["doc_id"]: row for row in result.documents}
        _write(data, known)
        for address in addresses:
            with connect(address, _scheme(data)) as index, index.held():
                index.remove(gone.records.to_pylist())
        result.rows |= _compact(data, gone)
        for folder in _holders(data):
            if folder.name not in ("documents", "pages"):
                result.rows[folder.name] = _leave_out(folder, gone)
        _forget_sentences(data)
        _quarantine(data, known)
        if result.rows.get("shards"):
            write_card(data)
        result.work_files = _sweep(data, gone)
    return result


def restore(data: Path, names: Sequence[str]) -> list[str]:
    """Forget takedowns, so that `ingest` reads those documents again; returns their ids. Raises `UserError`."""
    with exclusive(data):
        known = removed(data)
        chosen = [one_document(data, name).doc_id for name in names]
        if others := set(chosen) - known.keys():
            raise UserError(f"document {min(others)} of {data} was not taken down.")
        for doc_id in chosen:
            known.pop(doc_id, None)
        _write(data, known)
        _quarantine(data, known)
    return chosen


def datasets(data: Path) -> list[Path]:
    """The folders of a data folder that may hold rows of a document."""
    apart = ("work", "log", "removed", "quarantine")
    return sorted(path for path in data.iterdir() if path.is_dir() and path.name not in apart)


def _holders(data: Path) -> list[Path]:
    """All folders whose rows may go."""
    return [*datasets(data), data / "quarantine"]


def holds(path: Path, rows: Iterable[Mapping[str, Any]]) -> bool:
    """Whether a Parquet file has a row of one of these documents (`REMOVED` rows)."""
    return _holds(path, _Gone.of(rows)) > 0


def refuse_unfinished(data: Path, doc_ids: Iterable[str]) -> None:
    """Raise `UserError` when documents that were taken down are still there: a takedown was interrupted."""
    left = removed(data).keys() & set(doc_ids)
    if left:
        raise UserError(
            f"{len(left)} documents of {data} were taken down but are still there; {to_run('corpus remove', data)} finishes it."
        )


def _scheme(data: Path) -> Scheme:
    """That of the index of this data folder."""
    config = read_manifest(data / "index")["config"]
    return Scheme(bands=config["bands"], rows=config["rows"], seed=config["seed"])


# What is meant.


def _resolve(data: Path, name: str, known: Mapping[str, dict[str, Any]], called: Pseudonyms | None) -> dict[str, Any]:
    """The `REMOVED` row of a document, as far as it is known now; a run that keeps nothing leaves its places their names."""
    place = one_document(data, name)
    if place.doc_id in known:
        return known[place.doc_id]
    row: dict[str, Any] = {"doc_id": place.doc_id, "source": "", "n_pages": 0}
    if place.segment is not None:
        table = read_table(place.segment.files(data)[0], list(row))
        (row,) = table.filter(pc.equal(table["doc_id"], place.doc_id)).to_pylist()
    today = datetime.now(UTC).date().isoformat()
    places = [*place.pseudonyms, *(called(uri) if called else uri for uri in place.uris)]
    return {**row, "places": places, "reason": "", "requester": "", "date": today, "n_tokens": 0, "records": []}


def _complete(data: Path, row: dict[str, Any]) -> dict[str, Any]:
    """With all ids of its records: those that are published, and those of builds that did not finish."""
    records = set(row["records"])
    tokens = row["n_tokens"]
    chosen = pc.field("doc_id") == row["doc_id"]
    for kind, schema in (("shards", RECORD), ("dropped", DROPPED)):
        table = read_dataset(data / kind, schema, ["id", "n_tokens"], chosen)
        tokens += pc.sum(table["n_tokens"]).as_py() or 0 if kind == "shards" else 0
        records.update(table["id"].to_pylist())
    for path in parquet_files(data / "work"):
        schema = open_parquet(path).schema_arrow
        if all(name in schema.names and pa.types.is_string(schema.field(name).type) for name in ("doc_id", "id")):
            for table in _groups(path, ["doc_id", "id"]):
                records.update(table.filter(pc.equal(table["doc_id"], row["doc_id"]))["id"].to_pylist())
    return row | {"records": sorted(records), "n_tokens": tokens}


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


def _forget_sentences(data: Path) -> None:
    """Remove the filters of files that have changed: the next build writes new ones, and until then a lookup reads the files."""
    current = {
        entry["sha256"]
        for kind in sentence_index.KINDS
        if (data / kind / MANIFEST).exists()
        for entry in read_manifest(data / kind)["files"]
    }
    folder = data / sentence_index.FOLDER
    stale = [path for path in parts(folder) if sentence_index.checksum_of(path) not in current]
    if stale:
        update_manifest(folder, dict.fromkeys(stale))
    made = parquet_files(data / "work" / "build" / FILTER_SENTENCES.name)
    for path in [*stale, *(path for path in made if sentence_index.checksum_of(path) not in current)]:
        path.unlink(missing_ok=True)


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
        of = zip(segment.files(data), (DOCUMENT, PAGE), strict=True)
        tables = [read_table(file, schema=schema) for file, schema in of]
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
    """Remove the work files and reports that hold anything of it; returns how many work files."""
    ids = [*gone.documents.to_pylist(), *gone.records.to_pylist()]
    for path in _files(data / "work"):
        if path.suffix == ".jsonl":
            _filter_lines(path, ids)
    files = list(_its_files(data, gone))
    for path in files:
        taken = data / "work" / "build" / "known"
        if path.is_relative_to(taken):  # an index is whole or it is none
            for other in (taken / path.relative_to(taken).parts[0]).rglob("*.*"):
                other.unlink(missing_ok=True)
        path.unlink(missing_ok=True)
    for journal in (data / "journal").glob("*.jsonl"):  # what a model made of it
        _filter_lines(journal, gone.records.to_pylist())
    for name in _REPORTS:
        (data / name).unlink(missing_ok=True)
    return len(files)


def _its_files(data: Path, gone: _Gone) -> Iterator[Path]:
    """The work files that hold anything of what goes and are removed whole."""
    ledger = data / "work" / "ingest" / "ledger"  # names files, holds no text
    doc_ids = gone.documents.to_pylist()
    for path in _files(data / "work"):
        if path.suffix != ".jsonl" and not path.is_relative_to(ledger) and _is_its(path, gone, doc_ids):
            yield path


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file()) if folder.exists() else []


def _is_its(path: Path, gone: _Gone, doc_ids: Sequence[str]) -> bool:
    """Whether a work file holds anything of what goes."""
    if path.name.startswith("."):  # left by a run that was killed
        return True
    if path.suffix == ".parquet":
        return _holds(path, gone) > 0
    if path.parent.name == SHOWN:
        return any(path.name.startswith(doc_id[:12]) for doc_id in doc_ids)
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
