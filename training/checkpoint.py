"""Checkpoints that any number of processes can read back: safetensors and JSON, no pickle.

    checkpoints/step-00000100/
        rank-00000-of-00002.safetensors    this process's rows of what is trained and of AdamW's two moments; its random state
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
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from copy import deepcopy
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


class Writer:
    """Writes the checkpoints of a run while it goes on: weights, moments and state are copied at once, a thread writes the copies.

    Every process must call the same methods at the same steps.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="checkpoint")
        self._under_way: Future[None] | None = None
        self._copies: dict[str, Tensor] = {}

    def save(
        self,
        folder: Path,
        step: int,
        model: nn.Module,
        optimizer: torch.optim.Optimizer,
        state: Mapping[str, Any],
        keep: int = 1,
    ) -> None:
        """Write the checkpoint of `step` below `folder`, then remove all but the last `keep` and the best. The best is the one
        whose `state` has the least `held_out`; one that has none was not measured. What failed in the one before is raised."""
        self.wait()
        final = folder / f"step-{step:08d}"
        partial = folder / f".{final.name}.partial"
        if self._world.first:
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir(parents=True)
        self._world.barrier()
        tensors = self._copied(_own(model, optimizer))
        tensors["random.cpu"] = torch.get_rng_state()
        if self._world.device.type == "cuda":
            tensors["random.cuda"] = torch.cuda.get_rng_state(self._world.device)
        told = deepcopy({"step": step, "processes": self._world.size, **state})  # the run goes on counting meanwhile
        self._under_way = self._thread.submit(_write, partial, final, tensors, told, self._world, keep)

    def wait(self) -> None:
        """Come back when what was begun is complete, on all processes."""
        if self._under_way:
            under_way, self._under_way = self._under_way, None
            under_way.result()
            self._world.barrier()

    def close(self) -> None:
        """Wait, and let the thread end."""
        self.wait()
        self._thread.shutdown()

    def _copied(self, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Copies on the CPU, in memory that is kept from one checkpoint to the next; of a GPU they go there while it works."""
        for name, tensor in tensors.items():
            if name not in self._copies:
                self._copies[name] = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=tensor.is_cuda)
            self._copies[name].copy_(tensor, non_blocking=True)
        if self._world.device.type == "cuda":
            torch.cuda.synchronize(self._world.device)
        return dict(self._copies)


def _own(model: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """This process's rows of what is trained, and of its moments."""
    tensors: dict[str, Tensor] = {}
    for name, parameter in trained(model):
        tensors[f"model.{name}"] = _local(parameter).detach()
        for moment in _MOMENTS:
            if moment in optimizer.state.get(parameter, {}):
                tensors[f"{moment}.{name}"] = _local(optimizer.state[parameter][moment])
    return tensors


def _write(
    partial: Path, final: Path, tensors: Mapping[str, Tensor], state: Mapping[str, Any], world: World, keep: int
) -> None:
    """Write this process's file; the first waits for those of all and gives the folder its name."""
    path = partial / _file(world.rank, world.size)
    beginning = path.with_suffix(".partial")
    with storing(path):
        save_file(dict(tensors), beginning)
    _sync(beginning)
    os.replace(beginning, path)
    if not world.first:
        return
    while not all((partial / _file(rank, world.size)).exists() for rank in range(world.size)):
        time.sleep(0.02)
    write_json(partial / "state.json", state)
    shutil.rmtree(final, ignore_errors=True)
    os.replace(partial, final)
    _sync(final.parent)
    chosen = best(final.parent)
    for older in _complete(final.parent)[:-keep]:
        if older != chosen:
            shutil.rmtree(older)


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
        for name, parameter in trained(model):
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
        for name, parameter in trained(model):
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


def trained(model: nn.Module) -> Iterator[tuple[str, nn.Parameter]]:
    """The weights that are trained: all of them, or those of an adapter."""
    return ((name, parameter) for name, parameter in model.named_parameters() if parameter.requires_grad)


def full_tensors(model: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """Each weight that is trained whole, on the CPU, one at a time. Every process must go through it."""
    for name, parameter in trained(model):
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
