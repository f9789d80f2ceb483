"""A host that answers in every wrong way: raw bytes over a socket, a route an answer."""

from __future__ import annotations

import contextlib
import gzip
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator

from make_archives import PAGE, gzip_of_zeros

Answer = Callable[[socket.socket], object]
MEGABYTE = 2**20


def answer(body: bytes = PAGE, status: str = "200 OK", headers: str = "", length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    return f"HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {size}\r\n{headers}\r\n".encode() + body


def sent(raw: bytes) -> Answer:
    return lambda connection: connection.sendall(raw)


def slowly(head: bytes, drop: bytes) -> Answer:
    """A few bytes, then one drop after the other without end."""

    def write(connection: socket.socket) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(drop)
            time.sleep(0.1)

    return write


def for_ever(head: bytes, piece: bytes) -> Answer:
    def write(connection: socket.socket) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(piece)

    return write


def encoded(name: str, body: bytes) -> Answer:
    return sent(answer(body, headers=f"Content-Encoding: {name}\r\n"))


def moved(to: str) -> Answer:
    return sent(answer(b"", "302 Found", f"Location: {to}\r\n"))


def deflated_zeros() -> bytes:
    packer = zlib.compressobj(1, wbits=-15)
    return b"".join([*(packer.compress(bytes(MEGABYTE)) for _ in range(150)), packer.flush()])


ZEROS = gzip_of_zeros(150)
TWICE = gzip.compress(ZEROS, 9)
CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n"
LATIN = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
FETCHED: dict[str, Answer] = {
    "plain": sent(answer()),
    "gzip": encoded("gzip", gzip.compress(PAGE)),
    "gzip_in_pieces": encoded("gzip", gzip.compress(PAGE[:50]) + gzip.compress(PAGE[50:])),
    "zlib": encoded("deflate", zlib.compress(PAGE)),
    "raw_deflate": encoded("deflate", zlib.compress(PAGE)[2:-4]),
    "identity": encoded("identity", PAGE),
    "until_the_end": sent(LATIN.encode() + b"\r\n" + PAGE),
    "spelling": sent(b"HTTP/1.0 200\r\ncontent-TYPE:text/html\r\n\r\n" + PAGE),
    "terminal_in_headers": sent(answer(headers="ETag: \x1b]0;owned\x07\r\nX-A: \xe9\xff\r\n")),
}
"""Answers that give the page."""
REFUSED: dict[str, Answer] = {
    "gzip_twice": encoded("gzip, gzip", TWICE),
    "gzip_twice_in_two_headers": sent(answer(TWICE, headers="Content-Encoding: gzip\r\nContent-Encoding: gzip\r\n")),
    "gzip_five_times": encoded("gzip,gzip,gzip,gzip,gzip", TWICE),
    "brotli": encoded("br", b"\x0b\x02\x80abcde\x03"),
    "zstandard": encoded("zstd", b"\x28\xb5\x2f\xfd" + bytes(100)),
    "unheard_of": encoded("x-medical", PAGE),
    "gzip_lie": encoded("gzip", PAGE),
    "deflate_lie": encoded("deflate", PAGE),
    "gzip_cut": encoded("gzip", gzip.compress(PAGE)[:-20]),
    "gzip_bomb": encoded("gzip", ZEROS),
    "deflate_bomb": encoded("deflate", deflated_zeros()),
    "deflate_and_gzip": encoded("deflate, gzip", gzip.compress(zlib.compress(PAGE))),
    "endless": for_ever(LATIN.encode() + b"\r\n", b"a" * MEGABYTE),
    "endless_chunks": for_ever(CHUNKED, b"10000\r\n" + b"a" * 65_536 + b"\r\n"),
    "endless_headers": for_ever(LATIN.encode(), b"X-A: " + b"a" * 1_000 + b"\r\n"),
    "endless_header": for_ever(LATIN.encode() + b"X-A: ", b"a" * 10_000),
    "endless_greetings": for_ever(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    "endless_chunk_extension": for_ever(CHUNKED + b"5;", b"a" * 10_000),
    "endless_trailer": for_ever(CHUNKED + b"1\r\na\r\n0\r\n", b"X-A: a\r\n" * 100),
    "dripping_status": slowly(b"", b"H"),
    "dripping_headers": slowly(LATIN.encode(), b"a"),
    "dripping_body": slowly(LATIN.encode() + b"\r\n", b"a"),
    "dripping_gzip": slowly(
        LATIN.encode() + b"Content-Encoding: gzip\r\n\r\n\x1f\x8b\x08\0\0\0\0\0\0\xff", b"\0\0\0\xff\xff"
    ),
    "dripping_chunks": slowly(CHUNKED, b"1\r\na\r\n"),
    "silent": lambda connection: time.sleep(30),
    "closed": lambda connection: None,
    "cut": sent(answer(length=10_000)),
    "negative_length": sent(answer(length=-1)),
    "huge_length": sent(answer(length=10**18)),
    "length_of_words": sent(answer().replace(b"Content-Length: ", b"Content-Length: x")),
    "two_lengths": sent(answer(headers="Content-Length: 5\r\n")),
    "chunk_size_lie": sent(CHUNKED + b"ffffffffffffffffffff\r\na"),
    "chunk_size_words": sent(CHUNKED + b"xyz\r\na"),
    "other_transfer": sent(answer(headers="Transfer-Encoding: gzip, chunked\r\n")),
    "not_http": sent(b"SSH-2.0-OpenSSH_9.6\r\n" + bytes(1_000)),
    "version": sent(b"HTTP/9.9x 200 OK\r\n\r\n" + PAGE),
    "status_words": sent(b"HTTP/1.1 abc\r\n\r\n" + PAGE),
    "status_999": sent(answer(status="999 No")),
    "no_content": sent(answer(b"", "204 No Content")),
    "part": sent(answer(status="206 Partial Content")),
    "nothing": sent(answer(b"")),
    "blanks": sent(answer(b" \n" * 100)),
    "switch": sent(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n" + PAGE),
    "film": sent(answer().replace(b"text/html", b"video/mp4")),
    "type_bomb": sent(answer().replace(b"text/html", b"a" * 60_000)),
    "not_modified": sent(b"HTTP/1.1 304 Not Modified\r\n\r\n"),
    "later": sent(answer(b"", "503 Later", "Retry-After: 99999999999999999999\r\n")),
    "later_date": sent(answer(b"", "429 Later", "Retry-After: Fri, 99 Foo 99999 99:99:99 GMT\r\n")),
    "loop": moved("/loop"),
    "to_a_file": moved("file:///etc/passwd"),
    "to_gopher": moved("gopher://127.0.0.1:6379/_FLUSHALL"),
    "to_data": moved("data:text/html,x"),
    "to_a_script": moved("javascript:alert(1)"),
    "to_itself_with_password": moved("http://user:secret@127.0.0.1/"),
    "to_bad_brackets": moved("http://[bad/"),
    "to_a_bad_port": moved("http://127.0.0.1:99999999/"),
    "to_a_long_name": moved("http://" + "a" * 60_000 + "/"),
    "to_lines": moved("/a%0d%0aX-Injected:%201"),
    "to_nothing": moved("http:///"),
}
"""Answers that do not, each with what is told of it in one sentence."""


class Host:
    """A server on all addresses of this machine's loopback; a connection is a thread."""

    def __init__(self, routes: dict[str, Answer]) -> None:
        self.routes = routes
        self.asked: list[tuple[str, str]] = []
        self.requests: list[bytes] = []
        self.listener = socket.create_server(("0.0.0.0", 0), backlog=256)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def urls(self, names: Iterator[str] | list[str], first: int = 10) -> dict[str, str]:
        """Name to address, each at an address of its own, so that none waits for another."""
        return {name: f"http://127.0.0.{first + n}:{self.port}/{name}" for n, name in enumerate(names)}

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            request = connection.recv(65_536)
            route = request.split(b" ")[1].decode().strip("/").partition("?")[0] if b" " in request else ""
            self.asked.append((connection.getsockname()[0], route))
            self.requests.append(request)
            if route == "robots.txt":
                connection.sendall(answer(b"", "404 Not Found"))
            else:
                self.routes.get(route, sent(answer(b"", "404 Not Found")))(connection)

    def close(self) -> None:
        self.listener.close()
