"""Online RL: answers of the model itself, rewarded by rule."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tiny_model import tiny_model

from training import online
from training.config import InputError, RlConfig
from training.cpt import silent
from training.log import read_metrics
from training.model import open_model
from training.online import run_online


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny")
    weights, tokenizer = tiny_model()
    weights.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def questions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("questions") / "q.jsonl"
    rows = [
        {"id": f"q{i}", "question": f"Is {i + 2} above 1?", "options": {"A": "yes", "B": "no"}, "answer": "A"}
        for i in range(6)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def config(model: Path, questions: Path, out: Path) -> RlConfig:
    return RlConfig(
        model=str(model),
        online=questions,
        out=out,
        answers=8,
        batch_size=2,
        steps=3,
        max_new_tokens=4,
        learning_rate=3e-2,
        schedule="constant",
        checkpoint_every=100,
    )


def weights(folder: str) -> dict[str, torch.Tensor]:
    return dict(open_model(folder)[0].state_dict())


def test_where_nothing_earns_nothing_is_learned(model: Path, questions: Path, tmp_path: Path) -> None:
    """A model from random weights earns nothing by the real rules, so all answers are as good and no weight moves."""
    result = run_online(config(model, questions, tmp_path / "run"), lambda *_: silent())
    assert (result["first_reward"], result["last_reward"], result["answers"]) == (0.0, 0.0, 48)
    before, after = weights(str(model)), weights(result["model"])
    assert all(torch.equal(before[name], after[name]) for name in before)


@pytest.mark.parametrize("updates", [1, 2])
def test_what_earns_becomes_likelier(
    model: Path, questions: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, updates: int
) -> None:
    """By another rule, which random weights can keep: answers that hold an e. With a divergence and clipped steps too."""
    monkeypatch.setattr(online, "_reward", lambda answer, question: float("e" in answer.text))
    settings = replace(
        config(model, questions, tmp_path / "run"), steps=16, updates=updates, kl=0.01 if updates > 1 else 0.0
    )
    result = run_online(settings, lambda *_: silent())
    assert result["steps"] == 16 * updates
    assert result["last_reward"] > result["first_reward"] + 0.2
    lines = [line for line in read_metrics(tmp_path / "run") if "reward" in line]
    assert len(lines) == result["steps"] and all(0 <= line["groups_that_differ"] <= 1 for line in lines)
    assert run_online(settings, lambda *_: silent())["already_done"]


def test_what_cannot_be_sampled_for_is_refused(model: Path, questions: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="at least 2"):
        run_online(replace(config(model, questions, tmp_path / "x"), answers=1), lambda *_: silent())
