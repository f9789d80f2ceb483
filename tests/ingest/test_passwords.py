"""Files under a password are read with a file of passwords, of which nothing is written anywhere."""

from __future__ import annotations

import random
import struct
import zlib
from pathlib import Path

import pymupdf
import pytest

from ingest.config import IngestConfig
from ingest.document import ReadOptions, UnreadableError
from ingest.passwords import passwords_in
from ingest.readers import FORMATS
from ingest.run import IngestResult, ingest
from medpress.command import UserError
from medpress.schema import DOCUMENT
from medpress.store import read_dataset

SECRET = "blau Käse-7"
TEXT = "Fenolamide is given at 5 mg once daily, and never with tebrazole. " * 8


def locked_pdf() -> bytes:
    document = pymupdf.open()
    document.new_page().insert_textbox(pymupdf.Rect(50, 50, 545, 800), TEXT)
    return bytes(document.tobytes(encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw=SECRET, owner_pw="other"))


def locked_zip(name: str, content: bytes, password: str) -> bytes:
    """A ZIP in the traditional encryption of PKWARE (APPNOTE 6.1), stored."""
    keys = [0x12345678, 0x23456789, 0x34567890]

    def crc(value: int, byte: int) -> int:
        return (value >> 8) ^ TABLE[(value ^ byte) & 0xFF]

    def update(byte: int) -> None:
        keys[0] = crc(keys[0], byte)
        keys[1] = ((keys[1] + (keys[0] & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
        keys[2] = crc(keys[2], keys[1] >> 24)

    for byte in password.encode():
        update(byte)
    check = zlib.crc32(content)
    plain = bytes(random.Random(1).randrange(256) for _ in range(11)) + bytes([check >> 24]) + content
    packed = bytearray()
    for byte in plain:
        mixed = keys[2] | 2
        packed.append(byte ^ ((mixed * (mixed ^ 1) >> 8) & 0xFF))
        update(byte)
    raw_name = name.encode()
    common = struct.pack("<HHHHHLLLHH", 20, 1, 0, 0, 0, check, len(packed), len(content), len(raw_name), 0)
    local = b"PK\x03\x04" + common + raw_name + bytes(packed)
    central = b"PK\x01\x02" + struct.pack("<H", 20) + common + struct.pack("<HHHLL", 0, 0, 0, 0, 0) + raw_name
    end = b"PK\x05\x06" + struct.pack("<HHHHLLH", 0, 0, 1, 1, len(central), len(local), 0)
    return local + central + end


TABLE = [0] * 256
for index in range(256):
    entry = index
    for _ in range(8):
        entry = (entry >> 1) ^ 0xEDB88320 if entry & 1 else entry >> 1
    TABLE[index] = entry


def run(tmp_path: Path, passwords: Path | None = None) -> tuple[IngestResult, set[str]]:
    read = ReadOptions(password_file=str(passwords) if passwords else "")
    config = IngestConfig(data=tmp_path / "data", workers=1, license="x", read=read)
    result = ingest([str(tmp_path / "files")], FORMATS["auto"], config)
    return result, {row["uris"][0] for row in read_dataset(tmp_path / "data" / "documents", DOCUMENT).to_pylist()}


def test_locked_files_are_read_when_the_password_is_given(tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    (files / "open.txt").write_text(TEXT)
    (files / "a.pdf").write_bytes(locked_pdf())
    (files / "b.zip").write_bytes(locked_zip("inner.txt", TEXT.encode() + b"Second.", SECRET))
    result, uris = run(tmp_path)
    assert uris == {"open.txt"} and result.reasons == {"encrypted": 2}
    passwords = tmp_path / "passwords.txt"
    passwords.write_text(f"wrong\n\n{SECRET}\n", encoding="utf-8")
    result, uris = run(tmp_path, passwords)
    assert uris == {"open.txt", "a.pdf", "b.zip!inner.txt"}
    assert not result.reasons and result.read <= 3  # what was open is not read again
    result, _ = run(tmp_path, passwords)
    assert result.read == 0
    for path in (tmp_path / "data").rglob("*"):
        if path.is_file():
            assert SECRET.encode() not in path.read_bytes(), path


def test_a_wrong_password_leaves_them_locked(tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    (files / "a.pdf").write_bytes(locked_pdf())
    (files / "b.zip").write_bytes(locked_zip("inner.txt", TEXT.encode(), SECRET))
    passwords = tmp_path / "passwords.txt"
    passwords.write_text("wrong\nalso wrong\n")
    assert run(tmp_path, passwords)[0].reasons == {"encrypted": 2}


def test_a_file_of_passwords_that_is_not_there_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "a.txt").write_text(TEXT)
    with pytest.raises(UserError, match="password"):
        run(tmp_path, tmp_path / "missing.txt")
    (tmp_path / "large.txt").write_bytes(b"x\n" * 2_000_000)
    with pytest.raises(UnreadableError):
        passwords_in(str(tmp_path / "large.txt"))
