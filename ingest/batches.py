"""Which files are read together: fixed by the files and their order, never by the machine or its load."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

import numpy as np
import pyarrow as pa

from ingest.containers.compression import inner_suffix
from ingest.readers import READERS

WAVE_FILES = 64_000
"""Files that are read, published and forgotten together: what a run needs does not grow with what it is given."""
WAVE_BYTES = 4 * 2**30
"""A wave of large files is closed earlier."""
TASK_BYTES = 4 * 2**20
"""Bytes of the files of one task, about."""
FILES_PER_TASK = {"text": 1_000, "jats": 32, "cnxml": 32, "web": 32, "docx": 8}
"""Files of one task by the format that their ending belongs to; of any other format each is a task of its own."""
UNKNOWN_PER_TASK = 32
"""Files of one task whose ending says nothing."""


def waves(files: pa.Table) -> Iterator[pa.Table]:
    """Files in order, cut where enough of them or of their bytes are together.

    A cut depends on what stands before it alone, so after a kill the waves that are left are those that were to come.
    """
    start = 0
    sizes = files["size"].to_numpy()
    while start < files.num_rows:
        total = np.cumsum(sizes[start : start + WAVE_FILES])
        count = min(len(total), int(np.searchsorted(total, WAVE_BYTES)) + 1)
        yield files.slice(start, count).combine_chunks()
        start += count


def batches(files: pa.Table) -> list[list[int]]:
    """Rows of a wave that are read together, each path once: files of one kind, in their order."""
    format_of = {ending: name for name in reversed(READERS) for ending in READERS[name].endings}
    most: dict[str, int] = {}
    open_: dict[int, tuple[list[int], int]] = {}
    done: list[list[int]] = []
    seen: set[str] = set()
    paths, sizes = files["path"].to_pylist(), files["size"].to_pylist()
    for row, (path, size) in enumerate(zip(paths, sizes, strict=True)):
        if path in seen:
            continue
        seen.add(path)
        ending = inner_suffix(path.rpartition("/")[2])
        if ending not in most:
            most[ending] = FILES_PER_TASK.get(format_of[ending], 1) if ending in format_of else UNKNOWN_PER_TASK
        together = most[ending]
        rows, weight = open_.get(together, ([], 0))
        rows.append(row)
        weight += size
        if len(rows) >= together or weight >= TASK_BYTES:
            done.append(rows)
            open_.pop(together, None)
        else:
            open_[together] = rows, weight
    return [*done, *(rows for rows, _ in open_.values())]


def cut_segments(characters: Sequence[int], most: int, most_characters: int) -> list[tuple[int, int]]:
    """Start and end of each run of documents that share a segment: closed as soon as it is full."""
    cuts, start, total = [], 0, 0
    for index, size in enumerate(characters):
        total += size
        if index + 1 - start >= most or total >= most_characters:
            cuts.append((start, index + 1))
            start, total = index + 1, 0
    return [*cuts, (start, len(characters))] if start < len(characters) else cuts


def label(paths: Sequence[str]) -> str:
    """What a person calls the task that reads some files; their names, which may be persons', stay out of the log."""
    endings = sorted({PurePosixPath(path).suffix.lower() or "no ending" for path in paths})
    return f"{len(paths)} files ({', '.join(endings[:4])})"
