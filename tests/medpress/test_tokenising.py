"""Tokenizers: the packaged default, one trained here, and what they promise."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import AddedToken, Tokenizer, normalizers, pre_tokenizers

from medpress.tokenising import (
    CONTROL_TOKENS,
    MARKUP_TOKENS,
    count_tokens,
    encode,
    fingerprint,
    literal,
    load_tokenizer,
    splits_at_spaces,
    train_tokenizer,
    understands,
)

TEXTS = [
    "Metformin 500 mg twice daily is the first choice in type 2 diabetes mellitus.",
    "Severe hypoglycaemia (<2.8 mmol/L) needs 50 mL of 50 % glucose i.v.",
    "二甲双胍是2型糖尿病的一线用药，起始剂量为每日500毫克。",
    "高血压患者应当限制钠盐摄入，并监测血压。",
] * 10


load_cached = cache(load_tokenizer)


@pytest.fixture(scope="module")
def trained():
    return train_tokenizer(TEXTS, 600)


def test_default_ships_in_a_package_and_knows_chinese() -> None:
    tokenizer = load_tokenizer()
    assert tokenizer.get_vocab_size() > 100_000
    english, chinese = count_tokens(tokenizer, [TEXTS[0], TEXTS[2]])
    assert 10 <= english <= 30
    assert chinese < len(TEXTS[2])


def test_counts_are_those_of_single_encodings() -> None:
    tokenizer = load_tokenizer()
    assert count_tokens(tokenizer, TEXTS) == [len(tokenizer.encode(t, add_special_tokens=False)) for t in TEXTS]


WORDS = [
    "fever",
    "Ibuprofen",
    "400",
    "mg,",
    "2.5",
    "(p<0.05)",
    "naïve",
    "患者",
    "发热。",
    "a\u3000b",
    "x\ty",
    "-",
    "don't",
    "β2",
    "\n",
]
GAPS = [" ", " ", " ", "  ", "\n", "\n\n", " \n", "\n ", "\u00a0", "\t", "", "\u2028"]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(WORDS) | st.text(max_size=5), st.sampled_from(GAPS)), max_size=30))
def test_a_word_that_is_remembered_counts_as_it_would_in_its_text(trained, pieces: list[tuple[str, str]]) -> None:
    text = "".join(word + gap for word, gap in pieces)
    for tokenizer in (load_cached(), trained):
        assert splits_at_spaces(tokenizer)
        expected = len(tokenizer.encode(text, add_special_tokens=False))
        assert count_tokens(tokenizer, [text, text]) == [expected, expected]


def test_a_tokenizer_that_joins_words_encodes_whole_texts(trained) -> None:
    joining = Tokenizer.from_str(trained.to_str())
    joining.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    assert not splits_at_spaces(joining)
    assert count_tokens(joining, TEXTS) == [len(joining.encode(text)) for text in TEXTS]
    stripping = Tokenizer.from_str(trained.to_str())
    stripping.add_tokens([AddedToken("<x>", lstrip=True, normalized=False)])
    assert not splits_at_spaces(stripping)


@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=200))
def test_any_text_round_trips(trained, text: str) -> None:
    text = text.encode("utf-8", "ignore").decode()
    assert trained.decode(trained.encode(text).ids, skip_special_tokens=False) == text


def test_control_and_markup_tokens_are_single_tokens(trained) -> None:
    for token in (*CONTROL_TOKENS, *MARKUP_TOKENS):
        assert len(trained.encode(token).ids) == 1
    ids = trained.encode("<think>a</think><answer>b</answer><|im_end|>").ids
    assert trained.decode(ids) == "<think>a</think><answer>b</answer>"


def test_vocabulary_has_the_size_asked_for_and_is_repeatable(trained) -> None:
    assert 256 < trained.get_vocab_size() <= 600
    assert fingerprint(trained) == fingerprint(train_tokenizer(TEXTS, 600))
    assert fingerprint(trained) != fingerprint(train_tokenizer(TEXTS, 300))


def test_merges_shorten_the_text_they_were_learned_from(trained) -> None:
    assert sum(count_tokens(trained, TEXTS)) < 0.5 * sum(len(t.encode()) for t in TEXTS)


def test_too_small_a_vocabulary_is_refused() -> None:
    with pytest.raises(ValueError, match="too small"):
        train_tokenizer(TEXTS, 200)


def test_folder_and_file_load_alike(trained, tmp_path: Path) -> None:
    trained.save(str(tmp_path / "tokenizer.json"))
    for name in (tmp_path, tmp_path / "tokenizer.json"):
        assert fingerprint(load_tokenizer(str(name))) == fingerprint(trained)


def test_saved_cutting_and_padding_are_switched_off(trained, tmp_path: Path) -> None:
    copy = type(trained).from_str(trained.to_str())
    copy.enable_truncation(4)
    copy.save(str(tmp_path / "tokenizer.json"))
    assert len(load_tokenizer(str(tmp_path)).encode(TEXTS[0]).ids) > 4


def test_a_missing_tokenizer_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="there is no tokenizer at"):
        load_tokenizer(str(tmp_path))


def test_a_tokenizer_is_known_by_what_it_does_not_by_how_it_is_written():
    trained = train_tokenizer(TEXTS, 600)
    assert understands(trained, trained)
    grown = load_tokenizer("deepseek")
    grown.add_tokens([AddedToken("<|endoftext|>", special=True), AddedToken("<think>", normalized=False)])
    assert understands(grown, load_tokenizer("deepseek"))  # a model's, with tokens for conversations
    assert not understands(trained, train_tokenizer(TEXTS, 400))
    assert not understands(load_tokenizer("deepseek"), trained)
    otherwise = Tokenizer.from_str(trained.to_str())
    otherwise.normalizer = normalizers.Lowercase()
    assert not understands(otherwise, trained)  # the same vocabulary, another reading


def test_control_tokens_in_a_text_are_text():
    trained = train_tokenizer(TEXTS, 600)
    (ids,) = encode(literal(trained), ["a <|endoftext|> b"])
    assert trained.token_to_id("<|endoftext|>") not in ids
    assert trained.decode(ids, skip_special_tokens=False) == "a <|endoftext|> b"
