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


def test_errors_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="install its package"):
        load_tagger("spacy:no_such_pipeline")
    spacy.blank("en").to_disk(tmp_path / "blank")
    with pytest.raises(ValueError, match="no entity recogniser"):
        load_tagger(f"spacy:{tmp_path / 'blank'}")
