"""One request over a connection of its own: to an address that was checked as it was opened, and with one deadline for all.

Whatever the host does — a byte of its headers a second, answers without end, a handshake that does not go on — each read
from the socket gets what is left of the time, and none after it.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpcore

from ingest.fetching.addresses import is_public


class PrivateAddress(Exception):
    """A host at an address that is not of the public internet."""


class NoAddress(Exception):
    """A host that has no address."""


class OutOfTime(httpcore.TimeoutException):
    """The deadline of a request has passed."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a request goes to, in ASCII."""

    scheme: str
    """http or https."""
    host: str
    """Name or address; an IPv6 address without brackets."""
    port: int
    """Port."""
    path: str
    """Path and query, percent-encoded."""

    @property
    def authority(self) -> str:
        """Host and port as the `Host` header has them (RFC 9110, section 7.2)."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == {"http": 80, "https": 443}[self.scheme] else f"{name}:{self.port}"


@dataclass(frozen=True, slots=True)
class Answer:
    """The head of an answer, and its body as it comes."""

    status: int
    """Status code."""
    headers: dict[str, str]
    """Lower-case names to values; a repeated header's are joined by commas."""
    parts: Iterator[bytes]
    """The body without its transfer encoding, but under its content encoding."""


@contextmanager
def ask(
    target: Target, headers: dict[str, str], *, pause: float, seconds: float, trust: ssl.SSLContext, private: bool
) -> Iterator[Answer]:
    """Send a GET and read the head of the answer.

    `pause` is how long the host may say nothing, `seconds` how long everything may take, the body included; `private`
    allows addresses that are not public. Raises `PrivateAddress`, `NoAddress`, and httpcore's errors.
    """
    network = _Network(time.monotonic() + seconds, private)
    url = httpcore.URL(scheme=target.scheme, host=target.host, port=target.port, target=target.path)
    timeout = dict.fromkeys(("connect", "read", "write"), pause)
    # No connection is kept: two hosts at one address must not share what TLS has proven for one.
    with (
        httpcore.ConnectionPool(ssl_context=trust, network_backend=network, max_keepalive_connections=0) as pool,
        pool.stream(
            "GET", url, headers=[("Host", target.authority), *headers.items()], extensions={"timeout": timeout}
        ) as response,
    ):
        found: dict[str, str] = {}
        for name, value in response.headers:
            text, lower = value.decode("latin-1"), name.decode("latin-1").lower()
            found[lower] = f"{found[lower]}, {text}" if lower in found else text
        yield Answer(response.status, found, response.iter_stream())


def check_address(host: str, port: int, *, allow_private: bool = False) -> str:
    """Resolve a host and give the one address to connect to.

    Raises `PrivateAddress` when any of its addresses is not public, `NoAddress` when it has none.
    """
    try:
        infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NoAddress("The host has no address.") from error
    addresses = list(dict.fromkeys(str(info[4][0]).partition("%")[0] for info in infos))
    private = next((address for address in addresses if not allow_private and not is_public(address)), None)
    if private:
        raise PrivateAddress("The host is at an address that is not public.")
    return addresses[0]


class _Network(httpcore.NetworkBackend):
    """Opens connections to the address that was checked, and so to no other that the name may have a moment later."""

    def __init__(self, deadline: float, private: bool) -> None:
        self.deadline, self.private = deadline, private
        self.under = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.NetworkStream:
        address = check_address(host, port, allow_private=self.private)
        return _Stream(self.under.connect_tcp(address, port, left(self.deadline, timeout)), self.deadline)


class _Stream(httpcore.NetworkStream):
    """A connection that waits no longer than until the deadline."""

    def __init__(self, under: httpcore.NetworkStream, deadline: float) -> None:
        self.under, self.deadline = under, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.under.read(max_bytes, left(self.deadline, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.under.write(buffer, left(self.deadline, timeout))

    def close(self) -> None:
        self.under.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self.under.start_tls(ssl_context, server_hostname, left(self.deadline, timeout)), self.deadline)

    def get_extra_info(self, info: str) -> Any:
        return self.under.get_extra_info(info)


def left(deadline: float, timeout: float | None) -> float:
    """Seconds that may be waited. Raises `OutOfTime` when there are none."""
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise OutOfTime
    return seconds if timeout is None else min(seconds, timeout)
