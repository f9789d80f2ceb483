"""What `corpus audit` costs on many records: CPU-seconds, and the memory of its largest process.

    python benchmarks/audit.py --grown-from ./data --out /tmp/audit --records 100000
    python benchmarks/audit.py --grown-from ./data --out /tmp/audit --records 1000000

`./data` is a folder that `ingest` and `corpus build` have written. Its records are cut into stretches of 700 to 1,300
characters with the mentions, relations and scores that they have, and these are written as often as is needed, in the store's
own layout, each time with a new id, other letters at the head of each paragraph and in one of its mentions, so that no
paragraph stands twice and names are as many as texts are. Ten records are a document of five pages; for each five records
one is among the dropped, half of these as copies. The folder is kept and used again.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from cost import BIN, measured

from corpus.audit.gates import read_gates
from medpress.schema import DOCUMENT, DROPPED, PAGE, RECORD, SCHEMAS
from medpress.segments import Segment, append_segments, write_part
from medpress.store import DATA, parts, read_dataset, read_manifest, read_table, stored, write_manifest, write_tables

SHORTEST, LONGEST = 700, 1_300
"""Characters of a record."""
PER_DOCUMENT, PER_PAGE, SHARDS, AT_ONCE, IN_SEGMENT = 10, 2, 16, 1_000, 1_000
MARK = 4
"""Letters that tell a record's paragraphs from those of another one."""
MEMORY, SECONDS = 1_536, 30
"""The bars: MB for any number of records, CPU-seconds for 100,000."""


def stretches(data: Path) -> dict[str, list[dict[str, Any]]]:
    """The records of a build, cut into stretches, by source type; those too short are left out."""
    drawn = random.Random(1)
    found: dict[str, list[dict[str, Any]]] = {}
    for file in parts(data / "shards"):
        for row in read_table(file).to_pylist():
            start = 0
            while len(row["text"]) - start >= SHORTEST and row["augmentation"] is None:
                end = min(len(row["text"]), start + drawn.randint(SHORTEST, LONGEST))
                found.setdefault(row["source_type"], []).append(stretch(row, start, end))
                start = end
    return found


def stretch(row: dict[str, Any], start: int, end: int) -> dict[str, Any]:
    """Characters `start` to `end` of a record, with what lies in them."""
    inside = [at for at, one in enumerate(row["entities"]) if start <= one["start"] and one["end"] <= end]
    place = {old: new for new, old in enumerate(inside)}
    entities = [_moved(row["entities"][at], start) for at in inside]
    relations = [
        {**one, "head": place[one["head"]], "tail": place[one["tail"]]}
        for one in row["relations"]
        if one["head"] in place and one["tail"] in place
    ]
    actions = [_moved(one, start) for one in row["phi_actions"] if start <= one["start"] and one["end"] <= end]
    spans = [{"start": 0, "end": end - start, "page": 1, "block": 0}]
    return row | {
        "text": row["text"][start:end], "entities": entities, "relations": relations, "phi_actions": actions, "spans": spans,
        "parent_id": None, "dup_cluster": None, "dup_count": 1, "n_tokens": (end - start) // 4, "page_start": 1, "page_end": 1,
        "witnesses": [], "left_out": [],
    }  # fmt: skip


def _moved(one: dict[str, Any], by: int) -> dict[str, Any]:
    return one | {"start": one["start"] - by, "end": one["end"] - by}


def id_of(kind: str, number: int) -> str:
    """24 hex digits."""
    return hashlib.sha256(f"{kind} {number}".encode()).hexdigest()[:24]


def letters(number: int) -> str:
    """`MARK` letters, others for each of the first 26 ** MARK numbers."""
    return "".join(chr(97 + number // 26**place % 26) for place in range(MARK))


class Grown:
    """A corpus of so many records; record n is the same whoever asks."""

    def __init__(self, data: Path, records: int) -> None:
        """Reads the build that it is grown from."""
        self.records = records
        self.documents = -(-records // PER_DOCUMENT)
        cut = stretches(data)
        self.types = sorted(cut)
        self.offset = {}
        rows: list[dict[str, Any]] = []
        for kind in self.types:
            self.offset[kind] = (len(rows), len(cut[kind]))
            rows += cut[kind]
        self.texts = [row["text"] for row in rows]
        self.mention = [
            next((e["start"] for e in row["entities"] if e["end"] - e["start"] >= MARK), -1) for row in rows
        ]
        self.table = pa.Table.from_pylist([stored(row, RECORD) for row in rows], schema=RECORD)

    def type_of(self, document: int) -> str:
        """The source type of a document."""
        return self.types[document % len(self.types)]

    def stretch_of(self, number: int) -> int:
        """The stretch that a record is made of."""
        first, count = self.offset[self.type_of(number // PER_DOCUMENT)]
        return first + number % (self.documents * PER_DOCUMENT) * 7 % count

    def text_of(self, number: int) -> str:
        """The text of a record."""
        at, mark = self.stretch_of(number), letters(number)
        text = "\n\n".join(mark + paragraph[MARK:] for paragraph in self.texts[at].split("\n\n"))
        named = self.mention[at]
        return text if named < 0 else text[:named] + mark + text[named + MARK :]

    def rows(self, numbers: Sequence[int], kind: str = "record") -> pa.Table:
        """Records."""
        table = self.table.take([self.stretch_of(number) for number in numbers])
        new = {
            "id": [id_of(kind, number) for number in numbers],
            "doc_id": [id_of("document", number // PER_DOCUMENT % self.documents) for number in numbers],
            "text": [self.text_of(number) for number in numbers],
        }
        for name, values in new.items():
            place = table.schema.get_field_index(name)
            table = table.set_column(place, table.schema.field(name), pa.array(values, pa.string()))
        return table

    def shard(self, kind: str, shard: int) -> Iterator[pa.Table]:
        """The records of a source type in a shard, by id, a row group at a time."""
        each = range(self.types.index(kind), self.documents, len(self.types))
        numbers = (document * PER_DOCUMENT + at for document in each for at in range(PER_DOCUMENT))
        some = [number for number in numbers if number < self.records and number % SHARDS == shard]
        some.sort(key=lambda number: id_of("record", number))
        for start in range(0, len(some), AT_ONCE):
            yield self.rows(some[start : start + AT_ONCE])

    def dropped(self, numbers: Sequence[int]) -> pa.Table:
        """Dropped records: each second one says what a kept one says."""
        table = self.rows(numbers, "dropped")
        copies = [number % 2 == 0 for number in numbers]
        columns = {
            "stage": ["near duplicates" if copy else "filters" for copy in copies],
            "reason": ["near_duplicate" if copy else "quality_score" for copy in copies],
            "value": [0.9 if copy else 0.1 for copy in copies],
            "threshold": [0.8 if copy else 0.4 for copy in copies],
            "duplicate_of": [id_of("record", n) if copy else None for n, copy in zip(numbers, copies, strict=True)],
        }
        for name, values in columns.items():
            table = table.append_column(DROPPED.field(name), pa.array(values, DROPPED.field(name).type))
        return table.cast(DROPPED)

    def segment(self, data: Path, document: dict[str, Any], first: int) -> Segment:
        """Documents from `first` on, with their pages."""
        some = sorted(range(first, min(first + IN_SEGMENT, self.documents)), key=lambda d: id_of("document", d))
        table = self.table
        documents, pages = [], []
        for number in some:
            like = self.stretch_of(number * PER_DOCUMENT)
            told = {name: table[name][like].as_py() for name in ("source", "source_type", "lang", "license")}
            own = {"doc_id": id_of("document", number), "uris": [f"{number}.pdf"], "n_pages": PER_DOCUMENT // PER_PAGE}
            documents.append(stored(document | own | told, DOCUMENT))
            texts = [self.text_of(number * PER_DOCUMENT + at) for at in range(PER_DOCUMENT)]
            for page in range(PER_DOCUMENT // PER_PAGE):
                said = texts[page * PER_PAGE : (page + 1) * PER_PAGE]
                row = {
                    "doc_id": own["doc_id"], "page": page + 1, "route": "native", "reason": "text layer", "width": 595.0, "height": 842.0,
                    "source_characters": sum(map(len, said)), "coverage": 1.0, "inflation": 1.0, "numbers_lost": [], "numbers_new": [],
                    "blocks": [{"kind": "paragraph", "level": 0, "text": text} for text in said],
                }  # fmt: skip
                pages.append(stored(row, PAGE))
        made = [
            _part(data / kind / DATA, rows, SCHEMAS[kind])
            for kind, rows in (("documents", documents), ("pages", pages))
        ]
        return Segment(*made)

    def write(self, source: Path, data: Path) -> None:
        """The data folder."""
        for kind in self.types:
            for shard in range(SHARDS):
                write_tables(data / "shards" / DATA / kind / f"{shard:05}.parquet", self.shard(kind, shard), RECORD)
        config = read_manifest(source / "shards")["config"]
        write_manifest(data / "shards", kind="shards", config=config, versions={})
        gone = range(self.records // 5)
        for kind in self.types:
            own = [n for n in gone if self.type_of(n // PER_DOCUMENT) == kind]
            own.sort(key=lambda n: id_of("dropped", n))
            tables = (self.dropped(own[start : start + AT_ONCE]) for start in range(0, len(own), AT_ONCE))
            write_tables(data / "dropped" / DATA / kind / "00000.parquet", tables, DROPPED)
        write_manifest(data / "dropped", kind="dropped", config=config, versions={})
        document = read_dataset(source / "documents", DOCUMENT, DOCUMENT.names).slice(0, 1).to_pylist()[0]
        document |= {"title": "", "authors": [], "identifiers": []}
        starts = range(0, self.documents, IN_SEGMENT)
        append_segments(data, [self.segment(data, document, start) for start in starts], {"config": {}, "versions": {}})
        for kind in ("boilerplate", "index", "quarantine"):
            shutil.copytree(source / kind, data / kind)


def _part(folder: Path, rows: Iterable[dict[str, Any]], schema: pa.Schema) -> Any:
    folder.mkdir(parents=True, exist_ok=True)
    return write_part(folder, pa.Table.from_pylist(list(rows), schema=schema))


def main() -> None:
    """Grow the corpus, if it is not there, and audit it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--grown-from", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--records", type=int, default=100_000)
    chosen = parser.parse_args()
    data = chosen.out / f"{chosen.records}"
    if not (data / "documents" / "manifest.json").exists():
        shutil.rmtree(data, ignore_errors=True)
        Grown(chosen.grown_from, chosen.records).write(chosen.grown_from, data)
        for path in (data, *data.rglob("*")):
            path.chmod(0o700 if path.is_dir() else 0o600)
    # A gate that fails is no failure of the audit: what was grown says the same of many documents.
    harmless = chosen.out / "gates.toml"
    harmless.write_text("".join(f'["{gate.name}"]\nseverity = "warning"\n' for gate in read_gates()))
    log = chosen.out / f"{chosen.records}.log"
    log.unlink(missing_ok=True)
    cost = measured([str(BIN / "corpus"), "audit", "--data", str(data), "--gates", str(harmless)], log)
    size = (data / "audit.html").stat().st_size / 2**20
    print(f"{chosen.records:,} records: {cost.seconds:.1f} CPU-seconds (bar for 100,000: {SECONDS})")
    print(f"largest process {max(cost.main, cost.worker):,.0f} MB (bar {MEMORY:,}), page {size:.2f} MB")
    if "could not be checked" in " ".join(log.read_text().split()):
        sys.exit("a gate could not be checked")


if __name__ == "__main__":
    main()
