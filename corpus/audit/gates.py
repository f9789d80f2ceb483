"""What a build must satisfy before anyone trains on it. A new gate is one function and one line in `GATES`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from corpus.audit.figures import row_groups
from corpus.takedown import datasets, holds, removed
from medpress.errors import CorruptError
from medpress.schema import DOCUMENT, RECORD
from medpress.store import check_manifest, open_parquet, parts, read_dataset, read_manifest
from nlp import phi

NEVER_IN_A_SHARD = ("ID_CARD", "SSN", "PHONE", "RECORD", "BANK_CARD", "PASSPORT")
"""Identifiers that no text needs; found after redaction, they fail the build."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of a gate."""

    passed: bool
    finding: str
    """One sentence with the figures."""


def checksums(data: Path) -> Verdict:
    """Every dataset is what its manifest says."""
    faults = [
        f"{kind}/{fault}"
        for kind in ("documents", "pages", "shards", "dropped", "boilerplate", "index", "tokens")
        if kind != "tokens" or (data / kind).exists()
        for fault in check_manifest(data / kind)
    ]
    return Verdict(not faults, "; ".join(faults[:5]) or "every file has the checksum of its manifest")


def schema(data: Path) -> Verdict:
    """Every shard has the declared schema."""
    wrong = [p.name for p in parts(data / "shards") if not open_parquet(p).schema_arrow.equals(RECORD)]
    return Verdict(not wrong, f"{len(wrong)} shards have another schema" if wrong else "all shards have the schema")


def unique_ids(data: Path) -> Verdict:
    """No id occurs twice, nor both in the shards and among the dropped."""
    counts: Counter[str] = Counter()
    for kind in ("shards", "dropped"):
        for table in row_groups(data / kind, ["id"]):
            counts.update(table["id"].to_pylist())
    twice = sum(count > 1 for count in counts.values())
    return Verdict(not twice, f"{twice} ids occur twice" if twice else f"{len(counts):,} ids, each once")


def nothing_disappeared(data: Path) -> Verdict:
    """Every document has a record, a dropped record or a quarantine row."""
    documents = set(read_dataset(data / "documents", DOCUMENT, ["doc_id"])["doc_id"].to_pylist())
    seen: set[str] = set()
    for kind in ("shards", "dropped"):
        for table in row_groups(data / kind, ["doc_id"]):
            seen.update(table["doc_id"].to_pylist())
    for table in row_groups(data / "quarantine", ["doc_id"]):
        seen.update(table["doc_id"].drop_null().to_pylist())
    lost = documents - seen
    return Verdict(
        not lost, f"{len(lost)} documents are lost" if lost else f"{len(documents):,} documents accounted for"
    )


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


def no_identifiers(data: Path) -> Verdict:
    """The detector, run again over the shards, finds no hard identifier."""
    found: Counter[str] = Counter()
    for table in row_groups(data / "shards", ["text", "lang"]):
        for row in table.to_pylist():
            spans = phi.find(row["text"], lang=row["lang"], policy="precise")
            found.update(span.type for span in spans if span.type in NEVER_IN_A_SHARD)
    listing = ", ".join(f"{count} {kind}" for kind, count in found.most_common())
    return Verdict(not found, f"left in the shards: {listing}" if found else "no hard identifier is left in the shards")


def token_shards(data: Path) -> Verdict:
    """Token shards, where there are any, hold the records of the shards, each in its place."""
    if not (data / "tokens").exists():
        return Verdict(True, "none were asked for")
    ids = [
        [(path.relative_to(data / kind), id) for path in parts(data / kind) for id in _ids(path)]
        for kind in ("shards", "tokens")
    ]
    if ids[0] != ids[1]:
        return Verdict(False, "they hold other records than the shards; run `corpus build --tokenize` again")
    return Verdict(True, f"{len(ids[1]):,} records, each where the shards have it")


def _ids(path: Path) -> list[str]:
    ids: list[str] = open_parquet(path).read(columns=["id"])["id"].to_pylist()
    return ids


def augmented_text(data: Path) -> Verdict:
    """Every augmented record rests on a record of the shards, and their share of each source is below its cap."""
    records: set[str] = set()
    parents: set[str] = set()
    tokens: dict[str, Counter[bool]] = {}
    resting = True
    for table in row_groups(data / "shards", ["id", "parent_id", "source", "n_tokens", "spans"]):
        made = pc.is_valid(table["parent_id"])
        records.update(table["id"].filter(pc.invert(made)).to_pylist())
        parents.update(table["parent_id"].drop_null().to_pylist())
        resting &= bool(pc.all(pc.greater(pc.list_value_length(table["spans"].filter(made)), 0), min_count=0).as_py())
        columns = (table["source"].to_pylist(), made.to_pylist(), table["n_tokens"].to_pylist())
        for source, is_made, count in zip(*columns, strict=True):
            tokens.setdefault(source, Counter())[is_made] += count
    if not parents:
        return Verdict(True, "none was asked for")
    if orphans := len(parents - records):
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
    sources = set(read_dataset(data / "documents", DOCUMENT, ["source"])["source"].to_pylist())
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


GATES: dict[str, Callable[[Path], Verdict]] = {
    "checksums": checksums,
    "schema": schema,
    "unique ids": unique_ids,
    "nothing disappeared": nothing_disappeared,
    "offsets": offsets,
    "no identifiers": no_identifiers,
    "takedowns": takedowns,
    "token shards": token_shards,
    "augmented text": augmented_text,
    "something to train on": something_to_train_on,
}
"""Name to gate, in the order of the report."""


def run_gates(data: Path) -> dict[str, Verdict]:
    """The verdict of every gate; one that cannot be computed has failed."""
    verdicts = {}
    for name, gate in GATES.items():
        try:
            verdicts[name] = gate(data)
        except (OSError, pa.ArrowException, CorruptError) as error:
            verdicts[name] = Verdict(False, f"could not be checked: {type(error).__name__}")
    return verdicts
