"""The store: atomic, the same rows give the same bytes, a manifest notices every change."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medpress.schema import NAMED_NUMBERS, SCHEMAS, describe, named, with_number
from medpress.store import (
    CorruptError,
    check_manifest,
    identity,
    read_manifest,
    read_table,
    write_atomic,
    write_manifest,
    write_table,
)

TABLE = pa.table({"id": [f"{n:05d}" for n in range(2500)], "n_tokens": pa.array(range(2500), pa.int32())})


def test_same_rows_same_bytes(tmp_path):
    write_table(tmp_path / "a.parquet", TABLE)
    write_table(tmp_path / "b.parquet", pa.concat_tables([TABLE.slice(0, 7), TABLE.slice(7)]))
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()
    assert pa.parquet.ParquetFile(tmp_path / "a.parquet").num_row_groups == 3


def test_a_failed_write_leaves_the_old_file_and_no_rest(tmp_path):
    target = tmp_path / "x.txt"
    target.write_text("old")

    def fail(path):
        path.write_text("half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_atomic(target, fail)
    assert target.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["x.txt"]


def test_manifest_counts_and_notices_changes(tmp_path):
    write_table(tmp_path / "note" / "0.parquet", TABLE)
    write_table(tmp_path / "web" / "0.parquet", TABLE.slice(0, 10))
    write_manifest(tmp_path, kind="shards", config={"shards": 1}, versions={"cut": "1"})
    manifest = read_manifest(tmp_path)
    assert (manifest["rows"], manifest["tokens"]) == (2510, sum(range(2500)) + sum(range(10)))
    assert check_manifest(tmp_path) == []
    write_table(tmp_path / "web" / "0.parquet", TABLE.slice(0, 11))
    write_table(tmp_path / "web" / "1.parquet", TABLE.slice(0, 1))
    (tmp_path / "note" / "0.parquet").unlink()
    assert sorted(check_manifest(tmp_path)) == [
        "note/0.parquet is missing",
        "web/0.parquet is not the file that was written (checksum differs)",
        "web/1.parquet is not in the manifest",
    ]


def test_a_damaged_file_is_named_in_one_sentence(tmp_path):
    write_table(tmp_path / "a.parquet", TABLE)
    data = (tmp_path / "a.parquet").read_bytes()
    (tmp_path / "a.parquet").write_bytes(data[: len(data) // 2])
    with pytest.raises(CorruptError, match=r"a\.parquet is not a readable Parquet file"):
        read_table(tmp_path / "a.parquet")


def test_identity_separates_its_parts():
    assert identity("a", "b") != identity("ab")
    assert identity({"x": 1, "y": 2}) == identity({"y": 2, "x": 1})


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_field_is_described_and_none_is_called_labels(name):
    for field, _, description in describe(SCHEMAS[name]):
        assert description, field
        assert field != "labels"


@given(
    st.lists(
        st.tuples(
            st.dictionaries(st.sampled_from(["a", "b", "m", "zz"]), st.floats(0, 1, width=32)),
            st.none() | st.floats(0, 1, width=32),
        ),
        max_size=6,
    )
)
def test_a_number_joins_each_list_in_its_place(rows: list[tuple[dict[str, float], float | None]]) -> None:
    column = pa.chunked_array([pa.array([named(numbers) for numbers, _ in rows], NAMED_NUMBERS)])
    added = with_number(column, "k", pa.array([value for _, value in rows], pa.float32()))
    expected = [named(numbers if value is None else {**numbers, "k": value}) for numbers, value in rows]
    assert added.to_pylist() == expected
    assert added.type == NAMED_NUMBERS
