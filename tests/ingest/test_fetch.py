"""Fetching is polite, safe, and can be carried on; every request here goes to a real server on this machine."""

from __future__ import annotations

import gzip
import shutil
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path

import pytest

from ingest.document import ReadOptions
from ingest.fetching.addresses import is_public
from ingest.fetching.connection import PrivateAddress, check_address
from ingest.fetching.fetch import INDEX, Client, FetchConfig, FetchError, fetch, read_url_list, sitemap_urls
from ingest.readers.web import WebReader

PAGE = b"<html><body><h1>Asthma</h1><p>Asthma is a disease of the airways, which narrow and swell.</p></body></html>"


class Site(ThreadingHTTPServer):
    """A small web site that remembers who asked for what, and when."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.requests: list[tuple[str, float, dict[str, str]]] = []
        self.robots = ""
        self.failures = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def asked(self, path: str) -> int:
        return sum(asked == path for asked, _, _ in self.requests)


class Answers(BaseHTTPRequestHandler):
    """What the site answers."""

    server: Site

    def do_GET(self) -> None:
        self.server.requests.append((self.path, time.monotonic(), dict(self.headers)))
        route = self.path.partition("?")[0]
        if route == "/robots.txt":
            status = 500 if self.server.robots == "broken" else 200 if self.server.robots else 404
            self.answer(status, self.server.robots.encode(), "text/plain")
        elif route == "/page" and self.headers.get("If-None-Match") == '"v1"':
            self.answer(304)
        elif route == "/flaky" and self.server.failures > 0:
            self.server.failures -= 1
            self.answer(503, headers={"Retry-After": "0"})
        elif route in ("/page", "/flaky"):
            self.answer(200, PAGE, headers={"ETag": '"v1"'})
        elif route.startswith("/hop/"):
            hops = int(route.removeprefix("/hop/"))
            self.answer(302, headers={"Location": f"/hop/{hops - 1}" if hops else "/page"})
        elif route == "/inward":
            self.answer(302, headers={"Location": "http://[::1]:1/secret"})
        elif route == "/elsewhere":
            self.answer(302, headers={"Location": "file:///etc/passwd"})
        elif route == "/large":
            self.answer(200, b"x" * 300_000)
        elif route == "/bomb":
            self.answer(200, gzip.compress(b"\0" * 5_000_000), headers={"Content-Encoding": "gzip"})
        elif route == "/drip":
            self.send_response(200)
            self.end_headers()
            for _ in range(50):
                try:
                    self.wfile.write(b"x")
                    time.sleep(0.1)
                except OSError:
                    break
        elif route == "/film":
            self.answer(200, b"\0\0\0\x18ftypmp42", "video/mp4")
        elif route == "/guide.pdf":
            self.answer(200, b"%PDF-1.4 ...", "application/octet-stream")
        elif route == "/sitemap.xml":
            maps = "".join(f"<sitemap><loc>{self.server.address}/map{n}.xml.gz</loc></sitemap>" for n in (1, 2))
            index = f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{maps}</sitemapindex>'
            self.answer(200, index.encode(), "application/xml")
        elif route.startswith("/map"):
            urls = (
                f"<url><loc>{self.server.address}{route}-page</loc></url><url><loc>https://other.example/x</loc></url>"
            )
            text = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>'
            self.answer(200, gzip.compress(text.encode()), "application/x-gzip")
        else:
            self.answer(404)

    def answer(
        self, status: int, content: bytes = b"", kind: str = "text/html", headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        for name, value in ({"Content-Type": kind, "Content-Length": str(len(content))} | (headers or {})).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def site() -> Iterator[Site]:
    server = Site()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def client(**changes: object) -> Client:
    return Client(FetchConfig(**{"delay": 0.0, "allow_private": True, "retries": 1, **changes}))  # type: ignore[arg-type]


def test_a_page_is_fetched_and_can_be_read(site: Site, tmp_path: Path) -> None:
    (outcome,) = fetch([f"{site.address}/page"], tmp_path, client())
    assert (outcome.outcome, outcome.final_url) == ("fetched", f"{site.address}/page")
    path = tmp_path / outcome.file
    assert path.read_bytes() == PAGE and path.suffix == ".html"
    (page,) = WebReader().read(path, 1, 1, ReadOptions(), lambda place: None)
    assert page.blocks[0].text == "Asthma"
    assert "medpress" in site.requests[-1][2]["User-Agent"]


def test_private_addresses_are_refused_before_any_request(site: Site, tmp_path: Path) -> None:
    port = site.server_address[1]
    urls = [f"{site.address}/page", f"http://localhost:{port}/page", f"http://[::ffff:127.0.0.1]:{port}/page"]
    urls += [f"http://2130706433:{port}/page", f"http://0x7f.1:{port}/page", "http://169.254.169.254/latest/meta-data"]
    for outcome in fetch(urls, tmp_path, client(allow_private=False)):
        assert (outcome.outcome, outcome.kind) == ("failed", "refused-address"), outcome
    assert site.requests == []


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2001:4860:4860::8888", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1", False),
        ("fc00::1", False),
        ("ff02::1", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:8.8.8.8", True),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


def test_a_host_with_one_private_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def both(*_: object, **__: object) -> list[tuple[int, int, int, str, tuple[str, int]]]:
        return [(2, 1, 6, "", ("8.8.8.8", 80)), (2, 1, 6, "", ("10.0.0.1", 80))]

    monkeypatch.setattr("socket.getaddrinfo", both)
    with pytest.raises(PrivateAddress):
        check_address("rebind.example", 80)


def test_redirects_are_checked_again(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = is_public
    monkeypatch.setattr("ingest.fetching.connection.is_public", lambda address: address == "127.0.0.1" or real(address))
    inward, elsewhere = fetch(
        [f"{site.address}/inward", f"{site.address}/elsewhere"], tmp_path, client(allow_private=False)
    )
    assert inward.kind == elsewhere.kind == "refused-address"


def test_redirects_are_followed_to_a_limit(site: Site, tmp_path: Path) -> None:
    near, far = fetch([f"{site.address}/hop/2", f"{site.address}/hop/9"], tmp_path, client(redirects=4))
    assert (near.outcome, near.final_url) == ("fetched", f"{site.address}/page")
    assert far.kind == "redirects"


def test_robots_are_obeyed(site: Site, tmp_path: Path) -> None:
    site.robots = "User-agent: *\nDisallow: /page\n\nUser-agent: other\nDisallow: /\n"
    refused, fine = fetch([f"{site.address}/page", f"{site.address}/flaky"], tmp_path, client())
    assert (refused.kind, fine.outcome) == ("robots", "fetched")
    assert site.asked("/page") == 0 and site.asked("/robots.txt") == 1


def test_a_host_that_cannot_say_what_it_allows_is_left_alone(site: Site, tmp_path: Path) -> None:
    site.robots = "broken"
    first, second = fetch([f"{site.address}/page", f"{site.address}/flaky"], tmp_path, client(retries=0))
    assert first.kind == second.kind == "http-500" and "robots.txt" in first.message
    assert [path for path, _, _ in site.requests] == ["/robots.txt"]


def test_certificates_are_checked_for_the_name_not_the_address(site: Site, tmp_path: Path) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("the openssl program is not here to make a certificate")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = (
        f"{openssl} req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    )
    subprocess.run([*command.split(), "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    site.socket = server.wrap_socket(site.socket, server_side=True)
    port = site.server_address[1]
    urls = [f"https://localhost:{port}/page", f"https://127.0.0.1:{port}/page"]
    assert {outcome.kind for outcome in fetch(urls, tmp_path / "a", client(retries=0))} == {"network"}  # not trusted
    trusting = client(retries=0)
    trusting.trust = ssl.create_default_context(cafile=str(certificate))
    named, numbered = fetch(urls, tmp_path / "b", trusting)
    assert named.outcome == "fetched" and site.requests[-1][2]["Host"] == f"localhost:{port}"
    assert numbered.kind == "network"  # the certificate does not name the address


def test_one_host_is_asked_slowly(site: Site, tmp_path: Path) -> None:
    fetch([f"{site.address}/page?{n}" for n in range(3)], tmp_path, client(delay=0.15))
    times = [when for path, when, _ in site.requests if path.startswith("/page")]
    assert all(after - before >= 0.14 for before, after in pairwise(times))


def test_failures_that_pass_are_tried_again(site: Site, tmp_path: Path) -> None:
    site.failures = 2
    (outcome,) = fetch([f"{site.address}/flaky"], tmp_path, client(retries=2))
    assert outcome.outcome == "fetched" and site.asked("/flaky") == 3
    site.failures = 9
    (outcome,) = fetch([f"{site.address}/flaky?again"], tmp_path, client(retries=1))
    assert (outcome.outcome, outcome.kind) == ("failed", "http-503")


def test_failures_that_stay_are_not(site: Site, tmp_path: Path) -> None:
    (outcome,) = fetch([f"{site.address}/missing"], tmp_path, client(retries=3))
    assert outcome.kind == "http-404" and site.asked("/missing") == 1


def test_a_second_run_asks_only_for_what_it_lacks(site: Site, tmp_path: Path) -> None:
    urls = [f"{site.address}/page", f"{site.address}/flaky"]
    first = fetch(urls[:1], tmp_path, client())
    second = fetch(urls, tmp_path, client())
    assert [outcome.outcome for outcome in second] == ["cached", "fetched"]
    assert second[0].file == first[0].file and site.asked("/page") == 1
    third = fetch(urls, tmp_path, client(max_age_days=0.0))
    assert [outcome.outcome for outcome in third] == ["unchanged", "fetched"] or third[1].outcome == "unchanged"
    assert site.requests[-1][2].get("If-None-Match") == '"v1"'


def test_a_cut_index_and_a_lost_file_are_mended(site: Site, tmp_path: Path) -> None:
    (outcome,) = fetch([f"{site.address}/page"], tmp_path, client())
    index = tmp_path / INDEX
    index.write_text(index.read_text(encoding="utf-8") + '{"url": "http://x', encoding="utf-8")
    (tmp_path / outcome.file).unlink()
    (again,) = fetch([f"{site.address}/page"], tmp_path, client())
    assert again.outcome == "fetched" and (tmp_path / again.file).read_bytes() == PAGE


@pytest.mark.parametrize("path", ["/large", "/bomb"])
def test_size_is_bounded_also_after_unpacking(site: Site, tmp_path: Path, path: str) -> None:
    (outcome,) = fetch([f"{site.address}{path}"], tmp_path, client(page_bytes=100_000))
    assert outcome.kind == "too-large" and not list(tmp_path.glob("*/*"))


def test_time_is_bounded_for_a_host_that_drips(site: Site, tmp_path: Path) -> None:
    start = time.monotonic()
    (outcome,) = fetch([f"{site.address}/drip"], tmp_path, client(fetch_seconds=0.5, retries=0))
    assert outcome.kind == "timeout" and time.monotonic() - start < 4


def test_types(site: Site, tmp_path: Path) -> None:
    film, guide = fetch([f"{site.address}/film", f"{site.address}/guide.pdf"], tmp_path, client())
    assert film.kind == "unsupported"
    assert guide.file.endswith(".pdf")


@pytest.mark.parametrize(
    "url", ["ftp://example.org/a", "file:///etc/passwd", "http://user:pass@example.org/", "http://[bad/", "x"]
)
def test_other_addresses_are_refused(tmp_path: Path, url: str) -> None:
    (outcome,) = fetch([url], tmp_path, client())
    assert (outcome.outcome, outcome.kind) == ("failed", "refused-address")


def test_sitemaps_and_lists(site: Site) -> None:
    assert sitemap_urls(f"{site.address}/sitemap.xml", client()) == [
        f"{site.address}/map1.xml.gz-page",
        f"{site.address}/map2.xml.gz-page",
    ]
    with pytest.raises(FetchError, match=r"not that of a sitemap|cannot be read"):
        sitemap_urls(f"{site.address}/page", client())
    assert read_url_list("# list\nhttps://a.org/1\n\n https://a.org/2 \n") == ["https://a.org/1", "https://a.org/2"]
