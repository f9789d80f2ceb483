"""Any spaCy pipeline from a folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlp.tagging import load_tagger

spacy = pytest.importorskip("spacy")


def test_a_saved_pipeline_tags_with_our_labels(tmp_path: Path) -> None:
    pipeline = spacy.blank("en")
    ruler = pipeline.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": "CHEMICAL", "pattern": "aspirin"}, {"label": "PLANET", "pattern": "Mars"}])
    pipeline.to_disk(tmp_path / "p")
    texts = ["😀 aspirin on Mars", ""]
    [entities, empty] = load_tagger(f"spacy:{tmp_path / 'p'}").tag(texts)
    assert [(texts[0][e.start : e.end], e.label) for e in entities] == [("aspirin", "drug"), ("Mars", "planet")]
    assert empty == []


def test_a_trained_network_tags_names_it_has_not_seen(tmp_path: Path) -> None:
    from spacy.training import Example

    pipeline = spacy.blank("en")
    pipeline.add_pipe("ner").add_label("CHEMICAL")
    names = [f"{a}{b}ol" for a in ("fen", "bar", "dal", "mor", "pin") for b in ("a", "e", "o", "i")]
    templates = (
        "We gave {} to the patients.",
        "Patients on {} recovered.",
        "{} was stopped early.",
        "The dose of {} was low.",
    )
    examples = []
    for n, name in enumerate(names):
        text = templates[n % 4].format(name)
        start = text.index(name)
        example = {"entities": [(start, start + len(name), "CHEMICAL")]}
        examples.append(Example.from_dict(pipeline.make_doc(text), example))
    spacy.util.fix_random_seed(0)
    pipeline.initialize(lambda: examples)
    for _ in range(25):
        pipeline.update(examples)
    pipeline.to_disk(tmp_path / "trained")
    text = "Patients on morelol recovered."
    [entities] = load_tagger(f"spacy:{tmp_path / 'trained'}").tag([text])
    assert [(text[e.start : e.end], e.label) for e in entities] == [("morelol", "drug")]


def test_errors_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="install its package"):
        load_tagger("spacy:no_such_pipeline")
    spacy.blank("en").to_disk(tmp_path / "blank")
    with pytest.raises(ValueError, match="no entity recogniser"):
        load_tagger(f"spacy:{tmp_path / 'blank'}")
