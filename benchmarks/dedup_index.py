"""The incremental index: what comparing 1,000 new documents with an existing corpus costs, by the size of that corpus.

    python benchmarks/dedup_index.py                      # 2,000, 20,000 and 200,000 known records
    python benchmarks/dedup_index.py 50000 500000

Texts of 150 words from a vocabulary of 7,500, a fifth of them Chinese. Half of the new documents repeat a known one, with
one word in a hundred changed. Each comparison runs in a process of its own, so that its peak memory is its own; Python and
its libraries take some 170 MiB of it. Steps as in a build: content hashes, keys of 20 bands, candidates, texts, exact
Jaccard and medical guard.
"""

from __future__ import annotations

import argparse
import itertools
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from corpus.duplicates import index, passes
from corpus.duplicates.exact import content_hashes
from corpus.duplicates.minhash import SCHEME
from medpress.store import DATA, parts, read_table, write_table

NEW = 1_000
BATCH = 20_000
_LATIN = [
    "".join(letters)
    for letters in itertools.islice(itertools.product("bdfklmnprt", "aeiou", "bdfklmnprt", "aeiou", "xyz"), 7_500)
]
_HAN = [chr(0x4E00 + number) for number in range(3_000)]


def text(seed: int) -> list[str]:
    """The words of a known record."""
    rng = random.Random(seed)
    return rng.choices(_HAN if seed % 5 == 0 else _LATIN, k=150)


def new_text(number: int, known: int) -> str:
    """A new document: every second one repeats a known record, nearly."""
    rng = random.Random(f"new {number}")
    if number % 2:
        return " ".join(rng.choices(_LATIN, k=150))
    words = text(rng.randrange(known))
    return " ".join(rng.choice(_LATIN) if rng.random() < 1 / 100 else word for word in words)


def records(seeds: range) -> pa.Table:
    """id, text and content hash of known records."""
    texts = [" ".join(text(seed)) for seed in seeds]
    ids = [f"{(seed * 0x9E3779B97F4A7C15) % 2**64:016x}{seed:08x}" for seed in seeds]
    return pa.table({"id": ids, "text": texts, "content_hash": content_hashes(texts)})


def write_index(folder: Path, known: int) -> None:
    """The index of so many records, as a build writes it."""
    for start in range(0, known, BATCH):
        some = records(range(start, min(start + BATCH, known))).sort_by("id")
        write_table(folder / DATA / f"{start:09d}.parquet", index.entries(some, SCHEME))
    index.finish(folder, SCHEME)


def compare(folder: Path, known: int) -> tuple[int, int]:
    """(pairs verified, new documents found in the index)."""
    opened = index.open_index(str(folder), SCHEME)
    texts = [new_text(number, known) for number in range(NEW)]
    new = pa.table({"id": [f"{number:024x}" for number in range(NEW)], "text": texts})
    opened.hashes(content_hashes(texts))
    signed = passes.signatures(new)
    rows = passes.band_rows(signed)
    ours = pc.unique(rows["key"])
    met = [index.KNOWN_KEYS.empty_table()]
    for file in parts(folder):
        known_here = index.known_keys(read_table(file, ["id", "numbers", "keys"]))
        met.append(known_here.filter(pc.is_in(known_here["key"], ours)))
    pairs = passes.candidates([index.known_rows([pa.concat_tables(met)], rows)])
    merged = passes.merge_pairs([pairs])
    ids = pc.unique(merged["b"].combine_chunks())
    everything = index.known_rows([opened.texts(ids)], new)
    edges = passes.verify(merged, everything, 0.8)
    found = passes.decide(edges, everything.select(["id", "known"]))
    return merged.num_rows, found.num_rows - pc.sum(pc.is_null(found["duplicate_of"])).as_py()


def main(sizes: Sequence[int]) -> None:
    """Print a row for each size."""
    print("known records | MiB on disk | CPU-seconds to compare 1,000 | MiB at most | found of 500")
    with tempfile.TemporaryDirectory() as scratch:
        for known in sizes:
            folder = Path(scratch) / str(known)
            write_index(folder, known)
            size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 2**20
            cpu, memory, _, found = _run(folder, known)
            print(f"{known:,} | {size:.0f} | {cpu:.2f} | {memory:.0f} | {found:.0f}")


def _run(folder: Path, known: int) -> tuple[float, ...]:
    done = subprocess.run([sys.executable, __file__, "compare", folder, str(known)], capture_output=True, text=True)
    return tuple(map(float, done.stdout.split()))


if __name__ == "__main__":
    if sys.argv[1:2] == ["compare"]:
        started = time.process_time()
        counts = compare(Path(sys.argv[2]), int(sys.argv[3]))
        # Not ru_maxrss: that begins with what the parent process had.
        (peak,) = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
        print(time.process_time() - started, int(peak) / 2**10, *counts)
    else:
        parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
        parser.add_argument("sizes", nargs="*", type=int, default=[2_000, 20_000, 200_000], help="known records")
        main(parser.parse_args().sizes)
