"""Main text of saved web pages against gold text, beside trafilatura in the same run.

    python benchmarks/ingest_web.py [--data ../shared/data/html] [--check]

The pages are those of WCXB (seven kinds of page) and of scrapinghub's article-extraction-benchmark. Scores: 4-gram
shingles (a Chinese character is a word), macro-averaged over pages; speed: pages per CPU-second of reading the page
(decode, parse, extract, choose), and of reading and probing it (metadata too).
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import trafilatura

from ingest.document import ReadOptions, UnreadableError
from ingest.readers.web import WebReader
from medpress.encoding import decode_markup

SETTINGS: dict[str, dict[str, Any]] = {
    "trafilatura default": {},
    "trafilatura fast": {"fast": True},
    "trafilatura precision": {"favor_precision": True},
    "trafilatura recall": {"favor_recall": True},
}
OURS = "medpress"


def shingles(text: str) -> Counter[tuple[str, ...]]:
    """4-grams of words and single Chinese characters."""
    words = re.findall(r"[\u4e00-\u9fff]|[^\W\u4e00-\u9fff]+", text.lower())
    return Counter(tuple(words[i : i + 4]) for i in range(max(1, len(words) - 3))) if words else Counter()


def f1(text: str, gold: str) -> float | None:
    """F1 of shingles; None when the page has no gold text."""
    got, wanted = shingles(text), shingles(gold)
    if not wanted:
        return None
    common = sum((got & wanted).values())
    precision, recall = common / max(1, sum(got.values())), common / sum(wanted.values())
    return 2 * precision * recall / (precision + recall) if common else 0.0


def gold_pages(data: Path) -> Iterator[tuple[str, Path, str]]:
    """(kind of page, file, gold text)."""
    for truth in sorted((data / "wcxb").glob("*.json")):
        page = truth.with_name(truth.stem + ".html.gz")
        if page.exists():
            record = json.loads(truth.read_text(encoding="utf-8"))
            kind = record["_internal"]["page_type"]["primary"]
            yield f"wcxb {kind}", page, record["ground_truth"].get("main_content") or ""
    truths = data / "scrapinghub" / "ground-truth.json"
    if truths.exists():
        bodies = json.loads(truths.read_text(encoding="utf-8"))
        for page in sorted((data / "scrapinghub").glob("*.html.gz")):
            name = page.name.removesuffix(".html.gz")
            body = next((record["articleBody"] for key, record in bodies.items() if key.startswith(name)), None)
            if body is not None:
                yield "scrapinghub article", page, body


def main() -> int:
    """Print the table; with `--check`, exit 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    data = Path(os.environ.get("MEDPRESS_DATA", "../shared/data"), "html")
    parser.add_argument("--data", type=Path, default=data)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    reader, read_options = WebReader(), ReadOptions()
    scores: dict[str, dict[str, list[float]]] = {}
    seconds = dict.fromkeys([OURS, f"{OURS} probe", *SETTINGS], 0.0)
    files = 0

    def record(name: str, kind: str, text: str, gold: str) -> None:
        score = f1(text, gold)
        if score is not None:
            for group in ("all", "articles" if kind.endswith("article") else "other pages", kind):
                scores.setdefault(group, {}).setdefault(name, []).append(score)

    pages = list(gold_pages(options.data))
    if not pages:
        print(f"No pages with gold text under {options.data}.", file=sys.stderr)
        return 2
    _, warm_up, _ = pages[0]
    list(reader.read(warm_up, 1, 1, read_options, lambda place: None))
    for kind, file, gold in pages:
        files += 1
        start = time.process_time()
        try:
            (page,) = reader.read(file, 1, 1, read_options, lambda place: None)
            text = "\n".join(block.text for block in page.blocks)
        except UnreadableError:
            text = ""
        seconds[OURS] += time.process_time() - start
        start = time.process_time()
        reader.probe(file, read_options)
        seconds[f"{OURS} probe"] += time.process_time() - start
        record(OURS, kind, text, gold)
        raw = gzip.decompress(file.read_bytes())
        for name, setting in SETTINGS.items():
            start = time.process_time()
            text = trafilatura.extract(raw, include_comments=False, **setting) or ""
            seconds[name] += time.process_time() - start
            record(name, kind, text, gold)

    names = [OURS, *SETTINGS]
    print(f"{'pages':24}{'n':>4}" + "".join(f"{name:>23}" for name in names))
    for group in sorted(scores):
        means = [statistics.mean(scores[group][name]) for name in names]
        print(f"{group:24}{len(scores[group][OURS]):4}" + "".join(f"{mean:23.4f}" for mean in means))
    print(f"{'pages per CPU-second':28}" + "".join(f"{files / seconds[name]:23.1f}" for name in names))
    both = files / (seconds[OURS] + seconds[f"{OURS} probe"])
    print(f"medpress with metadata: {both:.1f} pages per CPU-second")

    chinese = sorted((options.data / "gne_zh").glob("*.html.gz"))
    replaced = sum(decode_markup(gzip.decompress(file.read_bytes())).replaced for file in chinese)
    print(f"Chinese pages: {len(chinese)}, characters that could not be decoded: {replaced}")
    if not options.check:
        return 0
    best_on_articles = max(statistics.mean(scores["articles"][name]) for name in SETTINGS)
    ok = (
        statistics.mean(scores["all"][OURS]) >= 0.89
        and files / seconds[OURS] >= 15
        and statistics.mean(scores["articles"][OURS]) >= best_on_articles
        and replaced == 0
    )
    print("targets met" if ok else "TARGETS MISSED")
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
