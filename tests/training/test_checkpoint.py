"""Checkpoints: exact, atomic, the last one kept, other models refused."""

from __future__ import annotations

import errno
import os
import resource
from pathlib import Path

import pytest
import torch
from torch import nn

from medpress.location import storage_fault
from training import checkpoint
from training.config import InputError
from training.distributed import World

ALONE = World(rank=0, size=1, device=torch.device("cpu"))


def build(width: int = 4) -> tuple[nn.Module, torch.optim.Optimizer]:
    torch.manual_seed(1)
    model = nn.Sequential(nn.Linear(3, width), nn.Linear(width, 2))
    return model, torch.optim.AdamW(model.parameters(), lr=0.1, fused=True)


def step(model: nn.Module, optimizer: torch.optim.Optimizer) -> float:
    loss = (model(torch.randn(5, 3)) ** 2).mean()
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    return loss.item()


def test_a_restored_run_goes_on_as_the_first_would_have(tmp_path: Path) -> None:
    model, optimizer = build()
    for _ in range(3):
        step(model, optimizer)
    checkpoint.save(tmp_path, 3, model, optimizer, {"place": [1, 0.1]}, ALONE)
    wanted = [step(model, optimizer) for _ in range(4)]

    again, its_optimizer = build()
    torch.manual_seed(99)
    newest = checkpoint.latest(tmp_path)
    assert newest is not None
    state = checkpoint.restore(newest, again, its_optimizer, ALONE)
    assert (state["step"], state["place"]) == (3, [1, 0.1])
    assert [step(again, its_optimizer) for _ in range(4)] == wanted


def test_only_whole_checkpoints_count_and_only_the_last_is_kept(tmp_path: Path) -> None:
    model, optimizer = build()
    for number in (1, 2, 10):
        step(model, optimizer)
        checkpoint.save(tmp_path, number, model, optimizer, {}, ALONE)
    (tmp_path / ".step-00000011.partial").mkdir()
    assert [p.name for p in tmp_path.glob("step-*")] == ["step-00000010"]
    assert checkpoint.latest(tmp_path) == tmp_path / "step-00000010"
    assert checkpoint.latest(tmp_path / "nowhere") is None


def test_the_best_is_kept_beside_the_last(tmp_path: Path) -> None:
    model, optimizer = build()
    for number, loss in enumerate([3.0, 2.0, 2.5, None, 2.2, 2.1], start=1):
        checkpoint.save(tmp_path, number, model, optimizer, {"held_out": loss}, ALONE, 2)
    assert sorted(int(path.name[5:]) for path in tmp_path.glob("step-*")) == [2, 5, 6]
    assert checkpoint.best(tmp_path) == tmp_path / "step-00000002"


def test_there_is_no_pickle_in_it(tmp_path: Path) -> None:
    model, optimizer = build()
    step(model, optimizer)
    checkpoint.save(tmp_path, 1, model, optimizer, {}, ALONE)
    assert {p.suffix for p in (tmp_path / "step-00000001").iterdir()} == {".safetensors", ".json"}


def test_another_model_is_refused(tmp_path: Path) -> None:
    model, optimizer = build()
    checkpoint.save(tmp_path, 1, model, optimizer, {}, ALONE)
    with pytest.raises(InputError, match="another size"):
        checkpoint.restore(tmp_path / "step-00000001", *build(width=5), ALONE)
    other = nn.ModuleDict({"other": nn.Linear(3, 4)})
    with pytest.raises(InputError, match="another model"):
        checkpoint.restore(tmp_path / "step-00000001", other, torch.optim.AdamW(other.parameters()), ALONE)


def test_a_full_disk_is_an_error_of_the_disk_and_leaves_the_last_checkpoint(tmp_path: Path) -> None:
    """As full as a limit on the size of files makes it."""
    model, optimizer = build()
    step(model, optimizer)
    checkpoint.save(tmp_path, 1, model, optimizer, {}, ALONE)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        with pytest.raises(OSError) as refused:
            checkpoint.save(tmp_path, 2, model, optimizer, {}, ALONE)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert storage_fault(refused.value) == os.strerror(errno.EFBIG)
    newest = checkpoint.latest(tmp_path)
    assert newest is not None and checkpoint.restore(newest, model, optimizer, ALONE)["step"] == 1
