"""Tables from lines and rules."""

from __future__ import annotations

from ingest.page.reading_order import Line
from ingest.page.tables import find_tables, joined_rules, shaded_rows


def cell(x: float, y: float, text: str, size: float = 8.0) -> Line:
    return Line(x, y, x + 4.0 * len(text), y + size, text, size)


def rows(grid: list[list[str]], x: list[float], y: float, step: float) -> list[Line]:
    return [cell(x[j], y + i * step, text) for i, row in enumerate(grid) for j, text in enumerate(row) if text]


GRID = [["Drug", "Dose", "n"], ["aspirin", "100 mg", "12"], ["heparin", "5000 IU", "9"], ["warfarin", "5 mg", "31"]]
MARKDOWN = """| Drug | Dose | n |
| --- | --- | --- |
| aspirin | 100 mg | 12 |
| heparin | 5000 IU | 9 |
| warfarin | 5 mg | 31 |"""


def test_a_table_between_three_rules() -> None:
    lines = rows(GRID, [50, 150, 250], 102, 14)
    prose = [cell(50, 300 + 12 * i, "running text that goes on over the width of the column") for i in range(6)]
    found, rest = find_tables(lines + prose, [(48, 300, 100), (48, 300, 113), (48, 300, 160)], [], 10)
    assert [table.markdown for table in found] == [MARKDOWN]
    assert rest == prose


def test_a_table_without_rules() -> None:
    found, rest = find_tables(rows(GRID, [50, 150, 250], 102, 14), [], [], 10)
    assert [table.markdown for table in found] == [MARKDOWN]
    assert not rest


def test_two_columns_of_text_between_rules_are_no_table() -> None:
    lines = [
        cell(x, 100 + 11 * i, "a line of running text that fills the column of it")
        for i in range(30)
        for x in (50, 300)
    ]
    found, rest = find_tables(lines, [(48, 520, 90), (48, 520, 440)], [], 8)
    assert not found
    assert len(rest) == 60


def test_cells_of_several_lines_are_one_row() -> None:
    grid = [
        ["Drug", "Effect"],
        ["aspirin", "fewer strokes"],
        ["", "in the group"],
        ["heparin", "fewer clots"],
        ["", "in the leg"],
    ]
    lines = []
    y = 102.0
    for row in grid:
        if row[0]:
            y += 8  # rows stand further apart than the lines of a cell
        lines += rows([row], [50, 200], y, 0)
        y += 9
    found, _ = find_tables(lines, [(48, 300, 105), (48, 300, 121), (48, 300, 190)], [], 10)
    assert found[0].markdown.splitlines()[2:] == [
        "| aspirin | fewer strokes in the group |",
        "| heparin | fewer clots in the leg |",
    ]


def test_rules_between_all_rows_decide_the_rows() -> None:
    lines = [
        cell(50, 100, "one"),
        cell(150, 96, "two and"),
        cell(150, 105, "a half"),
        cell(50, 122, "three"),
        cell(150, 122, "four"),
    ]
    lines += [cell(50, 140, "five"), cell(150, 140, "six")]
    found, _ = find_tables(lines, [(48, 300, y) for y in (92.0, 117.0, 134.0, 152.0)], [], 10)
    assert found[0].markdown.splitlines() == [
        "| one | two and a half |",
        "| --- | --- |",
        "| three | four |",
        "| five | six |",
    ]


def test_the_caption_in_the_frame_stays_out_of_the_table() -> None:
    caption = cell(50, 92, "Table 1. Doses of three drugs")
    found, rest = find_tables(
        [caption, *rows(GRID, [50, 150, 250], 106, 14)], [(48, 300, 90), (48, 300, 117), (48, 300, 164)], [], 10
    )
    assert [table.markdown for table in found] == [MARKDOWN]
    assert rest == [caption]


def test_a_bar_in_a_cell_is_escaped() -> None:
    grid = [[*row[:2], row[2] + "|x"] for row in GRID]
    found, _ = find_tables(rows(grid, [50, 150, 250], 102, 14), [], [], 10)
    assert "12\\|x" in found[0].markdown


def test_parts_of_a_rule_are_one_rule_and_short_ones_are_none() -> None:
    parts = [(50.0, 100.0, 80.0), (100.5, 200.0, 80.3), (300.0, 305.0, 80.0)]
    assert joined_rules(parts) == [(50.0, 200.0, 80.0)]


def test_very_many_rules_are_a_drawing() -> None:
    assert joined_rules([(0.0, 100.0, float(i)) for i in range(60_000)]) == []


def test_a_list_of_abbreviations_is_a_list() -> None:
    grid = [["AST:", "an enzyme"], ["BMI:", "body mass"], ["", "index"], ["CRP:", "a protein"], ["ECG:", "a record"]]
    found, rest = find_tables(rows(grid, [50, 110], 100, 11), [], [], 10)
    assert not rest
    assert [table.block.kind for table in found] == ["list"]
    assert found[0].markdown.splitlines()[1:3] == ["- BMI: body mass index", "- CRP: a protein"]


def test_rows_that_only_their_shading_shows_are_rows() -> None:
    shading = [(48.0, 100.0 + 60 * i, 420.0, 158.0 + 60 * i) for i in range(4)]
    lines = []
    for i in range(4):
        lines += rows([[f"model {i}", "one", "9", "yes"]], [50, 150, 250, 350], 102 + 60 * i, 10)
        lines += [cell(250, 112 + 60 * i + 10 * j, f"w{j} = 0.5") for j in range(4)]
    found, rest = find_tables(lines, shaded_rows(shading), [], 10)
    assert not rest
    assert len(found[0].markdown.splitlines()) == 5
    assert "| model 1 | one | 9 w0 = 0.5 w1 = 0.5 w2 = 0.5 w3 = 0.5 | yes |" in found[0].markdown
    assert shaded_rows([*shading, (48.0, 104.0, 420.0, 112.0)]) == shaded_rows(shading)


def test_cells_in_boxes_are_a_table_however_long_they_are() -> None:
    lines = []
    for i in range(3):
        lines += [cell(50, 102 + 60 * i + 10 * j, "a long line of running text in this cell") for j in range(5)]
        lines.append(cell(300, 102 + 60 * i, f"answer {i}"))
    rules = [(48.0, 420.0, 100.0 + 60 * i) for i in range(4)]
    boxes = [(100.0, 280.0, x) for x in (48.0, 290.0, 420.0)]
    found, rest = find_tables(lines, rules, boxes, 10)
    assert not rest
    assert len(found[0].markdown.splitlines()) == 4
