"""Checkpoints that any number of processes can read back: safetensors and JSON, no pickle.

    checkpoints/step-00000100/
        rank-00000-of-00002.safetensors    this process's rows of each weight and of AdamW's two moments; its random state
        rank-00001-of-00002.safetensors
        state.json                         step, place in the data, mixture, totals

FSDP2 gives each process an equal stretch of rows (torch.chunk along the first dimension), so which rows a file holds
follows from its name, and a run may carry on with another number of processes. A checkpoint is written beside its
final name and renamed when it is complete: what has the name is whole.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.distributed.tensor import DTensor

from medpress.store import read_json, write_json
from training.config import InputError
from training.distributed import World

_MOMENTS = ("exp_avg", "exp_avg_sq")


def save(
    folder: Path,
    step: int,
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    state: Mapping[str, Any],
    world: World,
    keep: int = 1,
) -> None:
    """Write the checkpoint of `step` below `folder`, then remove all but the last `keep` and the best. Every process must
    call it. The best is the one whose `state` has the least `held_out`; one that has none was not measured."""
    final = folder / f"step-{step:08d}"
    partial = folder / f".{final.name}.partial"
    if world.first:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
    world.barrier()
    tensors: dict[str, Tensor] = {}
    for name, parameter in model.named_parameters():
        tensors[f"model.{name}"] = _local(parameter)
        for moment in _MOMENTS:
            if moment in optimizer.state.get(parameter, {}):
                tensors[f"{moment}.{name}"] = _local(optimizer.state[parameter][moment])
    tensors["random.cpu"] = torch.get_rng_state()
    if world.device.type == "cuda":
        tensors["random.cuda"] = torch.cuda.get_rng_state(world.device)
    path = partial / _file(world.rank, world.size)
    with storing(path):
        save_file({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}, path)
    _sync(path)
    world.barrier()
    if world.first:
        write_json(partial / "state.json", {"step": step, "processes": world.size, **state})
        shutil.rmtree(final, ignore_errors=True)
        os.replace(partial, final)
        _sync(folder)
        chosen = best(folder)
        for older in _complete(folder)[:-keep]:
            if older != chosen:
                shutil.rmtree(older)
    world.barrier()


@contextmanager
def storing(path: Path) -> Iterator[None]:
    """What the disk says to safetensors, as the `OSError` that it was: a full one is the user's, not ours."""
    try:
        yield
    except SafetensorError as error:
        if code := re.search(r"\b(?:code:|os error) (\d+)", str(error)):
            raise OSError(int(code[1]), os.strerror(int(code[1])), str(path)) from error
        raise


def latest(folder: Path) -> Path | None:
    """The newest complete checkpoint, or None."""
    complete = _complete(folder)
    return complete[-1] if complete else None


def best(folder: Path) -> Path | None:
    """The complete checkpoint with the least held-out loss, or None when none was measured."""
    losses = {path: read_json(path / "state.json").get("held_out") for path in _complete(folder)}
    measured = {path: loss for path, loss in losses.items() if loss is not None}
    return min(measured, key=measured.__getitem__) if measured else None


def restore(path: Path, model: nn.Module, optimizer: torch.optim.Optimizer, world: World) -> dict[str, Any]:
    """Fill model, optimizer and this process's random state from a checkpoint; returns its `state.json`.

    Raises `InputError` when the checkpoint belongs to a model of another shape.
    """
    state: dict[str, Any] = read_json(path / "state.json")
    processes = int(state["processes"])
    with ExitStack() as stack, torch.no_grad():
        files = [stack.enter_context(safe_open(path / _file(r, processes), framework="pt")) for r in range(processes)]
        names = set(files[0].keys())
        for name, parameter in model.named_parameters():
            if f"model.{name}" not in names:
                raise InputError(f"the checkpoint {path} belongs to another model: choose another --out to begin anew.")
            _fill(parameter, f"model.{name}", files)
            if f"{_MOMENTS[0]}.{name}" in names:
                moments = {moment: torch.zeros_like(parameter) for moment in _MOMENTS}
                for moment, tensor in moments.items():
                    _fill(tensor, f"{moment}.{name}", files)
                device = parameter.device if optimizer.defaults.get("fused") else "cpu"
                steps = torch.tensor(float(state["step"]), dtype=torch.float32, device=device)
                optimizer.state[parameter] = {"step": steps, **moments}
        own = files[world.rank] if world.rank < processes else files[0]
        torch.set_rng_state(own.get_tensor("random.cpu"))
        if world.device.type == "cuda" and "random.cuda" in names:
            torch.cuda.set_rng_state(own.get_tensor("random.cuda"), world.device)
    return state


def load(path: Path, model: nn.Module) -> None:
    """Fill the weights of a model that is whole on this process from a checkpoint. Raises `InputError` as `restore` does."""
    processes = int(read_json(path / "state.json")["processes"])
    with ExitStack() as stack, torch.no_grad():
        files = [stack.enter_context(safe_open(path / _file(r, processes), framework="pt")) for r in range(processes)]
        for name, parameter in model.named_parameters():
            _fill(parameter, f"model.{name}", files)


def _fill(target: Tensor, name: str, files: list[Any]) -> None:
    """Copy this process's rows of one tensor from the files that hold them."""
    local = _local(target)
    if target.dim() == 0:
        local.copy_(files[0].get_tensor(name))
        return
    start, stop = _own_rows(target)
    before = 0
    for file in files:
        part = file.get_slice(name)
        rows = part.get_shape()[0]
        low, high = max(start, before), min(stop, before + rows)
        if low < high:
            local[low - start : high - start].copy_(part[low - before : high - before])
        before += rows
    if before != target.shape[0]:
        raise InputError("the checkpoint belongs to a model of another size: choose another --out to begin anew.")


def _own_rows(tensor: Tensor) -> tuple[int, int]:
    if not isinstance(tensor, DTensor):
        return 0, tensor.shape[0]
    share = -(-tensor.shape[0] // tensor.device_mesh.size())
    start = min(share * tensor.device_mesh.get_local_rank(), tensor.shape[0])
    return start, min(start + share, tensor.shape[0])


def _local(tensor: Tensor) -> Tensor:
    return tensor.to_local() if isinstance(tensor, DTensor) else tensor


def full_tensors(model: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """Each weight whole, on the CPU, one at a time. Every process must go through it."""
    for name, parameter in model.named_parameters():
        whole = parameter.full_tensor() if isinstance(parameter, DTensor) else parameter
        yield name, whole.detach().cpu()


def _file(rank: int, size: int) -> str:
    return f"rank-{rank:05d}-of-{size:05d}.safetensors"


def _complete(folder: Path) -> list[Path]:
    return sorted(folder.glob("step-*"))


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
