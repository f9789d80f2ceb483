"""The lexicon tagger: exact offsets, word boundaries, modifiers, endings, doses, hostile text."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.spans import Entity
from nlp.tagging import load_tagger
from nlp.tagging.density import medical_density
from nlp.tagging.doses import find_doses
from nlp.tagging.folding import fold
from nlp.tagging.lexicon import LexiconTagger
from nlp.vocabulary import SOURCES, Term, built_in_terms

TAGGER = load_tagger("lexicon")


def mentions(text: str) -> list[tuple[str, str]]:
    [entities] = TAGGER.tag([text])
    return [(text[e.start : e.end], e.label) for e in entities]


def test_english_and_chinese_sentence() -> None:
    assert mentions("Metformin 500 mg was given for type 2 diabetes.") == [
        ("Metformin", "drug"), ("500 mg", "dose"), ("type 2 diabetes", "disease"),
    ]  # fmt: skip
    assert mentions("口服盐酸二甲双胍片0.5g治疗2型糖尿病，行胸部CT检查") == [
        ("盐酸二甲双胍片", "drug"), ("0.5g", "dose"), ("2型糖尿病", "disease"), ("胸部CT检查", "test"),
    ]  # fmt: skip


def test_the_same_concept_in_both_languages() -> None:
    [[english], [chinese]] = TAGGER.tag(["metformin", "二甲双胍"])
    assert english.concept_id == chinese.concept_id is not None


def test_words_are_not_found_inside_words() -> None:
    assert mentions("He was leading the painter and the heartless coughdrop carton.") == []
    assert mentions("hepatitis carriers") == [("hepatitis", "disease")]


def test_chinese_next_to_latin_is_a_boundary() -> None:
    assert ("HER2", "gene") in mentions("肿瘤HER2阳性")
    assert ("aspirin", "drug") in mentions("口服aspirin片")


def test_symbols_match_in_their_own_case() -> None:
    assert mentions("She was all right and met him.") == []
    assert ("ALL", "disease") in mentions("Children with ALL relapse.")


def test_modifier_belongs_to_the_disease() -> None:
    assert mentions("acute pancreatitis") == [("acute pancreatitis", "disease")]
    assert mentions("慢性支气管炎急性加重")[0] == ("慢性支气管炎", "disease")
    assert mentions("an acute and brief visit") == []


def test_endings_of_unknown_words() -> None:
    assert mentions("novostatin after xylectomy for foobaritis") == [
        ("novostatin", "drug"), ("xylectomy", "procedure"), ("foobaritis", "disease"),
    ]  # fmt: skip
    assert mentions("a diploma and an analysis") == []


@pytest.mark.parametrize(
    ("text", "doses"),
    [
        ("500 mg, 5-10 mg, 10 mg/kg/day, 0.1 mcg/kg/min", ["500 mg", "5-10 mg", "10 mg/kg/day", "0.1 mcg/kg/min"]),
        ("Take two tablets at once, then one or two capsules a day.", ["two tablets", "one or two capsules"]),
        ("每次2片，0.25g，10万U，10～20mg/d", ["2片", "0.25g", "10万U", "10～20mg/d"]),
        ("hemoglobin 12 g/dL, glucose 110 mg/dl, weight 70 kg, blood loss of 500 ml", []),
        ("血红蛋白120g/L，出生体重3200g，失血500ml，120次/分", []),
    ],
)
def test_doses(text: str, doses: list[str]) -> None:
    assert [text[a:b] for a, b in find_doses(fold(text))] == doses


@pytest.mark.parametrize(
    "text",
    [
        "😀aspirin😀 阿司匹林\t\u200f aspirin",
        "ＡＳＰＩＲＩＮ　500ｍｇ",
        "İİİ aspirin",
        "cafe\u0301 aspirin",
        "acute\nrenal failure",
    ],
)
def test_offsets_in_odd_text(text: str) -> None:
    [entities] = TAGGER.tag([text])
    assert entities
    for entity in entities:
        assert fold(text[entity.start : entity.end]).strip() == fold(text[entity.start : entity.end]) != ""


@given(
    st.lists(
        st.sampled_from(
            ["aspirin", "阿司匹林", " ", "\t", "😀", "İ", "Ａ", "e\u0301", "\u202e", "\x00", "x", "，", "5 mg"]
        )
    )
)
def test_offsets_are_exact_and_spans_do_not_overlap(parts: list[str]) -> None:
    text = "".join(parts)
    [entities] = TAGGER.tag([text])
    for before, after in pairwise(entities):
        assert before.end <= after.start
    for entity in entities:
        assert 0 <= entity.start < entity.end <= len(text)
        if entity.label == "drug":
            assert text[entity.start : entity.end] in {"aspirin", "阿司匹林"}


@given(st.text())
def test_folding_keeps_length(text: str) -> None:
    assert len(fold(text)) == len(text)


def test_hostile_texts() -> None:
    assert TAGGER.tag(["", " ", "\x00\x01", "\u202eniripsa"]) == [[], [], [], []]
    long = "aspirin 阿司匹林 " * 20_000
    [entities] = TAGGER.tag([long])
    assert len(entities) == 40_000


def test_density() -> None:
    assert medical_density("", []) == 0.0
    assert medical_density("aspirin ok", [Entity(0, 7, "drug")]) == pytest.approx(7 / 9)


def test_every_built_in_term_has_a_known_source() -> None:
    assert {term.source for term in built_in_terms()} <= set(SOURCES)


def test_own_table(tmp_path: Path) -> None:
    table = tmp_path / "terms.tsv"
    table.write_text("term\tlabel\tconcept_id\nfoo bar\tdisease\tX:1\n", encoding="utf-8")
    [[entity]] = load_tagger(f"lexicon:{table}").tag(["the Foo Bar"])
    assert (entity.start, entity.end, entity.label, entity.concept_id) == (4, 11, "disease", "X:1")
    table.write_text("term\tkind\nx\ty\n", encoding="utf-8")
    with pytest.raises(ValueError, match="term and label"):
        load_tagger(f"lexicon:{table}")
    with pytest.raises(FileNotFoundError):
        load_tagger("lexicon:/nowhere.tsv")


def test_suffix_never_hides_a_word_of_the_same_form() -> None:
    tagger = LexiconTagger([Term("~itis", "disease"), Term("itis", "anatomy")], doses=False)
    [[entity]] = tagger.tag(["itis"])
    assert entity.label == "anatomy"


def test_unknown_tagger_says_what_there_is() -> None:
    with pytest.raises(ValueError, match="lexicon, crf, cascade"):
        load_tagger("magic")
