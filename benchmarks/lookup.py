"""From a file name, and from a sentence, to its page and records: seconds of each command on a corpus of a million records.

    python benchmarks/lookup.py                                # 1,000,000 records of 250,000 documents
    python benchmarks/lookup.py --records 100000 --per-document 1 --data ./data-lookup

Writes the data folder in the store's own layout, with texts of 120 words from a vocabulary of 20,000 (a real text would be
found no slower: its index is as large, and the sentence as rare), the index as the build's step writes it, and then times
whole commands, the start of Python included. The folder is kept when `--data` names it, and used again.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa

from medpress.schema import DOCUMENT, PAGE, RECORD
from medpress.segments import Segment, append_segments, write_part
from medpress.sentence_index import FOLDER, write_filters
from medpress.store import DATA, read_manifest, write_manifest, write_tables

WORDS, VOCABULARY, SHARDS, AT_ONCE, REPEATS = 120, 20_000, 64, 1_000, 3
BIN = Path(sys.executable).parent


def vocabulary() -> pa.Array:
    """Words of two to eleven letters, as often as in English about."""
    rng = np.random.default_rng(1)
    lengths = 2 + rng.binomial(9, 0.35, VOCABULARY)
    return pa.array(["".join(map(chr, rng.integers(97, 123, length))) for length in lengths])


def texts(rows: np.ndarray, words: pa.Array) -> pa.Array:
    """The text of each record: its words depend on its number alone. A full stop stands after each twelve."""
    keys = (rows.astype(np.uint64)[:, None] * np.uint64(WORDS) + np.arange(WORDS, dtype=np.uint64)).ravel()
    keys = (keys ^ (keys >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    chosen = (((keys ^ (keys >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)) >> np.uint64(33)) % VOCABULARY
    some = pa.ListArray.from_arrays(np.arange(0, len(chosen) + 1, 12, dtype=np.int32), words.take(pa.array(chosen)))
    sentences = pa.compute.binary_join(some, " ")
    lists = pa.ListArray.from_arrays(np.arange(0, len(sentences) + 1, WORDS // 12, dtype=np.int32), sentences)
    return pa.compute.binary_join(lists, ". ")


def id_of(kind: int, number: int) -> str:
    """24 hex digits."""
    return f"{(number * 0x9E3779B97F4A7C15 + kind) % 2**64:016x}{number:08x}"


def table(schema: pa.Schema, rows: int, columns: dict[str, pa.Array]) -> pa.Table:
    """Rows with these columns, and null in all others."""
    return pa.table([columns.get(f.name, pa.nulls(rows, f.type)) for f in schema], schema=schema)


def same(value: object, rows: int, kind: pa.DataType) -> pa.Array:
    """A column of one value."""
    return pa.repeat(pa.scalar(value, kind), rows)


def write_segment(data: Path, first: int, count: int, per_document: int) -> Segment:
    """Documents `first` to `first + count`, and their pages: one a record."""
    words = vocabulary()
    order = sorted(range(first, first + count), key=lambda n: id_of(0, n))
    documents = table(
        DOCUMENT,
        count,
        {
            "doc_id": pa.array([id_of(0, n) for n in order]),
            "uris": pa.array([[f"ward_{n % 97}/patient_{n // 7}/letter_{n}.pdf"] for n in order]),
            "format": same("pdf", count, pa.string()),
            "source_type": same("note", count, pa.string()),
            "source": same("notes", count, pa.string()),
            "lang": same("en", count, pa.string()),
            "license": same("", count, pa.string()),
            "n_pages": same(per_document, count, pa.int32()),
            "warnings": pa.array([[]] * count, pa.list_(pa.string())),
            "extractor": same("pdf 1", count, pa.string()),
        },
    )
    numbers = np.repeat(np.array(order), per_document)
    page = np.tile(np.arange(1, per_document + 1, dtype=np.int32), count)
    rows = len(numbers)
    text = texts(numbers * per_document + page - 1, words)
    fields = {
        "kind": same("paragraph", rows, pa.string()),
        "level": same(0, rows, pa.int8()),
        "text": text,
        "bbox": pa.nulls(rows, PAGE.field("blocks").type.value_type.field("bbox").type),
        "confidence": pa.nulls(rows, pa.float32()),
        "join": pa.nulls(rows, pa.string()),
    }
    block = PAGE.field("blocks").type.value_type
    blocks = pa.StructArray.from_arrays([fields[f.name] for f in block], fields=list(block))
    pages = table(
        PAGE,
        rows,
        {
            "doc_id": pa.array([id_of(0, int(n)) for n in numbers]),
            "page": pa.array(page),
            "route": same("native", rows, pa.string()),
            "reason": same("text layer", rows, pa.string()),
            "width": same(0.0, rows, pa.float32()),
            "height": same(0.0, rows, pa.float32()),
            "blocks": pa.ListArray.from_arrays(np.arange(rows + 1, dtype=np.int32), blocks).cast(
                PAGE.field("blocks").type
            ),
        },
    )
    made = []
    for kind, rows_of in (("documents", documents), ("pages", pages)):
        folder = data / kind / DATA / f"{first}"
        folder.mkdir(parents=True, exist_ok=True)
        part = write_part(folder, rows_of)
        (folder / Path(part.path).name).rename(folder.parent / Path(part.path).name)
        folder.rmdir()
        made.append(part)
    return Segment(*made)


def write_shard(data: Path, shard: int, records: int, per_document: int) -> None:
    """The records of one shard, sorted by id, and its part of the index."""
    words = vocabulary()
    numbers = sorted(range(shard, records, SHARDS), key=lambda n: id_of(1, n))

    def tables() -> Iterator[pa.Table]:
        for start in range(0, len(numbers), AT_ONCE):
            some = numbers[start : start + AT_ONCE]
            text = texts(np.array(some), words)
            ends = pa.compute.utf8_length(text)
            page = pa.array([n % per_document + 1 for n in some], pa.int32())
            span = RECORD.field("spans").type.value_type
            columns = [same(0, len(some), pa.int32()), ends, page, same(0, len(some), pa.int32())]
            spans = pa.StructArray.from_arrays(columns, fields=list(span))
            yield table(
                RECORD,
                len(some),
                {
                    "id": pa.array([id_of(1, n) for n in some]),
                    "doc_id": pa.array([id_of(0, n // per_document) for n in some]),
                    "text": text,
                    "spans": pa.ListArray.from_arrays(np.arange(len(some) + 1, dtype=np.int32), spans).cast(
                        RECORD.field("spans").type
                    ),
                    "section": pa.array([[]] * len(some), pa.list_(pa.string())),
                    "page_start": page,
                    "page_end": page,
                    "phi_actions": pa.array([[]] * len(some), RECORD.field("phi_actions").type),
                    "entities": pa.array([[]] * len(some), RECORD.field("entities").type),
                    "relations": pa.array([[]] * len(some), RECORD.field("relations").type),
                    "n_tokens": same(2 * WORDS, len(some), pa.int32()),
                },
            )

    write_tables(data / "shards" / DATA / "note" / f"{shard:05}.parquet", tables(), RECORD)


def write(data: Path, records: int, per_document: int) -> None:
    """The data folder."""
    documents = records // per_document
    with ProcessPoolExecutor() as pool:
        segments = [
            pool.submit(write_segment, data, start, min(1_000, documents - start), per_document)
            for start in range(0, documents, 1_000)
        ]
        shards = [pool.submit(write_shard, data, shard, records, per_document) for shard in range(SHARDS)]
        append_segments(data, [each.result() for each in segments], {"config": {}, "versions": {}})
        for each in shards:
            each.result()
        manifest = write_manifest(data / "shards", kind="shards", config={}, versions={})
        started = time.monotonic()
        filters = [
            pool.submit(
                write_filters, data / "shards" / entry["path"], entry["sha256"],
                data / FOLDER / DATA / "shards" / entry["path"].removeprefix(f"{DATA}/"), print_nothing,
            )
            for entry in manifest["files"]
        ]  # fmt: skip
        for made in filters:
            made.result()
        print(f"index written in {time.monotonic() - started:.0f} s of wall time")
    write_manifest(data / FOLDER, kind=FOLDER, config={}, versions={})


def print_nothing(word: str) -> None:
    """Nobody waits for the row groups."""


def main() -> None:
    """Write the folder, if it is not there, and time the commands."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--per-document", type=int, default=4)
    parser.add_argument("--data", type=Path)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        data = chosen.data or Path(temporary) / "data"
        if not (data / FOLDER / "manifest.json").exists():
            write(data, chosen.records, chosen.per_document)
        sizes = {kind: read_manifest(data / kind)["bytes"] / 2**20 for kind in ("documents", "pages", "shards", FOLDER)}
        print(", ".join(f"{kind} {size:,.0f} MiB" for kind, size in sizes.items()))
        number = chosen.records * 5 // 7
        name = f"letter_{number // chosen.per_document}.pdf"
        text = texts(np.array([number]), vocabulary())[0].as_py()
        sentence = re.split(r"\. ", text)[4].upper().replace(" ", "\n", 3)
        for words in (
            ["ingest", "show", name], ["ingest", "show", sentence], ["corpus", "trace", name], ["corpus", "trace", sentence],
            ["corpus", "trace", id_of(1, number)[:12]],
        ):  # fmt: skip
            walls, processor = [], []
            for _ in range(REPEATS):
                started = time.monotonic()
                before = resource_seconds()
                done = subprocess.run([BIN / words[0], *words[1:], "--data", str(data)], capture_output=True, text=True)
                walls.append(time.monotonic() - started)
                processor.append(resource_seconds() - before)
                if done.returncode or (words[0] == "corpus" and id_of(1, number) not in done.stdout):
                    sys.exit(f"{words[:2]} did not find it: {done.stdout[-500:]}{done.stderr[-500:]}")
            shown = " ".join(word if len(word) < 40 else '"a sentence"' for word in words)
            print(f"{shown}: best {min(walls):.2f} s, median {sorted(walls)[1]:.2f} s, {min(processor):.2f} CPU-s")


def resource_seconds() -> float:
    """CPU-seconds of the commands so far."""
    import resource

    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
