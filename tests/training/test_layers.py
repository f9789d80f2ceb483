"""What is made again, or compiled, gives the same gradients; what is made again is not kept."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from tiny_model import tiny_model
from torch.utils.flop_counter import FlopCounterMode

from training.attention import attend_within_pieces
from training.layers import Recompute, compile_each, recompute
from training.model import TokenLoss

ROWS, LENGTH = 2, 96
PLACES = torch.cat([torch.arange(40), torch.arange(30), torch.arange(26)]).expand(ROWS, -1)
IDS = torch.randint(5, 300, (2, ROWS, LENGTH), generator=torch.Generator().manual_seed(3))


def head_of() -> tuple[TokenLoss, torch.nn.ModuleList]:
    model: Any = tiny_model()[0]
    attend_within_pieces(model)
    return TokenLoss(model).train(), model.get_decoder().layers


def gradients(head: TokenLoss) -> tuple[dict[str, torch.Tensor], int, int]:
    """Gradients by name, the bytes that were kept for them, and the operations of all matrix products."""
    kept: dict[int, int] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        kept[tensor.data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with FlopCounterMode(display=False) as operations:
        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            loss = head(IDS[0], PLACES, IDS[1]).sum()
        loss.backward()
    found = {name: weight.grad for name, weight in head.named_parameters() if weight.grad is not None}
    return found, sum(kept.values()), operations.get_total_flops()


def test_what_is_made_again_is_not_kept_and_gives_the_same_gradients() -> None:
    found: dict[Recompute, tuple[dict[str, torch.Tensor], int, int]] = {}
    for what in ("nothing", "cheap", "all"):
        head, layers = head_of()
        recompute(layers, what)
        found[what] = gradients(head)
    wanted, kept, operations = found["nothing"]
    for gradient, _, _ in found.values():
        assert gradient.keys() == wanted.keys()
        assert all(torch.equal(gradient[name], value) for name, value in wanted.items())
    assert found["all"][1] < 0.6 * kept and found["all"][2] > 1.05 * operations
    assert found["cheap"][1] < 0.6 * kept and found["cheap"][2] == operations


def test_names_of_weights_stay() -> None:
    plain, _ = head_of()
    head, layers = head_of()
    recompute(layers, "all")
    compile_each(layers, backend="aot_eager")
    assert [name for name, _ in head.named_parameters()] == [name for name, _ in plain.named_parameters()]


@pytest.mark.parametrize("what", ["nothing", "cheap"])
def test_compiled_layers_give_the_same_gradients(what: Recompute) -> None:
    wanted, *_ = gradients(head_of()[0])
    head, layers = head_of()
    recompute(layers, what)
    compile_each(layers, backend="aot_eager")
    found, *_ = gradients(head)
    assert found.keys() == wanted.keys()
    assert all(torch.allclose(found[name], value, atol=1e-5) for name, value in wanted.items())
