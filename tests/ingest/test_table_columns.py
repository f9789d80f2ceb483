"""The columns of a table, from its words and the rules that are drawn."""

from __future__ import annotations

from ingest.page.reading_order import Line
from ingest.page.table_columns import Borders, column_borders, split_row
from ingest.page.table_regions import rows_of

SIZE = 10.0


def row(y: float, *words: tuple[float, float, str]) -> Line:
    """A line as a text layer gives it: one text, with the white space in it."""
    text, cuts, end = "", [], 0.0
    for x0, x1, word in words:
        if text:
            cuts.append((end, x0, len(text) + 1))
            text += " "
        text, end = text + word, x1
    return Line(words[0][0], y, end, y + SIZE, text, SIZE, cuts=tuple(cuts))


def borders(lines: list[Line], vertical: list[tuple[float, float, float]] | None = None, head: int = 0) -> Borders:
    box = (min(line.x0 for line in lines), lines[0].y0, max(line.x1 for line in lines), lines[-1].y1)
    return column_borders(rows_of(lines), vertical or [], box, SIZE, head)


def test_white_space_at_one_place_in_all_rows_parts_columns_that_were_one_line() -> None:
    lines = [row(15.0 * i, (50, 80, "9.5"), (88, 120, "10.5"), (128, 160, "11")) for i in range(5)]
    found = borders(lines)
    assert found.n_columns == 3
    assert [[part.text for part in split_row([line], found, SIZE)] for line in lines] == [["9.5", "10.5", "11"]] * 5


def test_spaces_between_words_part_nothing_though_they_are_aligned() -> None:
    lines = [row(15.0 * i, (50, 80, "1.5"), (83, 90, "±"), (93, 110, "0.2"), (140, 170, "oral")) for i in range(5)]
    assert borders(lines).n_columns == 2


def test_a_space_is_cut_where_a_rule_is_drawn_in_it() -> None:
    lines = [row(15.0 * i, (50, 55, str(i)), (58, 50 + 20 + 9 * i, "阿司匹林"), (150, 180, "口服")) for i in range(4)]
    drawn = [(0.0, 60.0, 56.5)]
    found = borders(lines, drawn)
    assert [part.text for part in split_row([lines[0]], found, SIZE)] == ["0", "阿司匹林", "口服"]


def test_a_narrow_corridor_is_a_border_where_the_cells_beside_it_are_ragged() -> None:
    ends = (70.0, 97.0, 76.0, 80.0, 66.0, 88.0)
    lines = [row(15.0 * i, (50, end, "地高辛"), (100, 130, "0.25")) for i, end in enumerate(ends)]
    assert borders(lines).n_columns == 2


def test_words_of_a_head_that_spans_columns_stay_together() -> None:
    head = row(0, (70, 95, "Real"), (100, 125, "(20)"))
    body = [row(15.0 * i, (50, 80, "9.5"), (110, 140, "10.5")) for i in range(1, 5)]
    found = borders([head, *body], head=1)
    assert found.n_columns == 2
    assert [part.text for part in split_row([head], found, SIZE, head=True)] == ["Real (20)"]


def test_a_value_and_its_deviation_are_one_cell_however_far_apart_they_stand() -> None:
    lines = [row(15.0 * i, (50, 80, "1.5"), (86, 93, "±"), (99, 116, "0.2"), (140, 170, "oral")) for i in range(5)]
    assert borders(lines).n_columns == 2


def test_words_of_a_head_are_cut_at_a_border_that_stands_in_more_than_a_space() -> None:
    lines = [
        row(0.0, (50, 92, "Disagree"), (98, 140, "Indifferent")),
        *(row(15.0 * i, (60, 80, "24"), (110, 130, "29")) for i in range(1, 6)),
    ]
    found = borders(lines, head=1)
    assert [part.text for part in split_row([lines[0]], found, SIZE, head=True)] == ["Disagree", "Indifferent"]
