"""What lies in a private folder is private, under any umask and whatever was there before."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from medpress.lock import exclusive
from medpress.modes import open_to_others, private
from medpress.store import LineFile, make_folder, place_file, write_table, write_text


@pytest.fixture(autouse=True)
def open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def write_all_ways(folder: Path) -> list[Path]:
    write_text(folder / "a" / "b" / "text.json", "{}")
    write_table(folder / "table.parquet", pa.table({"x": [1]}))
    LineFile(folder / "log" / "lines.jsonl").append("{}")
    place_file(folder / "table.parquet", folder / "placed" / "table.parquet")
    make_folder(folder / "c" / "d")
    return sorted(folder.rglob("*"))


def test_below_a_private_folder_all_is_private(tmp_path):
    data = tmp_path / "data"
    with exclusive(data):
        made = write_all_ways(data)
    assert mode(data) == 0o700 and len(made) == 11
    assert {mode(path) for path in made if path.is_dir()} == {0o700}
    assert {mode(path) for path in made if path.is_file()} == {0o600}


def test_what_was_there_before_is_sealed(tmp_path):
    data = tmp_path / "data"
    data.mkdir(mode=0o777)
    write_all_ways(data)
    assert len(open_to_others(data)) == 11
    with exclusive(data):
        assert open_to_others(data) == []
    assert mode(data / "table.parquet") == 0o600 and mode(data / "a") == 0o700


def test_a_dataset_on_another_disk_is_sealed_and_what_it_links_to_is_not(tmp_path):
    data, disk, elsewhere = tmp_path / "data", tmp_path / "disk", tmp_path / "elsewhere"
    for folder in (data, disk, elsewhere):
        folder.mkdir(mode=0o755)
    (data / "documents").symlink_to(disk)
    (disk / "link").symlink_to(elsewhere)
    with exclusive(data):
        pass
    assert (mode(disk), mode(elsewhere)) == (0o700, 0o755)


def test_elsewhere_the_folder_and_the_umask_decide(tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir(mode=0o750)
    shared.chmod(0o750)
    write_text(shared / "report.html", "")
    assert mode(shared / "report.html") == 0o640
    os.umask(0o077)
    write_text(shared / "other.html", "")
    assert mode(shared / "other.html") == 0o600


def test_raw_text_that_leaves_the_data_folder_is_private(tmp_path):
    tmp_path.chmod(0o755)
    with private():
        write_text(tmp_path / "out" / "text.md", "")
    write_text(tmp_path / "report.html", "")
    assert (mode(tmp_path / "out"), mode(tmp_path / "out" / "text.md")) == (0o700, 0o600)
    assert mode(tmp_path / "report.html") == 0o644
