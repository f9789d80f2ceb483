"""`train cpt` as a person runs it: learns, resumes exactly, exports, complains in a sentence."""

from __future__ import annotations

import json
import math
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from small_corpus import CPT, environment, losses, run_train, train_command, wait_for_steps, write_token_shards

from medpress.store import parts, read_json, write_json
from medpress.tokenising import load_tokenizer, train_tokenizer
from training import checkpoint
from training.config import CptConfig, InputError
from training.cpt import run_cpt, silent
from training.distributed import World
from training.log import read_metrics
from training.model import TokenLoss, open_model
from training.trainer import begin


@pytest.fixture
def finished(trained_run: Path) -> Path:
    return trained_run


def test_it_learns_and_says_so(finished: Path) -> None:
    result = json.loads((finished / "result.json").read_text())
    assert result["last_loss"] < result["first_loss"] - 1
    assert result["held_out"]["held_out"] < result["held_out_start"]["held_out"] - 1
    assert set(result["held_out"]["held_out_by_source"]) == {"handbook", "trials", "指南"}
    assert sum(result["tokens"].values()) == sum(line["tokens"] for line in read_metrics(finished) if "loss" in line)
    summary = (finished / "stdout.txt").read_text()
    for word in ("handbook", "trials", "指南", "unigram entropy", "Held-out text", str(finished / "model")[-12:]):
        assert word in summary


def test_unigram_entropy_is_that_of_the_held_out_labels(finished: Path, shards: Path) -> None:
    from collections import Counter

    from training.data import Encoder, Shards
    from training.tokenizer import end_of_document, open_tokenizer

    tokenizer = open_tokenizer(str(finished / "model"))
    encoder = Encoder(tokenizer.backend_tokenizer, end_of_document(tokenizer))
    index = Shards(shards, 0.05)
    counts: Counter[int] = Counter()
    for source in index.sources:
        for group, row in source.held_out():
            counts.update(encoder.documents(index.texts(group, [row]))[0][1:])
    total = sum(counts.values())
    wanted = -sum(n / total * math.log(n / total) for n in counts.values())
    assert json.loads((finished / "result.json").read_text())["unigram_entropy"] == pytest.approx(wanted, abs=1e-9)


def test_log_has_losses_and_probabilities_by_source(finished: Path) -> None:
    lines = [line for line in read_metrics(finished) if "loss" in line]
    assert [line["step"] for line in lines] == list(range(1, 61))
    for line in lines:
        assert sum(line["probabilities"].values()) == pytest.approx(1.0)
    assert lines[0]["probabilities"]["指南"] == pytest.approx(1 / 3)
    assert len(set(lines[-1]["probabilities"].values())) == 3  # the bandit has learned something
    assert sum("held_out" in line for line in read_metrics(finished)) == 11
    assert list((finished / "tensorboard").iterdir())


def test_export_loads_in_transformers_and_gives_the_measured_loss(finished: Path, shards: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from training.data import Encoder, Shards
    from training.packing import as_piece

    model = AutoModelForCausalLM.from_pretrained(finished / "model")
    tokenizer = AutoTokenizer.from_pretrained(finished / "model")
    encoder = Encoder(tokenizer.backend_tokenizer, tokenizer.convert_tokens_to_ids("<|endoftext|>"))
    index = Shards(shards, 0.05)
    total, count = 0.0, 0
    with torch.no_grad():
        for source in index.sources:
            for group, row in source.held_out():
                rest = as_piece(encoder.documents(index.texts(group, [row]))[0])
                while len(rest):
                    piece, rest = rest.split(48)
                    logits = model(input_ids=torch.from_numpy(piece.inputs)[None]).logits[0]
                    total += float(
                        torch.nn.functional.cross_entropy(logits, torch.from_numpy(piece.labels), reduction="sum")
                    )
                    count += len(piece)
    result = json.loads((finished / "result.json").read_text())
    assert total / count == pytest.approx(result["held_out"]["held_out"], abs=1e-4)
    assert tokenizer.chat_template
    text = tokenizer.apply_chat_template(
        [{"role": "user", "content": "发热"}], tokenize=False, add_generation_prompt=True
    )
    assert text == "<|im_start|>user\n发热<|im_end|>\n<|im_start|>assistant\n"


def test_killed_and_run_again_gives_the_same_losses(finished: Path, shards: Path, tmp_path: Path) -> None:
    out = tmp_path / "cpt"
    arguments = ("cpt", "--shards", str(shards), "--out", str(out), *CPT)
    process = subprocess.Popen(train_command(*arguments), env=environment(), stderr=subprocess.DEVNULL)
    wait_for_steps(out, 27, process)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert len(losses(out)) < 60
    assert list((out / "checkpoints").glob("step-*"))
    done = run_train(*arguments)
    assert done.returncode == 0, done.stderr
    assert losses(out) == losses(finished)
    one, other = (json.loads((f / "result.json").read_text()) for f in (out, finished))
    assert one["tokens"] == other["tokens"]
    assert one["held_out"] == other["held_out"]
    assert (out / "model" / "model.safetensors").read_bytes() == (finished / "model" / "model.safetensors").read_bytes()
    records = [{file.name: file.read_bytes() for file in parts(folder / "seen")} for folder in (out, finished)]
    assert records[0] == records[1]


def test_a_run_tells_what_it_made_of_what(finished: Path, shards: Path) -> None:
    events = [json.loads(line) for line in (finished / "log" / "lineage.jsonl").read_text().splitlines()]
    assert [(event["eventType"], event["job"]["name"]) for event in events[-2:]] == [
        ("START", "train cpt"),
        ("COMPLETE", "train cpt"),
    ]
    (read,), (made,) = events[-1]["inputs"], events[-1]["outputs"]
    assert read["name"] == f"{shards.parent.name}/shards"
    weights = json.loads((finished / "result.json").read_text())["weights"]
    assert made["name"] == "cpt/model" and made["facets"]["version"]["datasetVersion"] == weights


def test_second_run_does_nothing_and_a_changed_one_is_refused(finished: Path, shards: Path) -> None:
    before = (finished / "metrics.jsonl").read_bytes()
    arguments = ["cpt", "--shards", str(shards), "--out", str(finished), *CPT]
    done = run_train(*arguments)
    assert done.returncode == 0 and "Nothing to do" in done.stdout
    assert (finished / "metrics.jsonl").read_bytes() == before
    settings = read_json(finished / "run.json")["config"] | {"shards": shards, "out": finished, "mix": "static"}
    with pytest.raises(InputError, match="mix was 'odm' and is 'static'"):
        run_cpt(CptConfig(**settings), lambda *_: silent())


@pytest.mark.parametrize("lost", [("guard",), ("totals", "held_out_start"), ("batches", "learned")])
def test_a_run_that_another_version_began_is_refused_in_one_sentence(
    finished: Path, shards: Path, tmp_path: Path, lost: tuple[str, ...]
) -> None:
    out = tmp_path / "cpt"
    shutil.copytree(finished, out)
    (out / "result.json").unlink()
    newest = checkpoint.latest(out / "checkpoints")
    assert newest is not None
    state = read_json(newest / "state.json")
    inner = state
    for name in lost[:-1]:
        inner = inner[name]
    del inner[lost[-1]]
    write_json(newest / "state.json", state)
    settings = read_json(out / "run.json")["config"] | {"shards": shards, "out": out}
    with pytest.raises(InputError, match="written by another version of medpress: finish that run with it"):
        run_cpt(CptConfig(**settings), lambda *_: silent())


def test_options_that_are_newer_than_a_run_do_not_make_it_another(tmp_path: Path) -> None:
    alone = World(rank=0, size=1, device=torch.device("cpu"))
    config = CptConfig(out=tmp_path / "run")
    assert begin(config, "data", alone) is None
    told = read_json(config.out / "run.json")
    del told["config"]["quality"], told["config"]["clip"]
    write_json(config.out / "run.json", told)
    assert begin(config, "data", alone) is None
    with pytest.raises(InputError, match=r"clip was 1\.0 and is 2\.0"):
        begin(replace(config, clip=2.0), "data", alone)


def test_other_data_or_another_starting_model_are_refused(tmp_path: Path) -> None:
    alone = World(rank=0, size=1, device=torch.device("cpu"))
    model = tmp_path / "base"
    model.mkdir()
    (model / "model.safetensors").write_bytes(b"one")
    config = CptConfig(out=tmp_path / "run", model=str(model))
    assert begin(config, "data one", alone) is None
    assert begin(config, "data one", alone) is None
    with pytest.raises(InputError, match="the data is another"):
        begin(config, "data two", alone)
    (model / "model.safetensors").write_bytes(b"two")
    with pytest.raises(InputError, match="the model is another"):
        begin(config, "data one", alone)


def test_two_processes_equal_one(finished: Path, shards: Path, tmp_path: Path) -> None:
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    command = [*launcher, "-m", "training.cli", "cpt", "--shards", str(shards), "--out", str(tmp_path), *CPT]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(), timeout=300)
    assert done.returncode == 0, done.stderr
    one, two = losses(finished), losses(tmp_path)
    assert [step for step, _ in one] == [step for step, _ in two]
    assert max(abs(a - b) for (_, a), (_, b) in zip(one, two, strict=True)) < 1e-5
    results = [json.loads((folder / "result.json").read_text()) for folder in (finished, tmp_path)]
    assert results[0]["tokens"] == results[1]["tokens"]
    assert results[0]["held_out"]["held_out"] == pytest.approx(results[1]["held_out"]["held_out"], abs=1e-5)

    # what two processes saved, one reads back
    alone = World(rank=0, size=1, device=torch.device("cpu"))
    newest = checkpoint.latest(tmp_path / "checkpoints")
    assert newest is not None and len(list(newest.glob("rank-*-of-00002.safetensors"))) == 2
    model, _ = open_model(str(tmp_path))
    exported = {name: weight.clone() for name, weight in model.named_parameters()}
    head = TokenLoss(model)
    with torch.no_grad():
        for weight in head.parameters():
            weight.zero_()
    optimizer = torch.optim.AdamW(head.parameters())
    assert checkpoint.restore(newest, head, optimizer, alone)["step"] == 60
    for name, weight in model.named_parameters():
        assert torch.equal(weight, exported[name])
        assert optimizer.state[weight]["exp_avg_sq"].shape == weight.shape
        assert optimizer.state[weight]["exp_avg_sq"].max() > 0


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"width": 30, "heads": 4}, "must be an even multiple"),
        ({"model": "./nothing"}, "there is no model in ./nothing"),
        ({"mix": "static", "weights": {"webb": 2.0}}, "there is no source 'webb'"),
        ({"mix": "ado", "quality": {"webb": 2.0}}, "there is no source 'webb'"),
        ({"vocabulary": 20}, "is too small"),
        ({"batch_size": 0}, "must be a multiple"),
    ],
)
def test_mistakes_are_one_sentence(shards: Path, tmp_path: Path, settings: dict, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        run_cpt(CptConfig(**{"shards": shards, "out": tmp_path / "x", **settings}), lambda *_: silent())


def test_a_mistake_on_the_command_line(tmp_path: Path) -> None:
    done = run_train("cpt", "--shards", "nowhere", "--out", str(tmp_path / "x"))
    assert done.returncode == 2
    assert "there is no folder nowhere" in " ".join(done.stderr.split()) and "Traceback" not in done.stderr


def test_token_shards_train_to_the_same_losses_without_encoding(finished: Path, shards: Path, tmp_path: Path) -> None:
    tokens = write_token_shards(shards, tmp_path / "tokens", load_tokenizer(str(finished / "tokenizer")))
    done = run_train("cpt", "--shards", str(tokens), "--out", str(tmp_path / "out"), *CPT)
    assert done.returncode == 0, done.stderr
    assert losses(tmp_path / "out") == losses(finished)


@pytest.mark.parametrize("choice", ["--tokenizer", "--model"])
def test_token_shards_of_another_tokenizer_are_one_sentence(
    finished: Path, shards: Path, tmp_path: Path, choice: str
) -> None:
    tokens = write_token_shards(shards, tmp_path / "tokens", train_tokenizer(["fever and cough"] * 3, 400))
    done = run_train("cpt", "--shards", str(tokens), choice, str(finished / "model"), "--out", str(tmp_path / "out"))
    assert done.returncode == 2
    assert "holds tokens of another tokenizer than that of" in done.stderr
    assert "corpus build --tokenize --tokenizer" in done.stderr.replace("\n", " ")
