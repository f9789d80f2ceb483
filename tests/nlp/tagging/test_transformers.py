"""A token classifier and a sequence classifier from folders: tiny models, one of each really trained."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlp.relations import load_extractor
from nlp.spans import Entity
from nlp.tagging import load_tagger

transformers = pytest.importorskip("transformers")
torch = pytest.importorskip("torch")


def _save(folder: Path, kind: str, labels: list[str], bias: list[float]) -> Path:
    from tokenizers import Tokenizer, models, pre_tokenizers

    words = ["[UNK]", "[PAD]", "aspirin", "cures", "head", "##ache", "headache", ".", "<", ">", "[", "]"]
    raw = Tokenizer(models.WordPiece({w: i for i, w in enumerate(words)}, unk_token="[UNK]"))
    raw.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=raw, unk_token="[UNK]", pad_token="[PAD]")
    config = transformers.BertConfig(
        vocab_size=len(words), hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8,
        max_position_embeddings=64, id2label=dict(enumerate(labels)), label2id={b: a for a, b in enumerate(labels)},
    )  # fmt: skip
    torch.manual_seed(0)
    model = getattr(transformers, f"BertFor{kind}")(config)
    with torch.no_grad():
        model.classifier.weight.zero_()
        model.classifier.bias.copy_(torch.tensor(bias))
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def test_token_classifier_offsets_and_words(tmp_path: Path) -> None:
    tagger = load_tagger(
        f"transformers:{_save(tmp_path / 't', 'TokenClassification', ['O', 'B-Chemical'], [0.0, 5.0])}"
    )
    texts = ["😀 aspirin cures headache.", "", "headache"]
    tagged = tagger.tag(texts)
    assert [texts[0][e.start : e.end] for e in tagged[0]] == ["😀", "aspirin", "cures", "headache", "."]
    assert {e.label for e in tagged[0]} == {"drug"}
    assert all(0.9 < e.score <= 1 for e in tagged[0])
    assert tagged[1] == []
    assert [(e.start, e.end) for e in tagged[2]] == [(0, 8)]


def test_sequence_classifier(tmp_path: Path) -> None:
    folder = _save(tmp_path / "s", "SequenceClassification", ["none", "TREATS"], [0.0, 5.0])
    entities = [Entity(0, 7, "drug"), Entity(14, 22, "symptom")]
    [relation] = load_extractor(f"transformers:{folder}").extract("aspirin cures headache.", entities)
    assert (relation.head, relation.tail, relation.label) == (0, 1, "treats")


def _trained(folder: Path, kind: str, labels: list[str], inputs: list[str], answers: list[object]) -> Path:
    """A model of `_save`, trained until it has learnt the examples, and saved again."""
    _save(folder, kind, labels, [0.0] * len(labels))
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    torch.manual_seed(0)
    model = getattr(transformers, f"BertFor{kind}").from_pretrained(folder)
    torch.nn.init.normal_(model.classifier.weight)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.02)
    batch = tokenizer(inputs, return_tensors="pt", padding=True, add_special_tokens=False)
    wanted = torch.tensor(answers)
    for _ in range(150):
        loss = model(**batch, labels=wanted).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval().save_pretrained(folder)
    assert loss.item() < 0.1
    return folder


def test_a_trained_token_classifier_tells_drug_from_symptom(tmp_path: Path) -> None:
    inputs = ["aspirin cures headache .", "headache cures aspirin ."]
    folder = _trained(
        tmp_path / "t", "TokenClassification", ["O", "B-Chemical", "B-symptom"], inputs, [[1, 0, 2, 0], [2, 0, 1, 0]]
    )
    text = "aspirin cures headache."
    [entities] = load_tagger(f"transformers:{folder}").tag([text])
    assert [(text[e.start : e.end], e.label) for e in entities] == [("aspirin", "drug"), ("headache", "symptom")]


def test_a_trained_sequence_classifier_tells_the_direction(tmp_path: Path) -> None:
    inputs = ["< < aspirin > > cures [ [ headache ] ] .", "[ [ aspirin ] ] cures < < headache > > ."]
    folder = _trained(tmp_path / "s", "SequenceClassification", ["none", "treats"], inputs, [1, 0])
    entities = [Entity(0, 7, "drug"), Entity(14, 22, "disease")]
    relations = load_extractor(f"transformers:{folder}").extract("aspirin cures headache.", entities)
    assert [(r.head, r.tail, r.label) for r in relations] == [(0, 1, "treats")]


def test_missing_folder() -> None:
    with pytest.raises(FileNotFoundError, match="transformers:PATH"):
        load_tagger("transformers:/nowhere")
    with pytest.raises(FileNotFoundError, match="transformers:PATH"):
        load_extractor("transformers:/nowhere")
