"""Tables of notes — CSV, TSV, JSON Lines, Parquet; one note a row — read as a stream, in ranges of rows.

One pass finds where each range begins, which encoding the text has, and which column holds it; then ranges are read in
any order. Delimiters, quotes and line ends are ASCII in every encoding that is taken, so records are cut on bytes and
decoded cell by cell: a row that is broken costs that row. Only UTF-16, which its byte order mark tells, is decoded line by
line. CSV as in RFC 4180; JSON Lines as in https://jsonlines.org.
"""

from __future__ import annotations

import codecs
import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from ingest.document import UnreadableError
from ingest.note_columns import NoteColumns
from medpress.encoding import UNMARKED, decode

ROWS_PER_TASK = 5_000
"""Rows read together; fixed, so that parts do not depend on the number of workers."""
MAX_CELL_CHARACTERS = 2_000_000
"""A longer cell is no note: its row is quarantined."""
SAMPLE_ROWS = 200
"""Rows that the guess of the text column looks at."""
SAMPLE_BYTES = 200_000
"""Bytes of lines outside ASCII that the encoding is told from."""
KINDS = {".csv": "csv", ".tsv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}
"""File name ending to the kind of table."""

_NAMES = {
    "text": r"(?:note_?|clinical_?|report_?)?(?:texts?|notes?|body|content|report|narrative)|正文|全文|文本|内容|病历|病程记录|记录",
    "id": r"(?:note_?|row_?|record_?|doc(?:ument)?_?)?id|编号|序号",
    "date": r"(?:note_?|chart_?|report_?)?(?:date|time|datetime)|日期|时间|记录时间",
    "title": r"title|(?:note_?)?(?:type|category)|标题|类型|类别",
}
"""What columns are called, by what they hold."""
_WIDE = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
"""Byte order mark to encoding."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How a table is read. Plain JSON values."""

    kind: str
    """csv, jsonl or parquet."""
    encoding: str
    """Of its text."""
    delimiter: str
    """Between the cells of a CSV file."""
    header: list[str]
    """Names of its columns."""
    columns: dict[str, str]
    """text, id, date, title to the column that holds it, as far as there is one."""
    guessed: bool
    """Whether the text column was not named by the user."""
    ranges: list[list[int]]
    """First row (from 1), number of rows, byte offset, and records to pass over from there, of each range."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row, or why it cannot be read."""

    number: int
    """From 1, without the header."""
    text: str = ""
    id: str = ""
    date: str = ""
    title: str = ""
    kind: str = ""
    """Of what is wrong: broken, decode, empty, too-large; empty when nothing is."""
    message: str = ""


class _Records:
    """The records of a CSV or JSON Lines file from an offset on, as latin-1, and how many bytes they took.

    Those of a UTF-16 file are decoded.
    """

    def __init__(self, file: BinaryIO, kind: str, delimiter: str, offset: int) -> None:
        self.file, self.kind, self.delimiter, self.offset = file, kind, delimiter, offset
        self.foreign = bytearray()
        """Lines outside ASCII, to tell the encoding from."""
        file.seek(0)
        self.wide = _WIDE.get(file.read(2), "")
        """utf-16-le or utf-16-be when the file says so."""
        self.end = "\n".encode(self.wide or "ascii")
        file.seek(offset)

    def _lines(self) -> Iterator[str]:
        longest = 4 * MAX_CELL_CHARACTERS
        while line := self._line(longest):
            self.offset += len(line)
            rest = line
            while len(rest) == longest and not rest.endswith(
                self.end
            ):  # too long for any row: its rest is not looked at
                rest = self._line(longest)
                self.offset += len(rest)
            if self.wide:
                yield line.decode(self.wide, "replace")
                continue
            if len(self.foreign) < SAMPLE_BYTES and not line.isascii():
                self.foreign += line[: SAMPLE_BYTES // 4]
            yield line.decode("latin-1")

    def _line(self, longest: int) -> bytes:
        if not self.wide:
            return self.file.readline(longest)
        line = b""
        while len(line) < longest and (piece := self.file.readline(longest - len(line))):
            line += piece
            if len(line) % 2:
                line += self.file.read(1)
            if line.endswith(self.end):  # and no other character with a line feed for one of its bytes
                break
        return line

    def __iter__(self) -> Iterator[Any]:
        """Lists of cells or lines of JSON; an error in place of a record that cannot be cut."""
        if self.kind == "jsonl":
            yield from (line for line in self._lines() if line.strip())
            return
        csv.field_size_limit(MAX_CELL_CHARACTERS)
        reader = csv.reader(self._lines(), delimiter=self.delimiter)
        while True:
            try:
                record = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield error
            else:
                if record:
                    yield record


def survey(path: Path, columns: NoteColumns) -> Layout:
    """Look through a table once. Raises `UnreadableError` when it is none, or when its text column is not to be found."""
    kind = KINDS.get(path.suffix.lower())
    if kind is None:
        raise UnreadableError("unsupported", f"It is not named like a table ({', '.join(KINDS)}).")
    if kind == "parquet":
        return _survey_parquet(path, columns)
    with open(path, "rb") as file:
        head = file.read(4096)
        wide = _WIDE.get(head[:2], "")
        bom = 2 if wide else 3 if head.startswith(codecs.BOM_UTF8) else 0
        head = head[bom:].decode(wide, "ignore").encode() if wide else head[bom:]
        if not head.strip():
            raise UnreadableError("empty", "The table has no rows.")
        if b"\0" in head.partition(b"\n")[0]:
            raise UnreadableError("decode", UNMARKED)
        delimiter = _delimiter(path, head) if kind == "csv" else ""
        records = _Records(file, kind, delimiter, bom)
        rows = iter(records)
        header = next(rows) if kind == "csv" else []
        if isinstance(header, csv.Error):
            raise UnreadableError("broken", "Its first line is not a header.")
        sample: list[Any] = []
        ranges: list[list[int]] = []
        before = records.offset
        for number, record in enumerate(rows, start=1):
            if (number - 1) % ROWS_PER_TASK == 0:
                ranges.append([number, 0, before, 0])
            ranges[-1][1] += 1
            before = records.offset
            if len(sample) < SAMPLE_ROWS:
                sample.append(record)
        encoding = wide or (decode(bytes(records.foreign)).encoding if records.foreign else "utf-8")
    values = [value for record in sample if (value := _values(record, kind, header, encoding)) is not None]
    header = [_text(name, encoding) for name in header] if kind == "csv" else sorted({k for v in values for k in v})
    found, guessed = _columns(header, values, columns)
    return Layout(kind=kind, encoding=encoding, delimiter=delimiter, header=header, columns=found, guessed=guessed,
                  ranges=ranges)  # fmt: skip


def _survey_parquet(path: Path, columns: NoteColumns) -> Layout:
    try:
        file = pq.ParquetFile(path)
        header = file.schema_arrow.names
        batch = next(file.iter_batches(SAMPLE_ROWS), None)
    except (pa.ArrowException, OSError) as error:
        raise UnreadableError("broken", "It is not a readable Parquet file.") from error
    found, guessed = _columns(header, batch.to_pylist() if batch else [], columns)
    total = file.metadata.num_rows
    ranges = [[first + 1, min(ROWS_PER_TASK, total - first), 0, 0] for first in range(0, total, ROWS_PER_TASK)]
    return Layout(kind="parquet", encoding="utf-8", delimiter="", header=header, columns=found, guessed=guessed,
                  ranges=ranges)  # fmt: skip


def read_range(path: Path, layout: Layout, first: int, count: int, offset: int, skip: int = 0) -> Iterator[Row]:
    """Rows `first` to `first + count - 1` of a table: those after `skip` records from the byte `offset` on."""
    if layout.kind == "parquet":
        yield from _read_parquet(path, layout, first, count)
        return
    raw_header = [_raw(name, layout.encoding) for name in layout.header]
    with open(path, "rb") as file:
        records = islice(_Records(file, layout.kind, layout.delimiter, offset), skip, None)
        for number, record in zip(range(first, first + count), records, strict=False):
            values = _values(record, layout.kind, raw_header, layout.encoding)
            if values is None:
                yield Row(number, kind="broken", message=_complaint(record, layout))
            else:
                yield _row(number, values, layout)


def _read_parquet(path: Path, layout: Layout, first: int, count: int) -> Iterator[Row]:
    file = pq.ParquetFile(path)
    before = 0
    for group in range(file.num_row_groups):
        rows = file.metadata.row_group(group).num_rows
        if before < first - 1 + count and before + rows >= first:
            number = before
            for batch in file.iter_batches(256, row_groups=[group], columns=sorted(set(layout.columns.values()))):
                if number + batch.num_rows < first or number >= first - 1 + count:
                    number += batch.num_rows
                    continue
                for values in batch.to_pylist():
                    number += 1
                    if first <= number < first + count:
                        yield _row(number, values, layout)
        before += rows


def _row(number: int, values: Mapping[str, Any], layout: Layout) -> Row:
    cells = {}
    for what, column in layout.columns.items():
        value = values.get(column)
        cells[what] = "" if value is None else _CONTROL.sub("", str(value).replace("\r\n", "\n").replace("\r", "\n"))
    text = cells.pop("text")
    if len(text) > MAX_CELL_CHARACTERS:
        return Row(number, kind="too-large", message=f"Its text has more than {MAX_CELL_CHARACTERS} characters.")
    if not text.strip():
        return Row(number, kind="empty", message="Its text is empty.")
    if text.count("\ufffd") > 0.1 * len(text):
        return Row(number, kind="decode", message=f"More than a tenth of its text is not {layout.encoding}.")
    return Row(number, text=text, **{what: " ".join(cell.split())[:500] for what, cell in cells.items()})


def _values(record: Any, kind: str, header: Sequence[str], encoding: str) -> dict[str, Any] | None:
    """The cells of a record by column, decoded; None when it is broken."""
    if kind == "jsonl":
        try:
            value = json.loads(_text(record, encoding))
        except (json.JSONDecodeError, RecursionError):
            return None
        return value if isinstance(value, dict) else None
    if not isinstance(record, list) or len(record) != len(header):
        return None
    return {_text(name, encoding): _text(cell, encoding) for name, cell in zip(header, record, strict=True)}


def _complaint(record: Any, layout: Layout) -> str:
    """What is wrong with a broken record, without a word of it."""
    if layout.kind == "jsonl":
        return "It is not a JSON object."
    if isinstance(record, csv.Error):
        return "A cell is too long or its quotes are not closed."
    return f"It has {len(record)} cells where the header has {len(layout.header)}."


def _text(raw: str, encoding: str) -> str:
    """The text of a cell as `_Records` has it."""
    return raw if encoding in _WIDE.values() else raw.encode("latin-1").decode(encoding, "replace")


def _raw(text: str, encoding: str) -> str:
    """The cell of a text as `_Records` has it."""
    return text if encoding in _WIDE.values() else text.encode(encoding, "replace").decode("latin-1")


def _delimiter(path: Path, head: bytes) -> str:
    if path.suffix.lower() == ".tsv":
        return "\t"
    line = head.splitlines()[0]
    return max((",", ";", "\t"), key=lambda mark: line.count(mark.encode()))


def _columns(
    header: Sequence[str], rows: Sequence[Mapping[str, Any]], asked: NoteColumns
) -> tuple[dict[str, str], bool]:
    """What each column holds, and whether the text column was guessed. Raises `UnreadableError`."""
    found: dict[str, str] = {}
    for what, pattern in _NAMES.items():
        column = getattr(asked, f"{what}_column")
        if column is not None and column not in header:
            raise UnreadableError("no-column", f"None of its {len(header)} columns is called {column}.")
        column = column or next((n for n in header if re.fullmatch(pattern, n.strip(), re.I)), None)
        if column is not None:
            found[what] = column
    if "text" not in found:
        lengths = {
            name: sum(len(row[name]) for row in rows if isinstance(row.get(name), str)) / max(1, len(rows))
            for name in header
        }
        longest = max(lengths, key=lambda name: lengths[name], default=None)
        if longest is None or lengths[longest] < 40:
            raise UnreadableError("no-column", "No column looks like notes; name it with --text-column.")
        found["text"] = longest
    return found, asked.text_column is None
