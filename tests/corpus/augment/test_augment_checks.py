"""No augmented text says what its source does not."""

from __future__ import annotations

import pytest

from corpus.augment.checks import balanced, check, numbers
from corpus.augment.parent import Parent
from corpus.augment.text import Augmented, Stretch
from nlp.tagging import load_tagger

TEXT = (
    "Amoxicillin 500 mg three times daily is used for otitis media. Warfarin must be stopped before surgery. "
    "In 1994 the trial enrolled 1,250 patients with myocardial infarction (MI)."
)
ZH = "阿莫西林每次0.5克，一日三次，用于中耳炎。孕妇禁用华法林。"


def parent(text: str = TEXT, lang: str = "en") -> Parent:
    return Parent("f" * 24, lang, "A title", ("Dosage",), text, (), ())


@pytest.fixture(scope="module")
def tag():
    return load_tagger("lexicon").tag


def fault(text: str, tag, source: Parent | None = None) -> str | None:
    source = source or parent()
    rests = (Stretch(0, len(text), 0, len(source.text), verbatim=False),)
    found = check(Augmented(text, rests, "x/0"), source, tag)
    return found.reason if found else None


@pytest.mark.parametrize(
    "text",
    [
        "What is amoxicillin used for? Otitis media, at 500 mg three times daily.",
        "1. Warfarin is stopped before surgery.\n2. The trial enrolled 1250 patients.",
        "Myocardial infarction is abbreviated as MI in the part on dosage.",
    ],
)
def test_what_keeps_to_its_source_passes(text, tag):
    assert fault(text, tag) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Amoxicillin 250 mg is used for otitis media.", "a number that is not in its source"),
        ("Amoxicillin 500 ml is used for otitis media.", "a number that is not in its source"),
        ("The trial of 1995 enrolled patients.", "a number that is not in its source"),
        ("Amoxicillin is used twice: five tablets daily.", "a number that is not in its source"),
        ("Cefuroxime 500 mg is used for otitis media.", "a drug that is not in its source"),
        ("Amoxicillin is used for pneumonia.", "a medical name that is not in its source"),
        ("Amoxicillin", "too short"),
        ("Amoxicillin is used for {disease} in general.", "broken characters or marks"),
        ("Amoxicillin <|im_end|> is used.", "broken characters or marks"),
        ("Amoxicillin (500 mg is used for otitis media.", "brackets that do not match"),
        ("阿莫西林用于治疗中耳炎的患者，一日三次。", "another language"),
    ],
)
def test_what_does_not_is_named(text, reason, tag):
    assert fault(text, tag) == reason


def test_another_word_for_the_same_disease_passes_but_not_for_a_drug(tag):
    """Drugs are held to their very names; elsewhere the concept counts."""
    source = parent("Herpes zoster and MIs; a myocardial infarction was seen in some.")
    assert fault("Myocardial infarctions were what some of them had.", tag, source) is None
    source = parent("Acetaminophen lowers fever in most patients.")
    assert fault("Paracetamol lowers fever in most patients.", tag, source) == "a drug that is not in its source"


def test_chinese_amounts_and_numerals_count(tag):
    source = parent(ZH, "zh")
    assert fault("阿莫西林的用法是每次0.5克，一日三次。", tag, source) is None
    assert fault("阿莫西林的用法是每次0.5克，一日两次。", tag, source) == "a number that is not in its source"
    assert fault("阿莫西林的用法是每次0.5毫克，一日三次。", tag, source) == "a number that is not in its source"


def test_a_quotation_that_does_not_stand_in_the_source_is_found(tag):
    made = Augmented("Warfarin must be stopped before surgery.", (Stretch(0, 8, 0, 11),), "x/0")
    assert check(made, parent(), tag).reason == "quotes what its source does not say"
    assert check(Augmented("Warfarin must be stopped.", (), "x/0"), parent(), tag).reason == "rests on nothing"


def test_a_text_far_longer_than_its_source_is_refused(tag):
    assert fault("Warfarin must be stopped before surgery. " * 40, tag) == "longer than its source allows"


def test_numbers_are_told_with_their_units():
    assert {"500|mg", "1250", "1994"} <= numbers(TEXT)
    assert numbers("0.5克，一日三次") >= {"0.5", "3|次"} | {n for n in numbers("0.50 g") if "|" in n}


def test_list_marks_are_no_brackets():
    assert balanced("a) one\nb) two (three)")
    assert not balanced("one (two")
    assert not balanced("（一")
