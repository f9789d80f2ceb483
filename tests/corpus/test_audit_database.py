"""The tables that questions are asked of: what lies in the files, whoever reads it; and no question changes anything."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from corpus.audit.database import Database
from corpus.audit.gates import Gate, run_gates
from corpus.review.draw import borderline
from medpress.schema import RECORD
from medpress.store import parts, stored, write_manifest, write_rows

SCORES = ("kept_score", "other_score")


def record(number: int) -> dict[str, object]:
    return {
        "id": f"{number:024x}", "doc_id": f"{number // 3:024x}", "text": f"Text {number}. " * 5, "source": "one", "source_type": "web",
        "lang": "en", "license": " CC-BY-4.0 " if number % 2 else None, "n_tokens": number,
        "topics": [{"name": "kind", "value": "leaflet"}, {"name": "specialty", "value": f"s{number % 4}"}],
        "quality": [{"name": "medical_cues", "value": number / 8}, *({"name": name, "value": float(number)} for name in SCORES)],
    }  # fmt: skip


def write(folder: Path, records: int) -> Path:
    for shard in range(2):
        rows = [stored(record(number), RECORD) for number in range(shard, records, 2)]
        write_rows(folder / "shards/data/web" / f"{shard:05}.parquet", rows, RECORD)
    write_manifest(folder / "shards", kind="shards", config={}, versions={})
    return folder


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write(tmp_path / "data", 50)


@pytest.fixture
def db(data: Path) -> Iterator[Database]:
    with closing(Database(data)) as opened:
        yield opened


def test_the_tables_say_what_the_records_say(db: Database) -> None:
    (row,) = db.ask("select * from records where tokens = 25").to_pylist()
    assert row["medical_cues"] == 3.125 and row["ocr_confidence"] is None
    assert (row["kind"], row["specialty"], row["license"], row["characters"]) == ("leaflet", "s1", "CC-BY-4.0", 45)
    assert db.number("select sum(value) from scores where name = 'kept_score'") == sum(range(50))
    assert db.number("select count(*) from scores") == 150
    kinds = db.ask("select name, tokens from composition where what = 'kind'").to_pylist()
    assert kinds == [{"name": "leaflet", "tokens": sum(range(50))}]


def test_the_first_rows_come_with_the_number_and_weight_of_all(db: Database) -> None:
    question = "select id, tokens from records order by tokens desc"
    shown, total, weight = db.first(question, 7, weigh="tokens")
    assert shown.equals(db.ask(question).slice(0, 7)) and (total, weight) == (50, sum(range(50)))
    none, total, weight = db.first("select id, tokens from records where tokens > 99", 7)
    assert none.num_rows == total == weight == 0


@pytest.mark.parametrize(
    "question",
    [
        "copy (select 1 as id) to '{shard}' (format parquet)",
        "select 1; drop table records",
        "create table more as select 1",
        "set memory_limit = '100GB'",
        "select * from read_text('/etc/hostname')",
        "select * from read_csv('{manifest}')",
        "attach '{other}' as other",
    ],
)
def test_a_question_reads_nothing_but_the_build_and_changes_nothing(data: Path, tmp_path: Path, question: str) -> None:
    shard = parts(data / "shards")[0]
    before = {path: path.read_bytes() for path in data.rglob("*") if path.is_file()}
    asked = question.format(shard=shard, manifest=data / "shards/manifest.json", other=tmp_path / "other.duckdb")
    (verdict,) = run_gates(data, [Gate(name="hostile", rows=asked)]).values()
    assert not verdict.passed and verdict.finding.startswith("could not be checked: ")
    assert {path: path.read_bytes() for path in data.rglob("*") if path.is_file()} == before
    assert not (tmp_path / "other.duckdb").exists()


def test_files_of_an_older_schema_and_folders_named_like_patterns_are_read_too(tmp_path: Path) -> None:
    odd = write(tmp_path / "data [1]*?", 50)
    with closing(Database(odd)) as db:
        assert db.number("select sum(tokens) from records") == sum(range(50))
    (first, _) = parts(odd / "shards")
    older = pq.read_table(first).drop_columns(["dup_count"])
    pq.write_table(older, first)
    with closing(Database(odd)) as db:
        assert db.number("select count(*) from shards where dup_count is null") == 50
        assert db.number("select sum(tokens) from records") == sum(range(50))


def test_the_nearest_to_a_threshold_are_those_that_a_look_at_each_gives(db: Database) -> None:
    bounds = {"min_kept_score": 20.0, "max_other_score": 30.0, "min_medical_cues": 2.0}
    near = {}
    for number in range(50):
        values = {"kept_score": float(number), "other_score": float(number), "medical_cues": number / 8}
        each = [(abs(values[name[4:]] - bound) / bound, name[4:], bound) for name, bound in bounds.items()]
        distance, score, bound = min(each)
        near[f"{number:024x}"] = (distance, score, values[score], bound)
    wanted = sorted((told[0], id, *told[1:]) for id, told in near.items())[:12]
    found = borderline(db, {"config": {"filters": bounds}}, 12)
    assert [(row["id"], row["score"], row["value"], row["bound"]) for row in found] == [one[1:] for one in wanted]


def test_what_does_not_fit_in_memory_goes_to_a_folder_of_the_audit_alone(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("corpus.audit.database.MEMORY", "40MB")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    monkeypatch.chdir(tmp_path)
    with closing(Database(data)) as db:
        (folder,) = (tmp_path / "temporary").iterdir()
        assert folder.stat().st_mode & 0o77 == 0
        assert (folder / "audit.duckdb").exists()
        wide = (
            "select range as n, md5(range::varchar) as text from range(600_000)"  # 24 MB and as much again to sort them
        )
        assert (
            db.number(f"select max(place) from (select row_number() over (order by text) as place from ({wide}))")
            == 600_000
        )
    assert not list((tmp_path / "temporary").iterdir())
    assert {path.name for path in tmp_path.iterdir()} == {"data", "temporary"}
