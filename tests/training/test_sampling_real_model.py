"""Synthesis and sampling with a real model: behind a real server, and loaded here."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from expert_script import CYSTITIS, write_questions
from model_server import model_server
from tiny_model import tiny_model

from medpress.command import UserError
from medpress.generation.client import GenerationConfig
from medpress.schema import INSTRUCTION, PAIR
from medpress.store import read_dataset
from training.sampling.config import SamplingConfig
from training.sampling.run import SAMPLE, sample
from training.synthesis.config import SynthesisConfig
from training.synthesis.run import REJECTED, synthesize


def questions(sample_docs: Path, folder: Path) -> Path:
    """Two questions of the sample corpus."""
    lines = (sample_docs / "_recipe" / "questions_practice.jsonl").read_text(encoding="utf-8").splitlines()[:2]
    path = folder / "questions.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_each_item_of_a_real_model_ends_with_a_reason(tmp_path, sample_docs):
    path = questions(sample_docs, tmp_path)
    with model_server() as (url, received):
        model = GenerationConfig(endpoint=url, model="small", concurrency=4, tries=2, seconds=240)
        result = synthesize([path], SynthesisConfig(expert=model, out=tmp_path / "synthesis", rounds=2, max_tokens=64))
        calls = len(received)
        assert calls >= 2
        answers = SamplingConfig(policy=model, out=tmp_path / "pairs", samples=3, max_tokens=48, least_think=0)
        try:
            sampled = sample([path], answers)
        except UserError as error:
            assert "no pair came of 2 questions" in str(error)
        else:
            assert sampled.pairs == read_dataset(tmp_path / "pairs", PAIR).num_rows > 0
        assert len(received) == calls + 6
    assert result.questions == 2 == result.accepted + result.rejected.total()
    assert read_dataset(tmp_path / "synthesis", INSTRUCTION).num_rows == result.accepted
    for row in read_dataset(tmp_path / "synthesis_rejected", REJECTED).to_pylist():
        assert row["reason"] and any(turn["reply"] for turn in row["transcript"])
    counts = result.spent["expert (small)"]
    assert counts["calls"] == calls and counts["prompt_tokens"] > 100 and counts["completion_tokens"] > 10
    samples = read_dataset(tmp_path / "pairs_samples", SAMPLE).to_pylist()
    assert len(samples) == 6
    assert all(row["text"] and (row["error"] or row["correct"] is not None) for row in samples)


def test_a_local_model_is_sampled_in_batches_and_asked_again_after_more_training(tmp_path):
    model, tokenizer = tiny_model()
    folder = tmp_path / "model"
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    path = write_questions(tmp_path / "exam.jsonl", CYSTITIS)
    config = SamplingConfig(
        policy=GenerationConfig(model=str(folder)), out=tmp_path / "pairs", samples=4, max_tokens=12
    )

    def texts() -> list[str]:
        with pytest.raises(UserError, match="no pair came of 1 questions"):
            sample([path], config)
        return [row["text"] for row in read_dataset(tmp_path / "pairs_samples", SAMPLE).to_pylist()]

    first = texts()
    assert len(set(first)) > 1, "samples differ"
    assert texts() == first
    with torch.no_grad():
        model.lm_head.weight.mul_(-3.0)
    model.save_pretrained(folder)
    assert texts() != first, "the same folder with other weights is another model"


def test_a_question_longer_than_the_context_costs_that_question_only(tmp_path):
    model, tokenizer = tiny_model()
    model.save_pretrained(tmp_path / "model")
    tokenizer.save_pretrained(tmp_path / "model")
    long = CYSTITIS | {"id": "long", "question": "She has a history. " * 1000 + CYSTITIS["question"]}
    path = write_questions(tmp_path / "exam.jsonl", CYSTITIS, long)
    model_config = GenerationConfig(model=str(tmp_path / "model"))
    result = synthesize([path], SynthesisConfig(expert=model_config, out=tmp_path / "synthesis", max_tokens=8))
    assert result.rejected == {"broken reply: open": 1, "endpoint: context": 1}
