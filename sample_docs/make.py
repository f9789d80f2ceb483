"""Makes every sample document that is not written by hand: `python sample_docs/make.py`.

The texts are in `_sources/`; what is made stands beside the hand-written documents and is committed, so that
nobody has to run this. The same text gives the same bytes: dates are fixed, the scanner's noise has a seed.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pymupdf

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from _make.packages import write_docx, write_epub  # noqa: E402
from _make.questions import choices, practice, test, write_lines  # noqa: E402
from _make.scanning import Scanner, insert_scan, scanned  # noqa: E402
from _make.typesetting import Style, save, typeset  # noqa: E402

SOURCES = HERE / "_sources"
BOOK = "Elmbridge Handbook of Internal Medicine"
BOOK_AUTHORS = "R. Callaghan and M. Ostrowska"
SANS = ("helv", "hebo", "heit")
CHINESE = ("china-s", "china-s", "china-s")
TRIM = {"width": 440.0, "height": 640.0, "margin": 44.0, "top": 62.0, "bottom": 58.0}
"""The size of a printed handbook page, for the scans: small pages keep the repository small."""


def heart_failure(target: Path) -> None:
    """A textbook chapter whose text layer has every difficulty: columns, tables, notes, divided words."""
    for step in range(24):
        style = Style(
            header=(BOOK, "Chapter 7: Heart Failure"),
            first_page=112,
            margin=72.0 + step // 2,
            bottom=84.0 + 13 * (step % 2),
        )
        setter = typeset(SOURCES / "heart_failure.md", style)
        if setter.divided_pages:
            break
    else:
        raise RuntimeError("no page size divides a word at a page end")
    save(
        setter.document,
        target,
        title=f"{BOOK}, Chapter 7: Heart Failure",
        author=BOOK_AUTHORS,
        subject="textbook chapter",
        outline=setter.outline,
    )


def pneumonia_scanned(target: Path) -> None:
    """A textbook chapter that exists only as images."""
    style = Style(header=(BOOK, "Chapter 12: Pneumonia"), first_page=201, size=9.6, leading=11.6, **TRIM)
    pages = typeset(SOURCES / "pneumonia.md", style).document
    save(scanned(pages, Scanner(turn=0.6)), target, title="", author="", subject="", outline=[])


def kidney_mixed(target: Path) -> None:
    """A native chapter one of whose pages was lost and replaced by a scan."""
    style = Style(header=(BOOK, "Chapter 15: Acute Kidney Injury"), first_page=260, size=9.6, leading=11.6, **TRIM)
    setter = typeset(SOURCES / "kidney_injury.md", style)
    pages = setter.document
    mixed = pymupdf.open()
    lost = next(i for i, page in enumerate(pages) if "15.4 Assessment" in page.get_text())
    pages.subset_fonts()
    for number in range(len(pages)):
        if number == lost:
            insert_scan(mixed, pages[number], Scanner(turn=0.5), number)
        else:
            mixed.insert_pdf(pages, from_page=number, to_page=number)
    save(
        mixed,
        target,
        title=f"{BOOK}, Chapter 15: Acute Kidney Injury",
        author=BOOK_AUTHORS,
        subject="textbook chapter",
        outline=setter.outline,
    )


def peptic_ulcer(target: Path) -> None:
    """A Chinese textbook chapter as plain text in GB18030."""
    target.write_bytes((SOURCES / "peptic_ulcer_zh.txt").read_text("utf-8").encode("gb18030"))


def hypertension(target: Path) -> None:
    """A Chinese guideline with a text layer."""
    style = Style(
        fonts=CHINESE,
        header=("成人高血压基层诊疗指南", "示例医学会"),
        footer="第{page}页",
        leading=17.0,
        indent=21.0,
        hyphenate=False,
    )
    setter = typeset(SOURCES / "hypertension_zh.md", style)
    save(
        setter.document,
        target,
        title="成人高血压基层诊疗指南（2023年版）",
        author="示例医学会高血压学组",
        subject="guideline",
        outline=setter.outline,
        date="2023-09-12",
    )


def stroke_scanned(target: Path) -> None:
    """A Chinese guideline chapter that exists only as images."""
    style = Style(
        fonts=CHINESE, header=("急性缺血性脑卒中诊疗　示例医学会",) * 2, size=9.4, leading=13.6, indent=18.8,
        hyphenate=False, **TRIM,
    )  # fmt: skip
    pages = typeset(SOURCES / "stroke_zh.md", style).document
    save(scanned(pages, Scanner(turn=0.5, dpi=170)), target, title="", author="", subject="", outline=[])


def sepsis(edition: str) -> Callable[[Path], None]:
    """One edition of the English guideline; both have the same title and publisher."""

    def make(target: Path) -> None:
        style = Style(
            fonts=SANS,
            header=("Northfield Society of Acute Medicine", f"Early Management of Sepsis in Adults, {edition}"),
            footer="Page {page}",
            size=10.0,
            hyphenate=False,
            indent=0.0,
        )
        setter = typeset(SOURCES / f"sepsis_{edition}.md", style)
        save(
            setter.document,
            target,
            title=f"Early Management of Sepsis in Adults ({edition})",
            author="Northfield Society of Acute Medicine",
            subject="guideline",
            outline=setter.outline,
            date={"2021": "2021-10-04", "2024": "2024-05-21"}[edition],
        )

    return make


def atrial_fibrillation(target: Path) -> None:
    """A guideline as a Word document."""
    write_docx(
        SOURCES / "atrial_fibrillation.md", target, author="Elmbridge Primary Care Collaborative", date="2023-02-06"
    )


def falls(target: Path) -> None:
    """A guideline as an EPUB."""
    write_epub(
        SOURCES / "falls_epub.md",
        target,
        author="Meadowbank Institute for Ageing",
        identifier="urn:medpress:sample:falls",
        date="2022-05-01",
    )


def lipids(target: Path) -> None:
    """A Chinese web page that declares GB2312 and is encoded in its superset GB18030."""
    target.write_bytes((SOURCES / "lipid_zh.html").read_text("utf-8").encode("gb18030"))


def recipe(rows: Callable[[Path], list[dict[str, Any]]]) -> Callable[[Path], None]:
    """Multiple-choice questions whose answers stand in the sample documents, or conversations made of them."""
    return lambda target: write_lines(rows(SOURCES / "questions.tsv"), target)


def ward_rounds(target: Path) -> None:
    """A hospital system's export: one note a row, in the encoding of a Chinese Windows."""
    with (SOURCES / "ward_rounds.tsv").open(encoding="utf-8", newline="") as lines:
        rows = [
            [cell.replace("\\n", "\n") for cell in row]
            for row in csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        ]
    with target.open("w", encoding="gb18030", newline="") as file:
        csv.writer(file).writerows(rows)


MADE: dict[str, Callable[[Path], None]] = {
    "textbook/heart_failure.pdf": heart_failure,
    "textbook/pneumonia_scanned.pdf": pneumonia_scanned,
    "textbook/kidney_injury_mixed.pdf": kidney_mixed,
    "textbook/peptic_ulcer_zh.txt": peptic_ulcer,
    "guideline/hypertension_zh.pdf": hypertension,
    "guideline/stroke_zh_scanned.pdf": stroke_scanned,
    "guideline/sepsis_2021.pdf": sepsis("2021"),
    "guideline/sepsis_2024.pdf": sepsis("2024"),
    "guideline/atrial_fibrillation.docx": atrial_fibrillation,
    "guideline/falls_in_older_people.epub": falls,
    "web/lipid_zh.html": lipids,
    "_tables/ward_rounds.csv": ward_rounds,
    "_recipe/questions_practice.jsonl": recipe(practice),
    "_recipe/questions_test.jsonl": recipe(test),
    "_recipe/reasoning_choices.jsonl": recipe(choices),
}
"""Path of every made file and the function that makes it."""


def make_all(folder: Path) -> None:
    """Makes every file below `folder`."""
    for path, make in MADE.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        make(target)
        print(f"{target.stat().st_size:9,d}  {path}")


if __name__ == "__main__":
    make_all(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
