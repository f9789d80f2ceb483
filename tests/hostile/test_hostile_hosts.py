"""A host that lies, drips, bombs or points inward costs its own page and no more; every answer is given over a real socket."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from make_answers import FETCHED, REFUSED, Host, answer, moved, sent
from make_archives import PAGE, gzip_of_zeros
from watched import complaint, run

from ingest.fetching.addresses import is_public
from ingest.fetching.fetch import Client, FetchConfig, FetchError, fetch, sitemap_urls
from medpress.pseudonym import Pseudonyms
from medpress.schema import DOCUMENT, QUARANTINE
from medpress.store import read_dataset

INWARD = [
    "127.0.0.1", "localhost", "LOCALHOST", "localhost.", "127.1", "0177.0.0.1", "0x7f000001", "2130706433", "0", "0.0.0.0",
    "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:7f00:0001]", "[::127.0.0.1]",
    "[64:ff9b::127.0.0.1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[fe80::1]", "[fec0::1]", "[fc00::1]", "[fd00::1]",
    "[ff02::1]", "[5f00::1]", "[3fff::1]", "[100::1]", "[2001:db8::1]", "[2001::1]", "[2001:10::1]", "[2001:470:1:2::5efe:10.0.0.1]",
    "①②⑦.⓪.⓪.①", "127。0。0。1", "%31%32%37.0.0.1", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.0.1", "169.254.169.254",
    "100.64.0.1", "192.0.0.1", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1",
    "240.0.0.1", "255.255.255.255",
]  # fmt: skip
"""This machine, its neighbours and addresses of nobody, in every spelling."""


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    served = Host({**FETCHED, **REFUSED})
    yield served
    served.close()


def client(**changes: object) -> Client:
    return Client(
        FetchConfig(**{"delay": 0.0, "retries": 0, "timeout": 2.0, "fetch_seconds": 3.0, "hosts": 32, **changes})
    )  # type: ignore[arg-type]


def test_every_answer_is_a_page_or_a_sentence(host: Host, tmp_path: Path) -> None:
    urls = host.urls([*FETCHED, *REFUSED])
    listed = tmp_path / "urls.txt"
    listed.write_text("\n".join(urls.values()), encoding="utf-8")
    options = [
        "--allow-private",
        "--delay",
        "0.001",
        "--retries",
        "0",
        "--timeout",
        "2",
        "--fetch-seconds",
        "4",
        "--hosts",
        "32",
    ]
    data = tmp_path / "data"
    result = run(["ingest", "web", "--url-list", listed, "--data", data, *options], 120)
    assert not complaint(result)
    assert result.code == 0
    url_of = {Pseudonyms(data)(url): url for url in urls.values()}
    refused = {url_of[row["place"]]: row for row in read_dataset(data / "quarantine", QUARANTINE).to_pylist()}
    found = {uri for row in read_dataset(data / "documents", DOCUMENT).to_pylist() for uri in row["uris"]}
    assert found | set(refused) == set(urls.values())
    assert {name for name, url in urls.items() if url in found} == set(FETCHED)
    for row in refused.values():
        assert row["message"].endswith(".") and "\n" not in row["message"] and len(row["message"]) < 500, row
        assert row["kind"] not in ("error", "crash", "memory"), row


def test_no_spelling_leads_inward(host: Host, tmp_path: Path) -> None:
    before = len(host.requests)
    urls = [f"http://{name}:{host.port}/plain" for name in INWARD]
    urls += [f"http://8.8.8.8\\@127.0.0.1:{host.port}/", f"http://127.0.0.1:{host.port}\\@8.8.8.8/"]
    for outcome in fetch(urls, tmp_path, client()):
        assert outcome.outcome == "failed" and outcome.kind in ("refused-address", "network"), outcome
    assert len(host.requests) == before


def test_no_redirect_leads_inward(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    served = Host({})
    served.routes |= {f"to{n}": moved(f"http://{name}:{served.port}/secret") for n, name in enumerate(INWARD)}
    monkeypatch.setattr("ingest.fetching.connection.is_public", lambda ip: ip == "127.0.0.200" or is_public(ip))
    urls = [f"http://127.0.0.200:{served.port}/to{n}" for n in range(len(INWARD))]
    for outcome in fetch(urls, tmp_path, client()):
        assert outcome.outcome == "failed" and outcome.kind in ("refused-address", "network"), outcome
    assert ("secret" not in {route for _, route in served.asked}) and len(served.requests) == len(INWARD) + 1
    served.close()


def test_a_name_that_changes_its_mind_is_asked_once(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: whatever the name means a moment later, the connection goes to the address that was checked."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def rebinding(name: str, port: int, *rest: object, **more: object) -> list[object]:
        if name != "rebind.example":
            return real(name, port, *rest, **more)  # type: ignore[arg-type, return-value]
        asked.append(name)
        place = "127.0.0.201" if len(asked) % 2 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (place, port))]

    monkeypatch.setattr("socket.getaddrinfo", rebinding)
    monkeypatch.setattr("ingest.fetching.connection.is_public", lambda ip: ip == "127.0.0.201" or is_public(ip))
    one = client()
    pages = [fetch([f"http://rebind.example:{host.port}/plain?{n}"], tmp_path, one)[0] for n in range(4)]
    assert {page.outcome for page in pages} == {"failed"} or all(place == "127.0.0.201" for place, _ in host.asked[-2:])
    assert ("127.0.0.1", "plain") not in host.asked


def test_a_header_byte_a_moment_does_not_hold_a_host(host: Host, tmp_path: Path) -> None:
    started = time.monotonic()
    urls = host.urls(
        ["dripping_status", "dripping_headers", "dripping_body", "dripping_chunks", "endless_greetings"], 150
    )
    outcomes = fetch(list(urls.values()), tmp_path, client(allow_private=True, fetch_seconds=1.0))
    assert {outcome.kind for outcome in outcomes} == {"timeout"} and time.monotonic() - started < 6


def test_a_page_has_one_deadline_over_its_redirects(tmp_path: Path) -> None:
    def hop(connection: socket.socket) -> None:
        time.sleep(0.4)
        connection.sendall(answer(b"", "302 Found", "Location: /hop?x\r\n"))

    served = Host({"hop": hop})
    started = time.monotonic()
    (outcome,) = fetch(
        [f"http://127.0.0.1:{served.port}/hop"], tmp_path, client(allow_private=True, fetch_seconds=1.0, redirects=50)
    )
    assert outcome.kind == "timeout" and time.monotonic() - started < 4
    served.close()


SITEMAPS = {
    "laughs": b"<!DOCTYPE urlset [<!ENTITY a '" + b"x" * 1000 + b"'>]><urlset>" + b"&a;" * 100_000 + b"</urlset>",
    "bomb": gzip_of_zeros(200),
    "deep": b"<urlset>" + b"<url>" * 100_000,
    "words": b"http://[bad/\nhttp://\xff\xff/\n" * 1_000,
    "page": PAGE,
    "elements": b"<urlset>" + b"<url/>" * 1_000_000,
    "outside": b"<!DOCTYPE u [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><urlset><url><loc>&a;</loc></url></urlset>",
}


def test_sitemaps_are_bounded_too(tmp_path: Path) -> None:
    served = Host({name: sent(answer(raw)) for name, raw in SITEMAPS.items()})
    origin = f"http://127.0.0.1:{served.port}"
    ring = f"<sitemapindex><sitemap><loc>{origin}/ring</loc></sitemap><sitemap><loc>{origin}/ring2</loc></sitemap></sitemapindex>"
    served.routes |= {name: sent(answer(ring.encode())) for name in ("ring", "ring2")}
    for name in [*SITEMAPS, "ring"]:
        try:
            found = sitemap_urls(f"{origin}/{name}", client(allow_private=True, fetch_seconds=20.0))
        except FetchError as error:
            assert error.message.endswith(".") and "\n" not in error.message
        else:
            assert not [url for url in found if "root:" in url]
    assert sum(route.startswith("ring") for _, route in served.asked) == 2
    served.close()
