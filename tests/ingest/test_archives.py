"""Archives are walked safely: no path escapes, nothing grows without bound, every member is accounted for."""

from __future__ import annotations

import io
import os
import tarfile
import zipfile
from pathlib import Path

import pytest

from ingest.containers.archives import ArchiveLimits, Member, is_archive, read_archive, safe_name
from ingest.document import UnreadableError


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def tarred(members: dict[str, bytes], mode: str = "w") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:  # type: ignore[call-overload]
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def walk(tmp_path: Path, content: bytes, name: str = "a.zip", **limits: int) -> list[Member]:
    path = tmp_path / name
    path.write_bytes(content)
    assert is_archive(content[:4096], name)
    return list(read_archive(path, ArchiveLimits(**limits)))


@pytest.mark.parametrize(
    ("name", "pack"), [("a.zip", zipped), ("a.tar", tarred), ("a.tar.gz", lambda m: tarred(m, "w:gz"))]
)
def test_members_come_with_their_bytes(tmp_path: Path, name: str, pack: object) -> None:
    content = {"books/heart.txt": b"The heart.", "指南/高血压.txt": "高血压".encode()}
    members = walk(tmp_path, pack(content), name)  # type: ignore[operator]
    assert {member.name: member.content for member in members} == content


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "etc/passwd"),
        ("/etc/passwd", "etc/passwd"),
        ("C:\\Windows\\a.txt", "Windows/a.txt"),
        ("a/./b//c.txt", "a/b/c.txt"),
        ("a\x00b\n.txt", "ab.txt"),
        ("..", "unnamed"),
    ],
)
def test_names_are_made_safe(tmp_path: Path, name: str, safe: str) -> None:
    assert safe_name(name) == safe
    if "\x00" not in name:
        assert [member.name for member in walk(tmp_path, tarred({name: b"x"}), "a.tar")] == [safe]


def test_nothing_is_written(tmp_path: Path) -> None:
    walk(tmp_path, zipped({"../escaped.txt": b"x", "inside.txt": b"y"}))
    assert os.listdir(tmp_path) == ["a.zip"]
    assert not (tmp_path.parent / "escaped.txt").exists()


def test_links_and_devices_are_passed_over(tmp_path: Path) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, kind in [
            ("link", tarfile.SYMTYPE),
            ("hard", tarfile.LNKTYPE),
            ("dev", tarfile.CHRTYPE),
            ("d", tarfile.DIRTYPE),
        ]:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
        info = tarfile.TarInfo("real.txt")
        info.size = 1
        archive.addfile(info, io.BytesIO(b"x"))
    assert [member.name for member in walk(tmp_path, out.getvalue(), "a.tar")] == ["real.txt"]


def test_a_bomb_costs_only_its_member(tmp_path: Path) -> None:
    content = zipped({"bomb.txt": b"\0" * 30_000_000, "good.txt": b"good"})
    bomb, good = walk(tmp_path, content, ratio=100)
    assert bomb.error is not None and bomb.error.kind == "too-large" and not bomb.content
    assert good == Member("good.txt", b"good")


def test_totals_end_the_walk(tmp_path: Path) -> None:
    content = zipped({f"{number}.txt": os.urandom(50_000) for number in range(10)})
    with pytest.raises(UnreadableError, match="too many bytes"):
        walk(tmp_path, content, total_bytes=120_000)
    with pytest.raises(UnreadableError, match="more than 3 members"):
        walk(tmp_path, content, members=3)


def test_a_bomb_of_tar_gz_is_not_unpacked(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError) as error:
        walk(tmp_path, tarred({"bomb.txt": b"\0" * 30_000_000}, "w:gz"), "a.tgz", always_bytes=1_000_000)
    assert error.value.kind == "too-large"


def test_archives_within_archives(tmp_path: Path) -> None:
    inner = zipped({"deep.txt": b"deep"})
    (member,) = walk(tmp_path, zipped({"inner.zip": inner}, zipfile.ZIP_STORED))
    assert member == Member("inner.zip!deep.txt", b"deep")
    (refused,) = walk(tmp_path, zipped({"outer.zip": zipped({"inner.zip": inner})}))
    assert refused.name == "outer.zip!inner.zip"
    assert refused.error is not None and refused.error.kind == "unsupported"


def test_packages_are_documents_not_archives() -> None:
    epub = zipped({"mimetype": b"application/epub+zip", "a.xhtml": b"x"}, zipfile.ZIP_STORED)
    docx = zipped({"[Content_Types].xml": b"x", "word/document.xml": b"x"})
    assert not is_archive(epub[:4096], "book")
    assert not is_archive(docx[:4096], "letter.zip")
    assert is_archive(zipped({"letter.docx": docx}, zipfile.ZIP_STORED)[:4096], "letters.zip")


def test_names_in_gbk(tmp_path: Path) -> None:
    raw = zipped({"XXXXXX.txt": b"x"}).replace(b"XXXXXX", "高血压".encode("gbk"))
    (member,) = walk(tmp_path, raw)
    assert member.name == "高血压.txt"


def test_encrypted_members_say_so(tmp_path: Path) -> None:
    raw = bytearray(zipped({"secret.txt": b"x"}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        raw[raw.index(signature) + offset] |= 1
    (member,) = walk(tmp_path, bytes(raw))
    assert member.error is not None and member.error.kind == "encrypted"


@pytest.mark.parametrize("cut", [0.3, 0.6, 0.95])
def test_cut_archives_say_so(tmp_path: Path, cut: float) -> None:
    content = {f"{number}.txt": os.urandom(4000) for number in range(5)}
    for name, raw in [("a.zip", zipped(content)), ("a.tar", tarred(content))]:
        try:
            members = walk(tmp_path, raw[: int(len(raw) * cut)], name)
        except UnreadableError as error:
            assert error.kind == "truncated"
        else:  # a TAR gives what stands before the cut
            assert name == "a.tar"
            assert all(member.content == content[member.name] for member in members if not member.error)
