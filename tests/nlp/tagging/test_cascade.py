"""The cascade: whose mention counts where lexicon and model differ."""

from __future__ import annotations

import pytest

from nlp.spans import Entity
from nlp.tagging.cascade import is_conversation, merge_exact
from nlp.tagging.lexicon import LexiconTagger
from nlp.vocabulary import Term

VOCABULARY = LexiconTagger(
    [
        Term("kidney disease", "disease", "D:1"),
        Term("asthma", "disease", "D:2"),
        Term("aspirin", "drug", "R:1"),
        Term("saline", "drug", "R:2"),
        Term("liver", "anatomy", "A:1"),
    ]
)


def merged(
    text: str, *model: tuple[str, str], stoplist: frozenset[str] = frozenset()
) -> list[tuple[str, str, str | None]]:
    [lexicon] = VOCABULARY.tag([text])
    crf = [Entity(text.index(mention), text.index(mention) + len(mention), label) for mention, label in model]
    found = merge_exact(text, lexicon, crf, VOCABULARY, stoplist)
    return [(text[e.start : e.end], e.label, e.concept_id) for e in found]


def test_the_models_mention_gets_the_lexicons_concept() -> None:
    assert merged("He took aspirin.", ("aspirin", "drug")) == [("aspirin", "drug", "R:1")]


def test_the_more_exact_name_wins() -> None:
    assert merged("He had kidney disease.", ("disease", "disease")) == [("kidney disease", "disease", "D:1")]
    assert merged("asthma or kidney disease", ("asthma or kidney disease", "disease")) == [
        ("asthma", "disease", "D:2"), ("kidney disease", "disease", "D:1"),
    ]  # fmt: skip
    assert merged("polycystic kidney disease", ("polycystic kidney disease", "disease")) == [
        ("polycystic kidney disease", "disease", None)
    ]


def test_what_the_model_leaves_out_is_kept_unless_its_training_set_refuses_it() -> None:
    assert merged("aspirin in saline") == [("aspirin", "drug", "R:1"), ("saline", "drug", "R:2")]
    assert merged("aspirin in saline", stoplist=frozenset({"saline"})) == [("aspirin", "drug", "R:1")]
    assert merged("the liver", stoplist=frozenset({"liver"})) == [("liver", "anatomy", "A:1")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("医生您好，我最近总是头晕，是不是贫血？", True),
        ("建议您注意饮食，平时多休息。", True),
        ("患者于我院行全子宫切除术，术后恢复可，病理示鳞状细胞癌。", False),
        ("急性肾小球肾炎以血尿、水肿、高血压为主要表现，多见于儿童。", False),
    ],
)
def test_conversation_is_told_from_records_and_textbooks(text: str, expected: bool) -> None:
    assert is_conversation(text) is expected
