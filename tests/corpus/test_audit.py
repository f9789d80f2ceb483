"""The gates of an audit: what they find is the same however few ids they compare at a time."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from small_build import build, story, write_documents

from corpus.audit import checks
from corpus.audit.gates import read_gates, run_gates
from corpus.audit.verdict import Verdict
from medpress.schema import DROPPED, PAGE, RECORD
from medpress.store import (
    parts,
    publish_tables,
    read_manifest,
    read_table,
    table_of,
    write_manifest,
    write_rows,
    write_table,
)

TEXTS = {f"{n}.txt": story(n) for n in range(30)} | {"copy.txt": story(3) + "\n", "again.txt": story(4) + " Twice."}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("audit") / "data"
    write_documents(folder, TEXTS)
    build(folder, tokenize=True)
    return folder


@pytest.fixture
def data(built: Path, tmp_path: Path) -> Path:
    shutil.copytree(built, tmp_path / "data")
    return tmp_path / "data"


BY_RANGES = ("unique ids", "nothing disappeared", "augmented text")
"""Gates that compare ids a range at a time."""


def verdicts(data: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Verdict]:
    """The verdicts; those of ids are the same whether all are compared at once or three at a time."""
    whole = run_gates(data)
    monkeypatch.setattr(checks, "IDS_AT_ONCE", 3)
    again = run_gates(data, [gate for gate in read_gates() if gate.check in BY_RANGES])
    assert again == {name: whole[name] for name in BY_RANGES}
    monkeypatch.undo()
    return whole


def failed(data: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Findings of the gates that fail."""
    return {name: verdict.finding for name, verdict in verdicts(data, monkeypatch).items() if verdict.fails}


def test_a_build_passes(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = run_gates(data)
    assert not any(verdict.fails for verdict in told.values()), told
    monkeypatch.setattr(checks, "IDS_AT_ONCE", 3)
    assert run_gates(data) == told, "no other gate compares ids"
    records = sum(read_manifest(data / kind)["rows"] for kind in ("shards", "dropped"))
    assert told["unique ids"].finding == f"{records} ids, each once"
    assert told["nothing disappeared"].finding == "32 documents accounted for"


def test_an_id_that_occurs_twice_is_found(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    again = read_table(parts(data / "shards")[0]).slice(0, 1).to_pylist()
    publish_tables(data / "dropped", "web/again.parquet", [table_of(again, DROPPED)], DROPPED)
    write_manifest(data / "dropped", kind="dropped", config={}, versions={})
    assert failed(data, monkeypatch) == {"unique ids": "1 ids occur twice"}


def test_a_document_that_is_gone_is_found(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = parts(data / "shards")[0]
    write_table(file, read_table(file).slice(1))
    manifest = read_manifest(data / "shards")
    write_manifest(data / "shards", kind="shards", config=manifest["config"], versions={})
    found = failed(data, monkeypatch)
    assert found["nothing disappeared"] == "1 documents are lost"
    assert found["token shards"].startswith("they hold other records")


def test_an_augmented_record_without_its_parent_is_found(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = parts(data / "shards")[0]
    rows = read_table(file).to_pylist()
    config = read_manifest(data / "shards")["config"] | {"augment": {"max_share": 0.5}}
    for parent, finding in ((rows[1]["id"], None), ("0" * 24, "1 parents of augmented records are not in the shards")):
        rows[0] |= {"parent_id": parent, "augmentation": "cloze"}
        write_rows(file, rows, RECORD)
        write_manifest(data / "shards", kind="shards", config=config, versions={})
        assert failed(data, monkeypatch).get("augmented text") == finding


def test_pages_that_differ_from_their_source_are_named(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = parts(data / "pages")[0]
    rows = read_table(path).to_pylist()
    assert {row["coverage"] for row in rows} == {1.0} and sum(row["source_characters"] for row in rows) > 1000
    victim = rows[1] | {"coverage": 0.6, "inflation": 0.9, "numbers_lost": ["5"], "numbers_new": ["8"]}
    write_rows(path, [rows[0], victim, *rows[2:]], PAGE)
    finding = failed(data, monkeypatch)["conservation"]
    assert f"1 pages with new numbers (0.5%); worst: {victim['doc_id']} page 1" in finding
