"""Fetching web pages into a folder: politely, safely, and so that it can be stopped and carried on.

Polite: robots.txt (RFC 9309), one request at a time and host with a pause between, Retry-After and exponential
back-off, conditional requests for what was fetched before. Safe: only http and https; a host's addresses are resolved
once, refused unless they are public, and the connection goes to exactly the address that was checked (so that a name
cannot change its mind), again at every redirect; sizes, redirects and times are bounded. Resumable: each page is
written at once and noted in `fetched.jsonl`.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import random
import re
import socket
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path, PurePosixPath
from urllib.parse import SplitResult, urljoin, urlsplit, urlunsplit

import httpx
from cyclopts import Parameter
from lxml import etree

from ingest.containers.compression import is_gzip, unpack_gzip
from ingest.document import UnreadableError
from ingest.fetching.robots import ALLOW_ALL, MAX_ROBOTS_BYTES, Robots, parse_robots
from ingest.safe_xml import local_name, parse_xml
from medpress.store import LineFile, make_folder, write_bytes

AGENT = "medpress"
"""Our product token in robots.txt."""
INDEX = "fetched.jsonl"
"""The record of a folder of fetched pages: one line a page, the last one counts."""
MAX_SITEMAP_BYTES = 50 * 1024 * 1024
"""The sitemap protocol's own limit."""
MAX_RETRY_SECONDS = 120.0
"""A host that asks us to wait longer is given up for this run."""

_SUFFIXES = {
    "text/html": ".html",
    "application/xhtml+xml": ".xhtml",
    "application/pdf": ".pdf",
    "application/xml": ".xml",
    "text/xml": ".xml",
    "application/jats+xml": ".xml",
    "text/plain": ".txt",
    "text/markdown": ".md",
    "application/epub+zip": ".epub",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/tiff": ".tif",
}
"""Media type to file name ending: what a document can be."""
_UNTOLD = ("", "application/octet-stream", "binary/octet-stream", "application/force-download")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True, slots=True)
class FetchConfig:
    """How pages are fetched."""

    delay: float = 1.0
    """Seconds between two requests to one host; a longer delay in robots.txt is kept."""
    hosts: int = 8
    """Hosts that are asked at the same time, each by one request."""
    timeout: float = 30.0
    """Seconds to wait for a connection or for the next bytes."""
    page_seconds: float = 180.0
    """Seconds that one page may take altogether."""
    page_bytes: int = 64 * 1024 * 1024
    """Bytes of one page; a larger one is not kept."""
    redirects: int = 5
    """Redirects that are followed for one page."""
    retries: int = 3
    """Further attempts after a failure that may pass (429, 5xx, no connection)."""
    max_age_days: float = 7.0
    """A page that was fetched less than this many days ago is not asked for again."""
    contact: str = ""
    """An address in the User-Agent for those who run the hosts, such as a web page or an e-mail."""
    allow_private: bool = False
    """Also fetch from private, loopback and link-local addresses. Only for hosts that you run."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What became of one address; a line of the index."""

    url: str
    """The address as it was given."""
    outcome: str
    """fetched, unchanged (the host says so), cached (not asked again), or failed."""
    file: str = ""
    """Where the page lies, relative to the folder; empty when it failed."""
    final_url: str = ""
    """The address after redirects."""
    kind: str = ""
    """Why it failed: refused-address, robots, redirects, too-large, timeout, network, http-404, unsupported."""
    message: str = ""
    """The same in one sentence."""
    media_type: str = ""
    """The Content-Type of the answer, with its charset."""
    etag: str = ""
    """For the next, conditional request."""
    last_modified: str = ""
    """For the next, conditional request."""
    sha256: str = ""
    """Of the page's bytes."""
    time: float = 0.0
    """When it was fetched, in seconds since 1970."""


class FetchError(Exception):
    """A page that cannot be had; `kind` as in `Fetched`."""

    def __init__(self, kind: str, message: str) -> None:
        """`kind`: a short word; `message`: one sentence."""
        super().__init__(message)
        self.kind = kind
        self.message = message


class _Passing(Exception):
    """A failure that may pass: to be tried again after `wait` seconds, if given."""

    def __init__(self, kind: str, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.kind, self.message, self.wait = kind, message, wait


def fetch(
    urls: Iterable[str], folder: Path, config: FetchConfig | None = None, seen: Callable[[Fetched], None] | None = None
) -> list[Fetched]:
    """Fetch pages into `folder`; the outcomes are in the order of the addresses, each address once.

    A page is written to `folder/<host>/<hash><suffix>`. `seen` is called with each outcome as it comes (from worker
    threads, one at a time). Nothing is raised for a page that cannot be had: its outcome says why.
    """
    config = config or FetchConfig()
    make_folder(folder)
    order = list(dict.fromkeys(url.strip() for url in urls if url.strip()))
    by_host: dict[str, list[str]] = {}
    for url in order:
        by_host.setdefault(_host(url), []).append(url)
    index = _Index(folder, seen)
    with _Client(config) as client, ThreadPoolExecutor(max_workers=max(1, config.hosts)) as pool:
        outcomes = pool.map(lambda part: [_fetch_one(url, folder, client, index) for url in part], by_host.values())
        found = {outcome.url: outcome for part in outcomes for outcome in part}
    index.file.flush()
    return [found[url] for url in order]


def sitemap_urls(url: str, config: FetchConfig | None = None, limit: int = 50_000) -> list[str]:
    """The addresses in a sitemap (https://www.sitemaps.org/), also one of sitemaps, at most `limit`.

    Only addresses on the sitemap's own host are taken, as the protocol has it. Raises `FetchError`.
    """
    found: dict[str, None] = {}
    waiting = [(url, 0)]
    visited: set[str] = set()
    with _Client(config or FetchConfig()) as client:
        while waiting and len(found) < limit:
            address, depth = waiting.pop(0)
            if address in visited or len(visited) > 500:
                continue
            visited.add(address)
            try:
                pages, maps = _parse_sitemap(client.get(address, MAX_SITEMAP_BYTES).content)
            except FetchError:
                if depth == 0:
                    raise
                continue
            found.update(dict.fromkeys(page for page in pages if _host(page) == _host(url)))
            if depth < 2:
                waiting.extend((inner, depth + 1) for inner in maps if _host(inner) == _host(url))
    return list(found)[:limit]


def read_url_list(text: str) -> list[str]:
    """The addresses in a text, one a line; empty lines and lines that begin with `#` are passed over."""
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def is_url(text: str) -> bool:
    """Whether a command's argument is a web address."""
    return text.lower().startswith(("http://", "https://"))


def check_address(host: str, port: int, *, allow_private: bool = False) -> str:
    """Resolve a host and give the one address to connect to.

    Raises `FetchError` (refused-address) when any of its addresses is not public, (network) when it has none.
    """
    try:
        infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError, OSError) as error:
        raise FetchError("network", "The host has no address.") from error
    addresses = list(dict.fromkeys(str(info[4][0]).partition("%")[0] for info in infos))
    if not allow_private:
        for address in addresses:
            if not is_public(address):
                raise FetchError("refused-address", "The host is at an address that is not public.")
    return addresses[0]


def is_public(address: str) -> bool:
    """Whether an IP address is of the public internet, also when it is wrapped in an IPv6 one."""
    ip = ipaddress.ip_address(address)
    inner: list[ipaddress.IPv4Address] = []
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            inner.append(ip.ipv4_mapped)
            return all(is_public(str(wrapped)) for wrapped in inner)
        if ip.sixtofour is not None:
            inner.append(ip.sixtofour)
        if ip.teredo is not None:
            inner.extend(ip.teredo)
        if ip in _NAT64:
            inner.append(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF))
    if not ip.is_global or ip.is_multicast or (ip.is_reserved and ip not in _NAT64):
        return False
    return all(is_public(str(wrapped)) for wrapped in inner)


# --- one page --------------------------------------------------------------------------------------------------------


def _fetch_one(url: str, folder: Path, client: _Client, index: _Index) -> Fetched:
    before = index.known(url)
    if before is not None and time.time() - before.time < client.config.max_age_days * 86400:
        return index.note(Fetched(**{**asdict(before), "outcome": "cached"}), write=False)
    conditions = {}
    if before is not None and before.etag:
        conditions["If-None-Match"] = before.etag
    if before is not None and before.last_modified:
        conditions["If-Modified-Since"] = before.last_modified
    try:
        answer = client.get(url, client.config.page_bytes, conditions, polite=True)
        if answer.unchanged and before is not None:
            return index.note(Fetched(**{**asdict(before), "outcome": "unchanged", "time": time.time()}))
        if not answer.content.strip():
            raise FetchError("empty", "The page has no bytes.")
        name = _file_name(url, answer)
        write_bytes(folder / name, answer.content)
    except FetchError as error:
        return index.note(Fetched(url=url, outcome="failed", kind=error.kind, message=error.message, time=time.time()))
    return index.note(
        Fetched(
            url=url,
            outcome="fetched",
            file=name,
            final_url=answer.url,
            media_type=answer.headers.get("content-type", "")[:200],
            etag=answer.headers.get("etag", "")[:500],
            last_modified=answer.headers.get("last-modified", "")[:100],
            sha256=hashlib.sha256(answer.content).hexdigest(),
            time=time.time(),
        )
    )


def _file_name(url: str, answer: _Answer) -> str:
    """`host/hash.suffix`; raises `FetchError` (unsupported) for what is no document."""
    media_type = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    path = PurePosixPath(urlsplit(answer.url).path.lower())
    suffix = _SUFFIXES.get(media_type, "")
    if media_type in _UNTOLD or (suffix == ".txt" and path.suffix in (".md", ".xml")):
        suffix = path.suffix if path.suffix in _SUFFIXES.values() else ".html"
    if not suffix:
        raise FetchError("unsupported", f"The page is of type {media_type}, which is no document.")
    if suffix == ".xml" and is_gzip(answer.content):
        suffix = ".xml.gz"
    host = re.sub(r"[^a-z0-9.-]", "_", _host(url).lower()) or "unknown"
    return f"{host}/{hashlib.sha256(url.encode()).hexdigest()[:20]}{suffix}"


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


class _Index:
    """`fetched.jsonl`: what is known of each address."""

    def __init__(self, folder: Path, seen: Callable[[Fetched], None] | None) -> None:
        self.folder = folder
        self.seen = seen
        self.lock = threading.Lock()
        self.records: dict[str, Fetched] = {}
        names = set(Fetched.__dataclass_fields__)
        self.file = LineFile(folder / INDEX)
        for line in self.file.lines():
            with suppress(ValueError, TypeError):  # a line that was cut by a kill
                record = json.loads(line)
                self.records[record["url"]] = Fetched(**{k: v for k, v in record.items() if k in names})

    def known(self, url: str) -> Fetched | None:
        """The page as it was fetched before, if its file is still there."""
        record = self.records.get(url)
        if record is None or not record.file or not (self.folder / record.file).is_file():
            return None
        return record

    def note(self, outcome: Fetched, write: bool = True) -> Fetched:
        with self.lock:
            if write:
                self.file.append(json.dumps(asdict(outcome), ensure_ascii=False))
            if self.seen is not None:
                self.seen(outcome)
        return outcome


# --- requests --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Answer:
    url: str
    headers: httpx.Headers
    content: bytes
    unchanged: bool = False


class _Client:
    """Requests with all the care: addresses, redirects, robots.txt, pauses, retries, limits."""

    def __init__(self, config: FetchConfig) -> None:
        self.config = config
        contact = f"; {config.contact}" if config.contact else ""
        headers = {
            "User-Agent": f"{AGENT}/0.1 (document reader{contact})",
            "Accept": "text/html,application/xhtml+xml,application/pdf,application/xml;q=0.9,*/*;q=0.5",
            "Accept-Encoding": "gzip, deflate",
        }
        # No proxy from the environment: it would resolve names itself, past the check of addresses. No connection is
        # kept: requests go to addresses, and two hosts at one address must not share what TLS has proven for one.
        limits = httpx.Limits(max_keepalive_connections=0)
        self.http = httpx.Client(
            headers=headers, timeout=config.timeout, follow_redirects=False, trust_env=False, limits=limits
        )
        self.lock = threading.Lock()
        self.robots: dict[str, Robots] = {}
        self.unreachable: dict[str, FetchError] = {}
        self.turns: dict[str, threading.Lock] = {}
        self.next_time: dict[str, float] = {}

    def __enter__(self) -> _Client:
        return self

    def __exit__(self, *exception: object) -> None:
        self.http.close()

    def get(self, url: str, limit: int, conditions: dict[str, str] | None = None, polite: bool = False) -> _Answer:
        """A page after its redirects; `polite`: robots.txt has to allow it. Raises `FetchError`."""
        address = url
        for _ in range(self.config.redirects + 1):
            _checked(address)
            if polite and not self._robots(address).allows(address):
                raise FetchError("robots", "robots.txt of the host does not allow this page.")
            answer = self._with_retries(address, limit, conditions or {})
            if isinstance(answer, _Answer):
                return answer
            address = urljoin(address, answer)
        raise FetchError("redirects", f"The page redirects more than {self.config.redirects} times.")

    def _with_retries(self, url: str, limit: int, conditions: dict[str, str]) -> _Answer | str:
        for attempt in range(self.config.retries + 1):
            try:
                return self._once(url, limit, conditions)
            except _Passing as failure:
                wait = failure.wait if failure.wait is not None else 2.0**attempt * random.uniform(0.5, 1.0)
                if attempt == self.config.retries or wait > MAX_RETRY_SECONDS:
                    raise FetchError(failure.kind, failure.message) from failure
                time.sleep(max(wait, self.config.delay) if failure.wait is None else wait)
        raise AssertionError("the last attempt returns or raises")

    def _once(self, url: str, limit: int, conditions: dict[str, str]) -> _Answer | str:
        """One request: the answer, or where it redirects to."""
        parts = _checked(url)
        host = parts.hostname or ""
        port = parts.port or (443 if parts.scheme == "https" else 80)
        with self._turn(host):
            address = check_address(host, port, allow_private=self.config.allow_private)
            literal = f"[{address}]" if ":" in address else address
            target = urlunsplit((parts.scheme, f"{literal}:{port}", parts.path or "/", parts.query, ""))
            standard = port == (443 if parts.scheme == "https" else 80)
            name = host if ":" not in host else f"[{host}]"
            headers = {"Host": name if standard else f"{name}:{port}", **conditions}
            try:
                return self._read(target, url, headers, host, limit)
            except httpx.TimeoutException as error:
                raise _Passing("timeout", "The host did not answer in time.") from error
            except (httpx.TransportError, httpx.DecodingError) as error:
                raise _Passing("network", f"The connection to the host failed: {type(error).__name__}.") from error
            except (httpx.InvalidURL, UnicodeError, ValueError) as error:
                raise FetchError("refused-address", "The address is malformed.") from error
            finally:
                self.http.cookies.clear()
                delay = max(self.config.delay, self.robots.get(_origin(url), ALLOW_ALL).delay)
                self.next_time[host] = time.monotonic() + min(delay, MAX_RETRY_SECONDS)

    def _read(self, target: str, url: str, headers: dict[str, str], host: str, limit: int) -> _Answer | str:
        deadline = time.monotonic() + self.config.page_seconds
        extensions = {"sni_hostname": host} if target.startswith("https") else {}
        with self.http.stream("GET", target, headers=headers, extensions=extensions) as response:
            status = response.status_code
            if status in (301, 302, 303, 307, 308) and response.headers.get("location"):
                return str(response.headers["location"])
            if status == 304:
                return _Answer(url, response.headers, b"", unchanged=True)
            if status == 429 or status >= 500:
                raise _Passing(f"http-{status}", f"The host answers {status}.", _retry_after(response.headers))
            if status != 200:
                raise FetchError(f"http-{status}", f"The host answers {status}.")
            declared = response.headers.get("content-length", "")
            if declared.isdigit() and int(declared) > limit:
                raise FetchError("too-large", f"The page has {declared} bytes, more than {limit}.")
            parts: list[bytes] = []
            size = 0
            for part in response.iter_bytes():
                size += len(part)
                if size > limit:
                    raise FetchError("too-large", f"The page has more than {limit} bytes.")
                if time.monotonic() > deadline:
                    raise FetchError("timeout", f"The page took more than {self.config.page_seconds:.0f} seconds.")
                parts.append(part)
            return _Answer(url, response.headers, b"".join(parts))

    def _turn(self, host: str) -> _Turn:
        with self.lock:
            lock = self.turns.setdefault(host, threading.Lock())
        return _Turn(lock, self.next_time, host)

    def _robots(self, url: str) -> Robots:
        origin = _origin(url)
        if origin not in self.robots and origin not in self.unreachable:
            try:
                answer = self.get(f"{origin}/robots.txt", MAX_ROBOTS_BYTES)
                self.robots[origin] = parse_robots(answer.content.decode("utf-8", "replace"), AGENT)
            except FetchError as error:
                if error.kind == "refused-address":
                    raise
                gone = re.fullmatch(r"http-4\d\d", error.kind) and error.kind != "http-429"
                if gone or error.kind in ("redirects", "too-large"):
                    self.robots[origin] = ALLOW_ALL
                else:
                    # RFC 9309: while a host cannot say what it allows, nothing is asked of it.
                    self.unreachable[origin] = FetchError(error.kind, f"robots.txt cannot be had: {error.message}")
        if origin in self.unreachable:
            raise self.unreachable[origin]
        return self.robots[origin]


class _Turn:
    """The right to ask a host: one at a time, and after the pause."""

    def __init__(self, lock: threading.Lock, next_time: dict[str, float], host: str) -> None:
        self.lock, self.next_time, self.host = lock, next_time, host

    def __enter__(self) -> None:
        self.lock.acquire()
        wait = self.next_time.get(self.host, 0.0) - time.monotonic()
        if wait > 0:
            time.sleep(wait)

    def __exit__(self, *exception: object) -> None:
        self.lock.release()


def _checked(url: str) -> SplitResult:
    """The parts of an address that may be fetched, its host in ASCII. Raises `FetchError` (refused-address)."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        if ":" not in host:
            name = host.encode("idna").decode("ascii")
            parts = parts._replace(
                netloc=name + (f":{parts.port}" if parts.port else "") if not parts.username else "@"
            )
    except ValueError as error:  # UnicodeError is one too
        raise FetchError("refused-address", "The address is malformed.") from error
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc:
        raise FetchError("refused-address", "Only http and https addresses without a password are fetched.")
    return parts


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _retry_after(headers: httpx.Headers) -> float | None:
    """Seconds that a host asks us to wait, given as a number or as a date."""
    text = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,8}", text):
        return float(text)
    if text:
        with suppress(ValueError, TypeError):
            date = parsedate_to_datetime(text)
            return max(0.0, (date - datetime.now(date.tzinfo)).total_seconds())
    return None


def _parse_sitemap(raw: bytes) -> tuple[list[str], list[str]]:
    """(pages, further sitemaps) of a sitemap: XML, gzip, or a plain list of addresses. Raises `FetchError`."""
    try:
        if is_gzip(raw):
            raw = unpack_gzip(raw, MAX_SITEMAP_BYTES)
        if not raw.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
            return [line for line in read_url_list(raw.decode("utf-8", "replace")) if is_url(line)], []
        root: etree._Element = parse_xml(raw)
    except UnreadableError as error:
        raise FetchError("unsupported", f"The sitemap cannot be read: {error.message}") from error
    if local_name(root) not in ("urlset", "sitemapindex"):
        raise FetchError("unsupported", "The address is not that of a sitemap.")
    places: dict[str, list[str]] = {"url": [], "sitemap": []}
    for entry in root:
        location = entry.find("{*}loc") if local_name(entry) in places else None
        if location is not None and is_url((location.text or "").strip()):
            places[local_name(entry)].append((location.text or "").strip())
    return places["url"], places["sitemap"]
