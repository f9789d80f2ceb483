"""Headings, lists, captions and the joining of lines."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from ingest.document import Block
from ingest.page.block_kinds import blocks_of, clean, glue, join_lines, vocabulary
from ingest.page.context import BodyStyle, PageContext, body_style
from ingest.page.reading_order import Line, Paragraph

BODY = BodyStyle(10.0, "Times", False, False)
NONE: Counter[str] = Counter()


CONTEXT = PageContext(
    BODY, NONE, 600, 800, number=2, n_pages=5, styles={(10.0, False, False, "Times"): (400, 24_000)}, begun=True
)
"""An inner page of an article."""


def line(text: str, y: float = 186.0, size: float = 10.0, width: float = 200.0, **style: object) -> Line:
    style.setdefault("font", "Times-Roman")
    return Line(50, y, 50 + width, y + size, text, size, **style)  # type: ignore[arg-type]


def part(*lines: Line, gap: float = 14.0, marked: bool = False) -> Paragraph:
    return Paragraph(list(lines), 50, 300, gap, marked)


def prose(y: float) -> Paragraph:
    """Five lines of running text."""
    words = "Patients were asked what they had been asked before and said"
    return part(*(line(words, y + 12 * i, width=250) for i in range(4)), line("what they had said.", y + 48, width=90))


def blocks(*parts: Paragraph) -> list[Block]:
    """The blocks of some paragraphs that stand between paragraphs of running text."""
    bottom = parts[-1].lines[-1].y1
    return blocks_of([prose(110), *parts, prose(bottom + 5)], CONTEXT)[1:-1]


@pytest.mark.parametrize(
    "heading",
    [
        line("Methods", bold=True, width=60, font="Times-Bold"),
        line("2.1. Study population", size=12, width=120, bold=True, font="Times-Bold"),
        line("STATISTICAL ANALYSIS", width=130, bold=True, font="Times-Bold"),
        line("3.2. Effects in mice", italic=True, font="Times-Italic", width=120),
        line("Acknowledgements", width=90, bold=True, font="Times-Bold"),
        line("Methods", bold=True, width=60),
        line("2.1. Study population", size=12, width=120),
        line("STATISTICAL ANALYSIS", width=130),
        line("Acknowledgements", width=90),
    ],
    ids=lambda heading: heading.text,
)
def test_headings(heading: Line) -> None:
    assert [block.kind for block in blocks(part(heading))] == ["heading"]


@pytest.mark.parametrize(
    "heading",
    [line("第一章 总论", size=14, width=90), line("二、许可及限制", size=13, width=90)],
    ids=lambda heading: heading.text,
)
def test_headings_of_a_chinese_page(heading: Line) -> None:
    words = "患者在入院前一周无明显诱因出现发热伴咳嗽咳痰"
    text = [part(*(line(words, y + 12 * i, width=250) for i in range(5))) for y in (110, 205)]
    styles = {(10.0, False, False, "Times"): (400, 9_000)}
    found = blocks_of([text[0], part(heading), text[1]], replace(CONTEXT, styles=styles))
    assert [block.kind for block in found] == ["paragraph", "heading", "paragraph"]


@pytest.mark.parametrize(
    "other",
    [
        line("We asked what had been asked before.", width=250),
        line("Anna Smith[1], Bert Jones[2]*", bold=True, width=200, superscripts=2),
        line("(p < 0.05)", bold=True, width=50),
        line("and further on", bold=True, width=80),
        line("anna.smith@example.org", bold=True, width=80),
        line("(p < 0.05)", width=50),
        line("and further on", width=80),
        line("anna.smith@example.org", width=80),
        line("本协议是指许可方与您之间的约定，包括其全部附件。", width=240),
        line("— 12 —", bold=True, size=12, width=40),
    ],
    ids=lambda other: other.text,
)
def test_what_is_no_heading(other: Line) -> None:
    assert blocks(part(other))[0].kind != "heading"


def test_a_bold_start_of_a_paragraph_is_its_heading() -> None:
    first = line("Statistics. We used a test that people", lead=11, lead_bold=True, width=250)
    rest = [line("others use too, and others use it more often than we do", 198 + 12 * i, width=250) for i in range(3)]
    found = blocks(part(first, *rest))
    assert [block.kind for block in found] == ["heading", "paragraph"]
    assert found[0].text == "Statistics." and found[1].text.startswith("We used a test that people others use too")


def test_a_title_in_italics_that_runs_in_may_take_more_than_a_line() -> None:
    first = line(
        "3.1. Comparison of the Patients of Both Groups with Those", width=250, italic=True, font="Times-Italic"
    )
    second = line("of the Third. We compared what had been compared before", 198, width=250, lead=13, lead_italic=True)
    found = blocks(part(first, second, line("with what had not been compared so far in this way.", 210, width=230)))
    assert [block.kind for block in found] == ["heading", "paragraph"]
    assert found[0].text == "3.1. Comparison of the Patients of Both Groups with Those of the Third."


def test_a_species_in_italics_is_no_heading() -> None:
    first = line("E. coli is a bacterium that people know and have", lead=7, lead_italic=True, width=250)
    rest = [line("known since they saw it under the glass of a microscope", 198 + 12 * i, width=250) for i in range(3)]
    assert [block.kind for block in blocks(part(first, *rest))] == ["paragraph"]


@pytest.mark.parametrize("label", ["Figure 2.", "Table 1:", "Fig. 3.", "Table 4."])
def test_captions(label: str) -> None:
    caption = line(
        f"{label} The patients of both groups and what became of them", size=8, lead=len(label), lead_bold=True
    )
    assert blocks(part(caption))[0].kind == "caption"


@pytest.mark.parametrize("size", [8, 9, 10])
@pytest.mark.parametrize(
    "label", ["Figure 2. A flow chart.", "Table 1: Patients", "Fig. 3 | Survival", "图 2 流程", "TABLE IV."]
)
def test_short_captions(label: str, size: float) -> None:
    assert blocks(part(line(label, size=size)))[0].kind == "caption"


def test_a_name_right_above_a_table_is_its_caption() -> None:
    table = Block("table", "| drug | dose |")
    found = blocks_of([prose(110), part(line("Table 2 Doses of drugs")), table, prose(300)], CONTEXT)
    assert [block.kind for block in found] == ["paragraph", "caption", "table", "paragraph"]


def test_footnotes_stand_small_at_the_bottom() -> None:
    assert blocks(part(line("* Correspondence: a@b.org", 700, 7.5)))[0].kind == "footnote"


def test_a_sentence_that_begins_with_a_figure_is_no_caption() -> None:
    first = line("Figure 2 shows that the rate fell and that it rose again", width=250)
    rest = [
        line("when the patients had been asked what they had been asked", 198 + 12 * i, width=250) for i in range(4)
    ]
    assert blocks(part(first, *rest))[0].kind == "paragraph"


def test_bullets_become_list_marks() -> None:
    found = blocks(part(line("• first of all"), marked=True), part(line("• and then", 198), marked=True))
    assert [(block.kind, block.text) for block in found] == [("list", "- first of all"), ("list", "- and then")]


def test_the_lines_of_a_spaced_out_title_are_one_heading() -> None:
    title = [line("A study of hearts in", 186, 20, bold=True), line("people who have one", 216, 20, bold=True)]
    found = blocks(*map(part, title))
    assert found[0].text == "A study of hearts in people who have one"


def test_hyphens_at_the_end_of_a_line() -> None:
    assert join_lines(["the treat-", "ment of"], NONE) == "the treatment of"
    assert join_lines(["the treat\u00ad", "ment of"], NONE) == "the treatment of"
    assert join_lines(["a self-", "reported"], NONE) == "a self-reported"
    assert join_lines(["anti-", "inflammatory"], vocabulary(["an anti-inflammatory drug"])) == "anti-inflammatory"
    assert join_lines(["anti-", "inflammatory"], vocabulary(["an antiinflammatory drug"])) == "antiinflammatory"
    assert join_lines(["pages 12-", "14"], NONE) == "pages 12-14"
    assert join_lines(["IL-", "6"], NONE) == "IL-6"


def test_lines_without_word_spaces_are_joined_without_one() -> None:
    assert join_lines(["高血压是最常见的", "慢性病之一。"], NONE) == "高血压是最常见的慢性病之一。"
    assert glue("服用", "aspirin", NONE) == ("服用", " ")


def test_cleaning() -> None:
    assert clean("eﬃcient  ﬂow\u200b of\u00a0air\x0c") == "efficient flow of air"
    assert clean("F´elix Negr˜ao S¨oren") == "Félix Negrão Sören"


def test_body_style_is_not_that_of_a_long_bibliography() -> None:
    text = [line("words of the running text that fill the line", size=10)] * 40
    references = [line("References", size=12)] + [line("Someone A. Some title that is long. J. 2001.", size=8)] * 80
    assert body_style(text + references).size == 10
