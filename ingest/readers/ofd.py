"""OFD, the fixed layout of Chinese offices (GB/T 33190-2016): the text that stands on its pages, in lines and paragraphs.

Pieces of text that stand on one line are joined, lines that follow one another are a paragraph, and what is set larger than the
rest is a heading. Tables and columns are not told apart. Pictures and seals are not read.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from posixpath import dirname, join, normpath
from statistics import median

from lxml import etree

from ingest.conservation import compare
from ingest.containers.archives import read_zip_member
from ingest.document import Block, Mark, Page, Probe, ReadOptions, UnreadableError
from ingest.page.block_kinds import join_lines
from ingest.readers.inline_text import clean_line
from ingest.safe_xml import parse_xml

MAX_PART_BYTES = 32 * 1024 * 1024
"""No part of a document is larger once unpacked."""
MAX_PAGES = 20_000
"""Pages of a document."""
POINTS = 72 / 25.4
"""Points of a millimetre, in which OFD measures."""
LARGER = 1.15
"""A line that is set so many times larger than the page's text is a heading."""
APART = 1.8
"""Lines whose bases are further apart than so many times their size belong to two paragraphs."""
_LATIN = re.compile(r"[!-~]")


class OfdReader:
    """OFD documents."""

    name = "ofd"

    def sniff(self, head: bytes, path: str) -> bool:
        """A package that is named so; what a package is stands at its end (`ingest/containers/packages.py`)."""
        return head.startswith(b"PK\x03\x04") and (path.lower().endswith(".ofd") or b"OFD.xml" in head[:200])

    def probe(self, path: Path, options: ReadOptions) -> Probe:
        """What the document says of itself; raises `UnreadableError`."""
        with _opened(path) as archive:
            document = _Document(archive)

            def first(name: str) -> str:
                found = next(document.root.iter(f"{{*}}{name}"), None)
                return clean_line("".join(found.itertext())) if found is not None else ""

            author = first("Author")
            return Probe(
                n_pages=len(document.pages),
                title=first("Title"),
                authors=(author,) if author else (),
                date=(first("ModDate") or first("CreationDate"))[:10],
            )

    def read(self, path: Path, first: int, last: int, options: ReadOptions, mark: Mark) -> Iterator[Page]:
        """Pages `first` to `last`."""
        with _opened(path) as archive:
            document = _Document(archive)
            for number, name in enumerate(document.pages, start=1):
                if first <= number <= last:
                    mark(f"page {number}")
                    yield document.page(number, name)


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError) as error:
        raise UnreadableError("truncated", f"The OFD is not a whole ZIP archive ({type(error).__name__}).") from error


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of text on one line; lengths in millimetres."""

    text: str
    left: float
    right: float
    base: float
    size: float


class _Document:
    """The first document of a file, and where its pages are."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self.root = self._xml("OFD.xml")
        place = _place(self.root, "DocRoot", "OFD.xml")
        self.main = self._xml(place)
        self.pages = [
            normpath(join(dirname(place), each.get("BaseLoc", "").lstrip("/")))
            for each in self.main.iterfind("{*}Pages/{*}Page")
        ]
        self.templates = {
            each.get("ID", ""): normpath(join(dirname(place), each.get("BaseLoc", "").lstrip("/")))
            for each in self.main.iterfind("{*}CommonData/{*}TemplatePage")
        }
        if not self.pages:
            raise UnreadableError("no-text", "The OFD has no page.")
        if len(self.pages) > MAX_PAGES:
            raise UnreadableError("too-large", f"The OFD has more than {MAX_PAGES} pages.")

    def _xml(self, name: str) -> etree._Element:
        try:
            info = self.archive.getinfo(name)
        except KeyError:
            raise UnreadableError("truncated", "The OFD lacks one of its parts.") from None
        return parse_xml(read_zip_member(self.archive, info, MAX_PART_BYTES))

    def page(self, number: int, name: str) -> Page:
        root = self._xml(name)
        box = root.find("{*}Area/{*}PhysicalBox")
        if box is None:
            box = self.main.find("{*}CommonData/{*}PageArea/{*}PhysicalBox")
        width, height = ([*_numbers(box.text or "" if box is not None else ""), 0.0, 0.0, 0.0, 0.0])[2:4]
        pieces = list(_pieces(root))
        for template in root.iterfind("{*}Template"):
            if (under := self.templates.get(template.get("TemplateID", ""))) in self.archive.NameToInfo:
                pieces += _pieces(self._xml(under or ""))
        blocks = tuple(_blocks(_lines(pieces)))
        source = "\n".join(line.text for line in _lines(pieces))
        texts = [block.text for block in blocks]
        reason = "text of OFD" if blocks else "a page of OFD that has no text"
        return Page(number, "ofd", reason, width * POINTS, height * POINTS, blocks, conservation=compare(source, texts))


def _place(root: etree._Element, name: str, beside: str) -> str:
    found = next(root.iter(f"{{*}}{name}"), None)
    return normpath(join(dirname(beside), (found.text or "").strip().lstrip("/"))) if found is not None else ""


def _numbers(text: str) -> list[float]:
    found = []
    for word in text.split():
        try:
            value = float(word)
        except ValueError:
            continue
        if abs(value) < 1e6:  # and no NaN
            found.append(value)
    return found


def _pieces(root: etree._Element) -> Iterator[_Piece]:
    """The texts of a page, each where it stands on it."""
    for thing in root.iter("{*}TextObject"):
        bounds = _numbers(thing.get("Boundary", ""))
        matrix = _numbers(thing.get("CTM", ""))
        if len(bounds) != 4:
            bounds = [0.0] * 4
        a, b, c, d, e, f = matrix if len(matrix) == 6 else (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
        size = next(iter(_numbers(thing.get("Size", ""))), 4.0) * (abs(d) or 1.0)
        x, y = 0.0, 0.0
        for code in thing.iter("{*}TextCode"):
            text = code.text or ""
            x, y = (next(iter(_numbers(code.get(name, ""))), before) for name, before in (("X", x), ("Y", y)))
            left, base = bounds[0] + a * x + c * y + e, bounds[1] + b * x + d * y + f
            if text.strip():
                yield _Piece(
                    text.strip(), left, left + _width(text, code.get("DeltaX", ""), size, abs(a) or 1.0), base, size
                )


def _width(text: str, steps: str, size: float, scale: float) -> float:
    """How wide a text is: by its steps where it has them (`g 3 4.2` are three), else an em for a wide character, half of one for another."""
    words = steps.split()
    total, place = 0.0, 0
    while place < len(words):
        if words[place] == "g" and place + 2 < len(words):
            count, step = _numbers(words[place + 1]), _numbers(words[place + 2])
            total += (count[0] if count else 0) * (step[0] if step else 0)
            place += 3
        else:
            total += next(iter(_numbers(words[place])), 0.0)
            place += 1
    em = size / scale if scale else size
    return scale * (
        total + (em if not _LATIN.match(text[-1:]) else em / 2)
        if total
        else sum(em if not _LATIN.match(c) else em / 2 for c in text)
    )


def _lines(pieces: list[_Piece]) -> list[_Piece]:
    """Pieces on one base line as a line each, from the top of the page to its end."""
    rows: list[list[_Piece]] = []
    for piece in sorted(pieces, key=lambda each: (each.base, each.left)):
        if rows and abs(piece.base - rows[-1][0].base) < 0.4 * max(piece.size, rows[-1][0].size):
            rows[-1].append(piece)
        else:
            rows.append([piece])
    return [_line(sorted(row, key=lambda each: each.left)) for row in rows]


def _line(row: list[_Piece]) -> _Piece:
    text = row[0].text
    for before, piece in pairwise(row):
        both = _LATIN.match(before.text[-1]) and _LATIN.match(piece.text[0])
        gap = (piece.left - before.right) / max(piece.size, 0.1)
        text += (" " if gap > (0.2 if both else 1.0) else "") + piece.text
    return _Piece(
        clean_line(text), row[0].left, max(piece.right for piece in row), row[0].base, max(piece.size for piece in row)
    )


def _blocks(lines: list[_Piece]) -> Iterator[Block]:
    if not lines:
        return
    usual = median(line.size for line in lines for _ in line.text)
    margin = min(line.left for line in lines)
    right = max((line.right for line in lines if line.size < LARGER * usual), default=0.0)
    run: list[_Piece] = []
    for line in lines:
        if run and not _goes_on(run[-1], line, margin, right):
            yield _block(run, usual)
            run = []
        run.append(line)
    yield _block(run, usual)


def _goes_on(before: _Piece, line: _Piece, margin: float, right: float) -> bool:
    """Whether a line carries on a paragraph: close below, of one size, not indented, and behind a line that is full."""
    close = line.base - before.base < APART * max(before.size, line.size)
    alike = abs(line.size - before.size) < 0.1 * before.size
    return close and alike and line.left - margin < line.size and right - before.right < 3 * before.size


def _block(run: list[_Piece], usual: float) -> Block:
    text = join_lines([line.text for line in run], {})
    return (
        Block("heading", text, level=2, size=run[0].size * POINTS)
        if run[0].size > LARGER * usual and len(text) < 80
        else Block("paragraph", text)
    )
