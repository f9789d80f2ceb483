"""A tiny Qwen2 from random weights with a chat tokenizer, for libraries that only have to run."""

from __future__ import annotations

from typing import Any

import torch
from expert_script import REWRITTEN, REWRITTEN_ZH, STEPS
from transformers import Qwen2Config, Qwen2ForCausalLM

from medpress.tokenising import train_tokenizer
from training.tokenizer import wrap


def tiny_model() -> tuple[Any, Any]:
    """Model and tokenizer."""
    tokenizer = wrap(train_tokenizer([REWRITTEN, REWRITTEN_ZH, *STEPS] * 3, 400))
    torch.manual_seed(0)
    config = Qwen2Config(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=2048,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=None,
    )
    return Qwen2ForCausalLM(config), tokenizer
