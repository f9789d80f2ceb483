"""What is done to the layers of a plain model before it trains, in this order: what is kept for the gradient, compilation.

Spreading over processes comes after both (`training/distributed.py`): then a layer is gathered once for its forward pass and once
for its gradient, and what is made again or compiled lies between. Names of weights stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Literal

import torch
from torch import nn
from torch.utils.checkpoint import CheckpointPolicy, checkpoint, create_selective_checkpoint_contexts

from training.attention import PACKED, attend

Recompute = Literal["nothing", "cheap", "all"]

_COSTLY = {
    torch.ops.aten.mm.default,
    torch.ops.aten.addmm.default,
    torch.ops.aten.bmm.default,
    torch.ops.aten._scaled_dot_product_flash_attention.default,
    torch.ops.aten._scaled_dot_product_flash_attention_for_cpu.default,
    torch.ops.aten._scaled_dot_product_efficient_attention.default,
}
"""What is kept when the cheap is made again: results of matrix products and of attention."""


def recompute(layers: nn.ModuleList, what: Recompute) -> None:
    """Make what the layers leave for the gradient again instead of keeping it (Chen et al., arXiv 1604.06174): all of it, or
    all but what is costly. In evaluation nothing is kept anyway."""
    if what == "nothing":
        return
    for layer in layers:
        layer.forward = _again(layer, layer.forward, what)  # type: ignore[method-assign]


def _again(layer: nn.Module, forward: Callable[..., Any], what: Recompute) -> Callable[..., Any]:
    options: dict[str, Any] = (
        {"context_fn": partial(create_selective_checkpoint_contexts, _keep)} if what == "cheap" else {}
    )

    def passed(*arguments: Any, **named: Any) -> Any:
        if not (layer.training and torch.is_grad_enabled()):
            return forward(*arguments, **named)
        return checkpoint(forward, *arguments, use_reentrant=False, **options, **named)

    return passed


def _keep(context: Any, operation: Any, *arguments: Any, **named: Any) -> CheckpointPolicy:
    costly = operation in _COSTLY or operation.namespace == "torch_attn"  # attention over cumulative lengths
    return CheckpointPolicy.MUST_SAVE if costly else CheckpointPolicy.PREFER_RECOMPUTE


def compile_each(layers: nn.ModuleList, backend: str = "inductor") -> None:
    """Compile each layer by itself, for any number of places: one layer's code serves all of the same kind.

    Attention within pieces stays outside, since its shapes are another ones each step; its kernels are compiled already.
    """
    from transformers import AttentionInterface

    AttentionInterface.register(PACKED, torch.compiler.disable(attend))
    for layer in layers:
        layer.compile(dynamic=True, backend=backend)
