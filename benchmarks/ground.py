"""The ground that everything stands on: cost of a document, of an addition, of a request; pairs, load, identities.

    python benchmarks/ground.py texts --out /tmp/texts --documents 16000 --bytes 2000
    python benchmarks/ground.py texts --out /tmp/million --documents 1000000 --bytes 2000
    python benchmarks/ground.py adding --out /tmp/adding --documents 4000 --more 10
    python benchmarks/ground.py requests --out /tmp/requests --documents 400
    python benchmarks/ground.py pairs --out /tmp/pairs --pairs 5000000         # --pairs 50000 for a quick try
    python benchmarks/ground.py busy --out /tmp/busy --times 8                 # --sample for the scans of sample_docs
    python benchmarks/ground.py identity

Every part but the last makes its documents with a fixed seed, runs the public commands on them in a folder of its own
(emptied before), and prints its figures as a table and as one line of JSON; what the commands say stands in `--out/log.txt`.
With PYTHONPATH set to another checkout the same figures are those of its code. CPU-seconds and memory as in `cost.py`.
Real documents are read from MEDPRESS_DATA (default ../shared/data); without it `adding` makes its texts up.
"""

from __future__ import annotations

import argparse
import importlib
import json
import logging
import math
import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from cost import BIN, Cost, measured
from kills import tree
from prose import write_chapters, write_clusters, write_texts

Figures = dict[str, float | str | list[str]]
"""What is printed: name, with its unit, to value."""

HERE = Path(__file__).absolute().parents[1]
DATA = Path(os.environ.get("MEDPRESS_DATA", HERE / "../shared/data")).absolute()
SEED = 1
PLAIN = ("--tagger", "none", "--relations", "none")
"""A build without tagging."""
BUILT = ("shards", "dropped", "boilerplate", "index", "tokens")
"""Datasets that `corpus build` writes."""
CLUSTER = 48
"""Near-duplicates that are alike: up to so many under one band key the search compares all pairs of."""
CLUSTER_WORDS = 150
SCANS = (
    "rapidocr_en.jpg",
    "p2t_zh1.jpg",
    "ocrmypdf_typewriter.png",
    "p2t_page.png",
    "kant1784_0017.png",
    "publaynet_PMC4027932_00001.jpg",
)
"""Scans of `pdf_scanned`, quick and slow ones, of both languages."""
SAMPLE_SCANS = ("textbook/pneumonia_scanned.pdf", "guideline/stroke_zh_scanned.pdf")
SPIN = "while True: pass"


class Bench:
    """The commands on one folder, and what they cost."""

    def __init__(self, out: Path, workers: int) -> None:
        """Empties `out`; `workers` 0 means one per core."""
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True)
        self.out, self.workers = out, workers

    def ingest(self, form: str, paths: list[Path], data: Path | str, *options: str) -> Cost:
        """`ingest FORM PATHS` into a data folder, as one source."""
        return self._run("ingest", form, *map(str, paths), "--source", "benchmark", "--data", str(data), *options)

    def build(self, data: Path | str, *options: str) -> Cost:
        """`corpus build` of a data folder."""
        return self._run("corpus", "build", "--data", str(data), *options)

    def _run(self, script: str, *arguments: str) -> Cost:
        return measured([str(BIN / script), *arguments, "--workers", str(self.workers)], self.out / "log.txt")


# ------------------------------------------------------------------------------------------------ 16,000 or a million texts


def texts(bench: Bench, documents: int, size: int) -> Figures:
    """So many short texts through `ingest` and `corpus build` without tagging, and both again."""
    folder, data = bench.out / "texts", bench.out / "data"
    written = write_texts(folder, range(documents), size, SEED)
    figures: Figures = {"documents": documents, "bytes": written}
    for name, run in (
        ("ingest", lambda: bench.ingest("text", [folder], data)),
        ("build", lambda: bench.build(data, *PLAIN)),
    ):
        cost = run()
        files, occupied = _work(data)
        figures |= {
            f"{name}, documents per CPU-second": documents / cost.seconds,
            f"{name}, CPU-seconds": cost.seconds,
            f"{name}, main process MB": cost.main,
            f"{name}, largest worker MB": cost.worker,
            f"{name}, files under work/": files,
            f"{name}, bytes under work/ over input": occupied / written,
            f"{name} again, CPU-seconds": run().seconds,
        }
    return figures | {f"rows in {kind}": rows(data / kind) for kind in ("documents", "shards", "dropped", "quarantine")}


def _work(data: Path) -> tuple[int, int]:
    """Files below work/, and their bytes."""
    sizes = [path.stat().st_size for path in (data / "work").rglob("*") if path.is_file()]
    return len(sizes), sum(sizes)


def rows(dataset: Path) -> int:
    """Rows of all Parquet files below a folder."""
    return sum(pq.read_metadata(path).num_rows for path in dataset.rglob("*.parquet"))


# ------------------------------------------------------------------------------------------------ a few documents more


def adding(bench: Bench, documents: int, more: int, size: int) -> Figures:
    """What a few documents cost that are added to many, and whether the build is then the one of all of them anew."""
    folder, data, fresh = (bench.out / name for name in ("texts", "data", "fresh"))
    added = range(documents, documents + more)
    _write_chapters(folder, range(documents), size)
    _write_chapters(bench.out / "added", added, size)
    full_read, full_build = bench.ingest("text", [folder], data), bench.build(data)
    alone = bench.ingest("text", [bench.out / "added"], bench.out / "alone")
    _write_chapters(folder, added, size)
    read, build = bench.ingest("text", [folder], data), bench.build(data)
    bench.ingest("text", [folder], fresh)
    bench.build(fresh)
    figures: Figures = {
        "documents": documents,
        "added": more,
        "ingest of all, CPU-seconds": full_read.seconds,
        "ingest of the added beyond reading them alone, CPU-seconds": read.seconds - alone.seconds,
        "build of all, CPU-seconds": full_build.seconds,
        "build with the added, CPU-seconds": build.seconds,
        "build with the added, share of that of all": build.seconds / full_build.seconds,
        "kept of all": rows(fresh / "shards"),
        "shards hold the rows of a fresh build": "yes" if _records(data).equals(_records(fresh)) else "no",
    }
    _print("adding, before --compact", figures)
    compact = bench.build(data, "--compact")
    found, reference = tree(data), tree(fresh)
    differing = [name for name in found.keys() | reference.keys() if found.get(name) != reference.get(name)]
    return figures | {
        "build --compact, CPU-seconds": compact.seconds,
        "files that differ from a fresh build": sorted(name for name in differing if name.split("/")[0] in BUILT),
    }


def _write_chapters(folder: Path, numbers: range, size: int) -> None:
    if (DATA / "textbook").is_dir():
        write_chapters(folder, numbers, size, SEED, DATA / "textbook")
    else:
        write_texts(folder, numbers, size, SEED)


def _records(data: Path) -> pa.Table:
    """All records of the shards by id."""
    files = sorted((data / "shards").rglob("*.parquet"))
    return pa.concat_tables([pq.read_table(file, partitioning=None) for file in files]).sort_by("id").combine_chunks()


# ------------------------------------------------------------------------------------------------ requests


class _Requests(logging.Handler):
    """Counts what the server of the object store logs, one line a request, by its method."""

    def __init__(self) -> None:
        super().__init__()
        self.counts = Counter[str]()

    def emit(self, record: logging.LogRecord) -> None:
        if request := re.search(r"([A-Z]+) \S+ HTTP/", record.getMessage()):
            self.counts[request[1]] += 1


@contextmanager
def _object_store() -> Iterator[_Requests]:
    """An S3-compatible server on this machine with an empty bucket `books`, in the environment of every command."""
    import boto3
    from moto.server import ThreadedMotoServer

    requests = _Requests()
    logger = logging.getLogger("werkzeug")
    logger.setLevel(logging.INFO)
    logger.addHandler(requests)
    logger.propagate = False
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        os.environ |= {
            "AWS_ENDPOINT_URL": f"http://{host}:{port}",
            "AWS_ACCESS_KEY_ID": "somebody",
            "AWS_SECRET_ACCESS_KEY": "nobody",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        boto3.client("s3").create_bucket(Bucket="books")
        yield requests
    finally:
        server.stop()


def requests(bench: Bench, documents: int, size: int) -> Figures:
    """Requests to an object store that holds the data folder: the first run's, and those of one with nothing to do."""
    folder, data = bench.out / "texts", "s3://books/run"
    write_texts(folder, range(documents), size, SEED)
    figures: Figures = {"documents": documents}
    with _object_store() as met:
        for name, run in (
            ("ingest", lambda: bench.ingest("text", [folder], data)),
            ("build", lambda: bench.build(data, *PLAIN)),
        ):
            for again in ("", " unchanged"):
                met.counts.clear()
                run()
                figures[f"{name}{again}, requests"] = met.counts.total()
                figures[f"{name}{again}, requests a document"] = met.counts.total() / documents
                figures[f"{name}{again}, by method"] = [f"{method} {n}" for method, n in met.counts.most_common()]
    return figures


# ------------------------------------------------------------------------------------------------ pairs


def pairs(bench: Bench, wanted: int, worker_gib: float) -> Figures:
    """So many pairs of near-duplicates under a memory limit of a worker."""
    each = math.comb(CLUSTER, 2)
    clusters = math.ceil(wanted / each)
    folder, data = bench.out / "texts", bench.out / "data"
    write_clusters(folder, clusters, CLUSTER, CLUSTER_WORDS, SEED)
    limit = ("--worker-gib", str(worker_gib))
    read = bench.ingest("text", [folder], data, *limit)
    build = bench.build(data, *PLAIN, *limit)
    return {
        "documents": clusters * CLUSTER,
        "pairs": clusters * each,
        "pairs verified": sum(map(rows, (data / "work" / "build").glob("verify*"))),
        "ingest, CPU-seconds": read.seconds,
        "build, CPU-seconds": build.seconds,
        "build, main process MB": build.main,
        "largest worker MB": max(read.worker, build.worker),
        "worker limit MB": worker_gib * 1024,
        "kept": rows(data / "shards"),
        "kept if one of each cluster is": clusters,
        "quarantined": rows(data / "quarantine"),
    }


# ------------------------------------------------------------------------------------------------ load


def busy(bench: Bench, times: int, sample: bool) -> Figures:
    """The same scans on an idle machine and beside `times` busy processes a core."""
    names, root = (SAMPLE_SCANS, HERE / "sample_docs") if sample else (SCANS, DATA / "pdf_scanned")
    paths = [root / name for name in names]
    figures: Figures = {"scans": len(paths), "busy processes": times * (os.cpu_count() or 1)}
    read: list[Mapping[str, str]] = []
    for name, load in (("idle", 0), ("busy", times * (os.cpu_count() or 1))):
        data = bench.out / name
        with ExitStack() as stack:
            for _ in range(load):
                # Linux shares the processor between sessions first: in one of their own they would all weigh as one.
                process = stack.enter_context(subprocess.Popen([sys.executable, "-c", SPIN], start_new_session=True))
                stack.callback(process.kill)
            started = time.monotonic()
            cost = bench.ingest("auto", paths, data, "--ocr", "always")
        figures |= {
            f"{name}, seconds": time.monotonic() - started,
            f"{name}, CPU-seconds": cost.seconds,
            f"{name}, pages": rows(data / "pages"),
            f"{name}, quarantined": rows(data / "quarantine"),
        }
        read.append(tree(data))
    differing = sorted(name for name in read[0].keys() | read[1].keys() if read[0].get(name) != read[1].get(name))
    return figures | {"files that differ": differing}


# ------------------------------------------------------------------------------------------------ identities


def identity() -> Figures:
    """CPU-seconds for the identities of all steps of `ingest` and `corpus`, and the code behind each, most first."""
    from medpress.run.identity import forget
    from medpress.run.step import Step

    steps: dict[str, Step] = {}
    for room in ("ingest", "corpus"):
        package = importlib.import_module(room)
        root = Path(package.__path__[0])
        for path in sorted(root.rglob("*.py")):
            if "Step(" in path.read_text():
                module = importlib.import_module(".".join(path.relative_to(root.parent).with_suffix("").parts))
                steps |= {step.name: step for step in vars(module).values() if isinstance(step, Step)}
    forget()
    begun = time.process_time()
    codes = {name: step.code for name, step in steps.items()}
    seconds = time.process_time() - begun
    codes = dict(sorted(codes.items(), key=lambda each: len(each[1].modules), reverse=True))
    figures: Figures = {"steps": len(codes), "digests of all, CPU-seconds": seconds}
    return figures | {f"closure of {name}, files": len(code.modules) for name, code in codes.items()}


# ------------------------------------------------------------------------------------------------ the command


def _print(title: str, figures: Figures) -> None:
    """A table and one line of JSON."""
    print(f"\n{title}")
    for name, value in figures.items():
        print(f"  {name:<62} {_shown(value)}")
    exact = {name: round(value, 4) if isinstance(value, float) else value for name, value in figures.items()}
    print(json.dumps({"part": title} | exact, ensure_ascii=False), flush=True)


def _shown(value: float | str | list[str]) -> str:
    if isinstance(value, list):
        return f"{len(value)}: {', '.join(value[:8])}" if value else "none"
    if isinstance(value, str):
        return value
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4f}" if abs(value) < 10 else f"{value:,.1f}"


def main() -> None:
    """Run one part."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts = parser.add_subparsers(dest="part", required=True)

    def part(name: str, documents: int | None = None, size: int = 2000) -> argparse.ArgumentParser:
        doc = globals()[name].__doc__
        one = parts.add_parser(name, help=doc, description=doc)
        if name != "identity":
            one.add_argument("--out", type=Path, required=True, help="folder of this run; emptied before")
            one.add_argument("--workers", type=int, default=0, help="worker processes; 0 means one per core")
        if documents:
            one.add_argument("--documents", type=int, default=documents)
            one.add_argument("--bytes", type=int, default=size, help="of a document, about")
        return one

    part("texts", 16_000)
    part("adding", 4000, 15_000).add_argument("--more", type=int, default=10, help="documents that are added")
    part("requests", 400)
    of_pairs = part("pairs")
    of_pairs.add_argument("--pairs", type=int, default=5_000_000)
    of_pairs.add_argument("--worker-gib", type=float, default=1.0, help="memory limit of one worker")
    of_load = part("busy")
    of_load.add_argument("--times", type=int, default=8, help="busy processes a core")
    of_load.add_argument("--sample", action="store_true", help="read the scans of sample_docs")
    part("identity")
    given = parser.parse_args()
    if given.part == "identity":
        return _print("identity", identity())
    bench = Bench(given.out.absolute(), given.workers)
    if given.part == "texts":
        figures = texts(bench, given.documents, given.bytes)
    elif given.part == "adding":
        figures = adding(bench, given.documents, given.more, given.bytes)
    elif given.part == "requests":
        figures = requests(bench, given.documents, given.bytes)
    elif given.part == "pairs":
        figures = pairs(bench, given.pairs, given.worker_gib)
    else:
        figures = busy(bench, given.times, given.sample)
    _print(given.part, figures)


if __name__ == "__main__":
    main()
