"""How `ingest` holds up: hostile files, memory, idle workers, the time to the first page. Each runs the real command.

    python benchmarks/ingest_supervision.py noisy              # every file of the set is ingested or quarantined
    python benchmarks/ingest_supervision.py fuzz [--variants 500]
    python benchmarks/ingest_supervision.py parallel           # CPU-seconds and idle time of 1 and 2 workers
    python benchmarks/ingest_supervision.py scan [--pages 1500] [--seconds 120]
    python benchmarks/ingest_supervision.py memory [--files 1000]
    python benchmarks/ingest_supervision.py first

Real data: MEDPRESS_DATA (default ../shared/data). A sampler looks at the resident size of every process of the run ten
times a second, so a peak that is shorter may be missed. A worker's busy time is the time from a task given to it until
its end, from the run log; what is left of workers × wall time (from the first task's start to the last one's end) is
idle. Damaged variants are made with a fixed seed.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pymupdf

sys.path.insert(0, str(Path(__file__).parents[1]))

from medpress.schema import DOCUMENT, QUARANTINE
from medpress.store import read_dataset

DATA = Path(os.environ.get("MEDPRESS_DATA", Path(__file__).parents[1] / "../shared/data"))
MIB = 2**20
SAMPLE_SECONDS = 0.1


@dataclass(slots=True)
class Run:
    """What one command did and used."""

    code: int
    output: str
    seconds: float
    """Wall time."""
    cpu_seconds: float
    """Of the command and all of its processes, as last seen by the sampler."""
    busiest: list[float]
    """CPU-seconds of its processes, most first."""
    peak_worker_mib: float
    """Largest resident size of any one process."""
    sizes: list[tuple[float, float]] = field(default_factory=list)
    """(seconds since the start, largest resident size of a process in MiB), ten times a second."""


def run(arguments: Sequence[str], stop_after: float | None = None) -> Run:
    """Run `ingest` with these arguments and watch its processes; ends it after `stop_after` seconds."""
    started = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "ingest.cli", *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    result = Run(0, "", 0.0, 0.0, [], 0.0)
    ended = threading.Event()

    spent: dict[int, float] = {}

    def sample() -> None:
        root = psutil.Process(process.pid)
        while not ended.wait(SAMPLE_SECONDS):
            largest = 0.0
            try:
                for child in [root, *root.children(recursive=True)]:
                    largest = max(largest, child.memory_info().rss / MIB)
                    times = child.cpu_times()
                    spent[child.pid] = times.user + times.system
            except psutil.NoSuchProcess:
                continue
            result.sizes.append((time.monotonic() - started, largest))

    sampler = threading.Thread(target=sample)
    sampler.start()
    try:
        result.output, _ = process.communicate(timeout=stop_after)
    except subprocess.TimeoutExpired:
        for child in psutil.Process(process.pid).children(recursive=True):
            child.kill()
        process.kill()
        result.output, _ = process.communicate()
    ended.set()
    sampler.join()
    result.code, result.seconds = process.returncode, time.monotonic() - started
    result.busiest = sorted(spent.values(), reverse=True)
    result.cpu_seconds = sum(result.busiest)
    result.peak_worker_mib = max((size for _, size in result.sizes), default=0.0)
    return result


def log_rows(data: Path) -> list[dict[str, object]]:
    """The run log of a data folder."""
    return [json.loads(line) for line in (data / "log/ingest.jsonl").read_text(encoding="utf-8").splitlines()]


def account(data: Path, files: int) -> None:
    """Print what became of `files` files and check that none is missing."""
    documents = read_dataset(data / "documents", DOCUMENT).to_pylist()
    read = {uri for row in documents for uri in row["uris"]}
    rows = read_dataset(data / "quarantine", QUARANTINE).to_pylist()
    whole = [row["doc_id"] or row["place"] for row in rows if row["page"] is None]
    kinds = Counter(row["kind"] for row in rows)
    print(
        f"  {files} files: {len(read)} ingested as {len(documents)} documents, {len(whole)} quarantined {dict(kinds)}"
    )
    untyped = [row["doc_id"] or row["place"] for row in rows if row["kind"] == "error"]
    print(f"  without a typed reason: {len(untyped)} {untyped[:5]}; neither nor: {files - len(read) - len(whole)}")
    blank = [row["doc_id"] for row in documents if not row["n_pages"]]
    print(f"  documents without a page: {len(blank)}")
    slowest = max(log_rows(data), key=lambda row: float(str(row["seconds"])))
    print(f"  slowest task: {slowest['seconds']} s, {slowest['stage']}, {slowest['label']}, {slowest['status']}")


def noisy(folder: Path) -> None:
    """All files of `noisy`."""
    source = DATA / "noisy"
    result = run(["auto", str(source), "--data", str(folder)])
    print(f"noisy: exit {result.code}, {result.seconds:.0f} s, peak of a process {result.peak_worker_mib:.0f} MiB")
    account(folder, sum(path.is_file() for path in source.rglob("*")))


def fuzz(folder: Path, variants: int) -> None:
    """Bit flips, truncations, cut-out and swapped pieces of real PDF files."""
    chance = random.Random(0)
    sources = sorted((DATA / "pdf_native").glob("*.pdf"))
    broken = folder / "variants"
    broken.mkdir(parents=True)
    for number in range(variants):
        raw = bytearray(chance.choice(sources).read_bytes())
        way = number % 4
        if way == 0:
            for _ in range(chance.randint(1, 200)):
                raw[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
        elif way == 1:
            del raw[chance.randrange(len(raw)) :]
        elif way == 2:
            start = chance.randrange(len(raw))
            del raw[start : start + chance.randint(1, len(raw) // 4)]
        else:
            start, length = chance.randrange(len(raw)), chance.randint(1, 4096)
            raw[start : start + length] = bytes(chance.randrange(256) for _ in range(length))
        # Page furniture differs by number, so that no two variants are the same document.
        (broken / f"variant_{number:04d}.pdf").write_bytes(bytes(raw) + f"\n% {number}\n".encode())
    # Damage to a text layer sends pages to OCR, which is not what is measured here and would take hours.
    result = run(["pdf", str(broken), "--data", str(folder / "data"), "--ocr", "never"])
    print(f"fuzz: exit {result.code}, {result.seconds:.0f} s, peak of a process {result.peak_worker_mib:.0f} MiB")
    account(folder / "data", variants)


def mixed(folder: Path, files: int) -> Path:
    """A folder of native articles and guidelines, web pages, and scanned pages between them."""
    target = folder / "mixed"
    target.mkdir()
    chosen = [*sorted((DATA / "pdf_native").glob("*.pdf")), *sorted((DATA / "jats").glob("*/fulltext.pdf"))]
    for number in range(files):
        path = chosen[number % len(chosen)]
        raw = path.read_bytes()
        (target / f"{number:03d}.pdf").write_bytes(raw + f"\n% copy {number}\n".encode())
    for path in sorted((DATA / "pdf_scanned").glob("*.jpg"))[:8]:
        shutil.copy(path, target)
    return target


def parallel(folder: Path, files: int) -> None:
    """The same folder by one worker and by two."""
    source = mixed(folder, files)
    seconds = {}
    for workers in (1, 2):
        data = folder / f"data{workers}"
        result = run(["auto", str(source), "--data", str(data), "--workers", str(workers)])
        seconds[workers] = result.cpu_seconds
        busy = sum(float(str(row["seconds"])) for row in log_rows(data))
        print(
            f"{workers} workers: exit {result.code}, wall {result.seconds:.1f} s, CPU {result.cpu_seconds:.1f} s,"
            f" workers busy {busy:.1f} s, idle {1 - busy / (workers * result.seconds):.1%} of the command's wall time"
        )
    print(f"CPU-seconds of 2 workers over those of 1: {seconds[2] / seconds[1]:.3f}")


def scan(folder: Path, pages: int, seconds: float) -> None:
    """One scan of many pages, watched for a while: which workers read it."""
    raw = (DATA / "pdf_scanned/rapidocr_en.jpg").read_bytes()
    book = pymupdf.open()
    for number in range(pages):
        page = book.new_page(width=420, height=595)
        page.insert_image(pymupdf.Rect(0, number % 50, 420, 595), stream=raw)
    path = folder / "book.pdf"
    book.save(path)
    result = run(["pdf", str(path), "--data", str(folder / "data"), "--workers", "2"], stop_after=seconds)
    first, second = result.busiest[:2]
    print(
        f"scan of {pages} pages, watched {result.seconds:.0f} s: CPU {result.cpu_seconds:.0f} s,"
        f" of it {first:.1f} and {second:.1f} s in the two workers"
    )


def memory(folder: Path, files: int) -> None:
    """Many files by two workers: the largest process over time."""
    source = mixed(folder, files)
    for path in source.glob("*.jpg"):
        path.unlink()
    result = run(["pdf", str(source), "--data", str(folder / "data"), "--workers", "2", "--ocr", "never"])
    print(f"{files} files: exit {result.code}, wall {result.seconds:.0f} s, CPU {result.cpu_seconds:.0f} s")
    for tenth in range(10):
        low, high = tenth * result.seconds / 10, (tenth + 1) * result.seconds / 10
        sizes = [size for at, size in result.sizes if low <= at < high]
        print(f"  tenth {tenth + 1}: largest process {max(sizes, default=0):.0f} MiB")


def first(folder: Path) -> None:
    """Seconds from the start of the command to the first page on disk, for a native book."""
    path = max((DATA / "pdf_native").glob("*.pdf"), key=lambda file: file.stat().st_size)
    data = folder / "data"
    started = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "ingest.cli", "pdf", str(path), "--data", str(data)], stdout=subprocess.DEVNULL
    )
    while process.poll() is None and not list((data / "work/ingest/read").glob("*.parquet")):
        time.sleep(0.02)
    print(f"first range of pages of {path.name} on disk after {time.monotonic() - started:.2f} s")
    process.wait()


def main() -> None:
    """Run one of them in a temporary folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["noisy", "fuzz", "parallel", "scan", "memory", "first"])
    parser.add_argument("--variants", type=int, default=500)
    parser.add_argument("--files", type=int, default=None)
    parser.add_argument("--pages", type=int, default=1500)
    parser.add_argument("--seconds", type=float, default=120.0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        if given.what == "noisy":
            noisy(folder / "data")
        elif given.what == "fuzz":
            fuzz(folder, given.variants)
        elif given.what == "parallel":
            parallel(folder, given.files or 60)
        elif given.what == "scan":
            scan(folder, given.pages, given.seconds)
        elif given.what == "memory":
            memory(folder, given.files or 1000)
        else:
            first(folder)


if __name__ == "__main__":
    main()
