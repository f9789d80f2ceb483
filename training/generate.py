"""Answers from a model folder: batches padded on the left, each answer sampled with its own seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from training.model import open_model
from training.tokenizer import stop_tokens

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerFast


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """How the next token is chosen."""

    max_new_tokens: int = 512
    """Tokens of an answer, at most."""
    temperature: float = 0.0
    """0 takes the likeliest token; otherwise the logits are divided by it."""
    top_p: float = 1.0
    """Only the likeliest tokens that together have this probability are drawn from (Holtzman et al., 1904.09751)."""


@dataclass(frozen=True, kw_only=True)
class Completion:
    """One answer."""

    text: str
    """The answer without control tokens; think and answer tags stand in it."""
    tokens: int
    """Tokens generated, the end token included."""
    finished: bool
    """It ended by itself, not by the limit."""
    ids: tuple[int, ...]
    """The tokens as they were drawn, the end token included."""


class Generator:
    """A model that answers."""

    def __init__(
        self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, dtype: torch.dtype | None = None
    ) -> None:
        """`dtype` of the weights, which are cast in place: by default bf16 on a GPU, fp32 elsewhere."""
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        dtype = dtype or (torch.bfloat16 if self.device.type == "cuda" else torch.float32)
        moved: Any = model
        self.model: PreTrainedModel = moved.to(self.device, dtype).eval()
        self.tokenizer = tokenizer
        self._stops = set(stop_tokens(tokenizer))
        self.context = int(getattr(model.config, "max_position_embeddings", 0) or 2**31)
        """Tokens that the model can see."""

    def chat(self, conversation: Sequence[dict[str, str]]) -> list[int]:
        """Tokens of a conversation up to where the assistant begins to answer."""
        text = self.tokenizer.apply_chat_template(list(conversation), tokenize=False, add_generation_prompt=True)
        return list(self.tokenizer(str(text), add_special_tokens=False)["input_ids"])

    @torch.inference_mode()
    def complete(self, prompts: Sequence[Sequence[int]], seeds: Sequence[int], sampling: Sampling) -> list[Completion]:
        """Answer a batch of prompts (token ids); answer i is drawn with random numbers from `seeds[i]` alone.

        The same batch gives the same answers. Raises `ValueError` when prompts and seeds differ in number.
        """
        if len(prompts) != len(seeds):
            raise ValueError(f"{len(prompts)} prompts need as many seeds, not {len(seeds)}.")
        longest, count = max(map(len, prompts)), len(prompts)
        pad = int(self.tokenizer.pad_token_id)  # type: ignore[arg-type]
        ids = torch.full((count, longest), pad, dtype=torch.long)
        mask = torch.zeros_like(ids)
        for row, prompt in enumerate(prompts):
            ids[row, longest - len(prompt) :] = torch.tensor(prompt, dtype=torch.long)
            mask[row, longest - len(prompt) :] = 1
        ids, mask = ids.to(self.device), mask.to(self.device)
        positions = (mask.cumsum(dim=1) - 1).clamp(min=0)
        draws = [torch.Generator().manual_seed(seed) for seed in seeds]
        answers: list[list[int]] = [[] for _ in prompts]
        going = [True] * count
        limit = min(sampling.max_new_tokens, self.context - longest)
        cache: Any = None
        for _ in range(max(0, limit)):
            output = self.model(
                input_ids=ids, attention_mask=mask, position_ids=positions, past_key_values=cache, use_cache=True
            )
            cache = output.past_key_values
            chosen = choose(output.logits[:, -1].float().cpu(), draws, going, sampling)
            for row, token in enumerate(chosen):
                if going[row]:
                    answers[row].append(token)
                    going[row] = token not in self._stops
            if not any(going):
                break
            ids = torch.tensor(chosen, device=self.device)[:, None]
            mask = torch.cat([mask, mask.new_ones(count, 1)], dim=1)
            positions = positions[:, -1:] + 1
        return [
            Completion(
                text=str(self.tokenizer.decode([t for t in tokens if t not in self._stops], skip_special_tokens=True)),
                tokens=len(tokens),
                finished=not going[row],
                ids=tuple(tokens),
            )
            for row, tokens in enumerate(answers)
        ]


def choose(logits: Tensor, draws: Sequence[torch.Generator], going: Sequence[bool], sampling: Sampling) -> list[int]:
    """The next token of each row [B, V]: the likeliest, or one drawn from the row's own random numbers."""
    if sampling.temperature <= 0:
        return [int(token) for token in logits.argmax(dim=-1)]
    points = torch.zeros(len(draws), 1, dtype=torch.float64)
    for row, draw in enumerate(draws):
        if going[row]:
            points[row] = torch.rand((), generator=draw, dtype=torch.float64)
    shares = (logits.double() / sampling.temperature).softmax(dim=-1)
    if sampling.top_p >= 1:  # nothing is left out, so nothing has to be sorted
        return [int(token) for token in _at(shares, points)]
    shares, order = shares.sort(dim=-1, descending=True, stable=True)
    kept = shares.masked_fill(shares.cumsum(dim=-1) - shares >= sampling.top_p, 0.0)
    return [int(token) for token in order.gather(1, _at(kept, points)[:, None])[:, 0]]


def _at(shares: Tensor, points: Tensor) -> Tensor:
    """Where each point [B, 1] of 0 to 1 falls among shares [B, V] that stand side by side."""
    ends = shares.cumsum(dim=-1)
    found = torch.searchsorted(ends, points * ends[:, -1:], right=True)
    return found.clamp(max=shares.shape[1] - 1)[:, 0]


def open_generator(name: str) -> Generator:
    """Load a model to answer with: the folder of a run or model, or a Hugging Face id."""
    return Generator(*open_model(name))
