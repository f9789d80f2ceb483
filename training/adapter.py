"""Low-rank adaptation: small matrices are trained beside frozen weights (LoRA, Hu et al., arXiv 2106.09685), through peft.

    y = W x + s B A x          A [rank, in], B [out, rank], s = SCALE / rank

Every linear layer but the head has its pair, also those between attentions: with attention alone a model learns less than by
full tuning at any rank (Schulman et al., LoRA Without Regret, 2025), and with s as here one learning rate, about ten times that of
full tuning, suits all ranks. A is random and B zero at the start, so that a run begins with the model as it was.

An adapter is a folder in peft's layout: `adapter_config.json`, which names the model it belongs to, and
`adapter_model.safetensors`. Whoever opens it here gets the model with the product added to its weights.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from medpress.store import write_json
from training.config import InputError

if TYPE_CHECKING:
    from transformers import PreTrainedModel

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
"""Files of an adapter's folder, as peft names them."""
SCALE = 32.0
"""The product of the matrices is multiplied by this over the rank."""
RATE = 10.0
"""Learning rate of an adapter, as a multiple of that of all weights."""
_NAME = "default"


def add_adapter(model: PreTrainedModel, rank: int, seed: int) -> None:
    """Freeze a model's weights and put the matrices beside them; in place. Raises `InputError` where peft is not installed."""
    peft = _peft()
    config = peft.LoraConfig(r=rank, lora_alpha=SCALE, target_modules="all-linear", task_type="CAUSAL_LM")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        peft.inject_adapter_in_model(config, model, _NAME)


def adapted(model: Any) -> bool:
    """Whether a model has an adapter."""
    return _NAME in getattr(model, "peft_config", {})


def is_adapter(folder: Path) -> bool:
    """Whether a folder holds an adapter."""
    return (folder / CONFIG).is_file()


def base_of(folder: Path) -> str:
    """The model that an adapter belongs to: a folder, a Hugging Face id, or a GGUF file."""
    return str(json.loads((folder / CONFIG).read_text(encoding="utf-8"))["base_model_name_or_path"])


def save_adapter(model: PreTrainedModel, weights: Mapping[str, Tensor], folder: Path, base: str) -> None:
    """Write the adapter of a model; `weights` are the trained ones, whole, by the names that they have in the model."""
    from safetensors.torch import save_file

    config: Any = model.peft_config[_NAME]
    told = {name: sorted(value) if isinstance(value, set) else value for name, value in config.to_dict().items()}
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / CONFIG, told | {"base_model_name_or_path": base, "inference_mode": True})
    named = {f"base_model.model.{name.replace(f'.{_NAME}.', '.')}": tensor for name, tensor in weights.items()}
    save_file({name: tensor.contiguous() for name, tensor in named.items()}, folder / WEIGHTS, {"format": "pt"})


def merged(model: PreTrainedModel, folder: Path) -> PreTrainedModel:
    """A model with the product of a folder's adapter added to its weights, whoever made it with peft; nothing of peft is left."""
    try:
        whole: PreTrainedModel = _peft().PeftModel.from_pretrained(model, str(folder)).merge_and_unload()
    except (RuntimeError, ValueError, KeyError) as error:
        raise InputError(
            f"the adapter in {folder} does not fit {base_of(folder)}: {str(error).splitlines()[0]}"
        ) from error
    if adapted(whole):
        del whole.peft_config
    return whole.requires_grad_(True)


def _peft() -> Any:
    try:
        import peft
    except ImportError as error:
        raise InputError("adapters need peft: pip install 'medpress[lora]'.") from error
    return peft
