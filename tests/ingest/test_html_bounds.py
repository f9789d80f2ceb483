"""Bounds on what a page may cost change nothing of a page that was written to be read."""

from __future__ import annotations

import pytest
from lxml import html

from ingest.document import UnreadableError
from ingest.left_out import drop_all
from ingest.page.markdown_table import Cell, markdown_table, span, spread
from ingest.readers.html_blocks import found_in, windows
from ingest.readers.html_bounds import MAX_ATTRIBUTES, MAX_ELEMENTS, bound_tables, bounded_markup, is_vast


@pytest.mark.parametrize(
    "text",
    [
        "<p class='dose' title=\"a > b\">5 mg<br/>daily</p>",
        "p < 0.05 and a<b, c",
        "<p " + " ".join(f'a{n}="{n} > {n}"' for n in range(MAX_ATTRIBUTES)) + ">x</p>",
        "<a href=x y='",
    ],
)
def test_what_has_few_attributes_stays_as_it_is(text):
    assert bounded_markup(text) == text


def test_attributes_beyond_the_bound_go_and_what_follows_stays():
    first = " ".join(f"a{n}='{n} > <b>'" for n in range(MAX_ATTRIBUTES))
    more = " ".join(f"b{n}=\"'{n}'>\"" for n in range(100))
    (element,) = html.fragments_fromstring(bounded_markup(f"<p {first} {more} c>5 mg</p>"))
    assert len(element.attrib) == MAX_ATTRIBUTES and element.get("a7") == "7 > <b>" and element.text == "5 mg"


def test_a_page_of_too_many_elements_is_refused():
    assert bounded_markup("<b>" * MAX_ELEMENTS)
    with pytest.raises(UnreadableError, match="more than 500,000 elements"):
        bounded_markup("<b>" * (MAX_ELEMENTS + 1))


@pytest.mark.parametrize(
    ("depth", "count", "vast"), [(3, 1000, False), (20, 40_000, False), (20, 60_000, True), (200, 10_000, True)]
)
def test_deep_elements_count_for_more(depth, count, vast):
    tree = html.document_fromstring("<div>" * (depth - 3) + "<b>x</b>" * count)
    assert is_vast(tree) is vast


def table_of(rows: str) -> html.HtmlElement:
    return html.document_fromstring(f"<div><table>{rows}</table></div>")


def spans_of(tree: html.HtmlElement) -> list[tuple[str | None, str | None]]:
    return [(cell.get("colspan"), cell.get("rowspan")) for cell in tree.iter("td", "th")]


def test_spans_that_a_table_needs_stay():
    rows = "<tr><th rowspan=2>Drug<th colspan=2>Dose<tr><td>child<td>adult" + "<tr><td>A<td>5<td>10" * 300
    tree = table_of(rows)
    before = spans_of(tree)
    bound_tables(tree)
    assert spans_of(tree) == before


def test_a_title_over_all_columns_spans_what_the_table_has():
    tree = table_of("<tr><td colspan=999>Doses" + "<tr><td>a<td>b<td>c" * 400)
    bound_tables(tree)
    assert spans_of(tree)[0] == ("3", None)


def test_a_table_that_is_mostly_invented_becomes_lines_and_loses_no_word():
    tree = table_of("<tr>" + "<td>wide" * 1000 + "<tr><td>dose" * 2000)
    bound_tables(tree)
    assert next(tree.iter("table"), None) is None
    text = tree.text_content()
    assert text.count("wide") == 1000 and text.count("dose") == 2000 and "wide wide" in text


@pytest.mark.parametrize(
    ("text", "number"), [("3", 3), (" 2 ", 2), ("0", 1), ("-5", 1), ("²³", 1), ("1e9", 1), (None, 1), ("99999", 1000)]
)
def test_spans_are_numbers_from_one_to_a_thousand(text, number):
    assert span(text) == number


def test_rows_of_unequal_length_do_not_multiply():
    rows = [[Cell("x")] * 200, *([[Cell("y")]] * 5000)]
    markdown = markdown_table(spread(rows))
    assert markdown.count("y") == 5000 and len(markdown) < 50_000
    assert markdown.splitlines()[0].count("|") == markdown.splitlines()[1].count("|")


def test_what_stands_behind_dropped_elements_stays_in_its_place():
    root = html.fragment_fromstring("<p>a<s>1</s>b<s>2<s>3</s></s>c<b>d</b><s>4</s>e<s>5</s>f<i>g<s>6</s>h</i></p>")
    drop_all(list(root.iter("s")))
    assert html.tostring(root, encoding="unicode") == "<p>abc<b>d</b>ef<i>gh</i></p>"
    root = html.fragment_fromstring("<p>a<s>1</s>b<s>2</s>c<s>3</s>d</p>")
    drop_all(reversed(list(root.iter("s"))))
    assert root.text_content() == "abcd"


@pytest.mark.parametrize("length", [0, 5, 23, 24, 25, 48, 72, 400])
def test_windows_are_found_wherever_they_stand(length):
    own = "".join(chr(97 + n * n % 23) for n in range(length))
    samples = windows(own)
    assert found_in(f"xy{own}z", samples) == set(samples)
    assert found_in("", samples) == {sample for sample in samples if not sample}
