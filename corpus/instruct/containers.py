"""Files to rows: JSON, JSON Lines, CSV, Parquet, MedQuAD XML, and ZIP archives of them."""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

from lxml import etree

from medpress.encoding import UNMARKED, decode
from medpress.store import open_parquet

Row = tuple[str, dict[str, Any]]
"""(place in the file, the row as it stands there)."""

WHOLE_BYTES = 32 * 2**20
"""A larger text file is read as a stream."""
PIECE_CHARACTERS = 2**20
"""Characters read at once of such a file."""
LONGEST_VALUE = 2**26
"""Characters of one JSON value; where none ends in so many the file is broken, and is not read to its end for it."""
CODEC_BYTES = 2**20
"""Bytes looked at once when its encoding is told."""
MAX_MEMBER_BYTES = 256 * 2**20
"""A larger member of an archive is not unpacked."""

_SPACE = re.compile(r"[\s,]*")
_BEHIND_A_VALUE = frozenset(" \t\r\n,]")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class ContainerError(Exception):
    """A file that holds no rows. Carries a `kind` for the quarantine."""

    kind = "decode"


def read_rows(path: Path) -> Iterator[Row]:
    """All rows of a file, a large one read as a stream. Raises `ContainerError` in one sentence."""
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        yield from _parquet(path)
    elif suffix == ".zip":
        yield from _archive(path)
    elif suffix == ".xml":
        yield from _medquad(path.read_bytes())
    elif suffix in TEXTS:
        yield from TEXTS[suffix](_pieces(path))
    else:
        raise ContainerError(f"{suffix or 'A file without an ending'} is none of {', '.join(SUFFIXES)}.")


def _pieces(path: Path) -> Iterator[str]:
    """The text of a file: a small one whole, a large one a piece at a time."""
    if path.stat().st_size <= WHOLE_BYTES:
        yield _text(path.read_bytes())
        return
    with path.open("rb") as file, io.TextIOWrapper(file, _codec(path), "replace", newline="") as text:  # type: ignore[type-var]
        piece = _checked(text.read(PIECE_CHARACTERS))
        while piece:
            yield piece
            piece = text.read(PIECE_CHARACTERS)


def _codec(path: Path) -> str:
    """The encoding of a large file: UTF-8 when all of it is, else what the place tells where it stops being so."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    block = b""
    with path.open("rb") as file:
        head = file.read(4)
        for mark, codec in _MARKS:
            if head.startswith(mark):
                return codec
        file.seek(0)
        try:
            while block := file.read(CODEC_BYTES):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return decode(block[block.find(b"\n") + 1 :]).encoding
    return "utf-8"


def _json(pieces: Iterator[str]) -> Iterator[Row]:
    """A JSON array, one object a line, or objects one after the other."""
    decoder = json.JSONDecoder()
    text, number, last = next(pieces, "").lstrip(), 0, False
    opened = text.startswith("[")
    position = int(opened)
    while True:
        position = _after_space(text, position)
        if position < len(text) and not (opened and text[position] == "]"):
            try:
                value, end = decoder.raw_decode(text, position)
            except (json.JSONDecodeError, RecursionError):
                value, end = None, position
            # A number that a piece ends in may go on in the next one.
            if end > position and (last or text[end - 1] in '}]"' or text[end : end + 1] in _BEHIND_A_VALUE):
                if isinstance(value, dict):
                    yield f"item {number}", value
                number, position = number + 1, end
                continue
        if last or len(text) - position > LONGEST_VALUE:
            break
        # What is left is nothing, or the beginning of a value: of a long one twice as much is looked at each time.
        more = "".join(islice(pieces, 1 + (len(text) - position) // PIECE_CHARACTERS))
        text, position, last = text[position:] + more, 0, not more
    if text[position:].rstrip() != ("]" if opened else ""):
        raise ContainerError(f"It is not valid JSON (after {number} objects).")


def _after_space(text: str, position: int) -> int:
    """Where the white space and commas end that begin at a place."""
    match = _SPACE.match(text, position)
    return match.end() if match else position


def _csv(pieces: Iterator[str]) -> Iterator[Row]:
    lines = _lines(pieces)
    first = next(lines, "")
    delimiter = max(",\t;", key=first.count)
    reader = csv.DictReader(chain([first], lines), delimiter=delimiter)
    try:
        for number, row in enumerate(reader):
            yield f"row {number}", {k.strip().lower(): v for k, v in row.items() if k and isinstance(v, str)}
    except csv.Error as error:
        raise ContainerError(f"It is not valid CSV ({error}).") from error


def _lines(pieces: Iterator[str]) -> Iterator[str]:
    """The lines with their ends, which a quoted cell keeps."""
    rest = ""
    for piece in pieces:
        *lines, rest = (rest + piece).split("\n")
        yield from (line + "\n" for line in lines)
    if rest:
        yield rest


def _text(raw: bytes) -> str:
    return _checked(decode(raw).text)


def _checked(text: str) -> str:
    """The text, unless its first line holds zero bytes. Raises `ContainerError`."""
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
        for number, member in enumerate(sorted(archive.infolist(), key=lambda m: m.filename), start=1):
            suffix = Path(member.filename).suffix.lower()
            if member.is_dir() or suffix not in (*TEXTS, ".xml"):
                continue
            if member.file_size > MAX_MEMBER_BYTES:
                raise ContainerError(f"Member {number} of it is larger than {MAX_MEMBER_BYTES >> 20} MiB; unpack it.")
            with archive.open(member) as file:
                raw = file.read(MAX_MEMBER_BYTES)
            rows = _medquad(raw) if suffix == ".xml" else TEXTS[suffix](iter([_text(raw)]))
            for place, row in rows:
                yield f"member {number}, {place}", row


TEXTS: dict[str, Callable[[Iterator[str]], Iterator[Row]]] = {
    ".json": _json,
    ".jsonl": _json,
    ".csv": _csv,
    ".tsv": _csv,
}
"""File ending to reader of the pieces of a text."""
SUFFIXES = (*TEXTS, ".xml", ".parquet", ".zip")
"""All endings that are read."""
