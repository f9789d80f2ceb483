"""Web archives and other containers give the documents that they hold."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import pytest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from ingest.containers import is_container, spread_out
from ingest.containers.warc import is_warc, read_warc
from ingest.document import UnreadableError


def crawl(tmp_path: Path, *, compressed: bool = True, pages: int = 3) -> Path:
    path = tmp_path / ("crawl.warc.gz" if compressed else "crawl.warc")
    with open(path, "wb") as file:
        writer = WARCWriter(file, gzip=compressed)
        writer.write_record(writer.create_warcinfo_record("crawl", {"software": "test"}))
        for number in range(pages):
            add(writer, f"https://e.org/{number}", f"<html><p>Page {number}</p></html>".encode())
        add(writer, "https://e.org/0", b"<html><p>Page 0</p></html>")
        add(writer, "https://e.org/gone", b"gone", status="404 Not Found")
        add(writer, "https://e.org/style.css", b"p {}", kind="text/css")
        add(writer, "https://e.org/film", b"\0", kind="video/mp4")
        add(writer, "https://e.org/packed", gzip.compress("<p>高血压</p>".encode("gb18030")),
            kind="text/html; charset=gb18030", encoding="gzip")  # fmt: skip
        add(writer, "https://e.org/a.pdf", b"%PDF-1.4", kind="application/pdf")
        add(writer, "https://e.org/large", b"x" * 100_000)
    return path


def add(
    writer: WARCWriter, url: str, content: bytes, status: str = "200 OK", kind: str = "text/html", encoding: str = ""
) -> None:
    headers = [("Content-Type", kind), *([("Content-Encoding", encoding)] if encoding else [])]
    http = StatusAndHeaders(status, headers, protocol="HTTP/1.1")
    writer.write_record(writer.create_warc_record(url, "response", payload=io.BytesIO(content), http_headers=http))


@pytest.mark.parametrize("compressed", [True, False])
def test_documents_of_a_crawl(tmp_path: Path, compressed: bool) -> None:
    path = crawl(tmp_path, compressed=compressed)
    assert is_warc(path.read_bytes()[:100], path.name)
    pages = list(read_warc(path, page_bytes=50_000))
    assert [page.url for page in pages] == [f"https://e.org/{name}" for name in (0, 1, 2, "packed", "a.pdf", "large")]
    assert pages[0].content == b"<html><p>Page 0</p></html>"
    assert pages[3].content.decode("gb18030") == "<p>高血压</p>" and "gb18030" in pages[3].media_type
    assert pages[0].date.startswith("20")
    assert pages[5].error is not None and pages[5].error.kind == "too-large"


def test_a_cut_archive_gives_what_it_has_and_says_so(tmp_path: Path) -> None:
    path = crawl(tmp_path, compressed=False)
    raw = path.read_bytes()
    path.write_bytes(raw[: raw.index(b"Page 2") - 300])
    pages = list(read_warc(path))
    assert pages[0].content == b"<html><p>Page 0</p></html>"
    assert len(pages) <= 3


def test_what_is_no_archive_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.warc"
    path.write_bytes(b"\x00" * 500)
    with pytest.raises(UnreadableError) as error:
        list(read_warc(path))
    assert error.value.kind == "truncated"


def test_containers_are_spread_out_by_content(tmp_path: Path) -> None:
    work = tmp_path / "work"
    warc = crawl(tmp_path)
    assert is_container(warc.read_bytes()[:4096], warc.name)
    held = list(spread_out(warc, "web/crawl.warc.gz", work))
    assert held[0].uri == "web/crawl.warc.gz!https://e.org/0"
    assert held[0].path is not None and held[0].path.read_bytes() == b"<html><p>Page 0</p></html>"
    assert held[0].path.suffix == ".html" and next(h for h in held if h.uri.endswith("a.pdf")).path.suffix == ".pdf"  # type: ignore[union-attr]
    zipped = tmp_path / "books.zip"
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("../heart.txt", "The heart.")
        archive.writestr("copy.txt", "The heart.")
        archive.writestr("__MACOSX/._heart.txt", "rubbish")
        archive.writestr("page.html.gz", gzip.compress(b"<p>x</p>"))
    files = list(spread_out(zipped, "books.zip", work))
    assert [file.uri for file in files] == ["books.zip!heart.txt", "books.zip!copy.txt", "books.zip!page.html.gz"]
    assert files[0].path == files[1].path
    assert files[2].path is not None and files[2].path.name.endswith(".html.gz")
    assert all(work in file.path.parents for file in files if file.path)
