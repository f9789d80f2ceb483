"""What a document, and what a run, may spend: pages read before stay, and a larger budget lets it go on."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pymupdf
import pytest

from ingest.readers import FORMATS
from ingest.run import IngestConfig, IngestResult, ingest
from medpress.run.call import call, reference
from medpress.run.task import Failure, Limits, Spent, Stage, Task
from medpress.schema import DOCUMENT, PAGE, QUARANTINE
from medpress.store import read_dataset

PAGES = 40
TASK_SECONDS = 10.0


class Costly:
    """Workers' work done here; one that reads pages or rows takes ten CPU-seconds, as it says."""

    limits = Limits()

    def map(self, stage: Stage, tasks: Iterable[Task]) -> Iterator[tuple[Task, Failure | None, Spent]]:
        for task in tasks:
            failure = call(reference(stage), asdict(task), lambda word: None)
            yield (
                task,
                failure,
                Spent(cpu_seconds=TASK_SECONDS if stage.__name__ in ("read_pages", "read_notes") else 0.0),
            )

    def close(self) -> None:
        """Nothing to let go."""


@pytest.fixture
def costly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.session.open_executor", lambda *_, **__: Costly())


def book(path: Path, name: str) -> Path:
    with pymupdf.open() as document:
        for number in range(1, PAGES + 1):
            document.new_page().insert_text((72, 72), f"{name}: page {number} tells of warfarin and of its dose.")
        document.save(path / f"{name}.pdf")
    return path / f"{name}.pdf"


def read_pages(data: Path) -> list[int]:
    return sorted(row["page"] for row in read_dataset(data / "pages", PAGE).to_pylist())


def lost(data: Path) -> dict[str, list[int]]:
    """Pages in quarantine by kind and message."""
    found: dict[str, list[int]] = {}
    for row in read_dataset(data / "quarantine", QUARANTINE).to_pylist():
        found.setdefault(f"{row['kind']}: {row['message']}", []).append(row["page"] or 0)
    return {why: sorted(pages) for why, pages in found.items()}


def read_log(data: Path) -> list[dict[str, Any]]:
    """Attempts, in their order."""
    return [json.loads(line) for line in (data / "log" / "ingest.jsonl").read_text().splitlines()]


def run(paths: list[Path], data: Path, formats: str = "pdf", **settings: Any) -> IngestResult:
    return ingest([str(path) for path in paths], FORMATS[formats], IngestConfig(data=data, workers=1, **settings))


def test_a_document_above_its_budget_keeps_the_pages_that_were_read(costly: None, tmp_path: Path) -> None:
    data, dear = tmp_path / "data", book(tmp_path, "dear")
    (tmp_path / "cheap.txt").write_text("Aspirin is given at 100 mg a day after a stroke.")
    # Ranges of 16 pages at ten CPU-seconds: the second begins with five left, the third with none.
    first = run([dear, tmp_path / "cheap.txt"], data, "auto", document_seconds=15)
    assert (first.documents, first.quarantined_files, first.quarantined_pages) == (2, 0, 8)
    assert read_pages(data) == [1, *range(1, 33)]
    why = "budget: The document took more than the 15 CPU-seconds that a run may spend on one."
    assert lost(data) == {why: list(range(33, PAGES + 1))}
    assert run([dear], data, document_seconds=15).read == 0, "the budget is remembered"
    whole = run([dear], data, document_seconds=36_000)
    assert (whole.read, whole.quarantined_pages) == (1, 0), "a larger one lets it go on"
    assert read_pages(data) == [1, *range(1, PAGES + 1)]
    assert lost(data) == {}
    assert read_dataset(data / "documents", DOCUMENT).num_rows == 2


def test_a_run_that_has_used_its_seconds_is_gone_on_with_by_the_same_command(costly: None, tmp_path: Path) -> None:
    data, books = tmp_path / "data", [book(tmp_path, name) for name in "ab"]
    seen = []
    for _ in range(8):
        result = run(books, data, run_seconds=25)
        assert result.files == result.documents + result.copies + result.quarantined_files == 2
        seen.append(len(read_pages(data)))
        if not result.reasons:
            break
        assert set(result.reasons) == {"postponed"}
        assert "postponed: The run had used its 25 CPU-seconds; the same command goes on." in lost(data)
    assert seen == sorted(seen)
    assert seen[-1] == 2 * PAGES
    assert len(seen) == 2
    assert run(books, data, run_seconds=25).read == 0


def test_rows_of_a_table_wait_too(costly: None, tmp_path: Path) -> None:
    from ingest.note_columns import NoteColumns
    from ingest.notes import ingest_notes

    for name in "ab":
        rows = "".join(f"{number},Note {number} of {name}: no pain today.\n" for number in range(5))
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in" / f"{name}.csv").write_text(f"id,text\n{rows}")
    results = [
        ingest_notes(
            [str(tmp_path / "in")], NoteColumns(), IngestConfig(data=tmp_path / "data", workers=1, run_seconds=seconds)
        )
        for seconds in (5, 5)
    ]
    assert [(result.rows, result.notes, result.broken) for result in results] == [(10, 5, 5), (10, 10, 0)]


def test_one_of_many_files_of_a_task_has_the_budget_of_a_document(tmp_path: Path) -> None:
    """Real workers: a page of 300,000 line breaks takes seconds, its ten neighbours in the same task nothing."""
    folder, data = tmp_path / "in", tmp_path / "data"
    folder.mkdir()
    for name in range(10):
        (folder / f"{name}.html").write_text(f"<p>{f'Case {name}: warfarin was given at 5 mg a day. ' * 5}</p>")
    (folder / "5-dear.html").write_text(f"<p>{'warfarin 5 mg<br>' * 300_000}</p>")
    result = run([folder], data, "web", document_seconds=1)
    assert (result.files, result.documents, result.quarantined_files) == (11, 10, 1)
    why = "budget: The document took more than the 1 CPU-seconds that a run may spend on one."
    assert lost(data) == {why: [0]}
    assert run([folder], data, "web", document_seconds=1).read == 0, "the budget is remembered"
    failed = [row for row in read_log(data) if row["failure"]]
    assert {row["failure"]["kind"] for row in failed} == {"budget"}
    assert [row["cpu_seconds"] > 1 for row in failed] == [True, False], "alone it is not begun again"
