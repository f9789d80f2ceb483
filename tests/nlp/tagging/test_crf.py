"""CRF taggers: tags and entities are inverse, a small model learns, the shipped models tag both languages."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from nlp.formats import AnnotatedText
from nlp.spans import Entity
from nlp.tagging import load_tagger
from nlp.tagging.crf import CrfTagger, propagate, to_entities, to_tags, tokenize
from nlp.train import CrfConfig, cross_validate, train_crf


def _document(drug: str, disease: str, number: int) -> AnnotatedText:
    text = f"We gave {drug} to patients with {disease}."
    return AnnotatedText(
        str(number),
        text,
        (
            Entity(text.index(drug), text.index(drug) + len(drug), "drug"),
            Entity(text.index(disease), text.index(disease) + len(disease), "disease"),
        ),
    )


DOCUMENTS = [
    _document(drug, disease, i)
    for i, (drug, disease) in enumerate(
        [
            (f"{a}ol", f"{b} fever")
            for a in ("fen", "bar", "dal", "mor")
            for b in ("red", "blue", "black", "old", "swamp")
        ]
    )
]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_tags_and_entities_are_inverse(lang: str) -> None:
    text = "TNF-α-induced 急性肾衰竭 in 2型 rats"
    tokens = tokenize(text, 0, len(text), lang)
    entities = [Entity(0, 5, "gene"), Entity(14, 17 if lang == "zh" else 19, "disease"), Entity(23, 24, "drug")]
    assert to_entities(tokens, to_tags(tokens, entities)) == entities


def test_a_small_model_learns_and_is_repeatable(tmp_path: Path) -> None:
    config = CrfConfig(iterations=40, folds=2)
    train_crf(DOCUMENTS, tmp_path / "a", config)
    train_crf(DOCUMENTS, tmp_path / "b", config)
    assert (tmp_path / "a/model.crfsuite").read_bytes() == (tmp_path / "b/model.crfsuite").read_bytes()
    text = "😀 We gave morol to patients with swamp fever."
    [entities] = load_tagger(f"crf:{tmp_path / 'a'}").tag([text])
    assert [(text[e.start : e.end], e.label) for e in entities] == [("morol", "drug"), ("swamp fever", "disease")]


def test_cross_validation(tmp_path: Path) -> None:
    assert cross_validate(DOCUMENTS, tmp_path, CrfConfig(iterations=30, folds=2), 2) > 0.8


def test_nothing_annotated_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no annotated entity"):
        train_crf([AnnotatedText("1", "Some text.", ())], tmp_path, CrfConfig())


def test_missing_model_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nlp train ner"):
        CrfTagger(tmp_path)


def test_a_found_name_is_found_again_in_the_same_text() -> None:
    text = "Zorvalin helps. Patients on Zorvalin or Zorvalinol improved."
    assert [(e.start, e.end) for e in propagate(text, [Entity(0, 8, "drug")])] == [(0, 8), (28, 36)]


def test_shipped_models_in_both_languages_and_mixed() -> None:
    tagger = load_tagger("crf")
    texts = [
        "Aspirin caused gastric bleeding.",
        "我妈妈得了糖尿病，经常头晕。",
        "Aspirin was given. 他咳嗽了三天，怀疑肺炎。",
        "",
        "\n\t",
    ]
    english, chinese, mixed, empty, blank = tagger.tag(texts)
    assert ("Aspirin", "drug") in [(texts[0][e.start : e.end], e.label) for e in english]
    assert ("糖尿病", "disease") in [(texts[1][e.start : e.end], e.label) for e in chinese]
    assert {texts[2][e.start : e.end] for e in mixed} >= {"Aspirin", "肺炎"}
    assert empty == blank == []


def test_cascade_has_all_labels_and_leaves_general_text_alone() -> None:
    tagger = load_tagger("cascade")
    text = "Metformin 500 mg was given for type 2 diabetes; HbA1c fell and EGFR in the liver was normal after surgery. No fever."
    [entities, none] = tagger.tag([text, "The parliament met on Tuesday to discuss the budget of the railways."])
    assert {e.label for e in entities} == {"drug", "dose", "disease", "test", "gene", "anatomy", "procedure", "symptom"}
    assert none == []
    for before, after in pairwise(entities):
        assert before.end <= after.start
