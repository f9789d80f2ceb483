"""Where one table ends and another begins, and what belongs to which: pages drawn word by word, with what they say known."""

from __future__ import annotations

from pathlib import Path

import pymupdf

from ingest.document import Page, ReadOptions
from ingest.readers.pdf import PdfReader

PROSE = "The doses were chosen by weight and age, and were halved in patients with failing kidneys in all of the wards."
CELLS = [("Drug", "Low", "High"), ("Aspirin", "75 mg", "300 mg"), ("Digoxin", "62.5 mg", "250 mg")]
MORE = [("Sign", "Before", "After"), ("Pulse", "88", "72"), ("Weight", "81.5", "79.0"), ("Pain", "7", "3")]


def sheet() -> pymupdf.Page:
    return pymupdf.open().new_page(width=595, height=842)


def words(page: pymupdf.Page, x: float, y: float, text: str, size: float = 10.0) -> None:
    page.insert_text((x, y), text, fontsize=size, fontname="tiro")


def prose(page: pymupdf.Page, x: float, y: float, width: float) -> float:
    """Sets running text at `y`; gives where it ends."""
    box = pymupdf.Rect(x, y, x + width, y + 400)
    spare = page.insert_textbox(
        box, PROSE + " " + PROSE, fontsize=11, fontname="tiro", align=pymupdf.TEXT_ALIGN_JUSTIFY
    )
    return box.y1 - spare


def rule(page: pymupdf.Page, x0: float, x1: float, y: float) -> None:
    page.draw_line((x0, y), (x1, y), width=0.6)


def three_lines(
    page: pymupdf.Page, cells: list[tuple[str, ...]], x: float, y: float, step: float, width: float, size: float = 9.0
) -> float:
    """A table with rules above, below its head, and below; gives where it ends."""
    rule(page, x, x + width, y)
    for number, row in enumerate(cells):
        y += 15
        for column, cell in enumerate(row):
            words(page, x + 6 + column * step, y - 4, cell, size)
        if number in (0, len(cells) - 1):
            rule(page, x, x + width, y)
    return y


def read(page: pymupdf.Page, path: Path) -> Page:
    page.parent.save(path)
    (found,) = PdfReader().read(path, 1, 1, ReadOptions(ocr="never"), lambda _: None)
    return found


def grids(page: Page) -> list[list[tuple[str, ...]]]:
    """The tables of a page in its order, by their cells."""
    return [
        [
            tuple(cell.strip() for cell in line.strip("|").split("|"))
            for line in block.text.split("\n")
            if "---" not in line
        ]
        for block in page.blocks
        if block.kind == "table"
    ]


def test_two_tables_of_one_width_with_text_between_are_two(tmp_path: Path) -> None:
    page = sheet()
    end = three_lines(page, CELLS, 60, 80, 90, 240)
    end = prose(page, 60, end + 24, 240)
    three_lines(page, MORE, 60, end + 24, 90, 240)
    found = read(page, tmp_path / "two.pdf")
    assert grids(found) == [CELLS, MORE]
    assert PROSE in " ".join(block.text for block in found.blocks if block.kind == "paragraph")


def test_text_with_wide_spaces_between_two_tables_is_in_neither(tmp_path: Path) -> None:
    page = sheet()
    end = three_lines(page, CELLS, 60, 80, 90, 240)
    for number, row in enumerate(
        (("Doses fell", "in all of the", "wards but"), ("rose again", "in summer", "and autumn"))
    ):
        for x, cell in zip((60, 150, 245), row, strict=True):
            words(page, x, end + 32 + 14 * number, cell, 11)
    three_lines(page, MORE, 60, end + 68, 90, 240)
    found = read(page, tmp_path / "wide.pdf")
    assert [grid for grid in grids(found) if len(grid) > 2] == [CELLS, MORE]


def test_a_table_of_narrower_rules_above_another_is_not_in_it(tmp_path: Path) -> None:
    page = sheet()
    rule(page, 56, 304, 60)
    prose(page, 60, 70, 240)
    end = three_lines(page, CELLS, 60, 200, 90, 240)
    three_lines(page, MORE, 56, end + 40, 90, 248)
    assert grids(read(page, tmp_path / "narrow.pdf")) == [CELLS, MORE]


def test_a_row_that_nearly_touches_the_other_column_ends_at_its_rule(tmp_path: Path) -> None:
    page = sheet()
    for x in (50, 302):
        prose(page, x, 60, 240)
    for x, cells in ((50, CELLS), (302, MORE)):
        y = 240.0
        rule(page, x, x + 240, y)
        for number, row in enumerate([*cells, *cells[1:]]):
            y += 13
            for place, cell in zip((x + 2, x + 100, x + 212), row, strict=True):
                words(page, place, y - 3, cell, 9)
            if number in (0, 2 * len(cells) - 2):
                rule(page, x, x + 240, y)
    found = sorted(grids(read(page, tmp_path / "gutter.pdf")))
    assert found == sorted([[*CELLS, *CELLS[1:]], [*MORE, *MORE[1:]]])


def test_two_tables_of_one_width_with_white_space_between_are_two(tmp_path: Path) -> None:
    page = sheet()
    end = three_lines(page, CELLS, 60, 80, 90, 240)
    three_lines(page, MORE, 60, end + 40, 90, 240)
    assert grids(read(page, tmp_path / "white.pdf")) == [CELLS, MORE]


def test_tables_at_one_height_in_two_columns_do_not_mix(tmp_path: Path) -> None:
    page = sheet()
    for x in (50, 310):
        prose(page, x, 60, 235)
    three_lines(page, CELLS, 50, 240, 92, 235)
    three_lines(page, MORE, 310, 240, 85, 235)
    for x in (50, 310):
        prose(page, x, 340, 235)
    found = grids(read(page, tmp_path / "columns.pdf"))
    assert sorted(found) == sorted([CELLS, MORE])


def test_a_small_matrix_with_two_crossing_rules_is_a_table(tmp_path: Path) -> None:
    page = sheet()
    prose(page, 60, 60, 470)
    for row, cells in enumerate((("", "ill", "well"), ("test +", "48", "3"), ("test -", "2", "97"))):
        for x, cell in zip((250, 302, 342), cells, strict=True):
            words(page, x, 200 + 15 * row, cell)
    rule(page, 245, 375, 204)
    page.draw_line((294, 190), (294, 234), width=0.6)
    assert grids(read(page, tmp_path / "matrix.pdf")) == [
        [("", "ill", "well"), ("test +", "48", "3"), ("test -", "2", "97")]
    ]


def test_a_label_between_its_two_rows_is_not_lost(tmp_path: Path) -> None:
    page = sheet()
    rule(page, 60, 420, 80)
    for x, cell in zip((66, 140, 230, 330), ("Ward", "Sex", "Before", "After"), strict=True):
        words(page, x, 92, cell)
    rule(page, 60, 420, 97)
    y = 110.0
    for name, values in (("North", ("7.1", "5.2", "6.8", "5.0")), ("South", ("8.3", "6.4", "8.1", "6.6"))):
        words(page, 66, y + 6, name)
        for row in (0, 1):
            for x, cell in zip((140, 230, 330), (("men", "women")[row], *values[2 * row :]), strict=False):
                words(page, x, y + 12 * row, cell)
        rule(page, 60, 420, y + 18)
        y += 31
    (grid,) = grids(read(page, tmp_path / "label.pdf"))
    assert grid == [
        ("Ward", "Sex", "Before", "After"),
        ("North", "men", "7.1", "5.2"),
        ("North", "women", "6.8", "5.0"),
        ("South", "men", "8.3", "6.4"),
        ("South", "women", "8.1", "6.6"),
    ]


def test_a_label_close_to_the_next_column_is_not_lost(tmp_path: Path) -> None:
    page = sheet()
    rule(page, 300, 512, 70)
    for x, cell in zip((303, 359, 407, 465), ("Event", "Way", "Old", "New"), strict=True):
        words(page, x, 82, cell, 9)
    rule(page, 300, 512, 87)
    y = 98.0
    for name, first, second in (("GW241011", "0.11", "0.30"), ("GW241110", "0.12", "0.26")):
        words(page, 303, y + 5.7, name, 9)
        for number, value in enumerate((first, second)):
            for x, cell in zip((359, 407, 465), (("lik.", "KS")[number], value, value), strict=True):
                words(page, x, y + 11.3 * number, cell, 9)
        rule(page, 300, 512, y + 15)
        y += 28
    text = " ".join(block.text for block in read(page, tmp_path / "close.pdf").blocks)
    assert "GW241011" in text and "GW241110" in text


def test_a_head_of_few_cells_over_two_rows_belongs_to_its_table(tmp_path: Path) -> None:
    page = sheet()
    rule(page, 60, 360, 80)
    words(page, 230, 97, "Benchmark")
    words(page, 66, 108, "Measure")
    rule(page, 180, 350, 104)
    words(page, 196, 119, "old")
    words(page, 290, 119, "new")
    rule(page, 60, 360, 127)
    rows = [("Success", "96.8", "99.1"), ("Quality", "2.21", "4.05"), ("Layout", "2.58", "4.40")]
    for number, row in enumerate(rows):
        for x, cell in zip((66, 196, 290), row, strict=True):
            words(page, x, 143 + 15 * number, cell)
    rule(page, 60, 360, 181)
    (grid,) = grids(read(page, tmp_path / "head.pdf"))
    assert grid == [("Measure", "Benchmark", "Benchmark"), ("Measure", "old", "new"), *rows]


def test_a_wrapped_label_and_its_centred_values_are_one_row(tmp_path: Path) -> None:
    page = sheet()
    rule(page, 60, 400, 80)
    for x, cell in zip((66, 230, 320), ("Task", "Old", "New"), strict=True):
        words(page, x, 92, cell)
    rule(page, 60, 400, 97)
    y = 110.0
    rows = [("Intent recognition", "and advice", "92.7", "94.0"), ("Image and text", "creation", "21.2", "49.8")]
    for first, second, *values in rows:
        words(page, 66, y, first)
        words(page, 66, y + 11, second)
        for x, cell in zip((230, 320), values, strict=True):
            words(page, x, y + 5.5, cell)
        y += 30
    rule(page, 60, 400, y - 8)
    (grid,) = grids(read(page, tmp_path / "wrapped.pdf"))
    assert grid == [("Task", "Old", "New"), *((f"{one} {two}", *values) for one, two, *values in rows)]
