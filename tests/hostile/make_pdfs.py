"""PDFs and pictures that were made to hurt, written object by object: no library would write them."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable

MEGABYTE = 2**20
CONTENT = b"BT /F1 12 Tf 72 720 Td (The patient was treated with aspirin and is doing well.) Tj ET"
FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"


def stream(content: bytes, entries: bytes = b"", packed: bool = False) -> bytes:
    if packed:
        content, entries = zlib.compress(content, 9), entries + b" /Filter /FlateDecode"
    return b"<< /Length %d %s >>\nstream\n" % (len(content), entries) + content + b"\nendstream"


def pdf(objects: dict[int, bytes], trailer: bytes = b"") -> bytes:
    """Objects by number, with a cross-reference table that is true."""
    raw, places = b"%PDF-1.5\n", {}
    for number, content in objects.items():
        places[number] = len(raw)
        raw += b"%d 0 obj\n" % number + content + b"\nendobj\n"
    start = len(raw)
    raw += b"xref\n0 1\n0000000000 65535 f \n"
    for number, place in sorted(places.items()):
        raw += b"%d 1\n%010d 00000 n \n" % (number, place)
    return raw + b"trailer\n<< /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (
        max(objects) + 1,
        trailer,
        start,
    )


def one_page(
    content: bytes = CONTENT,
    resources: bytes = b"",
    page: bytes = b"",
    more: dict[int, bytes] | None = None,
    packed: bool = False,
) -> bytes:
    box = b"" if b"/MediaBox" in page else b"/MediaBox [0 0 612 792]"
    return pdf(
        {
            1: b"<< /Type /Catalog /Pages 2 0 R >>",
            2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            3: b"<< /Type /Page /Parent 2 0 R /Contents 4 0 R %s %s /Resources << /Font << /F1 5 0 R >> %s >> >>" % (box, page, resources),
            4: stream(content, packed=packed),
            5: FONT,
            **(more or {}),
        }
    )  # fmt: skip


def kids(text: bytes, count: int, more: dict[int, bytes] | None = None) -> bytes:
    return pdf(
        {
            1: b"<< /Type /Catalog /Pages 2 0 R >>",
            2: b"<< /Type /Pages /Kids [%s] /Count %d >>" % (text, count),
            3: b"<< /Type /Page /Parent 2 0 R /Contents 4 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 5 0 R >> >> >>",
            4: stream(CONTENT),
            5: FONT,
            **(more or {}),
        }
    )


def outline(count: int, ring: bool) -> bytes:
    items = {
        10 + n: b"<< /Title (a) /Parent 6 0 R /Next %d 0 R /Dest [3 0 R /Fit] >>"
        % (10 if ring and n == count - 1 else 11 + n)
        for n in range(count)
    }
    return pdf(
        {
            1: b"<< /Type /Catalog /Pages 2 0 R /Outlines 6 0 R >>",
            2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            3: b"<< /Type /Page /Parent 2 0 R /Contents 4 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 5 0 R >> >> >>",
            4: stream(CONTENT),
            5: FONT,
            6: b"<< /First 10 0 R /Last %d 0 R /Count %d >>" % (9 + count, count),
            **items,
        }
    )


def image(width: int, height: int, data: bytes = b"\0") -> bytes:
    entries = b"/Type /XObject /Subtype /Image /Width %d /Height %d /BitsPerComponent 8 /ColorSpace /DeviceRGB" % (
        width,
        height,
    )
    return one_page(
        CONTENT + b" q 500 0 0 500 0 0 cm /I Do Q",
        b"/XObject << /I 6 0 R >>",
        more={6: stream(data, entries, packed=True)},
    )


def form_in_itself() -> bytes:
    form = stream(
        b"/X Do /X Do", b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X 6 0 R >> >>"
    )
    return one_page(CONTENT + b" /X Do", b"/XObject << /X 6 0 R >>", more={6: form})


def forms_that_multiply() -> bytes:
    """Each form draws the next one ten times: 10^12 words."""
    forms = {
        10 + n: stream(
            b"/X Do " * 10,
            b"/Type /XObject /Subtype /Form /BBox [0 0 999 999] /Resources << /XObject << /X %d 0 R >> >>" % (11 + n),
        )
        for n in range(12)
    }
    last = stream(CONTENT, b"/Type /XObject /Subtype /Form /BBox [0 0 999 999] /Resources << /Font << /F1 5 0 R >> >>")
    return one_page(CONTENT + b" /X Do", b"/XObject << /X 10 0 R >>", more={**forms, 22: last})


def pages_in_a_ring() -> bytes:
    return kids(b"6 0 R", 5, {6: b"<< /Type /Pages /Parent 2 0 R /Kids [2 0 R 3 0 R] /Count 4 >>"})


def deep_tree() -> bytes:
    nodes = {10 + n: b"<< /Type /Pages /Kids [%d 0 R] /Count 1 >>" % (11 + n) for n in range(5_000)}
    return kids(b"10 0 R", 1, {**nodes, 5_010: b"<< /Type /Page /MediaBox [0 0 9 9] >>"})


def previous_is_itself() -> bytes:
    raw = one_page()
    start = raw.rindex(b"xref\n0 1")
    return raw.replace(b"/Root 1 0 R", b"/Root 1 0 R /Prev %d" % start)


PDFS: dict[str, Callable[[], bytes]] = {
    "plain.pdf": one_page,
    "ring.pdf": pages_in_a_ring,
    "own_child.pdf": lambda: kids(b"2 0 R 3 0 R", 2),
    "deep_tree.pdf": deep_tree,
    "count_lie.pdf": lambda: kids(b"3 0 R", 2_000_000_000),
    "count_negative.pdf": lambda: kids(b"3 0 R", -1),
    "page_repeats.pdf": lambda: kids(b"3 0 R " * 4_000, 4_000),
    "no_pages.pdf": lambda: kids(b"", 0),
    "giant_page.pdf": lambda: one_page(page=b"/MediaBox [0 0 1000000000 1000000000]"),
    "negative_page.pdf": lambda: one_page(page=b"/MediaBox [500 500 -500 -99999]"),
    "no_number_page.pdf": lambda: one_page(page=b"/MediaBox [nan inf (x) null]"),
    "unit.pdf": lambda: one_page(page=b"/UserUnit 100000000"),
    "rotation.pdf": lambda: one_page(page=b"/Rotate 12345"),
    "giant_image.pdf": lambda: image(100_000, 100_000),
    "stretched_image.pdf": lambda: image(2**31 - 1, 1),
    "image_bomb.pdf": lambda: image(12_000, 12_000, bytes(100 * MEGABYTE)),
    "form_in_itself.pdf": form_in_itself,
    "content_bomb.pdf": lambda: one_page(CONTENT + b" " * (100 * MEGABYTE), packed=True),
    "words.pdf": lambda: one_page(b"BT /F1 4 Tf 9 9 Td " + b"(aspirin) Tj 1 1 Td " * 10_000 + b"ET", packed=True),
    "lines.pdf": lambda: one_page(CONTENT + b" 1 1 m 9 9 l S" * 20_000, packed=True),
    "boxes.pdf": lambda: one_page(CONTENT + b" 1 1 9 9 re S 20 20 400 300 re f" * 5_000, packed=True),
    "saved_states.pdf": lambda: one_page(b"q " * 50_000 + CONTENT, packed=True),
    "numbers.pdf": lambda: one_page(b"BT /F1 1e300 Tf 1e38 -1e38 Td (a) Tj ET 1e99 0 0 1e99 0 0 cm " + CONTENT),
    "outline_ring.pdf": lambda: outline(5, ring=True),
    "outline_long.pdf": lambda: outline(5_000, ring=False),
    "arrays.pdf": lambda: one_page(page=b"/X " + b"[" * 100_000 + b"]" * 100_000),
    "names.pdf": lambda: one_page(page=b"/" + b"A" * MEGABYTE + b" 1"),
    "previous.pdf": previous_is_itself,
    "start.pdf": lambda: one_page().replace(b"startxref\n", b"startxref\n99999999999"),
    "script.pdf": lambda: pdf(
        {
            1: b"<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /Launch /F (/bin/sh) >> /AA << /O << /S /JavaScript /JS (app.alert(1)) >> >> >>",
            2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            3: b"<< /Type /Page /Parent 2 0 R /Contents 4 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 5 0 R >> >> >>",
            4: stream(CONTENT),
            5: FONT,
        }
    ),
    "outside.pdf": lambda: one_page(CONTENT, more={6: b"<< /Length 0 /F (/etc/passwd) >>\nstream\n\nendstream"}),
    "encrypted.pdf": lambda: one_page().replace(b"/Root 1 0 R", b"/Root 1 0 R /Encrypt << /Filter /Standard /V 4 /R 4 /O (x) /U (y) /P -1 >>"),
    "length_lie.pdf": lambda: one_page().replace(b"/Length %d" % len(CONTENT), b"/Length 999999999"),
    "glyph_in_glyph.pdf": lambda: one_page(
        b"BT /F2 12 Tf 72 700 Td (aaaa) Tj ET " + CONTENT, b"", more={
            5: FONT,
            6: b"<< /Type /Font /Subtype /Type3 /FontBBox [0 0 9 9] /FontMatrix [1 0 0 1 0 0] /CharProcs << /a 7 0 R >> /Encoding << /Differences [97 /a] >> /FirstChar 97 /LastChar 97 /Widths [9] /Resources << /Font << /F2 6 0 R >> >> >>",
            7: stream(b"9 0 d0 BT /F2 12 Tf (aaaa) Tj ET"),
        },
    ),
    "fonts.pdf": lambda: one_page(
        CONTENT, more={5: b"<< /Type /Font /Subtype /Type0 /BaseFont /X /Encoding /Identity-H /DescendantFonts [5 0 R] /ToUnicode 6 0 R >>",
                       6: stream(b"begincmap 1 begincodespacerange <0000> <ffff> endcodespacerange 1 beginbfrange <0000> <ffff> <0000> endbfrange endcmap " * 50)},
    ),
    "cut.pdf": lambda: one_page()[:400],
    "head_only.pdf": lambda: b"%PDF-1.7\n",
    "junk_before.pdf": lambda: b"\0" * 900 + one_page(),
    "objects.pdf": lambda: one_page(more={10 + n: b"<< /A %d 0 R >>" % (11 + n) for n in range(10_000)}),
}  # fmt: skip
"""Read with the text layer alone."""

SLOW_PDFS: dict[str, Callable[[], bytes]] = {"forms_that_multiply.pdf": forms_that_multiply}
"""They would take for ever: the page's time limit ends them."""


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width: int, height: int, content: bytes, bits: int = 1) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, bits, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", content) + chunk(b"IEND", b"")


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


IMAGES: dict[str, Callable[[], bytes]] = {
    "giant.png": lambda: png(100_000, 100_000, zlib.compress(bytes(1000))),
    "packed.png": lambda: png(30_000, 30_000, zlib.compress(bytes(3_751 * 30_000), 9)),
    "thin.png": lambda: png(2**31 - 1, 1, zlib.compress(bytes(1000))),
    "nothing.png": lambda: png(0, 0, b""),
    "bomb.png": lambda: png(8, 8, zlib.compress(bytes(60 * MEGABYTE), 9)),
    "text_chunk.png": lambda: (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 1, 0, 0, 0, 0))
        + chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(60 * MEGABYTE), 9)) + chunk(b"IEND", b"")
    ),
    "giant.jpg": lambda: b"\xff\xd8\xff\xc0\x00\x11\x08\xff\xff\xff\xff\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01\xff\xd9",
    "ring.tif": lambda: tiff(entries(64, 64), following=8),
    "long.tif": lambda: tiff(entries(8, 8), following=0, pages=3_000),
    "giant.tif": lambda: tiff(entries(2**31, 2**31), following=0),
    "count.tif": lambda: b"II*\0" + struct.pack("<IH", 8, 65_535),
    "cut.png": lambda: png(800, 600, zlib.compress(bytes(101 * 600)))[:60],
}  # fmt: skip
