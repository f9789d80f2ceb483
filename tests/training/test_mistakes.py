"""What a user can put right, or the machine refuses, is one sentence, and at once."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

import training
from training import hub
from training.model import open_model


@pytest.fixture
def without_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing listens where Hugging Face is said to be."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    hub.reachable.cache_clear()
    yield
    hub.reachable.cache_clear()


def test_a_model_id_without_network_is_one_sentence_at_once(without_network: None) -> None:
    began = time.monotonic()
    with pytest.raises(training.InputError, match=r"no tokenizer someone/nothing here: .* no network leads there\.$"):
        open_model("someone/nothing")
    assert time.monotonic() - began < 15  # on a loaded machine; the client alone takes a minute


def test_a_model_that_no_memory_holds_is_one_sentence(shards: Path, tmp_path: Path) -> None:
    config = training.CptConfig(shards=shards, out=tmp_path / "run", width=2**30, heads=2**22, layers=1, steps=1)
    with pytest.raises(training.InputError, match=r"^the memory does not suffice \(.*--micro-batch"):
        training.train(config)
