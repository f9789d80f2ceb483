"""Where one table ends and the next begins."""

from __future__ import annotations

from ingest.conservation import compare
from ingest.page.markdown_table import Cell, spread
from ingest.page.reading_order import Line
from ingest.page.tables import Table, find_tables

Rule = tuple[float, float, float]
GRID = [
    ["Drug", "Dose", "Route"],
    ["aspirin", "100 mg", "oral"],
    ["heparin", "5000 IU", "s.c."],
    ["insulin", "10 IU", "s.c."],
]


def line(x: float, y: float, text: str) -> Line:
    return Line(x, y, x + 4.0 * len(text), y + 8.0, text, 8.0)


def table(left: float, top: float, step: float = 12.0) -> tuple[list[Line], list[Rule]]:
    """Lines and rules of a table of 240 points: above and below its head, and at its end."""
    cells = [
        line(left + 4 + 90 * column, top + 3 + step * row, text)
        for row, texts in enumerate(GRID)
        for column, text in enumerate(texts)
    ]
    heights = (top, top + step, top + step * len(GRID) + 2)
    return cells, [(left, left + 240, y) for y in heights]


def texts(found: Table) -> list[list[str]]:
    rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in found.markdown.splitlines()]
    return [row for row in rows if set(row[0]) != {"-"}]


def test_a_paragraph_between_two_tables_of_one_width_is_in_neither() -> None:
    upper, rules = table(50, 100)
    lower, more = table(50, 220)
    prose = [line(50, y, "The dose was raised every second day until the pain was bearable") for y in (175, 187)]
    found, rest = find_tables(upper + prose + lower, rules + more, [], 10)
    assert [texts(one) for one in found] == [GRID, GRID]
    assert rest == prose


def test_text_that_sticks_out_of_the_rules_ends_a_table() -> None:
    upper, rules = table(120, 100)
    lower, more = table(120, 190)
    wide = line(
        50,
        168,
        "Only one line of running text, which is as wide as the column of the page and not the table, stands here",
    )
    found, rest = find_tables([*upper, wide, *lower], rules + more, [], 10)
    assert len(found) == 2 and rest == [wide]


def test_the_rules_of_header_and_footer_are_no_table() -> None:
    left, rules = table(50, 100)
    right, more = table(310, 130)
    page = [(50.0, 550.0, 60.0), (50.0, 550.0, 200.0)]
    found, _ = find_tables(left + right, rules + more + page, [], 10)
    assert [texts(one) for one in found] == [GRID, GRID]


def test_tables_without_rules_side_by_side_are_told_by_their_baselines() -> None:
    left, _ = table(50, 100)
    right, _ = table(340, 104, step=15)
    found, rest = find_tables(left + right, [], [], 10)
    assert [texts(one) for one in found] == [GRID, GRID] and not rest


def test_what_spans_columns_is_said_again_and_the_check_knows_it() -> None:
    cells, rules = table(50, 100)
    heading = line(140, 89, "Week 12")
    found, _ = find_tables([heading, *cells], [(50.0, 290.0, 86.0), (136.0, 290.0, 98.5), *rules[1:]], [], 10)
    assert len(found) == 1 and found[0].markdown.count("Week 12") == 1 + len(found[0].repeated)
    source = "\n".join(each.text for each in (heading, *cells))
    again = "\n".join([source, *found[0].repeated])
    assert not compare(again, [found[0].markdown]).broken and compare(again, [found[0].markdown]).inflation == 1.0


def test_a_spanning_cell_that_is_no_label_is_written_once() -> None:
    prose = "Reduce the dose by half where the creatinine clearance is below 30 ml per minute, and watch the patient."
    grid = spread(
        [[Cell("Drug"), Cell("Dose"), Cell("Route")], [Cell(prose, columns=3)], [Cell("oral", columns=2, rows=2)]]
    )
    assert grid == [["Drug", "Dose", "Route"], [prose, "", ""], ["oral", "oral", ""]]
