"""A run over files: archives, editions, addresses, pages that cannot be read, and another try at them."""

from __future__ import annotations

import functools
import http.server
import json
import threading
import zipfile
from pathlib import Path

import pytest

from ingest.document import ReadOptions
from ingest.fetching.fetch import FetchConfig
from ingest.plan import plan
from ingest.readers import FORMATS
from ingest.run import IngestConfig, ingest
from ingest.show import show
from ingest.status import forget_failures, overview
from medpress.schema import DOCUMENT, PAGE, QUARANTINE
from medpress.store import read_dataset


def documents(data: Path) -> list[dict]:
    return read_dataset(data / "documents", DOCUMENT).to_pylist()


def test_archives_are_walked_and_copies_counted(tmp_path, sample_docs):
    (tmp_path / "in").mkdir()
    for name in ("a.zip", "b.zip"):
        with zipfile.ZipFile(tmp_path / "in" / name, "w") as archive:
            archive.write(sample_docs / "monographs/warfarin.md", "deep/warfarin.md")
            archive.write(sample_docs / "guideline/atrial_fibrillation.docx", "af.docx")
            archive.writestr("style.css", "a {}")
            archive.writestr("broken.pdf", "no pdf at all")
    result = ingest([str(tmp_path / "in")], FORMATS["auto"], IngestConfig(data=tmp_path / "data", workers=1))
    assert (result.files, result.documents, result.copies, result.quarantined_files) == (6, 2, 2, 2)
    assert sorted(uri for row in documents(tmp_path / "data") for uri in row["uris"]) == [
        "a.zip!af.docx", "a.zip!deep/warfarin.md", "b.zip!af.docx", "b.zip!deep/warfarin.md",
    ]  # fmt: skip


def test_a_later_edition_supersedes_the_earlier_one(tmp_path, sample_docs):
    data = tmp_path / "data"
    files = [str(sample_docs / f"guideline/sepsis_{year}.pdf") for year in (2021, 2024)]
    ingest(files, FORMATS["pdf"], IngestConfig(data=data, workers=1))
    by_name = {row["uris"][0]: row for row in documents(data)}
    old, new = by_name["sepsis_2021.pdf"], by_name["sepsis_2024.pdf"]
    assert new["supersedes"] == old["doc_id"]
    assert old["supersedes"] is None
    assert any("superseded" in warning for warning in old["warnings"])


def test_pages_over_the_time_limit_are_quarantined_and_retried(tmp_path, sample_docs):
    data = tmp_path / "data"
    paths = [str(sample_docs / "guideline/stroke_zh_scanned.pdf")]
    # No page is recognised in a third of a second; by the other route, its text layer, there is nothing to read.
    hasty = IngestConfig(data=data, workers=1, page_seconds=0.3)
    result = ingest(paths, FORMATS["pdf"], hasty)
    assert result.quarantined_files == 1
    assert set(result.reasons) == {"timeout"}
    again = ingest(paths, FORMATS["pdf"], hasty)
    assert (again.quarantined_files, again.read) == (1, 0), "a failure is remembered until it is forgotten"
    assert forget_failures(data) > 0
    assert ingest(paths, FORMATS["pdf"], hasty).read == 1
    fixed = ingest(paths, FORMATS["pdf"], IngestConfig(data=data, workers=1))
    assert (fixed.documents, fixed.quarantined_files) == (1, 0), "and a raised limit forgets it"
    assert read_dataset(data / "quarantine", QUARANTINE).num_rows == 0


def test_addresses_are_fetched_and_private_ones_refused(tmp_path, sample_docs):
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=sample_docs / "web")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/iron_deficiency.html"
    try:
        refused = ingest([url], FORMATS["web"], IngestConfig(data=tmp_path / "a", workers=1))
        allowed = ingest(
            [url],
            FORMATS["web"],
            IngestConfig(data=tmp_path / "b", workers=1),
            FetchConfig(allow_private=True, delay=0),
        )
    finally:
        server.shutdown()
    assert (refused.documents, dict(refused.reasons)) == (0, {"refused-address": 1})
    assert allowed.documents == 1
    assert documents(tmp_path / "b")[0]["uris"] == [url]


def test_status_and_show_tell_what_was_read(tmp_path, sample_docs):
    data = tmp_path / "data"
    ingest([str(sample_docs / "guideline/sepsis_2024.pdf")], FORMATS["pdf"], IngestConfig(data=data, workers=1))
    assert overview(data).documents == [("guideline", "pdf", 1, read_dataset(data / "pages", PAGE).num_rows, 0)]
    page = show(data, documents(data)[0]["doc_id"][:8], 1).read_text()
    assert "data:image/jpeg;base64," in page and page.count("<section") == 1
    assert show(data, "sepsis_2024.pdf").read_text().count("<section") == read_dataset(data / "pages", PAGE).num_rows


def test_a_plan_reads_nothing_by_ocr_and_writes_nothing(tmp_path, sample_docs, monkeypatch):
    monkeypatch.chdir(tmp_path)
    forecast = plan([str(sample_docs / "textbook")], FORMATS["auto"], ReadOptions())
    assert forecast.files >= 5
    assert forecast.ocr_pages == pytest.approx(4), "three scanned pages of one file and one of another"
    assert list(tmp_path.iterdir()) == []


def test_a_page_that_fails_costs_no_other_and_only_it_is_read_again(tmp_path, sample_docs):
    """The middle page is a scan, for which there is no time; the pages around it are kept and wait for it."""
    data, paths = tmp_path / "data", [str(sample_docs / "textbook/kidney_injury_mixed.pdf")]
    hasty = IngestConfig(data=data, workers=1, page_seconds=1.5)
    result = ingest(paths, FORMATS["pdf"], hasty)
    assert (result.documents, result.quarantined_pages) == (1, 1)
    assert [(page, message) for _, page, message in result.failures] == [(2, "It took more than 1.5 CPU-seconds.")]
    (lost,) = read_dataset(data / "quarantine", QUARANTINE).to_pylist()
    assert (lost["page"], lost["kind"], lost["stage"]) == (2, "timeout", "read")
    before = {row["page"]: row for row in read_dataset(data / "pages", PAGE).to_pylist()}
    assert before.keys() == {1, 3}
    fixed = ingest(paths, FORMATS["pdf"], IngestConfig(data=data, workers=1))
    assert (fixed.documents, fixed.quarantined_pages) == (1, 0)
    after = {row["page"]: row for row in read_dataset(data / "pages", PAGE).to_pylist()}
    assert after.keys() == {1, 2, 3} and after[2]["route"] == "ocr"
    assert not list((data / "work" / "ingest" / "large").iterdir())
    log = [json.loads(line) for line in (data / "log" / "ingest.jsonl").read_text().splitlines()]
    assert sum(row["status"] == "done" and "page 3" in row["label"] for row in log) == 1
