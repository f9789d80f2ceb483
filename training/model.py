"""Models: a small one from a random start, or any causal language model of transformers; and the loss head around it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from medpress.store import file_sha256, identity
from training.adapter import base_of, is_adapter, merged
from training.attention import attends_within_pieces, flatten, pieces
from training.config import InputError
from training.hub import not_found, options_for
from training.losses import cross_entropies
from training.tokenizer import open_tokenizer, stop_tokens

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerFast

_ALTERED_LOGITS = ("final_logit_softcapping", "logits_scaling", "logit_scale")


class TokenLoss(nn.Module):
    """A causal language model that answers with the loss of each token instead of logits."""

    def __init__(self, causal_lm: PreTrainedModel) -> None:
        super().__init__()
        self.causal_lm = causal_lm

    def forward(self, input_ids: Any, position_ids: Any, labels: Any) -> Tensor:
        """int64 [B, L] each, arrays or tensors on the CPU, labels already shifted -> [B, L] losses in nats on the model's
        device, 0 where the label is ignored.

        No attention mask: the restarts of `position_ids` keep packed pieces apart. What has to be counted is counted
        here, before anything goes to the device, so that nothing waits for it.
        """
        rows = [np.asarray(each) for each in (input_ids, position_ids, labels)]
        flat = flatten(*rows)
        head: Any = self.causal_lm.get_output_embeddings()
        device = head.weight.device
        if attends_within_pieces(self.causal_lm):
            ids, positions = (_moved(each[None], device) for each in (flat.input_ids, flat.position_ids))
            places, extra = (
                flat.wanted,
                {"pieces": pieces(flat.lengths, device, low_precision=_low_precision(head.weight))},
            )
        else:
            ids, positions = (_moved(each, device) for each in rows[:2])
            places, extra = flat.places, {}
        decoder = self.causal_lm.get_decoder()
        hidden = decoder(input_ids=ids, position_ids=positions, use_cache=False, **extra).last_hidden_state
        wanted = hidden.flatten(0, 1).index_select(0, _moved(places, device))
        losses = cross_entropies(wanted, head.weight, _moved(flat.targets, device), getattr(head, "bias", None))
        empty = torch.zeros(rows[2].size, dtype=losses.dtype, device=device)
        # no view is given back, since FSDP hooks it
        return empty.index_copy(0, _moved(flat.places, device), losses).view(rows[2].shape).clone()


def _low_precision(weight: Tensor) -> bool:
    """Whether the layers compute in fewer than 32 bits."""
    return weight.dtype in (torch.bfloat16, torch.float16) or torch.is_autocast_enabled(weight.device.type)


def _moved(array: np.ndarray, device: torch.device) -> Tensor:
    """An array on a device, copied while the device works."""
    tensor = torch.from_numpy(np.ascontiguousarray(array))
    return tensor if device.type == "cpu" else tensor.pin_memory().to(device, non_blocking=True)


def random_model(
    tokenizer: PreTrainedTokenizerFast, *, width: int, layers: int, heads: int, context: int, seed: int
) -> PreTrainedModel:
    """A small Qwen model with tied embeddings and random weights. Raises `InputError` for sizes that do not fit.

    Qwen3 (Qwen2 with normalised queries and keys, without biases), because transformers 5 gives every model that calls
    itself qwen2 the splitting rules of Qwen2's tokenizer, whatever its tokenizer.json says.
    """
    from transformers import Qwen3Config, Qwen3ForCausalLM

    if heads < 1 or width % heads or width // heads % 2:
        raise InputError(f"--width {width} must be an even multiple of --heads {heads}.")
    config = Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=width,
        intermediate_size=-(-width * 8 // 3 // 16) * 16,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        head_dim=width // heads,
        num_key_value_heads=heads // 2 if heads % 2 == 0 else heads,
        max_position_embeddings=max(2048, context),
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Qwen3ForCausalLM(config)


def model_folder(name: str) -> str:
    """The folder of the model when `name` is the folder of a run; else `name`. It may hold an adapter."""
    inner = Path(name) / "model"
    return str(inner) if (inner / "config.json").is_file() or is_adapter(inner) else name


def model_place(name: str) -> str:
    """`model_folder` as it is found from anywhere: a folder or file whole, an id as it is."""
    folder = Path(model_folder(name))
    return str(folder.resolve()) if folder.exists() else name


def shape_folder(name: str) -> str:
    """`model_folder`, or where `name` has an adapter that of the model it belongs to: what says the shape of the weights."""
    folder = model_folder(name)
    return shape_folder(base_of(Path(folder))) if is_adapter(Path(folder)) else folder


def model_hash(name: str) -> str:
    """Names the weights of a local model, an adapter's with those it belongs to; a Hugging Face id, or nothing, names itself."""
    folder = Path(model_folder(name))
    files = sorted(folder.glob("*.safetensors")) if name and folder.is_dir() else [folder] if folder.is_file() else []
    below = [model_hash(base_of(folder))] if name and is_adapter(folder) else []
    return identity([*below, *(file_sha256(file) for file in files)]) if files else name


def open_model(name: str) -> tuple[PreTrainedModel, PreTrainedTokenizerFast]:
    """Load a model and its tokenizer, weights in fp32: a folder (of a model, an adapter or a run), a Hugging Face id, or a GGUF
    file. An adapter is added to the weights it belongs to.

    The embeddings grow when the chat template brought new tokens, to the same values each time. Raises `InputError` in one
    sentence.
    """
    from transformers import AutoModelForCausalLM
    from transformers.utils import logging

    logging.disable_progress_bar()  # the command shows its own
    name = model_folder(name)
    path = Path(name)
    if is_adapter(path):
        model, _ = open_model(base_of(path))
        tokenizer = open_tokenizer(name)
        return merged(_grown(model, tokenizer), path), tokenizer
    options: dict[str, Any] = {}
    if path.suffix == ".gguf":
        if not path.is_file():
            raise InputError(f"there is no file {name}.")
        name, options = str(path.parent), {"gguf_file": path.name}
    elif not path.exists() and name.startswith((".", "/", "~", "runs/")):
        raise InputError(f"there is no model in {name}: train it first, or name another with --model.")
    tokenizer = open_tokenizer(name, **options)
    try:
        model = AutoModelForCausalLM.from_pretrained(name, dtype=torch.float32, **options_for(name), **options)
    except (OSError, ValueError, ImportError) as error:
        raise not_found("model", name, error) from error
    if options:
        model = _plain_weights(model)
    if any(getattr(model.config, name, None) not in (None, 1, 1.0) for name in _ALTERED_LOGITS):
        raise InputError(
            f"{model.config.model_type} models scale or cap their logits, which the loss here does not do."
        )
    return _grown(model, tokenizer), tokenizer


def _grown(model: Any, tokenizer: PreTrainedTokenizerFast) -> Any:
    """A model with an embedding for each token; new ones are drawn around the mean of the others."""
    if len(tokenizer) > model.get_input_embeddings().weight.shape[0]:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            model.resize_token_embeddings(len(tokenizer), mean_resizing=True)
    return model


def _plain_weights(model: Any) -> Any:
    """A model read from GGUF calls itself quantized and will not be saved; the same weights in a plain model will."""
    config = model.config
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    fresh = type(model)(config)
    fresh.load_state_dict(model.state_dict())
    return fresh


def prepare_generation(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast) -> None:
    """Tell `generate` where answers end."""
    from transformers import GenerationConfig

    model.generation_config = GenerationConfig(
        eos_token_id=stop_tokens(tokenizer), pad_token_id=tokenizer.pad_token_id, bos_token_id=tokenizer.bos_token_id
    )


def parameters(model: nn.Module, *, trained: bool = False) -> int:
    """Number of weights, shared ones once; or of those that are trained."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad or not trained)
