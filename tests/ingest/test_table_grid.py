"""Rows, columns and spanning cells of tables."""

from __future__ import annotations

from dataclasses import replace

from ingest.page.figures import Figure
from ingest.page.reading_order import Line
from ingest.page.tables import find_tables

Rule = tuple[float, float, float]


def cell(x: float, y: float, text: str, **more: bool) -> Line:
    return Line(x, y, x + 4.0 * len(text), y + 8.0, text, 8.0, **more)


def table(lines: list[Line], *rules: float) -> list[list[str]]:
    """The grid of the one table found between rules at these heights."""
    found, rest = find_tables(lines, [(48.0, 420.0, y) for y in rules], [], 10)
    assert len(found) == 1
    assert not rest
    grid = [row.strip("| ").split(" | ") if row else [] for row in found[0].markdown.splitlines()]
    return [[text.strip() for text in row] for row in grid if "---" not in row]


HEADER = [cell(50, 102, "Strain"), cell(150, 102, "S9"), cell(250, 102, "0.1 mg"), cell(350, 102, "0.2 mg")]


def test_a_label_centred_on_two_rows_of_values_stands_in_both() -> None:
    body = []
    for i, strain in enumerate(["TA 98", "TA 100"]):
        y = 118.0 + 26 * i
        body.append(cell(50, y + 5, strain))
        for j, sign in enumerate("-+"):
            values = [f"{sign}S9", f"0.{i}{j} ± 1", f"1.{i}{j} ± 2"]
            body += [cell(x, y + 10 * j, text) for x, text in zip([150, 250, 350], values, strict=True)]
    assert table(HEADER + body, 100, 114, 170)[1:] == [
        ["TA 98", "-S9", "0.00 ± 1", "1.00 ± 2"],
        ["TA 98", "+S9", "0.01 ± 1", "1.01 ± 2"],
        ["TA 100", "-S9", "0.10 ± 1", "1.10 ± 2"],
        ["TA 100", "+S9", "0.11 ± 1", "1.11 ± 2"],
    ]


def test_a_heading_over_several_columns_is_repeated_in_each() -> None:
    header = [cell(50, 106, "Drug"), cell(296, 102, "Dose group"), cell(150, 106, "n")]
    header += [cell(x, 112, text) for x, text in ((240, "low"), (302, "mean"), (376, "high"))]
    body = [
        cell(x, 130 + 12 * i, text)
        for i, row in enumerate([["aspirin", "9", "1", "2", "3"], ["heparin", "8", "4", "5", "6"]])
        for x, text in zip([50, 150, 240, 306, 380], row, strict=True)
    ]
    assert table(header + body, 100, 124, 156)[:2] == [
        ["Drug", "n", "Dose group", "Dose group", "Dose group"],
        ["Drug", "n", "low", "mean", "high"],
    ]


def test_long_cells_between_rules_are_one_row() -> None:
    header = [cell(50, 102, "Study"), cell(150, 102, "Design"), cell(300, 102, "Result")]
    lines = list(header)
    for i, study in enumerate(["Smith", "Jones"]):
        y = 120.0 + 60 * i
        lines += [cell(50, y, study), cell(50, y + 10, "et al.")]
        lines += [cell(150, y + 10 * j, f"Part {j} of a design") for j in range(5)]
        lines += [cell(300, y + 10 * j, f"Finding {j} of them") for j in range(3)]
    grid = table(lines, 100, 114, 174, 234)
    assert [row[0] for row in grid] == ["Study", "Smith et al.", "Jones et al."]
    assert grid[1][2] == "Finding 0 of them Finding 1 of them Finding 2 of them"


def test_items_listed_between_rules_are_rows_of_their_own() -> None:
    lines = [cell(50, 102, "To be assessed"), cell(250, 102, "Yes"), cell(350, 102, "No")]
    for i, items in enumerate([["a) washes hands", "b) wears gloves"], ["c) cleans", "d) asks"]]):
        for j, item in enumerate(items):
            y = 118.0 + 40 * i + 14 * j
            lines += [cell(50, y, item), cell(250, y, "yes"), cell(350, y, "no")]
    assert len(table(lines, 100, 114, 152, 192)) == 5


def test_a_column_of_few_cells_is_a_column() -> None:
    lines = [cell(50, 102, "Domain"), cell(150, 102, "Study"), cell(250, 102, "n"), cell(350, 102, "p")]
    for i in range(30):
        lines += [cell(150, 118 + 12 * i, f"Study {i}"), cell(250, 118 + 12 * i, "12"), cell(350, 118 + 12 * i, "0.1")]
    lines += [cell(50, 118, "Immunity"), cell(50, 118 + 12 * 15, "Memory")]
    grid = table(lines, 100, 114, 480)
    assert grid[0] == ["Domain", "Study", "n", "p"]
    assert grid[1] == ["Immunity", "Study 0", "12", "0.1"]


def test_the_name_of_a_group_of_rows_is_a_row() -> None:
    lines = [cell(50, 102, "Species"), cell(200, 102, "n"), cell(300, 102, "p")]
    for i, (group, names) in enumerate([("Bacteria", ["Bacillus", "Erwinia"]), ("Fungi", ["Mucor", "Rhizopus"])]):
        y = 118.0 + 60 * i
        lines.append(cell(50, y, group, bold=True))
        for j, name in enumerate(names):
            lines += [
                cell(50, y + 11 + 16 * j, name),
                cell(200, y + 11 + 16 * j, "9"),
                cell(300, y + 11 + 16 * j, "0.5"),
            ]
    assert [row[0] for row in table(lines, 100, 114, 230)] == [
        "Species", "Bacteria", "Bacillus", "Erwinia", "Fungi", "Mucor", "Rhizopus",
    ]  # fmt: skip


def test_the_header_on_a_bar_above_the_first_rule_belongs_to_the_table() -> None:
    rows = [
        ["Drug", "Dose", "Effect"],
        ["aspirin", "1 mg", "large"],
        ["heparin", "2 mg", "small"],
        ["insulin", "3 mg", "none"],
    ]
    lines = [cell(x, 100 + 14 * i, t) for i, row in enumerate(rows) for x, t in zip([50, 150, 250], row, strict=True)]
    assert table(lines, 111, 125, 139, 153) == rows


def test_cells_that_the_file_wrote_in_one_go_are_parted_at_the_border() -> None:
    rows = [["aspirin", "1.5", "2.5"], ["heparin", "3.5", "4.5"], ["insulin", "5.5", "6.5"], ["warfarin", "7.5", "8.5"]]
    lines = [cell(x, 100 + 14 * i, t) for i, row in enumerate(rows) for x, t in zip([50, 200, 300], row, strict=True)]
    glued = replace(cell(200, 156, "9.5 10.5"), x1=316.0, cuts=((212.0, 300.0, 3),))
    assert table([*lines, cell(50, 156, "codeine"), glued], 98, 168)[-1] == ["codeine", "9.5", "10.5"]


def test_what_is_aligned_in_a_figure_with_a_caption_is_no_table() -> None:
    lines = [cell(x, 100 + 14 * i, f"{x}.{i}") for i in range(6) for x in (50, 150, 250)]
    figure = Figure((40, 90, 420, 200), (40, 90, 420, 220))
    assert find_tables(lines, [], [], 10, [figure]) == ([], lines)
    assert len(find_tables(lines, [], [], 10, [replace(figure, surroundings=None)])[0]) == 1
