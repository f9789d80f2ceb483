"""Checks of a build that are more than a question in SQL. A new one is a function and a line in `CHECKS`; `gates.toml` says
which gate asks it, and how strictly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from corpus.audit.contamination import benchmarks_of, questions_held
from corpus.audit.database import collections_of_persons
from corpus.audit.identifiers import identifiers_left
from corpus.audit.second_reading import read_again, sample_of
from corpus.audit.verdict import Verdict
from corpus.build_state import newer_documents
from corpus.duplicates.passes import hex_ranges
from corpus.tables import row_groups
from corpus.takedown import datasets, holds
from medpress.location import is_remote
from medpress.modes import open_to_others
from medpress.page_account import account, worst_pages
from medpress.removed import removed
from medpress.schema import DOCUMENT, RECORD, SCHEMAS
from medpress.store import (
    MANIFEST,
    check_manifest,
    file_sha256,
    open_parquet,
    parts,
    read_dataset,
    read_manifest,
    read_table,
)

ROWS_SHOWN = 20
"""Rows that a check shows, the worst first."""
IDS_AT_ONCE = 1_000_000
"""Ids that a gate compares at a time, about: the others are read in their turn."""


def checksums(data: Path) -> Verdict:
    """Every dataset is what its manifest says."""
    faults = [
        f"{kind}/{fault}"
        for kind in ("documents", "pages", "shards", "dropped", "boilerplate", "index", "sentences", "tokens")
        if kind not in ("sentences", "tokens") or (data / kind).exists()
        for fault in check_manifest(data / kind)
    ]
    return Verdict(not faults, "; ".join(faults[:5]) or "every file has the checksum of its manifest")


def schema(data: Path) -> Verdict:
    """Every shard has the declared schema."""
    wrong = [p.name for p in parts(data / "shards") if not open_parquet(p).schema_arrow.equals(RECORD)]
    return Verdict(not wrong, f"{len(wrong)} shards have another schema" if wrong else "all shards have the schema")


def unique_ids(data: Path) -> Verdict:
    """No id occurs twice, nor both in the shards and among the dropped."""
    total = twice = 0
    for low, high in _ranges(data, "shards", "dropped"):
        counts = pc.value_counts(_of_range(data, ("shards", "dropped"), "id", low, high)).field("counts")
        total += pc.sum(counts).as_py() or 0
        twice += pc.sum(pc.greater(counts, 1)).as_py() or 0
    return Verdict(not twice, f"{twice} ids occur twice" if twice else f"{total:,} ids, each once")


def nothing_disappeared(data: Path) -> Verdict:
    """Every document that the build has read has a record, a dropped record or a quarantine row."""
    total = lost = newer = 0
    files = newer_documents(data)
    new = pa.concat_tables([_NO_DOCUMENTS, *(read_table(file, ["doc_id"]) for file in files)])[
        "doc_id"
    ].combine_chunks()
    for low, high in _ranges(data, "documents"):
        documents = _of_range(data, ("documents",), "doc_id", low, high)
        seen = pc.unique(_of_range(data, ("shards", "dropped", "quarantine"), "doc_id", low, high))
        unseen = documents.filter(pc.invert(pc.is_in(documents, seen)))
        unread = pc.sum(pc.is_in(unseen, new)).as_py() or 0
        total += len(documents) - unread
        newer += unread
        lost += len(unseen) - unread
    more = f"; {newer:,} documents are newer than the build: run `corpus build`" if newer else ""
    return Verdict(not lost, (f"{lost} documents are lost" if lost else f"{total:,} documents accounted for") + more)


_NO_DOCUMENTS = pa.schema([DOCUMENT.field("doc_id")]).empty_table()


def _ranges(data: Path, *kinds: str) -> list[tuple[str, str]]:
    """Ranges of ids, each of about `IDS_AT_ONCE` rows of some datasets."""
    return hex_ranges(-(-sum(read_manifest(data / kind)["rows"] for kind in kinds) // IDS_AT_ONCE))


def _of_range(data: Path, kinds: Sequence[str], column: str, low: str, high: str) -> pa.ChunkedArray:
    """The ids of a column that lie in a range, of several datasets."""
    within = (pc.field(column) >= low) & (pc.field(column) < high)
    tables = [read_dataset(data / kind, SCHEMAS[kind], [column], within) for kind in kinds]
    return pa.concat_tables(tables)[column]


def offsets(data: Path) -> Verdict:
    """Spans, entities and redactions lie inside their text and are not empty."""
    wrong = total = 0
    for table in row_groups(data / "shards", ["text", "spans", "entities", "phi_actions"]):
        lengths = pc.utf8_length(table["text"]).combine_chunks()
        for column in ("spans", "entities", "phi_actions"):
            lists = table[column].combine_chunks()
            flat = lists.flatten()
            limit = lengths.take(pc.list_parent_indices(lists))
            start, end = pc.struct_field(flat, "start"), pc.struct_field(flat, "end")
            bad = pc.or_(pc.or_(pc.less(start, 0), pc.greater(end, limit)), pc.greater_equal(start, end))
            wrong += pc.sum(bad).as_py() or 0
            total += len(flat)
    return Verdict(
        not wrong,
        f"{wrong} of {total:,} spans lie outside their text" if wrong else f"{total:,} spans lie inside their text",
    )


def conservation(data: Path, lost: float, doubled: float, changed: float) -> Verdict:
    """What stands in the pages is what their sources say. The limits: share of the sources' characters that may be in no
    block without a reason, and that may be written more often than they stand there; share of the pages on which a number
    may stand that their source does not have."""
    found = account(data)
    size = max(1, found.characters)
    of_lost, of_new, of_changed = found.lost / size, found.new / size, found.changed / max(1, found.pages)
    finding = (
        f"of {found.pages:,} pages {of_lost:.2%} of the characters lost ({lost:.1%} allowed),"
        f" {of_new:.2%} too many ({doubled:.1%}), {found.changed} pages with new numbers ({changed:.1%})"
    )
    if not found.pages:
        return Verdict(True, "no page has a source whose text can be read in another way", checked=False)
    worst = worst_pages(data, ROWS_SHOWN).to_pylist()
    if of_lost <= lost and of_new <= doubled and of_changed <= changed:
        return Verdict(True, finding)
    named = ", ".join(f"{row['doc_id']} page {row['page']}" for row in worst[:3])
    return Verdict(False, f"{finding}; worst: {named}", worst)


def contamination(data: Path) -> Verdict:
    """No question of the benchmarks that the build was told of stands in the shards."""
    files = benchmarks_of(data)
    if not files:
        return Verdict(True, "no benchmark was named, so none was searched for", checked=False)
    if gone := [file for file in files if not file.exists()]:
        return Verdict(
            False, f"{len(gone)} of {len(files)} benchmarks are not where they were, so they were not looked for"
        )
    found = list(questions_held(data, files))
    if not found:
        return Verdict(True, f"no question of {len(files)} benchmarks stands in the shards")
    items = {(held.benchmark, held.item) for held in found}
    rows = [asdict(held) for held in sorted(found, key=lambda held: (-held.share, held.id))[:ROWS_SHOWN]]
    return Verdict(
        False, f"{len(items)} questions of benchmarks stand in {len({held.id for held in found})} records", rows
    )


def no_identifiers(data: Path) -> Verdict:
    """Nothing but raw text tells who somebody is: no dataset, card, manifest, report, log or journal."""
    found = sorted(identifiers_left(data), key=lambda left: (left.kind, left.place, left.record))
    if not found:
        return Verdict(
            True, "no hard identifier and none of the persons whom the documents tell is left outside raw text"
        )
    counts = Counter[str]()
    for left in found:
        counts[f"{left.kind} in {left.place}"] += left.count
    listing = ", ".join(f"{count} {what}" for what, count in counts.most_common(8))
    rows = [asdict(left) for left in found[:ROWS_SHOWN]]
    return Verdict(False, f"{counts.total()} identifiers are left outside raw text: {listing}", rows)


def identities_read_again(data: Path, share: float) -> Verdict:
    """What a second reading of a sample takes for somebody. The limit is on the upper end of the 95 % interval, or on
    the share itself where every record was read."""
    manifest = data / "shards" / MANIFEST
    reading = read_again(sample_of(data, file_sha256(manifest)))
    held = reading.held
    every = reading.records == read_manifest(data / "shards")["rows"]
    drawn = "all of them" if every else f"95 % interval {held.low:.2%} to {held.high:.2%}"
    finding = f"of {reading.records:,} records {held.share:.2%} hold something like an identity ({drawn}; {share:.2%} allowed)"
    worst = held.share if every else held.high
    return Verdict(worst <= share, finding, reading.rows[:ROWS_SHOWN], checked=reading.records > 0)


def names_of_collections(data: Path) -> Verdict:
    """No collection is called like a person, nor like a person's record."""
    named = collections_of_persons(data)
    if not named:
        return Verdict(True, "no collection is called like a person")
    # The name itself would be in the report then: a document of the collection leads to it.
    rows = [{"doc_id": doc_id, "records": _records_of(data, name)} for name, doc_id in named.items()]
    return Verdict(False, f"{len(named)} collections are called like a person", rows)


def _records_of(data: Path, source: str) -> int:
    return read_dataset(data / "shards", RECORD, ["id"], pc.field("source") == source).num_rows


def raw_text_is_private(data: Path) -> Verdict:
    """Nobody but its owner may open anything of the data folder."""
    if is_remote(data):
        return Verdict(True, "an object store has its own rules of access", checked=False)
    wide = open_to_others(data)
    folders = sorted({path.partition("/")[0] for path in wide})
    if wide:
        where = ", ".join("the data folder itself" if name == "." else name for name in folders[:8])
        return Verdict(
            False, f"{len(wide)} files and folders are open to others, in {where}; `corpus build` closes them"
        )
    return Verdict(True, "files and folders are their owner's alone")


def token_shards(data: Path) -> Verdict:
    """Token shards, where there are any, hold the records of the shards, each in its place."""
    if not (data / "tokens").exists():
        return Verdict(True, "none were asked for", checked=False)
    files = [{path.relative_to(data / kind): path for path in parts(data / kind)} for kind in ("shards", "tokens")]
    shards, tokens = files
    if shards.keys() != tokens.keys() or not all(_ids(shards[name]).equals(_ids(tokens[name])) for name in shards):
        return Verdict(False, "they hold other records than the shards; run `corpus build --tokenize` again")
    records = read_manifest(data / "tokens")["rows"]
    return Verdict(True, f"{records:,} records, each where the shards have it")


def _ids(path: Path) -> pa.ChunkedArray:
    return read_table(path, ["id"])["id"]


def augmented_text(data: Path) -> Verdict:
    """Every augmented record rests on a record of the shards, and their share of each source is below its cap."""
    tokens: dict[str, Counter[bool]] = {}
    resting = True
    for table in row_groups(data / "shards", ["parent_id", "source", "n_tokens", "spans"]):
        made = pc.is_valid(table["parent_id"])
        resting &= bool(pc.all(pc.greater(pc.list_value_length(table["spans"].filter(made)), 0), min_count=0).as_py())
        counted = table.select(["source", "n_tokens"]).append_column("made", made).group_by(["source", "made"])
        for row in counted.aggregate([("n_tokens", "sum")]).to_pylist():
            tokens.setdefault(row["source"], Counter())[row["made"]] += row["n_tokens_sum"]
    if not any(True in counts for counts in tokens.values()):
        return Verdict(True, "none was asked for", checked=False)
    orphans = 0
    for low, high in _ranges(data, "shards"):
        parents = pc.unique(_of_range(data, ("shards",), "parent_id", low, high))
        of_range = (pc.field("id") >= low) & (pc.field("id") < high) & pc.field("parent_id").is_null()
        records = read_dataset(data / "shards", RECORD, ["id"], of_range)["id"]
        orphans += len(parents) - (pc.sum(pc.is_in(parents, records.combine_chunks())).as_py() or 0)
    if orphans:
        return Verdict(False, f"{orphans} parents of augmented records are not in the shards")
    if not resting:
        return Verdict(False, "there are augmented records that rest on no passage")
    cap = read_manifest(data / "shards")["config"]["augment"]["max_share"]
    share, source = max((counts[True] / max(1, counts.total()), source) for source, counts in tokens.items())
    finding = (
        f"at most {share:.1%} of a source ({source}), {cap:.0%} allowed; every one rests on a record of the shards"
    )
    return Verdict(share <= cap, finding)


def something_to_train_on(data: Path) -> Verdict:
    """The shards are not empty, and no source lost everything: what another record repeats is not lost."""
    kept = Counter[str]()
    for table in row_groups(data / "shards", ["source"]):
        kept.update(table["source"].to_pylist())
    newer = set(newer_documents(data))
    read = [file for file in parts(data / "documents") if file not in newer]
    sources = {source for file in read for source in read_table(file, ["source"])["source"].unique().to_pylist()}
    repeated: set[str] = set()
    for table in row_groups(data / "dropped", ["source", "duplicate_of"]):
        repeated.update(table.filter(pc.is_valid(table["duplicate_of"]))["source"].to_pylist())
    empty = sorted(sources - kept.keys() - repeated)
    if empty:
        return Verdict(False, f"no record is left of {', '.join(empty[:5])}")
    return Verdict(bool(kept), f"{kept.total():,} records from {len(kept)} sources")


def takedowns(data: Path) -> Verdict:
    """What was taken down is in no dataset."""
    gone = removed(data)
    if not gone:
        return Verdict(True, "nothing was taken down")
    left = sorted({folder.name for folder in datasets(data) for path in parts(folder) if holds(path, gone.values())})
    if left:
        return Verdict(False, f"still in {', '.join(left)}: `corpus remove` finishes what was interrupted")
    return Verdict(True, f"{len(gone)} documents were taken down")


CHECKS: dict[str, Callable[..., Verdict]] = {
    "checksums": checksums,
    "schema": schema,
    "unique ids": unique_ids,
    "nothing disappeared": nothing_disappeared,
    "conservation": conservation,
    "offsets": offsets,
    "no identifiers": no_identifiers,
    "contamination": contamination,
    "identities read again": identities_read_again,
    "names of collections": names_of_collections,
    "raw text is private": raw_text_is_private,
    "takedowns": takedowns,
    "token shards": token_shards,
    "augmented text": augmented_text,
    "something to train on": something_to_train_on,
}
"""Check by name: (data, limits by name) -> verdict."""
