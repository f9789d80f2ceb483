"""Typeset pages whose LaTeX is the truth: `python benchmarks/typeset.py formulas|tables|articles FOLDER`.

FOLDER holds `NAME.pdf` and `NAME.json` (a list of `type` and `data`: LaTeX for formulas and tables, else plain text); for articles
`NAME/fulltext.pdf` and `.xml`. What `CHECK.txt` beside FOLDER names is added up apart, as totals only.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Iterator
from dataclasses import asdict, astuple, fields
from pathlib import Path

from lxml import etree
from scorers import articles, formulas, tables

from ingest.assembly.assemble import assemble
from ingest.document import ReadOptions
from ingest.markdown import to_markdown
from ingest.readers.pdf import PdfReader

Scores = list[tuple[float, ...]]


def markdown(pdf: Path) -> str:
    """What a run writes of a file, without OCR."""
    reader, options = PdfReader(), ReadOptions(ocr="never")
    probe = reader.probe(pdf, options)
    pages, _ = assemble(list(reader.read(pdf, 1, probe.n_pages, options, lambda _: None)), probe)
    return to_markdown(asdict(block) for page in pages for block in page.blocks)


def halves(folder: Path, pattern: str) -> Iterator[tuple[str, list[Path]]]:
    """The files of a folder, without those that are held out, and those."""
    check = folder.parent / "CHECK.txt"
    held_out = set(check.read_text(encoding="utf-8").split()) if check.exists() else set()
    files = sorted(folder.glob(pattern))
    apart = [
        file for file in files if f"{folder.name}/{file.relative_to(folder).parts[0].removesuffix('.pdf')}" in held_out
    ]
    yield "seen", [file for file in files if file not in apart]
    yield "CHECK", apart


def formula_line(files: list[Path]) -> str:
    """Shares of formulas, inline and on lines of their own."""
    found = [
        formulas.score(
            [(item["type"], item["data"]) for item in _truth(file) if "formula" in item["type"]], markdown(file)
        )
        for file in files
    ]
    inline, right, display, display_right, bracketed = (
        sum(column) for column in zip(*map(astuple, found), strict=True)
    )
    return (
        f"inline {right} of {inline} = {right / max(1, inline):.3f}, display {display_right} of {display} ="
        f" {display_right / max(1, display):.3f}, letter[digit] {bracketed}"
    )


def table_line(files: list[Path]) -> str:
    """Mean F1 of cells and of neighbours over tables."""
    scores: Scores = []
    for file in files:
        truth = [tables.from_latex(item["data"]) for item in _truth(file) if item["type"] == "table"]
        scores += tables.score(truth, markdown(file))
    cells, neighbours = (statistics.mean(column) for column in zip(*scores, strict=True))
    return f"cells {cells:.3f}, neighbours {neighbours:.3f}, {len(scores)} tables"


def article_line(files: list[Path]) -> str:
    """Mean of each share over articles."""
    parser = etree.XMLParser(load_dtd=False, no_network=True, recover=True, resolve_entities=False)
    scores = [
        astuple(articles.score(markdown(file), etree.parse(str(file.with_suffix(".xml")), parser).getroot()))
        for file in files
    ]
    names = (field.name for field in fields(articles.ArticleScore))
    means = (statistics.mean(column) for column in zip(*scores, strict=True))
    return ", ".join(f"{name} {mean:.4f}" for name, mean in zip(names, means, strict=True)) + f", {len(files)} articles"


def _truth(pdf: Path) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(pdf.with_suffix(".json").read_text(encoding="utf-8"))
    return found


LINES = {
    "formulas": ("*.pdf", formula_line),
    "tables": ("*.pdf", table_line),
    "articles": ("*/fulltext.pdf", article_line),
}


def main() -> None:
    """Print a line for each half."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=sorted(LINES))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--half", choices=("seen", "CHECK"), help="only this one")
    options = parser.parse_args()
    pattern, line = LINES[options.what]
    for name, files in halves(options.folder, pattern):
        if files and options.half in (None, name):
            print(f"{name}: {line(files)}", flush=True)


if __name__ == "__main__":
    main()
