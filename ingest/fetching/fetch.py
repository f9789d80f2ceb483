"""Fetching web pages into a folder: politely, safely, and so that it can be stopped and carried on.

Polite: robots.txt (RFC 9309), one request at a time and host with a pause between, Retry-After and exponential
back-off, conditional requests for what was fetched before. Safe: only http and https; the connection goes to exactly the
address that was checked to be public, again at every redirect (`ingest/fetching/connection.py`); sizes, also under a
content encoding, redirects and times are bounded. Resumable: each page is written at once and noted in `fetched.jsonl`.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path, PurePosixPath
from urllib.parse import quote, urljoin, urlsplit

import httpcore
from lxml import etree

from ingest.containers.compression import is_gzip, unpack_gzip
from ingest.document import UnreadableError
from ingest.fetching.config import FetchConfig
from ingest.fetching.connection import Answer, NoAddress, OutOfTime, PrivateAddress, Target, ask
from ingest.fetching.decoding import ACCEPTED, BrokenEncoding, UnaskedEncoding, decoded
from ingest.fetching.robots import ALLOW_ALL, MAX_ROBOTS_BYTES, Robots, parse_robots
from ingest.safe_xml import local_name, parse_xml
from medpress.store import LineFile, make_folder, write_bytes

AGENT = "medpress"
"""Our product token in robots.txt."""
INDEX = "fetched.jsonl"
"""The record of a folder of fetched pages: one line a page, the last one counts."""
MAX_SITEMAP_BYTES = 50 * 1024 * 1024
"""The sitemap protocol's own limit."""
LONGEST_MESSAGE = 300
"""Characters; what a host says of itself may be long."""
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
        message = message if len(message) < LONGEST_MESSAGE else f"{message[:LONGEST_MESSAGE]} …."
        super().__init__(message)
        self.kind = kind
        self.message = message


class _Passing(Exception):
    """A failure that may pass: to be tried again after `wait` seconds, if given."""

    def __init__(self, kind: str, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.kind, self.message, self.wait = kind, message, wait


def fetch(
    urls: Iterable[str], folder: Path, client: Client, seen: Callable[[Fetched], None] | None = None
) -> list[Fetched]:
    """Fetch pages into `folder`; the outcomes are in the order of the addresses, each address once.

    A page is written to `folder/<host>/<hash><suffix>`. `seen` is called with each outcome as it comes (from worker
    threads, one at a time). Nothing is raised for a page that cannot be had: its outcome says why.
    """
    make_folder(folder)
    order = list(dict.fromkeys(url.strip() for url in urls if url.strip()))
    by_host: dict[str, list[str]] = {}
    for url in order:
        by_host.setdefault(_host(url), []).append(url)
    index = _Index(folder, seen)
    with ThreadPoolExecutor(max_workers=client.config.hosts) as pool:
        outcomes = pool.map(lambda part: [_fetch_one(url, folder, client, index) for url in part], by_host.values())
        found = {outcome.url: outcome for part in outcomes for outcome in part}
    index.file.flush()
    return [found[url] for url in order]


def sitemap_urls(url: str, client: Client, limit: int = 50_000) -> list[str]:
    """The addresses in a sitemap (https://www.sitemaps.org/), also one of sitemaps, at most `limit`.

    Only addresses on the sitemap's own host are taken, as the protocol has it. Raises `FetchError`.
    """
    found: dict[str, None] = {}
    waiting = [(url, 0)]
    visited: set[str] = set()
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


# --- one page --------------------------------------------------------------------------------------------------------


def _fetch_one(url: str, folder: Path, client: Client, index: _Index) -> Fetched:
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
        if not answer.content or answer.content.isspace():
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


def _file_name(url: str, answer: _Page) -> str:
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
class _Page:
    """A page as a host gave it."""

    url: str
    headers: dict[str, str]
    content: bytes
    unchanged: bool = False


class Client:
    """Requests with all the care: addresses, redirects, robots.txt, pauses, retries, limits.

    What it knows of a host, when it may be asked again and what its robots.txt allows, holds over all that it is used for.
    """

    def __init__(self, config: FetchConfig, asking: Callable[[], None] = lambda: None) -> None:
        """`asking` is called before each request, from any thread."""
        self.config = config
        self.asking = asking
        contact = f"; {config.contact}" if config.contact else ""
        # No cookies, and no proxy from the environment: it would resolve names itself, past the check of addresses.
        self.headers = {
            "User-Agent": quote(f"{AGENT}/0.1 (document reader{contact})", safe=" /;:()@.,+~-_=?&%#"),
            "Accept": "text/html,application/xhtml+xml,application/pdf,application/xml;q=0.9,*/*;q=0.5",
            "Accept-Encoding": ACCEPTED,
        }
        self.trust = httpcore.default_ssl_context()
        self.lock = threading.Lock()
        self.robots: dict[str, Robots] = {}
        self.unreachable: dict[str, FetchError] = {}
        self.turns: dict[str, threading.Lock] = {}
        self.next_time: dict[str, float] = {}

    def get(self, url: str, limit: int, conditions: dict[str, str] | None = None, polite: bool = False) -> _Page:
        """A page after its redirects; `polite`: robots.txt has to allow it. Raises `FetchError`."""
        address, time_left = url, _TimeLeft(self.config.fetch_seconds)
        for _ in range(self.config.redirects + 1):
            _target(address)
            if polite and not self._robots(address).allows(address):
                raise FetchError("robots", f"robots.txt of {_host(address)} does not allow this page.")
            answer = self._with_retries(address, limit, conditions or {}, time_left)
            if isinstance(answer, _Page):
                return answer
            try:
                address = urljoin(address, answer)
            except ValueError as error:
                raise FetchError("refused-address", "The page redirects to a malformed address.") from error
        raise FetchError("redirects", f"The page redirects more than {self.config.redirects} times.")

    def _with_retries(self, url: str, limit: int, conditions: dict[str, str], time_left: _TimeLeft) -> _Page | str:
        for attempt in range(self.config.retries + 1):
            try:
                return self._once(url, limit, conditions, time_left)
            except _Passing as failure:
                wait = failure.wait if failure.wait is not None else 2.0**attempt * random.uniform(0.5, 1.0)
                if attempt == self.config.retries or wait > MAX_RETRY_SECONDS:
                    raise FetchError(failure.kind, failure.message) from failure
                time.sleep(max(wait, self.config.delay) if failure.wait is None else wait)
        raise AssertionError("the last attempt returns or raises")

    def _once(self, url: str, limit: int, conditions: dict[str, str], time_left: _TimeLeft) -> _Page | str:
        """One request: the page, or where it redirects to."""
        target = _target(url)
        host = target.host
        with self._turn(host):
            self.asking()
            started = time.monotonic()
            try:
                with ask(
                    target,
                    {**self.headers, **conditions},
                    pause=self.config.timeout,
                    seconds=time_left.seconds,
                    trust=self.trust,
                    private=self.config.allow_private,
                ) as answer:
                    return self._read(answer, url, host, limit)
            except PrivateAddress as error:
                raise FetchError("refused-address", str(error)) from error
            except NoAddress as error:
                raise FetchError("network", str(error)) from error
            except UnaskedEncoding as error:
                message = "The host answers in an encoding that was not asked for."
                raise FetchError("unsupported", message) from error
            except OutOfTime as error:
                message = f"The page took more than {self.config.fetch_seconds:.0f} seconds."
                raise FetchError("timeout", message) from error
            except httpcore.TimeoutException as error:
                raise _Passing("timeout", "The host did not answer in time.") from error
            except (httpcore.NetworkError, httpcore.ProtocolError) as error:
                raise _Passing("network", f"The connection to the host failed: {type(error).__name__}.") from error
            except BrokenEncoding as error:
                raise _Passing("network", "The host answers in a damaged encoding.") from error
            finally:
                time_left.seconds -= time.monotonic() - started
                delay = max(self.config.delay, self.robots.get(_origin(url), ALLOW_ALL).delay)
                self.next_time[host] = time.monotonic() + min(delay, MAX_RETRY_SECONDS)

    def _read(self, answer: Answer, url: str, host: str, limit: int) -> _Page | str:
        status, headers = answer.status, answer.headers
        if status in (301, 302, 303, 307, 308) and headers.get("location"):
            return headers["location"]
        if status == 304:
            return _Page(url, headers, b"", unchanged=True)
        if status == 429 or status >= 500:
            raise _Passing(f"http-{status}", f"The host answers {status}.", _retry_after(headers))
        if status != 200:
            raise FetchError(f"http-{status}", f"The host answers {status}.")
        declared = headers.get("content-length", "")
        if declared.isdecimal() and len(declared) < 20 and int(declared) > limit:
            raise FetchError("too-large", f"The page has {declared} bytes, more than {limit}.")
        content = bytearray()
        for part in decoded(answer.parts, headers.get("content-encoding", "")):
            content += part
            if len(content) > limit:
                raise FetchError("too-large", f"The page has more than {limit} bytes.")
        return _Page(url, headers, bytes(content))

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


@dataclass(slots=True)
class _TimeLeft:
    """Of what one page may take over all its redirects and attempts, pauses between them apart."""

    seconds: float


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


def _target(url: str) -> Target:
    """Where a request for an address goes, its host in ASCII. Raises `FetchError` (refused-address)."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        if ":" not in host:
            host = host.encode("idna").decode("ascii")
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:  # UnicodeError is one too
        raise FetchError("refused-address", "The address is malformed.") from error
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc:
        raise FetchError("refused-address", "Only http and https addresses without a password are fetched.")
    path = quote(parts.path or "/", safe=_SAFE) + (f"?{quote(parts.query, safe=_SAFE)}" if parts.query else "")
    return Target(parts.scheme, host, port, path)


_SAFE = "%/:@!$&'()*+,;=?-._~"
"""What stands in a path or a query as it is (RFC 3986); anything else is percent-encoded, as browsers do."""


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _retry_after(headers: dict[str, str]) -> float | None:
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
