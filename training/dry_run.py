"""What a run of `train cpt` will be, before anything is made: its size, its memory, its steps, and what it takes of each source.

Weights are neither read nor made: the model is built on torch's meta device, which knows shapes alone.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from medpress.location import location
from training.config import CptConfig, InputError, TrainingConfig
from training.cpt import encoder_of, make_plan, sequence_length, tokenizer_of
from training.data import Shards
from training.hub import not_found, options_for
from training.losses import CHUNK_BYTES
from training.mixing import arms_of, mixture
from training.model import parameters, random_model, shape_folder

REACHED = 0.35
"""Part of what a large matrix product reaches that a step is taken to reach."""


@dataclass(frozen=True, kw_only=True)
class DryRun:
    """What is known of a run beforehand."""

    parameters: int
    """Weights of the model, shared ones once."""
    steps: int
    """Optimizer steps."""
    tokens: int
    """Places of all sequences of the run: labels, but for what no document fills."""
    memory: dict[str, int]
    """Bytes on each process, by what they hold."""
    available: int
    """Bytes that a process has."""
    seconds: float
    """Time of the run, at `REACHED` of what this device was just seen to reach."""
    sources: dict[str, tuple[int, float, float, float]]
    """Of each source its tokens, and of the run's beginning its share, its tokens and its epochs."""


def dry_run(config: CptConfig) -> DryRun:
    """Look ahead; nothing is written. Raises `InputError` as the run itself would."""
    shards = Shards(location(config.shards), config.held_out, config.held_out_tokens)
    with tempfile.TemporaryDirectory() as scratch:
        tokenizer = tokenizer_of(config, shards, Path(scratch))
        model = _shape(config, tokenizer)
        plan = make_plan(config, shards, encoder_of(tokenizer))
    sizes = {source.name: source.tokens for source in shards.sources}
    shares = mixture(arms_of(sizes, config), config, plan.steps, plan.tokens).probabilities()
    places = plan.steps * config.batch_size * sequence_length(config)
    world = int(os.environ.get("WORLD_SIZE", "1"))
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return DryRun(
        parameters=parameters(model),
        steps=plan.steps,
        tokens=places,
        memory=memory_of(replace(config, sequence_length=sequence_length(config)), model, world, device),
        available=_available(device),
        seconds=6 * parameters(model) * places / (REACHED * world * speed_of(device)),
        sources={
            name: (size, float(share), float(share * plan.tokens), float(share * plan.tokens / max(1, size)))
            for (name, size), share in zip(sizes.items(), shares, strict=True)
        },
    )


def _shape(config: CptConfig, tokenizer: Any) -> Any:
    with torch.device("meta"):
        if not config.model:
            sizes = {"width": config.width, "layers": config.layers, "heads": config.heads}
            return random_model(tokenizer, **sizes, context=sequence_length(config), seed=config.seed)
        from transformers import AutoConfig, AutoModelForCausalLM

        name = shape_folder(config.model)
        path = Path(name)
        options: dict[str, Any] = {"gguf_file": path.name} if path.suffix == ".gguf" else {}
        try:
            shape = AutoConfig.from_pretrained(str(path.parent) if options else name, **options_for(name), **options)
        except (OSError, ValueError) as error:
            raise not_found("model", name, error) from error
        return AutoModelForCausalLM.from_config(shape)


def memory_of(config: TrainingConfig, model: Any, world: int, device: str) -> dict[str, int]:
    """Bytes on each process: weights in fp32 (frozen ones in bf16 where that is computed in), gradients and both moments of what
    is trained, spread over the processes; what the layers keep for the gradient; logits."""
    low = device == "cuda" and config.precision != "fp32"
    whole = parameters(model)
    trained = sum(config.lora * sum(each.weight.shape) for each in _linear(model)) if config.lora else whole
    shape = model.config.get_text_config()
    rows = config.micro_batch or max(1, config.batch_size // world)
    places = rows * (config.sequence_length or 1024)
    width, inner = shape.hidden_size, shape.intermediate_size or 4 * shape.hidden_size
    # Of each place and layer: inputs of the norms and projections, queries, keys, values, the two inner halves; of these what
    # products and attention gave; or the layer's input. What is made again is there for one layer at a time.
    kept = {"nothing": 10 * width + 3 * inner, "cheap": 6 * width + 2 * inner, "all": width}[config.recompute]
    again = 0 if config.recompute == "nothing" else 10 * width + 3 * inner
    logits = min(3 * CHUNK_BYTES[device], 3 * 4 * places * shape.vocab_size)
    frozen = (2 if low and world == 1 else 4) * whole if config.lora else 0
    return {
        "weights": (frozen + 4 * trained) // world,
        "gradients": 4 * trained // world,
        "optimizer": 8 * trained // world,
        "layers": places * (shape.num_hidden_layers * kept + again) * (2 if low else 4),
        "logits": logits,
    }


def _linear(model: Any) -> Iterator[torch.nn.Linear]:
    """The layers that an adapter has matrices for."""
    head = model.get_output_embeddings()
    return (each for each in model.modules() if isinstance(each, torch.nn.Linear) and each is not head)


def _available(device: str) -> int:
    if device == "cuda":
        return int(torch.cuda.get_device_properties(0).total_memory)
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def speed_of(device: str) -> float:
    """Operations a second that a matrix product reaches here."""
    size, kind = (8192, torch.bfloat16) if device == "cuda" else (512, torch.float32)
    one = torch.ones(size, size, device=device, dtype=kind)
    best = float("inf")
    for _ in range(3):
        began = time.perf_counter()
        float((one @ one)[0, 0])
        best = min(best, time.perf_counter() - began)
    return 2 * size**3 / best


def verdict(found: DryRun) -> str:
    """Whether it fits, in one sentence. Raises `InputError` when it does not."""
    needed = sum(found.memory.values())
    sentence = f"{needed / 2**30:.1f} GB a process are needed, of {found.available / 2**30:.1f} GB"
    if needed > found.available:
        raise InputError(
            f"{sentence}: take a smaller --micro-batch, --recompute all, --lora, more processes, or a smaller model."
        )
    return f"It fits: {sentence}."
