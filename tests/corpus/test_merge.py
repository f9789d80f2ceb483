"""Shards are merged from sorted files as a stream: the same rows, whatever the files, and the same bytes."""

from __future__ import annotations

import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from corpus.steps.merge import BATCH_ROWS, folders, merged
from medpress.errors import CorruptError
from medpress.store import ROW_GROUP_ROWS, write_table, write_tables


def keys(count: int) -> list[str]:
    rng = random.Random(count)
    return [f"shards/{rng.choice(['note', 'web'])}/{rng.randrange(3):05d}/{number:024x}" for number in range(count)]


def files(folder: Path, names: list[str], parts: int) -> list[Path]:
    """The keys spread over sorted files of uneven size; one of them is empty."""
    rng = random.Random(parts)
    spread: list[list[str]] = [[] for _ in range(parts)]
    for name in names:
        spread[rng.randrange(max(1, parts - 1))].append(name)
    paths = [folder / f"{parts}-{number}.parquet" for number in range(parts)]
    for path, own in zip(paths, spread, strict=True):
        table = {"place": pa.array(sorted(own), pa.string()), "nested": [[{"of": name}] for name in sorted(own)]}
        write_table(path, pa.table(table, schema=SCHEMA))
    return paths


SCHEMA = pa.schema([("place", pa.string()), ("nested", pa.list_(pa.struct([("of", pa.string())])))])


@pytest.mark.parametrize("parts", [1, 2, 7])
def test_a_merge_is_all_rows_in_order(tmp_path: Path, parts: int) -> None:
    names = keys(20 * BATCH_ROWS)
    table = pa.concat_tables(merged(files(tmp_path, names, parts), "place"))
    assert table["place"].to_pylist() == sorted(names)
    assert [row[0]["of"] for row in table["nested"].to_pylist()] == sorted(names)


def test_one_place_is_taken_and_the_row_groups_of_others_are_not_read(tmp_path: Path) -> None:
    names = keys(5000)
    paths = files(tmp_path, names, 4)
    assert set.union(*(folders(path, "place") for path in paths)) == {name.rpartition("/")[0] + "/" for name in names}
    for place in ("shards/note/00001/", "shards/web/00002/"):
        found = pa.concat_tables(merged(paths, "place", place))["place"].to_pylist()
        assert found == sorted(name for name in names if name.startswith(place))
    assert list(merged(paths, "place", "shards/web/00007/")) == []


def test_no_more_than_a_batch_of_each_file_is_held(tmp_path: Path) -> None:
    paths = files(tmp_path, keys(5000), 4)
    assert max(table.num_rows for table in merged(paths, "place")) <= BATCH_ROWS * len(paths)


def test_a_stream_gives_the_bytes_of_the_whole_table(tmp_path: Path) -> None:
    names = sorted(keys(3 * ROW_GROUP_ROWS + 7))
    table = pa.table({"place": names, "nested": [[{"of": name}] for name in names]}, schema=SCHEMA)
    write_table(tmp_path / "whole", table)
    for size in (1, 999, 1700):
        pieces = (table.slice(start, size) for start in range(0, table.num_rows, size))
        write_tables(tmp_path / "stream", pieces, SCHEMA)
        assert (tmp_path / "stream").read_bytes() == (tmp_path / "whole").read_bytes()
    assert pq.ParquetFile(tmp_path / "whole").metadata.row_group(0).num_rows == ROW_GROUP_ROWS


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (path,) = files(tmp_path, keys(1000), 1)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(CorruptError, match=r"1-0\.parquet is not a readable Parquet file"):
        list(merged([path], "place"))
