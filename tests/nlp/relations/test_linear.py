"""The linear relation classifier: learns, is repeatable, and the shipped model finds a plain case."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlp.evaluate import concept_pairs
from nlp.formats import AnnotatedText
from nlp.relations import load_extractor
from nlp.spans import Entity
from nlp.train import RelationConfig, train_relations


def _document(number: int, causes: bool) -> AnnotatedText:
    drug, disease = f"drug{number}", f"disease{number}"
    text = f"{disease} induced by {drug} was seen." if causes else f"{disease} was treated with {drug} well."
    entities = tuple(
        sorted(
            (
                Entity(text.index(drug), text.index(drug) + len(drug), "drug", f"R:{number}"),
                Entity(text.index(disease), text.index(disease) + len(disease), "disease", f"D:{number}"),
            ),
            key=lambda e: e.start,
        )
    )
    relations = frozenset({(f"R:{number}", f"D:{number}", "causes")} if causes else ())
    return AnnotatedText(str(number), text, entities, (), relations)


DOCUMENTS = [_document(i, i % 3 != 0) for i in range(40)]


def test_learns_and_is_repeatable(tmp_path: Path) -> None:
    config = RelationConfig(strength=1.0, bits=12)
    figures = train_relations(DOCUMENTS, tmp_path / "a", config)
    assert figures["cross_validated_f1"] > 0.95
    train_relations(DOCUMENTS, tmp_path / "b", config)
    assert (tmp_path / "a/model.safetensors").read_bytes() == (tmp_path / "b/model.safetensors").read_bytes()
    extractor = load_extractor(f"linear:{tmp_path / 'a'}")
    for causes in (True, False):
        document = _document(77, causes)
        relations = extractor.extract(document.text, document.entities)
        found = concept_pairs(document.text, document.entities, relations, "causes")
        assert found == ({("R:77", "D:77")} if causes else set())


def test_shipped_model() -> None:
    text = "Isoniazid-induced hepatitis. We report a case of hepatitis after isoniazid."
    entities = [Entity(0, 9, "drug"), Entity(18, 27, "disease"), Entity(49, 58, "disease"), Entity(65, 74, "drug")]
    relations = load_extractor("linear").extract(text, entities)
    assert [(entities[r.head].label, r.label, entities[r.tail].label) for r in relations] == [
        ("drug", "causes", "disease")
    ]
    assert all(0 < r.score <= 1 and r.rule.startswith("linear/") for r in relations)


def test_no_relations_to_learn_from(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="CID"):
        train_relations([_document(0, False)], tmp_path, RelationConfig(bits=10))


def test_missing_model_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nlp train relations"):
        load_extractor(f"linear:{tmp_path}")
