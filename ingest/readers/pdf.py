"""PDF: native text where the text layer is good, OCR where it is not, page by page."""

from __future__ import annotations

import html
import logging
import re
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pymupdf

from ingest.document import Mark, Page, Probe, ReadOptions, UnreadableError
from ingest.page import layout_model
from ingest.page.analysis import lay_out
from ingest.page.block_kinds import vocabulary
from ingest.page.context import PageContext, contexts
from ingest.page.fonts import UNREADABLE, FontMender
from ingest.page.reading_order import Line
from ingest.page.routing import PageFacts, Route, route
from ingest.page.text_layer import TextLayer, read_text_layer, write_marks
from ingest.passwords import passwords_in
from ingest.readers.pdf_placeholder import placeholder

if TYPE_CHECKING:
    import numpy as np

WINDOW = 32
"""Pages looked at together for the style of the running text and the vocabulary."""
MAX_PIXELS = 25_000_000
"""A page is drawn with at most this many pixels, whatever its size."""
LONG_SIDE = 1500
"""The longer side of a drawn page has at least this many pixels, as far as `FINEST_DPI` allows."""
FINEST_DPI = 450.0
"""No page is drawn finer than this for its size's sake."""
MUPDF_ERRORS = (RuntimeError, ValueError, TypeError, IndexError, pymupdf.mupdf.FzErrorBase)
"""What the library raises on damaged files."""
MUPDF_DRAWING_ERRORS = (pymupdf.mupdf.FzErrorBase, pymupdf.FileDataError)
"""What it raises when a page cannot be drawn; errors of the OCR engine are no fault of the file."""
MAX_PAGES = 100_000
"""A file that claims more pages is damaged or hostile."""

pymupdf.TOOLS.mupdf_display_errors(False)
pymupdf.TOOLS.mupdf_display_warnings(False)
pymupdf.set_messages(pylogging=True, pylogging_name="ingest.pymupdf", pylogging_level=10)


class PdfReader:
    """The reader for PDF files."""

    name = "pdf"

    def sniff(self, head: bytes, path: str) -> bool:
        """PDF has its magic within the first kilobyte; a `.pdf` that lost it still shows objects."""
        return _is_pdf(head, path)

    def probe(self, path: Path, options: ReadOptions) -> Probe:
        """Page count, metadata and outline. Raises `UnreadableError`."""
        try:
            with _open(path, options.password_file) as document:
                return _probed(document)
        except MUPDF_ERRORS as error:
            raise UnreadableError("truncated", f"The PDF's pages cannot be found ({type(error).__name__}).") from None

    def read(self, path: Path, first: int, last: int, options: ReadOptions, mark: Mark) -> Iterator[Page]:
        """Pages `first` to `last`. Raises `UnreadableError`."""
        with _open(path, options.password_file) as document:
            last = min(last, document.page_count)
            mender = FontMender(document)
            for start in range(first, last + 1, WINDOW):
                yield from _read_window(document, mender, start, min(start + WINDOW - 1, last), options, mark)


def _probed(document: pymupdf.Document) -> Probe:
    warnings = []
    if document.is_repaired:
        if not _any_content(document):
            raise UnreadableError("truncated", "The PDF is damaged or cut off: nothing of its pages is left.")
        warnings.append("the PDF was damaged and has been repaired; parts of it may be missing")
    if (reason := placeholder(document)) is not None:
        raise UnreadableError("placeholder", reason)
    if attached := document.embfile_count():
        warnings.append(f"{attached} attached file{'s' if attached > 1 else ''} not read")
    if (document.metadata or {}).get("encryption"):
        warnings.append("the PDF is encrypted with an owner password")
    return _probe(document, tuple(warnings))


_OBJECT = re.compile(rb"\b\d+\s+\d+\s+obj\b")


def _is_pdf(head: bytes, path: str) -> bool:
    return b"%PDF" in head[:1024] or (path.lower().endswith(".pdf") and _OBJECT.search(head[:4096]) is not None)


def _open(path: Path, password_file: str) -> pymupdf.Document:
    with open(path, "rb") as file:
        head = file.read(4096)
    if not head:
        raise UnreadableError("empty", "The file has no bytes.")
    if not _is_pdf(head, str(path)):
        raise UnreadableError("not-a-pdf", "The file does not begin with the signature of a PDF.")
    try:
        document = pymupdf.open(path, filetype="pdf")
    except pymupdf.EmptyFileError:
        raise UnreadableError("empty", "The file has no bytes.") from None
    except MUPDF_ERRORS:
        raise UnreadableError("truncated", "The PDF is damaged or cut off so that it cannot be opened.") from None
    try:
        if document.needs_pass and not any(document.authenticate(word) for word in passwords_in(password_file)):
            raise UnreadableError("encrypted", "The PDF needs a password, which --password-file can give.")
        if document.page_count == 0:
            raise UnreadableError("truncated", "The PDF has no page that can be found.")
        if document.page_count > MAX_PAGES:
            raise UnreadableError("too-large", f"The PDF claims {document.page_count} pages.")
        # Each page is an object of its own and hangs in the tree once (ISO 32000-2, 7.7.3).
        if document.page_count >= document.xref_length():
            raise UnreadableError(
                "too-large", "The PDF names its pages more than once: it has fewer objects than pages."
            )
    except UnreadableError:
        document.close()
        raise
    except MUPDF_ERRORS as error:
        document.close()
        raise UnreadableError("truncated", f"The PDF's pages cannot be found ({type(error).__name__}).") from None
    return document


def _any_content(document: pymupdf.Document) -> bool:
    """Whether any page (of up to 200, spread over the file) still has text or an image that is really drawn."""
    step = max(1, document.page_count // 200)
    for number in range(0, document.page_count, step):
        try:
            page = document[number]
            if page.get_text("text").strip() or page.get_image_info():
                return True
        except MUPDF_ERRORS:
            continue
    return False


_DOI = re.compile(r"\b10\.\d{4,9}/[^\s\"<>{}|\\^`]+", re.IGNORECASE)
_NO_TITLE = re.compile(
    r"\.(?:docx?|pdf|indd|tex|dvi|qxd|fm|p65|pptx?)$|[\ufffd]"
    r"|^(?:untitled|microsoft word|powerpoint presentation|presentation\d*$|document\d*$|slide 1$)",
    re.IGNORECASE,
)
"""Titles that a program made up."""
_DATE = re.compile(r"D?:?(\d{4})(\d{2})?(\d{2})?")


def _probe(document: pymupdf.Document, warnings: tuple[str, ...]) -> Probe:
    metadata: dict[str, Any] = document.metadata or {}
    title = " ".join(html.unescape(str(metadata.get("title") or "")).split())
    if _NO_TITLE.search(title):
        title = ""
    authors = _names(" ".join(html.unescape(str(metadata.get("author") or "")).split()))
    date = ""
    found = _DATE.match(str(metadata.get("creationDate") or ""))
    if found:
        date = "-".join(part for part in found.groups() if part)
    identifiers = {}
    subject = f"{metadata.get('subject') or ''} {metadata.get('keywords') or ''} {metadata.get('title') or ''}"
    doi = _DOI.search(subject)
    if doi:
        identifiers["doi"] = doi.group(0).rstrip(".,;)]").lower()
    language = ""
    with suppress(*MUPDF_ERRORS):
        language = str(document.language or "")[:2].lower()
    return Probe(
        n_pages=document.page_count,
        title=title,
        authors=authors[:100],
        date=date,
        lang=language if language.isalpha() else "",
        identifiers=identifiers,
        outline=_outline(document),
        warnings=warnings,
    )


def _outline(document: pymupdf.Document) -> tuple[tuple[int, str, int], ...]:
    """(level, title, page) of the file's own table of contents."""
    found: list[tuple[int, str, int]] = []
    with suppress(*MUPDF_ERRORS):
        for level, entry, page in document.get_toc(simple=True)[:5000]:
            text = " ".join(str(entry).split())
            if text:
                found.append((int(level), text, int(page)))
    return tuple(found)


def _names(text: str) -> tuple[str, ...]:
    """Names out of an author field; `and` divides names only in a list with commas, for it stands in institutions too."""
    if ";" in text:
        parts = text.split(";")
    elif "," in text:
        parts = re.split(r",(?!\s*(?:Jr|Sr|II|MD|PhD)\b)|\s+and\s+", text)
    else:
        parts = [text]
    return tuple(part.strip() for part in parts if part.strip())


def layers_of(
    document: pymupdf.Document, mender: FontMender, first: int, last: int, options: ReadOptions, mark: Mark
) -> list[tuple[int, TextLayer, Route, PageContext]]:
    """Pages that are read together: number, text layer, way and, in the light of the others, context of each.

    Raises `UnreadableError`.
    """
    numbers = range(first, last + 1)
    fonts = {number: _fonts(document, number) for number in numbers}
    mender.mend([font for listed in fonts.values() for font in listed])
    read: dict[int, TextLayer] = {}
    for number in numbers:
        mark(f"page {number}")
        try:
            read[number] = read_text_layer(document[number - 1])
        except MUPDF_ERRORS as error:
            raise _unreadable(number, error) from None
    write_marks(list(read.values()))
    unmapped: dict[int, bool] = {}
    ways: list[Route] = []
    pages: list[tuple[int, float, float, list[Line]]] = []
    for number, layer in read.items():
        try:
            page = document[number - 1]
            ways.append(_route(document, fonts[number], page, layer, options, unmapped))
            lines = layer.lines if ways[-1].name == "native" else []
            pages.append((number, page.rect.width, page.rect.height, lines))
        except MUPDF_ERRORS as error:
            raise _unreadable(number, error) from None
    words = vocabulary(line.text for *_, lines in pages for line in lines)
    around = contexts(pages, words, document.page_count, _outline(document))
    return list(zip(numbers, read.values(), ways, around, strict=True))


def _read_window(
    document: pymupdf.Document, mender: FontMender, first: int, last: int, options: ReadOptions, mark: Mark
) -> Iterator[Page]:
    """Read some pages: all text layers first, then each page's blocks in the light of the others."""
    for number, layer, way, context in layers_of(document, mender, first, last, options, mark):
        mark(f"page {number}, {way.name}")
        width, height = context.width, context.height
        if way.name == "ocr":
            try:
                yield _recognised(document[number - 1], way.reason, options)
            except MUPDF_DRAWING_ERRORS as error:
                raise UnreadableError("decode", f"Page {number} cannot be drawn ({type(error).__name__}).") from None
        else:
            found = lay_out(layer, context, ask=partial(_regions, document[number - 1]))
            notes = [way.reason, *found.notes]
            unread = sum(block.text.count(UNREADABLE) for block in found.blocks)
            if unread:
                notes.append(f"{unread} glyphs could not be read")
            notes.extend(f"{count} characters left out: {reason}" for reason, count in found.conservation.left_out)
            yield Page(number, "native", "; ".join(notes), width, height, found.blocks, conservation=found.conservation)


def _fonts(document: pymupdf.Document, number: int) -> list[Any]:
    try:
        fonts: list[Any] = document.get_page_fonts(number - 1)
    except MUPDF_ERRORS as error:
        raise _unreadable(number, error) from None
    return fonts


def _unreadable(number: int, error: Exception) -> UnreadableError:
    return UnreadableError("decode", f"Page {number} cannot be read ({type(error).__name__}).")


def _regions(page: pymupdf.Page) -> list[layout_model.Region]:
    """The layout model's regions of a page; none where it fails, as on a page that is shown rotated."""
    if page.rotation:
        return []
    try:
        return layout_model.regions(page)
    except Exception as error:  # the model's own code on a page that it was not made for: the cheap analysis stands
        logging.getLogger(__name__).warning("The layout model failed on a page (%s).", type(error).__name__)
        return []


def _route(
    document: pymupdf.Document,
    fonts: list[Any],
    page: pymupdf.Page,
    layer: TextLayer,
    options: ReadOptions,
    unmapped: dict[int, bool],
) -> Route:
    if options.ocr == "always":
        return Route("ocr", "asked for")
    text = "\n".join(line.text for line in layer.lines)
    sparse = layer.characters < 200 or layer.invisible > 0.3 * layer.characters
    facts = PageFacts(
        text=text,
        by_font=layer.by_font,
        unmapped_fonts=_unmapped_fonts(document, fonts, unmapped),
        characters=layer.characters,
        invisible=layer.invisible,
        image_share=_image_share(page) if sparse else 0.0,
        n_shapes=len(layer.shapes) + len(layer.curves),
    )
    way = route(facts)
    if way.reason.startswith("empty page") and document.is_repaired:
        return Route("native", "empty page of a damaged file: its content may be lost")
    if options.ocr == "never" and way.name == "ocr":
        return Route("native", f"OCR is off, although: {way.reason}")
    return way


def _image_share(page: pymupdf.Page) -> float:
    """Share of the page that its images cover, counted on a grid so that overlaps count once."""
    import numpy as np

    area = page.rect
    if area.is_empty or area.is_infinite:
        return 0.0
    grid = np.zeros((50, 50), dtype=bool)
    for image in page.get_image_info()[:5000]:
        x0, y0, x1, y1 = pymupdf.Rect(image["bbox"]) * page.rotation_matrix
        columns = slice(
            max(0, round(50 * (x0 - area.x0) / area.width)), max(0, round(50 * (x1 - area.x0) / area.width))
        )
        rows = slice(max(0, round(50 * (y0 - area.y0) / area.height)), max(0, round(50 * (y1 - area.y0) / area.height)))
        grid[rows, columns] = True
    return float(grid.mean())


def _unmapped_fonts(document: pymupdf.Document, fonts: list[Any], known: dict[int, bool]) -> frozenset[str]:
    """Names of the page's composite fonts whose codes are glyph numbers and that lack a ToUnicode map."""
    names = set()
    for xref, _, kind, name, _, encoding, *_ in fonts:
        if kind != "Type0" or not encoding.startswith("Identity"):
            continue
        if xref not in known:
            known[xref] = document.xref_get_key(xref, "ToUnicode")[0] == "null"
        if known[xref]:
            names.add(name)
            names.add(name.partition("+")[2] or name)
    return frozenset(names)


def draw(page: pymupdf.Page, dpi: float) -> tuple[np.ndarray, float]:
    """A page as an image (H × W × 3, uint8, RGB) and the resolution it was drawn at, which is lower for huge pages."""
    import numpy as np

    width, height = max(page.rect.width, 1.0), max(page.rect.height, 1.0)
    dpi = max(dpi, min(FINEST_DPI, 72.0 * LONG_SIDE / max(width, height)))  # a page of stamp size may hold a whole scan
    dpi = min(dpi, 72.0 * (MAX_PIXELS / (width * height)) ** 0.5)
    pixels = page.get_pixmap(matrix=pymupdf.Matrix(dpi / 72, dpi / 72), colorspace=pymupdf.csRGB, alpha=False)
    return np.frombuffer(pixels.samples, dtype=np.uint8).reshape(pixels.height, pixels.width, 3), dpi


def _recognised(page: pymupdf.Page, reason: str, options: ReadOptions) -> Page:
    """A page by OCR."""
    from ingest.ocr import load_backend
    from ingest.readers.scan import scanned_page

    image, dpi = draw(page, options.ocr_dpi)
    lines = load_backend(options.ocr_backend, options.ocr_device, options.ocr_models).read(image, dpi)
    number, n_pages = page.number + 1, page.parent.page_count
    width, height, outline = page.rect.width, page.rect.height, _outline(page.parent)
    return scanned_page(number, n_pages, reason, lines, width, height, 72.0 / dpi, image, outline)
