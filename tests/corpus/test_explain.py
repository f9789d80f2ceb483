"""What the filters are asked after a build: why, and what if."""

from __future__ import annotations

import pytest
from small_build import build, rows, story, write_documents

from corpus.explain import explain, what_if
from corpus.filters import FilterConfig
from medpress.errors import UserError

LENGTHS = {"a": 14, "b": 14, "c": 5, "d": 5, "e": 2}
"""Sentences of nine words each."""


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("explained")
    write_documents(folder, {uri: story(number, size) for number, (uri, size) in enumerate(LENGTHS.items())})
    build(folder, filters=FilterConfig(use=("length",), min_words=30))
    return folder


def test_other_thresholds_take_and_give_back(data):
    found = what_if(data, FilterConfig(min_words=60))
    assert found.changed == {"min_words": (30, 60)} and found.kept == 4
    assert found.taken == {("site", "length: words"): 2} and not found.given_back
    assert found.tokens.total() == sum(row["n_tokens"] for row in rows(data, "shards") if row["text"].count(".") == 5)
    found = what_if(data, FilterConfig(min_words=10))
    assert not found.taken and found.given_back == {("site", "length: words"): 1}
    assert found.examples["site", "length: words"] == rows(data, "dropped")[0]["id"]


def test_what_is_asked_is_what_a_build_does(data, tmp_path):
    write_documents(tmp_path, {uri: story(number, size) for number, (uri, size) in enumerate(LENGTHS.items())})
    build(tmp_path, filters=FilterConfig(use=("length",), min_words=60))
    found = what_if(data, FilterConfig(min_words=60))
    assert found.kept - found.taken.total() == len(rows(tmp_path, "shards"))


def test_each_score_stands_beside_its_threshold(data):
    (dropped,) = rows(data, "dropped")
    (found,) = explain(data, dropped["id"][:10])
    assert found.row["stage"] == "filter"
    (broken,) = [held for held in found.held if held.breaks and held.decides]
    assert (broken.family, broken.score, broken.value, broken.bound) == ("length", "words", 18, 30)
    assert {held.family for held in found.held if not held.decides} >= {"gopher", "repetition"}


def test_nothing_to_ask_is_said_in_a_sentence(data, tmp_path):
    with pytest.raises(UserError, match="no threshold differs"):
        what_if(data, FilterConfig(min_words=30))
    with pytest.raises(UserError, match="there are no shards"):
        what_if(tmp_path, FilterConfig(min_words=60))
