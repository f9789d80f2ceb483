"""Every default annotator on hostile text: offsets stay exact, nothing fails, and time grows with the text, not its square."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.abbreviations import find_abbreviations, spread_definitions
from nlp.context import annotate
from nlp.phi import redact
from nlp.relations import load_extractor
from nlp.spans import Entity
from nlp.tagging import load_tagger

PIECES = [
    "aspirin", "Aspirin 5 mg", "阿司匹林", "急性肾衰竭", "acute kidney injury (AKI)", "急性冠脉综合征（ACS）", "no fever", "无发热", "causes",
    "引起", "TNF-α", "😀", "𝒳", "İ", "ＡＳＰＩＲＩＮ", "e\u0301", "é", "\u202eمرحبا\u202c", "\x00", "\x0b", "\ufeff", "\u200b", "\t", "\r\n",
    "\n\n", " ", "\u3000", "，", "。", ". ", "(", ")", "13912345678", "患者张三", "我头晕吗",
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)
TAGGERS = {name: load_tagger(name) for name in ("lexicon", "crf", "cascade")}


def check(text: str, entities: list[Entity]) -> None:
    assert all(0 <= e.start < e.end <= len(text) for e in entities)
    assert all(text[e.start : e.end].strip() for e in entities)
    assert all(before.end <= after.start for before, after in pairwise(entities))


@settings(max_examples=15, deadline=None)
@given(TEXTS)
def test_offsets_are_exact_through_the_whole_layer(text: str) -> None:
    for tagger in TAGGERS.values():
        [entities] = tagger.tag([text])
        check(text, entities)
        check(text, spread_definitions(text, entities, "own"))
        flagged = annotate(text, entities)
        assert [(e.start, e.end, e.label) for e in flagged] == [(e.start, e.end, e.label) for e in entities]
        for extractor in ("rules", "linear"):
            for relation in load_extractor(extractor).extract(text, flagged):
                assert 0 <= relation.evidence_start < relation.evidence_end <= len(text)
                for index in (relation.head, relation.tail):
                    assert relation.evidence_start <= flagged[index].start
                    assert flagged[index].end <= relation.evidence_end


@pytest.mark.parametrize("name", TAGGERS)
def test_a_name_is_found_at_its_place_whatever_stands_before_it(name: str) -> None:
    for before in ("😀𝒳 ", "İİ ", "e\u0301 ", "\u202eمرحبا\u202c ", "\t\x0b ", "ＡＢＣ　"):
        text = f"{before}aspirin caused gastric bleeding."
        [entities] = TAGGERS[name].tag([text])
        assert "aspirin" in [text[e.start : e.end] for e in entities if e.label == "drug"]


@pytest.mark.parametrize("text", ["", " ", "\n\t", "\x00\x01", "\u202e", "\ud800"])
def test_texts_without_a_word(text: str) -> None:
    for tagger in TAGGERS.values():
        assert tagger.tag([text]) == [[]]
    assert annotate(text, []) == [] and find_abbreviations(text) == []
    assert load_extractor("rules").extract(text, []) == []


def whole_layer(text: str) -> None:
    [entities] = TAGGERS["lexicon"].tag([text])
    flagged = annotate(text, entities)
    load_extractor("rules").extract(text, flagged)
    load_extractor("linear").extract(text, flagged)
    find_abbreviations(text, entities)
    spread_definitions(text, entities, "own")


def seconds(run: Callable[[str], object], text: str) -> float:
    started = time.process_time()
    run(text)
    return time.process_time() - started


@pytest.mark.parametrize(
    "unit", ["a", "(", "1", "no ", "aspirin, ", "aspirin causes fever ", "患者否认发热，", "心肌梗死（MI）与MI "]
)
def test_no_sentence_is_too_long(unit: str) -> None:
    # A square would take a hundred times as long for ten times the text; a loose bound survives a busy machine.
    short, long = (unit * (size // len(unit)) for size in (10_000, 100_000))
    whole_layer(short)
    assert seconds(whole_layer, long) < 40 * seconds(whole_layer, short) + 2


def test_ten_megabytes() -> None:
    for text in ("x" * 10_000_000, "Nothing to see here. 天气很好。\n" * 400_000):
        whole_layer(text)
        assert TAGGERS["cascade"].tag([text]) == [[]]
    assert redact("x" * 10_000_000, "en").text == "x" * 10_000_000
