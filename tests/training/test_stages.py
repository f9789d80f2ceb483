"""`train sft` and `train rl` as a person runs them, each from the model of the stage before."""

from __future__ import annotations

import json
import math
import os
import random
import signal
import subprocess
from pathlib import Path

import pytest
import torch
from small_corpus import DISEASES, DRUGS, environment, losses, run_train, train_command, wait_for_steps

from training.log import read_metrics


def treatment(disease: str) -> str:
    return DRUGS[DISEASES.index(disease)]


def answer(drug: str) -> str:
    return f"<think>The first choice here is {drug}.</think><answer>{drug}</answer>"


def conversations(path: Path) -> Path:
    rng = random.Random(1)
    with open(path, "w") as file:
        for number in range(60):
            disease = rng.choice(DISEASES)
            messages = [
                {"role": "user", "content": f"Case {number}: how do you treat {disease}?"},
                {"role": "assistant", "content": answer(treatment(disease))},
            ]
            file.write(json.dumps({"id": str(number), "source": "ward", "messages": messages}) + "\n")
        file.write(
            json.dumps(
                {
                    "id": "long",
                    "source": "ward",
                    "messages": [*messages[:1], {"role": "assistant", "content": "long " * 999}],
                }
            )
            + "\n"
        )
    return path


def pairs(path: Path) -> Path:
    rng = random.Random(2)
    with open(path, "w") as file:
        for number in range(40):
            disease = rng.choice(DISEASES)
            wrong = rng.choice([drug for drug in DRUGS if drug != treatment(disease)])
            row = {
                "id": str(number),
                "source": "ward",
                "prompt": [{"role": "user", "content": f"Case {number}: how do you treat {disease}?"}],
                "chosen": [{"role": "assistant", "content": answer(treatment(disease))}],
                "rejected": [{"role": "assistant", "content": answer(wrong) + " or so"}],
            }
            file.write(json.dumps(row) + "\n")
    return path


@pytest.fixture(scope="module")
def base(trained_run: Path) -> Path:
    return trained_run


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("data")
    return {"sft": conversations(folder / "talks.jsonl"), "rl": pairs(folder / "pairs.jsonl")}


def arguments(stage: str, base: Path, data: dict[str, Path], out: Path) -> list[str]:
    given = {
        "sft": ["sft", "--stage", "3", "--data", str(data["sft"]), "--learning-rate", "0.01"],
        "rl": ["rl", "--pairs", str(data["rl"])],
    }[stage]
    shared = ["--steps", "40", "--sequence-length", "192", "--batch-size", "4", "--held-out", "0.1"]
    return [*given, *shared, "--model", str(base), "--out", str(out)]


@pytest.fixture(scope="module")
def tuned(base: Path, data: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("tuned")
    runs: dict[str, Path] = {}
    for stage, start in (("sft", base), ("rl", folder / "sft")):
        done = run_train(*arguments(stage, start, data, folder / stage))
        assert done.returncode == 0, done.stderr
        (folder / f"{stage}.txt").write_text(done.stdout)
        runs[stage] = folder / stage
    return runs


def test_sft_learns_the_answers(tuned: dict[str, Path]) -> None:
    result = json.loads((tuned["sft"] / "result.json").read_text())
    assert result["held_out"]["held_out"] < result["held_out_start"]["held_out"] - 3
    assert result["left_out"] == {"longer than --sequence-length": 1}
    assert "Left out: 1 (longer than --sequence-length)" in (tuned["sft"].parent / "sft.txt").read_text()


def test_rl_widens_the_margin_and_logs_it(tuned: dict[str, Path]) -> None:
    lines = [line for line in read_metrics(tuned["rl"]) if "loss" in line]
    for name in ("margin", "accuracy", "reward_chosen", "reward_rejected", "length_chosen", "length_rejected"):
        assert all(name in line for line in lines)
    assert lines[-1]["margin"] > lines[0]["margin"] + 0.5
    for line in lines:
        assert line["margin"] == pytest.approx(line["reward_chosen"] - line["reward_rejected"], abs=1e-4)
    result = json.loads((tuned["rl"] / "result.json").read_text())
    assert result["held_out"]["held_out_margin"] > result["held_out_start"]["held_out_margin"]


def test_rl_loss_is_that_of_trl_on_the_same_pairs(tuned: dict[str, Path], data: dict[str, Path]) -> None:
    """The whole path, fp32: one pair through our batches and through TRL's tokenising and loss."""
    trainer_module = pytest.importorskip("trl.experimental.cpo.cpo_trainer")
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from training.conversation import ChatEncoder
    from training.examples import Examples
    from training.model import TokenLoss
    from training.preference import preference_of
    from training.rl import OnPairs, PairBatches

    model = AutoModelForCausalLM.from_pretrained(tuned["sft"] / "model").eval()
    tokenizer = AutoTokenizer.from_pretrained(tuned["sft"] / "model")
    examples = Examples(data["rl"], ["prompt", "chosen", "rejected"], 0.0, "pairs")
    pairs = PairBatches(
        examples, ChatEncoder(tokenizer), batch_size=3, sequence_length=192, padding=0, seed=0, held_out_tokens=0
    )
    batch = pairs.make(pairs.draw())
    tensors = [torch.from_numpy(a) for a in (batch.input_ids, batch.position_ids, batch.labels)]
    with torch.no_grad():
        ours, _ = OnPairs(preference_of("cpo-simpo", beta=10, gamma=5.4, alpha=0.05), "")(
            TokenLoss(model)(*tensors), batch, batch
        )
        dpo = OnPairs(preference_of("dpo", beta=None, gamma=None, alpha=None), str(tuned["sft"]))
        start, logged = dpo(TokenLoss(model)(*tensors), batch, batch)  # measured from the model itself nothing differs
        assert start.item() == pytest.approx(math.log(2), abs=1e-6) and logged["margin"].item() == pytest.approx(
            0, abs=1e-4
        )
        reference = object.__new__(trainer_module.CPOTrainer)
        reference.loss_type, reference.beta, reference.simpo_gamma = "simpo", 10, 5.4
        reference.cpo_alpha, reference.label_smoothing, reference.alpha = 0.05, 0.0, 0.0
        reference.accelerator = type("Accelerator", (), {"device": "cpu"})()
        ids, labels = tensors[0], tensors[2]
        logits = model(input_ids=ids).logits  # right padding: a causal model does not see it
        logps = reference.get_batch_logps(
            torch.cat([logits, logits[:, :1]], 1),
            torch.cat([torch.full((len(ids), 1), -100), labels], 1),
            average_log_prob=True,
        )
        preference, _, _ = reference.cpo_loss(logps[::2], logps[1::2])
        nll = torch.nn.functional.cross_entropy(logits[::2].flatten(0, 1), labels[::2].flatten())
    assert ours.item() == pytest.approx((preference.mean() + 0.05 * nll).item(), abs=1e-5)


@pytest.mark.parametrize("stage", ["sft", "rl"])
def test_killed_and_run_again_gives_the_same_losses(
    stage: str, base: Path, data: dict[str, Path], tuned: dict[str, Path], tmp_path: Path
) -> None:
    start = base if stage == "sft" else tuned["sft"]
    command = arguments(stage, start, data, tmp_path / stage)
    process = subprocess.Popen(train_command(*command), env=environment(), stderr=subprocess.DEVNULL)
    wait_for_steps(tmp_path / stage, 13, process)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert len(losses(tmp_path / stage)) < 40
    done = run_train(*command)
    assert done.returncode == 0, done.stderr
    assert losses(tmp_path / stage) == losses(tuned[stage])


def test_each_stage_knows_where_to_start(tmp_path: Path, data: dict[str, Path]) -> None:
    done = run_train("sft", "--stage", "2", "--data", str(data["sft"]), cwd=tmp_path)
    assert done.returncode == 2
    assert "there is no finished run in runs/sft1 to start from" in " ".join(done.stderr.split())
