"""Every dataset folder opens as it is: its `data/` in pandas, Arrow, polars, DuckDB and `datasets`, each with all rows."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet
import pytest
from small_build import build, story, write_documents

from corpus.instruct.run import InstructConfig, instruct
from medpress.schema import SCHEMAS
from medpress.store import parts, publish_tables, read_dataset, read_manifest, table_of, write_manifest

datasets = pytest.importorskip("datasets")
duckdb = pytest.importorskip("duckdb")
pandas = pytest.importorskip("pandas")
polars = pytest.importorskip("polars")

PLACES = {
    "shards": ["note/00000.parquet", "note/00001.parquet", "textbook/00000.parquet"],
    "tokens": ["note/00000.parquet", "note/00001.parquet", "textbook/00000.parquet"],
    "dropped": ["note/00000.parquet", "textbook/00000.parquet"],
    "quarantine": ["build.parquet", "ingest.parquet"],
    "instructions": ["stage-1/given.parquet", "stage-3/given.parquet", "stage-3/made.parquet"],
}
"""Where the files of a dataset stand in its `data/`; of any other in two files beside each other."""


def value(kind: pa.DataType, number: int) -> Any:
    """Some value of a type; every third one is null, or an empty list."""
    if pa.types.is_list(kind):
        return [value(kind.value_type, number + 1)] * (number % 3)
    if pa.types.is_struct(kind):
        return {field.name: value(field.type, number) for field in kind}
    if number % 3 == 2:
        return None
    return {"string": f"text {number}", "bool": number % 2 == 0}.get(str(kind), number)


def write(folder: Path, kind: str, rows: int) -> Path:
    """A dataset of a kind: some rows a file, and one file that would have none."""
    schema = SCHEMAS[kind]
    for number, name in enumerate(PLACES.get(kind, ["a.parquet", "b.parquet"])):
        table = table_of([{f.name: value(f.type, row + number) for f in schema} for row in range(rows)], schema)
        publish_tables(folder, name, [table.slice(0, 1), table.slice(1)], schema)
    publish_tables(folder, "none.parquet", [schema.empty_table()], schema)
    write_manifest(folder, kind=kind, config={}, versions={})
    (folder / "README.md").write_text("# A card\n")
    (folder / "croissant.json").write_text("{}\n")
    return folder


Opened = tuple[int, list[str]]
"""Rows, and names of the columns."""


def by_pandas(data: str) -> Opened:
    frame = pandas.read_parquet(data)
    return len(frame), list(frame.columns)


def by_arrow(data: str) -> Opened:
    found = pa.dataset.dataset(data)
    return found.count_rows(), found.schema.names


def by_polars(data: str) -> Opened:
    frame = polars.read_parquet(data)
    return len(frame), frame.columns


def by_duckdb(data: str) -> Opened:
    found = duckdb.read_parquet(data)
    return len(found.fetchall()), found.columns


def by_datasets(data: str) -> Opened:
    found = datasets.load_dataset(data, split="train", cache_dir=f"{data}-cache")
    return found.num_rows, found.column_names


READERS: dict[str, Callable[[str], Opened]] = {
    "pandas": by_pandas,
    "arrow": by_arrow,
    "polars": by_polars,
    "duckdb": by_duckdb,
    "datasets": by_datasets,
}


@pytest.mark.parametrize("kind", SCHEMAS)
def test_it_opens_with_every_row_and_column(tmp_path: Path, kind: str) -> None:
    folder = write(tmp_path / kind, kind, rows=7)
    manifest = read_manifest(folder)
    assert len(manifest["files"]) == len(PLACES.get(kind, "ab")) and manifest["rows"] == 7 * len(manifest["files"])
    for name, read in READERS.items():
        assert read(str(folder / "data")) == (manifest["rows"], SCHEMAS[kind].names), name


def test_nothing_but_parquet_of_one_schema_stands_in_data(tmp_path: Path) -> None:
    for kind, schema in SCHEMAS.items():
        folder = write(tmp_path / kind, kind, rows=2)
        assert sorted(p for p in (folder / "data").rglob("*") if p.is_file()) == parts(folder)
        assert all(pa.parquet.read_schema(path).equals(schema) for path in parts(folder))
        assert all("=" not in path.as_posix().removeprefix(str(tmp_path)) for path in parts(folder))


def test_an_empty_one_is_an_empty_table_or_told_by_its_manifest(tmp_path: Path) -> None:
    """A dataset without rows is an empty `data/` and a manifest of no files: whoever uses DuckDB or `datasets` looks
    at `rows` there first, and polars is given the schema."""
    folder = write(tmp_path / "shards", "shards", rows=0)
    data = str(folder / "data")
    assert (folder / "data").is_dir() and not any((folder / "data").iterdir())
    assert (read_manifest(folder)["rows"], read_manifest(folder)["files"]) == (0, [])
    empty = SCHEMAS["shards"].empty_table()
    assert read_dataset(folder, SCHEMAS["shards"]) == empty
    assert by_pandas(data)[0] == by_arrow(data)[0] == 0
    frame = polars.scan_parquet(data, schema=polars.from_arrow(empty).schema).collect()
    assert (len(frame), frame.columns) == (0, empty.column_names)
    with pytest.raises(polars.exceptions.ComputeError, match="paths were empty"):
        by_polars(data)
    with pytest.raises(duckdb.IOException, match="No files found"):
        by_duckdb(data)
    with pytest.raises(datasets.data_files.EmptyDatasetError, match="any data files"):
        by_datasets(data)


def test_a_dataset_that_loses_its_rows_loses_its_files(tmp_path: Path) -> None:
    folder = write(tmp_path / "pairs", "pairs", rows=2)
    assert len(parts(folder)) == 2
    write(folder, "pairs", rows=0)
    assert parts(folder) == []


def test_what_the_commands_write_opens_as_it_is(tmp_path: Path) -> None:
    data = tmp_path / "data"
    texts = {f"{number}.txt": story(number) for number in range(60)}
    write_documents(data, texts | {"copy.txt": story(3) + "\n"}, source_type="textbook")
    build(data, tokenize=True)
    said = [{"question": f"What is {story(n, 2)}?", "answer": story(100 + n)} for n in range(5)]
    (tmp_path / "said.json").write_text(json.dumps([*said, said[0]]))
    instruct([str(tmp_path / "said.json")], InstructConfig(data=data, workers=1))
    folders = sorted(file.parent for file in data.glob("*/manifest.json") if file.parent.name != "index")
    assert {folder.name for folder in folders} >= {
        "boilerplate", "documents", "dropped", "instructions", "instructions_dropped", "pages", "quarantine", "shards", "tokens"
    }  # fmt: skip
    for folder in folders:
        rows, files = read_manifest(folder)["rows"], parts(folder)
        assert sorted(p for p in (folder / "data").rglob("*") if p.is_file()) == files
        assert rows == sum(pa.parquet.read_metadata(file).num_rows for file in files)
        assert all(pa.parquet.read_metadata(file).num_rows for file in files)
        if folder.name in ("boilerplate", "quarantine"):
            assert rows == 0
            continue
        names = pa.parquet.read_schema(files[0]).names
        for name, read in READERS.items():
            assert read(str(folder / "data")) == (rows, names), (folder.name, name)
