"""gzip files are unpacked whole, within bounds, or not at all."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from ingest.containers.compression import inner_suffix, is_gzip, read_bounded, unpack_gzip, unpacked_head
from ingest.document import UnreadableError


def test_plain_and_packed_files_read_the_same(tmp_path: Path) -> None:
    plain, packed = tmp_path / "a.txt", tmp_path / "a.txt.gz"
    plain.write_bytes(b"text" * 1000)
    packed.write_bytes(gzip.compress(b"text" * 600) + gzip.compress(b"text" * 400))
    assert read_bounded(plain) == read_bounded(packed) == b"text" * 1000


@pytest.mark.parametrize("kept", [0.3, 0.9, -1])
def test_part_of_a_document_is_not_the_whole(kept: float) -> None:
    raw = gzip.compress(bytes(range(256)) * 1000)
    cut = raw[: int(len(raw) * kept)] if kept > 0 else raw[:-4]
    with pytest.raises(UnreadableError) as error:
        unpack_gzip(cut)
    assert error.value.kind == "truncated"


def test_growth_is_bounded() -> None:
    with pytest.raises(UnreadableError) as error:
        unpack_gzip(gzip.compress(b"\0" * 10_000_000), limit=1_000_000)
    assert error.value.kind == "too-large"
    assert len(unpack_gzip(gzip.compress(b"\0" * 10_000), limit=10_000)) == 10_000


@pytest.mark.parametrize(
    ("content", "kind"), [(b"", "empty"), (gzip.compress(b"", mtime=0), "empty"), (b"\x1f\x8b\x08x", "truncated")]
)
def test_empty_and_damaged_files_say_so(tmp_path: Path, content: bytes, kind: str) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(content)
    with pytest.raises(UnreadableError) as error:
        read_bounded(path)
    assert error.value.kind == kind


def test_heads_and_names() -> None:
    packed = gzip.compress(b"<html>" + b"x" * 100_000)
    assert is_gzip(packed) and unpacked_head(packed[:4096], 6) == b"<html>"
    assert unpacked_head(b"%PDF-1.7", 4) == b"%PDF"
    assert unpacked_head(b"\x1f\x8b\x08\xff\xff") == b""
    assert (inner_suffix("a/Page.HTML.gz"), inner_suffix("a.pdf"), inner_suffix("readme")) == (".html", ".pdf", "")
