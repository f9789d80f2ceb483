"""Tables that are ruled both ways: every cell is a field between rules."""

from __future__ import annotations

from ingest.page.reading_order import Line
from ingest.page.table_lattice import lattice_of
from ingest.page.table_regions import rows_of

Rule = tuple[float, float, float]
XS, YS = (0.0, 100.0, 200.0, 300.0), (0.0, 20.0, 40.0, 60.0, 80.0)
BOX = (5.0, 4.0, 290.0, 76.0)


def cell(text: str, column: float, row: float) -> Line:
    """A text of 60 points in the middle of a field; halves lie on a border."""
    x, y = 50 + 100 * column, 10 + 20 * row
    return Line(x - 30, y - 5, x + 30, y + 5, text, 9.0)


def lines(names: str) -> list[Line]:
    return [cell(name, index % 3, index // 3) for index, name in enumerate(names)]


def fields(text: list[Line], rules: tuple[list[Rule], list[Rule]]) -> list[list[str]] | None:
    found = lattice_of(rows_of(text), *rules, BOX, 9.0)
    return None if found is None else found.rows


def ruled(*, without: tuple[tuple[str, float, int], ...] = ()) -> tuple[list[Rule], list[Rule]]:
    """All rules of four rows and three columns, field by field, but for (h or v, its place, number of the field)."""
    across = [(XS[i], XS[i + 1], y) for y in YS for i in range(3) if ("h", y, i) not in without]
    down = [(YS[i], YS[i + 1], x) for x in XS for i in range(4) if ("v", x, i) not in without]
    return across, down


def test_each_field_is_a_cell() -> None:
    assert fields(lines("abcdefghijkl"), ruled()) == [list("abc"), list("def"), list("ghi"), list("jkl")]


def test_a_cell_without_a_rule_in_it_spans_columns_or_rows() -> None:
    rules = ruled(without=(("v", 200.0, 0), ("h", 40.0, 0)))
    text = [cell("a", 0, 0), cell("wide", 1.5, 0), cell("tall", 0, 1.5), *lines("...efghi...")[4:6]]
    found = fields([*text, cell("h", 1, 2), cell("i", 2, 2), *lines("xxxxxxxxxjkl")[9:]], rules)
    assert found == [["a", "wide", "wide"], ["tall", "f", "g"], ["tall", "h", "i"], list("jkl")]


def test_lines_of_one_cell_are_joined_and_an_open_frame_is_closed() -> None:
    across, down = ruled(without=tuple(("v", x, i) for x in (0.0, 300.0) for i in range(4)))
    text = [Line(5, 1, 90, 9, "take with", 8.0), Line(5, 10, 90, 18, "food", 8.0), *lines("abcdefghijkl")[1:]]
    found = fields(text, (across, down))
    assert found is not None and found[0] == ["take with food", "b", "c"]


def test_a_table_that_is_ruled_one_way_is_left_to_others() -> None:
    across, down = ruled()
    assert fields(lines("abcdefghijkl"), (across, [])) is None
    assert fields(lines("abcdefghijkl"), ([], down)) is None
    few = [rule for rule in across if rule[2] in (0.0, 20.0, 80.0)]  # a header and one field for all rows
    assert fields(lines("abcdefghijkl"), (few, down)) is None
