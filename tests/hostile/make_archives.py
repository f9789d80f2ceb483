"""Archives and compressed files that were made to hurt: name to bytes. Written by hand or by other libraries than those that read them."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import struct
import tarfile
import warnings
import zipfile
import zlib
from collections.abc import Callable

NOTE = b"The patient was seen in the clinic and is doing well on the present treatment.\n" * 20
MEGABYTE = 2**20


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return held.getvalue()


def just_under(number: int, megabytes: int) -> bytes:
    """Bytes that shrink about a hundred and fifty times: no single member of such bytes is a bomb."""
    rng = random.Random(number)
    return b"".join(rng.randbytes(5_900) + bytes(MEGABYTE - 5_900) for _ in range(megabytes))


def members_just_under_the_limit() -> bytes:
    return zipped({f"book{n}.txt": just_under(n, 30) for n in range(12)})


def nested(depth: int) -> bytes:
    inner = NOTE
    name = "note.txt"
    for level in range(depth):
        inner, name = zipped({name: inner}), f"level{level}.zip"
    return inner


def overlapping() -> bytes:
    """A thousand entries of the directory name one compressed stream (D. Fifield, A better zip bomb, 2019)."""
    packed = zlib.compress(bytes(8 * MEGABYTE), 9)[2:-4]
    crc = zlib.crc32(bytes(8 * MEGABYTE))
    sizes = struct.pack("<III", crc, len(packed), 8 * MEGABYTE)
    local = (
        b"PK\x03\x04" + struct.pack("<HHHHH", 20, 0, 8, 0, 33) + sizes + struct.pack("<HH", 5, 0) + b"a.txt" + packed
    )
    directory = b""
    for number in range(1_000):
        name = f"{number:04d}.txt".encode()
        directory += b"PK\x01\x02" + struct.pack("<HHHHHH", 20, 20, 0, 8, 0, 33) + sizes
        directory += struct.pack("<HHHHHII", len(name), 0, 0, 0, 0, 0, 0) + name
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1_000, 1_000, len(directory), len(local), 0)
    return local + directory + end


def names_that_climb() -> bytes:
    names = ["../../climb.txt", "/root.txt", "C:\\drive.txt", "..\\..\\back.txt", "a/./b/../c.txt", "//net/share.txt"]
    return zipped({name: NOTE + name.encode() for name in names})


def names_that_speak_to_the_terminal() -> bytes:
    names = [
        "\x1b]0;owned\x07.txt",
        "\x1b[2J.txt",
        "good\u202etxt.exe.txt",
        "two\nlines.txt",
        "\x9b31m.txt",
        "nul\x00.txt",
    ]
    return zipped({name: NOTE + name.encode() for name in names})


def twice_the_same_name() -> bytes:
    held = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(held, "w") as archive:
        warnings.simplefilter("ignore")  # it says that the name is there twice
        archive.writestr("note.txt", NOTE + b"first")
        archive.writestr("note.txt", NOTE + b"second")
    return held.getvalue()


def many_members() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for number in range(5_000):
            archive.writestr(f"{number}.bin", b"")
    return held.getvalue()


def said_to_be_encrypted() -> bytes:
    raw = bytearray(zipped({"note.txt": NOTE}))
    raw[6] |= 1
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    return bytes(raw)


def with_a_link() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        link = zipfile.ZipInfo("passwd.txt")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("note.txt", NOTE + b"beside a link")
    return held.getvalue()


def said_to_be_small() -> bytes:
    """Directory and header say ten bytes, the stream gives a megabyte."""
    content = bytes(MEGABYTE)
    raw = bytearray(zipped({"note.txt": content}))
    for mark, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = raw.index(mark) + at
        raw[place : place + 4] = struct.pack("<I", 10)
    return bytes(raw)


def said_to_be_huge() -> bytes:
    raw = bytearray(zipped({"note.txt": NOTE}))
    for mark, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = raw.index(mark) + at
        raw[place : place + 4] = struct.pack("<I", 0xFFFFFFFE)
    return bytes(raw)


def name_not_as_flagged() -> bytes:
    raw = zipped({"\u00e9\u00e9\u00e9.txt": NOTE})
    return raw.replace("\u00e9\u00e9\u00e9".encode(), b"\xff\xfe\xff\xfe\xff\xfe")


def tarred(members: list[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as archive:
        for info, content in members:
            archive.addfile(info, io.BytesIO(content))
    return held.getvalue()


def tar_entry(name: str, kind: bytes = tarfile.REGTYPE, target: str = "", size: int = 0) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, target, size
    return info


def tar_of_links() -> bytes:
    entries = [
        (tar_entry("soft.txt", tarfile.SYMTYPE, "/etc/passwd"), b""),
        (tar_entry("hard.txt", tarfile.LNKTYPE, "/etc/passwd"), b""),
        (tar_entry("loop.txt", tarfile.SYMTYPE, "loop.txt"), b""),
        (tar_entry("pipe.txt", tarfile.FIFOTYPE), b""),
        (tar_entry("zero.txt", tarfile.CHRTYPE), b""),
        (tar_entry("../../../up.txt", size=len(NOTE)), NOTE),
    ]
    return tarred(entries)


def tar_said_to_be_huge() -> bytes:
    info = tar_entry("huge.txt", size=2**40)
    return info.tobuf(tarfile.GNU_FORMAT) + NOTE


def tar_with_a_sparse_member() -> bytes:
    """A GNU sparse member of a terabyte, of which nothing is stored."""
    raw = bytearray(tar_entry("sparse.txt", size=0).tobuf(tarfile.GNU_FORMAT))
    raw[156:157] = b"S"
    raw[386:398] = raw[398:410] = b"00000000000\0"
    raw[483:495] = b"\x80" + (2**40).to_bytes(11, "big")
    raw[148:156] = b" " * 8
    raw[148:156] = f"{sum(raw[:512]):06o}\0 ".encode()
    return bytes(raw) + bytes(1024)


def tar_with_a_giant_header() -> bytes:
    """A name of twenty megabytes, in an extended header (POSIX pax)."""
    size = 20 * MEGABYTE
    record = f"{size} path=".encode() + b"a" * (size - len(f"{size} path=") - 1) + b"\n"
    head = tar_entry("x", tarfile.XHDTYPE, size=size).tobuf(tarfile.USTAR_FORMAT)
    return gzip.compress(head + record + tar_entry("a.txt", size=0).tobuf() + bytes(1024), 9)


def tar_bomb() -> bytes:
    size = 320 * MEGABYTE
    head = tar_entry("zeros.txt", size=size).tobuf(tarfile.GNU_FORMAT)
    packer = zlib.compressobj(9, wbits=31)
    parts = [packer.compress(head), *(packer.compress(bytes(MEGABYTE)) for _ in range(320))]
    return b"".join([*parts, packer.compress(bytes(1024)), packer.flush()])


def gzip_of_zeros(megabytes: int) -> bytes:
    packer = zlib.compressobj(1, wbits=31)
    return b"".join([*(packer.compress(bytes(MEGABYTE)) for _ in range(megabytes)), packer.flush()])


def gzip_of_words(megabytes: int) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    block = (NOTE * (MEGABYTE // len(NOTE) + 1))[:MEGABYTE]
    return b"".join([*(packer.compress(block) for _ in range(megabytes)), packer.flush()])


def warc(records: list[tuple[str, bytes]], length: int | None = None) -> bytes:
    raw = b""
    for url, body in records:
        answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + body
        head = f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: {url}\r\nWARC-Date: 2026-01-01T00:00:00Z\r\n"
        head += f"Content-Type: application/http; msgtype=response\r\nContent-Length: {length or len(answer)}\r\n\r\n"
        raw += head.encode() + answer + b"\r\n\r\n"
    return raw


PAGE = b"<html><body><h1>Asthma</h1><p>" + NOTE + b"</p></body></html>"


def warc_of_one_address() -> bytes:
    """One address, crawled three times: three pages, none of which may take another's place."""
    return warc([("https://a.example/page", PAGE.replace(b"Asthma", f"Visit {n}".encode())) for n in range(3)])


def warc_encoded_twice() -> bytes:
    bomb = gzip.compress(gzip_of_zeros(100))
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\n\r\n" + bomb
    head = "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://a.example/bomb\r\n"
    head += f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(answer)}\r\n\r\n"
    return warc([("https://a.example/fine", PAGE)]) + head.encode() + answer + b"\r\n\r\n"


CASES: dict[str, Callable[[], bytes]] = {
    "members_just_under.zip": members_just_under_the_limit,
    "nested_three.zip": lambda: nested(3),
    "nested_fifty.zip": lambda: nested(50),
    "overlapping.zip": overlapping,
    "climbing.zip": names_that_climb,
    "terminal.zip": names_that_speak_to_the_terminal,
    "twice.zip": twice_the_same_name,
    "many.zip": many_members,
    "encrypted.zip": said_to_be_encrypted,
    "linked.zip": with_a_link,
    "small_lie.zip": said_to_be_small,
    "huge_lie.zip": said_to_be_huge,
    "name_lie.zip": name_not_as_flagged,
    "empty.zip": lambda: b"PK\x05\x06" + bytes(18),
    "cut.zip": lambda: zipped({"a.txt": NOTE, "b.txt": NOTE})[:-40],
    "cut_member.zip": lambda: zipped({"a.txt": random.Random(1).randbytes(9_000)})[:4_000],
    "page_named.zip": lambda: PAGE,
    "bzip2.zip": lambda: zipped({"a.txt": bytes(100 * MEGABYTE)}, zipfile.ZIP_BZIP2),
    "lzma.zip": lambda: zipped({"a.txt": bytes(60 * MEGABYTE)}, zipfile.ZIP_LZMA),
    "zeros.zip": lambda: zipped({"a.txt": bytes(300 * MEGABYTE)}),
    "links.tar": tar_of_links,
    "huge.tar": tar_said_to_be_huge,
    "sparse.tar": tar_with_a_sparse_member,
    "header.tar.gz": tar_with_a_giant_header,
    "bomb.tar.gz": tar_bomb,
    "cut.tar.gz": lambda: gzip.compress(tar_of_links())[:-30],
    "tar_in.zip": lambda: zipped({"links.tar": tar_of_links(), "bomb.tar.gz": gzip_of_zeros(300)}),
    "zeros.html.gz": lambda: gzip_of_zeros(270),
    "words.txt.gz": lambda: gzip_of_words(80),
    "twice.txt.gz": lambda: gzip.compress(gzip.compress(NOTE)),
    "pieces.txt.gz": lambda: gzip.compress(b"a") * 20_000,
    "trailing.txt.gz": lambda: gzip.compress(NOTE) + b"trailing",
    "bz.txt": lambda: bz2.compress(NOTE),
    "xz.txt": lambda: lzma.compress(NOTE),
    "crawl.warc": warc_of_one_address,
    "bomb.warc": warc_encoded_twice,
    "length.warc": lambda: warc([("https://a.example/cut", PAGE)], length=2**40),
    "header.warc": lambda: b"WARC/1.0\r\nX: " + b"a" * (4 * MEGABYTE) + b"\r\n\r\n",
    "bomb.warc.gz": lambda: gzip_of_zeros(270),
}
"""File name to what writes its bytes."""
