"""Reading order, paragraphs and columns from lines alone."""

from __future__ import annotations

import random

from ingest.page.reading_order import Line, family, paragraphs, reading_order, text_runs


def line(x0: float, y0: float, text: str, width: float = 200.0, size: float = 10.0, **style: object) -> Line:
    return Line(x0, y0, x0 + width, y0 + size, text, size, **style)  # type: ignore[arg-type]


def column(x0: float, y0: float, n: int, name: str, width: float = 200.0) -> list[Line]:
    return [line(x0, y0 + 12 * i, f"{name}{i} words that go on", width) for i in range(n)]


def texts(lines: list[Line]) -> list[str]:
    runs = text_runs(lines)
    order = reading_order([(r[0].x0, r[0].y0, max(x.x1 for x in r), r[-1].y1) for r in runs])
    return [x.text.split()[0] for i in order for x in runs[i]]


def test_two_columns_are_read_one_after_the_other_whatever_the_stream_order() -> None:
    lines = column(50, 100, 20, "a") + column(300, 100, 20, "b")
    expected = [f"a{i}" for i in range(20)] + [f"b{i}" for i in range(20)]
    for seed in range(5):
        shuffled = lines[:]
        random.Random(seed).shuffle(shuffled)
        assert texts(shuffled) == expected


def test_a_full_width_block_between_columns_separates_what_is_above_from_what_is_below() -> None:
    lines = (
        column(50, 60, 5, "a")
        + column(300, 60, 5, "b")
        + [line(50, 150, "wide across both columns", 450)]
        + column(50, 190, 5, "c")
        + column(300, 190, 5, "d")
    )
    order = texts(lines)
    assert order == [f"{k}{i}" for k in "ab" for i in range(5)] + ["wide"] + [f"{k}{i}" for k in "cd" for i in range(5)]


def test_a_sidebar_over_two_columns_does_not_pull_the_column_below_it_forward() -> None:
    # first page of an article: addresses beside the abstract, below them the text in two columns of other widths
    lines = column(50, 100, 6, "side", 120) + column(200, 100, 15, "abstract", 350) + column(50, 330, 10, "l", 240)
    lines += column(310, 330, 10, "r", 240)
    order = texts(lines)
    assert order.index("abstract14") < order.index("l0") < order.index("r0")


def test_a_run_of_lines_never_reaches_over_two_columns() -> None:
    lines = [line(50, 40, "Title over everything", 450), *column(50, 52, 10, "a"), *column(300, 52, 10, "b")]
    for run in text_runs(lines):
        assert len({x.x0 for x in run}) == 1


def test_paragraphs_are_cut_at_indents() -> None:
    lines = [
        line(62, 100, "First paragraph begins here and goes", 188),
        line(50, 112, "on over the whole width of the column"),
        line(50, 124, "and ends.", 60),
        line(62, 136, "Second paragraph begins with an indent", 188),
        line(50, 148, "and goes on to the end of the column,"),
        line(50, 160, "like this.", 70),
    ]
    assert [len(p.lines) for p in paragraphs([lines])] == [3, 3]


def test_paragraphs_are_cut_at_white_space() -> None:
    lines = column(50, 100, 3, "a") + column(50, 148, 3, "b")
    assert [len(p.lines) for p in paragraphs(text_runs(lines))] == [3, 3]


def test_a_hanging_list_is_cut_where_lines_stand_out() -> None:
    lines = []
    for i, author in enumerate(("Smith J.", "Jones K.", "Brown L.")):
        lines.append(line(50, 100 + 24 * i, f"{author} A study of something that fills", 200))
        lines.append(line(62, 112 + 24 * i, f"the next line. J Test. 200{i}.", 120))
    assert [p.lines[0].text.split()[0] for p in paragraphs([lines])] == ["Smith", "Jones", "Brown"]


def test_numbered_entries_are_cut_although_they_end_without_a_stop() -> None:
    lines = [line(50, 100 + 12 * i, f"{i + 1}. entry number {i + 1}", 150) for i in range(5)]
    assert len(paragraphs([lines])) == 5


def test_a_change_of_weight_or_size_begins_a_paragraph() -> None:
    lines = [line(50, 100, "Methods", 60, bold=True), line(50, 112, "We did what follows and then we")]
    assert len(paragraphs([lines])) == 2
    lines = [line(50, 100, "Methods", 60, size=12), line(50, 113, "We did what follows and then we")]
    assert len(paragraphs([lines])) == 2


def test_double_spaced_text_is_still_made_of_paragraphs() -> None:
    lines = [line(50, 100 + 24 * i, "words that go on over the full width of it", 400) for i in range(6)]
    assert [len(p.lines) for p in paragraphs(text_runs(lines))] == [6]


def test_an_order_is_a_permutation_even_for_boxes_that_contradict_one_another() -> None:
    rng = random.Random(3)
    for _ in range(30):
        boxes = []
        for _ in range(rng.randrange(1, 40)):
            x, y = rng.uniform(0, 500), rng.uniform(0, 700)
            boxes.append((x, y, x + rng.uniform(1, 300), y + rng.uniform(1, 200)))
        assert sorted(reading_order(boxes)) == list(range(len(boxes)))


def test_thousands_of_boxes_are_ordered_at_once() -> None:
    boxes = [(float(i % 70), float(i), float(i % 70 + 5), float(i + 1)) for i in range(20_000)]
    assert len(reading_order(boxes)) == 20_000


def test_family_of_a_font() -> None:
    assert family("ABCDEF+MinionPro-Bold") == family("MinionPro-Regular") == "MinionPro"
    assert family("JtbmhfAdvTT86d47313+20") == family("YtvbbkAdvTT86d47313")
