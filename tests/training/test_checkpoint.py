"""Checkpoints: exact, atomic, the last one kept, other models refused."""

from __future__ import annotations

import errno
import os
import resource
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
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


def save(
    folder: Path, number: int, model: nn.Module, optimizer: torch.optim.Optimizer, state: dict, keep: int = 1
) -> None:
    writer = checkpoint.Writer(ALONE)
    writer.save(folder, number, model, optimizer, state, keep)
    writer.close()


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
    save(tmp_path, 3, model, optimizer, {"place": [1, 0.1]})
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
        save(tmp_path, number, model, optimizer, {})
    (tmp_path / ".step-00000011.partial").mkdir()
    assert [p.name for p in tmp_path.glob("step-*")] == ["step-00000010"]
    assert checkpoint.latest(tmp_path) == tmp_path / "step-00000010"
    assert checkpoint.latest(tmp_path / "nowhere") is None


def test_the_best_is_kept_beside_the_last(tmp_path: Path) -> None:
    model, optimizer = build()
    for number, loss in enumerate([3.0, 2.0, 2.5, None, 2.2, 2.1], start=1):
        save(tmp_path, number, model, optimizer, {"held_out": loss}, 2)
    assert sorted(int(path.name[5:]) for path in tmp_path.glob("step-*")) == [2, 5, 6]
    assert checkpoint.best(tmp_path) == tmp_path / "step-00000002"


def test_there_is_no_pickle_in_it(tmp_path: Path) -> None:
    model, optimizer = build()
    step(model, optimizer)
    save(tmp_path, 1, model, optimizer, {})
    assert {p.suffix for p in (tmp_path / "step-00000001").iterdir()} == {".safetensors", ".json"}


def test_another_model_is_refused(tmp_path: Path) -> None:
    model, optimizer = build()
    save(tmp_path, 1, model, optimizer, {})
    with pytest.raises(InputError, match="another size"):
        checkpoint.restore(tmp_path / "step-00000001", *build(width=5), ALONE)
    other = nn.ModuleDict({"other": nn.Linear(3, 4)})
    with pytest.raises(InputError, match="another model"):
        checkpoint.restore(tmp_path / "step-00000001", other, torch.optim.AdamW(other.parameters()), ALONE)


def test_a_full_disk_is_an_error_of_the_disk_and_leaves_the_last_checkpoint(tmp_path: Path) -> None:
    """As full as a limit on the size of files makes it."""
    model, optimizer = build()
    step(model, optimizer)
    save(tmp_path, 1, model, optimizer, {})
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        with pytest.raises(OSError) as refused:
            save(tmp_path, 2, model, optimizer, {})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert storage_fault(refused.value) == os.strerror(errno.EFBIG)
    newest = checkpoint.latest(tmp_path)
    assert newest is not None and checkpoint.restore(newest, model, optimizer, ALONE)["step"] == 1


def test_what_is_written_is_what_was_there_when_it_was_begun(tmp_path: Path) -> None:
    model, optimizer = build()
    step(model, optimizer)
    wanted = {name: weight.detach().clone() for name, weight in model.named_parameters()}
    writer = checkpoint.Writer(ALONE)
    totals = {"tokens": {"handbook": 48}}
    writer.save(tmp_path, 1, model, optimizer, {"totals": totals})
    totals["tokens"]["handbook"] += 48  # the training goes on
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(1.0)
    writer.close()
    again, its = build()
    newest = checkpoint.latest(tmp_path)
    assert newest is not None
    state = checkpoint.restore(newest, again, its, ALONE)
    assert state["step"] == 1 and state["totals"] == {"tokens": {"handbook": 48}}
    assert all(torch.equal(weight, wanted[name]) for name, weight in again.named_parameters())


def test_what_is_frozen_is_not_written(tmp_path: Path) -> None:
    model, optimizer = build()
    next(model.parameters()).requires_grad_(False)
    step(model, optimizer)
    save(tmp_path, 1, model, optimizer, {})
    with safe_open(tmp_path / "step-00000001" / "rank-00000-of-00001.safetensors", framework="pt") as file:
        names = set(file.keys())
    assert "model.0.weight" not in names and {"model.0.bias", "exp_avg.0.bias", "model.1.weight"} <= names
