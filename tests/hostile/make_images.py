"""Pictures that were made to hurt, written chunk by chunk: file name to what writes the bytes."""

from __future__ import annotations

import io
import random
import struct
import zlib
from collections.abc import Callable

from PIL import Image

MEGABYTE = 2**20
SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREY, COLOUR, PALETTE = 0, 2, 3


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(
    width: int,
    height: int,
    content: bytes,
    bits: int = 1,
    kind: int = GREY,
    interlaced: bool = False,
    more: bytes = b"",
) -> bytes:
    """A PNG whose head says what it is told to; `more` are chunks before the pixels."""
    head = struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, int(interlaced))
    return SIGNATURE + chunk(b"IHDR", head) + more + chunk(b"IDAT", content) + chunk(b"IEND", b"")


def small(more: bytes) -> bytes:
    return png(8, 8, zlib.compress(bytes(16)), more=more)


def tiff(entries: list[tuple[int, int, int, int]], following: int, pages: int = 1) -> bytes:
    """A TIFF whose directories follow one another; the last one names `following` as the next."""
    raw = b"II*\0" + struct.pack("<I", 8)
    size = 2 + 12 * len(entries) + 4
    for number in range(pages):
        after = following if number == pages - 1 else 8 + size * (number + 1)
        raw += struct.pack("<H", len(entries))
        raw += b"".join(struct.pack("<HHII", *entry) for entry in entries) + struct.pack("<I", after)
    return raw


def entries(width: int, height: int) -> list[tuple[int, int, int, int]]:
    return [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, 8),
            (277, 3, 1, 1), (278, 4, 1, height), (279, 4, 1, 64)]  # fmt: skip


def saved(mode: str, kind: str, size: tuple[int, int] = (64, 64), pages: int = 1, **options: object) -> bytes:
    held = io.BytesIO()
    picture = Image.new(mode, size)
    others = [Image.new(mode, size) for _ in range(pages - 1)]
    picture.save(held, kind, **({"save_all": True, "append_images": others} if others else {}), **options)  # type: ignore[arg-type]
    return held.getvalue()


def animated() -> bytes:
    """A PNG that says it has four thousand million frames (APNG), and has one."""
    control = chunk(b"acTL", struct.pack(">II", 2**32 - 1, 0))
    frame = chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, 8, 8, 0, 0, 1, 1, 0, 0))
    return small(control + frame)


IMAGES: dict[str, Callable[[], bytes]] = {
    "giant.png": lambda: png(100_000, 100_000, zlib.compress(bytes(1000))),
    "packed.png": lambda: png(30_000, 30_000, zlib.compress(bytes(3_751 * 3_000), 9)),
    "thin.png": lambda: png(2**31 - 1, 1, zlib.compress(bytes(1000))),
    "nothing.png": lambda: png(0, 0, b""),
    "bomb.png": lambda: png(8, 8, zlib.compress(bytes(60 * MEGABYTE), 9)),
    "text_chunk.png": lambda: small(chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(60 * MEGABYTE), 9))),
    "many_texts.png": lambda: small(chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(MEGABYTE - 1), 9)) * 80),
    "international.png": lambda: small(chunk(b"iTXt", b"a\0\1\0\0\0" + zlib.compress(bytes(60 * MEGABYTE), 9))),
    "profile.png": lambda: small(chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(60 * MEGABYTE), 9))),
    "palette.png": lambda: png(8, 8, zlib.compress(bytes(72)), 8, PALETTE, more=chunk(b"PLTE", bytes(3 * 100_000))),
    "no_palette.png": lambda: png(8, 8, zlib.compress(bytes(range(72))), 8, PALETTE),
    "deep.png": lambda: png(64, 64, zlib.compress(b"".join(b"\0" + random.Random(n).randbytes(128) for n in range(64))), 16),
    "woven.png": lambda: png(4_000, 4_000, zlib.compress(bytes(500)), interlaced=True),
    "odd_bits.png": lambda: png(8, 8, zlib.compress(bytes(500)), 3, COLOUR),
    "animated.png": animated,
    "long_chunk.png": lambda: SIGNATURE + struct.pack(">I", 2**31 - 1) + b"IHDR" + bytes(13),
    "cut.png": lambda: png(800, 600, zlib.compress(bytes(101 * 600)))[:60],
    "giant.jpg": lambda: b"\xff\xd8\xff\xc0\x00\x11\x08\xff\xff\xff\xff\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01\xff\xd9",
    "four_colours.jpg": lambda: saved("CMYK", "JPEG"),
    "cut.jpg": lambda: saved("RGB", "JPEG", (900, 900))[:700],
    "many_scans.jpg": lambda: _many_scans(),
    "rotated.jpg": lambda: saved("L", "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\xff\xff\0\0\0\0\0\0"),
    "ring.tif": lambda: tiff(entries(64, 64), following=8),
    "long.tif": lambda: tiff(entries(2**15, 2**15), following=0, pages=3_000),
    "giant.tif": lambda: tiff(entries(2**31, 2**31), following=0),
    "count.tif": lambda: b"II*\0" + struct.pack("<IH", 8, 65_535),
    "floats.tif": lambda: saved("F", "TIFF"),
    "second_is_giant.tif": lambda: saved("L", "TIFF", pages=2).replace(struct.pack("<HHII", 256, 4, 1, 64), struct.pack("<HHII", 256, 4, 1, 2**30)),
    "drawing.svg": lambda: (
        "<?xml version='1.0'?><!DOCTYPE svg [<!ENTITY a SYSTEM 'file:///etc/passwd'>"
        + "".join(f"<!ENTITY b{n} '{f'&b{n - 1};' * 10}'>" for n in range(1, 12))
        + "]><svg xmlns='http://www.w3.org/2000/svg'><text>&a;&b11;</text></svg>"
    ).encode(),
    "moving.gif": lambda: saved("P", "GIF", pages=30),
}  # fmt: skip


def _many_scans() -> bytes:
    """A progressive JPEG of which the last scan stands two thousand times: each is decoded over all pixels."""
    raw = saved("L", "JPEG", (640, 640), progressive=True)
    start = raw.rindex(b"\xff\xda")
    return raw[:start] + raw[start:-2] * 2_000 + raw[-2:]
