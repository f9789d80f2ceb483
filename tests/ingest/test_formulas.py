"""Formulas of PDF pages: found where letters are set in fonts of mathematics, and nowhere else."""

from __future__ import annotations

import time
from pathlib import Path

import pymupdf
import pytest

from ingest.document import Page, ReadOptions
from ingest.page.formulas import letter_of_alphabet
from ingest.readers.pdf import PdfReader

PROSE = "Clearance was estimated in all adults from serum values that were taken before the first dose."


def page_of(
    tmp_path: Path, pieces: list[tuple[float, float, float, str, str]], rules: str = "", font: str = "CMMI10"
) -> Page:
    """A page with `pieces` (left edge, distance from the top, size, text, R for roman or M for mathematics) and drawn `rules`."""
    document = pymupdf.open()
    page = document.new_page(width=420, height=600)
    page.insert_text((40, 40), PROSE, fontname="helv", fontsize=8)
    page.insert_text((40, 60), "x", fontname="heit", fontsize=8)
    names = {"R": "helv", "M": "heit"}
    content = [
        f"BT /{names[kind]} {size} Tf 1 0 0 1 {x} {600 - y} Tm ({text}) Tj ET" for x, y, size, text, kind in pieces
    ]
    first, second = page.get_contents()[:2]
    document.update_stream(second, "\n".join([*content, rules]).encode())
    assert first != second
    xref = next(font[0] for font in page.get_fonts() if font[4] == "heit")
    document.xref_set_key(xref, "BaseFont", f"/{font}")
    path = tmp_path / "page.pdf"
    path.write_bytes(document.tobytes())
    (read,) = PdfReader().read(path, 1, 1, ReadOptions(), lambda place: None)
    return read


def text_of(page: Page) -> str:
    return "\n".join(block.text for block in page.blocks)


def test_scripts_of_a_variable_are_latex_in_their_line(tmp_path: Path) -> None:
    page = page_of(
        tmp_path,
        [
            (40, 100, 10, "where", "R"), (72, 100, 10, "x", "M"), (77, 102, 7, "i", "M"), (82, 100, 10, "=", "R"),
            (92, 100, 10, "y", "M"), (97, 96.4, 7, "2", "R"), (105, 100, 10, "is the dose", "R"),
        ],
    )  # fmt: skip
    assert "where $x_i=y^2$ is the dose" in text_of(page)
    assert page.conservation is not None
    assert not page.conservation.broken
    assert not page.conservation.numbers_new


def test_what_is_only_symbols_stays_running_text(tmp_path: Path) -> None:
    page = page_of(
        tmp_path,
        [(40, 100, 10, "with", "R"), (64, 100, 10, "p", "M"), (73, 100, 10, "< 0.05 in all", "R")],
    )
    assert "$" not in text_of(page)
    assert "0.05 in all" in text_of(page)


def test_a_raised_number_on_a_word_is_no_formula(tmp_path: Path) -> None:
    page = page_of(
        tmp_path,
        [
            (40, 100, 10, "as in trials", "R"),
            (92, 96, 6, "12", "R"),
            (104, 100, 10, "of", "R"),
            (116, 100, 10, "x", "M"),
        ],
    )
    assert "$" not in text_of(page)


def test_a_fraction_by_itself_is_a_formula_of_its_own(tmp_path: Path) -> None:
    page = page_of(
        tmp_path,
        [
            (160, 150, 10, "v", "M"), (168, 150, 10, "=", "R"), (178, 143.2, 10, "ab", "M"), (180.2, 157, 10, "c", "M"),
            (40, 190, 10, "holds for all of them, as has been shown in earlier work on the matter", "R"),
        ],
        rules="178 452.3 9.4 0.4 re f",
    )  # fmt: skip
    formula = next(block for block in page.blocks if block.kind == "formula")
    assert formula.text == r"$$v=\frac{ab}{c}$$"
    assert "holds for all of them" in text_of(page)


@pytest.mark.parametrize("unit", ["g", "L"])
def test_a_font_of_mathematics_without_variables_changes_nothing(tmp_path: Path, unit: str) -> None:
    page = page_of(
        tmp_path,
        [
            (40, 100, 10, "gave 50", "R"), (80, 100, 10, "\\265", "M"), (86, 100, 10, unit, "R"),
            (93, 96, 7, "2", "R"), (100, 100, 10, "a day", "R"),
        ],
        font="EURM10",
    )  # fmt: skip
    assert "$" not in text_of(page)


def test_a_page_full_of_signs_takes_no_time(tmp_path: Path) -> None:
    pieces = [(20 + (n % 10) * 38, 30 + (n // 10) * 9, 8, "^x^y.-z", "M") for n in range(590)]
    start = time.process_time()
    page_of(tmp_path, pieces, rules="\n".join(f"{20 + n} {n} 20 0.4 re f" for n in range(300)))
    assert time.process_time() - start < 30


@pytest.mark.parametrize(
    ("letter", "alphabet", "plain"),
    [("ℎ", "", "h"), ("𝑔", "", "g"), ("ℝ", "mathbb", "R"), ("𝔸", "mathbb", "A"), ("ℋ", "mathcal", "H"), ("ℭ", "mathfrak", "C"), ("𝐱", "mathbf", "x")],
)  # fmt: skip
def test_the_letters_that_unicode_put_elsewhere_are_of_its_alphabets(letter: str, alphabet: str, plain: str) -> None:
    assert letter_of_alphabet(letter) == (alphabet, plain)


@pytest.mark.parametrize("sign", ["ℏ", "ℓ", "ℜ", "ℑ", "Å", "℃", "№", "a", "µ", "Ω"])
def test_a_sign_of_its_own_is_no_letter_of_an_alphabet(sign: str) -> None:
    assert letter_of_alphabet(sign) is None
