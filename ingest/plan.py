"""A dry run: how much there is to read, how much of it by OCR, and what it will cost."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ingest.containers import is_container
from ingest.discover import UNREACHABLE, discover
from ingest.document import ReadOptions, UnreadableError
from ingest.readers import load_reader
from ingest.recognition import HEAD_BYTES, recognise
from medpress.command import progress
from medpress.location import local_copy, location
from medpress.store import read_head

SAMPLE_PAGES = 6
"""Pages of each file that are looked at, evenly spread."""
OCR_CPU_SECONDS = 7.0
"""CPU-seconds of one page at 200 dpi with the default engine; benchmarks/RESULTS.md has the measurement."""
BYTES_PER_PAGE = 12_000
"""Disk that a page takes in `pages/` and the work files together, about."""


@dataclass(slots=True)
class Plan:
    """The forecast."""

    files: int = 0
    pages: int = 0
    ocr_pages: float = 0.0
    """Estimated from the sampled pages of each file."""
    cpu_seconds: float = 0.0
    """Native reading as measured on the sample, OCR by `OCR_CPU_SECONDS`."""
    unreadable: Counter[str] = field(default_factory=Counter)
    """How many files cannot be read, by the reason in one sentence."""

    @property
    def disk_bytes(self) -> int:
        """Disk the datasets will take, about."""
        return self.pages * BYTES_PER_PAGE


def plan(paths: Sequence[str], formats: Sequence[str], options: ReadOptions) -> Plan:
    """Look at a few pages of every file, without OCR and without writing anything."""
    found = discover(paths, formats)
    result = Plan(unreadable=Counter({UNREACHABLE: len(found.unreachable)} if found.unreachable else {}))
    with progress("look", found.files.num_rows, "files") as tick:
        for file in found.files.to_pylist():
            path = location(file["path"])
            head = read_head(path, HEAD_BYTES)
            name = recognise(head, path.name, formats)
            if not is_container(head, path.name) and (name is not None or file["sure"]):
                result.files += 1
                try:
                    _look(path, name, options, result)
                except UnreadableError as error:
                    result.unreadable[error.message] += 1
            tick()
    return result


def _look(place: Path, name: str | None, options: ReadOptions, result: Plan) -> None:
    if name is None:
        raise UnreadableError("unsupported", "Its first bytes are of no format that can be read.")
    path, reader = local_copy(place), load_reader(name)
    pages = reader.probe(path, options).n_pages
    result.pages += pages
    if name == "image":
        result.ocr_pages += pages
        result.cpu_seconds += pages * OCR_CPU_SECONDS
        return
    sample = sorted({1 + (pages - 1) * i // max(1, SAMPLE_PAGES - 1) for i in range(SAMPLE_PAGES)})
    without_ocr = ReadOptions(ocr="never", ocr_backend=options.ocr_backend)
    started = time.process_time()
    read = [page for n in sample for page in reader.read(path, n, n, without_ocr, lambda mark: None)]
    native = (time.process_time() - started) / max(1, len(read))
    share = 1.0 if options.ocr == "always" else 0.0
    if options.ocr == "auto" and read:
        share = sum(page.reason.startswith("OCR is off") for page in read) / len(read)
    result.ocr_pages += share * pages
    result.cpu_seconds += pages * (native + share * OCR_CPU_SECONDS)
