"""What each method makes of a text, and that none says more than the text does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from corpus.augment.checks import check
from corpus.augment.methods import METHODS, augment
from corpus.augment.parent import Parent
from nlp.normalise import normalise

EN = """## Heart failure

Heart failure is a clinical syndrome in which the heart cannot pump enough blood. Left ventricular hypertrophy and
hypertension often precede it. Angiotensin-converting enzyme (ACE) inhibitors lower the blood pressure.

Furosemide is used to treat edema. Metformin does not cause hypoglycemia. Amiodarone may cause hypothyroidism.

| Drug | Starting dose | Remark |
| --- | --- | --- |
| enalapril | 2.5 mg twice daily | watch potassium |
| bisoprolol | 1.25 mg once daily | not in asthma |

The patient is weighed at the start of the visit. Then the legs are examined for edema. Next the blood pressure is taken.
Finally the drugs are reviewed with the patient.
"""

ZH = """## 消渴

消渴是一种以多饮、多尿为主的病证。小便赤涩，兼见口渴者，膀胱有热也。患者多有口渴、多尿与体重下降。

急性冠状动脉综合征（ACS）的患者应尽早使用阿司匹林。二甲双胍用于治疗2型糖尿病。

| 药物 | 用量 |
| --- | --- |
| 阿司匹林 | 100毫克 |
| 氯吡格雷 | 75毫克 |

先将药物研为细末。再以温水调匀成糊。然后敷于患处一夜。最后用清水洗净患处。
"""


def made(parent: Parent, method: str) -> list[str]:
    return [augmented.text for augmented in METHODS[method](parent)]


def test_a_heading_leads_to_its_section(make_parent):
    (text,) = made(make_parent(EN), "heading")
    assert "Heart failure" in text
    assert "Heart failure is a clinical syndrome in which the heart cannot pump enough blood." in text


def test_a_sentence_that_says_what_a_thing_is_becomes_a_definition(make_parent):
    (text,) = made(make_parent(EN), "definition")
    assert text.count("Heart failure") == 2
    explained, defined = made(make_parent(ZH), "definition")
    assert "小便赤涩，兼见口渴" in explained and "膀胱有热" in explained
    assert "消渴是一种以多饮、多尿为主的病证。" in defined


@pytest.mark.parametrize(
    "sentence",
    [
        "It is a disease of the heart that many people have.",
        "These are the most common forms of heart failure in adults.",
        "The reason is a lack of oxygen in the heart muscle.",
        "What is a stroke, and how is it treated in the hospital?",
        "Until then, they are known as resting T cells.",
    ],
)
def test_a_sentence_that_leans_on_another_defines_nothing(sentence, make_parent):
    assert made(make_parent(f"## Topic\n\nSome words before it. {sentence}"), "definition") == []


def test_an_abbreviation_and_its_full_name(make_parent):
    (english,) = made(make_parent(EN.replace("ACE) inhibitors", "ACE)")), "abbreviation")
    assert "ACE" in english and "Angiotensin-converting enzyme" in english
    (chinese,) = made(make_parent(ZH), "abbreviation")
    assert "ACS" in chinese and "急性冠状动脉综合征" in chinese


def test_a_full_name_whose_first_word_the_detector_missed(make_parent):
    (text,) = made(
        make_parent("One of them is eastern equine encephalitis (EEE), spread by mosquitoes."), "abbreviation"
    )
    assert "eastern equine encephalitis" in text.replace("is eastern equine encephalitis (EEE)", "", 1)


def test_the_gap_is_a_term_that_stands_nowhere_else_in_the_sentence(make_parent):
    parent = make_parent(EN)
    for augmented in METHODS["cloze"](parent):
        quoted = [parent.text[stretch.parent_start : stretch.parent_end] for stretch in augmented.stretches]
        answer = min(quoted, key=len) if len(quoted) == 3 else quoted[-1]
        sentence = next(
            parent.text[start:end]
            for start, end in parent.sentences
            if start <= augmented.stretches[0].parent_start < end
        )
        assert sentence.lower().count(answer.lower()) == 1
        assert sentence not in augmented.text


def test_what_is_denied_is_never_asked_for_as_a_fact(make_parent):
    texts = made(make_parent(EN), "relation")
    about = {name: [t for t in texts if name in t] for name in ("Furosemide", "Metformin", "Amiodarone")}
    assert all(about.values()), texts
    assert "Furosemide is used to treat edema." in about["Furosemide"][0]
    assert re.search(r"\b(?:No|False|den(?:y|ies))\b", about["Metformin"][0])
    assert re.search(r"possib|may", about["Amiodarone"][0], re.IGNORECASE)
    for texts in about.values():
        assert any(f"{name} " in texts[0] for name in about)


def test_every_answer_about_a_relation_holds_the_whole_sentence(make_parent):
    for text in (EN, ZH):
        parent = make_parent(text)
        for augmented in METHODS["relation"](parent):
            sentence = max(augmented.stretches, key=lambda stretch: stretch.end - stretch.start)
            assert augmented.text[sentence.start : sentence.end].endswith((".", "。"))


def test_each_row_of_a_table_is_said_with_its_own_cells(make_parent):
    enalapril, bisoprolol = made(make_parent(EN), "table")
    assert "bisoprolol" not in enalapril and "1.25 mg" not in enalapril
    assert "enalapril" not in bisoprolol and "2.5 mg" not in bisoprolol
    assert [("100毫克" in t, "75毫克" in t) for t in made(make_parent(ZH), "table")] == [(True, False), (False, True)]


def test_a_row_name_that_occurs_twice_is_never_asked_for(make_parent):
    table = "| Drug | Dose |\n| --- | --- |\n" + "".join(f"| heparin | {n} units |\n" for n in range(1, 9))
    templates = {augmented.template for augmented in METHODS["table"](make_parent(f"Heparin doses.\n\n{table}"))}
    assert templates and all("/row/" in template for template in templates)


@pytest.mark.parametrize(("text", "first"), [(EN, "The patient is weighed"), (ZH, "先将药物研为细末")])
def test_the_order_given_restores_the_text(text, first, make_parent):
    (shuffled,) = made(make_parent(text), "order")
    lines = dict(re.findall(r"^([A-E])\. (.+)$", shuffled, re.MULTILINE))
    order = re.findall(r"[A-E]", re.findall(r"[A-E](?:, [A-E])+", shuffled)[-1])
    assert order != sorted(order)
    assert lines[order[0]].startswith(first)
    positions = [text.replace("\n", " ").find(lines[letter].replace("\n", " ")) for letter in order]
    assert positions == sorted(positions) and positions[0] > 0


def test_the_wording_depends_on_the_record_alone(make_parent):
    parent = make_parent(EN)
    assert list(augment(parent, tuple(METHODS), 9)) == list(augment(parent, tuple(METHODS), 9))
    others = {text for n in range(40) for text in made(make_parent(EN, id=f"{n:024x}"), "definition")}
    assert len(others) > 10


def test_texts_in_other_languages_are_left_alone(make_parent):
    parent = make_parent("Die Herzinsuffizienz ist ein Syndrom, bei dem das Herz nicht genug Blut pumpt.")
    assert not list(augment(parent, tuple(METHODS), 9))


def sample_texts(sample_docs: Path) -> list[str]:
    files = [*sorted((sample_docs / "textbook").glob("*.md")), *sorted((sample_docs / "textbook").glob("*.txt"))]
    texts = [file.read_text(encoding="utf-8", errors="ignore") for file in files]
    return [normalise(text, "en") for text in texts]


def test_no_number_and_no_name_is_new_and_every_quotation_is_true(sample_docs, make_parent, tag):
    """The property behind all of it, over all sample texts and methods."""
    methods = set()
    for number, text in enumerate([EN, ZH, *sample_texts(sample_docs)]):
        parent = make_parent(text, id=f"{number:024x}")
        for method, _, augmented in augment(parent, tuple(METHODS), 50):
            assert check(augmented, parent, tag) is None, augmented.text
            methods.add(method)
            for stretch in augmented.stretches:
                quoted = parent.text[stretch.parent_start : stretch.parent_end]
                assert augmented.text[stretch.start : stretch.end] == quoted
    assert methods == set(METHODS)


def test_no_wording_of_a_method_prevails(make_parent):
    """Each method has so many wordings, evenly chosen, that one method alone stays below its share."""
    counts: dict[str, int] = {}
    for number in range(400):
        for augmented in METHODS["heading"](make_parent(EN, id=f"{number:024x}")):
            counts[augmented.template] = counts.get(augmented.template, 0) + 1
    assert max(counts.values()) / sum(counts.values()) < 0.09


def test_a_doubtful_mention_and_its_relations_are_not_augmented_with() -> None:
    def entity(start: int, end: int, label: str, score: float) -> dict[str, object]:
        return {"start": start, "end": end, "label": label, "score": score}

    text = "Fat relieves pain; aspirin relieves fever."
    row = {
        "id": "0" * 24, "lang": "en", "title": "T", "section": [], "text": text,
        "entities": [
            entity(0, 3, "drug", 0.4), entity(13, 17, "symptom", 0.97), entity(19, 26, "drug", 0.99),
            entity(36, 41, "symptom", 0.95),
        ],
        "relations": [{"head": 0, "tail": 1, "label": "treats"}, {"head": 2, "tail": 3, "label": "treats"}],
    }  # fmt: skip
    parent = Parent.of(row)
    assert [text[e.start : e.end] for e in parent.entities] == ["pain", "aspirin", "fever"]
    assert [(text[parent.entities[r.head].start :][:7], r.tail) for r in parent.relations] == [("aspirin", 2)]
