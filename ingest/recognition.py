"""Which format a file is of, by its first bytes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ingest.containers.compression import inner_suffix, unpacked_head
from ingest.containers.packages import entry_names, is_zip, package_of
from ingest.document import UnreadableError
from ingest.readers import READERS, load_reader
from ingest.safe_xml import is_xml_of_another_kind
from medpress.store import read_head

HEAD_BYTES = 8192
"""How much of a file a reader sees to recognise it."""


FOREIGN = ((b"KDH ", "a KDH file of CNKI"), (b"CAJ\0", "a CAJ file of CNKI"), (b"TEB", "a TEB file of CNKI"))
"""First bytes of what only its publisher's program reads, and what it is."""


def unread(head: bytes, formats: Sequence[str]) -> tuple[str, str]:
    """Kind and message for a file with these first bytes that is of none of these formats."""
    if (what := next((what for sign, what in FOREIGN if head.startswith(sign)), "")) and "pdf" in formats:
        return "unsupported", f"It is {what}, which only its own program reads; download it as PDF."
    if "text" in formats:
        return "unsupported", "Its first bytes are of no format that can be read."
    return f"not-a-{formats[0]}", f"Its first bytes are not those of a {formats[0]} file."


def recognise(head: bytes, name: str, formats: Sequence[str]) -> str | None:
    """The format of a file with these first bytes and this name, asked in the registry's order; None when none knows it.

    XML whose root is not HTML's is nothing for the web's reader, whatever it holds and is called.
    """
    head = unpacked_head(head, HEAD_BYTES)
    passed_over = "web" if is_xml_of_another_kind(head) else ""
    readers = [load_reader(format) for format in READERS if format in formats and format != passed_over]
    return next((reader.name for reader in readers if reader.sniff(head, name)), None)


def endings(formats: Sequence[str]) -> set[str]:
    """The endings of file names, with the dot, that belong to some formats."""
    return {ending for name in formats for ending in READERS[name].endings}


def recognise_file(path: Path, head: bytes, name: str, formats: Sequence[str]) -> str | None:
    """The same for a file on this machine, of which more can be known: what a ZIP is stands at its end.

    Raises `UnreadableError` (unsupported) for a document in a ZIP that no reader reads.
    """
    if is_zip(head) and (package := package_of(entry_names(path))) is not None:
        if package.format in formats:
            return package.format
        if package.format is None:
            raise UnreadableError("unsupported", f"It is {package.what}, which cannot be read; save it as DOCX or PDF.")
    return recognise(head, name, formats)


def wanted(path: Path, formats: Sequence[str]) -> bool:
    """Whether a file out of a container is of one of these formats, by its ending or its first bytes."""
    if inner_suffix(path.name) in endings(formats):
        return True
    try:
        return recognise_file(path, read_head(path, HEAD_BYTES), path.name, formats) is not None
    except UnreadableError:  # a document all the same: it is quarantined, not left alone
        return set(formats) >= set(READERS)
