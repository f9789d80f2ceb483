"""How items ended, one JSON line each, appended as they end; and the datasets made of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from medpress.lock import exclusive
from medpress.modes import make_file, make_folder
from medpress.store import parts, publish_tables, table_of, write_manifest

ROWS_A_FILE = 20_000
"""Rows of one Parquet file of a published dataset."""


def beside(out: Path, what: str) -> Path:
    """The folder beside a dataset that belongs to it."""
    return out.with_name(f"{out.name}_{what}")


class Outcomes:
    """An append-only file of outcomes by item key; the last line of a key counts.

    Only the lines' places are kept in memory. A line torn by a kill is cut off when the file is opened.
    """

    def __init__(self, path: Path) -> None:
        """Open or create."""
        make_folder(path.parent)
        make_file(path)
        self._file = open(path, "a+b")  # noqa: SIM115 - lives as long as the outcomes
        self._places: dict[str, tuple[int, int]] = {}
        self._file.seek(0)
        self._end = 0
        for line in self._file:
            if not line.endswith(b"\n"):
                break
            self._places[json.loads(line)["key"]] = (self._end, len(line))
            self._end += len(line)
        self._file.truncate(self._end)

    def get(self, key: str) -> dict[str, Any] | None:
        """How an item ended, if it did."""
        if key not in self._places:
            return None
        place, size = self._places[key]
        self._file.seek(place)
        row: dict[str, Any] = json.loads(self._file.read(size))
        return row

    def put(self, key: str, outcome: Mapping[str, Any]) -> None:
        """Keep how an item ended."""
        line = json.dumps({"key": key, **outcome}, ensure_ascii=False).encode() + b"\n"
        self._file.write(line)
        self._file.flush()
        self._places[key] = (self._end, len(line))
        self._end += len(line)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def publish(
    folder: Path,
    rows: Iterable[Mapping[str, Any]],
    schema: pa.Schema,
    complete: Callable[[list[dict[str, Any]]], None] = lambda rows: None,
    **manifest: Any,
) -> None:
    """Write a dataset folder: Parquet files of `ROWS_A_FILE` rows, older files removed, and the manifest.

    `complete` may fill in columns of each file's rows before they are written.
    """
    written: set[Path | None] = set()
    waiting = iter(rows)
    while chunk := [dict(row) for row in islice(waiting, ROWS_A_FILE)]:
        complete(chunk)
        written.add(publish_tables(folder, f"{len(written):05d}.parquet", [table_of(chunk, schema)], schema))
    for old in set(parts(folder)) - written:
        old.unlink()
    write_manifest(folder, **manifest)


@contextmanager
def held_outcomes(out: Path) -> Iterator[Outcomes]:
    """The outcomes of the items of a dataset so far. One run at a time holds them."""
    work = beside(out, "work")
    with exclusive(work):
        outcomes = Outcomes(work / "outcomes.jsonl")
        try:
            yield outcomes
        finally:
            outcomes.close()
