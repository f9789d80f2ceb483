from __future__ import annotations

import re
from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.sections import Section, SectionConfig, cut


def block(
    kind: str, text: str, level: int = 0, join: str | None = None, confidence: float | None = None
) -> dict[str, Any]:
    return {"kind": kind, "level": level, "text": text, "bbox": None, "confidence": confidence, "join": join}


def pages(*blocks_of_pages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"page": number, "blocks": blocks} for number, blocks in enumerate(blocks_of_pages, start=1)]


def sentences(word: str, count: int) -> str:
    return " ".join(f"{word.capitalize()} sentence number {i} of the paragraph." for i in range(count))


def test_short_document_is_one_record() -> None:
    document = pages(
        [
            block("heading", "Asthma", 1),
            block("heading", "Treatment", 2),
            block("paragraph", "Inhaled steroids are used when"),
        ],
        [
            block("paragraph", "symptoms persist.", join=" ", confidence=0.9),
            block("heading", "Follow-up", 2),
            block("paragraph", "Yearly."),
        ],
    )
    (section,) = cut(document, "Asthma")
    assert section.text == (
        "# Asthma\n\n## Treatment\n\nInhaled steroids are used when symptoms persist.\n\n## Follow-up\n\nYearly."
    )
    assert section.path == ()
    assert (section.page_start, section.page_end, section.confidence) == (1, 2, 0.9)
    assert [(section.text[s.start : s.end], s.page, s.block) for s in section.spans][2:4] == [
        ("Inhaled steroids are used when", 1, 2),
        ("symptoms persist.", 2, 0),
    ]


def test_long_document_is_cut_at_headings() -> None:
    body = sentences("body", 60)
    document = pages(
        [
            block("heading", "Cardiology", 1),
            block("heading", "Angina", 2),
            block("paragraph", body),
            block("heading", "Heart failure", 2),
            block("heading", "Drugs", 3),
            block("paragraph", body),
            block("heading", "Devices", 3),
            block("paragraph", "A short one."),
        ]
    )
    sections = cut(document, "A handbook", SectionConfig(max_bytes=4_000, min_bytes=500))
    assert [s.path for s in sections] == [("Cardiology", "Angina"), ("Cardiology", "Heart failure")]
    assert sections[0].text.startswith("# Cardiology\n\n## Angina\n\n")
    assert sections[1].text.startswith("## Heart failure\n\n### Drugs\n\n")
    assert sections[1].text.endswith("### Devices\n\nA short one.")


def test_small_sections_do_not_cross_their_parent() -> None:
    document = pages(
        [
            block("heading", "One", 1),
            block("heading", "A", 2),
            block("paragraph", sentences("a", 80)),
            block("heading", "B", 2),
            block("paragraph", "Small."),
            block("heading", "Two", 1),
            block("heading", "C", 2),
            block("paragraph", sentences("c", 80)),
        ]
    )
    sections = cut(document, "", SectionConfig(max_bytes=5_000, min_bytes=500))
    assert [s.path for s in sections] == [("One",), ("Two", "C")]
    assert "Small." in sections[0].text


def test_references_stand_apart() -> None:
    document = pages(
        [
            block("heading", "Results", 1),
            block("paragraph", "Text."),
            block("reference", "9. A stray reference on this page."),
            block("paragraph", "More text."),
            block("heading", "References", 1),
            block("reference", "1. Smith J. Lancet 2001;3:4-5."),
            block("reference", "continued here", join=" "),
        ]
    )
    sections = cut(document, "")
    assert [s.kind for s in sections] == ["text", "reference"]
    assert sections[0].text == "# Results\n\nText.\n\nMore text."
    assert sections[1].text.endswith("Lancet 2001;3:4-5. continued here")
    chinese = pages([block("paragraph", "正文。"), block("heading", "参考文献", 1), block("paragraph", "[1] 张三.")])
    assert [s.kind for s in cut(chinese, "")] == ["text", "reference"]


def test_paragraph_continues_over_floats_but_not_over_headings() -> None:
    document = pages(
        [block("paragraph", "糖尿病患"), block("table", "| a |\n| - |"), block("footnote", "1 Note.")],
        [block("paragraph", "者应控制血糖。", join=""), block("heading", "新", 1), block("paragraph", "x", join=" ")],
    )
    (section,) = cut(document, "")
    assert section.text == "糖尿病患者应控制血糖。\n\n| a |\n| - |\n\n1 Note.\n\n# 新\n\nx"


def test_long_section_is_cut_between_paragraphs_with_its_bonds() -> None:
    blocks = [block("heading", "Doses", 1)]
    for index in range(12):
        blocks += [
            block("paragraph", sentences(f"p{index}", 8) + " As follows:"),
            block("caption", f"Table {index}"),
            block("table", "| drug | dose |\n| --- | --- |\n| x | 5 mg |"),
            block("footnote", f"* note {index}"),
        ]
    sections = cut(pages(blocks), "", SectionConfig(max_bytes=1_500, min_bytes=200))
    assert len(sections) > 3
    for section in sections:
        assert len(section.text.encode()) <= 1_700
        assert section.path == ("Doses",)
        assert not section.text.startswith(("|", "*"))
        assert not section.text.rstrip().endswith("Doses")


def test_over_long_paragraph_is_cut_at_sentence_ends() -> None:
    english, chinese = sentences("long", 200), "患者应每日服药一次，并监测血糖。" * 200
    for text in (english, chinese):
        sections = cut(pages([block("paragraph", text)]), "", SectionConfig(max_bytes=1_000, min_bytes=100))
        assert all(s.text.endswith((".", "。")) and len(s.text.encode()) < 1_100 for s in sections)
        assert all(text[s.spans[0].start : 0] == "" for s in sections)


KINDS = ("heading", "paragraph", "list", "table", "caption", "footnote", "formula", "reference")


@st.composite
def documents(draw: st.DrawFn) -> list[dict[str, Any]]:
    words = st.lists(
        st.sampled_from(["alpha", "5 mg", "糖尿病。", "end. ", "References", "\n", "x" * 90, " "]), max_size=12
    )
    blocks = st.builds(
        block,
        st.sampled_from(KINDS),
        words.map(" ".join),
        st.integers(0, 4),
        st.sampled_from([None, None, "", " "]),
        st.sampled_from([None, 0.5, 1.0]),
    )
    return pages(*draw(st.lists(st.lists(blocks, max_size=8), max_size=4)))


def _characters(texts: list[str]) -> Counter[str]:
    return Counter(re.sub(r"\s", "", "".join(texts)))


@settings(max_examples=300, deadline=None)
@given(documents(), st.sampled_from([60, 300, 12_000]), st.sampled_from([10, 200]))
def test_nothing_is_lost(document: list[dict[str, Any]], max_bytes: int, min_bytes: int) -> None:
    sections = cut(document, "alpha", SectionConfig(max_bytes=max_bytes, min_bytes=min_bytes))
    source = {(p["page"], i): b["text"] for p in document for i, b in enumerate(p["blocks"])}
    spanned: list[str] = []
    for ordinal, section in enumerate(sections):
        assert section.ordinal == ordinal
        _check_cover(section)
        spanned += [section.text[s.start : s.end] for s in section.spans]
        for span in section.spans:
            inside = re.sub(r"\s", "", section.text[span.start : span.end])
            assert inside and inside in re.sub(r"\s", "", source[span.page, span.block])
    assert _characters(spanned) == _characters(list(source.values()))


def _check_cover(section: Section) -> None:
    position = 0
    between = []
    for span in section.spans:
        assert position <= span.start < span.end <= len(section.text)
        between.append(section.text[position : span.start])
        position = span.end
    assert position == len(section.text)
    assert re.fullmatch(r"[\s#]*", "".join(between))
    assert section.page_start == min(s.page for s in section.spans)
