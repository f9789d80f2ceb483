"""Tables of native PDFs against those of the articles' JATS XML.

    python benchmarks/ingest_tables.py ARTICLES [--tool medpress|find_tables|pymupdf4llm] [--show]

Reads ARTICLES/*/fulltext.pdf and .xml. All tables of an article are taken together, since a table may go on over pages.
Two figures for each article with tables, and their means: the F1 of cells (texts of cells, as a multiset) and the F1 of
neighbours (pairs of a text and the next one to its right or below, as in the ICDAR 2013 table competition: Göbel et al.,
"ICDAR 2013 Table Competition"). A text that spans cells is repeated in each of them, and repeats beside or below one
another count once. `--show` prints the cells that were missed and made up.
"""

from __future__ import annotations

import argparse
import re
import statistics
import time
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import pymupdf
from lxml import etree

from ingest.page.markdown_table import Cell, spread

Grid = list[list[str]]
"""Rows of cells of the same number, normalised."""

_DROPPED = re.compile(r"[^\w.%<>≤≥=±+/-]|_")
_DASHES = str.maketrans("–—−‐‑", "-----")


def normalised(text: str) -> str:
    """What of a cell's text is compared: letters and figures, signs and units; no spaces, brackets and marks."""
    plain = unicodedata.normalize("NFKC", text).translate(_DASHES).casefold()
    return _DROPPED.sub("", plain).strip(".")


def truth(path: Path) -> list[Grid]:
    """The tables of a JATS article."""
    root = etree.parse(
        str(path), etree.XMLParser(load_dtd=False, no_network=True, recover=True, resolve_entities=False)
    )
    grids = []
    for table in root.iterfind(".//{*}table-wrap//{*}table"):
        rows = [
            [
                Cell("".join(cell.itertext()), int(cell.get("colspan", 1)), int(cell.get("rowspan", 1)))
                for cell in row.iterfind("./*")
            ]
            for row in table.iterfind(".//{*}tr")
        ]
        grids.append(_normal(spread(rows)))
    return grids


def _normal(grid: Sequence[Sequence[str | None]]) -> Grid:
    return [[normalised(cell or "") for cell in row] for row in grid]


def from_markdown(text: str) -> Iterator[Grid]:
    """The tables of a Markdown text."""
    rows: list[list[str]] = []
    for line in [*text.splitlines(), ""]:
        if line.startswith("|"):
            cells = [cell.replace("<br>", " ") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            if not all(re.fullmatch(r"\s*:?-+:?\s*", cell) for cell in cells):
                rows.append(cells)
        elif rows:
            width = max(map(len, rows))
            yield _normal([row + [""] * (width - len(row)) for row in rows])
            rows = []


def medpress(path: Path) -> list[Grid]:
    """Tables as the PDF reader finds them."""
    from ingest.document import ReadOptions
    from ingest.readers.pdf import PdfReader

    reader, options = PdfReader(), ReadOptions(ocr="never")
    pages = reader.read(path, 1, reader.probe(path, options).n_pages, options, lambda _: None)
    return [
        grid for page in pages for block in page.blocks if block.kind == "table" for grid in from_markdown(block.text)
    ]


def find_tables(path: Path) -> list[Grid]:
    """Tables as PyMuPDF's `find_tables` finds them."""
    with pymupdf.open(path) as document:
        return [_normal(table.extract()) for page in document for table in page.find_tables().tables]


def pymupdf4llm(path: Path) -> list[Grid]:
    """Tables in the Markdown of pymupdf4llm with its layout model."""
    import pymupdf4llm as peer

    with pymupdf.open(path) as document:
        return list(from_markdown(peer.to_markdown(document, use_ocr=False, header=False, footer=False)))


TOOLS = {tool.__name__: tool for tool in (medpress, find_tables, pymupdf4llm)}


def cells(grid: Grid) -> Counter[str]:
    """Texts of the cells; one that stands left or above again is a span and counts once."""
    found: Counter[str] = Counter()
    for y, row in enumerate(grid):
        for x, text in enumerate(row):
            if text and not (x and row[x - 1] == text) and not (y and grid[y - 1][x] == text):
                found[text] += 1
    return found


def neighbours(grid: Grid) -> Counter[tuple[str, str, str]]:
    """(text, the next text to the right or below, which of the two), blanks skipped."""
    found: Counter[tuple[str, str, str]] = Counter()
    for direction, lines in (("right", grid), ("below", [list(column) for column in zip(*grid, strict=True)])):
        for line in lines:
            texts = [text for text in line if text]
            for one, two in pairwise(texts):
                if one != two:
                    found[one, two, direction] += 1
    return found


def f1(right: Counter, found: Counter) -> float:  # type: ignore[type-arg]
    """F1 of two multisets."""
    both = (right & found).total()
    return 2 * both / max(1, right.total() + found.total())


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("articles", type=Path)
    parser.add_argument("--tool", choices=sorted(TOOLS), default="medpress")
    parser.add_argument("--show", action="store_true")
    arguments = parser.parse_args()
    scores: list[tuple[float, float]] = []
    seconds, pages = 0.0, 0
    for xml in sorted(arguments.articles.glob("*/fulltext.xml")):
        right = truth(xml)
        pdf = xml.with_suffix(".pdf")
        if not right or not pdf.exists():
            continue
        start = time.process_time()
        found = TOOLS[arguments.tool](pdf)
        seconds += time.process_time() - start
        with pymupdf.open(pdf) as document:
            pages += document.page_count
        one, two = (sum(map(cells, grids), Counter()) for grids in (right, found))
        three, four = (sum(map(neighbours, grids), Counter()) for grids in (right, found))
        scores.append((f1(one, two), f1(three, four)))
        name = xml.parent.name
        print(
            f"{name:15} tables {len(right)} found {len(found)} cells {scores[-1][0]:.3f} neighbours {scores[-1][1]:.3f}"
        )
        if arguments.show:
            print("   missed: ", sorted((one - two).elements()))
            print("   made up:", sorted((two - one).elements()))
    mean = [statistics.mean(column) for column in zip(*scores, strict=True)]
    rate = pages / seconds
    print(f"{arguments.tool}: cells {mean[0]:.3f} neighbours {mean[1]:.3f}, {rate:.1f} pages per CPU-second")


if __name__ == "__main__":
    main()
