"""Sampling: an answer depends on its prompt and its seed, not on its neighbours."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from training.generate import Generator, Sampling, choose, open_generator


@pytest.fixture(scope="module")
def generator(trained_run: Path) -> Generator:
    return open_generator(str(trained_run))


QUESTIONS = ["What is metformin?", "怎么治疗高血压？", "In patients with asthma, which drug is given and at what dose?"]


def prompts(generator: Generator) -> list[list[int]]:
    return [generator.chat([{"role": "user", "content": text}]) for text in QUESTIONS]


def test_greedy_equals_transformers(generator: Generator) -> None:
    for prompt in prompts(generator):
        (ours,) = generator.complete([prompt], [0], Sampling(max_new_tokens=20))
        wanted = generator.model.generate(
            input_ids=torch.tensor([prompt]).to(generator.device), max_new_tokens=20, do_sample=False
        )[0, len(prompt) :]
        assert ours.text == generator.tokenizer.decode(wanted, skip_special_tokens=True)


def test_padding_does_not_change_an_answer(generator: Generator) -> None:
    sampling = Sampling(max_new_tokens=16, temperature=0.8, top_p=0.9)
    together = generator.complete(prompts(generator), [1, 2, 3], sampling)
    alone = [generator.complete([p], [s], sampling)[0] for p, s in zip(prompts(generator), [1, 2, 3], strict=True)]
    assert together == alone


def test_seeds_decide(generator: Generator) -> None:
    sampling = Sampling(max_new_tokens=16, temperature=1.0)
    (prompt, *_) = prompts(generator)
    one = generator.complete([prompt] * 4, [7, 7, 8, 9], sampling)
    assert one[0] == one[1]
    assert len({completion.text for completion in one}) == 3


def test_draws_follow_the_probabilities_and_top_p() -> None:
    logits = torch.tensor([[0.5, 0.3, 0.15, 0.05]]).log()
    drawn = [
        choose(logits, [torch.Generator().manual_seed(s)], [True], Sampling(temperature=1.0))[0] for s in range(2000)
    ]
    for token, share in enumerate((0.5, 0.3, 0.15, 0.05)):
        assert drawn.count(token) / 2000 == pytest.approx(share, abs=0.04)
    nucleus = Sampling(temperature=1.0, top_p=0.75)
    assert {choose(logits, [torch.Generator().manual_seed(s)], [True], nucleus)[0] for s in range(300)} == {0, 1}
    assert choose(logits, [torch.Generator()], [True], Sampling()) == [0]


def test_an_answer_stops_at_its_end_and_at_the_limit(generator: Generator) -> None:
    completions = generator.complete(prompts(generator), [1, 2, 3], Sampling(max_new_tokens=5))
    assert all(completion.tokens <= 5 for completion in completions)
    assert all(completion.finished or completion.tokens == 5 for completion in completions)
    assert not any("<|im_end|>" in completion.text for completion in completions)
