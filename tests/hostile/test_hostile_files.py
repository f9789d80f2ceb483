"""Every hostile file is read or quarantined with a reason, in bounded time and memory, and costs no other file anything."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from make_archives import CASES as ARCHIVES
from make_images import IMAGES
from make_markup import BOOKS, HTML, TEXTS, WORD, XML
from make_pdfs import PDFS, SLOW_PDFS
from watched import complaint, run

from ingest.listing import failures
from medpress.schema import DOCUMENT, QUARANTINE
from medpress.store import read_dataset

HARMLESS = "The harmless note among the hostile ones: amoxicillin was given for pneumonia, and the fever went.\n" * 5
GROUPS: dict[str, tuple[dict[str, Callable[[], bytes]], list[str]]] = {
    "archives": (ARCHIVES, []),
    "pages": (HTML, []),
    "articles": (XML, []),
    "books": (BOOKS, []),
    "word": (WORD, []),
    "texts": (TEXTS, []),
    "pdfs": (PDFS, ["--ocr", "never"]),
    "slow_pdfs": (SLOW_PDFS, ["--ocr", "never", "--page-seconds", "3"]),
    "images": (IMAGES, []),
}
SECONDS = 120.0
"""Of the processor, for a whole group; each file alone may take half of it."""


def test_there_are_enough_of_them() -> None:
    assert sum(len(cases) for cases, _ in GROUPS.values()) >= 180


@pytest.mark.parametrize("group", GROUPS)
def test_hostile_files_are_read_or_refused(tmp_path: Path, group: str) -> None:
    cases, options = GROUPS[group]
    folder = tmp_path / "in"
    folder.mkdir()
    for name, make in cases.items():
        (folder / name).write_bytes(make())
    (folder / "harmless.txt").write_text(HARMLESS, encoding="utf-8")
    data = tmp_path / "data"
    result = run(["ingest", "auto", folder, "--data", data, "--workers", "2", *options], SECONDS)
    assert not complaint(result)
    assert result.code == 0
    documents = read_dataset(data / "documents", DOCUMENT).to_pylist()
    refused = read_dataset(data / "quarantine", QUARANTINE).to_pylist()
    told = {uri.partition("!")[0] for row in documents for uri in row["uris"]}
    told |= {name.partition("!")[0] for columns in failures(data) for name in columns[1].to_pylist()}
    assert "harmless.txt" in {uri for row in documents for uri in row["uris"]}
    left_alone = {"empty.zip", "many.zip", "header.tar.gz", "header.warc", "drawing.svg", "moving.gif"}
    assert not set(cases) - told - left_alone
    for row in refused:
        assert row["message"].endswith(".") and "\n" not in row["message"] and len(row["message"]) < 500, row
        assert row["kind"] not in ("error", "crash"), row
    pages = sum(path.stat().st_size for path in (data / "pages").rglob("*.parquet"))
    work = sum(path.stat().st_size for path in (data / "work").rglob("*") if path.is_file())
    assert pages < 200 * 2**20 and work < 700 * 2**20
