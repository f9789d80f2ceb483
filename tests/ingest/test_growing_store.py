"""A store that grows by appending: what a run reads, what it leaves alone, and what becomes of a file that breaks."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from ingest import batches, identity, known, publish, read_wave
from ingest.document import Page
from ingest.kept_pages import keep, kept, part_of
from ingest.ledger import LEDGER, read_ledger
from ingest.readers import FORMATS
from ingest.readers.text import blocks_of
from ingest.run import IngestConfig, ingest
from ingest.status import forget_failures
from medpress.errors import CorruptError
from medpress.pseudonym import Pseudonyms
from medpress.schema import DOC_ID_DIGITS, DOCUMENT, PAGE, QUARANTINE, REMOVED
from medpress.segments import read_segments
from medpress.store import check_manifest, parts, read_dataset, read_manifest, read_table, write_rows

TEXT = "Note {n}. The pulse is {n} beats per minute, the patient is well and furosemide was not given today.\n"


def write(folder: Path, numbers: range | list[int]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for n in numbers:
        (folder / f"{n:04d}.txt").write_text(TEXT.format(n=n))
    return folder


def run(data: Path, *folders: Path, formats: str = "text", **settings: object):
    config = IngestConfig(data=data, **{"workers": 1, **settings})  # type: ignore[arg-type]
    return ingest([str(folder) for folder in folders], FORMATS[formats], config)


def files(data: Path) -> dict[str, bytes]:
    """Every file of documents and pages, by name."""
    return {f"{kind}/{path.name}": path.read_bytes() for kind in ("documents", "pages") for path in parts(data / kind)}


def uris(data: Path) -> dict[str, list[str]]:
    return {row["doc_id"]: row["uris"] for row in read_dataset(data / "documents", DOCUMENT).to_pylist()}


@pytest.fixture
def small_segments(monkeypatch):
    """Segments of ten documents, waves of twenty-five files, tasks of four."""
    monkeypatch.setattr(publish, "SEGMENT_DOCUMENTS", 10)
    monkeypatch.setattr(batches, "WAVE_FILES", 25)
    monkeypatch.setattr(batches, "FILES_PER_TASK", {"text": 4})


def consistent(data: Path) -> None:
    """Manifests and files agree; every document has its pages, in its own segment, in order."""
    for kind in ("documents", "pages", "quarantine"):
        assert check_manifest(data / kind) == []
    for segment in read_segments(data):
        documents, pages = (read_table(file) for file in segment.files(data))
        ids = documents["doc_id"].to_pylist()
        assert ids == sorted(set(ids)) == list(dict.fromkeys(pages["doc_id"].to_pylist()))
        assert (segment.documents.least, segment.documents.greatest) == (ids[0], ids[-1])
        assert segment.documents.rows == len(ids) and segment.pages.rows == pages.num_rows


def test_new_files_are_appended_and_nothing_else_is_touched(tmp_path, small_segments):
    data = tmp_path / "data"
    run(data, write(tmp_path / "in", range(60)))
    before = files(data)
    assert sorted(segment.documents.rows for segment in read_segments(data)) == [5, 5, 10, 10, 10, 10, 10]
    result = run(data, write(tmp_path / "in", range(60, 63)))
    assert (result.files, result.documents, result.read) == (63, 63, 3)
    after = files(data)
    assert before.items() <= after.items() and len(after) == len(before) + 2
    consistent(data)


def test_the_same_segments_for_any_number_of_workers(tmp_path, small_segments):
    source = write(tmp_path / "in", range(60))
    run(tmp_path / "a", source)
    run(tmp_path / "b", source, workers=3)
    assert files(tmp_path / "a") == files(tmp_path / "b")


def test_an_unchanged_run_starts_no_worker_and_writes_nothing(tmp_path, monkeypatch):
    data, source = tmp_path / "data", write(tmp_path / "in", range(20))
    run(data, source)
    times = {path: path.stat().st_mtime_ns for path in data.rglob("*.*") if path.suffix in (".parquet", ".jsonl")}
    times |= {path: path.stat().st_mtime_ns for path in data.rglob("manifest.json")}

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a file was opened or a worker started")

    monkeypatch.setattr("ingest.session.open_executor", refuse)
    result = run(data, source)
    assert (result.documents, result.read, result.tasks["done"]) == (20, 0, 0)
    assert dict(result.routes) == {"text": 20}
    assert {path: path.stat().st_mtime_ns for path in times} == times


def test_few_files_are_left_in_the_work_folder(tmp_path):
    data = tmp_path / "data"
    run(data, write(tmp_path / "in", range(300)))
    left = [path for path in (data / "work").rglob("*") if path.is_file()]
    assert len(left) <= 4
    assert {path.stat().st_mode & 0o777 for path in (data / "documents", data / "pages", data / "work")} == {0o700}


def test_a_copy_is_another_place_of_a_known_document(tmp_path, small_segments):
    data, source = tmp_path / "data", write(tmp_path / "in", range(30))
    run(data, source)
    pages, documents = [{n: b for n, b in files(data).items() if n.startswith(kind)} for kind in ("pages", "documents")]
    shutil.copy(source / "0003.txt", source / "z.txt")
    result = run(data, source)
    assert (result.documents, result.copies) == (30, 1)
    after = files(data)
    assert pages.items() <= after.items()
    assert len(documents.items() & after.items()) == len(documents) - 1
    assert ["0003.txt", "z.txt"] in uris(data).values()
    consistent(data)


def test_a_changed_file_gives_a_new_document_and_takes_its_old_one_along(tmp_path, small_segments):
    data, source = tmp_path / "data", write(tmp_path / "in", range(30))
    shutil.copy(source / "0001.txt", source / "copy.txt")
    run(data, source)
    old = {tuple(places): doc_id for doc_id, places in uris(data).items()}
    (source / "0001.txt").write_text(TEXT.format(n=1000))
    (source / "0002.txt").write_text(TEXT.format(n=2000))
    result = run(data, source)
    assert (result.files, result.documents, result.copies) == (31, 31, 0)
    now = uris(data)
    assert now[old["0001.txt", "copy.txt"]] == ["copy.txt"], "the copy still holds it"
    assert old["0002.txt",] not in now
    assert old["0002.txt",] not in read_dataset(data / "pages", PAGE)["doc_id"].to_pylist()
    consistent(data)


def test_without_the_work_folder_nothing_is_appended_twice(tmp_path, small_segments):
    data, source = tmp_path / "data", write(tmp_path / "in", range(30))
    run(data, source)
    before = files(data)
    shutil.rmtree(data / "work")
    result = run(data, write(tmp_path / "in", [30]))
    assert (result.read, result.documents) == (31, 31)
    assert before.items() <= files(data).items() and len(uris(data)) == 31
    shutil.rmtree(data / "work")
    run(data, write(tmp_path / "other", [99]))
    assert len(uris(data)) == 32, "what this run does not name stays"
    consistent(data)


def test_the_users_words_reach_documents_that_are_not_read_again(tmp_path):
    data, source = tmp_path / "data", write(tmp_path / "in", range(5))
    run(data, source)
    pages = [path.name for path in parts(data / "pages")]
    result = run(data, source, license="CC0-1.0", source="ward", source_type="guideline", lang="de")
    assert result.read == 0
    rows = read_dataset(data / "documents", DOCUMENT).to_pylist()
    assert {(row["license"], row["source"], row["source_type"], row["lang"]) for row in rows} == {
        ("CC0-1.0", "ward", "guideline", "de")
    }
    assert [path.name for path in parts(data / "pages")] == pages
    run(data, source)
    assert {(row["license"], row["lang"]) for row in read_dataset(data / "documents", DOCUMENT).to_pylist()} == {
        ("", "en")
    }


def of_another_version(monkeypatch, version: str) -> None:
    """As if a rule of the reader of texts had been changed."""
    known._code.cache_clear()
    real = identity.code_of("ingest.readers.text").digest
    for module in (identity, known):
        monkeypatch.setattr(module, "reader_identity", lambda format: f"{version or real}{format}")


def test_a_changed_rule_reads_again_and_one_put_back_gives_the_old_bytes(tmp_path, small_segments, monkeypatch):
    data, source = tmp_path / "data", write(tmp_path / "in", range(30))
    of_another_version(monkeypatch, "")
    run(data, source)
    before = files(data)
    of_another_version(monkeypatch, "2")
    assert run(data, source, keep_pages_read_by_older_versions=True).read == 0
    of_another_version(monkeypatch, "2")
    assert run(data, source).read == 30
    assert len(before.items() & files(data).items()) == len([name for name in before if name.startswith("pages")])
    of_another_version(monkeypatch, "")
    assert run(data, source).read == 30
    assert files(data) == before
    known._code.cache_clear()


def test_the_manifest_tells_what_an_older_version_read_and_names_the_models(tmp_path, monkeypatch):
    data, source = tmp_path / "data", write(tmp_path / "in", range(5))
    run(data, source)
    of_another_version(monkeypatch, "2")
    run(data, write(tmp_path / "in", [5]), keep_pages_read_by_older_versions=True)
    manifest = read_manifest(data / "documents")
    assert manifest["kept_from_older_versions"] == 5
    assert {"read_files", "read_pages", "assemble_document", "write_pages"} <= manifest["steps"].keys()
    assert manifest["models"]["language"] and manifest["readers"].keys() == {"text"} and manifest["libraries"]
    known._code.cache_clear()


def test_a_ledger_of_another_version_is_made_anew_and_a_damaged_one_is_told(tmp_path):
    data, source = tmp_path / "data", write(tmp_path / "in", range(5))
    run(data, source)
    ledger = read_ledger(data)
    file = ledger.folder / ledger.files[0]
    pq.write_table(pq.read_table(file).replace_schema_metadata({b"state": b"0"}), file)
    assert run(data, source).read == 5 and len(uris(data)) == 5
    file = sorted(ledger.folder.iterdir())[-1]
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(
        CorruptError, match="is not a readable Parquet file; remove it and run the command that wrote it again"
    ):
        run(data, source)


def test_the_ledger_stays_few_files(tmp_path, monkeypatch):
    monkeypatch.setattr("ingest.ledger.MOST_FILES", 3)
    data = tmp_path / "data"
    for n in range(8):
        run(data, write(tmp_path / "in", [n]))
    ledger = read_ledger(data)
    assert len(ledger.files) <= 4 and ledger.rows.num_rows == 8 and ledger.rows.schema.equals(LEDGER)
    assert run(data, tmp_path / "in").read == 0


def test_a_poison_file_in_a_batch_costs_only_itself(tmp_path):
    """A file at which the worker is ended: the others of its batch are read, and nobody quarantines them."""
    data, source = tmp_path / "data", write(tmp_path / "in", range(40))
    with gzip.open(source / "0017.txt.gz", "wb", compresslevel=1) as bomb:
        bomb.write("\U0001fa78".encode())  # four bytes in memory for each character of the text
        for _ in range(12):
            bomb.write(b"word " * 1_000_000)
    result = run(data, source, worker_gib=0.35)
    assert (result.documents, result.quarantined_files) == (40, 1), result.failures
    assert [number for _, number, _ in result.failures] == [None]
    (row,) = read_dataset(data / "quarantine", QUARANTINE).to_pylist()
    doc_id = hashlib.sha256((source / "0017.txt.gz").read_bytes()).hexdigest()[:DOC_ID_DIGITS]
    assert (row["place"], row["doc_id"], row["kind"]) == (None, doc_id, "memory")
    assert run(data, source, worker_gib=0.35).read == 0, "it is remembered"


def test_split_around_the_file_that_broke(tmp_path):
    from ingest.steps.read_files import READ_FILES
    from medpress.run.task import Failure

    listed = [[f"/{n}.pdf", n, "", True] for n in range(5)]
    task = READ_FILES.task(
        tmp_path, files=listed, formats=["pdf"], options={"ocr": "never"}, most_pages=16, passwords=None
    )

    def pieces(mark: str) -> list[tuple[list[int], int]]:
        left: dict[str, str] = {}
        found = read_wave._around(task, Failure("crash", "", mark), left)
        return [([file[1] for file in piece.arguments["files"]], piece.arguments["most_pages"]) for piece in found]

    assert pieces("2 page 7") == [([0, 1], 16), ([3, 4], 16), ([2], 0)]
    assert pieces("2 whole 53d2") == [([0, 1], 16), ([3, 4], 16), ([2], 16)], "it broke before its pages"
    assert pieces("0") == [([1, 2, 3, 4], 16), ([0], 16)]
    assert pieces("") == [([0, 1], 16), ([2, 3, 4], 16)], "a cluster does not tell where"
    alone = READ_FILES.again(task, files=listed[:1])
    left: dict[str, str] = {}
    (looked_at,) = read_wave._around(alone, Failure("crash", "", "0 page 3"), left)
    assert looked_at.arguments["most_pages"] == 0 and left == {"/0.pdf": part_of(alone.output)}
    assert read_wave._around(alone, Failure("crash", "", "0"), {}) == []


def page(number: int) -> Page:
    return Page(number, "text", "", 0.0, 0.0, blocks_of(f"Page {number}."))


def test_pages_before_one_that_fails_are_kept(tmp_path):
    """Also those of a task that was ended in the middle of writing one."""
    output = str(tmp_path / "out.parquet")

    def failing() -> Iterator[Page]:
        yield page(1)
        yield page(2)
        raise ValueError

    with pytest.raises(ValueError):
        list(keep(failing(), "d", output))
    assert kept(part_of(output), "d") == {1: page(1), 2: page(2)}
    assert kept(part_of(output), "another") == {}
    raw = Path(part_of(output)).read_bytes()
    found = []
    for end in range(0, len(raw), 37):
        Path(part_of(output)).write_bytes(raw[:end])
        found.append(len(kept(part_of(output), "d")))
    assert found == sorted(found) and {0, 1} <= set(found)


def test_a_run_that_is_killed_gives_the_same_segments(tmp_path):
    source = write(tmp_path / "in", range(3_000))
    run(tmp_path / "whole", source)
    data = tmp_path / "data"
    command = [sys.executable, "-m", "ingest.cli", "text", str(source), "--data", str(data), "--workers", "2"]
    for moment in (0.3, 0.6, 0.9, 1.2):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=tmp_path)
        deadline = time.monotonic() + 60
        while not (data / "work").exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(moment)
        process.send_signal(signal.SIGKILL)
        process.wait()
    run(data, source)
    assert files(data) == files(tmp_path / "whole")
    consistent(data)


@pytest.mark.parametrize("moment", range(0, 24, 3))
def test_whatever_was_written_last_before_a_kill(tmp_path, small_segments, monkeypatch, moment):
    """A copy, a changed file and new ones; the run ends before one of its writes, and the next one finishes it."""
    source = write(tmp_path / "in", range(30))
    data = tmp_path / "data"
    run(data, source)
    shutil.copytree(data, tmp_path / "whole")
    shutil.copy(source / "0003.txt", source / "z.txt")
    (source / "0002.txt").write_text(TEXT.format(n=2000))
    write(source, range(30, 40))
    run(tmp_path / "whole", source)
    count = 0
    real = os.replace

    def dying(*arguments: object) -> None:
        nonlocal count
        count += 1
        if count > moment:
            raise KeyboardInterrupt
        real(*arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", dying)
        with contextlib.suppress(KeyboardInterrupt):
            run(data, source)
    run(data, source)
    assert files(data) == files(tmp_path / "whole")
    consistent(data)


def test_what_was_taken_down_is_not_read_again_at_another_place(tmp_path):
    data, source = tmp_path / "data", write(tmp_path / "in", range(3))
    run(data, source)
    gone = next(doc_id for doc_id, places in uris(data).items() if places == ["0001.txt"])
    row = {
        "doc_id": gone,
        "places": [Pseudonyms(data)("0001.txt")],
        "source": "in",
        "reason": "asked",
        "n_pages": 1,
        "n_tokens": 0,
    }
    write_rows(data / "removed" / "data" / "removed.parquet", [row | {"records": []}], REMOVED)
    shutil.copy(source / "0001.txt", source / "again.txt")
    result = run(data, source)
    assert (result.documents, result.quarantined_files, result.reasons["removed"]) == (2, 2, 2)
    assert gone not in uris(data) and gone not in read_dataset(data / "pages", PAGE)["doc_id"].to_pylist()
    told = read_dataset(data / "quarantine", QUARANTINE).to_pylist()
    assert [row["place"] for row in told] == [Pseudonyms(data)("again.txt")], "of the others the takedown itself tells"
    (data / "removed" / "data" / "removed.parquet").unlink()
    assert run(data, source).documents == 3 and uris(data)[gone] == ["0001.txt", "again.txt"]


def test_failures_are_forgotten_on_request(tmp_path):
    data, source = tmp_path / "data", write(tmp_path / "in", range(3))
    (source / "bad.txt").write_text("   \n")
    assert run(data, source).quarantined_files == 1
    assert run(data, source).read == 0
    assert forget_failures(data) == 1
    assert run(data, source).read == 1


def test_a_known_ending_is_not_opened_by_the_listing_and_an_archive_needs_none(tmp_path):
    data, source = tmp_path / "data", write(tmp_path / "in", range(3))
    with zipfile.ZipFile(source / "archive", "w") as archive:
        archive.writestr("a/b.txt", TEXT.format(n=7))
        archive.writestr("c.css", "a {}")
    (source / "data.bin").write_bytes(b"\x00\x01\x02" * 100)
    (source / "t.csv").write_text("a,b\n1,2\n")
    for _ in range(2):
        result = run(data, source, formats="auto")
        assert (result.documents, result.quarantined_files) == (4, 1)
        assert dict(result.ignored) == {".csv": 1, "in archives": 1}
    assert result.read == 0
    assert ["archive!a/b.txt"] in uris(data).values()
