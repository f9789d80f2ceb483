"""Adapters: what they learn, what merging gives, how a run with one goes on, what is exported."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from test_stages import conversations, pairs
from tiny_model import tiny_model

from medpress.store import read_json
from training.adapter import WEIGHTS, add_adapter, base_of, is_adapter, save_adapter
from training.config import CptConfig, InputError, RlConfig, SftConfig
from training.cpt import run_cpt, silent
from training.distributed import World
from training.export import export
from training.log import read_metrics
from training.model import TokenLoss, model_hash, open_model
from training.rl import run_rl
from training.sft import run_sft
from training.trainer import begin

peft = pytest.importorskip("peft", reason="pip install 'medpress[lora]'")

IDS = torch.randint(5, 300, (4, 24), generator=torch.Generator().manual_seed(3))


def loss_of(model: Any) -> torch.Tensor:
    places = torch.arange(23).expand(4, -1)
    return TokenLoss(model)(IDS[:, :-1], places, IDS[:, 1:]).mean()


def tuned(model: Any, weights: list[torch.nn.Parameter], steps: int) -> list[float]:
    """Losses of AdamW on some weights of a model; the others stay."""
    optimizer = torch.optim.AdamW(weights, lr=5e-3, weight_decay=0.0)
    losses = []
    for _ in range(steps):
        loss = loss_of(model)
        losses.append(loss.item())
        loss.backward()
        optimizer.step()
        model.zero_grad()
    return losses


def linear(model: Any) -> list[torch.nn.Parameter]:
    return [weight for name, weight in model.named_parameters() if "_proj.weight" in name]


def test_an_adapter_of_full_rank_is_full_tuning() -> None:
    """With A the identity over the scale, B is the change of the weight, so AdamW must walk the same way."""
    full, other = tiny_model()[0], tiny_model()[0]
    rank = 64  # as wide as the widest input
    add_adapter(other, rank, seed=1)
    matrices = []
    for name, weight in other.named_parameters():
        if ".lora_A." in name:
            weight.data = torch.eye(rank, weight.shape[1]) * rank / 32.0
        if ".lora_B." in name:
            matrices.append(weight)
    assert len(matrices) == len(linear(full)) == 7
    wanted, found = tuned(full, linear(full), 40), tuned(other, matrices, 40)
    assert wanted[-1] < wanted[0] - 0.5
    assert max(abs(a - b) for a, b in zip(wanted, found, strict=True)) < 1e-3


def test_it_begins_as_the_model_was_and_trains_the_matrices_alone() -> None:
    plain, model = tiny_model()[0], tiny_model()[0]
    add_adapter(model, 4, seed=1)
    assert torch.equal(loss_of(plain), loss_of(model))
    names = [name for name, weight in model.named_parameters() if weight.requires_grad]
    assert len(names) == 14 and all(".lora_" in name for name in names)


def test_merged_equals_the_adapter(tmp_path: Path) -> None:
    base, tokenizer = tiny_model()
    base.save_pretrained(tmp_path / "base")
    tokenizer.save_pretrained(tmp_path / "base")
    model, tokenizer = open_model(str(tmp_path / "base"))
    add_adapter(model, 4, seed=1)
    chosen = [weight for weight in model.parameters() if weight.requires_grad]
    tuned(model, chosen, 30)
    trained = {name: weight.detach() for name, weight in model.named_parameters() if weight.requires_grad}
    save_adapter(model, trained, tmp_path / "adapter", str(tmp_path / "base"))
    tokenizer.save_pretrained(tmp_path / "adapter")
    whole, _ = open_model(str(tmp_path / "adapter"))
    with torch.no_grad():
        apart = (model(IDS).logits - whole(IDS).logits).abs().max().item()
        moved = (base(IDS).logits - whole(IDS).logits).abs().max().item()
    assert apart < 1e-5 < 0.1 < moved
    assert not any("lora" in name for name, _ in whole.named_parameters())
    # peft itself reads the folder too
    theirs = peft.PeftModel.from_pretrained(open_model(str(tmp_path / "base"))[0], str(tmp_path / "adapter"))
    with torch.no_grad():
        assert (theirs(IDS).logits - model(IDS).logits).abs().max().item() < 1e-5


@pytest.fixture(scope="module")
def lora_run(trained_run: Path, shards: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[CptConfig, Path]:
    out = tmp_path_factory.mktemp("lora") / "run"
    config = CptConfig(
        shards=shards, model=str(trained_run), out=out, lora=4, steps=8, checkpoint_every=4, keep=2,
        sequence_length=48, batch_size=2, seed=5,
    )  # fmt: skip
    run_cpt(config, lambda *_: silent())
    return config, out


def test_a_run_that_was_killed_goes_on_to_the_same_adapter(lora_run: tuple[CptConfig, Path], tmp_path: Path) -> None:
    config, done = lora_run
    out = tmp_path / "again"
    shutil.copytree(done, out, ignore=shutil.ignore_patterns("result.json", "model", "step-00000008", "tensorboard"))
    run_cpt(replace(config, out=out), lambda *_: silent())
    assert (out / "model" / WEIGHTS).read_bytes() == (done / "model" / WEIGHTS).read_bytes()
    lines = [[line["loss"] for line in read_metrics(folder) if "loss" in line] for folder in (done, out)]
    assert lines[0] == lines[1] and len(lines[0]) == 8
    sizes = [file.stat().st_size for file in (out / "checkpoints").rglob("*.safetensors")]
    assert max(sizes) < 200_000  # the frozen weights are not in it


def test_what_is_written(lora_run: tuple[CptConfig, Path], trained_run: Path, tmp_path: Path) -> None:
    _, run = lora_run
    assert is_adapter(run / "model") and base_of(run / "model") == str((trained_run / "model").resolve())
    result = read_json(run / "result.json")
    assert result["trained_parameters"] < 0.2 * result["parameters"]
    assert result["weights"] == model_hash(str(run)) != model_hash(str(trained_run))
    card = (run / "model" / "README.md").read_text(encoding="utf-8")
    assert 'library_name: "peft"' in card and "known stages: 2" in card
    export(run, "last", tmp_path / "adapter")
    assert (tmp_path / "adapter" / WEIGHTS).read_bytes() == (run / "model" / WEIGHTS).read_bytes()
    export(run, "last", tmp_path / "whole", merge=True)
    opened, merged = (open_model(str(place))[0].state_dict() for place in (run, tmp_path / "whole"))
    assert opened.keys() == merged.keys()
    assert all(torch.equal(weight, merged[name]) for name, weight in opened.items())


def test_conversations_and_pairs_each_train_an_adapter_on_the_one_before(
    lora_run: tuple[CptConfig, Path], tmp_path: Path
) -> None:
    shared = {"steps": 3, "sequence_length": 192, "batch_size": 2, "held_out": 0.1, "lora": 2}
    talks, answers = conversations(tmp_path / "talks.jsonl"), pairs(tmp_path / "pairs.jsonl")
    sft = SftConfig(stage=3, data=talks, model=str(lora_run[1]), out=tmp_path / "sft", **shared)  # type: ignore[arg-type]
    run_sft(sft, lambda *_: silent())
    rl = RlConfig(pairs=answers, model=str(tmp_path / "sft"), out=tmp_path / "rl", **shared)  # type: ignore[arg-type]
    result = run_rl(rl, lambda *_: silent())
    assert base_of(tmp_path / "rl" / "model") == str((tmp_path / "sft" / "model").resolve())
    assert 0 < result["trained_parameters"] < 0.1 * result["parameters"]
    before, after = (open_model(str(tmp_path / name))[0].state_dict() for name in ("sft", "rl"))
    moved = {name for name, weight in after.items() if not torch.equal(weight, before[name])}
    assert moved and all("_proj.weight" in name for name in moved)


def test_an_adapter_wants_a_model(tmp_path: Path) -> None:
    alone = World(rank=0, size=1, device=torch.device("cpu"))
    with pytest.raises(InputError, match="name one with --model"):
        begin(CptConfig(out=tmp_path / "x", lora=4), "data", alone)
    assert not (tmp_path / "x").exists()
