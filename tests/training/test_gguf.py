"""The GGUF file that is exported, read back by transformers: the same answers of the same tokens."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM, Qwen3Config, Qwen3ForCausalLM

from medpress.tokenising import train_tokenizer
from training.config import InputError
from training.gguf_file import write_gguf
from training.model import open_model
from training.tokenizer import wrap

pytest.importorskip("gguf", reason="pip install 'medpress[gguf]'")

TEXT = "Metformin 500 mg is given twice daily; the patient's eGFR was 45 mL/min. " * 4


def tokenizer() -> Any:
    """One that llama.cpp knows how to cut for."""
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    made.train_from_iterator([TEXT], trainers.BpeTrainer(vocab_size=320, initial_alphabet=alphabet))
    return wrap(made)


@pytest.mark.parametrize(
    ("config", "kind"),
    [(LlamaConfig, LlamaForCausalLM), (Qwen2Config, Qwen2ForCausalLM), (Qwen3Config, Qwen3ForCausalLM)],
)
@pytest.mark.parametrize("tied", [True, False])
def test_what_is_written_reads_back(config: Any, kind: Any, tied: bool, tmp_path: Path) -> None:
    tokens = tokenizer()
    torch.manual_seed(1)
    # of Qwen3 transformers reads no other size of a head than its own default
    sizes = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4}
    shape = config(
        vocab_size=len(tokens) + 3, num_key_value_heads=2, head_dim=128 if config is Qwen3Config else 8, tie_word_embeddings=tied, rope_theta=5e5,
        rms_norm_eps=1e-5, max_position_embeddings=64, eos_token_id=tokens.eos_token_id, **sizes,
    )  # fmt: skip
    model = kind(shape).eval()
    with torch.no_grad():
        for weight in model.parameters():  # norms and biases too, so that none can be mistaken for another
            weight += 0.1 * torch.randn_like(weight)
    write_gguf(model, tokens, tmp_path / "model.gguf")
    again, its = open_model(str(tmp_path / "model.gguf"))
    ids = tokens(TEXT, return_tensors="pt")["input_ids"][:, :40]
    assert its(TEXT)["input_ids"] == tokens(TEXT)["input_ids"]
    assert its.chat_template == tokens.chat_template and its.eos_token == tokens.eos_token
    with torch.no_grad():
        assert (model(ids).logits - again(ids).logits).abs().max().item() < 1e-5


def test_a_tokenizer_that_llama_cpp_does_not_know_is_refused(tmp_path: Path) -> None:
    ours = wrap(train_tokenizer([TEXT], 300))
    shape = Qwen3Config(vocab_size=len(ours), hidden_size=16, num_hidden_layers=1, num_attention_heads=2)
    with pytest.raises(InputError, match="no rule that cuts text as this tokenizer does"):
        write_gguf(Qwen3ForCausalLM(shape), ours, tmp_path / "x.gguf")
    assert not (tmp_path / "x.gguf").exists()
