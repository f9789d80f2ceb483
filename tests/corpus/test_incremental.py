"""A build that grows: the same rows as one made anew, and after compaction the same bytes."""

from __future__ import annotations

from pathlib import Path

from small_build import build, rows, story, write_documents

from medpress.store import parquet_files, read_manifest

KINDS = ("shards", "dropped", "boilerplate", "index")


def texts(first: int, last: int, **more: str) -> dict[str, str]:
    return {f"{number:04d}.txt": story(number) for number in range(first, last)} | more


def contents(data: Path) -> dict[str, bytes]:
    """Every file of the datasets of a build."""
    return {
        path.relative_to(data).as_posix(): path.read_bytes()
        for kind in KINDS
        for path in sorted((data / kind).rglob("*"))
        if path.is_file()
    }


def all_rows(data: Path) -> list:
    return sorted((row for kind in ("shards", "dropped") for row in rows(data, kind)), key=lambda row: row["id"])


def grown(data: Path, *batches: dict[str, str], **settings) -> Path:
    for batch in batches:
        write_documents(data, batch)
        build(data, **settings)
    return data


def fresh(data: Path, *batches: dict[str, str], **settings) -> Path:
    write_documents(data, {uri: text for batch in batches for uri, text in batch.items()})
    build(data, **settings)
    return data


def check(tmp_path: Path, *batches: dict[str, str], **settings) -> None:
    one, other = grown(tmp_path / "grown", *batches, **settings), fresh(tmp_path / "fresh", *batches, **settings)
    assert all_rows(one) == all_rows(other)
    build(one, compact=True, **settings)
    assert contents(one) == contents(other)


def test_new_documents_are_added(tmp_path):
    check(tmp_path, texts(0, 90), texts(90, 95))
    manifest = read_manifest(tmp_path / "grown" / "shards")
    assert manifest["rows"] == 95


def test_only_what_is_new_is_written(tmp_path):
    data = grown(tmp_path, texts(0, 90))
    before = {path: path.stat().st_mtime_ns for path in parquet_files(data / "shards")}
    write_documents(data, texts(90, 92))
    result = build(data)
    after = {path: path.stat().st_mtime_ns for path in parquet_files(data / "shards")}
    assert before.items() <= after.items()
    assert [path.name.partition("-")[0] for path in after.keys() - before.keys()] == ["added"]
    assert result.kept == 92


def test_an_unchanged_build_does_nothing(tmp_path):
    data = grown(tmp_path, texts(0, 50))
    before = contents(data)
    assert build(data).tasks["done"] == 0
    assert contents(data) == before


def test_a_new_document_that_is_better_replaces_an_old_record(tmp_path):
    long = story(7, sentences=60)
    worse = long.replace(".", " .", 3)
    check(tmp_path, texts(0, 60, old=worse), texts(60, 62, new=long + " Heart. Lung. Kidney. Liver."))
    dropped = rows(tmp_path / "grown", "dropped")
    assert len([row for row in dropped if row["stage"] == "near duplicates"]) == 1


def test_a_cluster_grows_over_several_builds(tmp_path):
    base = story(5, sentences=40)
    copies = [base + f" {word.capitalize()} tissue." for word in ("heart", "lung", "liver", "kidney", "bone")]
    batches = [texts(0, 50, a=copies[0])] + [{f"copy{n}": text} for n, text in enumerate(copies[1:])]
    check(tmp_path, *batches)


def test_an_exact_copy_in_another_source_is_found(tmp_path):
    first, second = texts(0, 50), {f"copy{number}.txt": story(number) + "\n" for number in range(3)}
    check(tmp_path, first, second)
    assert {row["stage"] for row in rows(tmp_path / "grown", "dropped")} == {"exact duplicates"}


def test_a_paragraph_becomes_boilerplate_by_what_is_added(tmp_path):
    notice = "This page is read by the publisher and its partners everywhere in the world."
    first = {f"{n}.txt": f"{story(n)}\n\n{notice}" for n in range(8)} | texts(100, 140)
    second = {f"{n}.txt": f"{story(n)}\n\n{notice}" for n in range(8, 12)}
    check(tmp_path, first, second)
    assert sum(notice in row["text"] for row in rows(tmp_path / "grown", "shards")) == 1


def test_many_changes_are_written_whole(tmp_path):
    check(tmp_path, texts(0, 20), texts(20, 80))
    assert not any(path.name.startswith("added-") for path in parquet_files(tmp_path / "grown" / "shards"))


def test_a_damaged_state_costs_a_build_and_nothing_else(tmp_path):
    data = grown(tmp_path / "grown", texts(0, 60))
    (data / "work" / "build" / "state.json").write_text("{")
    grown(data, texts(60, 63))
    assert all_rows(data) == all_rows(fresh(tmp_path / "fresh", texts(0, 60), texts(60, 63)))


def test_a_folder_that_was_moved_goes_on_where_it_was(tmp_path):
    data = grown(tmp_path / "before", texts(0, 60))
    data = data.rename(tmp_path / "after")
    write_documents(data, texts(60, 62))
    result = build(data)
    assert result.kept == 62
    assert any(path.name.startswith("added-") for path in parquet_files(data / "shards"))
    assert build(data).tasks["done"] == 0
