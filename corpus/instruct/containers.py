"""Files to rows: JSON, JSON Lines, CSV, Parquet, MedQuAD XML, and ZIP archives of them."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from lxml import etree

from corpus.encoding import UNMARKED, decode
from corpus.store import open_parquet

Row = tuple[str, dict[str, Any]]
"""(place in the file, the row as it stands there)."""

MAX_FILE_BYTES = 4 * 2**30
"""A larger file should come as Parquet or in pieces."""
MAX_MEMBER_BYTES = 256 * 2**20
"""A larger member of an archive is not unpacked."""


class ContainerError(Exception):
    """A file that holds no rows. Carries a `kind` for the quarantine."""

    kind = "decode"


def read_rows(path: Path) -> Iterator[Row]:
    """All rows of a file. Raises `ContainerError` in one sentence."""
    if path.stat().st_size > MAX_FILE_BYTES:
        raise ContainerError(f"It is larger than {MAX_FILE_BYTES >> 30} GiB; give it in pieces.")
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        yield from _parquet(path)
    elif suffix == ".zip":
        yield from _archive(path)
    elif suffix in CONTAINERS:
        yield from CONTAINERS[suffix](path.read_bytes())
    else:
        raise ContainerError(f"{suffix or 'A file without an ending'} is none of {', '.join(SUFFIXES)}.")


def _json(raw: bytes) -> Iterator[Row]:
    """A JSON array, one object a line, or objects one after the other."""
    text = _text(raw).strip()
    if text.startswith("["):
        try:
            values = json.loads(text)
        except json.JSONDecodeError as error:
            raise ContainerError(f"It is not valid JSON (line {error.lineno}).") from error
        for number, value in enumerate(values):
            if isinstance(value, dict):
                yield f"item {number}", value
        return
    decoder = json.JSONDecoder()
    position = number = 0
    while position < len(text):
        try:
            value, position = decoder.raw_decode(text, position)
        except json.JSONDecodeError as error:
            raise ContainerError(f"It is not valid JSON (after {number} objects).") from error
        if isinstance(value, dict):
            yield f"item {number}", value
        number += 1
        while position < len(text) and text[position] in " \r\n\t,":
            position += 1


def _csv(raw: bytes) -> Iterator[Row]:
    text = _text(raw)
    first = text.partition("\n")[0]
    delimiter = max(",\t;", key=first.count)
    reader = csv.DictReader(io.StringIO(text), delimiter=delimiter)
    try:
        for number, row in enumerate(reader):
            yield f"row {number}", {k.strip().lower(): v for k, v in row.items() if k and isinstance(v, str)}
    except csv.Error as error:
        raise ContainerError(f"It is not valid CSV ({error}).") from error


def _text(raw: bytes) -> str:
    text = decode(raw).text
    if "\0" in text.partition("\n")[0]:
        raise ContainerError(UNMARKED)
    return text


def _medquad(raw: bytes) -> Iterator[Row]:
    """Question and answer pairs of the MedQuAD collection (Ben Abacha and Demner-Fushman, 2019)."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(raw, parser)
    except etree.XMLSyntaxError as error:
        raise ContainerError("It is not well-formed XML.") from error
    for pair in root.iter("QAPair"):
        question, answer = pair.findtext("Question"), pair.findtext("Answer")
        yield f"pair {pair.get('pid', '')}", {"question": question or "", "answer": answer or ""}


def _parquet(path: Path) -> Iterator[Row]:
    number = 0
    for batch in open_parquet(path).iter_batches(1000):
        for row in batch.to_pylist():
            yield f"row {number}", row
            number += 1


def _archive(path: Path) -> Iterator[Row]:
    try:
        archive = zipfile.ZipFile(path.open("rb"))  # type: ignore[arg-type]
    except zipfile.BadZipFile as error:
        raise ContainerError("It is not a readable ZIP archive.") from error
    with archive:
        for member in sorted(archive.infolist(), key=lambda m: m.filename):
            read = CONTAINERS.get(Path(member.filename).suffix.lower())
            if member.is_dir() or read is None or member.file_size > MAX_MEMBER_BYTES:
                continue
            with archive.open(member) as file:
                raw = file.read(MAX_MEMBER_BYTES)
            for place, row in read(raw):
                yield f"{member.filename}, {place}", row


CONTAINERS: dict[str, Callable[[bytes], Iterator[Row]]] = {
    ".json": _json,
    ".jsonl": _json,
    ".csv": _csv,
    ".tsv": _csv,
    ".xml": _medquad,
}
"""File ending to reader."""
SUFFIXES = (*CONTAINERS, ".parquet", ".zip")
"""All endings that are read."""
