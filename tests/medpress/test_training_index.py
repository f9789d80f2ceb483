"""The index of training rows: what a plain look at the shards finds, written once, and anew for other shards."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from medpress.errors import CorruptError
from medpress.store import parts, read_table, write_bytes, write_manifest, write_table
from medpress.training_index import INDEX_FILE, SourceRows, share_of, training_index


def rows(first: int, count: int) -> pa.Table:
    numbers = range(first, first + count)
    return pa.table(
        {
            "id": [f"{number:05d}" for number in numbers],
            "parent_id": pa.array([f"{number // 2:05d}" if number % 3 else None for number in numbers], pa.string()),
            "source": pa.array(
                [["b", "a", "ä", None, "c"][number * number % 13 % 5] for number in numbers], pa.string()
            ),
            "text": [f"text {number}" for number in numbers],
            "n_tokens": pa.array([number if number % 7 else None for number in numbers], pa.int32()),
        }
    )


@pytest.fixture
def shards(tmp_path: Path) -> Path:
    folder = tmp_path / "shards"
    write_table(folder / "data/web/00000.parquet", rows(0, 2_345))
    write_table(folder / "data/note/00000.parquet", rows(5_000, 60))
    write_manifest(folder, kind="shards", config={}, versions={})
    return folder


def told(index: list[SourceRows]) -> dict[str, list[tuple[int, int, int, float, int]]]:
    """By source: file, row group, row, share and tokens of each row."""
    told = {}
    for source in index:
        sizes = np.diff(source.starts)
        places = np.repeat(source.files, sizes), np.repeat(source.row_groups, sizes)
        told[source.name] = list(zip(*places, source.rows, source.shares, source.tokens, strict=True))
    return told


def looked_up(folder: Path) -> dict[str, list[tuple[int, int, int, float, int]]]:
    """The same, from the shards, row by row."""
    found: dict[str, list[tuple[int, int, int, float, int]]] = {}
    for number, path in enumerate(parts(folder)):
        parquet = pq.ParquetFile(path)
        for group in range(parquet.num_row_groups):
            for place, row in enumerate(parquet.read_row_group(group).to_pylist()):
                share = share_of(row["parent_id"] or row["id"])
                found.setdefault(row["source"] or "unnamed", []).append(
                    (number, group, place, share, row["n_tokens"] or 0)
                )
    return dict(sorted(found.items()))


def test_it_says_of_every_row_where_it_stands(shards: Path) -> None:
    first = told(training_index(shards))
    assert first == looked_up(shards)
    assert list(first) == sorted(first) and len(first) == 5
    assert told(training_index(shards)) == first  # from the file now


def test_it_is_written_once_and_anew_for_other_shards(shards: Path) -> None:
    training_index(shards)
    before = (shards / INDEX_FILE).stat()
    training_index(shards)
    assert (shards / INDEX_FILE).stat().st_mtime_ns == before.st_mtime_ns
    write_table(shards / "data/web/00000.parquet", rows(100, 50))
    write_manifest(shards, kind="shards", config={}, versions={})
    held = told(training_index(shards))
    assert held == looked_up(shards)
    (shards / INDEX_FILE).write_bytes(b"ARROW1 and no more")
    assert told(training_index(shards)) == held


def test_it_is_mapped_and_not_copied(shards: Path) -> None:
    training_index(shards)
    before = pa.total_allocated_bytes()
    index = training_index(shards)
    assert sum(len(source.rows) for source in index) == 2_405
    assert pa.total_allocated_bytes() - before < 4_096 < os.path.getsize(shards / INDEX_FILE)


def test_shards_that_cannot_be_written_to_are_read_all_the_same(shards: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as context:
        context.setattr("medpress.training_index.write_atomic", refuse)
        assert told(training_index(shards)) == looked_up(shards)
    assert not (shards / INDEX_FILE).exists()


def test_a_dataset_without_rows_has_an_index_without_sources(tmp_path: Path) -> None:
    write_manifest(tmp_path, kind="shards", config={}, versions={})
    assert training_index(tmp_path) == [] == training_index(tmp_path)


def test_what_is_no_shard_is_one_sentence(shards: Path) -> None:
    write_table(shards / "data/web/00000.parquet", read_table(shards / "data/web/00000.parquet", ["id", "text"]))
    write_manifest(shards, kind="shards", config={}, versions={})
    with pytest.raises(CorruptError, match="no column 'n_tokens'"):
        training_index(shards)
    write_bytes(shards / "data/note/00000.parquet", b"no")
    with pytest.raises(CorruptError, match="not a readable Parquet file"):
        training_index(shards)
