"""Language identification: script first, a vote over the blocks, mixtures are normal."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.language import count_scripts, detect, detect_blocks


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The patient was given aspirin and discharged on the following day.", "en"),
        ("Pt c/o SOB, CXR clear. Rx: amoxicillin 500 mg tid for the chest infection, f/u in 1 wk with PCP.", "en"),
        ("患者因胸痛入院，给予阿司匹林治疗。", "zh"),
        ("患者因胸痛入院，ECG 示 ST 段抬高，予 aspirin 300 mg、clopidogrel 300 mg 口服，行 PCI 术。", "zh"),
        ("病患因胸痛入院，給予阿斯匹靈治療。", "zh"),
        ("患者は胸痛で入院し、アスピリンを投与されました。", "ja"),
        ("환자는 흉통으로 입원하여 아스피린을 투여받았다.", "ko"),
        ("Der Patient wurde mit Brustschmerzen aufgenommen und erhielt Aspirin.", "de"),
        ("Le patient a été hospitalisé pour une douleur thoracique et a reçu de l'aspirine.", "fr"),
        ("Пациент поступил с болью в груди и получил аспирин.", "ru"),
        ("أدخل المريض إلى المستشفى بسبب ألم في الصدر وأعطي الأسبرين.", "ar"),
        ("Ο ασθενής εισήχθη με πόνο στο στήθος.", "el"),
        ("", "und"),
        ("123 456,7 %", "und"),
        ("\x00\x01\x02", "und"),
    ],
)
def test_detect(text: str, language: str) -> None:
    assert detect(text) == language


def test_document_votes_over_its_blocks() -> None:
    english = "The heart pumps blood through the vessels of the body, and the lungs fill it with oxygen."
    chinese = "心脏把血液泵到全身的血管，肺部给血液带来氧气。"
    assert detect("\n\n".join([english] * 5 + [chinese])) == "en"
    assert detect("\n\n".join([english] + [chinese] * 12)) == "zh"
    assert detect_blocks([english, chinese, "42"]) == ["en", "zh", "und"]


ENGLISH = "The heart pumps blood through the vessels of the body, and the lungs fill it with oxygen before it returns."
GERMAN = (
    "Das Herz pumpt das Blut durch die Gefäße des Körpers, und die Lunge versorgt es mit Sauerstoff, bevor es kommt."
)
SPANISH = (
    "El corazón bombea la sangre por los vasos del cuerpo y los pulmones la llenan de oxígeno antes de que regrese."
)
CHINESE = "心脏把血液泵到全身的血管，肺部给血液带来氧气，然后血液回到心脏。"


@pytest.mark.parametrize(
    ("blocks", "language"),
    [
        ([ENGLISH] * 5 + [GERMAN], "en"),
        ([ENGLISH] + [GERMAN] * 5, "de"),
        ([ENGLISH] * 2 + [SPANISH] * 3, "es"),
        ([CHINESE] * 3 + [ENGLISH], "zh"),
        ([CHINESE] + [ENGLISH] * 6, "en"),
        (["Ibuprofen 400 mg; Metformin 500 mg; Aspirin 75 mg", *[GERMAN] * 3], "de"),
        ([ENGLISH, "Пациент поступил с болью в груди и получил аспирин и кислород в отделении." * 3], "ru"),
    ],
)
def test_the_clearest_texts_are_told_at_a_glance_and_the_others_by_vote(blocks: list[str], language: str) -> None:
    assert detect("\n\n".join(blocks)) == language
    assert detect("\n\n".join(reversed(blocks))) == language


def test_ten_megabytes_and_direction_marks() -> None:
    assert detect("The patient was seen in the clinic and sent home.\n\n" * 200_000) == "en"
    assert detect("\u202eالمريض في المستشفى مع أسرته اليوم\u202c " * 1000) == "ar"
    detect("a" * 10_000_000)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300))
def test_any_text_has_an_answer(text: str) -> None:
    assert 2 <= len(detect(text)) <= 3
    assert sum(count_scripts(text).values()) <= len(text)
