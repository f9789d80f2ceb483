"""Processes and devices: alone on a laptop, or many under torchrun with FSDP2."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor, nn


@dataclass(frozen=True, kw_only=True)
class World:
    """This process among the others."""

    rank: int
    """Number of this process."""
    size: int
    """Number of processes."""
    device: torch.device
    """Where this process computes."""

    @property
    def first(self) -> bool:
        """The process that writes and prints."""
        return self.rank == 0

    def barrier(self) -> None:
        """Wait for all."""
        if self.size > 1:
            dist.barrier()

    def total(self, values: Tensor) -> Tensor:
        """The sum over all processes."""
        if self.size > 1:
            dist.all_reduce(values)
        return values


@contextmanager
def join_world() -> Iterator[World]:
    """Join the processes that torchrun started (NCCL on GPUs, gloo elsewhere), or be alone; leave them at the end."""
    size, rank = int(os.environ.get("WORLD_SIZE", "1")), int(os.environ.get("RANK", "0"))
    device = torch.device("cpu")
    if torch.cuda.is_available():
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
        torch.cuda.set_device(device)
    if size > 1:
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield World(rank=rank, size=size, device=device)
    finally:
        if size > 1:
            dist.destroy_process_group()


def shard(model: nn.Module, layers: nn.ModuleList, world: World, *, bf16: bool) -> None:
    """Spread a model over all processes (FSDP2), each decoder layer a unit, embeddings and head with the root.

    With `bf16` weights are gathered and used in bf16, and gradients added up in fp32.
    """
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard

    mesh = init_device_mesh(world.device.type, (world.size,))
    policy = MixedPrecisionPolicy(
        param_dtype=torch.bfloat16 if bf16 else None, reduce_dtype=torch.float32 if bf16 else None
    )
    for layer in layers:
        fully_shard(layer, mesh=mesh, mp_policy=policy)
    fully_shard(model, mesh=mesh, mp_policy=policy)
