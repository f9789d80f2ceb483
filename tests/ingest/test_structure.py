"""Headings, lists, captions and the joining of lines."""

from __future__ import annotations

from collections import Counter

import pytest

from ingest.document import Block
from ingest.page.block_kinds import blocks_of, clean, glue, join_lines, vocabulary
from ingest.page.context import BodyStyle, PageContext, body_style
from ingest.page.reading_order import Line, Paragraph

BODY = BodyStyle(10.0, "Times", False, False)
NONE: Counter[str] = Counter()


def line(text: str, y: float = 100.0, size: float = 10.0, width: float = 200.0, **style: object) -> Line:
    style.setdefault("font", "Times-Roman")
    return Line(50, y, 50 + width, y + size, text, size, **style)  # type: ignore[arg-type]


def blocks(*parts: Paragraph) -> list[Block]:
    return blocks_of(parts, PageContext(BODY, NONE, 600, 800))


def part(*lines: Line, gap: float = 12.0, marked: bool = False) -> Paragraph:
    return Paragraph(list(lines), 50, 300, gap, marked)


TEXT = part(line("We asked what had been asked before and found what had", 120, width=250), line("been found.", 132))


@pytest.mark.parametrize(
    "heading",
    [
        line("Methods", bold=True, width=60),
        line("2.1. Study population", size=12, width=120),
        line("STATISTICAL ANALYSIS", width=130),
        line("3.2. Effects in mice", italic=True, font="Times-Italic", width=120),
        line("Acknowledgements", width=90),
        line("第一章 总论", size=14, width=90),
        line("二、许可及限制", width=90),
    ],
    ids=lambda heading: heading.text,
)
def test_headings(heading: Line) -> None:
    assert [block.kind for block in blocks(part(heading), TEXT)] == ["heading", "paragraph"]


@pytest.mark.parametrize(
    "other",
    [
        line("We asked what had been asked before.", width=250),
        line("Anna Smith[1], Bert Jones[2]*", bold=True, width=200, superscripts=2),
        line("Research Article", size=12, width=120),
        line("(p < 0.05)", bold=True, width=50),
        line("and further on", bold=True, width=80),
        line("anna.smith@example.org", bold=True, width=80),
        line("本协议是指许可方与您之间的约定，包括其全部附件。", width=240),
    ],
    ids=lambda other: other.text,
)
def test_what_is_no_heading(other: Line) -> None:
    assert blocks(part(other), TEXT)[0].kind != "heading"


def test_a_bold_start_of_a_paragraph_is_its_heading() -> None:
    first = line("Statistics. We used a test that", lead=11, lead_bold=True, width=250)
    found = blocks(part(first, line("others use too.", 112)))
    assert [(block.kind, block.text) for block in found] == [
        ("heading", "Statistics."),
        ("paragraph", "We used a test that others use too."),
    ]


def test_keywords_and_a_citation_in_italics_are_no_headings() -> None:
    first = line("Keywords: heart, lung", lead=9, lead_bold=True)
    assert [block.kind for block in blocks(part(first))] == ["paragraph"]
    first = line("E. coli is a bacterium that", lead=7, width=250)
    assert [block.kind for block in blocks(part(first, line("many know.", 112)))] == ["paragraph"]


@pytest.mark.parametrize(
    "label", ["Figure 2. A flow chart.", "Table 1: Patients", "Fig. 3 | Survival", "图 2 流程", "TABLE IV."]
)
def test_captions(label: str) -> None:
    assert blocks(part(line(label, size=9)))[0].kind == "caption"


def test_a_sentence_that_begins_with_a_figure_is_no_caption() -> None:
    assert (
        blocks(part(line("Figure 2 shows that the rate fell and that it", width=250), line("rose.", 112)))[0].kind
        == "paragraph"
    )


def test_footnotes_stand_small_at_the_bottom() -> None:
    small = part(line("* Correspondence: a@b.org", 700, 7.5))
    assert blocks(small)[0].kind == "footnote"


def test_bullets_become_list_marks() -> None:
    found = blocks(part(line("• first of all"), marked=True), part(line("• and then", 112), marked=True))
    assert [(block.kind, block.text) for block in found] == [("list", "- first of all"), ("list", "- and then")]


def test_the_lines_of_a_spaced_out_title_are_one_heading() -> None:
    found = blocks(
        part(line("A study of hearts in", 100, 20, bold=True)),
        part(line("people who have one", 130, 20, bold=True)),
        TEXT,
    )
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
