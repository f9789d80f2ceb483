"""Pages of a document put together."""

from __future__ import annotations

from typing import Any

from ingest.assembly.assemble import assemble
from ingest.document import Block, Page, Probe
from ingest.markdown import to_markdown


def paragraph(text: str, y: float = 100, x: float = 50, **more: Any) -> Block:
    values: dict[str, Any] = {"bbox": (x, y, x + 200, y + 50), "size": 10.0}
    return Block("paragraph", text, **(values | more))


def heading(text: str, size: float = 12.0, y: float = 100, level: int = 2, bold: bool = True) -> Block:
    return Block("heading", text, level=level, bbox=(50, y, 250, y + size), size=size, bold=bold)


def pages(*blocks: list[Block]) -> list[Page]:
    return [Page(i + 1, "native", "text layer", 600, 800, tuple(page)) for i, page in enumerate(blocks)]


def texts(result: list[Page]) -> list[list[str]]:
    return [[block.text for block in page.blocks] for page in result]


def read(*blocks: list[Block]) -> list[Page]:
    return assemble(pages(*blocks), Probe(len(blocks)))[0]


def head(text: str, y: float = 30, where: str = "header") -> Block:
    return Block("paragraph", text, bbox=(50, y, 200, y + 8), size=8.0, furniture=where)


def test_headers_and_page_numbers_go_and_what_stands_there_once_stays() -> None:
    result = read(
        [head("Received 3 May 2020"), paragraph("One."), head("12", 780, "footer")],
        [head("Smith et al. 2020, 7:13"), paragraph("Two."), head("13", 780, "footer")],
        [head("Smith et al. 2020, 7:14"), paragraph("Three."), head("iv", 780, "footer")],
    )
    assert texts(result) == [["Received 3 May 2020", "One."], ["Two."], ["Three."]]


def test_changing_chapter_names_at_one_height_are_headers() -> None:
    result = read(*[[head(f"On the {name}"), paragraph("Text.")] for name in ("heart", "lung", "liver", "skin", "eye")])
    assert texts(result) == [["Text."]] * 5


def test_a_continued_caption_at_the_head_is_kept() -> None:
    one = Block("caption", "Table 1. Doses (continued)", bbox=(50, 30, 200, 38), size=8.0, furniture="header")
    assert texts(read([one, paragraph("A.")], [one, paragraph("B.")])) == [[one.text, "A."], [one.text, "B."]]


def test_a_paragraph_goes_on_over_the_page_and_its_word_is_whole() -> None:
    result = read([paragraph("The patients were treat-", 700)], [paragraph("ed with aspirin.", 60)])
    assert result[1].blocks[0].join == ""
    assert to_markdown(vars_of(result)) == "The patients were treated with aspirin.\n"


def vars_of(result: list[Page]) -> list[dict[str, Any]]:
    return [{name: getattr(b, name) for name in Block.__slots__} for page in result for b in page.blocks]


def test_floats_between_the_parts_of_a_paragraph_move_out_of_the_way() -> None:
    note = Block("footnote", "* A note.", bbox=(50, 740, 200, 750), size=8.0)
    table = Block("table", "| a |\n| --- |\n| b |", bbox=(50, 50, 500, 90), size=8.0)
    result = read(
        [paragraph("Before."), paragraph("It was found in", 600), note], [table, paragraph("most of them.", 120)]
    )
    assert texts(result) == [["Before.", "* A note.", "It was found in"], ["most of them.", table.text]]
    assert result[1].blocks[0].join == " "


def test_a_sentence_that_ended_is_not_joined() -> None:
    result = read([paragraph("It ended.", 700)], [paragraph("Another begins.", 60)])
    assert result[1].blocks[0].join is None


def test_nothing_is_joined_over_a_heading() -> None:
    result = read([paragraph("It stopped in the", 700)], [heading("Methods"), paragraph("middle of it.", 130)])
    assert all(block.join is None for page in result for block in page.blocks)


def test_joining_keeps_every_text_exactly_once() -> None:
    parts = [paragraph(f"part {i} of a long sentence that never", 60 + i, x=50 + 250 * (i % 2)) for i in range(8)]
    result = read(parts[:2], parts[2:4], parts[4:6], parts[6:])
    assert [text for page in texts(result) for text in page] == [part.text for part in parts]
    assert sum(block.join == " " for page in result for block in page.blocks) == 7


def test_levels_follow_the_numbers_and_the_styles() -> None:
    result = read(
        [
            heading("A study of the heart and of what ails it", 20, 50, 1),
            heading("1. Introduction", 12, 200),
            paragraph("Text.", 220),
            heading("1.1. Aims", 10.5, 300),
            paragraph("Text.", 320),
            heading("2. Methods", 12, 400),
            heading("Discussion", 12, 500),
        ]
    )
    assert [(b.text[:6], b.level) for b in result[0].blocks if b.kind == "heading"] == [
        ("A stud", 1), ("1. Int", 2), ("1.1. A", 3), ("2. Met", 2), ("Discus", 2)
    ]  # fmt: skip


def test_authors_and_labels_before_the_first_section_are_no_headings() -> None:
    result, probe = assemble(
        pages(
            [
                heading("RESEARCH ROUNDUP", 11, 30),
                heading("A study of the heart", 20, 50, 1),
                heading("Anna Smith and Bert Jones", 12, 90),
                heading("Abstract", 12, 140),
                paragraph("We asked.", 160),
                heading("Received:", 12, 240),
            ]
        ),
        Probe(1),
    )
    assert [b.text for b in result[0].blocks if b.kind == "heading"] == ["A study of the heart", "Abstract"]
    assert probe.title == "A study of the heart"


def test_the_outline_names_headings_that_look_like_text() -> None:
    probe = Probe(1, outline=((1, "On dosing", 1),))
    result, _ = assemble(pages([paragraph("On dosing", 80), paragraph("Give it twice.", 100)]), probe)
    assert [block.kind for block in result[0].blocks] == ["heading", "paragraph"]


def test_references_run_to_the_next_heading_over_pages() -> None:
    result = read(
        [heading("References"), paragraph("1. Smith. A."), paragraph("2. Jones. B.")],
        [paragraph("3. Brown. C."), heading("Appendix"), paragraph("More.")],
    )
    kinds = [block.kind for page in result for block in page.blocks]
    assert kinds == ["heading", "reference", "reference", "reference", "heading", "paragraph"]


def test_list_items_are_one_block() -> None:
    items = [Block("list", f"- item {i}", bbox=(50, 100 + 12 * i, 200, 110 + 12 * i), size=10.0) for i in range(3)]
    assert texts(read(items)) == [["- item 0\n- item 1\n- item 2"]]


def test_documents_without_page_geometry_pass_through() -> None:
    page = Page(1, "web", "HTML", 0, 0, (Block("heading", "A", level=2), Block("paragraph", "b")))
    assert assemble([page], Probe(1))[0] == [page]


def test_the_doi_on_the_first_page_is_the_documents_own_if_it_is_the_only_one() -> None:
    one = head("doi: 10.1234/ABC.5. ")
    assert assemble(pages([one, paragraph("Text.")]), Probe(1))[1].identifiers == {"doi": "10.1234/abc.5"}
    assert assemble(pages([one, paragraph("See 10.999999/other.")]), Probe(1))[1].identifiers == {}
    assert assemble(pages([paragraph("Text.")], [one]), Probe(2))[1].identifiers == {}


def test_the_title_as_running_head_goes_even_on_one_page() -> None:
    probe = Probe(1, title="A guide to sepsis", authors=("Society of Medicine",))
    result, _ = assemble(
        pages([head("A guide to sepsis, 2021"), paragraph("Text."), head("Society of Medicine", 780, "footer")]), probe
    )
    assert texts(result) == [["Text."]]
