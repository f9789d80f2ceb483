"""Mobipocket, OFD, XPS, old files of Office, and what only its own program reads: written here byte by byte."""

from __future__ import annotations

import struct
import sys
import zipfile
from pathlib import Path

import pytest

from ingest.document import Page, Probe, ReadOptions, UnreadableError
from ingest.readers import FORMATS, READERS, load_reader
from ingest.readers.mobi import unpack_palmdoc
from ingest.recognition import recognise_file, unread
from tests.ingest.test_office import check, deck, para, shape, slide, text_of, zipped


def read(path: Path) -> tuple[str | None, Probe, list[Page]]:
    format_ = recognise_file(path, path.read_bytes()[:8192], path.name, list(READERS))
    assert format_ is not None
    reader = load_reader(format_)
    probe = reader.probe(path, ReadOptions(ocr="never"))
    return format_, probe, list(reader.read(path, 1, probe.n_pages, ReadOptions(ocr="never"), lambda place: None))


# --- Mobipocket

HTML = (
    "<html><head><guide></guide></head><body><h1>Dosen</h1><p>Gib 5 µg/kg, nie über 80 mg.</p><mbp:pagebreak/><h2>Kinder</h2><ul><li>2,5 mg</li><li>10<sup>3</sup> E</li></ul>"
    "<table><tr><td>K</td><td>3.5</td></tr><tr><td>Na</td><td>140</td></tr></table></body></html>"
)


def mobi(records: list[bytes], *, packing: int = 1, locked: int = 0, flags: int = 0, encoding: int = 65001) -> bytes:
    exth = b"".join(
        struct.pack(">LL", kind, 8 + len(value)) + value
        for kind, value in (
            (100, "Ann Döe".encode()),
            (503, b"Dosen von heute"),
            (524, b"de-DE"),
            (104, b"978-3-00-000000-5"),
            (106, b"2019-04-05T00:00:00"),
        )
    )
    exth = b"EXTH" + struct.pack(">LL", 12 + len(exth), 5) + exth
    head = bytearray(16 + 232)
    struct.pack_into(">HHLHHH", head, 0, packing, 0, 0, len(records), 4096, locked)
    head[16:20] = b"MOBI"
    struct.pack_into(">L", head, 20, 232)
    struct.pack_into(">L", head, 28, encoding)
    struct.pack_into(">LL", head, 84, len(head) + len(exth), 5)
    struct.pack_into(">L", head, 128, 0x40)
    struct.pack_into(">H", head, 242, flags)
    all_records = [bytes(head) + exth + b"Dosen", *records]
    start = 78 + 8 * len(all_records) + 2
    index = b""
    for record in all_records:
        index += struct.pack(">LL", start, 0)
        start += len(record)
    database = b"Dosen".ljust(32, b"\0") + bytes(28) + b"BOOKMOBI" + bytes(8) + struct.pack(">H", len(all_records))
    return database + index + b"\0\0" + b"".join(all_records)


@pytest.mark.parametrize("flags", [0, 1, 3])
def test_a_mobipocket_book(tmp_path: Path, flags: int) -> None:
    raw = HTML.encode()
    behind = (b"\x83" if flags & 2 else b"") if not flags & 2 else b"xx\x83"
    overlap = b"\0" if flags & 1 else b""
    path = tmp_path / "a.mobi"
    path.write_bytes(mobi([part + overlap + behind for part in (raw[:100], raw[100:])], flags=flags))
    format_, probe, pages = read(path)
    assert format_ == "mobi" and (probe.title, probe.authors, probe.lang, probe.date) == (
        "Dosen von heute",
        ("Ann Döe",),
        "de",
        "2019-04-05",
    )
    assert probe.identifiers == {"isbn": "9783000000005"}
    assert (
        text_of(pages[0])
        == "# Dosen\nGib 5 µg/kg, nie über 80 mg.\n## Kinder\n- 2,5 mg\n- 10^3 E\n| K | 3.5 |\n| --- | --- |\n| Na | 140 |"
    )
    check(pages)


@pytest.mark.parametrize(
    ("packed", "text"),
    [
        (b"abc", b"abc"), (b"\x02\xc3\xa9x", "éx".encode()), (b"a" + bytes([ord("b") ^ 0x80]), b"a b"),
        (b"ab" + struct.pack(">H", 0x8000 | (2 << 3) | 3), b"ab" + b"ababab"), (b"\x80\x00", b""), (b"\xbf", b""), (b"\x08ab", b"ab"),
    ],
)  # fmt: skip
def test_palmdoc(packed: bytes, text: bytes) -> None:
    assert unpack_palmdoc(packed) == text


def test_books_that_are_not_read_say_why(tmp_path: Path) -> None:
    path = tmp_path / "a.azw"
    for raw, kind in (
        (mobi([b"x"], packing=17480), "unsupported"), (mobi([b"x"], locked=2), "encrypted"), (mobi([HTML.encode()])[:200], "truncated"),
        (mobi([b""]), "no-text"), (mobi([b"x"])[:76] + b"\xff\xff" + mobi([b"x"])[78:], "truncated"),
    ):  # fmt: skip
        path.write_bytes(raw)
        with pytest.raises(UnreadableError) as error:
            read(path)
        assert error.value.kind == kind


# --- OFD

OFD = 'xmlns:ofd="http://www.ofdspec.org/2016"'


def line(text: str, x: float, y: float, size: float = 4.0, width: float = 100.0) -> str:
    return f'<ofd:TextObject ID="1" Boundary="{x} {y} {width} {size}" Font="1" Size="{size}"><ofd:TextCode X="0" Y="{size}" DeltaX="g {len(text) - 1} {size}">{text}</ofd:TextCode></ofd:TextObject>'


def ofd(path: Path, *texts: str) -> Path:
    members = {
        "OFD.xml": f"<ofd:OFD {OFD} Version='1.0'><ofd:DocBody><ofd:DocInfo><ofd:Title>用药通知</ofd:Title><ofd:Author>卫生局</ofd:Author><ofd:CreationDate>2024-03-05</ofd:CreationDate></ofd:DocInfo><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>",
        "Doc_0/Document.xml": f"<ofd:Document {OFD}><ofd:CommonData><ofd:PageArea><ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox></ofd:PageArea></ofd:CommonData><ofd:Pages>"
        + "".join(f'<ofd:Page ID="{n}" BaseLoc="Pages/Page_{n}/Content.xml"/>' for n in range(len(texts))) + "</ofd:Pages></ofd:Document>",
    } | {f"Doc_0/Pages/Page_{n}/Content.xml": f"<ofd:Page {OFD}><ofd:Content><ofd:Layer>{text}</ofd:Layer></ofd:Content></ofd:Page>" for n, text in enumerate(texts)}  # fmt: skip
    return zipped(path, members)


def test_an_ofd_document(tmp_path: Path) -> None:
    first = (
        line("关于非诺胺用药的通知", 60, 20, 7.0) + line("非诺胺的起始剂量为每日", 28, 40) + line("5", 72, 40) + line("mg，不得超过八十", 76, 40)
        + line("毫克，肾功能不全者减半。", 20, 47) + line("二、每周复查一次。", 28, 54)
    )  # fmt: skip
    format_, probe, pages = read(ofd(tmp_path / "a.ofd", first, line("Second page: 7 mg.", 20, 20, 4.0)))
    assert format_ == "ofd" and (probe.title, probe.authors, probe.date) == ("用药通知", ("卫生局",), "2024-03-05")
    assert (
        text_of(pages[0])
        == "## 关于非诺胺用药的通知\n非诺胺的起始剂量为每日5 mg，不得超过八十毫克，肾功能不全者减半。\n二、每周复查一次。"
    )
    assert text_of(pages[1]) == "Second page: 7 mg." and round(pages[0].width) == 595
    check(pages)


@pytest.mark.parametrize(
    "text",
    ["", "<ofd:TextObject Boundary='nan inf 1 1' Size='-1'><ofd:TextCode X='1e400' DeltaX='g 999999999999 9'>5 mg</ofd:TextCode></ofd:TextObject>",
     "<ofd:TextObject><ofd:TextCode>5 mg</ofd:TextCode></ofd:TextObject>" * 3_000],
    ids=["empty", "numbers", "many"],
)  # fmt: skip
def test_hostile_ofd_pages_end(tmp_path: Path, text: str) -> None:
    try:
        _, _, pages = read(ofd(tmp_path / "a.ofd", text))
    except UnreadableError:
        return
    assert len(pages) == 1


def test_an_ofd_page_that_is_too_deep_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError) as refused:
        read(ofd(tmp_path / "a.ofd", "<ofd:CompositeObject>" * 3_000 + line("5 mg", 1, 1)))
    assert refused.value.kind == "too-large"


# --- XPS


def test_an_xps_document(tmp_path: Path) -> None:
    font = next((path for path in _fonts() if path.is_file()), None)
    if font is None:
        pytest.skip("no TrueType font is installed here")
    lines = "".join(
        f'<Glyphs FontUri="/f.ttf" FontRenderingEmSize="16" OriginX="96" OriginY="{100 + 24 * n}" Fill="#ff000000" UnicodeString="{text}"/>'
        for n, text in enumerate(
            ("Fenolamide is given at 5 mg once daily, and never", "above 80 mg, as its half-life is 11 hours here.")
        )
    )
    path = tmp_path / "a.xps"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(
            "_rels/.rels",
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r" Type="http://schemas.microsoft.com/xps/2005/06/fixedrepresentation" Target="/FixedDocumentSequence.fdseq"/></Relationships>',
        )
        archive.writestr(
            "FixedDocumentSequence.fdseq",
            '<FixedDocumentSequence xmlns="http://schemas.microsoft.com/xps/2005/06"><DocumentReference Source="/Documents/1/FixedDocument.fdoc"/></FixedDocumentSequence>',
        )
        archive.writestr(
            "Documents/1/FixedDocument.fdoc",
            '<FixedDocument xmlns="http://schemas.microsoft.com/xps/2005/06"><PageContent Source="/Documents/1/Pages/1.fpage" Width="793" Height="1122"/></FixedDocument>',
        )
        archive.writestr(
            "Documents/1/Pages/1.fpage",
            f'<FixedPage xmlns="http://schemas.microsoft.com/xps/2005/06" Width="793" Height="1122" xml:lang="en">{lines}</FixedPage>',
        )
        archive.writestr("f.ttf", font.read_bytes())
    format_, _, pages = read(path)
    assert format_ == "xps"
    assert (
        "Fenolamide is given at 5 mg once daily, and never above 80 mg, as its half-life is 11 hours here."
        in text_of(pages[0])
    )


def _fonts() -> list[Path]:
    return [*Path("/usr/share/fonts").rglob("*.ttf"), *Path(sys.prefix).rglob("DejaVuSans.ttf")]


@pytest.mark.parametrize("cut", [0.3, 0.9])
def test_a_broken_xps_says_so(tmp_path: Path, cut: float) -> None:
    whole = zipped(tmp_path / "b.xps", {"FixedDocumentSequence.fdseq": "<x/>" * 100, "Documents/1/a": "x"}).read_bytes()
    path = tmp_path / "a.xps"
    path.write_bytes(whole[: int(len(whole) * cut)])
    with pytest.raises(UnreadableError):
        load_reader("xps").probe(path, ReadOptions())


# --- old files of Office


def old_file(path: Path, stream: str) -> Path:
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + stream.encode("utf-16-le") + bytes(200))
    return path


def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: str) -> None:
    """A program that is called as LibreOffice is, in its place: what is tested is how it is run, not what it makes."""
    place = tmp_path / "bin" / "soffice"
    place.parent.mkdir()
    place.write_text(f"#!/bin/sh\n{lines}\n")
    place.chmod(0o755)
    monkeypatch.setenv("PATH", f"{place.parent}:/usr/bin:/bin")


@pytest.mark.parametrize(
    ("name", "stream", "word"), [("a.doc", "WordDocument", "Word"), ("a.ppt", "PowerPoint Document", "PowerPoint"), ("a.xls", "Workbook", "Excel")]
)  # fmt: skip
def test_an_old_file_without_libreoffice_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, stream: str, word: str
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UnreadableError, match=f"old {word} .*install LibreOffice"):
        read(old_file(tmp_path / name, stream))


def test_an_old_file_is_converted_and_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = deck(tmp_path / "made.pptx", [slide(shape(para("Give 5 mg.")))])
    program(
        tmp_path,
        monkeypatch,
        f'[ "$HTTP_PROXY" ] && exit 1\nwhile [ "$1" != --outdir ]; do shift; done; mkdir -p "$2" && cp {made} "$2/document.pptx"',
    )
    monkeypatch.setenv("HTTP_PROXY", "x")
    format_, _, pages = read(old_file(tmp_path / "-a b.ppt", "PowerPoint Document"))
    assert (format_, text_of(pages[0])) == ("office97", "Give 5 mg.")


def test_a_converter_that_does_not_end_is_ended_with_its_children(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path, monkeypatch, f"sleep 60 & echo $! > {tmp_path}/child; wait")
    monkeypatch.setattr("ingest.readers.office97.SECONDS", 1)
    with pytest.raises(UnreadableError, match="within 1 seconds"):
        read(old_file(tmp_path / "a.doc", "WordDocument"))
    child = int((tmp_path / "child").read_text())
    state = Path(f"/proc/{child}/stat")
    assert not state.exists() or state.read_text().split()[2] == "Z"


def test_a_locked_file_and_one_that_cannot_be_converted_say_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, monkeypatch, "exit 1")
    for stream, kind in (("EncryptedPackage", "encrypted"), ("Something", "unsupported"), ("WordDocument", "decode")):
        with pytest.raises(UnreadableError) as error:
            read(old_file(tmp_path / "a.doc", stream))
        assert error.value.kind == kind


def test_a_file_of_cnki_is_one_clear_sentence() -> None:
    kind, message = unread(b"KDH 2.00\0\0", FORMATS["auto"])
    assert kind == "unsupported" and "KDH" in message and "PDF" in message
