"""What a reader makes of a file: pages of blocks in reading order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol

from cyclopts import Parameter

from ingest.conservation import Conservation
from medpress.ranges import between

BLOCK_KINDS = ("heading", "paragraph", "list", "table", "caption", "footnote", "formula", "reference")
"""The kinds a block may have."""

Mark = Callable[[str], None]
"""Called by a reader before each page with a short word for it (`"page 7"`): the supervisor times and blames by it."""


@dataclass(frozen=True, slots=True)
class Block:
    """One block of a page, in reading order."""

    kind: str
    """One of `BLOCK_KINDS`."""
    text: str
    """Its text with the lines re-joined; a table is Markdown, a list has one item a line."""
    level: int = 0
    """Heading level from 1; 0 for everything else. A reader guesses, the assembler makes it consistent."""
    bbox: tuple[float, float, float, float] | None = None
    """x0, y0, x1, y1 in points (72 to the inch) from the top left; None where there is no page geometry."""
    confidence: float | None = None
    """Mean confidence of the OCR lines, 0 to 1; None for text that was not recognised from pixels."""
    join: str | None = None
    """None for a new block; otherwise this block carries the previous one on, glued with this string."""
    size: float = 0.0
    """Dominant font size in points, 0 when unknown. For the assembler only, not stored."""
    bold: bool = False
    """Whether most of the text is bold. For the assembler only, not stored."""
    furniture: str | None = None
    """`header`, `footer` or `margin` when it stands where running text stands; dropped if it repeats over pages."""
    repeated: tuple[str, ...] = ()
    """What its text says again on purpose: a cell that spans others, in each that it covers. For the check only, not stored."""
    made: tuple[str, ...] = ()
    """What its text shows without being text of its source: the number of an item, the name of a section that has none.
    For the check only, not stored."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page as a reader saw it."""

    page: int
    """Page number from 1, as a count of the file's pages."""
    route: str
    """How it was read: native, ocr, web, jats, text, epub, docx, …"""
    reason: str
    """Why this route, in words: "text layer", "no text, image covers 98 % of the page", …"""
    width: float
    """Width in points, 0 without page geometry."""
    height: float
    """Height in points, 0 without page geometry."""
    blocks: tuple[Block, ...]
    """The blocks in reading order."""
    confidence: float | None = None
    """Mean OCR confidence over the characters; None for native text."""
    conservation: Conservation | None = None
    """What became of the source's words and numbers; None where the source has no text of its own to compare with."""


@dataclass(frozen=True, slots=True)
class Probe:
    """What is cheap to learn about a file without reading its pages."""

    n_pages: int
    """How many pages the reader can be asked for; at least 1."""
    title: str = ""
    authors: tuple[str, ...] = ()
    date: str = ""
    """Publication date, ISO 8601 as far as known."""
    version: str = ""
    """Edition or version as the file states it."""
    lang: str = ""
    """ISO 639-1, when the file declares it."""
    license: str = ""
    """Licence as the file states it (a URL or a name)."""
    source_type: str = ""
    """When the format decides it (a JATS article is literature)."""
    identifiers: dict[str, str] = field(default_factory=dict)
    """doi, pmid, isbn, url, publisher …"""
    outline: tuple[tuple[int, str, int], ...] = ()
    """(level, title, page) of the file's own table of contents."""
    warnings: tuple[str, ...] = ()
    """What a person should know: "repaired", "owner password", …"""


class UnreadableError(Exception):
    """A file or page that cannot be read. Becomes a quarantine row, not a crash."""

    def __init__(self, kind: str, message: str) -> None:
        """`kind`: encrypted, truncated, empty, not-a-pdf, too-large, decode, no-text, placeholder or unsupported.

        `message` is one sentence that names no file and no part of one: libraries' own words do, so only the class of their
        errors is told.
        """
        super().__init__(message)
        self.kind = kind
        self.message = message

    def __reduce__(self) -> tuple[type[UnreadableError], tuple[str, str]]:
        """Keep both arguments when the error crosses a process boundary."""
        return type(self), (self.kind, self.message)


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True, slots=True)
class ReadOptions:
    """What a user can say about reading; part of each document's identity."""

    ocr: Literal["auto", "always", "never"] = "auto"
    """When a page is read by OCR; auto decides page by page, whether its text layer is any good."""
    ocr_backend: Literal["rapidocr", "paddleocr"] = "rapidocr"
    """The OCR engine: rapidocr (works at once) or paddleocr (needs the `paddle` extra)."""
    ocr_models: str = ""
    """Other OCR weights than the engine's own: for paddleocr a folder of models, or `wheel` for those that ship with
    RapidOCR."""
    ocr_device: Literal["cpu", "cuda"] = "cpu"
    """Where OCR runs."""
    ocr_dpi: Annotated[int, between(36, 1200)] = 200
    """Resolution in dots per inch at which a page is drawn for OCR."""
    password_file: str = ""
    """A file with one password a line, tried on locked PDF and ZIP files; no part of any identity."""


def options_of(values: Mapping[str, Any], passwords: Sequence[Any] | None) -> ReadOptions:
    """The options of a task from their plain values, and the file of passwords that stands beside them."""
    return ReadOptions(**values, password_file=str(passwords[0]) if passwords else "")


class Reader(Protocol):
    """A format: one file in `ingest/readers/` and one line in its registry."""

    name: str
    """The word stored in `documents.format`."""

    def sniff(self, head: bytes, path: str) -> bool:
        """Whether a file with these first bytes (at least 4 kB where it has them) is of this format."""
        ...

    def probe(self, path: Path, options: ReadOptions) -> Probe:
        """Metadata and page count. Raises `UnreadableError`."""
        ...

    def read(self, path: Path, first: int, last: int, options: ReadOptions, mark: Mark) -> Iterator[Page]:
        """Pages `first` to `last`, inclusive and from 1. Raises `UnreadableError`."""
        ...
