"""A model as one GGUF file, which llama.cpp and what is built on it run (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md).

Weights are written in fp32, so that the file says what the folder says; `llama-quantize` makes smaller files of it. llama.cpp cuts text
by rules of its own that have names, so a tokenizer is written only when its rule is one of these.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from training.config import InputError
from training.tokenizer import begin_of_document

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerFast

FAMILIES = ("llama", "qwen2", "qwen3")
"""Kinds of models that are written, as both sides name them."""
_QWEN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    "bytes",
)
_LLAMA = (_QWEN[0].replace(r"\p{N}|", r"\p{N}{1,3}|"), "bytes")
_DEEPSEEK = (
    r"\p{N}{1,3}",
    "[一-龥\u3040-ゟ゠-ヿ]+",
    "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+"
    "| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+",
    "bytes",
)
RULES: dict[tuple[str, ...], str] = {
    _QWEN: "qwen2",
    _LLAMA: "llama-bpe",
    _DEEPSEEK: "deepseek-v3",
    ("words as bytes",): "gpt-2",
    ("digits", "words as bytes"): "smollm",
}
"""How text is cut, step by step, and what llama.cpp calls it."""


def write_gguf(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, path: Path) -> None:
    """Write a whole model, its weights in fp32, with its tokenizer. Raises `InputError` for a kind of model or tokenizer that is
    not known here, and where the gguf package is not installed."""
    try:
        import gguf
    except ImportError as error:
        raise InputError("--gguf needs a package: pip install 'medpress[gguf]'.") from error
    config: Any = model.config
    if config.model_type not in FAMILIES:
        raise InputError(f"--gguf writes {', '.join(FAMILIES)} models, not {config.model_type}.")
    pieces = json.loads(tokenizer.backend_tokenizer.to_str())
    rule = RULES.get(tuple(_steps(pieces["pre_tokenizer"])))
    if rule is None or pieces["model"]["type"] != "BPE":
        raise InputError(
            "llama.cpp has no rule that cuts text as this tokenizer does, so the model would be asked in other tokens: --gguf "
            "is for models with the tokenizer of Llama 3, Qwen, SmolLM, GPT-2 or DeepSeek."
        )
    writer = gguf.GGUFWriter(path, config.model_type)
    _shape(writer, config)
    _vocabulary(writer, gguf.TokenType, tokenizer, pieces["model"], rule, len(model.get_input_embeddings().weight))  # type: ignore[arg-type]
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH[config.model_type.upper()], config.num_hidden_layers)
    for name, weight in model.named_parameters():
        values = weight.detach().float().cpu().numpy()
        if config.model_type == "llama" and name.endswith(("q_proj.weight", "k_proj.weight")):
            heads = config.num_attention_heads if "q_proj" in name else config.num_key_value_heads
            values = _beside(values, heads)
        known = names.get_name(name, try_suffixes=(".weight", ".bias"))
        if known is None:
            raise InputError(f"--gguf has no name for {name} of this model.")
        writer.add_tensor(known, values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _shape(writer: Any, config: Any) -> None:
    theta: Any = getattr(config, "rope_theta", 10_000.0)
    size = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    rope = getattr(config, "rope_parameters", None) or {}
    if rope.get("rope_type", "default") != "default":
        raise InputError(f"--gguf does not write positions of the kind {rope['rope_type']!r}.")
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_key_length(size)
    writer.add_value_length(size)
    writer.add_rope_dimension_count(size)
    writer.add_rope_freq_base(float(rope.get("rope_theta") or theta))
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_file_type(0)  # all in fp32


def _vocabulary(
    writer: Any, kinds: Any, tokenizer: PreTrainedTokenizerFast, pieces: dict[str, Any], rule: str, rows: int
) -> None:
    """Tokens in the order of their numbers; rows of the embeddings beyond the last are unused."""
    added = tokenizer.added_tokens_decoder
    known = {number: token for token, number in tokenizer.get_vocab().items()}
    tokens, types = [], []
    for number in range(rows):
        tokens.append(known.get(number, f"[unused {number}]"))
        kind = kinds.UNUSED if number not in known else kinds.NORMAL
        if number in added:
            kind = kinds.CONTROL if added[number].special else kinds.USER_DEFINED
        types.append(kind)
    writer.add_vocab_size(rows)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(rule)
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    writer.add_token_merges([each if isinstance(each, str) else " ".join(each) for each in pieces["merges"]])
    begin = begin_of_document(tokenizer)
    writer.add_add_bos_token(begin is not None)
    if begin is not None:
        writer.add_bos_token_id(begin)
    writer.add_eos_token_id(tokenizer.eos_token_id)
    writer.add_pad_token_id(tokenizer.pad_token_id)
    if isinstance(tokenizer.chat_template, str):
        writer.add_chat_template(tokenizer.chat_template)


def _steps(rule: Any) -> list[str]:
    """How text is cut, as `RULES` tells it."""
    kind = rule["type"] if rule else ""
    if kind == "Sequence":
        return [step for each in rule["pretokenizers"] for step in _steps(each)]
    if kind == "Split" and "Regex" in rule["pattern"] and rule["behavior"] == "Isolated" and not rule["invert"]:
        return [rule["pattern"]["Regex"]]
    if kind == "ByteLevel" and not rule["add_prefix_space"]:
        return ["words as bytes" if rule["use_regex"] else "bytes"]
    if kind == "Digits" and rule["individual_digits"]:
        return ["digits"]
    return [f"unknown: {kind}"]


def _beside(weight: np.ndarray, heads: int) -> np.ndarray:
    """Rows of queries or keys with the two halves of each rotated pair side by side, as llama.cpp rotates those of Llama."""
    halves = weight.reshape(heads, 2, weight.shape[0] // heads // 2, *weight.shape[1:])
    return np.ascontiguousarray(halves.swapaxes(1, 2).reshape(weight.shape))
