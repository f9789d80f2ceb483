"""The content encoding of an answer (RFC 9110, section 8.4), taken off with a bound on what comes out."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

ACCEPTED = "gzip, deflate"
"""What we ask for. An answer in another encoding, or in several one over the other, is none that was asked for."""
_PIECE = 64 * 1024


class UnaskedEncoding(Exception):
    """An answer in an encoding that was not asked for."""


class BrokenEncoding(Exception):
    """An answer that is not in the encoding that it names, or breaks off."""


def decoded(parts: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """The bytes under a content encoding, at most 64 KB at a time, so that whoever counts them can stop at any point.

    `encoding` is the header's value, empty for none. Raises `UnaskedEncoding` and `BrokenEncoding`.
    """
    names = [name for name in (part.strip().lower() for part in encoding.split(",")) if name not in ("", "identity")]
    if not names:
        yield from parts
        return
    if len(names) > 1 or names[0] not in ("gzip", "x-gzip", "deflate"):
        raise UnaskedEncoding(", ".join(names))
    stream = zlib.decompressobj(wbits=15 if names[0] == "deflate" else 31)
    begun = raw = False
    try:
        for part in parts:
            if not begun and names[0] == "deflate" and part:
                # Some hosts send deflate without the wrapping of zlib (RFC 1950): its first byte tells.
                raw = part[0] & 0x0F != 8
                stream = zlib.decompressobj(wbits=-15) if raw else stream
            begun = begun or bool(part)
            while part:
                if stream.eof:  # several gzip streams in a row are one (RFC 1952)
                    if not part.startswith(b"\x1f\x8b"):
                        return
                    stream = zlib.decompressobj(wbits=31)
                yield stream.decompress(part, _PIECE)
                part = stream.unconsumed_tail or stream.unused_data
    except zlib.error as error:
        raise BrokenEncoding(str(error)) from error
    while not stream.eof and (rest := stream.decompress(stream.unconsumed_tail, _PIECE)):
        yield rest
    if begun and not stream.eof:
        raise BrokenEncoding("it breaks off")
