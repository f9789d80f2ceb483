"""Tables and captions stand behind the paragraph that first speaks of them."""

from __future__ import annotations

import random

import pytest

from ingest.assembly.floats import labels, mark_notes, place_floats
from ingest.document import Block


def block(
    kind: str, text: str, y: float, x: float = 50, width: float = 240, size: float = 10.0, join: str | None = None
) -> Block:
    return Block(kind, text, bbox=(x, y, x + width, y + 30), size=size, join=join)


def texts(pages: list[list[Block]]) -> list[list[str]]:
    return [[part.text for part in page] for page in pages]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("see Figs. 2, 3A and Table 1", ["figure 2", "figure 3", "table 1"]),
        ("Figures 2–4 show it", ["figure 2", "figure 3", "figure 4"]),
        ("Table S2 (Supplementary Figure 1)", ["table S2", "supplementary figure 1"]),
        ("如图3和表2所示", ["figure 3", "table 2"]),
        ("TABLE IV. Doses", ["table IV"]),
        ("a figure of speech, the table 12 feet away and a tablet", ["table 12"]),
        ("no label at all", []),
    ],
)
def test_labels_in_a_text(text: str, named: list[str]) -> None:
    assert labels(text) == named


def test_a_caption_at_the_head_of_a_page_goes_behind_its_first_mention() -> None:
    caption = block("caption", "Figure 1. Survival.", 50, width=500)
    first, second = block("paragraph", "Nothing here.", 100), block("paragraph", "It rose (Fig. 1).", 140)
    third = block("paragraph", "Figure 1 again.", 180)
    assert place_floats([[caption, first, second, third]]) == [[first, second, caption, third]]


def test_a_table_moves_with_its_caption_and_its_notes() -> None:
    caption = block("caption", "Table 1. Doses.", 50, width=500, size=8)
    table = block("table", "| a |", 82, width=500, size=8)
    note = block("footnote", "n, number", 114, width=500, size=8)
    first, second = block("paragraph", "As Table 1 says.", 200), block("paragraph", "More.", 240)
    assert texts(place_floats([[caption, table, note, first, second]])) == [
        ["As Table 1 says.", "Table 1. Doses.", "| a |", "n, number", "More."]
    ]


def test_a_float_stays_on_its_page() -> None:
    early = block("paragraph", "See Figure 1.", 100)
    caption = block("caption", "Figure 1. A heart.", 500, width=500)
    other = block("paragraph", "Text.", 100)
    assert place_floats([[early], [other, caption]]) == [[early], [caption, other]]
    late = block("paragraph", "See Figure 1.", 100)
    assert place_floats([[caption, other], [late]]) == [[other, caption], [late]]


def test_what_goes_on_overleaf_stays_last() -> None:
    caption = block("caption", "Figure 1. A heart.", 50, width=500)
    start = block("paragraph", "As Figure 1 shows, it was", 700)
    rest = block("paragraph", "large.", 50, join=" ")
    assert place_floats([[caption, start], [rest]]) == [[caption, start], [rest]]


def test_a_float_between_two_paragraphs_of_its_column_stays_where_its_author_put_it() -> None:
    blocks = [
        block("paragraph", "See Figure 1.", 50),
        block("paragraph", "Then more.", 100),
        block("caption", "Figure 1. A heart.", 300),
        block("paragraph", "And more.", 340),
    ]
    assert place_floats([blocks]) == [blocks]


def test_small_print_below_a_table_is_its_note() -> None:
    table = block("table", "| a |", 100, width=500, size=8)
    note, text = block("paragraph", "n, number.", 132, width=300, size=8), block("paragraph", "Text.", 170)
    pages = [[table, note, text]]
    mark_notes(pages, 10.0)
    assert [part.kind for part in pages[0]] == ["table", "footnote", "paragraph"]


def test_nothing_is_lost_and_pages_keep_their_blocks() -> None:
    chance = random.Random(7)
    pages = []
    for _ in range(30):
        kinds = [chance.choice(["paragraph", "caption", "table", "footnote", "heading"]) for _ in range(8)]
        page = [
            block(
                kind,
                f"{chance.choice(['Figure', 'Table'])} {chance.randint(1, 4)} {chance.random()}",
                40 * i,
                chance.choice([50, 320]),
                join=" " if kind == "paragraph" and chance.random() < 0.3 else None,
            )
            for i, kind in enumerate(kinds)
        ]
        pages.append(page)
    for before, after in zip(pages, place_floats(pages), strict=True):
        assert sorted(map(id, before)) == sorted(map(id, after))
        joined = [(before[i - 1], part) for i, part in enumerate(before) if part.join is not None and i]
        assert all(after[after.index(part) - 1] is head for head, part in joined)
