"""The store: atomic, the same rows give the same bytes, a manifest notices every change."""

from __future__ import annotations

import errno
import os
import subprocess
import sys

import pyarrow as pa
import pytest

from medpress.schema import SCHEMAS, describe
from medpress.store import (
    CorruptError,
    check_manifest,
    identity,
    parts,
    place_file,
    publish_file,
    publish_files,
    publish_tables,
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


def test_what_a_killed_run_left_unfinished_goes_with_the_next_manifest(tmp_path):
    script = (
        "import os, sys; from pathlib import Path; from medpress.store import write_atomic\n"
        "write_atomic(Path(sys.argv[1]), lambda path: (path.write_text('half'), os._exit(9)))"
    )
    killed = subprocess.run([sys.executable, "-c", script, tmp_path / "card.md"])
    assert killed.returncode == 9 and len(list(tmp_path.iterdir())) == 1
    write_manifest(tmp_path, kind="test", config={}, versions={})
    assert {path.name for path in tmp_path.iterdir()} == {"data", "manifest.json"}


def test_a_dataset_holds_exactly_the_files_that_have_rows(tmp_path):
    write_table(tmp_path / "full", TABLE)
    write_table(tmp_path / "bare", TABLE.slice(0, 0))
    folder = tmp_path / "dataset"
    publish_files(folder, {"web/0.parquet": tmp_path / "full", "web/1.parquet": tmp_path / "full"})
    publish_files(folder, {"web/1.parquet": tmp_path / "bare", "web/2.parquet": tmp_path / "full"})
    assert [path.relative_to(folder).as_posix() for path in parts(folder)] == ["data/web/2.parquet"]


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
    data = tmp_path / "data"
    write_table(data / "note/0.parquet", TABLE)
    write_table(data / "web/0.parquet", TABLE.slice(0, 10))
    write_table(tmp_path / "other/0.parquet", TABLE)  # of no dataset
    write_manifest(tmp_path, kind="shards", config={"shards": 1}, versions={"cut": "1"})
    manifest = read_manifest(tmp_path)
    assert (manifest["rows"], manifest["tokens"]) == (2510, sum(range(2500)) + sum(range(10)))
    assert check_manifest(tmp_path) == []
    write_table(data / "web/0.parquet", TABLE.slice(0, 11))
    write_table(data / "web/1.parquet", TABLE.slice(0, 1))
    (data / "note/0.parquet").unlink()
    assert sorted(check_manifest(tmp_path)) == [
        "data/note/0.parquet is missing",
        "data/web/0.parquet is not the file that was written (checksum differs)",
        "data/web/1.parquet is not in the manifest",
    ]


def test_no_file_of_a_dataset_is_without_rows(tmp_path):
    write_table(tmp_path / "work/some.parquet", TABLE)
    write_table(tmp_path / "work/none.parquet", TABLE.slice(0, 0))
    for name in ("a/0.parquet", "b/0.parquet"):
        assert publish_file(tmp_path, name, tmp_path / "work/some.parquet") == tmp_path / "data" / name
    written = publish_tables(
        tmp_path, "c/0.parquet", [TABLE.slice(0, 0), TABLE.slice(0, 7), TABLE.slice(7)], TABLE.schema
    )
    assert written and written.read_bytes() == (tmp_path / "work/some.parquet").read_bytes()
    assert [path.parent.name for path in parts(tmp_path)] == ["a", "b", "c"]
    assert publish_file(tmp_path, "a/0.parquet", str(tmp_path / "work/none.parquet")) is None
    assert publish_tables(tmp_path, "c/0.parquet", [TABLE.slice(0, 0)], TABLE.schema) is None
    assert publish_tables(tmp_path, "d/0.parquet", [], TABLE.schema) is None
    assert [path.parent.name for path in parts(tmp_path)] == ["b"]


@pytest.mark.parametrize("damage", [b'{"files": [', b"", b"\xff\xfe\x00", b'["files"]', b'{"files": 3}'])
def test_damaged_json_is_named_in_one_sentence(tmp_path, damage):
    (tmp_path / "manifest.json").write_bytes(damage)
    with pytest.raises(CorruptError, match=r"manifest\.json is (not readable JSON; remove it|no manifest; run)"):
        read_manifest(tmp_path)


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


@pytest.mark.parametrize("number", [errno.EPERM, errno.EXDEV, errno.ENOTSUP, errno.EMLINK])
def test_where_hard_links_are_refused_a_file_is_copied(tmp_path, monkeypatch, number):
    def refuse(*_, **__):
        raise OSError(number, "no links here")

    source, target = tmp_path / "a.parquet", tmp_path / "data" / "b.parquet"
    source.write_bytes(b"rows")
    monkeypatch.setattr(os, "link", refuse)
    place_file(source, target)
    place_file(source, target)
    assert target.read_bytes() == b"rows" and [path.name for path in target.parent.iterdir()] == ["b.parquet"]
